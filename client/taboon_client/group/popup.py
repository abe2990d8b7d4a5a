"""A pop-up relay beside home: its mailbox of the present epoch (docs/protocol.md, section 2.12)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client.relay.cursor import Cursor
from taboon_client.vault import groups, popups
from taboon_client.vault.popups import PopupRow
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from taboon_client.group.keeper import Keeper
    from taboon_client.relay.address import RelayAddress
    from taboon_client.vault import Connection

__all__ = ["begin", "keys_at", "present"]


def begin(tx: Connection, keeper: Keeper, grp: int, address: RelayAddress, relay_id: bytes, *, now: int) -> None:
    """Use a pop-up relay from now on."""
    row = PopupRow(grp, address.base_url, relay_id, now, None, 0, -1, b"", 0, b"")
    popups.forget_blobs(tx, grp)
    popups.put(tx, row)
    present(tx, keeper, grp)


def present(tx: Connection, keeper: Keeper, grp: int) -> PopupRow | None:
    """Return the row of a group's pop-up relay for the present epoch; None where the group uses none or stands still.

    In a new epoch its mailbox is another one, with keys that are derived for it.
    """
    row, mailbox = popups.get(tx, grp), groups.get_mailbox(tx, grp)
    if row is None or mailbox is None:
        return None
    if row.epoch != mailbox.epoch:
        secret = keeper.load(tx, grp).export("taboon mailbox", row.relay_id, 32)
        row = replace(row, epoch=mailbox.epoch, mailbox_secret=bytes(secret), spoiled=0, said=0)
        start = Cursor.start(keys_at(row.mailbox_secret, mailbox.retention).mailbox_id)
        row = replace(row, number=start.number, head=start.head)
        popups.put(tx, row)
    return row


def keys_at(secret: bytes, retention: int) -> MailboxKeys:
    """Return the keys of a mailbox of an epoch."""
    return MailboxKeys.of_epoch(secret, RetentionClass(retention))
