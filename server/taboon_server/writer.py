"""Group commit: one thread takes every write that is waiting and commits them in one transaction.

A write is answered, and whoever waits is woken, only after that transaction is on disk.
"""

import asyncio
import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.exc import OperationalError

from taboon_server import problems, wire
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.settings import Settings
from taboon_server.store import Store, is_expired, purge_step
from taboon_server.tables import BLOBS, MAILBOXES, SCHEMA_VERSION

_BATCH: Final = 256
_BATCH_BYTES: Final = 8 << 20
_DISK_LOOK_SECONDS: Final = 1.0
_FULL_RETRY: Final = 60

_FIND_MAILBOXES: Final = select(MAILBOXES).where(MAILBOXES.c.id.in_(bindparam("ids", expanding=True)))
_FIND_BLOBS: Final = select(BLOBS.c.mailbox, BLOBS.c.hash, BLOBS.c.number).where(
    tuple_(BLOBS.c.mailbox, BLOBS.c.hash).in_(bindparam("names", expanding=True))
)
_MOVE_HEAD: Final = (
    update(MAILBOXES)
    .where(MAILBOXES.c.id == bindparam("mailbox"))
    .values({name: bindparam(f"new_{name}") for name in ("head_number", "head_hash", "sealed", "bytes_used", "day")})
)


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox."""

    mailbox: bytes
    retention: int


@dataclass(frozen=True, slots=True)
class Append:
    """Append a blob to a mailbox, as its seal or not, perhaps only as a certain number."""

    mailbox: bytes
    blob: bytes
    seal: bool
    expected: int | None


@dataclass(frozen=True, slots=True)
class Purge:
    """Delete a little of an expired mailbox; the result says whether more is left."""

    mailbox: bytes


@dataclass(frozen=True, slots=True)
class Probe:
    """Write nothing that stays, to see whether writing works."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a blob stands. `head` is None for a blob that was there before: it has to be computed."""

    number: int
    blob_hash: bytes
    head: bytes | None
    is_seal: bool


@dataclass(frozen=True, slots=True)
class Truncate:
    """Empty the write-ahead log; the result says whether no reader was in the way."""


Job = Create | Append | Purge | Probe | Truncate
_Result = Appended | bool | None | Problem


@dataclass(slots=True)
class _State:
    """A mailbox as the transaction has it."""

    number: int
    head: bytes
    sealed: bool
    used: int
    day: int
    moved: bool = False

    @classmethod
    def of(cls, row: Row[Any]) -> "_State":
        return cls(row.head_number, row.head_hash, row.sealed, row.bytes_used, row.day)


@dataclass(slots=True)
class _Waiting:
    job: Job
    answer: "asyncio.Future[Any]"
    result: _Result = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.job.blob) if isinstance(self.job, Append) else 0


