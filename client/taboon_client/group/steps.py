"""The steps of a sync that touch the vault: each one short transaction, none of them waits for the network.

`sync.py` puts them around the relay's calls. Between any two steps the process may die; every step leaves the vault
in a state from which the next sync goes on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.group import commits, inbox
from taboon_client.group.epoch import epoch_id, mailbox_keys
from taboon_client.group.outbox import next_blobs
from taboon_client.joining import guest, host
from taboon_client.joining.link import InvitePayload
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import events, groups, outbox, rendezvous

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.commits import Seal
    from taboon_client.group.desk import Desk
    from taboon_client.group.inbox import Applied
    from taboon_client.vault import Connection
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["Position", "Waiting", "Work"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a group's reading stands: its relay, the mailbox of its epoch, the cursor in it."""

    relay: RelayAddress
    epoch: int
    keys: MailboxKeys
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Work:
    """What a group has to send now: a staged commit, or blobs, or nothing."""

    seal: Seal | None
    blobs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rendezvous to look at: one of our invites, or where we wait to be let in."""

    id: int
    invite: bool
    relay: RelayAddress
    keys: MailboxKeys
    cursor: Cursor
    blobs: tuple[bytes, ...]


def position(desk: Desk, grp: int) -> Position | None:
    """Return where a group's reading stands; None if it does not go on here."""

    def act(tx: Connection) -> Position | None:
        row = groups.get_group(tx, grp)
        mailbox = groups.get_mailbox(tx, grp)
        if row.state != "active" or mailbox is None:
            return None
        return Position(
            relay=RelayAddress(row.relay_url, row.relay_id),
            epoch=mailbox.epoch,
            keys=mailbox_keys(mailbox),
            cursor=Cursor(mailbox.number, mailbox.head),
        )

    return desk.keeper.read(act)


def apply_page(desk: Desk, grp: int, at: Position, *, after: Cursor, blobs: Sequence[bytes], sealed: bool) -> Applied:
    """Apply the blobs of a page that was read from a position."""
    return desk.keeper.write(
        lambda tx: inbox.apply_page(
            tx,
            desk.keeper,
            desk.ledger,
            grp,
            epoch=at.epoch,
            before=at.cursor,
            after=after,
            blobs=blobs,
            sealed=sealed,
            random=desk.random,
        )
    )


def work(desk: Desk, grp: int, *, tries: int) -> Work:
    """Return what is to be sent next, after the mailbox was read to its head: commits first, then blobs."""

    def act(tx: Connection) -> Work:
        if groups.get_group(tx, grp).state != "active":
            return Work(None, ())
        if commits.stage_wishes(tx, desk.keeper, desk.ledger, grp, random=desk.random, now=desk.now, tries=tries):
            return Work(commits.staged_seal(tx, grp), ())
        return Work(None, tuple(next_blobs(tx, desk.keeper, grp, desk.random)))

    return desk.keeper.write(act)


def has_work(desk: Desk, grp: int) -> bool:
    """Tell whether a group has anything to send, without changing anything."""

    def act(tx: Connection) -> bool:
        return bool(
            outbox.unsent(tx, grp)
            or outbox.unsent_blobs(tx, grp)
            or groups.wishes(tx, grp)
            or groups.get_staged(tx, grp)
        )

    return desk.keeper.read(act)


def acknowledge(desk: Desk, grp: int, at: Position, blob: bytes, number: int, head: bytes) -> tuple[int, Position]:
    """Note a receipt for a blob of ours; returns how many outbox rows it carried, and the position after it.

    Where the blob came right after what we have read, the cursor moves over it: nothing else stands between.
    """

    def act(tx: Connection) -> tuple[int, Position]:
        digest = hashlib.sha256(blob).digest()
        sent = outbox.acknowledge(tx, grp, digest)
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is None or mailbox.epoch != at.epoch:
            return sent, at
        cursor = Cursor(mailbox.number, mailbox.head)
        follows = cursor.after(digest)
        if (follows.number, follows.head) == (number, head):
            groups.move_cursor(tx, grp, number, head)
            cursor = follows
        return sent, Position(at.relay, at.epoch, at.keys, cursor)

    return desk.keeper.write(act)


