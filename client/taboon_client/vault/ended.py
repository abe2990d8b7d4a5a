"""Rows of the commits that ended the latest epochs, for a relay that loses its disk. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["EndedRow"]


@dataclass(frozen=True, slots=True)
class EndedRow:
    """A row of ``ended``: an epoch that is over, the keys of its mailbox, and its commit as blobs (CBOR)."""

    grp: int
    epoch: int
    retention: int
    mailbox_secret: bytes = field(repr=False)
    blobs: bytes = field(repr=False)
    at: int


_COLUMNS = "grp, epoch, class, mailbox_secret, blobs, at"


def keep(tx: Connection, row: EndedRow, before: int) -> None:
    """Keep the commit that ended an epoch, and none that is older than a time."""
    tx.execute(
        f"INSERT OR REPLACE INTO ended ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (row.grp, row.epoch, row.retention, bytes(row.mailbox_secret), row.blobs, row.at),
    )
    tx.execute("DELETE FROM ended WHERE grp = ? AND at < ?", (row.grp, before))


def latest(tx: Connection, grp: int, most: int) -> list[EndedRow]:
    """Return the latest commits, newest first."""
    query = f"SELECT {_COLUMNS} FROM ended WHERE grp = ? ORDER BY epoch DESC LIMIT ?"  # noqa: S608 - constant
    return [EndedRow(*row) for row in tx.execute(query, (grp, most))]
