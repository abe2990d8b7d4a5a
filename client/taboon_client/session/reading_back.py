"""Reading our own removals back over another connection: a relay that hides a commit is noticed, not believed (R09)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.group.epoch import policy_of
from taboon_client.group.health import confirm_removals
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import groups, members
from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection

__all__ = ["HIDDEN", "Unread", "confirm", "note", "unread"]

HIDDEN = (
    "the relay does not show a removal that it gave you a receipt for. It may be hiding it from the others: tell them "
    "over another channel"
)


@dataclass(frozen=True, slots=True)
class Unread:
    """A removal of ours that was not read back yet: the mailbox that it ended, and the hash of its seal."""

    epoch: int
    relay: RelayAddress
    keys: MailboxKeys
    cursor: Cursor
    seal: bytes


def unread(desk: Desk, grp: int, former: RelayAddress | None = None) -> list[Unread]:
    """Return our removals that were not read back yet, from home or from a home that the group has left."""

    def act(tx: Connection) -> list[Unread]:
        found = []
        here = former.relay_id if former is not None else groups.get_group(tx, grp).relay_id
        for row in members.removals(tx, grp):
            if row.mailbox is not None and groups.get_group(tx, grp).state == "active":
                url, relay_id, kept, secret, number, head, seal = cbor.decode(row.mailbox)
                keys = MailboxKeys.of_epoch(secret, RetentionClass(kept))
                if relay_id == here:
                    found.append(Unread(row.epoch, RelayAddress(url, relay_id), keys, Cursor(number, head), seal))
        return found

    return desk.keeper.read(act)


def note(desk: Desk, grp: int, at: Unread, blobs: Sequence[bytes], *, sealed: bool) -> list[str]:
    """Note what the other connection showed. Returns sentences to tell."""
    if not sealed or not blobs or hashlib.sha256(blobs[-1]).digest() != at.seal:
        return [HIDDEN]
    desk.keeper.write(lambda tx: members.read_back(tx, grp, at.epoch))
    return []


def confirm(desk: Desk, grp: int) -> list[str]:
    """Note which removals are confirmed now. Returns sentences to tell."""

    def waits(tx: Connection) -> bool:
        active = groups.get_group(tx, grp).state == "active"
        return active and any(not row.confirmed and row.mailbox is None for row in members.removals(tx, grp))

    def act(tx: Connection) -> list[str]:
        return confirm_removals(tx, desk.ledger, grp, policy_of(desk.keeper.load(tx, grp)))

    return desk.keeper.write(act) if desk.keeper.read(waits) else []
