"""What the relay reads from its database, and how what expired leaves it. Appending is the writer's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import case, delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError

from taboon_server import wire
from taboon_server.database import Database
from taboon_server.tables import BLOBS, ENDED, LAST_RUN, MAILBOXES, REVISION

CHANNEL: Final = "taboon"
_PURGE_BLOBS: Final = 64

_FIND: Final = "SELECT sealed, head_number, head_hash, kept_until FROM mailbox WHERE id = :mailbox"
_SIZES: Final = (
    "SELECT length(bytes) FROM blob WHERE mailbox = :mailbox AND number > :after ORDER BY number LIMIT :most"
)
_BLOBS: Final = (
    "SELECT bytes FROM blob WHERE mailbox = :mailbox AND number > :after AND number <= :upto ORDER BY number"
)
_HEADS: Final = "SELECT id, head_number FROM mailbox WHERE id = ANY(:ids)"


@dataclass(frozen=True, slots=True)
class Page:
    """Blobs of one mailbox, in order, and where its head stood when they were read."""

    sealed: bool
    last: int
    head: bytes
    blobs: list[bytes]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many mailboxes there are, how many of them are not sealed, and how many bytes their blobs have."""

    mailboxes: int = 0
    unsealed: int = 0
    bytes_used: int = 0


class Store(Database):
    """The relay's database, ready to be served. An empty one gets its tables.

    Args:
        where: the path of an SQLite file, made if there is none; or a URL, `sqlite:///PATH` or `postgresql://…`.
        busy_seconds: how long to wait for a lock that another process holds.
        migrate: bring an older schema up to this version's, instead of refusing it.

    Raises:
        StoreError: it cannot be reached, is no relay's database or one of another version, or SQLite is too old.
    """

    def __init__(self, where: Path | str, *, busy_seconds: float = 4.0, migrate: bool = False) -> None:
        super().__init__(where, busy_seconds)
        self._find, self._sizes, self._blobs = (self.sql(text) for text in (_FIND, _SIZES, _BLOBS))
        try:
            revision = self.revision()
            if revision is None or (migrate and revision != REVISION):
                revision = self.migrate()
            self.check(revision)
        except DBAPIError as error:
            self.close()
            raise self.unusable(error) from error
        except BaseException:
            self.close()
            raise

    def page(self, mailbox: bytes, after: int, limit: int, today: int) -> Page | None:
        """Read the blobs after a number that fit into `limit` bytes, at least one if there is one.

        Returns:
            None if the mailbox does not exist or has expired.
        """
        wanted = {"mailbox": mailbox, "after": after, "most": wire.MAX_PAGE_BLOBS}
        with self.cursor(self.reading) as cursor:
            row = cursor.execute(self._find, {"mailbox": mailbox}).fetchone()
            if row is None or today > row[3]:
                return None
            sealed, last, head, _ = row
            if after >= last:
                return Page(bool(sealed), last, head, [])
            count, left = 0, limit
            for (size,) in cursor.execute(self._sizes, wanted).fetchall():
                left -= size
                if left < 0 and count:
                    break
                count += 1
            rows = cursor.execute(self._blobs, wanted | {"upto": after + count})
            return Page(bool(sealed), last, head, [blob for (blob,) in rows])

    def moved(self, waiting: Mapping[bytes, int]) -> list[bytes]:
        """Return which of these mailboxes (PostgreSQL) have a blob after the number that stands with them."""
        with self.cursor(self.reading) as cursor:
            rows = cursor.execute(self.sql(_HEADS), {"ids": list(waiting)})
            return [mailbox for mailbox, head_number in rows if head_number > waiting[mailbox]]

    def totals(self) -> Totals:
        """Count what is stored."""
        unsealed = func.sum(case((MAILBOXES.c.sealed, 0), else_=1))
        with self.reading.begin() as connection:
            row = connection.execute(select(func.count(), unsealed, func.sum(MAILBOXES.c.bytes_used))).one()
        return Totals(*(int(value or 0) for value in row))

    def last_run(self) -> int:
        """Return the last day on which a relay ran on this database, 0 if none ever did."""
        with self.reading.begin() as connection:
            return int(connection.execute(select(LAST_RUN.c.day)).scalar_one())

    def note_run(self, today: int) -> None:
        """Remember that a relay ran on this day."""
        with self.writing.begin() as connection:
            connection.execute(update(LAST_RUN).where(LAST_RUN.c.day != today).values(day=today))

    def expired(self, today: int, limit: int = 1_000) -> list[bytes]:
        """Return the ids of up to `limit` expired mailboxes."""
        with self.reading.begin() as connection:
            gone = select(MAILBOXES.c.id).where(MAILBOXES.c.kept_until < today).limit(limit)
            return list(connection.execute(gone).scalars())

    def purge(self, today: int) -> None:
        """Delete every expired mailbox, where nobody else waits to write."""
        while gone := self.expired(today):
            for mailbox in gone:
                while self.purge_step(mailbox, today):
                    pass

    def purge_step(self, mailbox: bytes, today: int) -> bool:
        """Delete a few blobs of an expired mailbox, and at last the mailbox; return whether more is left to delete.

        From the first step on the mailbox is ended, whatever the clock says later: no half of one is ever seen.
        """
        here = MAILBOXES.c.id == mailbox
        with self.writing.begin() as connection:
            found = connection.execute(select(MAILBOXES).where(here, MAILBOXES.c.kept_until < today).with_for_update())
            if (row := found.one_or_none()) is None:
                return False
            if row.kept_until != ENDED:
                connection.execute(update(MAILBOXES).where(here).values(kept_until=ENDED))
            blobs = BLOBS.c.mailbox == mailbox
            first = connection.execute(select(func.min(BLOBS.c.number)).where(blobs)).scalar_one()
            if first is not None:
                connection.execute(delete(BLOBS).where(blobs, BLOBS.c.number < first + _PURGE_BLOBS))
                if first + _PURGE_BLOBS <= row.head_number:
                    return True
            connection.execute(delete(MAILBOXES).where(here))
            return False

    def try_writing(self) -> None:
        """Write a blob that does not stay, and something that changes nothing; raises OperationalError if it fails."""
        row = {name: bytes(32) for name in ("mailbox", "hash", "head")}
        with self.writing.begin() as connection:
            savepoint = connection.begin_nested()
            connection.execute(insert(BLOBS), row | {"number": 0, "bytes": bytes(wire.SIZE_CLASSES[-1])})
            savepoint.rollback()
            connection.execute(update(LAST_RUN).values(day=LAST_RUN.c.day))

    def tell_others(self) -> None:
        """Tell the other processes on a PostgreSQL that this one appended something; not what, and not where."""
        with self.plainly() as connection:
            connection.execute(select(func.pg_notify(CHANNEL, literal(self.own_name))))

    def truncate_log(self) -> bool:
        """Move all of SQLite's write-ahead log into the file and empty it; return False if a reader was in the way."""
        if self.is_postgres:
            return True
        with self.plainly() as connection:
            return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]

    def tidy(self) -> None:
        """Write the database anew, without what was deleted and in the order of the keys, and empty the log."""
        if self.is_postgres:
            with self.plainly() as connection:
                for statement in (
                    "CLUSTER mailbox USING pk_mailbox",
                    "CLUSTER blob USING pk_blob",
                    "VACUUM",
                    "CHECKPOINT",
                ):
                    connection.exec_driver_sql(statement)
        else:
            self.rewrite()
            self.truncate_log()
