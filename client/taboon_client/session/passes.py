"""The pass with which a group's relay makes mailboxes: it stands in the group's rules, for every member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.group.epoch import policy_of

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk

__all__ = ["relay_pass"]


def relay_pass(desk: Desk, grp: int) -> bytes:
    """Return the pass of a group's home relay; empty where it asks for none."""
    return desk.keeper.read(lambda tx: policy_of(desk.keeper.load(tx, grp)).home.pass_)
