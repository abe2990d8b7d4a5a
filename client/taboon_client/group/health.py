"""How a group's keys stand: ages, who has followed, removals, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board import ADMIN
from taboon_client.group.marks import marks_of
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
        return GroupKeys(0, Health.GOOD, (), (), (), policy.rotation_days)
    members = _members(tx, ledger, grp, policy, record)
    removals = _removals(tx, grp, ledger.history(tx, grp), record, members)
    worst, advice = _advice(ledger, record, members, removals)
    return GroupKeys(record.number, worst, advice, members, removals, policy.rotation_days)


def _members(tx: Connection, ledger: Ledger, grp: int, policy: Policy, record: EpochRecord) -> tuple[MemberKeys, ...]:
    own = groups.get_group(tx, grp).identity
    leaves, seen, marks = rows.leaves(tx, grp), rows.seen(tx, grp), marks_of(tx, grp)
    kept = RetentionClass(policy.retention).days * _DAY
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
                suspended=marks.suspended(identity),
            )
        )
    return tuple(found)


def _removals(
    tx: Connection, grp: int, history: History, record: EpochRecord, members: Sequence[MemberKeys]
) -> tuple[Removal, ...]:
    found = []
    # Several devices of somebody are one who was seen; a device that nobody says is theirs is nobody.
    person = {identity: history.person(identity) for identity in record.members}
    persons = len(set(person.values()) - {None})
    for row in rows.removals(tx, grp):
        there = len({person[member.identity] for member in members if member.seen >= row.epoch} - {None})
        confirmed = row.confirmed or 2 * there >= persons
        state = RemovalState.CONFIRMED if confirmed else RemovalState.MADE
        if row.mailbox is not None:
            state = RemovalState.PENDING
        found.append(Removal(row.epoch, tuple(cbor.decode(row.members)), row.at, state, there, persons))
    return tuple(found)


def _advice(
    ledger: Ledger, record: EpochRecord, members: Sequence[MemberKeys], removals: Sequence[Removal]
) -> tuple[Health, tuple[str, ...]]:
    act, look = [], []
    if count := sum(member.suspended for member in members):
        act.append(f"suspended: {count}. An admin decides: “taboon remove”, or “taboon risk --lift”")
    if any(one.state is RemovalState.PENDING and ledger.now - one.at > _HOUR for one in removals):
        act.append(
            "a removal could not be read back at the relay: it may be hiding it. Sync again; then tell the others over "
            "another channel"
        )
    if any(one.state is RemovalState.MADE and ledger.now - one.at > 2 * _DAY for one in removals):
        look.append("less than half of the members were seen since a removal: ask them to sync")
    if count := sum(bool(member.risks) and not member.suspended for member in members):
        look.append(f"said to be at risk by one member: {count}. A second one suspends (“taboon risk”)")
    if count := sum(member.following is Following.AWAY for member in members):
        look.append(
            f"away for longer than the relay keeps messages: {count}. They ask to come back by themselves; if they are "
            "gone for good, remove them"
        )
    if count := sum(member.old for member in members):
        look.append(f"keys much older than the rules want: {count}. They are made anew when these devices sync")
    admins = sum(ADMIN in roles for roles in record.members.values())
    if admins == 1 and len(record.members) > 2:
        look.append("there is only one admin. “taboon admins GROUP --add MEMBER” makes another")
    return (Health.ACT if act else Health.LOOK if look else Health.GOOD), (*act, *look)


def confirm_removals(tx: Connection, ledger: Ledger, grp: int, policy: Policy) -> list[str]:
    """Note which removals are confirmed now. Returns sentences to tell."""
    waiting = {row.epoch for row in rows.removals(tx, grp) if not row.confirmed}
    if not waiting:
        return []
    told = []
    for removal in group_keys(tx, ledger, grp, policy).removals:
        if removal.epoch in waiting and removal.state is RemovalState.CONFIRMED:
            rows.confirm_removal(tx, grp, removal.epoch)
            told.append("a removal is confirmed: half of the members were seen since")
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
