"""The steps of a sync that touch the vault: each one short transaction, none of them waits for the network.

`sync.py` puts them around the relay's calls. Between any two steps the process may die; every step leaves the vault
in a state from which the next sync goes on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from taboon_client.group import popup as popup_mailbox
from taboon_client.group import tending
from taboon_client.group.epoch import mailbox_keys
from taboon_client.group.own_mailbox import keys_of
from taboon_client.group.payload import LostPayload
from taboon_client.group.snapshot import ask_for_missing, queue_snapshot
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.session import bringing, commits, evidence, histories, inbox
from taboon_client.session.circles import follow_parent
from taboon_client.session.coming_back import ask
from taboon_client.session.outbox import next_blobs
from taboon_client.vault import ended, events, groups, outbox, own_boxes, popups
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.session.commits import Seal
    from taboon_client.session.inbox import Applied
    from taboon_client.vault import Connection

__all__ = [
    "Position",
    "Work",
    "acknowledge",
    "apply_page",
    "keep_signed",
    "lost_mailbox",
    "own_positions",
    "position",
    "refuse_move",
    "retire_staged",
    "rewind",
    "stopped",
    "synced",
    "unsent",
    "work",
]

_DAY = 86_400
_JUST_NOW = 600
_CARRIED = 64
"""Blobs that are carried to the other relay before looking again."""
_AWAY = (
    "this device was away for longer than the relay keeps mailboxes, so it may have missed who came and who went. It "
    "asks the others' devices to bring it back, which takes about a day. What you post meanwhile is kept. If everyone "
    "was away for as long, nobody answers: then an admin goes on with “taboon go-on GROUP”"
)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a group's reading stands: its relay, the mailbox of its epoch, the cursor in it.

    ``spoiled`` tells that the epoch goes on in own mailboxes (:func:`own_positions`); there ``box`` is leaf and count.
    ``popup`` tells that it is the epoch's mailbox at the pop-up relay.
    """

    relay: RelayAddress
    epoch: int
    keys: MailboxKeys
    cursor: Cursor
    spoiled: bool = False
    box: tuple[int, int] | None = None
    popup: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a group has to send now: a staged commit, or blobs, or nothing."""

    seal: Seal | None
    blobs: tuple[bytes, ...]


def position(desk: Desk, grp: int, *, popup: bool = False) -> Position | None:
    """Return where a group's reading stands, at home or at its pop-up relay; None if it does not go on there."""
    if popup:
        return desk.keeper.write(lambda tx: _position_away(desk, tx, grp))

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
            spoiled=bool(mailbox.spoiled),
        )

    return desk.keeper.read(act)


def _position_away(desk: Desk, tx: Connection, grp: int) -> Position | None:
    row = popup_mailbox.present(tx, desk.keeper, grp)
    mailbox = groups.get_mailbox(tx, grp)
    stopped = groups.get_group(tx, grp).state != "active"
    if row is None or mailbox is None or stopped or mailbox.spoiled or row.spoiled or row.over:
        return None
    return Position(
        relay=RelayAddress(row.url, row.relay_id),
        epoch=row.epoch,
        keys=popup_mailbox.keys_at(row.mailbox_secret, mailbox.retention),
        cursor=Cursor(row.number, row.head),
        popup=True,
    )


def own_positions(desk: Desk, grp: int) -> list[Position]:
    """Return where the reading of every own mailbox of a spoiled epoch stands; ours, if there is one, comes last."""

    def act(tx: Connection) -> list[Position]:
        row, mailbox = groups.get_group(tx, grp), groups.get_mailbox(tx, grp)
        if row.state != "active" or mailbox is None or not mailbox.spoiled:
            return []
        found = []
        for box in own_boxes.to_read(tx, grp):
            seed = groups.leaf_secret(tx, grp, box.append_key)
            found.append(
                Position(
                    relay=RelayAddress(row.relay_url, row.relay_id),
                    epoch=mailbox.epoch,
                    keys=keys_of(box, mailbox.retention, seed),
                    cursor=Cursor(box.number, box.head),
                    spoiled=True,
                    box=(box.leaf, box.count),
                )
            )
        return sorted(found, key=lambda at: at.keys.append_seed is not None)

    return desk.keeper.read(act)


def keep_signed(desk: Desk, grp: int, at: Position, signed: bytes) -> list[str]:
    """Keep the relay's receipt for a seal: it may show another one to the others. Returns sentences."""
    if at.box is not None or at.popup:
        return []
    return desk.keeper.write(lambda tx: evidence.keep(tx, grp, at.epoch, signed, now=desk.now))


