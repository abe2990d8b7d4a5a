"""Rows of the home relays that a group has left. SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["HomeRow"]


@dataclass(frozen=True, slots=True)
class HomeRow:
    """A row of ``former_home``; ``since`` is the Unix time at which we left it."""

    relay_id: bytes
    url: str
    pass_: bytes = field(repr=False)
    since: int


_COLUMNS = "relay_id, url, pass, since"


def leave(tx: Connection, grp: int, row: HomeRow) -> None:
    """Note that a relay is home no longer."""
    tx.execute(
        f"INSERT OR REPLACE INTO former_home (grp, {_COLUMNS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - constant
        (grp, row.relay_id, row.url, row.pass_, row.since),
    )


def forget(tx: Connection, grp: int, relay_id: bytes) -> None:
    """Look back at a relay no more."""
    tx.execute("DELETE FROM former_home WHERE grp = ? AND relay_id = ?", (grp, relay_id))


def expire(tx: Connection, grp: int, before: int) -> None:
    """Look back no more at relays that were left before a time; answers that never got there go with them."""
    gone = "SELECT relay_id FROM former_home WHERE grp = ?1 AND since < ?2"
    tx.execute(f"DELETE FROM reply WHERE grp = ?1 AND relay_id IN ({gone})", (grp, before))  # noqa: S608 - constant
    tx.execute("DELETE FROM former_home WHERE grp = ? AND since < ?", (grp, before))


def find(tx: Connection, grp: int, relay_id: bytes) -> HomeRow | None:
    """Return a relay that was home, None if it is not known any more."""
    query = f"SELECT {_COLUMNS} FROM former_home WHERE grp = ? AND relay_id = ?"  # noqa: S608 - constant
    row = tx.execute(query, (grp, relay_id)).fetchone()
    return None if row is None else HomeRow(*row)


def due(tx: Connection, grp: int, now: int) -> list[HomeRow]:
    """Return the relays to look back at now, the one that was left last first."""
    query = f"SELECT {_COLUMNS} FROM former_home WHERE grp = ? AND due <= ? ORDER BY since DESC, relay_id"  # noqa: S608
    return [HomeRow(*row) for row in tx.execute(query, (grp, now))]


def postpone(tx: Connection, grp: int, relay_id: bytes, until: int) -> None:
    """Do not ask a relay before a time."""
    tx.execute("UPDATE former_home SET due = ? WHERE grp = ? AND relay_id = ?", (until, grp, relay_id))
