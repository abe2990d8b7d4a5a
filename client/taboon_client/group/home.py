"""The home relay of a group: where it is now, and those that the group has left (docs/protocol.md, section 2.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.group.watched import look_back_later
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import groups, homes, members, popups

if TYPE_CHECKING:
    from taboon_client.group.policy import RelayEntry
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["LOOK_BACK", "settle_at"]

LOOK_BACK: Final = 30 * 86_400
"""Seconds for which a home that was left is looked back at: as long as leaves that were replaced can ask."""


def settle_at(tx: Connection, grp: int, home: RelayEntry, *, left: RelayEntry | None, now: int, random: Random) -> bool:
    """Go on at the home of the present epoch. Returns whether that is another place than before.

    Args:
        tx: A transaction that writes.
        grp: The group.
        home: As the policy of the present epoch names it.
        left: As the policy of the epoch before named it, None where that is not known.
        now: Unix time.
        random: Source of randomness.
    """
    own, place = groups.get_group(tx, grp), RelayAddress(home.url, home.id)
    if (own.relay_url, own.relay_id) == (place.base_url, home.id):
        return False
    members.set_relay(tx, grp, place.base_url, home.id)
    if own.relay_id == home.id:
        # The same relay at another address.
        return True
    pass_ = left.pass_ if left is not None and left.id == own.relay_id else b""
    homes.leave(tx, grp, homes.HomeRow(own.relay_id, own.relay_url, pass_, now))
    homes.forget(tx, grp, home.id)
    look_back_later(tx, grp, now=now, random=random)
    away = popups.get(tx, grp)
    if away is not None and away.relay_id == home.id:
        # It was a pop-up relay until now.
        popups.drop(tx, grp)
    return True
