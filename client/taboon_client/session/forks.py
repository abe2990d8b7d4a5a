"""Two valid seals of one epoch: which one stands, and changing over to it (docs/protocol.md, sections 2.8 and 2.12).

In own mailboxes each admin can seal; with a pop-up relay beside home, an epoch can be ended at both. Whoever has
followed one seal keeps the epoch as it was, looks for others for a while, and goes back and follows another one that
stands before it. Every device decides alike, so all come to the same.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, cast

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.own_mailbox import counts_in, keys_of, own_keys
from taboon_client.group.payload import read_payload
from taboon_client.group.popup import keys_at
from taboon_client.group.rules import check_commit
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.group.watched import watch_leaves
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.session import standing
from taboon_client.session.commits import psks_of
from taboon_client.session.watching import contents
from taboon_client.vault import coming_back, ended, events, groups, outbox, own_boxes, popups
from taboon_client.vault import forks as rows
from taboon_client.vault.own_boxes import OwnBoxRow
from taboon_client.vault.savepoint import savepoint
from taboon_crypto import mls
from taboon_crypto.blob import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.group.commit_data import CommitData
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_client.vault.popups import PopupRow
    from taboon_crypto.mailbox import MailboxKeys

if TYPE_CHECKING:
    Follow = Callable[[Connection, Sequence[bytes]], list[str]]
    """Follows a commit whose blobs were brought here, in the same transaction; returns sentences."""

__all__ = [
    "ANOTHER",
    "OtherBox",
    "OtherSeal",
    "is_own",
    "keep",
    "kept_cursor",
    "looked",
    "other_boxes",
    "other_seal",
    "take",
    "take_late",
]

_KEEP: Final = 7 * 86_400
_SPOILED_EPOCH: Final = "spoiled"
_LOST_EPOCH: Final = "lost"
_FEW: Final = 8
_PAUSE: Final = 60
"""Own mailboxes of a lost epoch are looked into with every sync in a group of a few, else so many seconds for each."""
_READ_ONLY: Final = 7 * 86_400
"""Seconds for which whoever stepped back only reads, while somebody whom its side had removed is still there."""
_WAITS: Final = (
    "you had removed somebody who is still in the group as it stands now. Until an admin's device has removed them "
    "again, for 7 days at most, this device sends nothing that they could read"
)
_STAYED: Final = (
    "somebody had ended an epoch of the group at another relay with another commit. The one that this device has "
    "followed stands; the others' devices come over by themselves"
)
_SPOILED: Final = (
    "at another relay somebody has ended an epoch of the group with something that is no valid commit. Whoever stood "
    "there goes on in own mailboxes until their device hears from home"
)
ANOTHER: Final = (
    "the relay had lost an older epoch of this group, and somebody has ended it with another commit than the one "
    "that stands here. Whoever went on from there is in another history, and comes over with the next syncs. Ask all "
    "members tomorrow whether they see your posts; if one does not, compare with “taboon evidence GROUP”"
)
_CHANGED = (
    "two commits had ended one epoch of the group. It goes on with the one that stands by its rules, the same on every "
    "device; what you had said since is said again"
)


@dataclass(frozen=True, slots=True)
class OtherBox:
    """An own mailbox of the kept epoch in which another seal may be."""

    relay: RelayAddress
    keys: MailboxKeys
    epoch: int
    leaf: int
    count: int
    claims: bool = False
    """Whether its member may say there which commit had ended the epoch before the relay lost it."""


@dataclass(frozen=True, slots=True)
class OtherSeal:
    """What came of a second seal of an epoch: sentences, and whether the group has changed over to it."""

    told: tuple[str, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept: the commit that we have followed, and the epoch as it was before."""

    epoch: int
    leaf: int
    count: int
    author: bytes
    removed: tuple[bytes, ...]
    approvals: int
    last: bytes | None
    why: str
    home: bool
    tag: bytes
    away: tuple[bytes, int, bytes] | None
    tables: list[list[list[object]]]

    @classmethod
    def decode(cls, raw: bytes) -> _Kept:
        epoch, leaf, count, author, removed, approvals, last, why, home, tag, away, tables = cbor.decode(raw)
        away = None if away is None else tuple(away)
        return cls(epoch, leaf, count, author, tuple(removed), approvals, last, why, home, tag, away, tables)

    def boxes(self) -> list[OwnBoxRow]:
        return [OwnBoxRow(*row) for row in self.tables[2]]  # type: ignore[arg-type]  # as the vault had written it

    @property
    def blob_key(self) -> bytes:
        return cast("bytes", self.tables[1][0][4])

    def group(self) -> mls.Group:
        return mls.Group.load({str(name): bytes(part) for _, name, part in self.tables[0]}, limits=LIMITS)  # type: ignore[call-overload]  # as above


