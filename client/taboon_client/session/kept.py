"""An ended epoch that is kept whole, since another commit may have ended it as well; and changing over to that one.

It is kept with its keys, for as short as can be (docs/protocol.md, sections 2.8 and 2.12). Where it is not, there is no
way back into it, and whoever has to leave asks to come back (``histories``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.home import settle_at
from taboon_client.group.popup import keys_at
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.group.sides import Side
from taboon_client.group.watched import watch_leaves
from taboon_client.session import redo
from taboon_client.session.judging import Judge
from taboon_client.vault import coming_back, ended, events, groups, other_sides, outbox, own_boxes, popups
from taboon_client.vault import forks as rows
from taboon_crypto import mls

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import MailboxRow
    from taboon_client.vault.own_boxes import OwnBoxRow
    from taboon_client.vault.popups import PopupRow

__all__ = ["Kept", "Why", "all_kept", "change_over", "find", "keep"]

_CHANGED = (
    "two commits had ended one epoch of the group. It goes on with the one that stands by its rules, the same on every "
    "device; what you had said since is said again"
)


class Why(StrEnum):
    """Where another commit may have ended an epoch as well."""

    OWN = "own"
    """In own mailboxes: that of the epoch was spoiled."""
    LOST = "lost"
    """At home, before the relay lost it."""
    POPUP = "popup"
    """At the other one of two relays."""


class _Written(msgspec.Struct, frozen=True):
    """What is kept, as it is written. Named, so that what another version wrote is not taken for something else."""

    epoch: int
    why: Why
    count: int
    tag: bytes
    author: bytes
    leaf: int
    removes: tuple[bytes, ...]
    approvals: int
    home: bool
    last: bytes | None
    away: tuple[int, bytes] | None
    state: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an epoch: the commit that we have followed, and the epoch as it was before.

    Attributes:
        epoch: Its number.
        at: Unix time at which we went on.
        why: Where to look for another commit.
        ours: The side of the commit that we have followed.
        count: In which own mailbox of its author's it stood.
        last: Who had made the commit before.
        away: How far the mailbox at the pop-up relay had been read (number, head).
        state: Everything that the epoch needs to go on.
    """

    epoch: int
    at: int
    why: Why
    ours: Side
    count: int
    last: bytes | None
    away: tuple[int, bytes] | None
    state: rows.State = field(repr=False)

    @property
    def mailbox(self) -> MailboxRow:
        """The epoch's mailbox."""
        return rows.mailbox_in(self.state)

    @property
    def boxes(self) -> list[OwnBoxRow]:
        """Its own mailboxes, of an epoch that was spoiled."""
        return rows.boxes_in(self.state)

    def group(self) -> mls.Group:
        """The group as it was."""
        return mls.Group.load(rows.parts_in(self.state), limits=LIMITS)

    def judge(self) -> Judge:
        """What judges other commits of the epoch."""
        group, mailbox = self.group(), self.mailbox
        staged = [group.load_staged(one) for one in rows.staged_in(self.state)]
        witness = mls.Group.load(group.witness(staged), limits=LIMITS)
        return Judge(witness, keys_at(mailbox.mailbox_secret, mailbox.retention).mailbox_id, self.last)


