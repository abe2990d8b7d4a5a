"""Raw group commits: rows like a relay's, in durable transactions of 64, with nothing of the relay around them."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import psycopg
import sqlcipher3.dbapi2 as sqlite

from bench.harness import Stopwatch
from bench.load.requests import BLOB

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["postgres_rate", "sqlite_rate"]

_BATCH = 64
_TABLE = """CREATE TABLE bench_blob (mailbox {bytes} NOT NULL, number BIGINT NOT NULL, hash {bytes} NOT NULL,
    bytes {bytes} NOT NULL, PRIMARY KEY (mailbox, number), UNIQUE (mailbox, hash))"""


def _rows(commits: int) -> list[list[tuple[bytes, int, bytes, bytes]]]:
    """Return rows for so many commits: one blob for each of 64 mailboxes."""
    mailboxes = [os.urandom(32) for _ in range(_BATCH)]
    return [
        [(mailbox, number, os.urandom(32), os.urandom(BLOB)) for mailbox in mailboxes]
        for number in range(1, commits + 1)
    ]


def sqlite_rate(folder: Path, commits: int) -> float:
    """Return rows a second that SQLite stores in a new file, in commits of 64 rows that have reached the disk."""
    batches = _rows(commits)
    with contextlib.closing(sqlite.connect(str(folder / "commits.db"), isolation_level=None)) as connection:
        for setting in ("page_size = 16384", "journal_mode = WAL", "synchronous = FULL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(_TABLE.format(bytes="BLOB") + " WITHOUT ROWID")
        with Stopwatch() as watch:
            for batch in batches:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO bench_blob VALUES (?, ?, ?, ?)", batch)
                connection.execute("COMMIT")
    return commits * _BATCH / watch.seconds


def postgres_rate(url: str, commits: int) -> float:
    """Return rows a second that an empty PostgreSQL database stores, in durable commits of 64 rows."""
    batches = _rows(commits)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLE.format(bytes="BYTEA"))
        connection.commit()
        with Stopwatch() as watch:
            for batch in batches:
                cursor.executemany("INSERT INTO bench_blob VALUES (%s, %s, %s, %s)", batch)
                connection.commit()
    return commits * _BATCH / watch.seconds
