"""Invites of the whole group on an admin's device: taken up from the register, ended, sealed to who is new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import BadLinkError
from taboon_client.group.commit_data import psk_id
from taboon_client.group.devices import people_of
from taboon_client.group.epoch import policy_of
from taboon_client.group.marks import marks_of
from taboon_client.group.sealed_invites import end_shared, open_shared, seal_to_new_admins, shared_invites
from taboon_client.joining import host
from taboon_client.joining.link import InvitePayload
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import board, groups
from taboon_client.vault import rendezvous as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from taboon_client.board.invites import Shared
    from taboon_client.group.desk import Desk
    from taboon_client.group.devices import People
    from taboon_client.group.ledger import Ledger
    from taboon_client.group.policy import Policy
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["after_commit", "may_invite", "may_link", "refresh"]

USED: Final = "used"
"""Why an invite is over that somebody came in by."""
_SERVED: Final = "invites-served"
_MOVED: Final = "the group has moved to another relay, so all open invites were ended. Make new ones"
_LOST: Final = "an admin is one no longer, so all open invites were ended. Make new ones"


def may_invite(tx: Connection, grp: int, policy: Policy, identity: bytes, members: Collection[bytes]) -> bool:
    """Tell whether a member's invites let anybody in."""
    allowed = identity in members and (policy.members_invite or policy.is_admin(identity))
    return allowed and not marks_of(tx, grp).suspended(identity)


def may_link(people: People, identity: bytes, person: bytes) -> bool:
    """Tell whether a member's invites let in further devices of a person: one of theirs, the first being gone.

    For who has a first device an admin makes them where the rules let admins alone invite, and that device confirms.
    """
    return identity in people.heirs(person)


def refresh(desk: Desk, grp: int) -> None:
    """Take up what other admins have shared, end what is over, seal ours to who is new among the admins."""

    def looks(tx: Connection) -> bool:
        if groups.get_group(tx, grp).state != "active":
            return False
        return bool(shared_invites(tx, grp)) or bool(rows.invite_digests(tx, grp))

    if desk.keeper.read(looks):
        desk.keeper.write(lambda tx: _refresh(desk, tx, grp))


def _refresh(desk: Desk, tx: Connection, grp: int) -> None:
    group = desk.keeper.load(tx, grp)
    policy = policy_of(group)
    members = frozenset(member.signature_key for member in group.members())
    people = people_of(group.members())
    own = groups.get_group(tx, grp).identity
    admin = policy.is_admin(own)
    known = rows.invite_digests(tx, grp)
    standing: list[Shared] = []
    for one in shared_invites(tx, grp):
        if one.expires + host.GRACE * 60 < desk.now:
            if one.invite in known:
                rows.drop_invites(tx, [known[one.invite]])
        elif one.ended:
            if one.invite in known:
                if one.ended == USED:
                    rows.close_open_invite(tx, known[one.invite], "answered")
                else:
                    host.end_invite(tx, known[one.invite], desk.random)
        elif admin and not (
            may_invite(tx, grp, policy, one.maker, members) or may_link(people, one.maker, people.claimed(one.maker))
        ):
            if one.invite in known:
                host.end_invite(tx, known[one.invite], desk.random)
            end_shared(tx, desk.ledger, grp, one.event, "role")
        else:
            standing.append(one)
    if not admin:
        return
    _take_up(
        tx,
        grp,
        [one for one in standing if one.invite not in known],
        lambda maker, person: (
            may_invite(tx, grp, policy, maker, members) or bool(person and may_link(people, maker, person))
        ),
    )
    names = [one.event for one in standing]
    admins = sorted(filter(policy.is_admin, members))
    now = cbor.encode([names, admins, sorted(marks_of(tx, grp).all_suspended)])
    if names and board.register(tx, grp, _SERVED) != now:
        seal_to_new_admins(tx, desk.ledger, grp, names)
        board.set_register(tx, grp, _SERVED, now)


def _take_up(tx: Connection, grp: int, fresh: list[Shared], may: Callable[[bytes, bytes], bool]) -> None:
    opened = open_shared(tx, grp, [one.event for one in fresh])
    for one in fresh:
        raw, seed = opened.get(one.event, (b"", b""))
        try:
            payload = InvitePayload.decode(raw)
        except BadLinkError:
            continue
        if payload.digest != one.invite or payload.expires != one.expires // 60:
            continue
        if not may(one.maker, payload.person):
            continue
        start = Cursor.start(payload.mailbox.mailbox_id)
        rows.add_invite(
            tx,
            grp,
            digest=one.invite,
            payload=raw,
            invite_seed=seed,
            head=start.head,
            maker=one.maker,
            event=one.event,
        )


def after_commit(
    tx: Connection,
    ledger: Ledger,
    grp: int,
    *,
    psks: Mapping[bytes, bytes],
    answered: Collection[bytes],
    lost: bool,
    moved: bool,
    own: bool,
    random: Random,
) -> list[str]:
    """Close the invites that a commit has used, and end all of them if it took the role from an admin or moved home.

    Args:
        tx: A transaction that writes.
        ledger: Of the vault.
        grp: The group.
        psks: Pre-shared keys of the commit, by id.
        answered: Wishes that were answered by us: their invites wait for the relay.
        own: Whether it is ours.
        lost: Whether somebody who knows the open invites is an admin no longer.
        moved: Whether the group has its home at another place now.
        random: Source of randomness.

    Returns:
        Sentences for the user.
    """
    ended = False
    for row in rows.invites(tx, grp):
        payload = InvitePayload.decode(row.payload)
        used = psk_id(payload.psk) in psks
        if used and row.event is not None and own:
            end_shared(tx, ledger, grp, row.event, USED)
        if used and row.request is not None and host.wish_data(row) in answered:
            continue
        if used:
            if row.request is not None:
                rows.drop_add_wish(tx, grp, host.wish_data(row))
            rows.close_invites(tx, [row.id], "answered")
        elif (lost or moved) and row.state in ("open", "requested"):
            host.end_invite(tx, row.id, random)
            if row.event is not None:
                end_shared(tx, ledger, grp, row.event, "role" if lost else "moved")
            ended = True
    return [_LOST if lost else _MOVED] if ended else []