def keep(
    tx: Connection,
    grp: int,
    commit: mls.StagedCommit,
    author: bytes,
    data: CommitData,
    away: PopupRow | None,
    *,
    now: int,
    home: bool,
) -> None:
    """Keep an epoch as it is, before we follow a commit out of it that may not be the only one.

    Args:
        tx: A transaction that writes.
        grp: The group.
        commit: What we follow.
        author: Identity key of its author.
        data: Its authenticated data.
        away: The pop-up relay in use, at this epoch.
        now: Unix time.
        home: Whether it stood at the home relay.
    """
    mailbox = groups.get_mailbox(tx, grp)
    if mailbox is None:
        return
    count = max((box.count for box in own_boxes.to_read(tx, grp) if box.leaf == commit.sender_leaf), default=0)
    added = {one.signature_key for one in commit.added}
    removed = [one.signature_key for one in commit.removed if one.signature_key not in added]
    kept = [
        mailbox.epoch,
        commit.sender_leaf,
        count,
        author,
        removed,
        len(data.approvals),
        groups.last_committer(tx, grp),
        _SPOILED_EPOCH if mailbox.spoiled else _LOST_EPOCH if mailbox.lost else "",
        home,
        _tag_of(commit),
        None if away is None else [away.mailbox_secret, away.number, away.head],
        rows.state(tx, grp),
    ]
    rows.keep(tx, grp, mailbox.epoch, now, cbor.encode(kept))


def _tag_of(commit: mls.StagedCommit) -> bytes:
    """Return what names a commit, however it was wrapped."""
    return b"" if commit.removes_self else bytes(commit.confirmed_transcript_hash)


def other_boxes(desk: Desk, grp: int) -> list[OtherBox]:
    """Return where another seal of an epoch may be that ended in own mailboxes. It is kept no longer than needed."""

    def act(tx: Connection) -> list[OtherBox]:
        return [box for epoch, at, raw in rows.all_kept(tx, grp) for box in boxes(tx, epoch, at, _Kept.decode(raw))]

    def boxes(tx: Connection, epoch: int, at: int, kept: _Kept) -> list[OtherBox]:
        own = groups.get_group(tx, grp)
        group = kept.group()
        if kept.why == _LOST_EPOCH:
            return lost(tx, epoch, at, kept, own, group)
        if kept.why != _SPOILED_EPOCH:
            return []
        policy = policy_of(group)
        admins = [one.signature_key for one in group.members() if policy.is_admin(one.signature_key)]
        others = [one for one in admins if one not in (own.identity, *kept.removed)]
        # Where we had sealed, too, our own mailbox is looked into once, though everyone else has gone on.
        settled = rows.has_looked(tx, grp, epoch) or not kept.tables[3]
        if desk.now - at > _KEEP or (settled and all(rows.spoke_after(tx, grp, one, epoch) for one in others)):
            rows.drop(tx, grp, epoch)
            return []
        retention = int(str(kept.tables[1][0][2]))
        relay = RelayAddress(own.relay_url, own.relay_id)
        return [
            OtherBox(relay, keys_of(box, retention, None), epoch, box.leaf, box.count)
            for box in kept.boxes()
            if box.open and box.leaf != kept.leaf
        ]

    def lost(
        tx: Connection, epoch: int, at: int, kept: _Kept, own: groups.GroupRow, group: mls.Group
    ) -> list[OtherBox]:
        if desk.now - at > _KEEP:
            rows.drop(tx, grp, epoch)
            return []
        members = group.members()
        few = len(members) <= _FEW
        if not rows.due(tx, grp, epoch, desk.now, 0 if few else len(members) * _PAUSE):
            return []
        relay = RelayAddress(own.relay_url, own.relay_id)
        retention = int(str(kept.tables[1][0][2]))
        return [
            OtherBox(relay, keys, epoch, member.leaf, 0, claims=True)
            for member in members
            if member.leaf != group.own_leaf and (keys := own_keys(group, member, retention)) is not None
        ]

    return desk.keeper.write(act)


def looked(desk: Desk, grp: int) -> None:
    """Note that the own mailboxes of all kept epochs have been looked into."""

    def act(tx: Connection) -> None:
        for epoch, _, raw in rows.all_kept(tx, grp):
            if _Kept.decode(raw).why == _SPOILED_EPOCH:
                rows.set_looked(tx, grp, epoch)

    if desk.keeper.read(lambda tx: bool(rows.all_kept(tx, grp))):
        desk.keeper.write(act)


