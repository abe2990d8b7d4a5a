"""A rest from a group, without ``async``: see :mod:`taboon_client.library.resting`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client import library
    from taboon_client.board import Item

__all__ = ["Resting"]


class Resting:
    """A rest from one group, kept in this vault alone."""

    _group: library.Group

    def held(self) -> list[Item]:
        """Return the open items on which a pledge of ours holds, the most urgent first."""
        return now(self._group.held())

    def rest(self, until: int, hand_over: Iterable[Item | str | bytes] = ()) -> None:
        """Rest until a Unix time, and give back our pledges on some items."""
        return now(self._group.rest(until, hand_over))

    def resting(self) -> int:
        """Return until when we rest, Unix seconds; 0 if we do not."""
        return now(self._group.resting())

    def end_rest(self) -> None:
        """Be there again."""
        return now(self._group.end_rest())
