"""Rows of coming back: leaves that are watched, our own request, those of others, answers. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.vault.database import Connection

__all__ = ["ComingBackRow", "ReplyRow", "WatchedRow"]


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """A row of ``watched_leaf``: where a member asks to come back, or one who was removed, on a day since 1970."""

    grp: int
    append_key: bytes
    identity: bytes
    leaf_hash: bytes
    secret: bytes = field(repr=False)
    retention: int
    replaced: int | None
    look: int
    removed: int | None = None


_WATCHED = "grp, append_key, identity, leaf_hash, secret, class, replaced, look, removed"


def watch(tx: Connection, row: WatchedRow, now: int) -> None:
    """Watch a new leaf; the one that the same member had before is replaced now."""
    tx.execute(
        "UPDATE watched_leaf SET replaced = ? WHERE grp = ? AND identity = ? AND append_key <> ? AND replaced IS NULL",
        (now, row.grp, row.identity, row.append_key),
    )
    tx.execute(
        f"INSERT INTO watched_leaf ({_WATCHED}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant
        " ON CONFLICT (grp, append_key) DO UPDATE SET replaced = excluded.replaced,"
        " removed = excluded.removed",
        (
            row.grp,
            row.append_key,
            row.identity,
            row.leaf_hash,
            bytes(row.secret),
            row.retention,
            row.replaced,
            row.look,
            row.removed,
        ),
    )


def dismiss(tx: Connection, grp: int, identities: Collection[bytes], day: int) -> None:
    """Note of these members that they were removed."""
    query = "UPDATE watched_leaf SET removed = ? WHERE grp = ? AND identity = ? AND removed IS NULL"
    tx.executemany(query, [(day, grp, identity) for identity in identities])


def forget(tx: Connection, grp: int, *, replaced: int, removed: int) -> None:
    """Watch no leaf any more that was replaced before a time, or whose member was removed before a day."""
    tx.execute("DELETE FROM watched_leaf WHERE grp = ? AND removed IS NULL AND replaced < ?", (grp, replaced))
    tx.execute("DELETE FROM watched_leaf WHERE grp = ? AND removed < ?", (grp, removed))


def is_watching(tx: Connection, grp: int) -> bool:
    """Tell whether any leaf of a group is watched."""
    return tx.execute("SELECT 1 FROM watched_leaf WHERE grp = ? LIMIT 1", (grp,)).fetchone() is not None


def forget_others(tx: Connection, grp: int, identities: Collection[bytes]) -> None:
    """Watch the leaves of these members alone, also those that were replaced."""
    marks = ", ".join("?" for _ in identities)
    query = f"DELETE FROM watched_leaf WHERE grp = ? AND identity NOT IN ({marks})"  # noqa: S608 - marks alone
    tx.execute(query, (grp, *identities))


def due(tx: Connection, grp: int, now: int) -> list[WatchedRow]:
    """Return the leaves at which it is time to look: of members first, and those that waited longest first."""
    order = "removed IS NOT NULL, look, append_key"
    query = f"SELECT {_WATCHED} FROM watched_leaf WHERE grp = ? AND look <= ? ORDER BY {order}"  # noqa: S608 - constant
    return [WatchedRow(*row) for row in tx.execute(query, (grp, now))]


def due_back(tx: Connection, grp: int, now: int) -> list[WatchedRow]:
    """Return the leaves for which it is time to look at homes that the group has left."""
    query = f"SELECT {_WATCHED} FROM watched_leaf WHERE grp = ? AND look_back <= ? ORDER BY look_back, append_key"  # noqa: S608
    return [WatchedRow(*row) for row in tx.execute(query, (grp, now))]


def look_back(tx: Connection, grp: int, append_key: bytes, look: int) -> None:
    """Note when to look at homes that the group has left."""
    tx.execute("UPDATE watched_leaf SET look_back = ? WHERE grp = ? AND append_key = ?", (look, grp, append_key))


def watched_keys(tx: Connection, grp: int) -> list[bytes]:
    """Return the append keys of all leaves that are watched."""
    query = "SELECT append_key FROM watched_leaf WHERE grp = ? ORDER BY append_key"
    return [row[0] for row in tx.execute(query, (grp,))]


def looked(tx: Connection, grp: int, append_key: bytes, look: int) -> None:
    """Note when to look again."""
    tx.execute("UPDATE watched_leaf SET look = ? WHERE grp = ? AND append_key = ?", (look, grp, append_key))


def watched(tx: Connection, grp: int, leaf_hash: bytes) -> WatchedRow | None:
    """Return a leaf that is watched."""
    query = f"SELECT {_WATCHED} FROM watched_leaf WHERE grp = ? AND leaf_hash = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, leaf_hash)).fetchone()
    return None if row is None else WatchedRow(*row)


@dataclass(frozen=True, slots=True)
class ComingBackRow:
    """A row of ``coming_back``: our own request.

    ``away`` tells that we ask for having been away for too long, in ``epoch``; ``resumed`` is the Unix time at which an
    admin decided to go on from there nevertheless.
    """

    grp: int
    why: str
    made: int
    key_package: bytes = field(repr=False)
    secrets: bytes = field(repr=False)
    asking: bytes = field(repr=False)
    answering: bytes = field(repr=False)
    away: int
    epoch: int
    resumed: int | None = None


_COMING = "grp, why, made, key_package, secrets, asking, answering, away, epoch, resumed"


def set_coming(tx: Connection, row: ComingBackRow) -> None:
    """Keep our request; it takes the place of an older one."""
    tx.execute(
        f"INSERT OR REPLACE INTO coming_back ({_COMING}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (
            row.grp,
            row.why,
            row.made,
            row.key_package,
            bytes(row.secrets),
            bytes(row.asking),
            bytes(row.answering),
            row.away,
            row.epoch,
            row.resumed,
        ),
    )


def get_coming(tx: Connection, grp: int) -> ComingBackRow | None:
    """Return our request, None if there is none."""
    row = tx.execute(f"SELECT {_COMING} FROM coming_back WHERE grp = ?", (grp,)).fetchone()  # noqa: S608 - constant
    return None if row is None else ComingBackRow(*row)


def set_resumed(tx: Connection, grp: int, now: int) -> None:
    """Note that we go on though nobody has answered."""
    tx.execute("UPDATE coming_back SET resumed = ? WHERE grp = ?", (now, grp))


def drop_coming(tx: Connection, grp: int) -> None:
    """Forget our request and its keys: we are back."""
    tx.execute("DELETE FROM coming_back WHERE grp = ?", (grp,))


def add_request(tx: Connection, grp: int, digest: bytes, request: bytes, identity: bytes, relay_id: bytes) -> None:
    """Keep a request of somebody else, and at which relay it was found."""
    tx.execute(
        "INSERT OR IGNORE INTO return_request (grp, digest, request, identity, relay_id) VALUES (?, ?, ?, ?, ?)",
        (grp, digest, request, identity, relay_id),
    )


def request_relay(tx: Connection, grp: int, digest: bytes) -> bytes | None:
    """Return the id of the relay at which a request was found."""
    row = tx.execute("SELECT relay_id FROM return_request WHERE grp = ? AND digest = ?", (grp, digest)).fetchone()
    return None if row is None else bytes(row[0])


def get_request(tx: Connection, grp: int, digest: bytes) -> bytes | None:
    """Return a request of somebody else."""
    row = tx.execute("SELECT request FROM return_request WHERE grp = ? AND digest = ?", (grp, digest)).fetchone()
    return None if row is None else bytes(row[0])


def requests(tx: Connection, grp: int) -> list[tuple[bytes, bytes, bytes]]:
    """Return (digest, request, identity key) of every request of others."""
    return tx.execute("SELECT digest, request, identity FROM return_request WHERE grp = ?", (grp,)).fetchall()


def drop_request(tx: Connection, grp: int, digest: bytes) -> None:
    """Forget a request: it was done, or cannot be."""
    tx.execute("DELETE FROM return_request WHERE grp = ? AND digest = ?", (grp, digest))


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """A row of ``reply``: an answer on its way to somebody who asks to come back."""

    id: int
    secret: bytes = field(repr=False)
    retention: int
    blobs: bytes = field(repr=False)
    once: int
    relay_id: bytes


def add_reply(
    tx: Connection, grp: int, secret: bytes, retention: int, blobs: bytes, relay_id: bytes, *, once: bool = False
) -> None:
    """Keep an answer until a relay has it; ``once``: it is needed only if nobody has given it yet."""
    query = "INSERT INTO reply (grp, secret, class, blobs, once, relay_id) VALUES (?, ?, ?, ?, ?, ?)"
    tx.execute(query, (grp, secret, retention, blobs, int(once), relay_id))


def replies(tx: Connection, grp: int) -> list[ReplyRow]:
    """Return the answers that their relay does not have yet."""
    query = "SELECT id, secret, class, blobs, once, relay_id FROM reply WHERE grp = ? ORDER BY id"
    return [ReplyRow(*row) for row in tx.execute(query, (grp,))]


def drop_reply(tx: Connection, reply: int) -> None:
    """The relay has an answer."""
    tx.execute("DELETE FROM reply WHERE id = ?", (reply,))


def enter_again(tx: Connection, grp: int, *, added_by: bytes, joined: int) -> None:
    """Begin anew in the group of a row: its MLS state goes, identity, numbering, epochs and board stay."""
    for table in ("mls_part", "staged", "part", "own_box", "sealing_key", "ended", "fork", "wish"):
        tx.execute(f"DELETE FROM {table} WHERE grp = ?", (grp,))  # noqa: S608 - constant names
    tx.execute(
        "UPDATE grp SET state = 'active', problem = NULL, added_by = ?, joined = ?, snapshot = NULL, synced = NULL,"
        " circle = NULL, whole = 0, version = version + 1 WHERE id = ?",
        (added_by, joined, grp),
    )
