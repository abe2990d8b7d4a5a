"""Our commits: from wishes to a staged commit, and what follows when any commit stands.

A wish stays in the vault until a commit has brought it about, so a race that was lost or a crash loses none. The staged
commit is saved with its blobs before the seal is sent; after a crash the same bytes are sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import ADMIN, Cut
from taboon_client.errors import FieldError, FormatError
from taboon_client.group.changes import PolicyChange, apply_change
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.devices import people_of, persons_after
from taboon_client.group.epoch import epoch_id, mailbox_of, policy_after, policy_of, record_of, roles_of
from taboon_client.group.home import settle_at
from taboon_client.group.leaf import LEAF_EXTENSION, LeafKeys, content_of
from taboon_client.group.policy import NUMBERS, POLICY_EXTENSION, differences
from taboon_client.group.record import Stood, note_commit
from taboon_client.group.rules import check_commit, derived_policy, lost_roles
from taboon_client.group.schedule import rotation_due
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.snapshot import queue_snapshot
from taboon_client.group.watched import watch_leaves
from taboon_client.joining import host, shared
from taboon_client.relay.address import RelayAddress
from taboon_client.session import watching
from taboon_client.session.outbox import blobs_for
from taboon_client.session.wanted import IMPOSSIBLE, NOT_GOOD, Wanted, gather
from taboon_client.vault import events as event_rows
from taboon_client.vault import groups as rows
from taboon_client.vault import outbox, own_boxes, popups, rendezvous
from taboon_crypto import mls
from taboon_crypto.blob import MAX_WHOLE, Kind
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from taboon_client.group.keeper import Keeper
    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["Seal", "merge", "psks_of", "refuse_move", "stage_wishes", "staged_seal"]

_FULL = (
    "nobody was let in: what a newcomer needs has become larger than a message may be. Remove those who are not there "
    "any more, or make a second group"
)
_LARGEST = MAX_WHOLE - 1_024
"""Bytes of a commit or a Welcome, at most: what carries it is a little longer, and has to fit into its parts."""
_NUMBERS = "since somebody is gone, other numbers of people have to agree from now on: “taboon policy GROUP” shows them"
_MOVED = "the group has moved to another relay, as its rules say now: {address}"
_INSIST = 3
"""How many seals of a removal are bound to an expected number, before a flood may no longer keep it out."""


class _TooLargeError(FormatError):
    """What would be staged is larger than a message may be."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A staged commit to be sent: the blobs that carry it, the last one as the seal."""

    blobs: tuple[bytes, ...]
    expected: int | None
    move: Policy | None = None
    """The rules afterwards, where they move the group: whoever seals that looks first whether the new home fits."""


def staged_seal(tx: Connection, keeper: Keeper, grp: int) -> Seal | None:
    """Return the staged commit that waits for its seal."""
    row = rows.live_staged(tx, grp)
    if row is None:
        return None
    group = keeper.load(tx, grp)
    after = policy_after(group.load_staged(row.staged))
    moves = after.places[0] != policy_of(group).places[0]
    return Seal(tuple(cbor.decode(row.blobs)), row.expected, after if moves else None)


def refuse_move(tx: Connection, keeper: Keeper, grp: int, seal: Seal, problem: str) -> None:
    """Send a staged commit no more whose new home does not fit; nobody of us wishes for it any longer."""
    rows.retire_staged(tx, grp, hashlib.sha256(seal.blobs[-1]).digest())
    group = keeper.load(tx, grp)
    members = [member.signature_key for member in group.members()]
    for wish in rows.wishes(tx, grp):
        if wish.kind != "policy":
            continue
        try:
            after = apply_change(policy_of(group), PolicyChange.decode(wish.data), members, people_of(group.members()))
        except (FieldError, FormatError):
            continue
        if after.places != policy_of(group).places:
            rows.fail_wish(tx, wish.id, problem)


