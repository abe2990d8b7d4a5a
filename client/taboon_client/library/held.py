"""What every part of a group in the library stands on: its vault, its row, its acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from taboon_client.group.acts import Acts
from taboon_client.library.finding import one_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.board import Item
    from taboon_client.group.desk import Desk
    from taboon_client.runner import Runner
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow

__all__ = ["Held"]

T = TypeVar("T")


class Held:
    """One group on this device."""

    def __init__(self, desk: Desk, runner: Runner, row: GroupRow) -> None:
        self._desk = desk
        self._runner = runner
        self._row = row

    @property
    def row_id(self) -> int:
        """The group's row in the vault."""
        return self._row.id

    async def _read(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.read(act))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.write(act))

    async def _act(self, item: Item | str | bytes, act: Callable[[Acts, Item], object]) -> Item:
        def step(tx: Connection) -> Item:
            # Read inside the transaction: another process may have changed the item meanwhile.
            found = self._found(tx, item)
            act(self._acts(tx), found)
            return one_item(tx, self.row_id, found.id)

        return await self._write(step)

    def _found(self, tx: Connection, item: Item | str | bytes) -> Item:
        return one_item(tx, self.row_id, item if isinstance(item, str | bytes) else item.id)

    def _acts(self, tx: Connection) -> Acts:
        return Acts(tx, self._desk.ledger, self.row_id, self._desk.now)
