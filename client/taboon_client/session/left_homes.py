"""Homes that a group has left: who is behind still reads there, and asks there to come back (section 2.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.group.home import LOOK_BACK
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import groups, homes

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["due", "postpone"]

_PAUSE: Final = 600
"""Seconds for which a relay is not asked that did not answer."""


def due(desk: Desk, grp: int) -> list[RelayAddress]:
    """Return the homes that were left within 30 days, and are to be asked now."""

    def act(tx: Connection) -> list[RelayAddress]:
        homes.expire(tx, grp, desk.now - LOOK_BACK)
        active = groups.get_group(tx, grp).state == "active"
        found = [RelayAddress(row.url, row.relay_id) for row in homes.due(tx, grp, desk.now)] if active else []
        # A leaf that is due is looked for at the one that comes first.
        return sorted(found, key=lambda _: desk.random(4))

    return desk.keeper.write(act) if desk.keeper.read(lambda tx: homes.due(tx, grp, desk.now)) else []


def postpone(desk: Desk, grp: int, relay: RelayAddress) -> None:
    """Leave a relay alone for a while that did not answer."""
    desk.keeper.write(lambda tx: homes.postpone(tx, grp, relay.relay_id or b"", desk.now + _PAUSE))
