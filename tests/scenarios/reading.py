"""Reads a stopped or running relay's disk as whoever seized it would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlcipher3 import dbapi2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def database_of(folder: Path) -> Path:
    """The relay's database file."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
            return path
    raise AssertionError("the relay has no database")


def every_blob(folder: Path) -> Iterator[bytes]:
    """Every blob that the relay holds."""
    connection = dbapi2.connect(f"file:{database_of(folder)}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table}"):
                yield from (value for value in row if isinstance(value, bytes) and len(value) >= 2048)
    finally:
        connection.close()


def every_byte(folder: Path) -> bytes:
    """Everything in the relay's folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
