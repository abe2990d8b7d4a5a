"""Who leaves the parent leaves the circle: what each device does about it by itself, whenever it has synced."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from taboon_client.board.register_kinds import REMOVE
from taboon_client.errors import NotAllowedError
from taboon_client.group.approvals_held import approvals_held
from taboon_client.group.circles import outsiders
from taboon_client.group.epoch import policy_of
from taboon_client.group.parents import members_once, parent_row
from taboon_client.group.rules import check_member
from taboon_client.session.leaving import say_goodbye
from taboon_client.vault import groups

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["follow_parent"]


def follow_parent(desk: Desk, tx: Connection, grp: int) -> None:
    """Wish for the removal of those who have left a circle's parent, as its admin; leave, if we are one of them.

    Somebody whom this device has never seen in the parent stays: it may only not have heard of them yet.
    """
    own = groups.get_group(tx, grp)
    if own.state != "active":
        return
    group = desk.keeper.load(tx, grp)
    policy = policy_of(group)
    if not policy.parent:
        return
    leaves = [(member.signature_key, check_member(member, group.suite)) for member in group.members()]
    above = parent_row(tx, policy.parent)
    if above is None or above.state == "removed":
        _leave(desk, tx, grp, own.identity)
        return
    gone = members_once(tx, desk.ledger, policy.parent)
    here = {content.parent for _, content in leaves} - gone
    for identity in outsiders(leaves, here):
        if identity == own.identity:
            _leave(desk, tx, grp, identity)
        elif policy.is_admin(own.identity):
            groups.add_wish(tx, grp, "remove", identity)


def _leave(desk: Desk, tx: Connection, grp: int, identity: bytes) -> None:
    said = (held for held in approvals_held(tx, grp, (identity,)) if held.said.act == REMOVE)
    if any(held.said.target == identity for held in said):
        return
    with contextlib.suppress(NotAllowedError):  # the last one in a circle has nobody to leave to
        say_goodbye(desk, tx, grp)
