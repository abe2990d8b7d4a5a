"""Leaving a group by oneself: our own signed word, which any commit can carry (docs/protocol.md, section 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board.register_kinds import REMOVE, Approve
from taboon_client.board.registers import ACTS
from taboon_client.errors import NotAllowedError
from taboon_client.group.devices import people_of
from taboon_client.session.pending import policy_here
from taboon_client.vault import groups as rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["say_gone", "say_goodbye"]

_EPOCHS: Final = 10_000
"""For how many epochs it is good: whoever leaves may be far away when an admin's device next syncs."""
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
    epoch = desk.keeper.load(tx, grp).epoch
    for device in devices:
        said = Approve(act=REMOVE, target=device, first=epoch, last=epoch + _EPOCHS, created=desk.now)
        desk.ledger.make(tx, grp, said, ACTS, ())
