"""Rows of events, and of what deleted ones leave. SQL and nothing else; the folded board is :mod:`.board`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from taboon_client.vault.database import Connection

__all__ = ["EventRow"]

# What others have asked us for stands in the same table, by a longer name.
_ANSWERED = b"answered"


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
    received: int
    bytes: bytes = field(repr=False)


# In the column ``deleted``: deleted here, or only said to be when we came.
_DELETED, _TOLD = 1, 2


def add_event(tx: Connection, row: EventRow) -> bool:
    """Insert an event; False if it is held already, or was and is deleted.

    Of an event of a deleted item only the link stays.
    """
    gone = is_gone(tx, row.name)
    if isinstance(row.place, bytes) and _is_deleted_item(tx, row.place) and not _comes_back(tx, row):
        if not gone:
            _add_link(tx, row.grp, row.name, row.author, row.number, row.previous)
        return False
    if gone:
        # It came before its item's opening did, while we only had another's word that the item was deleted.
        tx.execute("DELETE FROM gone_event WHERE name = ?", (row.name,))
    cursor = tx.execute(
        "INSERT OR IGNORE INTO event (name, grp, author, number, previous, place, epoch_id, received, bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (row.name, row.grp, row.author, row.number, row.previous, row.place, row.epoch_id, row.received, row.bytes),
    )
    return bool(cursor.rowcount == 1)


def is_gone(tx: Connection, name: bytes) -> bool:
    """Tell whether an event was deleted here."""
    return tx.execute("SELECT 1 FROM gone_event WHERE name = ?", (name,)).fetchone() is not None


def _is_deleted_item(tx: Connection, item: bytes) -> bool:
    return tx.execute("SELECT 1 FROM gone_item WHERE id = ? AND deleted", (item,)).fetchone() is not None


def _comes_back(tx: Connection, row: EventRow) -> bool:
    """Take an item back that we were only told was deleted, once its opening comes: somebody holds it open.

    It is then one of those that are asked for whole: of what came before the opening only links were kept.
    """
    if row.name != row.place:
        return False
    query = "UPDATE gone_item SET deleted = 0 WHERE id = ? AND deleted = ?"
    return bool(tx.execute(query, (row.place, _TOLD)).rowcount)


def _add_link(tx: Connection, grp: int, name: bytes, author: bytes, number: int, previous: bytes | None) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO gone_event (name, grp, author, number, previous) VALUES (?, ?, ?, ?, ?)",
        (name, grp, author, number, previous),
    )


def has_event(tx: Connection, name: bytes) -> bool:
    """Tell whether an event is held."""
    return tx.execute("SELECT 1 FROM event WHERE name = ?", (name,)).fetchone() is not None


def received_of(tx: Connection, name: bytes) -> int:
    """Return when an event was first here, Unix seconds; 0 if it is not."""
    row = tx.execute("SELECT received FROM event WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def event_bytes(tx: Connection, name: bytes) -> bytes | None:
    """Return an event as the bytes that came."""
    row = tx.execute("SELECT bytes FROM event WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row[0])


def events_of_place(tx: Connection, grp: int, place: bytes | str) -> list[tuple[bytes, bytes]]:
    """Return (name, bytes) of every event of an item or register."""
    return tx.execute("SELECT name, bytes FROM event WHERE grp = ? AND place = ?", (grp, place)).fetchall()


def latest_of_authors(tx: Connection, grp: int, place: str, most: int) -> list[tuple[bytes, bytes]]:
    """Return (author, bytes) of the latest events of each author in a register, at most so many, oldest first."""
    rows = tx.execute(
        "SELECT author, bytes FROM (SELECT author, number, bytes,"
        " ROW_NUMBER() OVER (PARTITION BY author ORDER BY number DESC) AS place"
        " FROM event WHERE grp = ? AND place = ?) WHERE place <= ? ORDER BY author, number",
        (grp, place, most),
    )
    return rows.fetchall()


def events_since(tx: Connection, grp: int, place: bytes | str, row: int) -> list[tuple[int, bytes, bytes]]:
    """Return (row, name, bytes) of the events of an item or register from a row on, in the order they came."""
    return tx.execute(
        "SELECT rowid, name, bytes FROM event WHERE grp = ? AND place = ? AND rowid >= ? ORDER BY rowid",
        (grp, place, row),
    ).fetchall()


def arrivals(tx: Connection, grp: int, place: bytes | str) -> list[bytes]:
    """Return the names of the events of an item or register in the order in which they came to this device."""
    rows = tx.execute("SELECT name FROM event WHERE grp = ? AND place = ? ORDER BY rowid", (grp, place))
    return [row[0] for row in rows]


def delete_place(tx: Connection, grp: int, place: bytes) -> None:
    """Delete an item with all its events; its id and their links stay, so that it does not come back."""
    tx.execute(
        "INSERT OR IGNORE INTO gone_event (name, grp, author, number, previous)"
        " SELECT name, grp, author, number, previous FROM event WHERE grp = ? AND place = ?",
        (grp, place),
    )
    names = "(SELECT name FROM event WHERE grp = ?1 AND place = ?2)"
    tx.execute(f"DELETE FROM outbox WHERE grp = ?1 AND event IN {names}", (grp, place))  # noqa: S608 - constant
    tx.execute(f"DELETE FROM post_key WHERE grp = ?1 AND event IN {names}", (grp, place))  # noqa: S608 - constant
    tx.execute("DELETE FROM event WHERE grp = ? AND place = ?", (grp, place))
    tx.execute("DELETE FROM item WHERE id = ?", (place,))
    tx.execute("INSERT OR REPLACE INTO gone_item (id, grp, deleted) VALUES (?, ?, ?)", (place, grp, _DELETED))


def add_gone_items(tx: Connection, grp: int, items: Iterable[bytes], *, deleted: bool) -> None:
    """Note items that others have closed or deleted before we came; what is known here stays as it is."""
    tx.executemany(
        "INSERT OR IGNORE INTO gone_item (id, grp, deleted) SELECT ?1, ?2, ?3"
        " WHERE NOT EXISTS (SELECT 1 FROM event WHERE grp = ?2 AND place = ?1)",
        [(item, grp, _TOLD if deleted else 0) for item in items],
    )


def ask_for(tx: Connection, item: bytes) -> bool:
    """Tell whether an item was closed before we came and was not asked for yet; from now on it is."""
    return bool(tx.execute("DELETE FROM gone_item WHERE id = ? AND NOT deleted", (item,)).rowcount)


def gone_items(tx: Connection, grp: int, *, deleted: bool) -> list[bytes]:
    """Return the ids of the items that were deleted, or that were closed before we came."""
    rows = tx.execute("SELECT id FROM gone_item WHERE grp = ? AND (deleted <> 0) = ?", (grp, int(deleted)))
    return [row[0] for row in rows]


def not_carried_by(tx: Connection, grp: int, place: bytes | str, epoch: int) -> list[bytes]:
    """Return the names of the events of a place that mailboxes of earlier epochs held and that of this one does not."""
    rows = tx.execute(
        "SELECT name FROM event WHERE grp = ? AND place = ? AND carried IS NOT NULL AND carried < ?",
        (grp, place, epoch),
    )
    return [row[0] for row in rows]


def places_of_author(tx: Connection, grp: int, author: bytes) -> list[bytes | str]:
    """Return the items and registers in which an author has spoken."""
    rows = tx.execute("SELECT DISTINCT place FROM event WHERE grp = ? AND author = ?", (grp, author))
    return [row[0] for row in rows]


def places_of_epoch(tx: Connection, grp: int, epoch_id: bytes) -> list[bytes | str]:
    """Return the items and registers that hold events which state an epoch."""
    rows = tx.execute("SELECT DISTINCT place FROM event WHERE grp = ? AND epoch_id = ?", (grp, epoch_id))
    return [row[0] for row in rows]


def of_epoch(tx: Connection, grp: int, epoch_id: bytes) -> list[bytes]:
    """Return the events that state an epoch, the shortest first."""
    query = "SELECT bytes FROM event WHERE grp = ? AND epoch_id = ? ORDER BY length(bytes), name"
    return [bytes(row[0]) for row in tx.execute(query, (grp, epoch_id))]


def carried_by(tx: Connection, grp: int, epoch: int, author: bytes | None = None) -> list[bytes]:
    """Return the names of the events that the mailbox of an epoch held; of one author, if one is named."""
    rows = tx.execute(
        "SELECT name FROM event WHERE grp = ?1 AND carried = ?2 AND (?3 IS NULL OR author = ?3)"
        " ORDER BY author, number",
        (grp, epoch, author),
    )
    return [row[0] for row in rows]


def looked_for_gaps(tx: Connection, grp: int, now: int, again: int) -> bool:
    """Tell whether we have looked for gaps within so many seconds; if not, note that we do now."""
    row = tx.execute("SELECT at FROM asked WHERE grp = ? AND name = X''", (grp,)).fetchone()
    if row is not None and now - row[0] < again:
        return True
    tx.execute("INSERT OR REPLACE INTO asked (grp, name, at) VALUES (?, X'', ?)", (grp, now))
    return False


def to_ask(tx: Connection, grp: int, names: Collection[bytes], now: int, again: int) -> list[bytes]:
    """Return which of some events to ask for now, and note that; none is asked for again before so many seconds."""
    tx.execute("DELETE FROM asked WHERE grp = ? AND at < ?", (grp, now - again))
    known = {row[0] for row in tx.execute("SELECT name FROM asked WHERE grp = ?", (grp,))}
    fresh = sorted(name for name in names if name not in known)
    tx.executemany("INSERT INTO asked (grp, name, at) VALUES (?, ?, ?)", [(grp, name, now) for name in fresh])
    return fresh


def may_answer(
    tx: Connection, grp: int, asker: bytes, names: Iterable[bytes], now: int, again: int, most: int
) -> list[bytes]:
    """Return which of some items and events to send to whoever asks, and note that.

    None is sent to one asker again before so many seconds, and no more than ``most`` of them in that time.
    """
    tx.execute("DELETE FROM asked WHERE grp = ? AND at < ?", (grp, now - again))
    low, high = _ANSWERED + asker, _ANSWERED + asker + b"\xff" * 33
    rows = tx.execute("SELECT name FROM asked WHERE grp = ? AND name >= ? AND name <= ?", (grp, low, high))
    known = {row[0][len(low) :] for row in rows}
    fresh = [name for name in dict.fromkeys(names) if name not in known][: max(0, most - len(known))]
    tx.executemany("INSERT INTO asked (grp, name, at) VALUES (?, ?, ?)", [(grp, low + name, now) for name in fresh])
    return fresh


def lose_carrier(tx: Connection, grp: int, epoch: int) -> list[bytes]:
    """The relay has lost the mailbox of an epoch: return the names of the events that it held, now held by none."""
    names = carried_by(tx, grp, epoch)
    tx.execute("UPDATE event SET carried = NULL WHERE grp = ? AND carried = ?", (grp, epoch))
    return names


def set_carried(tx: Connection, name: bytes, epoch: int) -> None:
    """Note that the mailbox of an epoch holds an event."""
    tx.execute("UPDATE event SET carried = ? WHERE name = ?", (epoch, name))


def has_spoken(tx: Connection, grp: int, author: bytes, since: int) -> bool:
    """Tell whether an event of a member has come since a time."""
    query = "SELECT 1 FROM event WHERE grp = ? AND author = ? AND received >= ? LIMIT 1"
    return tx.execute(query, (grp, author, since)).fetchone() is not None


def all_places(tx: Connection, grp: int) -> list[bytes | str]:
    """Return all items and registers of a group that have events."""
    return [row[0] for row in tx.execute("SELECT DISTINCT place FROM event WHERE grp = ?", (grp,))]


def chain_of_author(tx: Connection, grp: int, author: bytes) -> list[tuple[int, bytes, bytes | None]]:
    """Return (number, name, previous) of every event of an author that is or was held, by number."""
    return tx.execute(
        "SELECT number, name, previous FROM event WHERE grp = ?1 AND author = ?2"
        " UNION ALL SELECT number, name, previous FROM gone_event WHERE grp = ?1 AND author = ?2 ORDER BY number, name",
        (grp, author),
    ).fetchall()


def given_links(tx: Connection, grp: int, author: bytes) -> list[tuple[int, bytes, bytes | None]]:
    """Return (number, name, previous) of events of an author that we were told of as a newcomer."""
    query = "SELECT number, name, previous FROM given_link WHERE grp = ? AND author = ?"
    return tx.execute(query, (grp, author)).fetchall()


def add_given_links(tx: Connection, grp: int, author: bytes, first: int, names: Sequence[bytes]) -> None:
    """Keep the names of an author's events from a number on; the first one only says what comes before the second."""
    tx.executemany(
        "INSERT OR IGNORE INTO given_link (grp, author, number, name, previous) VALUES (?, ?, ?, ?, ?)",
        [(grp, author, first + at, name, names[at - 1] if at else None) for at, name in enumerate(names) if at],
    )


