"""Rows of the commits that ended the latest epochs, for a relay that loses its disk. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["EndedRow"]


@dataclass(frozen=True, slots=True)
class EndedRow:
    """A row of ``ended``: an epoch that is over, the keys of its mailbox, and its commit as blobs (CBOR).

    ``home`` and ``popup`` tell which relay is known to hold a seal there; ``popup_secret`` is of the mailbox at a
    pop-up relay, if one was in use. ``stood`` shows that the commit stood at home; the last two are the seeds of our
    own mailbox of that epoch.
    """

    grp: int
    epoch: int
    retention: int
    mailbox_secret: bytes = field(repr=False)
    blobs: bytes = field(repr=False)
    at: int
    popup_secret: bytes | None = field(default=None, repr=False)
    home: int = 1
    popup: int = 1
    stood: bytes | None = field(default=None, repr=False)
    own_read: bytes | None = field(default=None, repr=False)
    own_append: bytes | None = field(default=None, repr=False)


_COLUMNS = "grp, epoch, class, mailbox_secret, blobs, at, popup_secret, home, popup, stood, own_read, own_append"


def keep(tx: Connection, row: EndedRow, before: int) -> None:
    """Keep the commit that ended an epoch, and none that is older than a time."""
    tx.execute(
        f"INSERT OR REPLACE INTO ended ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (
            row.grp,
            row.epoch,
            row.retention,
            bytes(row.mailbox_secret),
            row.blobs,
            row.at,
            row.popup_secret,
            row.home,
            row.popup,
            row.stood,
            row.own_read,
            row.own_append,
        ),
    )
    tx.execute("DELETE FROM ended WHERE grp = ? AND at < ?", (row.grp, before))


def get(tx: Connection, grp: int, epoch: int) -> EndedRow | None:
    """Return what is kept of one epoch that has ended."""
    query = f"SELECT {_COLUMNS} FROM ended WHERE grp = ? AND epoch = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, epoch)).fetchone()
    return None if row is None else EndedRow(*row)


def to_bring(tx: Connection, grp: int, *, popup: bool) -> list[EndedRow]:
    """Return the commits that one of the relays is not known to hold, newest first."""
    query = (
        f"SELECT {_COLUMNS} FROM ended WHERE grp = ?1"  # noqa: S608 - constant
        " AND CASE ?2 WHEN 1 THEN popup = 0 AND popup_secret IS NOT NULL ELSE home = 0 END ORDER BY epoch DESC"
    )
    return [EndedRow(*row) for row in tx.execute(query, (grp, int(popup)))]


def lose(tx: Connection, grp: int, most: int) -> list[int]:
    """Home may have lost the latest commits. Returns the epochs that these ended, oldest first."""
    rows = tx.execute("SELECT epoch FROM ended WHERE grp = ? ORDER BY epoch DESC LIMIT ?", (grp, most)).fetchall()
    tx.executemany("UPDATE ended SET home = 0 WHERE grp = ? AND epoch = ?", [(grp, epoch) for (epoch,) in rows])
    return sorted(epoch for (epoch,) in rows)


def set_there(tx: Connection, grp: int, epoch: int, *, popup: bool) -> None:
    """Note that one of the relays holds a seal of an epoch."""
    column = "popup" if popup else "home"
    tx.execute(f"UPDATE ended SET {column} = 1 WHERE grp = ? AND epoch = ?", (grp, epoch))  # noqa: S608 - constant


def drop_from(tx: Connection, grp: int, epoch: int) -> None:
    """Forget the commits of an epoch and of those after it: another history stands."""
    tx.execute("DELETE FROM ended WHERE grp = ? AND epoch >= ?", (grp, epoch))
