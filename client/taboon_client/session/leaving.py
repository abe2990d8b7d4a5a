"""Leaving a group by oneself: our own signed word, which any commit can carry (docs/protocol.md, section 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board.register_kinds import REMOVE, Approve, Decline
from taboon_client.board.registers import ACTS
from taboon_client.errors import NotAllowedError
from taboon_client.group.approvals_held import approvals_held
from taboon_client.group.devices import people_of
from taboon_client.group.epoch import policy_of
from taboon_client.group.schedule import epochs_within
from taboon_client.session.pending import policy_here
from taboon_client.vault import groups as rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["leaves", "say_gone", "say_goodbye", "take_back"]

_DAYS: Final = 365
"""For how long it is good, about: whoever leaves may be far away when an admin's device next syncs."""
_STAYS: Final = "you have not said that you leave this group, so there is nothing to take back"
_LAST: Final = (
    "you are the last admin: without one the group can let nobody in or out. Make somebody else an admin first "
    "(“taboon admins GROUP --add MEMBER”), or all of you (“taboon admins GROUP --everyone”), and then leave"
)
_ALONE: Final = "nobody else is in this group: there is nothing to leave"


def say_goodbye(desk: Desk, tx: Connection, grp: int) -> None:
    """Say that we leave.

    Raises:
        NotAllowedError: We are the last admin, or alone.
        GroupStoppedError: The group does not go on here.
    """
    policy = policy_here(desk, tx, grp)
    group = desk.keeper.load(tx, grp)
    own = rows.get_group(tx, grp).identity
    people = people_of(group.members())
    members = [member.signature_key for member in group.members()]
    # With our first device go the others of ours.
    gone = [one for one in members if own in (one, people.claimed(one))]
    others = [one for one in members if one not in gone]
    if not others:
        raise NotAllowedError(_ALONE)
    if not any(map(policy.is_admin, others)):
        raise NotAllowedError(_LAST)
    say_gone(desk, tx, grp, gone)


def say_gone(desk: Desk, tx: Connection, grp: int, devices: Iterable[bytes]) -> None:
    """Say of devices of ours, by identity key, that they shall go: the commit that removes them carries it."""
    group = desk.keeper.load(tx, grp)
    epochs = epochs_within(_DAYS, len(group.members()), policy_of(group).rotation_days)
    for device in devices:
        said = Approve(act=REMOVE, target=device, first=group.epoch, last=group.epoch + epochs, created=desk.now)
        desk.ledger.make(tx, grp, said, ACTS, ())


def leaves(desk: Desk, tx: Connection, grp: int) -> tuple[bytes, ...]:
    """Return which devices of ours shall go by our own word, as identity keys, and are still there."""
    own = rows.get_group(tx, grp)
    if own.state != "active":
        return ()
    here = {member.signature_key for member in desk.keeper.load(tx, grp).members()}
    said = {held.said.target for held in approvals_held(tx, grp, (own.identity,)) if held.said.act == REMOVE}
    people = people_of(desk.keeper.load(tx, grp).members())
    return tuple(sorted(one for one in said & here if own.identity in (one, people.claimed(one))))


def take_back(desk: Desk, tx: Connection, grp: int) -> None:
    """Stay after all: no honest device carries our word any more. A commit that was on its way stands all the same.

    Raises:
        NotAllowedError: We have not said that we leave.
        GroupStoppedError: The group does not go on here.
    """
    policy_here(desk, tx, grp)
    devices = leaves(desk, tx, grp)
    if not devices:
        raise NotAllowedError(_STAYS)
    for device in devices:
        desk.ledger.make(tx, grp, Decline(act=REMOVE, target=device, created=desk.now), ACTS, ())
