"""How a group's keys stand: ages, who has followed, removals, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board import ADMIN
from taboon_client.group.marks import can_decide, marks_of
from taboon_client.values import Deed, Following, GroupKeys, Health, MemberKeys, Removal, RemovalState
from taboon_client.vault import groups
from taboon_client.vault import members as rows
from taboon_crypto.mailbox import RetentionClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.board import EpochRecord, History
    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection

__all__ = ["confirm_removals", "deeds", "group_keys"]

_DAY: Final = 86_400
_HOUR: Final = 3_600
_STALE: Final = 2
"""A key older than so many of the policy's intervals is old."""
_SILENCE: Final = 3 * _DAY
"""Seconds after which it is told that less than half of the others were heard of. A group whose keys are made anew less
often than that may be as quiet for as long as the interval."""
_SOON: Final = 4
"""It is told of a member when less than one in so many parts is left of the time that the relay keeps mailboxes."""


def group_keys(tx: Connection, ledger: Ledger, grp: int, policy: Policy) -> GroupKeys:
    """Return how a group's keys stand.

    Args:
        tx: A transaction.
        ledger: Of the vault.
        grp: The group.
        policy: In force.
    """
    record = ledger.history(tx, grp).last
    if record is None:
        return GroupKeys(0, Health.GOOD, (), (), (), policy.rotation_days, silent=False)
    history = ledger.history(tx, grp)
    members = _members(tx, ledger, grp, policy, record)
    removals = _removals(tx, grp, history, record, members)
    silent = _is_silent(tx, ledger, grp, policy, history, members)
    worst, advice = _advice(ledger, record, members, removals, silent=silent)
    return GroupKeys(record.number, worst, advice, members, removals, policy.rotation_days, silent)


def _members(tx: Connection, ledger: Ledger, grp: int, policy: Policy, record: EpochRecord) -> tuple[MemberKeys, ...]:
    own = groups.get_group(tx, grp).identity
    leaves, seen, marks = rows.leaves(tx, grp), rows.seen(tx, grp), marks_of(tx, grp)
    kept = _kept(policy)
    here, history = rows.here_since(tx, grp), ledger.history(tx, grp)
    found = []
    for identity in record.members:
        leaf = leaves.get(identity)
        age = None if leaf is None or leaf.since is None else max(0, ledger.now - leaf.since)
        number, at = (record.number, ledger.now) if identity == own else seen.get(identity, (0, 0))
        if number >= record.number:
            following = Following.CURRENT
        elif not number:
            following = Following.UNSEEN
        else:
            following = Following.AWAY if ledger.now - at > kept else Following.BEHIND
        since = at or (age is not None and ledger.now - age) or here
        lost_at = None if following is Following.CURRENT or not since else since + kept
        suspended = marks.suspended(identity)
        found.append(
            MemberKeys(
                identity=identity,
                age=age,
                old=age is not None and age > _STALE * policy.rotation_days * _DAY,
                seen=number,
                seen_at=at,
                following=following,
                checked=None if leaf is None else leaf.checked,
                vouched=tuple(sorted(marks.vouches.get(identity, ()))),
                risks=tuple(sorted(marks.risks.get(identity, {}).items())),
                suspended=suspended,
                undecided=suspended and not can_decide(marks, history, identity),
                lost_at=lost_at,
                soon_lost=lost_at is not None and 0 <= lost_at - ledger.now < kept // _SOON,
            )
        )
    return tuple(found)


def _kept(policy: Policy) -> int:
    return RetentionClass(policy.retention).days * _DAY


def _is_silent(
    tx: Connection, ledger: Ledger, grp: int, policy: Policy, history: History, members: Sequence[MemberKeys]
) -> bool:
    """Tell whether less than half of the others were heard of lately: who is shown another history only sees that.

    It says nothing while this device has not been here for as long, or has itself not asked the relay.
    """
    own, here = groups.get_group(tx, grp), rows.here_since(tx, grp)
    since = ledger.now - max(_SILENCE, policy.rotation_days * _DAY)
    if here is None or here > since or (own.synced or 0) <= since:
        return False
    us = history.person(own.identity)
    others = {history.person(one.identity) for one in members} - {None, us}
    heard = {history.person(one.identity) for one in members if one.seen_at > since} - {None, us}
    return 2 * len(heard) < len(others)