def take(desk: Desk, grp: int, box: OtherBox, blobs: Sequence[bytes], follow: Follow) -> OtherSeal:
    """Look at the seal of another own mailbox, or at what is said there of another; change over if it stands before."""

    def act(tx: Connection) -> OtherSeal:
        found = rows.kept(tx, grp, box.epoch)
        if found is None or groups.get_group(tx, grp).state != "active":
            return OtherSeal()
        kept = _Kept.decode(found[1])
        group = kept.group()
        if box.claims:
            return claimed(tx, kept, group)
        judged = _judge(kept, group, blobs)
        if judged is None or not counts_in(group, judged[0], box.leaf) or not _stands_before(kept, group, *judged):
            return OtherSeal()
        return OtherSeal(tuple(_change_over(tx, desk, grp, kept)), changed=True)

    def claimed(tx: Connection, kept: _Kept, group: mls.Group) -> OtherSeal:
        for last, seal in enumerate(blobs):
            if not _stood_at_home(kept, group, blobs[:last], seal):
                continue
            judged = _judge(kept, group, blobs[: last + 1])
            if judged is None or _is_ours(kept, judged[0]) or _removes_ours(kept, group, *judged) is False:
                continue
            # It had stood before the relay lost it, and whoever had followed it has no way back.
            told = [*_change_over(tx, desk, grp, kept), *follow(tx, blobs[: last + 1])]
            return OtherSeal(tuple(told), changed=True)
        return OtherSeal()

    return desk.keeper.write(act)


def other_seal(desk: Desk, grp: int, epoch: int, blobs: Sequence[bytes], follow: Follow, *, popup: bool) -> OtherSeal:
    """Look at the seal that an ended epoch has at the other relay; change over if it stands before the one we followed.

    Args:
        desk: Of the vault.
        grp: The group.
        epoch: Its number.
        blobs: What lies there, the last one is the seal.
        follow: Follows it, from the epoch that is here then.
        popup: Whether that is the pop-up relay.
    """

    def act(tx: Connection) -> OtherSeal:
        found = rows.kept(tx, grp, epoch)
        ours = ended.get(tx, grp, epoch)
        if ours is not None and blobs[-1] == cbor.decode(ours.blobs)[-1]:
            return OtherSeal()
        if found is None:
            return OtherSeal((ANOTHER,))
        if groups.get_group(tx, grp).state != "active":
            return OtherSeal()
        kept = _Kept.decode(found[1])
        group = kept.group()
        judged = _judge(kept, group, blobs)
        if judged is None:
            return OtherSeal((_SPOILED,))
        if _is_ours(kept, judged[0]):
            return OtherSeal()
        # Home stands before a pop-up relay; of two at home the rules decide that own mailboxes have.
        home = not popup or _stood_at_home(kept, group, blobs[:-1], blobs[-1])
        stands = home if home != kept.home else _stands_before(kept, group, *judged)
        if not stands:
            return OtherSeal((_STAYED,))
        return OtherSeal((*_change_over(tx, desk, grp, kept), *follow(tx, blobs)), changed=True)

    return desk.keeper.write(act)


def kept_cursor(tx: Connection, grp: int, epoch: int, *, popup: bool) -> Cursor | None:
    """Return how far an ended epoch's mailbox had been read when we left it; None where it is not kept any more."""
    found = rows.kept(tx, grp, epoch)
    if found is None:
        return None
    kept = _Kept.decode(found[1])
    if popup:
        return None if kept.away is None else Cursor(kept.away[1], kept.away[2])
    mailbox = kept.tables[1][0]
    return Cursor(int(str(mailbox[5])), bytes(mailbox[6]))  # type: ignore[call-overload]  # as the vault had written it


def is_own(tx: Connection, grp: int, epoch: int) -> bool:
    """Tell whether own mailboxes of a kept epoch are looked into for a while, wherever home is."""
    found = rows.kept(tx, grp, epoch)
    return found is not None and bool(_Kept.decode(found[1]).why)


def take_late(desk: Desk, grp: int, epoch: int, blobs: Sequence[bytes]) -> int:
    """Take what members said in an epoch at one relay after we had left it at the other. Returns how many are new."""

    def act(tx: Connection) -> int:
        found = rows.kept(tx, grp, epoch)
        if found is None or groups.get_group(tx, grp).state != "active":
            return 0
        kept = _Kept.decode(found[1])
        group = kept.group()
        fresh = 0
        for whole in contents(kept.blob_key, blobs):
            try:
                with savepoint(tx):
                    said = group.receive(whole.body)
                    payload = read_payload(said.data) if isinstance(said, mls.ApplicationMessage) else None
                    if isinstance(payload, list):
                        fresh += desk.ledger.take(tx, grp, payload, epoch)[0]
            except (mls.MlsError, FormatError):
                continue
        return fresh

    return desk.keeper.write(act)


