"""Rows of other histories of a group, and of what is done again on the side that stands. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["OtherSideRow"]


@dataclass(frozen=True, slots=True)
class OtherSideRow:
    """A row of ``other_side``: the epoch where another history begins, and what is known of it."""

    epoch: int
    at: int
    showing: bytes | None = field(repr=False)
    stands: int
    heard: int
    blobs: bytes | None = field(repr=False)
    made: int | None


_COLUMNS = "epoch, at, showing, stands, heard, blobs, made"


def note(tx: Connection, grp: int, epoch: int, now: int) -> None:
    """Note that others are in another history from an epoch on."""
    tx.execute("INSERT OR IGNORE INTO other_side (grp, epoch, at) VALUES (?, ?, ?)", (grp, epoch, now))


def judged(tx: Connection, grp: int, epoch: int, showing: bytes, *, stands: bool, heard: bool) -> None:
    """Keep what the other side shows, and whether it stands before ours."""
    tx.execute(
        "UPDATE other_side SET showing = ?, stands = ?, heard = max(heard, ?) WHERE grp = ? AND epoch = ?",
        (showing, int(stands), int(heard), grp, epoch),
    )


def get(tx: Connection, grp: int, epoch: int) -> OtherSideRow | None:
    """Return what is known of the other history that begins in an epoch."""
    query = f"SELECT {_COLUMNS} FROM other_side WHERE grp = ? AND epoch = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, epoch)).fetchone()
    return None if row is None else OtherSideRow(*row)


def every(tx: Connection, grp: int) -> list[OtherSideRow]:
    """Return all other histories, the one first that parts first."""
    query = f"SELECT {_COLUMNS} FROM other_side WHERE grp = ? ORDER BY epoch"  # noqa: S608 - constant
    return [OtherSideRow(*row) for row in tx.execute(query, (grp,))]


def standing(tx: Connection, grp: int) -> OtherSideRow | None:
    """Return the other history that stands before ours, None where ours does."""
    return next((row for row in every(tx, grp) if row.stands), None)


def set_blobs(tx: Connection, grp: int, epoch: int, blobs: bytes, made: int) -> None:
    """Keep the blobs by which our side is told, and in which epoch they were made."""
    tx.execute("UPDATE other_side SET blobs = ?, made = ? WHERE grp = ? AND epoch = ?", (blobs, made, grp, epoch))


def forget(tx: Connection, grp: int, before: int) -> None:
    """Forget what was learned before a time and asks nothing more of us."""
    tx.execute("DELETE FROM other_side WHERE grp = ? AND at < ? AND NOT stands", (grp, before))


def drop_from(tx: Connection, grp: int, epoch: int) -> None:
    """Forget the other histories that begin in an epoch or after: we have changed over."""
    tx.execute("DELETE FROM other_side WHERE grp = ? AND epoch >= ?", (grp, epoch))


def set_redo(tx: Connection, grp: int, todo: bytes) -> None:
    """Keep what is to be done again."""
    tx.execute("INSERT OR REPLACE INTO redo (grp, todo) VALUES (?, ?)", (grp, todo))


def take_redo(tx: Connection, grp: int) -> bytes | None:
    """Return what is to be done again, once."""
    row = tx.execute("DELETE FROM redo WHERE grp = ? RETURNING todo", (grp,)).fetchone()
    return None if row is None else bytes(row[0])