def keep(tx: Connection, grp: int, blobs: list[bytes], away: PopupRow | None, *, now: int, home: bool) -> None:
    """Keep an epoch as it is, before we follow a commit out of it that may not be the only one.

    Args:
        tx: A transaction that writes.
        grp: The group.
        blobs: What carries the commit that we follow; the last one is the seal.
        away: The pop-up relay in use, at this epoch.
        now: Unix time.
        home: Whether it stood at the home relay.
    """
    mailbox = groups.get_mailbox(tx, grp)
    if mailbox is None:
        return
    why = Why.OWN if mailbox.spoiled else Why.LOST if mailbox.lost else Why.POPUP
    empty = Side(tag=b"", author=b"", leaf=0)
    last = groups.last_committer(tx, grp)
    place = None if away is None else (away.number, away.head)
    kept = Kept(mailbox.epoch, now, why, empty, 0, last, place, rows.state(tx, grp))
    followed = kept.judge().look(blobs)
    if followed is None:
        return
    ours = replace(followed.side, home=home)
    count = max((box.count for box in own_boxes.to_read(tx, grp) if box.leaf == ours.leaf), default=0)
    written = _Written(
        epoch=mailbox.epoch,
        why=why,
        count=count,
        tag=ours.tag,
        author=ours.author,
        leaf=ours.leaf,
        removes=tuple(sorted(ours.removes)),
        approvals=ours.approvals,
        home=home,
        last=last,
        away=place,
        state=kept.state,
    )
    rows.keep(tx, grp, mailbox.epoch, now, cbor.encode(msgspec.to_builtins(written, builtin_types=(bytes,))))


def find(tx: Connection, grp: int, epoch: int) -> Kept | None:
    """Return what is kept of an epoch, None if that is nothing."""
    found = rows.kept(tx, grp, epoch)
    return None if found is None else _read(*found)


def all_kept(tx: Connection, grp: int) -> list[Kept]:
    """Return all epochs that are kept, oldest first."""
    found = [_read(at, raw) for _, at, raw in rows.all_kept(tx, grp)]
    return [kept for kept in found if kept is not None]


def _read(at: int, raw: bytes) -> Kept | None:
    try:
        one = msgspec.convert(cbor.decode(raw), _Written, builtin_types=(bytes,))
    except (msgspec.ValidationError, FormatError):
        return None
    if not rows.is_state(one.state):
        return None
    ours = Side(one.tag, one.author, one.leaf, frozenset(one.removes), one.approvals, one.home)
    return Kept(one.epoch, at, one.why, ours, one.count, one.last, one.away, one.state)


def change_over(tx: Connection, desk: Desk, grp: int, kept: Kept) -> list[str]:
    """Go back to an epoch as it was, to follow another commit out of it. Returns sentences for the user."""
    own = groups.get_group(tx, grp)
    before = policy_of(kept.group())
    left = policy_of(desk.keeper.load(tx, grp))
    todo = redo.of_chain(tx, grp, kept.epoch, before, left)
    rows.restore(tx, grp, kept.state)
    if kept.why is Why.OWN:
        own_boxes.close(tx, grp, kept.ours.leaf, kept.count)
    away = popups.get(tx, grp)
    if away is not None:
        # What the mailbox there holds of this epoch is read again when the commit that stands is brought there.
        popups.put(tx, replace(away, epoch=-1))
    ended.drop_from(tx, grp, kept.epoch)
    said = [
        name
        for number in range(kept.epoch + 1, groups.last_epoch(tx, grp) + 1)
        for name in events.carried_by(tx, grp, number, own.identity)
    ]
    rows.end_chain(tx, grp, kept.epoch, carried=kept.epoch)
    rows.drop_from(tx, grp, kept.epoch)
    other_sides.drop_from(tx, grp, kept.epoch)
    outbox.start_epoch(tx, grp)
    outbox.drop_payloads(tx, grp)
    for name in said:
        outbox.queue_event(tx, grp, name)
    desk.keeper.forget(grp)
    desk.ledger.forget(grp)
    group = desk.keeper.load(tx, grp)
    settle_at(tx, grp, before.home, left=left.home, now=desk.now, random=desk.random)
    note_sealing_keys(tx, grp, group)
    members = group.members()
    coming_back.forget_others(tx, grp, [one.signature_key for one in members])
    watch_leaves(tx, grp, group, members, (), now=desk.now, random=desk.random)
    told = redo.now_again(tx, grp, before, {one.signature_key for one in members}, desk.now, todo)
    desk.ledger.refold(tx, grp, events.all_places(tx, grp), anew=True)
    return [_CHANGED, *told]
