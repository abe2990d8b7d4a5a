"""Everything that works on one open vault, on the vault's thread: groups, ledger, clock and randomness together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client.group.keeper import Keeper
from taboon_client.group.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.vault import Vault
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
        self.ledger = Ledger()

    @property
    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self.clock())
