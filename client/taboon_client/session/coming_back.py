"""Coming back: our own request after this device has lost the group, and the Welcome that answers it.

What stops a device for good here is being removed, and nothing else. Whatever else keeps it from going on, it asks for
another leaf in the mailbox of the one it has; the others' devices look there about once a day.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError, NotAllowedError
from taboon_client.group.commit_data import psk_id
from taboon_client.group.epoch import epoch_id, mailbox_of, policy_of, record_of
from taboon_client.group.home import settle_at
from taboon_client.group.leaf import LeafKeys, content_of, member_profile
from taboon_client.group.record import note_ages
from taboon_client.group.rejoining import (
    ReturnRequest,
    asking_mailbox,
    leaf_hash,
    read_gone,
    return_blob_key,
    return_psk,
)
from taboon_client.group.rules import check_member
from taboon_client.group.sealing_keys import note_sealing_keys
from taboon_client.group.settings import LIMITS
from taboon_client.group.watched import watch_leaves
from taboon_client.relay.address import RelayAddress
from taboon_client.session import redo
from taboon_client.session.watching import contents
from taboon_client.vault import coming_back as rows
from taboon_client.vault import ended, events, groups, other_sides, outbox
from taboon_client.vault import forks as fork_rows
from taboon_client.vault.coming_back import ComingBackRow
from taboon_crypto import mls
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.mailbox import MailboxKeys, RetentionClass, rendezvous_blob_key
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.group.keeper import Keeper
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["Asking", "ask", "asking", "go_on", "take_answer"]

_LIFETIME: Final = 85 * 86_400
"""Seconds for which the key package of a request is good. After them a new one is made."""
_DIGEST: Final = 32
_LISTEN: Final = 90 * 86_400
"""Seconds for which an admin who has gone on still looks whether others had gone on before."""
_FIRST_DAY: Final = date(1970, 1, 1)
_BACK = (
    "this device is back in the group, with new keys. If you have reason to doubt who let it in, ask one of the others "
    "over another channel whether they see you"
)
_GONE = (
    "another device of the group says that this one was removed from it, about {day}. If you doubt that, ask one of "
    "the others over another channel: should it not be so, this device goes on asking, and is brought back by itself"
)
_NOT_AWAY = (
    "this is for a group in which everyone was away for longer than the relay keeps mailboxes, so that nobody is left "
    "who could let this device in again. That is not how it stands here"
)
_NO_ADMIN = "only an admin goes on from what a device holds. Ask one to do so, then sync"


@dataclass(frozen=True, slots=True)
class Asking:
    """Where we ask, what we leave in each of these mailboxes, and where the answer is looked for."""

    relay: RelayAddress
    asking: tuple[tuple[MailboxKeys, tuple[bytes, ...]], ...]
    answering: tuple[MailboxKeys, ...]


def ask(tx: Connection, keeper: Keeper, grp: int, why: str, *, now: int, random: Random, away: bool = False) -> None:
    """Stop going on in the present epoch, and ask to come back. The requests name every leaf that may be ours.

    A commit of ours may stand though we have never heard of it: then its leaf is the one in the tree.
    """
    own, mailbox = groups.get_group(tx, grp), groups.get_mailbox(tx, grp)
    group = keeper.load(tx, grp)
    if mailbox is None:
        return
    signer = mls.SigningKey(own.identity_seed)
    here = group.member(group.own_leaf)
    leaves = (here, *_staged_leaves(tx, grp, group))
    said = content_of(here, group.suite)
    keys = LeafKeys.generate(
        random,
        suite=group.suite,
        sealing_private=groups.leaf_secret(tx, grp, said.sealing_key),
        person=said.person,
        parent=said.parent,
        proof=said.proof,
        devices=[one for leaf in leaves for one in content_of(leaf, group.suite).devices],
    )
    package, secrets = mls.KeyPackage.generate(
        group.suite, member_profile(signer, keys.content), now=now, lifetime=_LIFETIME, random=random
    )
    answer = random(32)
    named: dict[bytes, tuple[bytes, bytes | None]] = {}
    for member in leaves:
        leaf = content_of(member, group.suite)
        named[leaf_hash(member)] = bytes(leaf.rejoin_secret), groups.leaf_secret(tx, grp, leaf.append_key)
    other = other_sides.standing(tx, grp)
    parted = None if other is None else ended.get(tx, grp, other.epoch)
    if parted is not None and parted.leaf is not None:
        # Another history stands: its tree has the leaf that we had where the two parted.
        named[parted.leaf[:_DIGEST]] = parted.leaf[_DIGEST:], parted.own_append
    asked = []
    for name, (secret, append_seed) in named.items():
        if append_seed is None:
            continue
        request = ReturnRequest.make(own.group_id, package.encode(), name, answer, signer)
        blob_key = return_blob_key(secret)
        blobs = [seal_blob(blob_key, one, random) for one in split(Kind.RETURN, request.raw, random)]
        asked.append([secret, append_seed, mailbox.retention, blobs])
    rows.set_coming(
        tx,
        ComingBackRow(
            grp=grp,
            why=why,
            made=now,
            key_package=package.encode(),
            secrets=cbor.encode([secrets.encode(), bytes(keys.append_seed), bytes(keys.sealing_private)]),
            asking=cbor.encode(asked),
            answering=answer,
            away=int(away),
            epoch=mailbox.epoch if parted is None else parted.epoch,
        ),
    )


def _staged_leaves(tx: Connection, grp: int, group: mls.Group) -> list[mls.Member]:
    found = []
    for staged in groups.all_staged(tx, grp):
        members = group.load_staged(staged.staged).members()
        found += [member for member in members if member.leaf == group.own_leaf]
    return found


def asking(desk: Desk, grp: int) -> Asking | None:
    """Return where we ask to come back, None if we do not. A request that has grown old is made anew."""

    def act(tx: Connection) -> Asking | None:
        own = groups.get_group(tx, grp)
        row = rows.get_coming(tx, grp)
        if own.state == "removed" or (own.state == "active" and (row is None or row.resumed is None)):
            return None
        if row is not None and row.resumed is not None and desk.now - row.resumed > _LISTEN:
            rows.drop_coming(tx, grp)
            return None
        if row is None or (row.resumed is None and desk.now - row.made > _LIFETIME):
            if not own.identity_seed or groups.get_mailbox(tx, grp) is None:
                return None
            why, away = own.problem or "", row is not None and bool(row.away)
            ask(tx, desk.keeper, grp, why, now=desk.now, random=desk.random, away=away)
            row = rows.get_coming(tx, grp)
        if row is None:
            return None
        asked = cbor.decode(row.asking)
        return Asking(
            RelayAddress(own.relay_url, own.relay_id),
            ()
            if row.resumed is not None
            else tuple(
                (asking_mailbox(secret, seed, retention), tuple(blobs)) for secret, seed, retention, blobs in asked
            ),
            tuple(
                MailboxKeys.of_rendezvous(row.answering, RetentionClass(retention))
                for retention in {retention for _, _, retention, _ in asked}
            ),
        )

    return desk.keeper.write(act)


def take_answer(desk: Desk, grp: int, blobs: Sequence[bytes]) -> list[str]:
    """Take the Welcome that brings us back, or the word that we were removed. Returns sentences for the user.

    Anybody who was ever given our rejoin secret can say that word: so it is told, and we go on asking.
    """

    def act(tx: Connection) -> list[str]:
        row = rows.get_coming(tx, grp)
        own = groups.get_group(tx, grp)
        if row is None or own.state == "removed" or (own.state == "active" and row.resumed is None):
            return []
        gone: int | None = None
        for whole in contents(rendezvous_blob_key(row.answering), blobs):
            if gone is None and whole.kind is Kind.GONE:
                with suppress(FormatError):
                    gone = read_gone(whole.body)
            if whole.kind is not Kind.WELCOME:
                continue
            try:
                group = _join(own, row, whole.body)
            except (mls.MlsError, FormatError):
                # Whoever was ever given our rejoin secret can leave something here.
                continue
            _enter(tx, desk, own, row, group)
            members = {member.signature_key for member in group.members()}
            return [_BACK, *redo.now_again(tx, grp, policy_of(group), members, desk.now)]
        problem = None if gone is None else _GONE.format(day=_FIRST_DAY + timedelta(days=gone))
        if problem is None or own.state == "active" or own.problem == problem:
            return []
        groups.set_state(tx, grp, own.state, problem)
        return [problem]

    return desk.keeper.write(act)


def go_on(desk: Desk, tx: Connection, grp: int) -> None:
    """Go on from what this device holds, after everyone was away for longer than the relay keeps mailboxes.

    Raises:
        NotAllowedError: That is not why the group does not go on here, or we are no admin.
    """
    own, row = groups.get_group(tx, grp), rows.get_coming(tx, grp)
    if own.state == "active" or row is None or not row.away:
        raise NotAllowedError(_NOT_AWAY)
    if not policy_of(desk.keeper.load(tx, grp)).is_admin(own.identity):
        raise NotAllowedError(_NO_ADMIN)
    groups.set_state(tx, grp, "active", None)
    groups.set_synced(tx, grp, desk.now)
    groups.add_wish(tx, grp, "rotate", b"")
    rows.set_resumed(tx, grp, desk.now)


def _join(own: groups.GroupRow, row: ComingBackRow, welcome: bytes) -> mls.Group:
    secrets, _, _ = cbor.decode(row.secrets)
    psks = {psk_id(psk): psk for secret, *_ in cbor.decode(row.asking) if (psk := return_psk(secret))}

    def find(wanted: mls.PreSharedKeyID, _: bytes) -> bytes | None:
        return psks.get(wanted.psk.psk_id) if isinstance(wanted.psk, mls.ExternalPsk) else None

    group = mls.Group.join(
        welcome,
        mls.KeyPackage.decode(row.key_package),
        mls.KeyPackageSecrets.decode(secrets),
        psks=find,
        now=None,
        signed_generations=True,
        limits=LIMITS,
    )
    if group.group_id != own.group_id or group.welcomed_by is None:
        raise FormatError("a Welcome leads into another group than the one we were in")
    if group.epoch <= row.epoch:
        raise FormatError("a Welcome leads into an epoch that is not after the one we were in")
    policy_of(group)
    for member in group.members():
        check_member(member, group.suite)
    return group


def _enter(tx: Connection, desk: Desk, own: groups.GroupRow, row: ComingBackRow, group: mls.Group) -> None:
    _, append_seed, sealing_private = cbor.decode(row.secrets)
    member = group.member(group.own_leaf)
    leaf = check_member(member, group.suite)
    adder = group.member(group.welcomed_by or 0).signature_key
    last = groups.last_epoch(tx, own.id)
    said = [name for epoch in range(row.epoch, last + 1) for name in events.carried_by(tx, own.id, epoch, own.identity)]
    # Where we had gone on by ourselves, or on a side of a fork, others had gone on before: theirs is the group.
    fork_rows.end_chain(tx, own.id, row.epoch, carried=None)
    other_sides.drop_from(tx, own.id, row.epoch)
    rows.enter_again(tx, own.id, added_by=adder, joined=group.epoch)
    groups.add_leaf_key(tx, own.id, "append", leaf.append_key, Secret(append_seed))
    groups.add_leaf_key(tx, own.id, "sealing", leaf.sealing_key, Secret(sealing_private))
    groups.keep_append_keys(tx, own.id, leaf.append_key)
    desk.keeper.forget(own.id)
    desk.keeper.save(tx, own.id, group)
    desk.ledger.add_epoch(tx, own.id, record_of(group), adder)
    groups.set_mailbox(tx, mailbox_of(group, own.id))
    settle_at(tx, own.id, policy_of(group).home, left=None, now=desk.now, random=desk.random)
    outbox.start_epoch(tx, own.id)
    outbox.drop_payloads(tx, own.id)
    members = group.members()
    note_sealing_keys(tx, own.id, group)
    # Older leaves of the others are looked at as before: whoever joined since knows nothing of them.
    rows.forget_others(tx, own.id, [one.signature_key for one in members])
    watch_leaves(tx, own.id, group, members, (), now=desk.now, random=desk.random)
    note_ages(tx, own.id, [one.signature_key for one in members], group.epoch, None)
    note_ages(tx, own.id, [own.identity, adder], group.epoch, desk.now)
    for name in said:
        # Nobody else may have read what we said last.
        outbox.queue_event(tx, own.id, name)
    desk.ledger.refold(tx, own.id, events.places_of_epoch(tx, own.id, epoch_id(group)), anew=True)
    rows.drop_coming(tx, own.id)