class Writer:
    """The one thread that writes.

    Args:
        store: the database.
        settings: quotas and bounds.
        today: the day that expiry goes by.
        notices: where trouble is counted.
        wake: called in the event loop, after the commit, with the mailboxes that got a blob.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        today: Callable[[], int],
        notices: Notices,
        wake: Callable[[Iterable[bytes]], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._today = today
        self._notices = notices
        self._wake = wake
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._pending = 0
        self._pending_bytes = 0
        self._low = False
        self._looked_at_disk = float("-inf")
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start the thread; answers come in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def close(self) -> None:
        """Commit what is waiting and end the thread."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    async def create(self, mailbox: bytes, retention: int) -> None:
        """Make a mailbox, durably; one that is there already stays as it is.

        Raises:
            Problem: `busy`.
        """
        await self._submit(Create(mailbox, retention))

    async def append(self, append: Append) -> Appended:
        """Append a blob, durably, or find where it stands already.

        Raises:
            Problem: `unknown-mailbox`, `sealed`, `moved`, `full` or `busy`.
        """
        result = await self._submit(append)
        assert isinstance(result, Appended)  # noqa: S101 - an append has no other result
        return result

    async def purge(self, mailbox: bytes) -> bool:
        """Delete a little of an expired mailbox; return whether more is left."""
        return bool(await self._submit(Purge(mailbox)))

    async def truncate_log(self) -> bool:
        """Empty the write-ahead log, after a purge; return False if a reader was in the way."""
        return bool(await self._submit(Truncate()))

    async def probe(self) -> None:
        """Return if the relay can write; raises Problem `busy` if not."""
        await self._submit(Probe())

    async def _submit(self, job: Job) -> _Result:
        if self._loop is None or self._closed:
            raise problems.busy()
        waiting = _Waiting(job, self._loop.create_future())
        if self._pending >= self._settings.pending_appends or self._pending_bytes > self._settings.pending_bytes:
            raise problems.busy()
        self._pending += 1
        self._pending_bytes += waiting.size
        self._jobs.put(waiting)
        result: _Result = await waiting.answer
        return result

    def _deliver(self, batch: list[_Waiting]) -> None:
        """Answer a batch, in the event loop."""
        for waiting in batch:
            self._pending -= 1
            self._pending_bytes -= waiting.size
            if waiting.answer.done():  # whoever asked has left
                continue
            if isinstance(waiting.result, Problem):
                waiting.answer.set_exception(waiting.result)
            else:
                waiting.answer.set_result(waiting.result)
        self._wake({w.job.mailbox for w in batch if isinstance(w.job, Append) and isinstance(w.result, Appended)})

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch, size, last = [first], first.size, False
            while len(batch) < _BATCH and size < _BATCH_BYTES and not last:
                try:
                    waiting = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if waiting is None:
                    last = True
                else:
                    batch.append(waiting)
                    size += waiting.size
            self._commit(batch)
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to answer
                    self._loop.call_soon_threadsafe(self._deliver, batch)
            if last:
                return

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            self._look_at_disk()
            with self._store.writing.begin() as connection:
                _Transaction(connection, self._settings, self._today(), low=self._low).run(batch)
            for waiting in batch:
                if isinstance(waiting.job, Truncate):
                    waiting.result = self._store.truncate_log()
        except OperationalError as error:
            # Busy, locked, full, or the disk failed: nothing of this batch is stored, and every one may try again.
            self._notices.count(f"database {getattr(error.orig, 'sqlite_errorname', 'error')}")
            full = getattr(error.orig, "sqlite_errorname", "") == "SQLITE_FULL"
            for waiting in batch:
                waiting.result = problems.busy(_FULL_RETRY if full else 1)
        except Exception as error:  # noqa: BLE001 - this thread must outlive any mistake; it is counted and answered
            self._notices.count(f"writer {type(error).__name__}")
            if len(batch) > 1:
                for waiting in batch:  # let the one that cannot be written fail alone
                    self._commit([waiting])
            else:
                batch[0].result = problems.internal()

    def _look_at_disk(self) -> None:
        now = time.monotonic()
        if now - self._looked_at_disk >= _DISK_LOOK_SECONDS:
            self._looked_at_disk = now
            low = shutil.disk_usage(self._store.path.parent).free < self._settings.reserve_bytes
            if low and not self._low:
                self._notices.count("disk nearly full")
            self._low = low