def apply_page(
    desk: Desk, grp: int, at: Position, *, after: Cursor, blobs: Sequence[bytes], sealed: bool, signed: bytes = b""
) -> Applied:
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
            signed=signed,
            box=at.box,
            popup=at.popup,
        )
    )


def work(desk: Desk, grp: int, at: Position, *, tries: int) -> Work | None:
    """Return what is to be sent next, commits first, then blobs.

    Args:
        desk: Of the vault.
        grp: The group.
        at: The head to which the mailbox has been read over the connection that will be sent on.
        tries: How often a commit was refused before for a moved head.

    Returns:
        None if the group has moved since, or does not go on: read again.
    """

    def act(tx: Connection) -> Work | None:
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is None or groups.get_group(tx, grp).state != "active":
            return None
        if not _is_at(tx, grp, mailbox, at):
            return None
        leaving = histories.leave(desk, tx, grp)
        if leaving is not None:
            # Nothing more is said on a side that does not stand, but that it does not.
            return Work(None, tuple(leaving)) if leaving else None
        away = at.box is None and popups.get(tx, grp) is not None
        carried = popups.to_carry(tx, grp, _CARRIED, popup=at.popup) if away else []
        if carried:
            return Work(None, tuple(carried))
        if commits.stage_wishes(
            tx, desk.keeper, desk.ledger, grp, random=desk.random, now=desk.now, tries=tries, popup=at.popup
        ):
            seal = commits.staged_seal(tx, desk.keeper, grp)
            if seal is not None and away and seal.expected is not None:
                # The same commit may become the seal at either relay, and the mailboxes are not equally long.
                seal = replace(seal, expected=at.cursor.number + len(seal.blobs))
            return Work(seal, ())
        if popups.stepped_back(tx, grp, desk.now):
            return Work(None, ())
        return Work(None, tuple(next_blobs(tx, desk.keeper, grp, desk.random)))

    return desk.keeper.write(act)


def acknowledge(desk: Desk, grp: int, at: Position, receipts: Sequence[tuple[bytes, Cursor]]) -> int:
    """Note receipts for blobs of ours; returns how many outbox rows they carried.

    Where a blob came right after what we have read, the cursor moves over it: nothing else stands between.

    Args:
        desk: Of the vault.
        grp: The group.
        at: The mailbox that they are in.
        receipts: Each blob with the cursor behind it, as the relay signed it, in order.
    """

    def act(tx: Connection) -> int:
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is None or mailbox.epoch != at.epoch:
            return 0
        place = _place(tx, grp, mailbox, at)
        if place is None:
            return 0
        cursor = Cursor(place.number, place.head)
        away = at.box is None and popups.get(tx, grp) is not None
        sent = 0
        for blob, behind in receipts:
            digest = hashlib.sha256(blob).digest()
            if away:
                popups.hold_blob(tx, grp, digest, blob, popup=at.popup)
            sent += outbox.acknowledge(tx, grp, digest, at.epoch)
            if cursor.after(digest) == behind:
                cursor = behind
        _move(tx, grp, at, cursor)
        return sent

    return desk.keeper.write(act)


def retire_staged(desk: Desk, grp: int, blob: bytes) -> None:
    """Send a staged commit no more that was refused for a moved head: its wishes stand and are staged anew."""
    desk.keeper.write(lambda tx: groups.retire_staged(tx, grp, hashlib.sha256(blob).digest()))


def refuse_move(desk: Desk, grp: int, seal: Seal, problem: str) -> None:
    """Do not send a staged commit that moves the group to a relay where it could not live."""
    desk.keeper.write(lambda tx: commits.refuse_move(tx, desk.keeper, grp, seal, problem))


def rewind(desk: Desk, grp: int, at: Position) -> None:
    """Read a mailbox from its beginning again. What was read before is known by its hash, or its key is spent."""
    start = Cursor.start(at.keys.mailbox_id)

    def act(tx: Connection) -> None:
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is not None and _is_at(tx, grp, mailbox, at):
            _move(tx, grp, at, start)

    desk.keeper.write(act)


