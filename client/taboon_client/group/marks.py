"""What members say about each other, as it stands folded in the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import ADMIN
from taboon_client.board.marks import Marks
from taboon_client.board.registers import MEMBERS
from taboon_client.vault import board

if TYPE_CHECKING:
    from taboon_client.board import History
    from taboon_client.vault import Connection

__all__ = ["can_decide", "marks_of"]


def marks_of(tx: Connection, grp: int) -> Marks:
    """Return who is at risk and whom they vouch for, by identity key."""
    folded = board.register(tx, grp, MEMBERS)
    return Marks({}, {}) if folded is None else Marks.from_value(cbor.decode(folded))


def can_decide(marks: Marks, history: History, identity: bytes) -> bool:
    """Tell whether an admin is here who can lift a member's suspension: another person, not suspended themselves.

    Else two members could put the only admin out for good: what nobody can take back must not keep anyone away.
    """
    record, person = history.last, history.person(identity)
    return record is not None and any(
        ADMIN in roles and history.person(who) not in (None, person) and not marks.suspended(who)
        for who, roles in record.members.items()
    )
