"""Everything that a relay stores. Nothing may be added here that is finer than a day or that orders mailboxes by time.

On SQLite all is clustered by its keys (WITHOUT ROWID): no hidden row number keeps the order of arrival.
"""

from typing import Final

from sqlalchemy import BigInteger, LargeBinary, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

OLDEST: Final = "0002"
REVISION: Final = "0003"
"""The oldest schema that can be brought up to the newest, and that: the files in `migrations/versions`."""

ENDED: Final = -1


class Mailbox(SQLModel, table=True):
    """One mailbox. `kept_until` is the last day on which it is there; `ENDED` once its blobs are being deleted."""

    __tablename__ = "mailbox"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    head_number: int = Field(sa_type=BigInteger)
    head_hash: bytes
    sealed: bool
    bytes_used: int = Field(sa_type=BigInteger)
    retention: int
    kept_until: int = Field(index=True)


class Blob(SQLModel, table=True):
    """One blob, with the running head at its number. The hashes stand first: reading them touches no bytes."""

    __tablename__ = "blob"
    __table_args__ = (UniqueConstraint("mailbox", "hash"), {"sqlite_with_rowid": False})

    mailbox: bytes = Field(primary_key=True, sa_type=LargeBinary)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    hash: bytes
    head: bytes
    bytes: bytes


class LastRun(SQLModel, table=True):
    """One row: the last day on which a relay ran, 0 before the first one."""

    __tablename__ = "last_run"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})


MAILBOXES: Final[Table] = SQLModel.metadata.tables["mailbox"]
BLOBS: Final[Table] = SQLModel.metadata.tables["blob"]
LAST_RUN: Final[Table] = SQLModel.metadata.tables["last_run"]