def _judge(kept: _Kept, group: mls.Group, blobs: Sequence[bytes]) -> tuple[mls.CommitSummary, CommitData] | None:
    """Return the commit that a seal is, and its data; None if it is spoiled."""
    try:
        commit = _commit_in(kept, group, blobs)
        return commit, check_commit(group, commit, last_committer=kept.last)
    except (mls.MlsError, FormatError):
        return None


def _is_ours(kept: _Kept, commit: mls.CommitSummary) -> bool:
    """Tell whether a commit is the one that we have followed, perhaps in another wrapping."""
    return isinstance(commit, mls.StagedCommit) and hmac.compare_digest(_tag_of(commit), kept.tag)


def _stood_at_home(kept: _Kept, group: mls.Group, blobs: Sequence[bytes], seal: bytes) -> bool:
    """Tell whether home has signed that a blob was the seal of the epoch's mailbox."""
    mailbox = kept.tables[1][0]
    keys = keys_at(cast("bytes", mailbox[3]), int(str(mailbox[2])))
    home = policy_of(group).home.id
    return any(
        whole.kind is Kind.STOOD and standing.shows(whole.body, relay_id=home, mailbox_id=keys.mailbox_id, seal=seal)
        for whole in contents(kept.blob_key, blobs)
    )


def _removes_ours(kept: _Kept, group: mls.Group, commit: mls.CommitSummary, _: CommitData) -> bool | None:
    """Tell which of two commits removes the author of the other: that one (True), ours (False), neither or both."""
    author = group.member(commit.sender_leaf).signature_key
    added = {one.signature_key for one in commit.added}
    removes = kept.author in {one.signature_key for one in commit.removed} - added
    return removes if removes != (author in kept.removed) else None


def _stands_before(kept: _Kept, group: mls.Group, commit: mls.CommitSummary, data: CommitData) -> bool:
    removes = _removes_ours(kept, group, commit, data)
    if removes is not None:
        return removes
    if len(data.approvals) != kept.approvals:
        return len(data.approvals) > kept.approvals
    return commit.sender_leaf < kept.leaf


def _commit_in(kept: _Kept, group: mls.Group, blobs: Sequence[bytes]) -> mls.CommitSummary:
    digest = sha256(blobs[-1]).digest()
    for _, _, staged, _, seal, *_ in kept.tables[3]:
        if seal == digest:
            return group.load_staged(bytes(staged))  # type: ignore[call-overload]  # as the vault had written it
    wholes = list(contents(kept.blob_key, blobs))
    if not wholes:
        raise FormatError("a seal that does not open")
    try:
        received = group.receive(wholes[-1].body, psks=psks_of)
    except mls.CannotFollowError as error:
        return error.commit
    if not isinstance(received, mls.StagedCommit):
        raise FormatError("the seal is no commit")
    return received


def _change_over(tx: Connection, desk: Desk, grp: int, kept: _Kept) -> list[str]:
    own = groups.get_group(tx, grp)
    rows.restore(tx, grp, kept.tables)
    if kept.why == _SPOILED_EPOCH:
        own_boxes.close(tx, grp, kept.leaf, kept.count)
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
    rows.end_chain(tx, grp, kept.epoch)
    rows.drop_from(tx, grp, kept.epoch)
    outbox.start_epoch(tx, grp)
    outbox.drop_payloads(tx, grp)
    for name in said:
        outbox.queue_event(tx, grp, name)
    desk.keeper.forget(grp)
    desk.ledger.forget(grp)
    group = desk.keeper.load(tx, grp)
    note_sealing_keys(tx, grp, group)
    coming_back.forget_all(tx, grp)
    watch_leaves(tx, grp, group, group.members(), (), now=desk.now, random=desk.random)
    admin = policy_of(group).is_admin(own.identity)
    for gone in kept.removed:
        # Nobody is let in again by this: who was removed on the other side is removed here, too.
        popups.step_back(tx, grp, gone, desk.now + _READ_ONLY)
        if admin:
            groups.add_wish(tx, grp, "remove", gone)
    desk.ledger.refold(tx, grp, events.all_places(tx, grp), anew=True)
    return [_CHANGED, *([_WAITS] if kept.removed else [])]
