"""When a member's key is made anew by itself: about as often as the policy says, and not for all at once."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client.vault import groups, members

if TYPE_CHECKING:
    from taboon_client.vault import Connection

__all__ = ["epochs_within", "rotation_due", "rotation_seconds"]

_DAY = 86_400
_STEPS = 65_536


def rotation_seconds(identity: bytes, epoch: int, days: int) -> int:
    """Return how old a leaf grows: three to five quarters of the interval, other for every leaf.

    Args:
        identity: Identity key of the member.
        epoch: Number of the epoch that the leaf came with.
        days: The interval of the policy.
    """
    drawn = sha256(b"taboon rotation v1" + identity + epoch.to_bytes(8, "big")).digest()
    return days * _DAY * (3 * _STEPS + 2 * int.from_bytes(drawn[:2], "big")) // (4 * _STEPS)


def epochs_within(days: int, persons: int, rotation_days: int) -> int:
    """Return how many epochs so many days will hardly see more of: what an approval that shall last as long states.

    In each interval every member makes one epoch; as many more are for those who come, go and come back.
    """
    return 2 * persons * -(-days // rotation_days) + 16


def rotation_due(tx: Connection, grp: int, days: int, now: int) -> bool:
    """Tell whether our own key is old enough to be made anew."""
    own = groups.get_group(tx, grp).identity
    leaf = members.leaf(tx, grp, own)
    return leaf is not None and leaf.since is not None and now - leaf.since >= rotation_seconds(own, leaf.epoch, days)
