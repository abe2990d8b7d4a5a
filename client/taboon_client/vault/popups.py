"""Rows of a pop-up relay beside home, and of the blobs to be carried between the two. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["PopupRow"]


@dataclass(frozen=True, slots=True)
class PopupRow:
    """A row of ``popup``: where it is, and how far the mailbox of an epoch has been read there."""

    grp: int
    url: str
    relay_id: bytes
    since: int
    reached: int | None
    over: int
    epoch: int
    mailbox_secret: bytes = field(repr=False)
    number: int
    head: bytes
    spoiled: int = 0
    said: int = 0


_COLUMNS = "grp, url, relay_id, since, reached, over, epoch, mailbox_secret, number, head, spoiled, said"


def get(tx: Connection, grp: int) -> PopupRow | None:
    """Return the pop-up relay of a group, None where it uses none."""
    row = tx.execute(f"SELECT {_COLUMNS} FROM popup WHERE grp = ?", (grp,)).fetchone()  # noqa: S608 - constant
    return None if row is None else PopupRow(*row)


def put(tx: Connection, row: PopupRow) -> None:
    """Use a pop-up relay, from the beginning of its mailbox."""
    tx.execute(
        f"INSERT OR REPLACE INTO popup ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (
            row.grp,
            row.url,
            row.relay_id,
            row.since,
            row.reached,
            row.over,
            row.epoch,
            bytes(row.mailbox_secret),
            row.number,
            row.head,
            row.spoiled,
            row.said,
        ),
    )


def drop(tx: Connection, grp: int) -> None:
    """Use none any more."""
    tx.execute("DELETE FROM popup WHERE grp = ?", (grp,))
    forget_blobs(tx, grp)


def move(tx: Connection, grp: int, number: int, head: bytes) -> None:
    """Note how far its mailbox has been read."""
    tx.execute("UPDATE popup SET number = ?, head = ? WHERE grp = ?", (number, head, grp))


def set_spoiled(tx: Connection, grp: int) -> None:
    """Its mailbox of the present epoch was sealed with no commit."""
    tx.execute("UPDATE popup SET spoiled = 1 WHERE grp = ?", (grp,))


def set_said(tx: Connection, grp: int, *, said: bool) -> None:
    """Note whether what we had said in this epoch before is there, too."""
    tx.execute("UPDATE popup SET said = ? WHERE grp = ?", (int(said), grp))


def set_reached(tx: Connection, grp: int, now: int) -> None:
    """Note that it has answered."""
    tx.execute("UPDATE popup SET reached = ? WHERE grp = ?", (now, grp))


def set_place(tx: Connection, grp: int, url: str, *, over: bool) -> None:
    """Note where it is now, and whether it is still asked."""
    tx.execute("UPDATE popup SET url = ?, over = ? WHERE grp = ?", (url, int(over), grp))


def set_over(tx: Connection, grp: int) -> None:
    """Ask it no more; what was said there has still to come home."""
    tx.execute("UPDATE popup SET over = 1 WHERE grp = ?", (grp,))


def hold_blob(tx: Connection, grp: int, digest: bytes, blob: bytes, *, popup: bool) -> None:
    """Note that one of the relays holds a blob of the present epoch, and keep it for the other."""
    tx.execute(
        "INSERT INTO carried (grp, hash, bytes, home, popup) VALUES (?1, ?2, ?3, 1 - ?4, ?4)"
        " ON CONFLICT (grp, hash) DO UPDATE SET home = max(home, 1 - ?4), popup = max(popup, ?4)",
        (grp, digest, blob, int(popup)),
    )
    tx.execute("UPDATE carried SET bytes = NULL WHERE grp = ? AND hash = ? AND home AND popup", (grp, digest))


def to_carry(tx: Connection, grp: int, most: int, *, popup: bool) -> list[bytes]:
    """Return blobs that one of the relays is not known to hold, in the order they came."""
    rows = tx.execute(
        "SELECT bytes FROM carried WHERE grp = ?1 AND bytes IS NOT NULL AND CASE ?2 WHEN 1 THEN popup ELSE home END = 0"
        " ORDER BY id LIMIT ?3",
        (grp, int(popup), most),
    )
    return [row[0] for row in rows]


def lose_blobs(tx: Connection, grp: int) -> None:
    """The pop-up relay has forgotten everything: what is still kept here goes there again."""
    tx.execute("UPDATE carried SET popup = 0 WHERE grp = ?", (grp,))
    tx.execute("DELETE FROM carried WHERE grp = ? AND bytes IS NULL AND home", (grp,))


def forget_blobs(tx: Connection, grp: int) -> None:
    """The epoch is over: its blobs are nobody's business."""
    tx.execute("DELETE FROM carried WHERE grp = ?", (grp,))


def step_back(tx: Connection, grp: int, identity: bytes, until: int) -> None:
    """Only read until a member is removed, or a time has come."""
    tx.execute("INSERT OR REPLACE INTO stepped_back (grp, identity, until) VALUES (?, ?, ?)", (grp, identity, until))


def stepped_back(tx: Connection, grp: int, now: int) -> list[bytes]:
    """Return the present members for whose removal we wait."""
    tx.execute("DELETE FROM stepped_back WHERE grp = ? AND until <= ?", (grp, now))
    rows = tx.execute(
        "SELECT stepped_back.identity FROM stepped_back JOIN sealing_key USING (grp, identity) WHERE grp = ?", (grp,)
    )
    return [row[0] for row in rows]
