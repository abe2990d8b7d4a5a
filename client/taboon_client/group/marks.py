"""What members say about each other, as it stands folded in the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board.marks import Marks
from taboon_client.board.registers import MEMBERS
from taboon_client.vault import board

if TYPE_CHECKING:
    from taboon_client.vault import Connection

__all__ = ["marks_of"]


def marks_of(tx: Connection, grp: int) -> Marks:
    """Return who is at risk and whom they vouch for, by identity key."""
    folded = board.register(tx, grp, MEMBERS)
    return Marks({}, {}) if folded is None else Marks.from_value(cbor.decode(folded))
