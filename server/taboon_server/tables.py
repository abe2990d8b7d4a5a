"""Everything that a relay stores. Nothing may be added here that is finer than a day or that orders mailboxes by time.

Both tables are clustered by their keys (WITHOUT ROWID): no hidden row number keeps the order of arrival.
"""

from typing import Final

from sqlalchemy import LargeBinary, Table, UniqueConstraint
from sqlmodel import Field, SQLModel

SCHEMA_VERSION: Final = 1


class Mailbox(SQLModel, table=True):
    """One mailbox. `day` is the day of its last append (of its making, while it is empty)."""

    __tablename__ = "mailbox"
    __table_args__ = ({"sqlite_with_rowid": False},)

    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    head_number: int
    head_hash: bytes
    sealed: bool
    bytes_used: int
    retention: int
    day: int


class Blob(SQLModel, table=True):
    """One blob. The hash stands before the bytes, so that reading hashes alone does not touch the bytes."""

    __tablename__ = "blob"
    __table_args__ = (UniqueConstraint("mailbox", "hash"), {"sqlite_with_rowid": False})

    mailbox: bytes = Field(primary_key=True, sa_type=LargeBinary)
    number: int = Field(primary_key=True)
    hash: bytes
    bytes: bytes


MAILBOXES: Final[Table] = SQLModel.metadata.tables["mailbox"]
BLOBS: Final[Table] = SQLModel.metadata.tables["blob"]
