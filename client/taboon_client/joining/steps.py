"""The steps at a rendezvous that touch the vault: each one short transaction, none of them waits for the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.group.sealed_invites import end_shared
from taboon_client.joining import guest, host, shared
from taboon_client.joining.link import InvitePayload
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import groups, rendezvous

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["Waiting", "apply", "closed", "restart", "sent", "waiting"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rendezvous to look at: of one of our invites, for a group of ours, or where we wait to be let in."""

    id: int
    grp: int | None
    relay: RelayAddress
    keys: MailboxKeys
    cursor: Cursor
    blobs: tuple[bytes, ...]


def waiting(desk: Desk, grp: int | None, former: RelayAddress | None = None) -> list[Waiting]:
    """Return every rendezvous to look at: of one group's invites, or of all and of our own requests.

    Invites that nobody used in time are forgotten; those that other admins made are taken up. Of one group it is those
    at home, or at a home that it has left.
    """
    active = desk.keeper.read(lambda tx: [row.id for row in groups.all_groups(tx) if grp in (None, row.id)])
    for one in active:
        shared.refresh(desk, one)

    def place(tx: Connection, grp: int) -> tuple[str, bytes | None]:
        own = groups.get_group(tx, grp)
        return (own.relay_url, own.relay_id) if former is None else (former.base_url, former.relay_id)

    def act(tx: Connection) -> tuple[list[Waiting], list[int]]:
        found, expired = [], []
        for row in rendezvous.invites(tx, grp):
            payload = InvitePayload.decode(row.payload)
            if desk.now // 60 > payload.expires + (0 if row.state == "open" else host.GRACE):
                expired.append(row.id)
                continue
            blobs = tuple(cbor.decode(row.blobs)) if row.blobs else ()
            if grp is None or (payload.relay_url, payload.relay_id) == place(tx, grp):
                found.append(_waiting(row.id, payload, Cursor(row.number, row.head), blobs, row.grp))
        for own in rendezvous.joinings(tx) if grp is None else ():
            if own.state == "waiting" and own.payload is not None:
                payload = InvitePayload.decode(own.payload)
                start = Cursor.start(payload.mailbox.mailbox_id)
                found.append(_waiting(own.id, payload, start, (own.blob,) if own.blob else (), None))
        return found, expired

    found, expired = desk.keeper.read(act)
    if expired:
        desk.keeper.write(lambda tx: rendezvous.close_invites(tx, expired, "ended"))
    return found


def _waiting(row: int, payload: InvitePayload, cursor: Cursor, blobs: tuple[bytes, ...], grp: int | None) -> Waiting:
    return Waiting(row, grp, RelayAddress(payload.relay_url, payload.relay_id), payload.mailbox, cursor, blobs)


def apply(desk: Desk, at: Waiting, *, after: Cursor, blobs: Sequence[bytes]) -> list[str]:
    """Take what came to a rendezvous; returns sentences for the user."""

    def act(tx: Connection) -> list[str]:
        if at.grp is not None:
            return host.take_page(tx, desk.ledger, at.id, at.cursor, after, blobs, desk.random)
        return guest.take_page(tx, desk.keeper, desk.ledger, at.id, blobs=blobs, now=desk.now)

    return desk.keeper.write(act)


def restart(desk: Desk, at: Waiting) -> None:
    """The relay lost a rendezvous of ours: read it from the beginning. Where we wait, that is done anyway."""
    if at.grp is not None:
        start = Cursor.start(at.keys.mailbox_id)
        desk.keeper.write(lambda tx: rendezvous.move_invite(tx, at.id, start.number, start.head))


def sent(desk: Desk, at: Waiting) -> None:
    """Note that the relay has what we left at a rendezvous. An invite that was answered or ended has done its work."""

    def act(tx: Connection) -> None:
        row = rendezvous.get_invite(tx, at.id) if at.grp is not None else None
        if row is None:
            return
        if row.state in ("approved", "ended"):
            rendezvous.close_invites(tx, [at.id], "answered" if row.state == "approved" else "ended")
        elif row.blobs:
            rendezvous.set_invite(tx, at.id, row.state, request=row.request, blobs=None)

    desk.keeper.write(act)


def closed(desk: Desk, at: Waiting) -> list[str]:
    """The rendezvous takes nothing more: somebody with the link filled or sealed it. Returns sentences for the user."""

    def act(tx: Connection) -> list[str]:
        if at.grp is None:
            return guest.give_up(tx, at.id)
        row = rendezvous.get_invite(tx, at.id)
        if row is not None and row.event is not None:
            end_shared(tx, desk.ledger, row.grp, row.event, "twice")
        rendezvous.close_invites(tx, [at.id], "ended")
        return ["somebody with the link has spoiled an invite, and it was ended. Make a new one"]

    return desk.keeper.write(act)