class _Transaction:
    """What is done inside one transaction, in the order of arrival."""

    def __init__(self, connection: Connection, settings: Settings, today: int, *, low: bool) -> None:
        self._connection = connection
        self._settings = settings
        self._today = today
        self._low = low

    def run(self, batch: list[_Waiting]) -> None:
        for waiting in batch:
            match waiting.job:
                case Create(mailbox, retention):
                    waiting.result = self._create(mailbox, retention)
                case Purge(mailbox):
                    waiting.result = purge_step(self._connection, mailbox, self._today)
                case Probe():
                    self._probe()
        self._append_all([(w, w.job) for w in batch if isinstance(w.job, Append)])

    def _create(self, mailbox: bytes, retention: int) -> _Result:
        row = self._connection.execute(select(MAILBOXES).where(MAILBOXES.c.id == mailbox)).one_or_none()
        if row is not None:
            if not is_expired(row.head_number, row.retention, row.day, self._today):
                return None
            self._connection.execute(delete(BLOBS).where(BLOBS.c.mailbox == mailbox))
            self._connection.execute(delete(MAILBOXES).where(MAILBOXES.c.id == mailbox))
        if self._low:
            return problems.busy(_FULL_RETRY)
        empty = {
            "id": mailbox,
            "head_number": 0,
            "head_hash": wire.first_head(mailbox),
            "sealed": False,
            "bytes_used": 0,
            "retention": retention,
            "day": self._today,
        }
        self._connection.execute(insert(MAILBOXES), empty)
        return None

    def _append_all(self, batch: list[tuple[_Waiting, Append]]) -> None:
        if not batch:
            return
        ids = list({append.mailbox for _, append in batch})
        rows = self._connection.execute(_FIND_MAILBOXES, {"ids": ids})
        states = {
            row.id: _State.of(row)
            for row in rows
            if not is_expired(row.head_number, row.retention, row.day, self._today)
        }
        named = [(waiting, append, wire.sha256(append.blob)) for waiting, append in batch]
        names = [(append.mailbox, blob_hash) for _, append, blob_hash in named]
        found = self._connection.execute(_FIND_BLOBS, {"names": names})
        known = {(mailbox, blob_hash): number for mailbox, blob_hash, number in found}
        new: list[dict[str, Any]] = []
        for waiting, append, blob_hash in named:
            state = states.get(append.mailbox)
            number = known.get((append.mailbox, blob_hash))
            if state is None:
                waiting.result = problems.unknown_mailbox()
            elif number is not None:
                waiting.result = Appended(number, blob_hash, None, state.sealed and number == state.number)
            elif (refusal := self._refusal(state, append)) is not None:
                waiting.result = refusal
            else:
                waiting.result = self._add(state, append, blob_hash)
                known[append.mailbox, blob_hash] = state.number
                new.append({"mailbox": append.mailbox, "number": state.number, "hash": blob_hash, "bytes": append.blob})
        if new:
            self._connection.execute(insert(BLOBS), new)
            self._connection.execute(_MOVE_HEAD, [_moved(mailbox, s) for mailbox, s in states.items() if s.moved])

    def _refusal(self, state: _State, append: Append) -> Problem | None:
        if state.sealed:
            return problems.sealed()
        if append.expected is not None and append.expected != state.number + 1:
            return problems.moved(state.number + 1)
        if append.seal:
            return None
        if self._low:
            return problems.busy(_FULL_RETRY)
        if state.number >= self._settings.quota_blobs or state.used + len(append.blob) > self._settings.quota_bytes:
            return problems.full()
        return None

    def _add(self, state: _State, append: Append, blob_hash: bytes) -> Appended:
        state.number += 1
        state.head = wire.next_head(state.head, state.number, blob_hash)
        state.sealed = append.seal
        state.used += len(append.blob)
        state.day = max(state.day, self._today)  # a clock that stepped back must not make a mailbox older
        state.moved = True
        return Appended(state.number, blob_hash, state.head, append.seal)

    def _probe(self) -> None:
        with self._connection.begin_nested() as nothing:
            blob = {"mailbox": bytes(32), "number": 0, "hash": bytes(32), "bytes": bytes(wire.SIZE_CLASSES[-1])}
            self._connection.execute(insert(BLOBS), blob)
            nothing.rollback()
        self._connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _moved(mailbox: bytes, state: _State) -> dict[str, Any]:
    return {
        "mailbox": mailbox,
        "new_head_number": state.number,
        "new_head_hash": state.head,
        "new_sealed": state.sealed,
        "new_bytes_used": state.used,
        "new_day": state.day,
    }
