"""Rows of what somebody has set up for themselves in a group; no event holds it. SQL and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__: list[str] = []


def set_setting(tx: Connection, grp: int, kind: str, name: str, value: bytes) -> None:
    """Write a setting, over one of that name if there is one."""
    tx.execute(
        "INSERT OR REPLACE INTO own_setting (grp, kind, name, value) VALUES (?, ?, ?, ?)", (grp, kind, name, value)
    )


def settings(tx: Connection, grp: int, kind: str) -> dict[str, bytes]:
    """Return the settings of a kind, by name, in the order of the names."""
    rows = tx.execute("SELECT name, value FROM own_setting WHERE grp = ? AND kind = ? ORDER BY name", (grp, kind))
    return dict(rows.fetchall())


def drop_beginning(tx: Connection, grp: int, kind: str, beginning: str) -> None:
    """Forget all settings of a kind whose names begin so; it ends in what sorts before ``~``."""
    query = "DELETE FROM own_setting WHERE grp = ? AND kind = ? AND name >= ? AND name < ?"
    tx.execute(query, (grp, kind, beginning, beginning + "~"))


def drop_setting(tx: Connection, grp: int, kind: str, name: str) -> bool:
    """Forget a setting; tells whether there was one."""
    done = tx.execute("DELETE FROM own_setting WHERE grp = ? AND kind = ? AND name = ?", (grp, kind, name))
    return done.rowcount > 0
