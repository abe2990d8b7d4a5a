"""Group commit: one thread takes every write that is waiting and commits them in one transaction.

A write is answered, and whoever waits is woken, only after that transaction is on disk.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from taboon_server import problems
from taboon_server.appending import Append, Batch, Create
from taboon_server.database import error_name
from taboon_server.days import Days
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.quotas import DISK_RETRY, Quotas
from taboon_server.settings import Settings
from taboon_server.store import Store
from taboon_server.wire import Appended

_BATCH: Final = 256
# SQLITE_BUSY and SQLITE_LOCKED; PostgreSQL's lock_not_available.
_LOCKED: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03")
_FULL: Final = ("SQLITE_FULL", "53100")


@dataclass(slots=True, eq=False)
class _Job:
    """A write, or something to do alone; and what became of it."""

    task: Create | Append | Callable[[], Any]
    answer: "asyncio.Future[Any] | None" = None
    size: int = 0
    result: Any = None


class Writer:
    """The one thread that writes.

    Args:
        store: the database.
        settings: quotas and bounds.
        days: which day it is.
        notices: where trouble is counted.
        wake: called in the event loop, after the commit, with the mailboxes that got a blob.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        days: Days,
        notices: Notices,
        wake: Callable[[Iterable[bytes]], None],
    ) -> None:
        self._store, self._settings, self._days, self._notices, self._wake = store, settings, days, notices, wake
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pending = self._pending_bytes = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.quotas = Quotas(settings, None if store.is_postgres else store.path.parent)

    def start(self) -> None:
        """Start the thread; answers come in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self.quotas.totals = self._store.totals()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="writer", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Commit what is waiting and end the thread. What comes later is answered `busy`."""
        self._loop = None
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    async def submit(self, task: Create | Append | Callable[[], Any]) -> Any:
        """Make a mailbox or append a blob, durably; or do something else to the store, outside of any transaction.

        Returns:
            For a creation, whether the mailbox is there: else one that expired still has to be deleted. For an append,
            where the blob stands, perhaps since before. Else what the task returned.

        Raises:
            Problem: `unknown-mailbox`, `sealed`, `moved`, `full` or `busy`.
        """
        overloaded = self._pending >= self._settings.pending or self._pending_bytes > self._settings.pending_bytes
        if self._loop is None or overloaded:
            raise problems.busy()
        job = _Job(task, answer := self._loop.create_future(), len(task.blob) if isinstance(task, Append) else 0)
        self._pending += 1
        self._pending_bytes += job.size
        self._jobs.put(job)
        try:
            # A database that hangs must not make everyone wait: what is sent again is found, should it be stored yet.
            async with asyncio.timeout(self._store.patience):
                return await answer
        except TimeoutError:
            raise problems.busy() from None

    def _deliver(self, jobs: list[_Job]) -> None:
        """Give the answers, in the event loop."""
        appended: set[bytes] = set()
        for job in jobs:
            self._pending -= 1
            self._pending_bytes -= job.size
            if isinstance(job.task, Append) and isinstance(job.result, Appended):
                appended.add(job.task.mailbox)
            if job.answer is None or job.answer.done():  # whoever asked has left
                continue
            if isinstance(job.result, Problem):
                job.answer.set_exception(job.result)
            else:
                job.answer.set_result(job.result)
        self._wake(appended)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        going_on = True
        while going_on and (first := self._jobs.get()) is not None:
            jobs = [first]
            going_on = self._collect(jobs, _BATCH)
            writes = [job for job in jobs if not callable(job.task)]
            others = [[job] for job in jobs if callable(job.task)]
            locked = [self._do(some) for some in (writes, *others) if some]
            if any(locked) and going_on:
                # Whoever came meanwhile has waited for the same lock and need not wait for it once more.
                late: list[_Job] = []
                going_on = self._collect(late, self._settings.pending)
                for job in late:
                    job.result = problems.busy()
                jobs += late
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody is left to answer
                loop.call_soon_threadsafe(self._deliver, jobs)
            if self._store.is_postgres and any(isinstance(job.result, Appended) for job in writes):
                # Apart from the commit: a transaction that notifies lets no other commit beside it.
                self._do([_Job(self._store.tell_others)])

    def _collect(self, jobs: list[_Job], most: int) -> bool:
        """Take what is waiting, without waiting for more; return False at the end of all jobs."""
        with contextlib.suppress(queue.Empty):
            while len(jobs) < most:
                job = self._jobs.get_nowait()
                if job is None:
                    return False
                jobs.append(job)
        return True

    def _do(self, jobs: list[_Job]) -> bool:
        """Do one thing, or all of these writes, and note the results; return whether the database was locked."""
        name, results = "", []
        try:
            results = [job.task() for job in jobs if callable(job.task)]
            if writes := [job.task for job in jobs if isinstance(job.task, Create | Append)]:
                self.quotas.look()
                if self.quotas.is_low:
                    self._notices.count("disk nearly full")
                results = Batch(self._store, self.quotas, self._days).write(writes)
        except (DBAPIError, OSError) as error:
            # Locked, full, out of reach, the disk failed or is gone: nothing is stored, and everyone may try again.
            name = error_name(error)
            self._notices.count(f"database {name}")
            results = [problems.busy(DISK_RETRY if name in _FULL else 1) for _ in jobs]
        except Exception as error:  # noqa: BLE001 - this thread must outlive any mistake; it is counted and answered
            self._notices.count(f"writer {type(error).__name__}")
            if len(jobs) > 1:  # let the one that cannot be written fail alone
                return sum(self._do([job]) for job in jobs) > 0
            results = [problems.internal()]
        for job, result in zip(jobs, results, strict=True):
            job.result = result
        return name.startswith(_LOCKED)