def stage_wishes(
    tx: Connection,
    keeper: Keeper,
    ledger: Ledger,
    grp: int,
    *,
    random: Random,
    now: int,
    tries: int,
    popup: bool = False,
) -> bool:
    """Stage one commit for all wishes of a group. The mailbox must have been read to its head.

    Args:
        tx: A transaction that writes.
        keeper: Of the vault.
        ledger: Of the vault.
        grp: The group.
        random: Source of randomness.
        now: Unix time, for the lifetimes of key packages.
        tries: How often a commit for these wishes was refused before.
        popup: Whether it is for a pop-up relay: there nothing is committed but what somebody asked for, since whoever
            commits at home meanwhile makes a fork of it.

    Returns:
        False when nothing waits.
    """
    if rows.live_staged(tx, grp) is not None:
        return True
    group = keeper.load(tx, grp)
    policy = policy_of(group)
    spoiled = (mailbox := rows.get_mailbox(tx, grp)) is not None and bool(mailbox.spoiled)
    if not popup and rotation_due(tx, grp, policy.rotation_days, now):
        rows.add_wish(tx, grp, "rotate", b"")
    wishes = gather(tx, ledger, grp, group, policy, now)

    def stage(wanted: Wanted) -> bool:
        if spoiled and not policy.is_admin(rows.get_group(tx, grp).identity):
            # In own mailboxes an admin's seal counts, and one that brings back an admin.
            back = wanted.returning
            if back is None or not (back.current and policy.is_admin(back.request.identity)):
                return False
        # Somebody has to begin the epoch in which all write into one mailbox again.
        wanted.rotate = wanted.rotate or spoiled
        if not wanted:
            return False
        _stage(tx, ledger, grp, group, policy, wanted, random=random, now=now, tries=tries)
        keeper.save(tx, grp, group)
        return True

    try:
        return stage(wishes)
    except (mls.MlsError, FormatError):
        # Nothing is ever sealed that we would ourselves call spoiled. What it was is found one by one: a wish that
        # cannot come about must not take the others with it.
        keeper.save(tx, grp, group)
    for wish in rows.wishes(tx, grp):
        try:
            if stage(gather(tx, ledger, grp, group, policy, now, only=wish.id)):
                return True
        except (mls.MlsError, FormatError) as error:
            rows.fail_wish(tx, wish.id, _reason(wish.kind, error))
            keeper.save(tx, grp, group)
    return False


def _reason(kind: str, error: Exception) -> str:
    if kind != "add":
        return IMPOSSIBLE
    return _FULL if isinstance(error, _TooLargeError) else NOT_GOOD


