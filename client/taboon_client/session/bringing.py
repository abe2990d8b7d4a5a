"""Commits that ended epochs, for a relay that has not got them: one that lost its disk, or a pop-up relay beside home.

Who is behind finds there what ended its epoch, and does not go on in it (docs/protocol.md, sections 2.8 and 2.12).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.group.popup import keys_at
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.session import forks
from taboon_client.vault import ended, groups, popups
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_client.vault.ended import EndedRow

_DAY = 86_400

__all__ = ["LATEST", "EndedThere", "brought", "lost", "to_bring"]

LATEST = 16
"""How many of the latest commits a relay that lost its disk gets again."""


@dataclass(frozen=True, slots=True)
class EndedThere:
    """An ended epoch whose commit a relay may not have.

    Attributes:
        relay: Which.
        epoch: Its number.
        keys: Of its mailbox there.
        cursor: Behind what we had read there when we left the epoch.
        blobs: What carries the commit, the last one is the seal.
        stood: A blob that shows that it had stood at home; None where there is nothing to show.
        claim: Our own mailbox of that epoch; None where there is nothing to show.
    """

    relay: RelayAddress
    epoch: int
    keys: MailboxKeys
    cursor: Cursor
    blobs: tuple[bytes, ...] = field(repr=False)
    stood: bytes | None = field(repr=False)
    claim: MailboxKeys | None


def to_bring(desk: Desk, grp: int, *, away: bool, former: RelayAddress | None = None) -> list[EndedThere]:
    """Return the ended epochs whose commit a relay is not known to have, newest first.

    In this order whoever follows one that was brought finds the next mailbox.

    Args:
        desk: Of the vault.
        grp: The group.
        away: To the mailboxes at the pop-up relay; where none is in use, to those at home that the commit which made
            it home has ended: who was told of the new home and cannot reach the old one goes on from there.
        former: To this home that the group has left.
    """

    def act(tx: Connection) -> list[EndedThere]:
        own, row = groups.get_group(tx, grp), popups.get(tx, grp)
        if own.state != "active" or (away and row is not None and row.over):
            return []
        relay = former or RelayAddress(own.relay_url, own.relay_id)
        if away and row is not None:
            relay = RelayAddress(row.url, row.relay_id)
        rows = [one for one in ended.to_bring(tx, grp, popup=away) if one.popup_secret is not None or _lives(one, desk)]
        rows = [one for one in rows if (one.popup_id if away else one.relay_id) == relay.relay_id]
        return [_there(tx, grp, relay, one, away=away) for one in rows]

    return desk.keeper.read(act)


def brought(desk: Desk, grp: int, epoch: int, *, away: bool) -> None:
    """Note that a relay has a seal of an ended epoch."""
    desk.keeper.write(lambda tx: ended.set_there(tx, grp, epoch, popup=away))


def lost(desk: Desk, grp: int, former: RelayAddress) -> None:
    """Note that a home that the group has left has lost commits: it gets the latest ones again."""
    desk.keeper.write(lambda tx: ended.lose(tx, grp, former.relay_id or b"", LATEST))


def _lives(row: EndedRow, desk: Desk) -> bool:
    """Tell whether a mailbox cannot have expired by itself: nobody who was away for so long shall follow from there.

    When its last blob came is not known here, but by when we had followed: half its life is a wide margin.
    """
    return row.at > desk.now - RetentionClass(row.retention).days * _DAY // 2


def _there(tx: Connection, grp: int, relay: RelayAddress, row: EndedRow, *, away: bool) -> EndedThere:
    keys = keys_at((row.popup_secret if away else row.mailbox_secret) or b"", row.retention)
    claim = None
    if row.stood is not None and row.own_read is not None and row.own_append is not None:
        claim = MailboxKeys.of_seeds(row.own_read, row.own_append, RetentionClass(row.retention))
    return EndedThere(
        relay=relay,
        epoch=row.epoch,
        keys=keys,
        cursor=forks.kept_cursor(tx, grp, row.epoch, popup=away) or Cursor.start(keys.mailbox_id),
        blobs=tuple(cbor.decode(row.blobs)),
        stood=row.stood,
        claim=claim,
    )
