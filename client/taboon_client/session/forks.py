"""Two valid seals of one epoch: which one stands, and changing over to it (docs/protocol.md, section 2.8).

In own mailboxes each admin can seal. Whoever has followed one keeps the epoch as it was, looks for others for a while,
and goes back and follows another one that stands before it. Every device decides alike, so all come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.epoch import policy_of
from taboon_client.group.own_mailbox import counts_in, keys_of
from taboon_client.group.rules import check_commit
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.group.watched import note_leaves
from taboon_client.relay.address import RelayAddress
from taboon_client.session.commits import psks_of
from taboon_client.session.watching import contents
from taboon_client.vault import coming_back, events, groups, outbox, own_boxes
from taboon_client.vault import forks as rows
from taboon_client.vault.own_boxes import OwnBoxRow
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.commit_data import CommitData
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["OtherBox", "other_boxes", "take"]

_KEEP: Final = 7 * 86_400
_CHANGED = (
    "two commits had ended one epoch of the group. It goes on with the one that stands by its rules, the same on every "
    "device; what you had said since is said again"
)


@dataclass(frozen=True, slots=True)
class OtherBox:
    """An own mailbox of the kept epoch in which another seal may be."""

    relay: RelayAddress
    keys: MailboxKeys
    leaf: int
    count: int


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
    tables: list[list[list[object]]]

    @classmethod
    def decode(cls, raw: bytes) -> _Kept:
        epoch, leaf, count, author, removed, approvals, last, tables = cbor.decode(raw)
        return cls(epoch, leaf, count, author, tuple(removed), approvals, last, tables)

    def boxes(self) -> list[OwnBoxRow]:
        return [OwnBoxRow(*row) for row in self.tables[2]]  # type: ignore[arg-type]  # as the vault had written it

    def group(self) -> mls.Group:
        return mls.Group.load({str(name): bytes(part) for _, name, part in self.tables[0]}, limits=LIMITS)  # type: ignore[call-overload]  # as above


def keep(tx: Connection, grp: int, commit: mls.CommitSummary, author: bytes, data: CommitData, *, now: int) -> None:
    """Keep a spoiled epoch before we follow a commit out of it."""
    mailbox = groups.get_mailbox(tx, grp)
    if mailbox is None or not mailbox.spoiled:
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
        rows.state(tx, grp),
    ]
    rows.keep(tx, grp, now, cbor.encode(kept))


def other_boxes(desk: Desk, grp: int) -> list[OtherBox]:
    """Return where another seal of a kept epoch may be. It is kept no longer than needed."""

    def act(tx: Connection) -> list[OtherBox]:
        found = rows.kept(tx, grp)
        if found is None:
            return []
        kept = _Kept.decode(found[1])
        own = groups.get_group(tx, grp)
        group = kept.group()
        policy = policy_of(group)
        admins = [one.signature_key for one in group.members() if policy.is_admin(one.signature_key)]
        others = [one for one in admins if one not in (own.identity, *kept.removed)]
        if desk.now - found[0] > _KEEP or all(rows.spoke_after(tx, grp, one, kept.epoch) for one in others):
            rows.drop(tx, grp)
            return []
        retention = int(str(kept.tables[1][0][2]))
        relay = RelayAddress(own.relay_url, own.relay_id)
        return [
            OtherBox(relay, keys_of(box, retention, None), box.leaf, box.count)
            for box in kept.boxes()
            if box.open and box.leaf != kept.leaf
        ]

    return desk.keeper.write(act)


def take(desk: Desk, grp: int, box: OtherBox, blobs: Sequence[bytes]) -> list[str]:
    """Look at the seal of another own mailbox, and change over if it stands before ours. Returns sentences."""

    def act(tx: Connection) -> list[str]:
        found = rows.kept(tx, grp)
        if found is None or groups.get_group(tx, grp).state != "active":
            return []
        kept = _Kept.decode(found[1])
        if not _stands_before(kept, box, blobs):
            return []
        _change_over(tx, desk, grp, kept)
        return [_CHANGED]

    return desk.keeper.write(act)


def _stands_before(kept: _Kept, box: OtherBox, blobs: Sequence[bytes]) -> bool:
    group = kept.group()
    try:
        commit = _commit_in(kept, group, blobs)
        data = check_commit(group, commit, last_committer=kept.last)
    except (mls.MlsError, FormatError):
        return False
    if not counts_in(group, commit, box.leaf):
        return False
    author = group.member(commit.sender_leaf).signature_key
    added = {one.signature_key for one in commit.added}
    removes = kept.author in {one.signature_key for one in commit.removed} - added
    if removes != (author in kept.removed):
        return removes
    if len(data.approvals) != kept.approvals:
        return len(data.approvals) > kept.approvals
    return commit.sender_leaf < kept.leaf


def _commit_in(kept: _Kept, group: mls.Group, blobs: Sequence[bytes]) -> mls.CommitSummary:
    digest = sha256(blobs[-1]).digest()
    for _, _, staged, _, seal, *_ in kept.tables[3]:
        if seal == digest:
            return group.load_staged(bytes(staged))  # type: ignore[call-overload]  # as the vault had written it
    wholes = list(contents(bytes(kept.tables[1][0][4]), blobs))  # type: ignore[call-overload]  # as above
    if not wholes:
        raise FormatError("a seal that does not open")
    try:
        received = group.receive(wholes[-1].body, psks=psks_of)
    except mls.CannotFollowError as error:
        return error.commit
    if not isinstance(received, mls.StagedCommit):
        raise FormatError("the seal is no commit")
    return received


def _change_over(tx: Connection, desk: Desk, grp: int, kept: _Kept) -> None:
    own = groups.get_group(tx, grp)
    rows.restore(tx, grp, kept.tables)
    own_boxes.close(tx, grp, kept.leaf, kept.count)
    said = [
        name
        for number in range(kept.epoch + 1, groups.last_epoch(tx, grp) + 1)
        for name in events.carried_by(tx, grp, number, own.identity)
    ]
    rows.end_chain(tx, grp, kept.epoch)
    rows.drop(tx, grp)
    outbox.start_epoch(tx, grp)
    outbox.drop_payloads(tx, grp)
    for name in said:
        outbox.queue_event(tx, grp, name)
    desk.keeper.forget(grp)
    desk.ledger.forget(grp)
    group = desk.keeper.load(tx, grp)
    note_sealing_keys(tx, grp, group)
    coming_back.forget_all(tx, grp)
    note_leaves(tx, grp, group, group.members(), (), now=desk.now, random=desk.random)
    if policy_of(group).is_admin(own.identity):
        # Nobody is let in again by this: who was removed on the other side is removed here, too.
        for gone in kept.removed:
            groups.add_wish(tx, grp, "remove", gone)
    desk.ledger.refold(tx, grp, events.all_places(tx, grp), anew=True)
