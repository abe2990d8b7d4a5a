"""Leaves at which this device looks for a request to come back: of the tree, and such that were there of late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.errors import FormatError
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.group.rejoining import leaf_hash
from taboon_client.vault import coming_back as rows
from taboon_client.vault import groups
from taboon_client.vault.coming_back import WatchedRow
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["look_back_later", "up_to_a_day", "watch_leaves"]

_DAY = 86_400
_REPLACED: Final = 30 * _DAY
"""Seconds for which a leaf that another took the place of can still ask."""
_REMOVED: Final = 180
"""Days for which somebody who was removed while away is told so."""


def watch_leaves(
    tx: Connection,
    grp: int,
    group: mls.Group,
    members: Iterable[mls.Member],
    removed: Sequence[bytes],
    *,
    now: int,
    random: Random,
) -> None:
    """Watch the leaves that are new in the tree, and note whose are not there any more."""
    own = groups.get_group(tx, grp).identity
    mailbox = groups.get_mailbox(tx, grp)
    for member in members:
        if member.signature_key == own or mailbox is None:
            continue
        try:
            leaf = LeafContent.decode(mls.find_extension(member.extensions, LEAF_EXTENSION), group.suite)
        except FormatError:
            continue
        row = WatchedRow(
            grp=grp,
            append_key=leaf.append_key,
            identity=member.signature_key,
            leaf_hash=leaf_hash(member),
            secret=bytes(leaf.rejoin_secret),
            retention=mailbox.retention,
            replaced=None,
            look=now + up_to_a_day(random),
        )
        rows.watch(tx, row, now)
    rows.dismiss(tx, grp, removed, now // _DAY)
    rows.forget(tx, grp, replaced=now - _REPLACED, removed=now // _DAY - _REMOVED)


def look_back_later(tx: Connection, grp: int, *, now: int, random: Random) -> None:
    """Look for requests of all leaves that are watched now also where home was until now, each at its own time."""
    for append_key in rows.watched_keys(tx, grp):
        rows.look_back(tx, grp, append_key, now + up_to_a_day(random))


def up_to_a_day(random: Random) -> int:
    """Return a random number of seconds, less than a day."""
    return int.from_bytes(random(4)) % _DAY
