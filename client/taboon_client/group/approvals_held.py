"""The approvals that this device holds: what a commit of ours can carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taboon_client.board import Event, from_body
from taboon_client.board.register_kinds import Approve, Decline
from taboon_client.board.registers import ACTS
from taboon_client.vault import events

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.vault import Connection

__all__ = ["Held", "approvals_held", "declined"]

_MOST: Final = 256
"""Events of one author that are looked at, the latest: more than anybody has said of what is still to be done."""


@dataclass(frozen=True, slots=True)
class Held:
    """An approval, who gave it (identity key), and its event as bytes."""

    author: bytes
    said: Approve
    raw: bytes


def approvals_held(tx: Connection, grp: int, authors: Collection[bytes]) -> list[Held]:
    """Return the approvals of these authors, for whatever epochs, that they have not taken back since."""
    found: dict[tuple[bytes, str, bytes, int, int], Held] = {}
    for author, body, raw in _said(tx, grp, authors):
        if isinstance(body, Approve):
            found[author, body.act, body.target, body.first, body.last] = Held(author, body, raw)
        else:
            found = {key: one for key, one in found.items() if key[:3] != (author, body.act, body.target)}
    return list(found.values())


def declined(tx: Connection, grp: int, authors: Collection[bytes]) -> dict[tuple[str, bytes], set[bytes]]:
    """Return who does not agree, or no longer, by act and target."""
    found: dict[tuple[str, bytes], set[bytes]] = {}
    for author, body, _ in _said(tx, grp, authors):
        against = found.setdefault((body.act, body.target), set())
        if isinstance(body, Decline):
            against.add(author)
        else:
            against.discard(author)
    return found


def _said(tx: Connection, grp: int, authors: Collection[bytes]) -> list[tuple[bytes, Approve | Decline, bytes]]:
    """Return what these authors said of acts: of each in the order in which they said it."""
    found = []
    for author, raw in events.latest_of_authors(tx, grp, ACTS, _MOST):
        if author in authors:
            body = from_body(Event.parse(raw))
            if isinstance(body, Approve | Decline):
                found.append((author, body, raw))
    return found
