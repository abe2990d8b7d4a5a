"""The relay's SQLite database: opening it, reading from it, purging it. Appending is the writer's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlcipher3.dbapi2 as sqlite
from sqlalchemy import Connection, Engine, QueuePool, create_engine, delete, event, func, insert, select
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlmodel import SQLModel

from taboon_server import wire
from taboon_server.tables import BLOBS, MAILBOXES, SCHEMA_VERSION

OLDEST_SQLITE: Final = (3, 51, 3)  # older ones can corrupt a database in WAL mode when a checkpoint meets a commit
_PAGE_SIZE: Final = (
    16_384  # a 2 KiB blob fits into a clustered row without an overflow page, whose place would tell its time
)
READERS: Final = 4
_PURGE_BLOBS: Final = 64


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Page:
    """Blobs of one mailbox, in order, and where its head stood when they were read."""

    sealed: bool
    last: int
    head: bytes
    blobs: list[bytes]


def is_expired(head_number: int, retention: int, day: int, today: int) -> bool:
    """Whether a mailbox is gone: every one stays whole for the days of its class after the day of its last append."""
    kept = wire.RETENTION_DAYS[retention] if head_number else wire.UNUSED_DAYS
    return today > day + kept


class Store:
    """One SQLite database. Reads run beside the one writer and never wait for it.

    Args:
        path: the database file; made, with its tables, if there is none.
        busy_seconds: how long to wait for another process's lock.
        disk_bytes: how large the file may grow, or None.

    Raises:
        StoreError: the file is no relay's database, or of another version, or the SQLite library is too old.
    """

    def __init__(self, path: Path, *, busy_seconds: float = 4.0, disk_bytes: int | None = None) -> None:
        if sqlite.sqlite_version_info < OLDEST_SQLITE:
            raise StoreError(f"SQLite {sqlite.sqlite_version} is too old. Install a newer sqlcipher3.")
        self.path = path
        self._busy_seconds = busy_seconds
        self._max_pages = None if disk_bytes is None else max(disk_bytes // _PAGE_SIZE, 1)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreError(f"{path} cannot be used: {error.strerror}.") from error
        self.writing = self._engine(begin="BEGIN IMMEDIATE", connections=1)
        self._reading = self._engine(begin="BEGIN", connections=READERS)
        try:
            self._prepare()
        except DatabaseError as error:
            self.close()
            raise self.unusable() from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections."""
        self.writing.dispose()
        self._reading.dispose()

    def unusable(self) -> StoreError:
        """Return the error that says what to do about a database that cannot be used."""
        return StoreError(
            f"{self.path.name} cannot be used: it is damaged, locked, or no database. Move it away to start with an "
            "empty one; members' devices post again what they still have."
        )

    def page(self, mailbox: bytes, after: int, limit: int, today: int) -> Page | None:
        """Read the blobs after a number that fit into `limit` bytes, at least one if there is one.

        Returns:
            None if the mailbox does not exist or has expired.
        """
        with self._reading.begin() as connection:
            row = connection.execute(select(MAILBOXES).where(MAILBOXES.c.id == mailbox)).one_or_none()
            if row is None or is_expired(row.head_number, row.retention, row.day, today):
                return None
            page = Page(row.sealed, row.head_number, row.head_hash, [])
            if after >= page.last:
                return page
            newer = select(BLOBS.c.bytes).where(BLOBS.c.mailbox == mailbox, BLOBS.c.number > after)
            left = limit
            # Steps row by row: a large blob that no longer fits is read once, and those behind it not at all.
            with connection.execute(newer.order_by(BLOBS.c.number).limit(limit // wire.SIZE_CLASSES[0])) as rows:
                for (blob,) in rows:
                    left -= len(blob)
                    if left < 0 and page.blobs:
                        break
                    page.blobs.append(blob)
            return page

    def head_at(self, mailbox: bytes, number: int) -> bytes | None:
        """Compute head(number) of a mailbox again from its blobs' hashes (32 bytes).

        Returns:
            None if not all of these blobs are there, because the mailbox has expired meanwhile.
        """
        hashes = select(BLOBS.c.hash).where(BLOBS.c.mailbox == mailbox, BLOBS.c.number <= number)
        head, position = wire.first_head(mailbox), 0
        with self._reading.begin() as connection:
            for (blob_hash,) in connection.execute(hashes.order_by(BLOBS.c.number)):
                position += 1
                head = wire.next_head(head, position, blob_hash)
        return head if position == number else None

    def expired(self, today: int, limit: int = 1_000) -> list[bytes]:
        """Return the ids of up to `limit` expired mailboxes."""
        with self._reading.begin() as connection:
            columns = MAILBOXES.c.id, MAILBOXES.c.head_number, MAILBOXES.c.retention, MAILBOXES.c.day
            oldest = select(*columns).where(MAILBOXES.c.day < today)
            gone = (row[0] for row in connection.execute(oldest) if is_expired(row[1], row[2], row[3], today))
            return [mailbox for mailbox, _ in zip(gone, range(limit), strict=False)]

    def purge_step(self, mailbox: bytes, today: int) -> bool:
        """Delete a few blobs of an expired mailbox, and at last the mailbox; return whether more is left to delete."""
        with self.writing.begin() as connection:
            row = connection.execute(select(MAILBOXES).where(MAILBOXES.c.id == mailbox)).one_or_none()
            if row is None or not is_expired(row.head_number, row.retention, row.day, today):
                return False
            blobs = BLOBS.c.mailbox == mailbox
            first = connection.execute(select(func.min(BLOBS.c.number)).where(blobs)).scalar_one()
            if first is not None:
                connection.execute(delete(BLOBS).where(blobs, BLOBS.c.number < first + _PURGE_BLOBS))
                if first + _PURGE_BLOBS <= row.head_number:
                    return True
            connection.execute(delete(MAILBOXES).where(MAILBOXES.c.id == mailbox))
            return False

    def try_writing(self) -> None:
        """Write a blob that does not stay, and something that changes nothing; raises OperationalError if it fails."""
        with self.writing.begin() as connection:
            connection.exec_driver_sql("SAVEPOINT probe")
            row = {"mailbox": bytes(32), "number": 0, "hash": bytes(32), "bytes": bytes(wire.SIZE_CLASSES[-1])}
            connection.execute(insert(BLOBS), row)
            connection.exec_driver_sql("ROLLBACK TO probe")
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def truncate_log(self) -> bool:
        """Move all of the write-ahead log into the file and empty it; return False if a reader was in the way."""
        with self._plainly() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        return not busy

    def tidy(self) -> None:
        """Write the file anew, without free pages and in the order of the keys, and empty the log."""
        with self._plainly() as connection:
            connection.exec_driver_sql("VACUUM")
        self.truncate_log()

    @contextmanager
    def _plainly(self) -> Iterator[Connection]:
        """Yield the writing connection outside of a transaction."""
        with self.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def _engine(self, *, begin: str, connections: int) -> Engine:
        engine = create_engine(
            "sqlite://",
            module=sqlite,
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            hide_parameters=True,
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
                connection.exec_driver_sql(begin)

        return engine

    def _connect(self) -> Any:
        connection = sqlite.connect(
            str(self.path), timeout=self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            f"page_size = {_PAGE_SIZE}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "fullfsync = ON",  # macOS: a sync that reaches the disk
            "checkpoint_fullfsync = ON",
            "secure_delete = ON",
            "trusted_schema = OFF",
            "temp_store = FILE",  # a VACUUM must not need the whole database in memory
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if self._max_pages is not None:
            connection.execute(f"PRAGMA max_page_count = {self._max_pages}").fetchall()
        return connection

    def _prepare(self) -> None:
        with self.writing.begin() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
            if version == SCHEMA_VERSION:
                return
            if version or tables:
                raise StoreError(
                    f"{self.path.name} was made by another version of the relay (schema {version}, this one has "
                    f"{SCHEMA_VERSION}). Run that version, or move the file away to start with an empty one."
                )
            SQLModel.metadata.create_all(connection, [MAILBOXES, BLOBS])
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def sqlite_name(error: DBAPIError) -> str:
    """Return SQLite's own name for an error, which holds nothing of any request."""
    return str(getattr(error.orig, "sqlite_errorname", "error"))