def lowest_numbers(tx: Connection, grp: int, place: bytes | str) -> list[tuple[bytes, int]]:
    """Return (author, the lowest running number of an event of theirs) of everyone who spoke on an item or register."""
    query = "SELECT author, MIN(number) FROM event WHERE grp = ? AND place = ? GROUP BY author"
    return tx.execute(query, (grp, place)).fetchall()


def missing(tx: Connection, grp: int) -> int:
    """Return how many running numbers are missing below the highest one held of each author, and above our base.

    Counted here and not in the chains: every command tells it, and this reads one index.
    """
    row = tx.execute(
        "SELECT SUM(highest - COALESCE(base, 0) - held) FROM ("
        "SELECT MAX(number) AS highest, COUNT(DISTINCT number) AS held, base FROM ("
        "SELECT author, number FROM event WHERE grp = ?1 UNION ALL SELECT author, number FROM gone_event WHERE grp = ?1"
        ") LEFT JOIN (SELECT author AS based, number AS base FROM author_base WHERE grp = ?1"
        ") ON author = based WHERE number > COALESCE(base, 0) GROUP BY author)",
        (grp,),
    ).fetchone()
    return int(row[0] or 0)


def authors(tx: Connection, grp: int) -> list[bytes]:
    """Return the identity keys of everyone whose events a group holds or held."""
    rows = tx.execute(
        "SELECT DISTINCT author FROM event WHERE grp = ?1 UNION SELECT DISTINCT author FROM gone_event WHERE grp = ?1",
        (grp,),
    )
    return [row[0] for row in rows]


def link_of(tx: Connection, name: bytes) -> tuple[bytes, int, bytes | None] | None:
    """Return (author, number, previous) of an event that is or was held, or of which we were told as a newcomer."""
    row = tx.execute(
        "SELECT author, number, previous FROM event WHERE name = ?1"
        " UNION ALL SELECT author, number, previous FROM gone_event WHERE name = ?1"
        " UNION ALL SELECT author, number, previous FROM given_link WHERE name = ?1",
        (name,),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


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
