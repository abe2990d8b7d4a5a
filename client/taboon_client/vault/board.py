"""Rows of the folded board: items, people, lists, totals, sealing keys. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault.database import Connection

__all__ = ["ItemRow", "TotalRow"]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A row of ``item``: what the board sorts and filters by, and the folded item."""

    id: bytes
    grp: int
    code: str
    kind: str
    status: str
    category: str
    sub: str
    area: str
    urgency: int
    urgent: bool
    answered: bool
    created: int
    renewed: int
    closed: int | None
    needed: int
    merged: bytes | None
    folded: bytes = field(repr=False)


_ITEM = (
    "id, grp, code, kind, status, category, sub, area, urgency, urgent, answered, created, renewed, closed, needed, "
    "merged, folded"
)


def set_item(tx: Connection, row: ItemRow) -> None:
    """Write an item as it is folded now."""
    values = tuple(getattr(row, name.strip()) for name in _ITEM.split(","))
    marks = ", ".join("?" * len(values))
    tx.execute(f"INSERT OR REPLACE INTO item ({_ITEM}) VALUES ({marks})", values)  # noqa: S608 - constants


def drop_item(tx: Connection, item: bytes) -> None:
    """Take an item off the board; its events stay."""
    tx.execute("DELETE FROM item WHERE id = ?", (item,))


def items(
    tx: Connection,
    grp: int,
    *,
    kind: str | None = None,
    status: str | None = None,
    category: str | None = None,
    open_only: bool = False,
) -> list[bytes]:
    """Return the folded items that pass the filters, most urgent and oldest first."""
    where, values = ["grp = ?", *(["closed IS NULL"] if open_only else [])], [grp]
    filters: list[tuple[str, str | None]] = [("kind", kind), ("status", status), ("category", category)]
    for column, value in filters:
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type] # parameters are of mixed type
    query = f"SELECT folded FROM item WHERE {' AND '.join(where)} ORDER BY urgency, created, id"  # noqa: S608 - constants
    return [row[0] for row in tx.execute(query, values)]


def items_like(tx: Connection, grp: int, code: str, low: bytes, high: bytes) -> list[bytes]:
    """Return the folded items whose code begins with this one, or whose id lies between two bounds (a prefix)."""
    rows = tx.execute(
        "SELECT folded FROM item WHERE grp = ? AND ((code >= ? AND code < ?) OR (id >= ? AND id <= ?)) LIMIT 50",
        (grp, code, code + "~", low, high),
    )
    return [row[0] for row in rows]


def folded_item(tx: Connection, item: bytes) -> bytes | None:
    """Return an item as it is folded."""
    row = tx.execute("SELECT folded FROM item WHERE id = ?", (item,)).fetchone()
    return None if row is None else bytes(row[0])


def renewals(tx: Connection, grp: int) -> list[tuple[bytes, int, bool]]:
    """Return (id, renewed, urgent) of every open item."""
    rows = tx.execute("SELECT id, renewed, urgent FROM item WHERE grp = ? AND closed IS NULL", (grp,))
    return [(item, renewed, bool(urgent)) for item, renewed, urgent in rows]


def due_items(tx: Connection, grp: int, *, open_before: int, closed_before: int) -> list[bytes]:
    """Return the ids of the items whose time has come.

    Args:
        tx: A transaction.
        grp: The group.
        open_before: Open items that were renewed no later than this; never urgent ones that nobody has answered.
        closed_before: Closed items that were closed no later than this.
    """
    rows = tx.execute(
        "SELECT id FROM item WHERE grp = ? AND ((closed IS NOT NULL AND closed <= ?)"
        " OR (closed IS NULL AND renewed <= ? AND NOT (urgent AND NOT answered)))",
        (grp, closed_before, open_before),
    )
    return [row[0] for row in rows]


def merged_into(tx: Connection, grp: int, item: bytes) -> list[bytes]:
    """Return the folded items that were merged into this one, but for one that stays though it was."""
    query = "SELECT folded FROM item WHERE grp = ? AND merged = ? AND status = 'merged'"
    return [row[0] for row in tx.execute(query, (grp, item))]


def merge_of(tx: Connection, item: bytes) -> bytes:
    """Return the id of the item that one was merged into; nothing if it was not, or is not here."""
    row = tx.execute("SELECT merged FROM item WHERE id = ?", (item,)).fetchone()
    return b"" if row is None or row[0] is None else bytes(row[0])


