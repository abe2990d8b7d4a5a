"""Rows of events and of the folded board: events, items, people, keys of posts. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault.database import Connection

__all__ = ["EventRow", "ItemRow"]


@dataclass(frozen=True, slots=True)
class EventRow:
    """A row of ``event``; ``place`` is an item id (32 bytes) or a register's name (text)."""

    name: bytes
    grp: int
    author: bytes
    number: int
    previous: bytes | None
    place: bytes | str
    epoch_id: bytes
    bytes: bytes = field(repr=False)


def add_event(tx: Connection, row: EventRow) -> bool:
    """Insert an event; False if it is held already."""
    cursor = tx.execute(
        "INSERT OR IGNORE INTO event (name, grp, author, number, previous, place, epoch_id, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (row.name, row.grp, row.author, row.number, row.previous, row.place, row.epoch_id, row.bytes),
    )
    return bool(cursor.rowcount == 1)


def has_event(tx: Connection, name: bytes) -> bool:
    """Tell whether an event is held."""
    return tx.execute("SELECT 1 FROM event WHERE name = ?", (name,)).fetchone() is not None


def event_bytes(tx: Connection, name: bytes) -> bytes | None:
    """Return an event as the bytes that came."""
    row = tx.execute("SELECT bytes FROM event WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def events_of_place(tx: Connection, grp: int, place: bytes | str) -> list[tuple[bytes, bytes]]:
    """Return (name, bytes) of every event of an item or register."""
    return tx.execute("SELECT name, bytes FROM event WHERE grp = ? AND place = ?", (grp, place)).fetchall()


def places_of_author(tx: Connection, grp: int, author: bytes) -> list[bytes | str]:
    """Return the items and registers in which an author has spoken."""
    rows = tx.execute("SELECT DISTINCT place FROM event WHERE grp = ? AND author = ?", (grp, author))
    return [row[0] for row in rows]


def places_of_epoch(tx: Connection, grp: int, epoch_id: bytes) -> list[bytes | str]:
    """Return the items and registers that hold events which state an epoch."""
    rows = tx.execute("SELECT DISTINCT place FROM event WHERE grp = ? AND epoch_id = ?", (grp, epoch_id))
    return [row[0] for row in rows]


def carried_by(tx: Connection, grp: int, epoch: int) -> list[bytes]:
    """Return the names of the events that the mailbox of an epoch held."""
    rows = tx.execute("SELECT name FROM event WHERE grp = ? AND carried = ? ORDER BY author, number", (grp, epoch))
    return [row[0] for row in rows]


def set_carried(tx: Connection, name: bytes, epoch: int) -> None:
    """Note that the mailbox of an epoch holds an event."""
    tx.execute("UPDATE event SET carried = ? WHERE name = ?", (epoch, name))


def all_places(tx: Connection, grp: int) -> list[bytes | str]:
    """Return all items and registers of a group that have events."""
    return [row[0] for row in tx.execute("SELECT DISTINCT place FROM event WHERE grp = ?", (grp,))]


def chain_of_author(tx: Connection, grp: int, author: bytes) -> list[tuple[int, bytes, bytes | None]]:
    """Return (number, name, previous) of every event of an author that is held, by number."""
    return tx.execute(
        "SELECT number, name, previous FROM event WHERE grp = ? AND author = ? ORDER BY number, name", (grp, author)
    ).fetchall()


def authors(tx: Connection, grp: int) -> list[bytes]:
    """Return the identity keys of everyone whose events a group holds."""
    return [row[0] for row in tx.execute("SELECT DISTINCT author FROM event WHERE grp = ?", (grp,))]


def link_of(tx: Connection, name: bytes) -> tuple[bytes, int, bytes | None] | None:
    """Return (author, number, previous) of an event."""
    row = tx.execute("SELECT author, number, previous FROM event WHERE name = ?", (name,)).fetchone()
    return None if row is None else (row[0], row[1], row[2])


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A row of ``item``: what the board sorts and filters by, and the folded item."""

    id: bytes
    grp: int
    code: str
    kind: str
    status: str
    category: str
    urgency: int
    created: int
    folded: bytes = field(repr=False)


def set_item(tx: Connection, row: ItemRow) -> None:
    """Write an item as it is folded now."""
    tx.execute(
        "INSERT OR REPLACE INTO item (id, grp, code, kind, status, category, urgency, created, folded)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.id, row.grp, row.code, row.kind, row.status, row.category, row.urgency, row.created, row.folded),
    )


def drop_item(tx: Connection, item: bytes) -> None:
    """Take an item off the board; its events stay."""
    tx.execute("DELETE FROM item WHERE id = ?", (item,))


def items(
    tx: Connection, grp: int, *, kind: str | None = None, status: str | None = None, category: str | None = None
) -> list[bytes]:
    """Return the folded items that pass the filters, most urgent and oldest first."""
    where, values = ["grp = ?"], [grp]
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


def item_ids(tx: Connection, grp: int) -> list[bytes]:
    """Return the ids of all items on the board."""
    return [row[0] for row in tx.execute("SELECT id FROM item WHERE grp = ?", (grp,))]


def open_item_ids(tx: Connection, grp: int, closed: Iterable[str]) -> list[bytes]:
    """Return the ids of the items whose status is none of ``closed``."""
    marks = tuple(closed)
    query = f"SELECT id FROM item WHERE grp = ? AND status NOT IN ({','.join('?' * len(marks))})"  # noqa: S608 - marks
    return [row[0] for row in tx.execute(query, (grp, *marks))]


def set_people(tx: Connection, grp: int, names: Iterable[tuple[bytes, str]]) -> None:
    """Replace the folded register of people."""
    tx.execute("DELETE FROM person WHERE grp = ?", (grp,))
    tx.executemany(
        "INSERT INTO person (grp, identity, name) VALUES (?, ?, ?)", [(grp, key, name) for key, name in names]
    )


def people(tx: Connection, grp: int) -> dict[bytes, str]:
    """Return how the people of a group are called."""
    return dict(tx.execute("SELECT identity, name FROM person WHERE grp = ?", (grp,)).fetchall())


def post_of_key(tx: Connection, grp: int, key: bytes) -> bytes | None:
    """Return the name of the event that was posted, here or by another member, with this key."""
    row = tx.execute("SELECT event FROM post_key WHERE grp = ? AND key = ?", (grp, key)).fetchone()
    return None if row is None else bytes(row[0])


def set_post_key(tx: Connection, grp: int, key: bytes, event: bytes) -> None:
    """Note which event a key made."""
    tx.execute("INSERT OR REPLACE INTO post_key (grp, key, event) VALUES (?, ?, ?)", (grp, key, event))


def set_base(tx: Connection, grp: int, author: bytes, number: int, name: bytes) -> None:
    """Note an author's last event at the time of the snapshot that we were given."""
    tx.execute(
        "INSERT OR IGNORE INTO author_base (grp, author, number, name) VALUES (?, ?, ?, ?)", (grp, author, number, name)
    )


def base_of(tx: Connection, grp: int, author: bytes) -> tuple[int, bytes] | None:
    """Return (number, name) of an author's event below which there is no gap for us."""
    row = tx.execute("SELECT number, name FROM author_base WHERE grp = ? AND author = ?", (grp, author)).fetchone()
    return None if row is None else (row[0], row[1])
