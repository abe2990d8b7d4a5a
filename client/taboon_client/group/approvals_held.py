"""The approvals that this device holds: what a commit of ours can carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client.board import Event, from_body
from taboon_client.board.register_kinds import Approve
from taboon_client.board.registers import ACTS
from taboon_client.vault import events

if TYPE_CHECKING:
    from taboon_client.vault import Connection

__all__ = ["Held", "approvals_held"]


@dataclass(frozen=True, slots=True)
class Held:
    """An approval, who gave it (identity key), and its event as bytes."""

    author: bytes
    said: Approve
    raw: bytes


def approvals_held(tx: Connection, grp: int) -> list[Held]:
    """Return every approval that is held, whoever gave it, and for whatever epochs."""
    found = []
    for _, raw in events.events_of_place(tx, grp, ACTS):
        event = Event.parse(raw)
        body = from_body(event)
        if isinstance(body, Approve):
            found.append(Held(event.author, body, raw))
    return found