def _stage(
    tx: Connection,
    ledger: Ledger,
    grp: int,
    group: mls.Group,
    policy: Policy,
    wanted: Wanted,
    *,
    random: Random,
    now: int,
    tries: int,
) -> None:
    mailbox = rows.get_mailbox(tx, grp)
    if mailbox is None:
        raise FormatError("the group has no mailbox to commit in")
    leaves = {member.signature_key: member.leaf for member in group.members()}
    back = wanted.returning
    psks = {psk_id(approved.psk): approved.psk for approved in wanted.adds}
    add = [approved.key_package for approved in wanted.adds]
    remove = [leaves[identity] for identity in wanted.removals]
    if back is not None:
        psks[psk_id(back.psk)] = Secret(back.psk)
        add.append(back.request.package)
        remove.append(leaves[back.request.identity])
    cuts = [Cut(identity=gone, role="", last=ledger.last_without_gap(tx, grp, gone)) for gone in wanted.removals]
    # An admin who is removed leaves the list of admins in the same commit.
    people = people_of(group.members())
    new = people_of(mls.Member(0, approved.key_package.leaf_node) for approved in wanted.adds)
    own_persons = [new.claimed(approved.identity) == approved.identity for approved in wanted.adds]
    persons = persons_after(people, leaves, wanted.removals, own_persons)
    staying = people.without(wanted.removals)
    after = (wanted.policy or policy).without(wanted.removals, persons, staying)
    removes = bool(remove) and not (back is not None and back.current)
    derived = policy.without(wanted.removals, persons, staying)
    after = after.spending(policy, derived, epoch=group.epoch, removes=removes)
    cuts += [
        Cut(identity=identity, role=role, last=ledger.last_without_gap(tx, grp, identity))
        for identity, role in lost_roles(policy, after, leaves.keys() - set(wanted.removals))
    ]
    own = content_of(group.member(group.own_leaf), group.suite)
    keys = LeafKeys.generate(
        random,
        suite=group.suite,
        sealing_private=rows.leaf_secret(tx, grp, own.sealing_key),
        person=own.person,
        parent=own.parent,
        proof=own.proof,
        devices=[*(leaves.keys() - set(wanted.removals)).intersection(own.devices), *wanted.devices],
    )
    staged = group.commit(
        add=tuple(add),
        remove=tuple(remove),
        psks=tuple((mls.ExternalPsk(psk_id=name), secret) for name, secret in psks.items()),
        extensions=None if after == policy.changed() else _context_extensions(group, after.encode()),
        leaf_extensions=(mls.Extension(LEAF_EXTENSION, keys.content.encode()),),
        by_reference=False,
        path=True,
        authenticated_data=CommitData(
            psks=psks,
            cuts=tuple(cuts),
            approvals=tuple(wanted.approvals),
            returns=() if back is None else (back.request.raw,),
        ).encode(),
        random=random,
        now=now,
    )
    check_commit(group, staged, last_committer=rows.last_committer(tx, grp))
    if len(staged.message or b"") > _LARGEST or len(staged.welcome or b"") > _LARGEST:
        raise _TooLargeError("a commit or its Welcome is larger than a message may be")
    blobs = blobs_for(Kind.MESSAGE, staged.message or b"", mailbox.blob_key, random)
    insist = (bool(wanted.removals) and tries < _INSIST) or len(blobs) > 1
    rows.add_leaf_key(tx, grp, "append", keys.content.append_key, keys.append_seed)
    rows.add_leaf_key(tx, grp, "sealing", keys.content.sealing_key, keys.sealing_private)
    rows.set_staged(
        tx,
        rows.StagedRow(
            grp=grp,
            staged=staged.encode(),
            blobs=cbor.encode(blobs),
            hash=hashlib.sha256(blobs[-1]).digest(),
            expected=_head(tx, grp, group, mailbox) + len(blobs) if insist else None,
            welcome=staged.welcome,
            adds=cbor.encode([approved.wish for approved in wanted.adds]),
        ),
    )


def _head(tx: Connection, grp: int, group: mls.Group, mailbox: rows.MailboxRow) -> int:
    """Return up to which number the mailbox has been read in which we would seal."""
    if not mailbox.spoiled:
        return mailbox.number
    own = [row for row in own_boxes.to_read(tx, grp) if row.leaf == group.own_leaf]
    return own[-1].number if own else 0


def _say_again(tx: Connection, grp: int) -> None:
    """Queue what we said in an epoch where not everyone may have read it.

    In own mailboxes, in one that was lost, or at one of two relays.
    """
    mailbox = rows.get_mailbox(tx, grp)
    if mailbox is None or not (mailbox.spoiled or mailbox.lost == 1 or popups.get(tx, grp) is not None):
        return
    for name in event_rows.carried_by(tx, grp, mailbox.epoch, rows.get_group(tx, grp).identity):
        outbox.queue_event(tx, grp, name)


def _context_extensions(group: mls.Group, policy: bytes) -> tuple[mls.Extension, ...]:
    return tuple(
        mls.Extension(POLICY_EXTENSION, policy) if extension.extension_type == POLICY_EXTENSION else extension
        for extension in group.context_extensions
    )