def drop_staged(desk: Desk, grp: int, blob: bytes) -> None:
    """Forget a staged commit that was refused for a moved head: its wishes stand and are staged anew."""

    def act(tx: Connection) -> None:
        row = groups.get_staged(tx, grp)
        if row is not None and row.hash == hashlib.sha256(blob).digest():
            groups.drop_staged(tx, grp)

    desk.keeper.write(act)


def restart_mailbox(desk: Desk, grp: int, at: Position) -> None:
    """The relay lost the mailbox: read it from zero again, and post again what we hold of this epoch."""

    def act(tx: Connection) -> None:
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is None or mailbox.epoch != at.epoch or mailbox.number != at.cursor.number:
            return
        start = Cursor.start(at.keys.mailbox_id)
        groups.move_cursor(tx, grp, start.number, start.head)
        group = desk.keeper.load(tx, grp)
        for name in events.events_of_epoch(tx, grp, epoch_id(group)):
            outbox.queue_event(tx, grp, name)

    desk.keeper.write(act)


def synced(desk: Desk, grp: int) -> None:
    """Note that the relay was read to its head and took all we had."""
    desk.keeper.write(lambda tx: groups.set_synced(tx, grp, desk.now))


def unsent(desk: Desk, grp: int) -> tuple[int, int | None]:
    """Return how many outbox rows wait, and the Unix time of the last complete sync."""
    return desk.keeper.read(lambda tx: (outbox.unsent(tx, grp), groups.get_group(tx, grp).synced))


def rendezvous_waiting(desk: Desk, grp: int | None) -> list[Waiting]:
    """Return every rendezvous to look at: of one group's invites, or of all and of our own requests.

    Invites that nobody used in time are forgotten.
    """

    def act(tx: Connection) -> tuple[list[Waiting], list[int]]:
        found, expired = [], []
        for row in rendezvous.invites(tx, grp):
            payload = InvitePayload.decode(row.payload)
            if row.state == "open" and desk.now // 60 > payload.expires:
                expired.append(row.id)
                continue
            blobs = tuple(cbor.decode(row.blobs)) if row.blobs else ()
            found.append(_waiting(row.id, payload, Cursor(row.number, row.head), blobs, invite=True))
        for own in rendezvous.joinings(tx) if grp is None else ():
            if own.state == "waiting":
                payload = InvitePayload.decode(own.payload)
                # Sent until something was read there; repeating it stores nothing twice.
                blobs = (own.blob,) if own.blob and not own.number else ()
                found.append(_waiting(own.id, payload, Cursor(own.number, own.head), blobs, invite=False))
        return found, expired

    found, expired = desk.keeper.read(act)
    if expired:
        desk.keeper.write(lambda tx: rendezvous.drop_invites(tx, expired))
    return found


def _waiting(row: int, payload: InvitePayload, cursor: Cursor, blobs: tuple[bytes, ...], *, invite: bool) -> Waiting:
    return Waiting(row, invite, RelayAddress(payload.relay_url, payload.relay_id), payload.mailbox, cursor, blobs)


def apply_rendezvous(desk: Desk, at: Waiting, *, after: Cursor, blobs: Sequence[bytes]) -> list[str]:
    """Take what came to a rendezvous; returns sentences for the user."""

    def act(tx: Connection) -> list[str]:
        if at.invite:
            return host.take_page(tx, at.id, at.cursor, after, blobs, desk.random)
        return guest.take_page(
            tx, desk.keeper, desk.ledger, at.id, before=at.cursor, after=after, blobs=blobs, now=desk.now
        )

    return desk.keeper.write(act)


def restart_rendezvous(desk: Desk, at: Waiting) -> None:
    """The relay lost a rendezvous: read it from the beginning, and leave there again what we had left."""
    start = Cursor.start(at.keys.mailbox_id)

    def act(tx: Connection) -> None:
        move = rendezvous.move_invite if at.invite else rendezvous.move_joining
        move(tx, at.id, start.number, start.head)

    desk.keeper.write(act)


def rendezvous_sent(desk: Desk, at: Waiting) -> None:
    """Note that the relay has what we left at a rendezvous. An invite that was answered or ended has done its work."""

    def act(tx: Connection) -> None:
        row = rendezvous.get_invite(tx, at.id) if at.invite else None
        if row is not None and row.state in ("approved", "ended"):
            rendezvous.drop_invites(tx, [at.id])

    desk.keeper.write(act)
