"""Rows of the outbox and of our own blobs: what is saved and not yet known to be at the relay. SQL and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__: list[str] = []


def queue_event(tx: Connection, grp: int, event: bytes) -> None:
    """Queue an event of the event table, ours or one we pass on; one that waits already is not doubled."""
    tx.execute(
        "INSERT INTO outbox (grp, event) SELECT ?1, ?2"
        " WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE grp = ?1 AND event = ?2)",
        (grp, event),
    )


def queue_payload(tx: Connection, grp: int, payload: bytes) -> None:
    """Queue a payload that is no event."""
    tx.execute("INSERT INTO outbox (grp, payload) VALUES (?, ?)", (grp, payload))


def waiting(tx: Connection, grp: int, limit: int) -> list[tuple[int, bytes | None, bytes | None]]:
    """Return (row id, event bytes, payload) of what is not encrypted yet, oldest first."""
    return tx.execute(
        "SELECT outbox.id, event.bytes, outbox.payload FROM outbox LEFT JOIN event ON event.name = outbox.event"
        " WHERE outbox.grp = ? AND outbox.blob IS NULL ORDER BY outbox.id LIMIT ?",
        (grp, limit),
    ).fetchall()


def waiting_size(tx: Connection, grp: int) -> int:
    """Return how many bytes of events and payloads are not encrypted yet."""
    row = tx.execute(
        "SELECT coalesce(sum(length(coalesce(event.bytes, outbox.payload))), 0) FROM outbox"
        " LEFT JOIN event ON event.name = outbox.event WHERE outbox.grp = ? AND outbox.blob IS NULL",
        (grp,),
    ).fetchone()
    return int(row[0])


def unsent(tx: Connection, grp: int) -> int:
    """Return how many rows are not known to be at the relay."""
    return int(tx.execute("SELECT count(*) FROM outbox WHERE grp = ?", (grp,)).fetchone()[0])


def add_blob(tx: Connection, grp: int, digest: bytes, blob: bytes, rows: list[int]) -> None:
    """Keep a finished blob, and note which outbox rows it carries."""
    tx.execute("INSERT INTO own_blob (grp, hash, bytes) VALUES (?, ?, ?)", (grp, digest, blob))
    tx.executemany("UPDATE outbox SET blob = ? WHERE id = ?", [(digest, row) for row in rows])


def unsent_blobs(tx: Connection, grp: int) -> list[bytes]:
    """Return the finished blobs for which no receipt has come, in the order they were made."""
    rows = tx.execute("SELECT bytes FROM own_blob WHERE grp = ? AND bytes IS NOT NULL ORDER BY id", (grp,))
    return [row[0] for row in rows]


def own_hash(tx: Connection, digest: bytes) -> bool:
    """Tell whether a blob is one we made in this epoch."""
    return tx.execute("SELECT 1 FROM own_blob WHERE hash = ?", (digest,)).fetchone() is not None


def acknowledge(tx: Connection, grp: int, digest: bytes, epoch: int) -> int:
    """The relay has a blob: forget its bytes and what it carried. Returns how many outbox rows that were."""
    tx.execute(
        "UPDATE event SET carried = ? WHERE name IN (SELECT event FROM outbox WHERE grp = ? AND blob = ?)",
        (epoch, grp, digest),
    )
    tx.execute("UPDATE own_blob SET bytes = NULL WHERE hash = ?", (digest,))
    return int(tx.execute("DELETE FROM outbox WHERE grp = ? AND blob = ?", (grp, digest)).rowcount)


def is_sent(tx: Connection, digest: bytes) -> bool:
    """Tell whether a blob that we made in this epoch is known to be at the relay."""
    return tx.execute("SELECT 1 FROM own_blob WHERE hash = ? AND bytes IS NULL", (digest,)).fetchone() is not None


def drop_carried(tx: Connection, grp: int, epoch: int) -> None:
    """Send nothing that the mailbox of the present epoch holds already: somebody else was first."""
    tx.execute(
        "DELETE FROM outbox WHERE grp = ? AND blob IS NULL AND event IN (SELECT name FROM event WHERE carried = ?)",
        (grp, epoch),
    )


def drop_payloads(tx: Connection, grp: int) -> None:
    """Forget what waits and is no event: it was meant for an epoch that we are not in any more."""
    tx.execute("DELETE FROM outbox WHERE grp = ? AND payload IS NOT NULL", (grp,))


def drop_payload(tx: Connection, grp: int, payload: bytes) -> None:
    """Send one of these no more, if it is not encrypted yet: somebody else was first."""
    tx.execute("DELETE FROM outbox WHERE grp = ? AND payload = ? AND blob IS NULL", (grp, payload))


def start_epoch(tx: Connection, grp: int) -> None:
    """The epoch is over: what was not in is encrypted anew, and the blobs of the old one are nobody's business."""
    tx.execute("UPDATE outbox SET blob = NULL WHERE grp = ?", (grp,))
    tx.execute("DELETE FROM own_blob WHERE grp = ?", (grp,))
    tx.execute("DELETE FROM carried WHERE grp = ?", (grp,))
