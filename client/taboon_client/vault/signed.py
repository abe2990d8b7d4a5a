"""Rows of what the relay has signed, and of what it signed twice over. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["ProofRow"]


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A row of ``proof``: two signed words of the relay on one mailbox that cannot both be true."""

    mailbox: bytes
    epoch: int
    ours: bytes
    theirs: bytes
    at: int


def keep(tx: Connection, grp: int, mailbox: bytes, epoch: int, raw: bytes, most: int) -> None:
    """Keep the latest word on a mailbox, and those of no more than so many epochs."""
    tx.execute(
        "INSERT OR REPLACE INTO signed (grp, mailbox, epoch, raw) VALUES (?, ?, ?, ?)", (grp, mailbox, epoch, raw)
    )
    tx.execute("DELETE FROM signed WHERE grp = ? AND epoch <= ?", (grp, epoch - most))


def get(tx: Connection, grp: int, mailbox: bytes) -> tuple[int, bytes] | None:
    """Return (epoch, the latest word on a mailbox)."""
    row = tx.execute("SELECT epoch, raw FROM signed WHERE grp = ? AND mailbox = ?", (grp, mailbox)).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def latest(tx: Connection, grp: int, most: int) -> list[bytes]:
    """Return the words on the mailboxes of the latest epochs, newest first."""
    query = "SELECT raw FROM signed WHERE grp = ? ORDER BY epoch DESC, mailbox LIMIT ?"
    return [bytes(row[0]) for row in tx.execute(query, (grp, most))]


def keep_proof(tx: Connection, grp: int, row: ProofRow) -> bool:
    """Keep a proof; the first one of a mailbox is enough. Returns whether it is that."""
    query = "INSERT OR IGNORE INTO proof (grp, mailbox, epoch, ours, theirs, at) VALUES (?, ?, ?, ?, ?, ?)"
    return tx.execute(query, (grp, row.mailbox, row.epoch, row.ours, row.theirs, row.at)).rowcount > 0


def proofs(tx: Connection, grp: int) -> list[ProofRow]:
    """Return all proofs, newest epoch first."""
    query = "SELECT mailbox, epoch, ours, theirs, at FROM proof WHERE grp = ? ORDER BY epoch DESC, mailbox"
    return [ProofRow(*row) for row in tx.execute(query, (grp,))]


def epoch_ids(tx: Connection, grp: int, most: int) -> dict[int, bytes]:
    """Return the ids of the latest epochs by number."""
    query = "SELECT number, epoch_id FROM epoch WHERE grp = ? ORDER BY number DESC LIMIT ?"
    return {int(number): bytes(epoch_id) for number, epoch_id in tx.execute(query, (grp, most))}
