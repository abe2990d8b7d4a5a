"""What the relay reads from its database, and how what expired leaves it. Appending is the writer's."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, literal, select, update
from sqlalchemy.exc import DBAPIError, ProgrammingError

from taboon_server import wire
from taboon_server.database import Database
from taboon_server.tables import BLOBS, ENDED, LAST_RUN, MAILBOXES, REVISION

CHANNEL: Final = "taboon"
_STEP_BYTES: Final = 1 << 20
_STEP_MAILBOXES: Final = 128
_ALONE: Final = 64
"""How many times as much is deleted at once where nobody waits to write."""

_LOG_WAIT: Final = 50
"""Milliseconds that emptying the log waits for readers: a page takes a few."""

_FIND: Final = "SELECT sealed, head_number, head_hash, kept_until FROM mailbox WHERE id = :mailbox"
_SIZES: Final = (
    "SELECT length(bytes) FROM blob WHERE mailbox = :mailbox AND number > :after ORDER BY number LIMIT :most"
)
_BLOBS: Final = (
    "SELECT bytes FROM blob WHERE mailbox = :mailbox AND number > :after AND number <= :upto ORDER BY number"
)
_HEADS: Final = "SELECT id, head_number FROM mailbox WHERE id = ANY(:ids)"


@dataclass(frozen=True, slots=True)
class Totals:
    """How many mailboxes there are, how many have blobs and no seal yet, and how many bytes their blobs have."""

    mailboxes: int = 0
    unsealed: int = 0
    bytes_used: int = 0

    def plus(self, mailboxes: int, unsealed: int, bytes_used: int) -> "Totals":
        """Return the totals with so many more."""
        return Totals(self.mailboxes + mailboxes, self.unsealed + unsealed, self.bytes_used + bytes_used)


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

    def page(self, mailbox: bytes, after: int, limit: int, today: int) -> wire.Page | None:
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
            blobs: list[bytes] = []
            if after < last:
                count, left = 0, limit
                for (size,) in cursor.execute(self._sizes, wanted).fetchall():
                    left -= size
                    if left < 0 and count:
                        break
                    count += 1
                blobs = [blob for (blob,) in cursor.execute(self._blobs, wanted | {"upto": after + count})]
        return wire.page(blobs, sealed=bool(sealed), last=last, head=head)

    def moved(self, waiting: Mapping[bytes, int]) -> list[bytes]:
        """Return which of these mailboxes (PostgreSQL) have a blob after the number that stands with them."""
        with self.cursor(self.reading) as cursor:
            rows = cursor.execute(self.sql(_HEADS), {"ids": list(waiting)})
            return [mailbox for mailbox, head_number in rows if head_number > waiting[mailbox]]

    def totals(self) -> Totals:
        """Count what is stored."""
        unsealed = func.sum(case((MAILBOXES.c.sealed, 0), (MAILBOXES.c.head_number == 0, 0), else_=1))
        with self.reading.begin() as connection:
            row = connection.execute(select(func.count(), unsealed, func.sum(MAILBOXES.c.bytes_used))).one()
        return Totals(*(int(value or 0) for value in row))

    def last_run(self) -> int:
        """Return the last day on which a relay ran on this database, 0 if none ever did."""
        with self.reading.begin() as connection:
            return int(connection.execute(select(LAST_RUN.c.day)).scalar_one())

    def note_run(self, day: int) -> None:
        """Remember that a relay ran on this day."""
        with self.writing.begin() as connection:
            connection.execute(update(LAST_RUN).where(LAST_RUN.c.day != day).values(day=day))

    def purge(self, today: int, seconds: float = math.inf) -> None:
        """Delete expired mailboxes where nobody else waits to write: all, or what can be done in so many seconds."""
        until = time.monotonic() + seconds
        while self.purge_step(today, _ALONE) and time.monotonic() < until:
            pass

    def purge_step(self, today: int, times: int = 1, mailbox: bytes | None = None) -> bool:
        """Delete a few expired mailboxes, or a piece of one; return whether there may be more to delete.

        From its first piece on a mailbox is ended, whatever the clock says later: no half of one is ever seen.

        Args:
            today: the day to expire by.
            times: how many times as much to delete as others who write should wait for.
            mailbox: look at this one alone.
        """
        gone = select(MAILBOXES).where(MAILBOXES.c.kept_until < today).limit(times * _STEP_MAILBOXES)
        if mailbox is not None:
            gone = gone.where(MAILBOXES.c.id == mailbox)
        whole, left = [], times * _STEP_BYTES
        with self.writing.begin() as connection:
            # What another process deletes just now is left to it.
            rows = connection.execute(gone.with_for_update(skip_locked=True)).all()
            for row in rows:
                if (left := left - row.bytes_used) < 0:
                    break
                whole.append(row.id)
            if rows and not whole:
                self._purge_piece(connection, rows[0].id, times * _STEP_BYTES)
            if whole:
                connection.execute(delete(BLOBS).where(BLOBS.c.mailbox.in_(whole)))
                connection.execute(delete(MAILBOXES).where(MAILBOXES.c.id.in_(whole)))
        return bool(rows)

    def _purge_piece(self, connection: Connection, mailbox: bytes, most: int) -> None:
        """Delete the first blobs of a mailbox."""
        here = BLOBS.c.mailbox == mailbox
        sizes = select(BLOBS.c.number, func.length(BLOBS.c.bytes)).where(here).order_by(BLOBS.c.number)
        size = upto = 0
        for number, length in connection.execute(sizes.limit(most // wire.SIZE_CLASSES[0])):
            if size + length > most:
                break
            size, upto = size + length, number
        connection.execute(delete(BLOBS).where(here, BLOBS.c.number <= upto))
        left = MAILBOXES.c.bytes_used - (size or wire.SIZE_CLASSES[0])
        ended = update(MAILBOXES).where(MAILBOXES.c.id == mailbox).values(kept_until=ENDED, bytes_used=left)
        connection.execute(ended)

    def kept_too_long(self, today: int) -> list[bytes]:
        """Return some mailboxes that a clock far ahead would keep for longer than their class from today on."""
        with self.reading.begin() as connection:
            found = select(MAILBOXES.c.id).where(MAILBOXES.c.kept_until > _last_day(today))
            return list(connection.execute(found.limit(_STEP_MAILBOXES)).scalars())

    def shorten(self, mailboxes: Sequence[bytes], today: int) -> None:
        """Keep these no longer than their class from today on."""
        last = _last_day(today)
        with self.writing.begin() as connection:
            here = MAILBOXES.c.id.in_(mailboxes), MAILBOXES.c.kept_until > last
            connection.execute(update(MAILBOXES).where(*here).values(kept_until=last))

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
        """Move all of SQLite's write-ahead log into the file and empty it; return False if a reader was in the way.

        Those who write wait meanwhile, so a reader that stays, such as a copy, is not waited for as a lock would be.
        """
        if self.is_postgres:
            return True
        with self.plainly() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_LOG_WAIT}")
            try:
                return not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(1_000 * self.busy_seconds)}")

    def tidy(self) -> bool:
        """Write the database anew, without what was deleted and in the order of the keys, and empty the log.

        Returns:
            Whether the log could be emptied: a PostgreSQL may keep that from the relay's user.
        """
        if not self.is_postgres:
            with self.plainly() as connection:
                connection.exec_driver_sql("VACUUM")
            return self.truncate_log()
        with self.plainly() as connection:
            for statement in "CLUSTER mailbox USING pk_mailbox", "CLUSTER blob USING pk_blob", "VACUUM (ANALYZE)":
                connection.exec_driver_sql(statement)
            try:  # a log that was switched is a file that the checkpoint is done with
                connection.exec_driver_sql("SELECT pg_switch_wal()").all()
                connection.exec_driver_sql("CHECKPOINT")
            except ProgrammingError:
                return False
        return True


def _last_day(today: int) -> ColumnElement[int]:
    """Return the last day on which a mailbox may be there if the last append to it was today."""
    classes = [(MAILBOXES.c.retention == number, days) for number, days in enumerate(wire.RETENTION_DAYS)]
    return today + case((MAILBOXES.c.head_number == 0, wire.UNUSED_DAYS), *classes)
