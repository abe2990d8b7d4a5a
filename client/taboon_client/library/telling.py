"""What is new in a group for the one whose vault this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Item
from taboon_client.board.news import News, still_so
from taboon_client.group import news as kept
from taboon_client.library.held import Held
from taboon_client.vault import board as board_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.vault import Connection

__all__ = ["Telling"]


class Telling(Held):
    """What concerns us and was not shown yet: pledges, hand-overs, outcomes, notes."""

    async def news(self) -> list[News]:
        """Return what is new for us on the board, the oldest first, until :meth:`news_shown`.

        Kept are the latest hundred, one of a kind for each item.
        """

        def act(tx: Connection) -> list[News]:
            told = []
            for name, identifier, message in kept.kept_news(tx, self.row_id):
                folded = board_rows.folded_item(tx, identifier)
                if folded is None:
                    continue
                item = Item.decode(folded)
                if not still_so(message, item, self._row.identity):
                    kept.forget_shown(tx, self.row_id, [name])
                    continue
                notes = 0
                if kept.is_private(message):
                    notes = self._notes(tx, item)
                    if notes <= kept.notes_told(tx, self.row_id, identifier):
                        kept.forget_shown(tx, self.row_id, [name])
                        continue
                told.append(News(name, item, message, notes))
            return told

        return await self._write(act) if await self._read(lambda tx: bool(kept.kept_news(tx, self.row_id))) else []

    def _notes(self, tx: Connection, item: Item) -> int:
        """Return how many private notes of others about an item are for us."""
        from taboon_client.group.secret_acts import SecretActs

        notes = SecretActs(self._acts(tx)).notes(item)
        return sum(event.author != self._row.identity for event, _ in notes)

    async def news_shown(self, news: Sequence[News]) -> None:
        """Say that these were shown: they are not told again."""

        def act(tx: Connection) -> None:
            kept.forget_shown(tx, self.row_id, (one.name for one in news))
            for one in news:
                if one.notes:
                    kept.note_told(tx, self.row_id, one.item.id, one.notes)

        if news:
            await self._write(act)
