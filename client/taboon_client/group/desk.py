"""Everything that works on one open vault, on the vault's thread: groups, ledger, clock and randomness together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from taboon_client.group.keeper import Keeper
from taboon_client.group.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.vault import Connection, Vault
    from taboon_crypto.mls import Random

__all__ = ["Desk"]


@dataclass(slots=True)
class Desk:
    """One open vault and what goes with it.

    Args:
        vault: Open; the desk does not close it.
        random: Gives that many random bytes.
        clock: Gives Unix seconds.
    """

    vault: Vault
    random: Random
    clock: Callable[[], float]
    keeper: Keeper = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.vault)
        self.ledger = Ledger(self.clock, self.random)

    def refresh(self) -> None:
        """Do what a vault that was just opened needs: fold it anew after an update, delete what is due."""
        from taboon_client.group import tending
        from taboon_client.group.ledger import FOLD_VERSION
        from taboon_client.vault import groups

        def look(tx: Connection) -> tuple[list[int], list[int]]:
            rows = [row.id for row in groups.all_groups(tx)]
            old = [grp for grp in rows if groups.fold_version(tx, grp) != FOLD_VERSION]
            return old, [grp for grp in rows if grp not in old and tending.is_due(tx, self.ledger, grp, self.now)]

        old, due = self.keeper.read(look)
        for grp in old:
            self.keeper.write(partial(self._renew, grp=grp))
        delete = partial(tending.delete_due, ledger=self.ledger, now=self.now)
        if sum(self.keeper.write(partial(delete, grp=grp)) for grp in due):
            self.vault.tidy()

    def _renew(self, tx: Connection, grp: int) -> None:
        from taboon_client.group.sealing_keys import note_sealing_keys
        from taboon_client.vault import groups

        self.ledger.refresh(tx, grp)
        if groups.get_group(tx, grp).state == "active":
            note_sealing_keys(tx, grp, self.keeper.load(tx, grp))

    @property
    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.clock())