def lost_mailbox(desk: Desk, grp: int, at: Position) -> bool:
    """The relay does not know the mailbox, or no longer all of it. Returns whether the group goes on here.

    Whoever was away for longer than mailboxes are kept may have missed commits, and must not speak in an epoch that
    has ended. Otherwise the mailbox is read from zero, and everything that it held and we hold is posted again.
    """

    def act(tx: Connection) -> bool:
        row = groups.get_group(tx, grp)
        mailbox = groups.get_mailbox(tx, grp)
        if mailbox is None or not _is_at(tx, grp, mailbox, at):
            return True
        if at.popup:
            # Pop-up relays forget. What was said there goes home from here, and there once more.
            popups.lose_blobs(tx, grp)
            popups.set_said(tx, grp, said=False)
            _move(tx, grp, at, Cursor.start(at.keys.mailbox_id))
            return True
        if _was_away(row, mailbox, desk.now):
            groups.set_state(tx, grp, "astray", _AWAY)
            ask(tx, desk.keeper, grp, _AWAY, now=desk.now, random=desk.random, away=True)
            return False
        if at.box is None and not _entered_just_now(mailbox, desk.now):
            # Others may have gone on from it: what we say there, they may never read.
            if not mailbox.lost:
                outbox.queue_payload(tx, grp, LostPayload().encode())
            groups.set_lost(tx, grp)
        if at.box is None and (at.cursor.number or not _entered_just_now(mailbox, desk.now)):
            for epoch in ended.lose(tx, grp, row.relay_id, bringing.LATEST):
                # Who is behind gets there from here, and has perhaps not read what was said on the way.
                for name in events.lose_carrier(tx, grp, epoch):
                    outbox.queue_event(tx, grp, name)
        if at.cursor.number:
            _move(tx, grp, at, Cursor.start(at.keys.mailbox_id))
            if at.box is not None and at.keys.append_seed is None:
                # Whoever writes there does it again.
                return True
            # Whoever comes first posts it again; what is there by then, nobody else does.
            for name in events.lose_carrier(tx, grp, mailbox.epoch):
                outbox.queue_event(tx, grp, name)
            if row.snapshot == mailbox.epoch:
                queue_snapshot(tx, desk.ledger, grp, desk.keeper.load(tx, grp))
        return True

    return desk.keeper.write(act)


def _entered_just_now(mailbox: groups.MailboxRow, now: int) -> bool:
    return now - mailbox.entered < _JUST_NOW and now // _DAY == mailbox.entered // _DAY


def _was_away(row: groups.GroupRow, mailbox: groups.MailboxRow, now: int) -> bool:
    """Tell whether a mailbox that the relay does not know may have expired, with something in it that we have not read.

    What was read to its head lives on for its whole class if anything more came. One whose predecessor was there just
    now, with the seal, cannot have expired before it: nothing ever came there.
    """
    if _entered_just_now(mailbox, now):
        return False
    return row.synced is not None and now - row.synced > RetentionClass(mailbox.retention).days * _DAY


def _is_at(tx: Connection, grp: int, mailbox: groups.MailboxRow, at: Position) -> bool:
    """Tell whether a mailbox is still the one that is read, and read as far as it was."""
    place = _place(tx, grp, mailbox, at)
    if place is None or bool(mailbox.spoiled) != at.spoiled:
        return False
    return (mailbox.epoch, place.number) == (at.epoch, at.cursor.number)


def _place(
    tx: Connection, grp: int, mailbox: groups.MailboxRow, at: Position
) -> groups.MailboxRow | own_boxes.OwnBoxRow | popups.PopupRow | None:
    """Return the row that tells how far a mailbox of the present epoch has been read."""
    if at.box is not None:
        return own_boxes.get(tx, grp, *at.box)
    if at.popup:
        row = popups.get(tx, grp)
        return row if row is not None and row.epoch == mailbox.epoch else None
    return mailbox


def _move(tx: Connection, grp: int, at: Position, cursor: Cursor) -> None:
    if at.popup:
        popups.move(tx, grp, cursor.number, cursor.head)
    elif at.box is None:
        groups.move_cursor(tx, grp, cursor.number, cursor.head)
    else:
        own_boxes.move(tx, grp, *at.box, cursor.number, cursor.head)


def stopped(desk: Desk, grp: int) -> str | None:
    """Return why a group does not go on here, None if it does."""
    row = desk.keeper.read(lambda tx: groups.get_group(tx, grp))
    return None if row.state == "active" else row.problem


def synced(desk: Desk, grp: int) -> None:
    """Note that the relay was read to its head and took all we had, and do what there is time for now."""

    def act(tx: Connection) -> int:
        groups.set_synced(tx, grp, desk.now)
        tending.serve_circle(tx, desk.ledger, grp)
        follow_parent(desk, tx, grp)
        if groups.is_whole(tx, grp) and groups.get_group(tx, grp).state == "active":
            ask_for_missing(tx, desk.ledger, grp, desk.random)
        return tending.delete_due(tx, desk.ledger, grp, desk.now)

    if desk.keeper.write(act):
        # What was deleted shall not be left in the log either.
        desk.vault.tidy()


def unsent(desk: Desk, grp: int) -> tuple[int, int | None]:
    """Return how many outbox rows wait, and the Unix time of the last complete sync."""
    return desk.keeper.read(lambda tx: (outbox.unsent(tx, grp), groups.get_group(tx, grp).synced))
