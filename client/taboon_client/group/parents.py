"""The group that a circle is in, as this vault knows it: who is a member of it, and who is not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.vault import groups

if TYPE_CHECKING:
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow

__all__ = ["members_now", "members_once", "parent_row"]


def parent_row(tx: Connection, parent: bytes) -> GroupRow | None:
    """Return the group of an id that goes on here, else one that once did, None if this vault never had it."""
    rows = [row for row in groups.all_groups(tx) if row.group_id == parent]
    return min(rows, key=lambda row: row.state != "active", default=None)


def members_now(tx: Connection, ledger: Ledger, parent: bytes) -> frozenset[bytes] | None:
    """Return the identity keys of a parent's members; None if that group does not go on here."""
    row = parent_row(tx, parent)
    last = None if row is None or row.state != "active" else ledger.history(tx, row.id).last
    return None if last is None else frozenset(last.members)


def members_once(tx: Connection, ledger: Ledger, parent: bytes) -> frozenset[bytes]:
    """Return the identity keys of those who were members of a parent and are not now."""
    row = parent_row(tx, parent)
    if row is None or row.state != "active":
        return frozenset()
    history = ledger.history(tx, row.id)
    last = history.last
    return frozenset(history.ever) - frozenset(() if last is None else last.members)
