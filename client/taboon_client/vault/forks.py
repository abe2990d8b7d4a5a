"""Rows of a kept epoch to which another seal may yet be found, and putting it back. SQL and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from taboon_client.vault.groups import MailboxRow
from taboon_client.vault.own_boxes import OwnBoxRow

if TYPE_CHECKING:
    from taboon_client.vault.database import Connection

__all__ = ["State"]

State = dict[str, list[dict[str, Any]]]
"""Rows by table, each by the names of its columns."""

_TABLES = {
    "mls_part": ("grp", "name", "bytes"),
    "mailbox": (
        *("grp", "epoch", "class", "mailbox_secret", "blob_key", "number", "head", "spoiled", "lost", "entered"),
    ),
    "own_box": ("grp", "leaf", "count", "append_key", "read_seed", "number", "head", "open"),
    "staged": ("grp", "live", "bytes", "blobs", "hash", "expected", "welcome", "adds"),
    "leaf_key": ("grp", "kind", "public", "secret"),
}


def state(tx: Connection, grp: int) -> State:
    """Return everything that an epoch needs to go on from where it is."""
    return {
        table: [
            dict(zip(columns, row, strict=True))
            for row in tx.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE grp = ?", (grp,))  # noqa: S608 - constant
        ]
        for table, columns in _TABLES.items()
    }


def is_state(value: object) -> TypeGuard[State]:
    """Tell whether something is what :func:`state` gives in this version: another one may have other columns."""
    if not isinstance(value, dict) or value.keys() != _TABLES.keys() or len(value["mailbox"]) != 1:
        return False
    return all(row.keys() == set(columns) for table, columns in _TABLES.items() for row in value[table])


def mailbox_in(kept: State) -> MailboxRow:
    """Return the epoch's mailbox."""
    (row,) = kept["mailbox"]
    return MailboxRow(**{"retention" if name == "class" else name: value for name, value in row.items()})


def boxes_in(kept: State) -> list[OwnBoxRow]:
    """Return its own mailboxes."""
    return [OwnBoxRow(**row) for row in kept["own_box"]]


def parts_in(kept: State) -> dict[str, bytes]:
    """Return the parts of the MLS group."""
    return {row["name"]: row["bytes"] for row in kept["mls_part"]}


def staged_in(kept: State) -> list[bytes]:
    """Return our own commits that could have ended it."""
    return [row["bytes"] for row in kept["staged"]]


def restore(tx: Connection, grp: int, kept: State) -> None:
    """Put an epoch back as it was."""
    for table, columns in _TABLES.items():
        if table != "leaf_key":
            tx.execute(f"DELETE FROM {table} WHERE grp = ?", (grp,))  # noqa: S608 - constant
        marks = ", ".join("?" for _ in columns)
        query = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - constant
        tx.executemany(query, [tuple(row[name] for name in columns) for row in kept[table]])
    tx.execute("DELETE FROM part WHERE grp = ?", (grp,))
    tx.execute("UPDATE grp SET version = version + 1 WHERE id = ?", (grp,))


def end_chain(tx: Connection, grp: int, epoch: int, *, carried: int | None) -> None:
    """Leave the epochs after one for good; say what carried the events that came in them, None if that is not known."""
    tx.execute(
        "INSERT OR IGNORE INTO left_epoch (grp, epoch_id) SELECT grp, epoch_id FROM epoch WHERE grp = ? AND number > ?",
        (grp, epoch),
    )
    tx.execute("DELETE FROM epoch WHERE grp = ? AND number > ?", (grp, epoch))
    tx.execute("DELETE FROM removal WHERE grp = ? AND epoch > ?", (grp, epoch))
    tx.execute("DELETE FROM deed WHERE grp = ? AND epoch > ?", (grp, epoch))
    tx.execute("UPDATE event SET carried = ? WHERE grp = ? AND carried > ?", (carried, grp, epoch))


def keep(tx: Connection, grp: int, epoch: int, at: int, kept: bytes) -> None:
    """Keep an epoch that has ended."""
    tx.execute("INSERT OR REPLACE INTO fork (grp, epoch, at, kept) VALUES (?, ?, ?, ?)", (grp, epoch, at, kept))


def kept(tx: Connection, grp: int, epoch: int) -> tuple[int, bytes] | None:
    """Return (when we went on, what is kept) of an epoch."""
    row = tx.execute("SELECT at, kept FROM fork WHERE grp = ? AND epoch = ?", (grp, epoch)).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def due(tx: Connection, grp: int, epoch: int, now: int, pause: int) -> bool:
    """Tell whether it is time to look for another commit of a kept epoch; if so, note when the next look is."""
    query = "UPDATE fork SET look = ? WHERE grp = ? AND epoch = ? AND look <= ?"
    return tx.execute(query, (now + pause, grp, epoch, now)).rowcount > 0


def set_looked(tx: Connection, grp: int, epoch: int) -> None:
    """Note that we have looked for another commit of a kept epoch."""
    tx.execute("UPDATE fork SET look = max(look, 1) WHERE grp = ? AND epoch = ?", (grp, epoch))


def has_looked(tx: Connection, grp: int, epoch: int) -> bool:
    """Tell whether we have looked for another commit of a kept epoch."""
    return tx.execute("SELECT 1 FROM fork WHERE grp = ? AND epoch = ? AND look", (grp, epoch)).fetchone() is not None


def all_kept(tx: Connection, grp: int) -> list[tuple[int, int, bytes]]:
    """Return (epoch, when we went on, what is kept), oldest first."""
    return [
        (row[0], row[1], bytes(row[2]))
        for row in tx.execute("SELECT epoch, at, kept FROM fork WHERE grp = ? ORDER BY epoch", (grp,))
    ]


def drop(tx: Connection, grp: int, epoch: int) -> None:
    """Keep an epoch no more: its keys are gone."""
    tx.execute("DELETE FROM fork WHERE grp = ? AND epoch = ?", (grp, epoch))


def drop_from(tx: Connection, grp: int, epoch: int) -> None:
    """Keep an epoch and those after it no more."""
    tx.execute("DELETE FROM fork WHERE grp = ? AND epoch >= ?", (grp, epoch))


def was_left(tx: Connection, grp: int, epoch_id: bytes) -> bool:
    """Tell whether an epoch is one that we have left."""
    query = "SELECT 1 FROM left_epoch WHERE grp = ? AND epoch_id = ?"
    return tx.execute(query, (grp, epoch_id)).fetchone() is not None


def spoke_after(tx: Connection, grp: int, author: bytes, epoch: int) -> bool:
    """Tell whether an event of a member states an epoch of the chain after one."""
    query = (
        "SELECT 1 FROM event JOIN epoch ON epoch.grp = event.grp AND epoch.epoch_id = event.epoch_id"
        " WHERE event.grp = ? AND event.author = ? AND epoch.number > ? LIMIT 1"
    )
    return tx.execute(query, (grp, author, epoch)).fetchone() is not None