def _removals(
    tx: Connection, grp: int, history: History, record: EpochRecord, members: Sequence[MemberKeys]
) -> tuple[Removal, ...]:
    found = []
    # Several devices of somebody are one who was seen; a device that nobody says is theirs is nobody.
    person = {identity: history.person(identity) for identity in record.members}
    for row in rows.removals(tx, grp):
        # Whoever removed was there. Only the others show that the relay has not kept it from them.
        author = rows.author_of(tx, grp, row.epoch)
        nobody = {None, None if author is None else history.person(author)}
        persons = len(set(person.values()) - nobody)
        there = len({person[member.identity] for member in members if member.seen >= row.epoch} - nobody)
        confirmed = row.confirmed or 2 * there >= persons
        state = RemovalState.CONFIRMED if confirmed else RemovalState.MADE
        if row.mailbox is not None:
            state = RemovalState.PENDING
        found.append(Removal(row.epoch, tuple(cbor.decode(row.members)), row.at, state, there, persons))
    return tuple(found)


def _advice(
    ledger: Ledger,
    record: EpochRecord,
    members: Sequence[MemberKeys],
    removals: Sequence[Removal],
    *,
    silent: bool,
) -> tuple[Health, tuple[str, ...]]:
    act, look = [], []
    if count := sum(member.suspended and not member.undecided for member in members):
        act.append(f"suspended: {count}. An admin decides: “taboon remove”, or “taboon risk --lift”")
    if count := sum(member.undecided for member in members):
        act.append(
            f"suspended, with no other admin left who could decide about it: {count}. If a device is in other hands, "
            "name other admins and remove it: “taboon recover”. If it is not, go on: it gets no details, and stays in "
            "the group"
        )
    if any(one.state is RemovalState.PENDING and ledger.now - one.at > _HOUR for one in removals):
        act.append(
            "a removal could not be read back at the relay: it may be hiding it. Sync again; then tell the others over "
            "another channel"
        )
    if any(one.state is RemovalState.MADE and ledger.now - one.at > 2 * _DAY for one in removals):
        look.append("less than half of the others were seen since a removal: ask them to sync")
    if silent:
        look.append(
            "less than half of the others were heard of for days. It may be quiet, or the relay may show you another "
            "group than them: compare the code of the epoch by another way, “taboon code”. If it differs, give each "
            "other “taboon evidence”"
        )
    if count := sum(bool(member.risks) and not member.suspended for member in members):
        look.append(f"said to be at risk by one member: {count}. A second one suspends (“taboon risk”)")
    if count := sum(member.following is Following.AWAY for member in members):
        look.append(
            f"away for longer than the relay keeps messages: {count}. They ask to come back by themselves; if they are "
            "gone for good, remove them"
        )
    if count := sum(member.soon_lost for member in members):
        look.append(
            f"not seen for so long that the relay will soon not have what they have not read: {count}. Ask them to "
            "sync before that. If they do later, nothing of theirs is lost, and they ask to come back by themselves"
        )
    if count := sum(member.old for member in members):
        look.append(f"keys much older than the rules want: {count}. They are made anew when these devices sync")
    admins = sum(ADMIN in roles for roles in record.members.values())
    if admins == 1 and len(record.members) > 2:
        look.append("there is only one admin. “taboon admins GROUP --add MEMBER” makes another")
    return (Health.ACT if act else Health.LOOK if look else Health.GOOD), (*act, *look)


def _leaving_soon(ledger: Ledger, policy: Policy, members: Sequence[MemberKeys]) -> int:
    """Return how many have not followed whom the relay soon cannot give any more what they have not read."""
    soon = ledger.now + _kept(policy) // _SOON
    return sum(
        one.lost_at is not None and one.lost_at < soon and one.following is not Following.AWAY for one in members
    )


def confirm_removals(tx: Connection, ledger: Ledger, grp: int, policy: Policy) -> list[str]:
    """Note which removals are confirmed now. Returns sentences to tell."""
    waiting = {row.epoch for row in rows.removals(tx, grp) if not row.confirmed}
    if not waiting:
        return []
    told = []
    for removal in group_keys(tx, ledger, grp, policy).removals:
        if removal.epoch in waiting and removal.state is RemovalState.CONFIRMED:
            rows.confirm_removal(tx, grp, removal.epoch)
            told.append("a removal is confirmed: half of the others were seen since")
    return told


def deeds(tx: Connection, grp: int) -> list[Deed]:
    """Return what admins did, as this device saw it, oldest first."""
    return [
        Deed(
            epoch=row.epoch,
            at=row.at,
            author=row.author,
            kind=row.kind,
            members=tuple(cbor.decode(row.members)),
            changes=tuple((rule, before, after) for rule, before, after in cbor.decode(row.changes)),
            agreed=tuple(cbor.decode(row.agreed)),
        )
        for row in rows.deeds(tx, grp)
    ]
