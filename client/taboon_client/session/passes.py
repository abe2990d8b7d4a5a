"""The pass with which a group's relay makes mailboxes: it stands in the group's rules, for every member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.group.epoch import policy_of
from taboon_client.vault import homes

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.relay.address import RelayAddress
    from taboon_client.vault import Connection

__all__ = ["relay_pass"]


def relay_pass(desk: Desk, grp: int, relay: RelayAddress) -> bytes:
    """Return the pass of a relay of a group, or of one that was; no relay is shown the pass of another."""

    def act(tx: Connection) -> bytes:
        for one in policy_of(desk.keeper.load(tx, grp)).relays:
            if one.id == relay.relay_id:
                return one.pass_
        left = homes.find(tx, grp, relay.relay_id or b"")
        return b"" if left is None else left.pass_

    return desk.keeper.read(act)
