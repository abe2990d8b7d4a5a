"""Which side of a fork stands: values in, a decision out (docs/protocol.md, section 2.13).

Whoever knows the same sides decides alike, whichever of them it is on and in whatever order it heard of them. Nothing
here looks at a clock, at the relay or at the vault.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Side", "standing", "standing_after_loss"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the commits that ended an epoch, and what its side can show.

    Attributes:
        tag: Names the commit, however it was wrapped: the confirmed transcript hash that it leads to.
        author: Identity key of its author.
        leaf: The author's.
        removes: Identity keys of whom it removes for good.
        approvals: How many persons agreed to what it does.
        home: Whether it is shown to have stood at the home relay.
        persons: Of the epoch where the fork began, who is known to have said something in the epoch that it made.
    """

    tag: bytes
    author: bytes
    leaf: int
    removes: frozenset[bytes] = frozenset()
    approvals: int = 1
    home: bool = True
    persons: frozenset[bytes] = field(default=frozenset(), repr=False)


def standing(sides: Collection[Side], persons: int) -> Side:
    """Return the side that stands, by the first rule that decides.

    1. If exactly one can show events from more than half of the persons, it stands.
    2. One that stood at home stands before one that did not.
    3. Of those, one whose author no other of them removes (all, if none is left); then more approvals; then the lower
       leaf; of two commits by one author, the one whose name is lower.

    Args:
        sides: At least one.
        persons: How many there were in the epoch where the fork began.
    """
    shown = [side for side in sides if 2 * len(side.persons) > persons]
    if len(shown) == 1:
        return shown[0]
    left = [side for side in sides if side.home] or list(sides)
    left = [side for side in left if not any(side.author in other.removes for other in left)] or left
    return min(left, key=lambda side: (-side.approvals, side.leaf, side.tag))


def standing_after_loss(earlier: Side, later: Side) -> Side:
    """Return which of two stands where one had stood at home before the relay lost it, and one was made after that.

    The earlier one, unless the later alone removes its author: whoever made the later one knew of the loss, and keeps
    what it takes to change over; whoever had followed the earlier one does not.
    """
    removed = earlier.author in later.removes and later.author not in earlier.removes
    return later if removed else earlier