def psks_of(wanted: mls.PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
    """Return the pre-shared key that a commit names, from its own authenticated data."""
    if not isinstance(wanted.psk, mls.ExternalPsk):
        return None
    try:
        return CommitData.decode(authenticated_data).psks.get(wanted.psk.psk_id)
    except FormatError:
        return None


def merge(
    tx: Connection,
    keeper: Keeper,
    ledger: Ledger,
    grp: int,
    staged: mls.StagedCommit,
    data: CommitData,
    *,
    own: rows.StagedRow | None,
    random: Random,
) -> list[str]:
    """Go over into the epoch that a commit makes. Returns sentences for the user.

    The keys of the epoch that ended are deleted with it, events that were not in wait for encryption again, and places
    in which somebody was cut off are folded anew.
    """
    group = keeper.load(tx, grp)
    author = group.member(staged.sender_leaf).signature_key
    by_us = staged.sender_leaf == group.own_leaf
    rejoined = {member.signature_key for member in staged.added} & {m.signature_key for m in staged.removed}
    joined = [member.signature_key for member in staged.added if member.signature_key not in rejoined]
    removed = [member.signature_key for member in staged.removed if member.signature_key not in rejoined]
    gone = [ledger.spoken(tx, grp, identity) for identity in removed]
    before, derived, ended = policy_of(group), derived_policy(group, staged), rows.get_mailbox(tx, grp)
    there = rows.get_group(tx, grp)
    _say_again(tx, grp)
    group.merge(staged)
    group.forget_past_epochs()
    keeper.save(tx, grp, group)
    record = record_of(group, data.cuts)
    ledger.add_epoch(tx, grp, record, author)
    rows.set_mailbox(tx, replace(mailbox_of(group, grp), entered=ledger.now))
    home = policy_of(group).home
    rows.keep_parts(tx, grp, ())
    outbox.start_epoch(tx, grp)
    own_boxes.drop(tx, grp)
    changed = [*staged.added, *(member for member in group.members() if member.signature_key == author)]
    note_sealing_keys(tx, grp, group, changed, removed)
    watch_leaves(tx, grp, group, changed, removed, now=ledger.now, random=random)
    moved = settle_at(tx, grp, home, left=before.home, now=ledger.now, random=random)
    rows.keep_append_keys(tx, grp, content_of(group.member(group.own_leaf), group.suite).append_key)
    for cut in data.cuts:
        ledger.refold_author(tx, grp, cut.identity)
    # Events can state an epoch before it is known here, when they came by another way.
    ledger.refold(tx, grp, event_rows.places_of_epoch(tx, grp, epoch_id(group)), anew=True)
    for identity in joined:
        # Who is a member now may have spoken in an epoch that is not known here.
        ledger.refold_author(tx, grp, identity)
    rows.drop_staged(tx, grp)
    if own is not None:
        for wish in cbor.decode(own.adds):
            host.answer(tx, wish, own.welcome or b"", random)
            # It has come about. Once the answer is sent the invite's secrets go, and a wish that still stood would look
            # like one for a request that is gone.
            rendezvous.drop_add_wish(tx, grp, wish)
        for request in data.returns:
            watching.answer(tx, grp, request, own.welcome or b"", group, random)
        if staged.added:
            queue_snapshot(tx, ledger, grp, group)
    for wish in rows.wishes(tx, grp):
        named = content_of(group.member(group.own_leaf), group.suite).devices
        if by_us and (wish.kind == "rotate" or (wish.kind == "confirm" and wish.data in named)):
            rows.drop_wish(tx, wish.id)
    lost = any(ADMIN in roles_of(before, one) for one in removed) or any(cut.role == ADMIN for cut in data.cuts)
    ended_invites = shared.after_commit(
        tx,
        ledger,
        grp,
        psks=data.psks,
        answered=cbor.decode(own.adds) if own is not None else (),
        lost=lost,
        moved=moved,
        own=own is not None,
        random=random,
    )
    note_commit(
        tx,
        ledger,
        there,
        Stood(
            epoch=group.epoch,
            author=author,
            joined=joined,
            removed=removed,
            rejoined=sorted(rejoined),
            before=before,
            after=policy_of(group),
            derived=derived,
            ended=ended,
            seal=None if own is None else own.hash,
            data=data,
        ),
    )
    # Names come last: one that is written from right to left then moves nothing else on the line.
    notices = [_MOVED.format(address=RelayAddress(home.url, home.id).format())] if moved else []
    notices += [f"removed from the group: {name}" for name in gone]
    notices += ["someone new joined the group" for _ in joined if not by_us]
    notices += ["you let someone new into the group" for _ in joined if by_us]
    notices += ended_invites
    if any(rule in NUMBERS for rule, _, _ in differences(before, derived)):
        notices.append(_NUMBERS)
    return notices