def staying_items(tx: Connection, grp: int, *, open_only: bool = False) -> list[bytes]:
    """Return the ids of the items that were merged and stay all the same."""
    query = "SELECT id FROM item WHERE grp = ? AND merged IS NOT NULL AND status <> 'merged' AND (closed IS NULL OR ?)"
    return [row[0] for row in tx.execute(query, (grp, not open_only))]


def item_ids(tx: Connection, grp: int) -> list[bytes]:
    """Return the ids of all items on the board."""
    return [row[0] for row in tx.execute("SELECT id FROM item WHERE grp = ?", (grp,))]


def open_item_ids(tx: Connection, grp: int) -> list[bytes]:
    """Return the ids of the items that are open."""
    return [row[0] for row in tx.execute("SELECT id FROM item WHERE grp = ? AND closed IS NULL", (grp,))]


def closed_item_ids(tx: Connection, grp: int) -> list[bytes]:
    """Return the ids of the items that are closed and not yet deleted."""
    return [row[0] for row in tx.execute("SELECT id FROM item WHERE grp = ? AND closed IS NOT NULL", (grp,))]


def set_people(tx: Connection, grp: int, names: Iterable[tuple[bytes, str]]) -> None:
    """Replace the folded register of people."""
    tx.execute("DELETE FROM person WHERE grp = ?", (grp,))
    tx.executemany(
        "INSERT INTO person (grp, identity, name) VALUES (?, ?, ?)", [(grp, key, name) for key, name in names]
    )


def people(tx: Connection, grp: int) -> dict[bytes, str]:
    """Return how the people of a group are called."""
    return dict(tx.execute("SELECT identity, name FROM person WHERE grp = ?", (grp,)).fetchall())


def set_register(tx: Connection, grp: int, name: str, folded: bytes) -> None:
    """Write a list of the group as it is folded now."""
    tx.execute("INSERT OR REPLACE INTO register (grp, name, folded) VALUES (?, ?, ?)", (grp, name, folded))


def register(tx: Connection, grp: int, name: str) -> bytes | None:
    """Return a list of the group as it is folded; None while nothing was ever said in it."""
    row = tx.execute("SELECT folded FROM register WHERE grp = ? AND name = ?", (grp, name)).fetchone()
    return None if row is None else bytes(row[0])


def set_sealing_key(tx: Connection, grp: int, identity: bytes, public: bytes) -> None:
    """Note the sealing key of a member."""
    tx.execute("INSERT OR REPLACE INTO sealing_key (grp, identity, public) VALUES (?, ?, ?)", (grp, identity, public))


def drop_sealing_keys(tx: Connection, grp: int, identities: Iterable[bytes] | None = None) -> None:
    """Forget the sealing keys of these, or of all."""
    if identities is None:
        tx.execute("DELETE FROM sealing_key WHERE grp = ?", (grp,))
    else:
        pairs = [(grp, identity) for identity in identities]
        tx.executemany("DELETE FROM sealing_key WHERE grp = ? AND identity = ?", pairs)


def sealing_keys(tx: Connection, grp: int) -> dict[bytes, bytes]:
    """Return the sealing keys of the present members, by identity key."""
    return dict(tx.execute("SELECT identity, public FROM sealing_key WHERE grp = ?", (grp,)).fetchall())


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A row of ``total``: what stays of a deleted item. ``lines`` is CBOR, as in the schema."""

    week: int
    kind: str
    category: str
    sub: str
    area: str
    urgency: str
    status: str
    why: str
    pledge_hours: int | None
    deliver_hours: int | None
    people: int
    lines: bytes


_TOTAL = "week, kind, category, sub, area, urgency, status, why, pledge_hours, deliver_hours, people, lines"


def add_total(tx: Connection, grp: int, row: TotalRow) -> None:
    """Keep the totals of an item that is deleted."""
    values = (grp, *(getattr(row, name.strip()) for name in _TOTAL.split(",")))
    marks = ", ".join("?" * len(values))
    tx.execute(f"INSERT INTO total (grp, {_TOTAL}) VALUES ({marks})", values)  # noqa: S608 - constants


def totals(tx: Connection, grp: int) -> list[TotalRow]:
    """Return the totals of all items that were deleted, oldest week first."""
    rows = tx.execute(f"SELECT {_TOTAL} FROM total WHERE grp = ? ORDER BY week, id", (grp,))  # noqa: S608 - constant
    return [TotalRow(*row) for row in rows]
