"""The days of an item that comes again which somebody has spoken of: the latest of each member, and no more.

Nobody can use up the days of others, and nobody who comes every day ever runs out of them.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KEPT_DAYS", "SpokenDays"]

KEPT_DAYS = 60
"""Days that one member has spoken of and that an item keeps: the latest in the order of the fold."""


class SpokenDays:
    """The days of one item while it is folded."""

    def __init__(self) -> None:
        # Of pledges for one day: as many as a member may have pledges.
        self._pledged: dict[str, None] = {}
        self._spoken: dict[bytes, dict[str, None]] = {}
        self._speakers: dict[str, int] = {}

    def copy(self) -> SpokenDays:
        """Return an equal one that goes on by itself."""
        other = copy(self)
        other._pledged = dict(self._pledged)  # noqa: SLF001 - one of ours
        other._spoken = {author: dict(days) for author, days in self._spoken.items()}  # noqa: SLF001 - one of ours
        other._speakers = dict(self._speakers)  # noqa: SLF001 - one of ours
        return other

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._pledged.keys() | self._speakers.keys()))

    def pledge(self, day: str) -> None:
        """Note a pledge for one day."""
        self._pledged[day] = None

    def speak(self, author: bytes, day: str) -> str:
        """Note that a member has spoken of a day; returns the day that is forgotten for it, or an empty text."""
        spoken = self._spoken.setdefault(author, {})
        if spoken.pop(day, self) is self:
            self._speakers[day] = self._speakers.get(day, 0) + 1
        spoken[day] = None
        if len(spoken) <= KEPT_DAYS:
            return ""
        oldest = next(iter(spoken))
        del spoken[oldest]
        self._speakers[oldest] -= 1
        if self._speakers[oldest]:
            return ""
        del self._speakers[oldest]
        return "" if oldest in self._pledged else oldest
