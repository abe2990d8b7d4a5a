"""What is new in a group, without ``async``: see :mod:`taboon_client.library.telling`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client import library
    from taboon_client.board.news import News

__all__ = ["Telling"]


class Telling:
    """What concerns us and was not shown yet: pledges, hand-overs, outcomes, notes."""

    _group: library.Group

    def news(self) -> list[News]:
        """Return what is new for us on the board, the oldest first, until :meth:`news_shown`."""
        return now(self._group.news())

    def news_shown(self, news: Sequence[News]) -> None:
        """Say that these were shown: they are not told again."""
        return now(self._group.news_shown(news))
