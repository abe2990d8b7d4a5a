"""Everything that a relay stores. Nothing may be added here that is finer than a day or that orders mailboxes by time.

On SQLite all is clustered by its keys (WITHOUT ROWID): no hidden row number keeps the order of arrival.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, UniqueConstraint

OLDEST: Final = "0002"
REVISION: Final = "0003"
"""The oldest schema that can be brought up to the newest, and that: the files in `migrations/versions`."""

ENDED: Final = -1
_ALL: Final = MetaData()

MAILBOXES: Final = Table(
    "mailbox",
    _ALL,
    Column("id", LargeBinary, primary_key=True),
    Column("head_number", BigInteger, nullable=False),
    Column("head_hash", LargeBinary, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("bytes_used", BigInteger, nullable=False),
    Column("retention", Integer, nullable=False),
    Column("kept_until", Integer, nullable=False, index=True),
    sqlite_with_rowid=False,
)
"""One row a mailbox. `kept_until` is the last day on which it is there; `ENDED` once its blobs are being deleted."""

BLOBS: Final = Table(
    "blob",
    _ALL,
    Column("mailbox", LargeBinary, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    UniqueConstraint("mailbox", "hash"),
    sqlite_with_rowid=False,
)
"""One row a blob, with the running head at its number. The hashes stand first: reading them touches no bytes."""

LAST_RUN: Final = Table(
    "last_run", _ALL, Column("day", Integer, primary_key=True, autoincrement=False), sqlite_with_rowid=False
)
"""One row: the last day on which a relay ran, 0 before the first one."""
