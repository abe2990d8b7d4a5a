"""Our commits: from wishes to a staged commit, and what follows when any commit stands.

A wish stays in the vault until a commit has brought it about, so a race that was lost or a crash loses none. The staged
commit is saved with its blobs before the seal is sent; after a crash the same bytes are sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import Cut
from taboon_client.errors import FormatError
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.epoch import epoch_id, mailbox_of, policy_of, record_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent, LeafKeys
from taboon_client.group.outbox import blobs_for
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.joining import host
from taboon_client.vault import groups as rows
from taboon_client.vault import outbox
from taboon_crypto import mls
from taboon_crypto.blob import Kind

if TYPE_CHECKING:
    from taboon_client.group.keeper import Keeper
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["Seal", "merge", "psks_of", "stage_wishes", "staged_seal"]

_INSIST = 3
"""How many seals of a removal are bound to an expected number, before a flood may no longer keep it out."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A staged commit to be sent: the blobs that carry it, the last one as the seal."""

    blobs: tuple[bytes, ...]
    expected: int | None


def staged_seal(tx: Connection, grp: int) -> Seal | None:
    """Return the staged commit that waits for its seal."""
    row = rows.get_staged(tx, grp)
    return None if row is None else Seal(tuple(cbor.decode(row.blobs)), row.expected)


def stage_wishes(
    tx: Connection, keeper: Keeper, ledger: Ledger, grp: int, *, random: Random, now: int, tries: int
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

    Returns:
        False when nothing waits; wishes that have come about or cannot any more are dropped.
    """
    if rows.get_staged(tx, grp) is not None:
        return True
    group = keeper.load(tx, grp)
    policy = policy_of(group)
    own = rows.get_group(tx, grp)
    leaves = {member.signature_key: member.leaf for member in group.members()}
    adds: list[host.Approved] = []
    removals: list[bytes] = []
    rotate = False
    for wish in rows.wishes(tx, grp):
        if wish.kind == "rotate":
            # Two commits in a row by one member who is no admin would be spoiled: it waits for somebody else's.
            rotate = own.identity in policy.admins or rows.last_committer(tx, grp) != own.identity
        elif own.identity not in policy.admins:
            rows.drop_wish(tx, wish.id)
        elif wish.kind == "remove":
            if wish.data in leaves and wish.data != own.identity:
                removals.append(wish.data)
            else:
                rows.drop_wish(tx, wish.id)
        else:
            approved = host.approved(tx, int.from_bytes(wish.data, "big"), now=now)
            if approved is None or approved.identity in leaves:
                rows.drop_wish(tx, wish.id)
            else:
                adds.append(approved)
    if not (adds or removals or rotate):
        return False
    psks = {psk_id(approved.psk): approved.psk for approved in adds}
    cuts = [Cut(identity=identity, role="", last=ledger.last_without_gap(tx, grp, identity)) for identity in removals]
    # An admin who is removed leaves the list of admins in the same commit.
    after = policy.without_admins(removals)
    old_leaf = LeafContent.decode(mls.find_extension(group.member(group.own_leaf).extensions, LEAF_EXTENSION))
    keys = LeafKeys.generate(random, rows.leaf_secret(tx, grp, old_leaf.sealing_key))
    staged = group.commit(
        add=tuple(approved.key_package for approved in adds),
        remove=tuple(leaves[identity] for identity in removals),
        psks=tuple((mls.ExternalPsk(psk_id=name), secret) for name, secret in psks.items()),
        extensions=None if after == policy else _context_extensions(group, after.encode()),
        leaf_extensions=(mls.Extension(LEAF_EXTENSION, keys.content.encode()),),
        by_reference=False,
        path=True,
        authenticated_data=CommitData(psks=psks, cuts=tuple(cuts)).encode(),
        random=random,
        now=now,
    )
    mailbox = rows.get_mailbox(tx, grp)
    if mailbox is None or staged.message is None:
        raise FormatError("the group has no mailbox to commit in")
    blobs = blobs_for(Kind.MESSAGE, staged.message, mailbox.blob_key, random)
    rows.add_leaf_key(tx, grp, "append", keys.content.append_key, keys.append_seed)
    rows.add_leaf_key(tx, grp, "sealing", keys.content.sealing_key, keys.sealing_private)
    rows.set_staged(
        tx,
        rows.StagedRow(
            grp=grp,
            staged=staged.encode(),
            blobs=cbor.encode(blobs),
            hash=hashlib.sha256(blobs[-1]).digest(),
            expected=mailbox.number + len(blobs) if removals and tries < _INSIST else None,
            welcome=staged.welcome,
            adds=cbor.encode([approved.invite for approved in adds]),
        ),
    )
    keeper.save(tx, grp, group)
    return True


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
    random: Random,
) -> list[str]:
    """Go over into the epoch that a commit makes. Returns sentences for the user.

    The keys of the epoch that ended are deleted with it, events that were not in wait for encryption again, and places
    in which somebody was cut off are folded anew.
    """
    own = rows.get_staged(tx, grp)
    group = keeper.load(tx, grp)
    author = group.member(staged.sender_leaf).signature_key
    by_us = staged.sender_leaf == group.own_leaf
    rejoined = {member.signature_key for member in staged.added} & {m.signature_key for m in staged.removed}
    joined = [member.signature_key for member in staged.added if member.signature_key not in rejoined]
    removed = [member.signature_key for member in staged.removed if member.signature_key not in rejoined]
    gone = [ledger.spoken(tx, grp, identity) for identity in removed]
    group.merge(staged)
    group.forget_past_epochs()
    keeper.save(tx, grp, group)
    record = record_of(group, data.cuts)
    rows.add_epoch(tx, grp, group.epoch, epoch_id(group), cbor.encode(record.to_value()), author)
    rows.set_mailbox(tx, mailbox_of(group, grp))
    rows.keep_parts(tx, grp, ())
    outbox.start_epoch(tx, grp)
    leaf = LeafContent.decode(mls.find_extension(group.member(group.own_leaf).extensions, LEAF_EXTENSION))
    rows.keep_append_keys(tx, grp, leaf.append_key)
    for cut in data.cuts:
        ledger.refold_author(tx, grp, cut.identity)
    if own is not None:
        rows.drop_staged(tx, grp)
    if by_us and own is not None:
        invites = cbor.decode(own.adds)
        for invite in invites:
            host.answer(tx, int(invite), own.welcome or b"", random)
        if invites:
            ledger.queue_snapshot(tx, grp, group)
    for wish in rows.wishes(tx, grp):
        if wish.kind == "rotate" and by_us:
            rows.drop_wish(tx, wish.id)
    notices = [f"{name} was removed from the group" for name in gone]
    notices += ["someone new joined the group" for _ in joined if not by_us]
    notices += ["you let someone new into the group" for _ in joined if by_us]
    return notices
