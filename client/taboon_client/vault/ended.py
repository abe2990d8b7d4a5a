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

    ``home`` and ``popup`` tell which relay is known to hold a seal there; ``relay_id`` is that of home in that epoch.
    ``popup_secret`` is of the mailbox at another relay, ``popup_id``: a pop-up relay that was in use, or the one that
    the commit has made home. ``stood`` shows that the commit stood at home; ``own_read`` and ``own_append``
    are the seeds of our own mailbox of that epoch. ``witness`` is what judges another commit of it (CBOR), ``last`` who
    had committed before, ``leaf`` the name of our leaf there and its secret for coming back; ``relook`` is the Unix
    time at which home is asked again for its seal.
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
    witness: bytes | None = field(default=None, repr=False)
    last: bytes | None = None
    leaf: bytes | None = field(default=None, repr=False)
    relook: int = 0
    relay_id: bytes = b""
    popup_id: bytes | None = None


_COLUMNS = (
    "grp, epoch, class, mailbox_secret, blobs, at, popup_secret, home, popup, stood, own_read, own_append,"
    " witness, last, leaf, relook, relay_id, popup_id"
)
_WITNESSES = 16
_WITNESSED = 8 * 1024 * 1024
"""Epochs of which a witness is kept, and how many bytes these have, at most: it holds the whole tree."""


def keep(tx: Connection, row: EndedRow, before: int) -> None:
    """Keep the commit that ended an epoch, and none that is older than a time."""
    tx.execute(
        f"INSERT OR REPLACE INTO ended ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
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
            row.witness,
            row.last,
            row.leaf,
            row.relook,
            row.relay_id,
            row.popup_id,
        ),
    )
    query = "SELECT epoch, length(witness) FROM ended WHERE grp = ? AND witness IS NOT NULL ORDER BY epoch DESC"
    room = _WITNESSED
    for place, (epoch, size) in enumerate(tx.execute(query, (row.grp,)).fetchall()):
        room -= size
        if place and (place >= _WITNESSES or room < 0):
            tx.execute("UPDATE ended SET witness = NULL WHERE grp = ? AND epoch = ?", (row.grp, epoch))
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


def lose(tx: Connection, grp: int, relay_id: bytes, most: int) -> list[int]:
    """Home may have lost the latest commits. Returns the epochs that these ended, oldest first."""
    query = "SELECT epoch FROM ended WHERE grp = ? AND relay_id = ? ORDER BY epoch DESC LIMIT ?"
    rows = tx.execute(query, (grp, relay_id, most)).fetchall()
    tx.executemany("UPDATE ended SET home = 0 WHERE grp = ? AND epoch = ?", [(grp, epoch) for (epoch,) in rows])
    return sorted(epoch for (epoch,) in rows)


def set_there(tx: Connection, grp: int, epoch: int, *, popup: bool) -> None:
    """Note that one of the relays holds a seal of an epoch."""
    column = "popup" if popup else "home"
    tx.execute(f"UPDATE ended SET {column} = 1 WHERE grp = ? AND epoch = ?", (grp, epoch))  # noqa: S608 - constant


def drop_from(tx: Connection, grp: int, epoch: int) -> None:
    """Forget the commits of an epoch and of those after it: another history stands."""
    tx.execute("DELETE FROM ended WHERE grp = ? AND epoch >= ?", (grp, epoch))


def witnessed(tx: Connection, grp: int) -> list[EndedRow]:
    """Return the ended epochs whose commits can be judged here, newest first."""
    query = f"SELECT {_COLUMNS} FROM ended WHERE grp = ? AND witness IS NOT NULL ORDER BY epoch DESC"  # noqa: S608
    return [EndedRow(*row) for row in tx.execute(query, (grp,))]


def set_relook(tx: Connection, grp: int, epoch: int, at: int) -> None:
    """Note when home is asked again for the seal of an epoch."""
    tx.execute("UPDATE ended SET relook = ? WHERE grp = ? AND epoch = ?", (at, grp, epoch))


def set_popup(tx: Connection, grp: int, epoch: int, relay_id: bytes, secret: bytes) -> None:
    """Bring the commit of an epoch to a pop-up relay, too."""
    query = "UPDATE ended SET popup_secret = ?, popup_id = ?, popup = 0 WHERE grp = ? AND epoch = ?"
    tx.execute(query, (secret, relay_id, grp, epoch))
