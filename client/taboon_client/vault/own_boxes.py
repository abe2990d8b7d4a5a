"""Rows of the own mailboxes of an epoch whose mailbox was spoiled. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["OwnBoxRow"]


@dataclass(frozen=True, slots=True)
class OwnBoxRow:
    """A row of ``own_box``: the mailbox in which one leaf alone can write, and how far it has been read."""

    grp: int
    leaf: int
    count: int
    append_key: bytes
    read_seed: bytes = field(repr=False)
    number: int
    head: bytes
    open: int = 1


_COLUMNS = "grp, leaf, count, append_key, read_seed, number, head, open"


def add(tx: Connection, row: OwnBoxRow) -> None:
    """Begin to read a mailbox."""
    tx.execute(
        f"INSERT OR IGNORE INTO own_box ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (row.grp, row.leaf, row.count, row.append_key, bytes(row.read_seed), row.number, row.head, row.open),
    )


def get(tx: Connection, grp: int, leaf: int, count: int) -> OwnBoxRow | None:
    """Return one mailbox."""
    query = f"SELECT {_COLUMNS} FROM own_box WHERE grp = ? AND leaf = ? AND count = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, leaf, count)).fetchone()
    return None if row is None else OwnBoxRow(*row)


def to_read(tx: Connection, grp: int) -> list[OwnBoxRow]:
    """Return the mailboxes that something may still come to, by leaf."""
    query = f"SELECT {_COLUMNS} FROM own_box WHERE grp = ? AND open ORDER BY leaf, count"  # noqa: S608 - constant
    return [OwnBoxRow(*row) for row in tx.execute(query, (grp,))]


def move(tx: Connection, grp: int, leaf: int, count: int, number: int, head: bytes) -> None:
    """Note how far a mailbox has been read."""
    tx.execute(
        "UPDATE own_box SET number = ?, head = ? WHERE grp = ? AND leaf = ? AND count = ?",
        (number, head, grp, leaf, count),
    )


def close(tx: Connection, grp: int, leaf: int, count: int) -> None:
    """Read a mailbox no more: it was sealed."""
    tx.execute("UPDATE own_box SET open = 0 WHERE grp = ? AND leaf = ? AND count = ?", (grp, leaf, count))


def drop(tx: Connection, grp: int) -> None:
    """Forget all: the epoch has ended."""
    tx.execute("DELETE FROM own_box WHERE grp = ?", (grp,))
