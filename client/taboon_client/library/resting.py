"""Taking a rest from a group: give back what one holds, and be reminded of nothing until a day. Nobody else is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board import Item
from taboon_client.board.item import HOLDING
from taboon_client.errors import FieldError
from taboon_client.library.held import Held
from taboon_client.vault import board as board_rows
from taboon_client.vault import own_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault import Connection

__all__ = ["Resting"]

_REST: Final = "rest"
_LONGEST: Final = 366 * 86_400


class Resting(Held):
    """A rest from one group, kept in this vault alone."""

    async def held(self) -> list[Item]:
        """Return the open items on which a pledge of ours holds, the most urgent first."""
        me = self._row.identity

        def act(tx: Connection) -> list[Item]:
            items = (Item.decode(row) for row in board_rows.items(tx, self.row_id, open_only=True))
            return [item for item in items if any(one.author == me and one.standing in HOLDING for one in item.pledges)]

        return await self._read(act)

    async def rest(self, until: int, hand_over: Iterable[Item | str | bytes] = ()) -> None:
        """Rest until a Unix time. What is handed over is given back without a reason, so that others can go.

        That somebody rests is in no event: the others see what has become open, and nothing else.

        Args:
            until: Within a year from now.
            hand_over: The items to give our pledges on back, in one step with the rest.

        Raises:
            FieldError: The time is past, or too far.
            NotAllowedError: We hold no pledge on one of the items; then nothing is changed.
        """
        now, me = self._desk.now, self._row.identity
        if not now < until <= now + _LONGEST:
            raise FieldError("until", "is a time to come, within a year")

        def act(tx: Connection) -> None:
            acts = self._acts(tx)
            for item in hand_over:
                found = self._found(tx, item)
                days = [one.day for one in found.pledges if one.author == me and one.standing in HOLDING]
                for day in days or [""]:
                    acts.release(self._found(tx, found), "", day)
            own_settings.set_setting(tx, self.row_id, _REST, "", str(until).encode())

        await self._write(act)

    async def resting(self) -> int:
        """Return until when we rest, Unix seconds; 0 if we do not."""
        saved = await self._read(lambda tx: own_settings.settings(tx, self.row_id, _REST).get(""))
        until = int(saved) if saved is not None else 0
        return until if until > self._desk.now else 0

    async def end_rest(self) -> None:
        """Be there again."""
        await self._write(lambda tx: own_settings.drop_setting(tx, self.row_id, _REST, ""))
