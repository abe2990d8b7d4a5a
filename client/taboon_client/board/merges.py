"""Items that were merged into each other: one of them stays, the same on every device.

An item is the fold of its own events and nothing else, so two people can each merge one of two items into the other
without a wrong word in either. What a board shows of such a circle is settled here, from what the items come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taboon_client.board.item import Item

__all__ = ["MAX_CIRCLE", "circle_of", "staying"]

MAX_CIRCLE = 64
"""Items of the longest circle that is looked for: beyond it nobody can have meant well."""


def circle_of(item: bytes, into: bytes, merged_into: Callable[[bytes], bytes]) -> tuple[bytes, ...]:
    """Return the ids of the items that go on in each other in a circle, from one of them on; none if it is in none.

    Args:
        item: Id of that one.
        into: In which it goes on, or empty.
        merged_into: Gives the same of another item; empty for one that is not here.
    """
    path = [item]
    here = into
    while here and here not in path and len(path) < MAX_CIRCLE:
        path.append(here)
        here = merged_into(here)
    return tuple(path) if here == item else ()


def staying(circle: Iterable[Item]) -> bytes:
    """Return the id of the item that stays of a circle: the smallest, of those that were open when they were merged."""
    return min(circle, key=lambda item: (item.merged_closed, item.id)).id
