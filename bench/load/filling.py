"""Fills a relay's SQLite database with mailboxes and blobs, past the relay: millions would take it hours."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING

import sqlcipher3.dbapi2 as sqlite
from tests.server.signing import Keys, digest, heads

from bench.load.requests import BLOB

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fill"]

_RETENTION = 2
_RETENTION_DAYS = 30
_BATCH = 20_000


def fill(database: Path, mailboxes: int, blobs: int, known: list[Keys]) -> None:
    """Store mailboxes with random blobs, as many in each, as a relay would have.

    Args:
        database: the file of a relay that has been started once and stopped.
        mailboxes: how many; `known` are the first of them, and nobody has keys to the others.
        blobs: how many in each.
        known: mailboxes of retention class 2 that requests will be made for.
    """
    day = int(time.time()) // 86_400
    names = sorted([keys.mailbox for keys in known] + [os.urandom(32) for _ in range(mailboxes - len(known))])
    with contextlib.closing(sqlite.connect(str(database), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        done = 0
        for name in names:
            contents = [_blob() for _ in range(blobs)]
            all_heads = heads(name, contents)
            connection.executemany(
                "INSERT INTO blob (mailbox, number, hash, head, bytes) VALUES (?, ?, ?, ?, ?)",
                [
                    (name, number, digest(content), all_heads[number], content)
                    for number, content in enumerate(contents, 1)
                ],
            )
            connection.execute(
                "INSERT INTO mailbox (id, head_number, head_hash, sealed, bytes_used, retention, kept_until)"
                " VALUES (?, ?, ?, 0, ?, ?, ?)",
                (name, blobs, all_heads[-1], blobs * BLOB, _RETENTION, day + _RETENTION_DAYS),
            )
            if done // _BATCH != (done := done + blobs) // _BATCH:
                print(f"relay: {done:,} of {mailboxes * blobs:,} blobs laid down …", file=sys.stderr, end="\r")
                connection.execute("COMMIT")
                connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _blob() -> bytes:
    return os.urandom(32) * (BLOB // 32)
