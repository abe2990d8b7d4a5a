"""The five calls (docs/protocol.md, 1.4). Everything about a mailbox comes in the proof, nothing in the URL."""

import asyncio
import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request

from taboon_server import problems, proof, wire
from taboon_server.appending import Append, Create
from taboon_server.database import READERS, error_name
from taboon_server.days import Days
from taboon_server.identity import Identity
from taboon_server.notices import Notices
from taboon_server.problems import Answer, Problem
from taboon_server.proof import Operation, Proof
from taboon_server.settings import Settings
from taboon_server.store import Store
from taboon_server.waiters import Waiters
from taboon_server.wire import Appended, Page
from taboon_server.writer import Writer

BYTES: Final = "application/octet-stream"
_PROBE_SECONDS: Final = 1.0
_PROBE_PATIENCE: Final = 2.0
_LENGTHS: Final = {
    Operation.READ: {0},
    Operation.CREATE: set(range(wire.MAX_PASS + 1)),
    Operation.APPEND: set(wire.SIZE_CLASSES),
}


class GoneError(Exception):
    """Whoever asked has left."""


@dataclass(slots=True, eq=False)
class _Reading:
    """A page that is being read, and how many wait for it."""

    answer: "asyncio.Future[Page | Problem]"
    askers: int = 0


class Calls:
    """What the relay does for each call.

    Args:
        store: the database.
        identity: the relay's key.
        settings: the relay's limits.
        wall: Unix time in seconds.
        notices: where trouble is counted.
    """

    def __init__(
        self, store: Store, identity: Identity, settings: Settings, wall: Callable[[], float], notices: Notices
    ) -> None:
        self._store, self._identity, self._settings = store, identity, settings
        self._wall, self._notices = wall, notices
        self._replays, self._nowhere = proof.ReplayMemory(), secrets.token_bytes(32)
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._asked: dict[tuple[bytes, int, int], _Reading] = {}
        self._passes, self._passes_of = frozenset[bytes](), (0, 0)
        self._probe: asyncio.Future[Any] | None = None
        self._probed_at = 0.0
        self.days = Days(wall, time.monotonic, 0 if settings.believe_clock else store.last_run())
        self.waiters = Waiters(settings.waiters_by_mailbox, settings.waiters)
        self.writer = Writer(store, settings, self.days, notices, self.waiters.wake)

    async def close(self) -> None:
        """Let everyone who waits go, commit what is waiting, and end the threads."""
        self.waiters.close()
        await self.writer.close()
        self._readers.shutdown()

    async def create(self, request: Request) -> Answer:
        """Make a mailbox, if it is not there."""
        wanted, given, _ = await self._admit(request, Operation.CREATE)
        if self._settings.pass_file is not None and not self._knows(given):
            raise problems.no_pass()
        if wire.RETENTION_DAYS[wanted.retention] > self._settings.longest_retention:
            raise problems.retention()
        while not await self.writer.submit(Create(wanted.mailbox, wanted.retention)):
            # One that expired is deleted first, a step at a time: that it was there is nobody's business.
            await self.writer.submit(partial(self._store.purge_step, self.days.today(), mailbox=wanted.mailbox))
        return 204, [], b""

    async def append(self, request: Request) -> Answer:
        """Append one blob, as the mailbox's seal or not, and answer with a receipt once it is durable."""
        wanted, blob, blob_hash = await self._admit(request, Operation.APPEND)
        done: Appended = await self.writer.submit(Append(wanted.mailbox, blob, blob_hash, wanted.seal, wanted.expected))
        return _ok(BYTES, wire.receipt(self._identity.sign, self._identity.public_key, wanted.mailbox, done))

    async def read(self, request: Request) -> Answer:
        """Read the blobs after a number, or wait for the next one."""
        wanted, _, _ = await self._admit(request, Operation.READ)
        left = asyncio.ensure_future(request.receive())  # the body has been read: all that can come is the end
        try:
            if wanted.wait:
                # Watched before it is read: no append can fall between the two.
                with self.waiters.watch(wanted.mailbox, wanted.after) as woken:
                    page = await self._page(wanted, left)
                    if not page.sizes and not page.sealed and wanted.after == page.last:
                        await _until(woken, wanted.wait, left)
                        page = await self._page(wanted, left)
            else:
                page = await self._page(wanted, left)
        finally:
            left.cancel()
        sign, key = self._identity.sign, self._identity.public_key
        return _ok(BYTES, wire.page_head(sign, key, wanted.mailbox, wanted.nonce, wanted.after, page) + page.body)

    async def health(self, request: Request) -> Answer:  # noqa: ARG002 - every call has this shape
        """Say whether the relay can write. That is tried at most once a second, and not waited for if it hangs."""
        now = time.monotonic()
        if self._probe is None or (self._probe.done() and now - self._probed_at >= _PROBE_SECONDS):
            self._probed_at = now
            self._probe = asyncio.ensure_future(self.writer.submit(self._store.try_writing))
        probe = self._probe
        await asyncio.wait({probe}, timeout=max(0, self._probed_at + _PROBE_PATIENCE - now))
        if not probe.done() or probe.exception() is not None:
            raise problems.busy()
        return _json({"status": "ok"})

    async def limits(self, request: Request) -> Answer:  # noqa: ARG002 - every call has this shape
        """Say who the relay is and what it takes."""
        settings = self._settings
        return _json(
            {
                "relay_key": base64.urlsafe_b64encode(self._identity.public_key).rstrip(b"=").decode("ascii"),
                "size_classes": wire.SIZE_CLASSES,
                "retention_days": [days for days in wire.RETENTION_DAYS if days <= settings.longest_retention],
                "wait_seconds": wire.MAX_WAIT,
                "quota": {
                    "blobs": settings.quota_blobs,
                    "bytes": settings.quota_bytes,
                    "minute": settings.quota_minute,
                    "waiters": settings.waiters_by_mailbox,
                },
                "pass": settings.pass_file is not None,
                "time_unit": wire.TIME_UNIT,
            }
        )

    async def _admit(self, request: Request, operation: Operation) -> tuple[Proof, bytes, bytes]:
        """Check a signed request as far as possible without looking at storage; return proof, body and its SHA-256."""
        fields = dict(request.scope["headers"])
        proofs = [value for name, value in request.scope["headers"] if name == b"authorization"]
        if len(proofs) != 1 or b"content-encoding" in fields:
            raise problems.malformed()
        wanted = proof.parse(proofs[0], operation)
        proof.check_time(wanted, self._wall())
        if operation is Operation.APPEND and fields.get(b"content-type", b"").lower() != BYTES.encode():
            raise problems.malformed()
        lengths, announced = _LENGTHS[operation], fields.get(b"content-length")
        if announced is not None and int(announced) not in lengths:  # the parser lets only digits through
            raise problems.blob_size()
        body, more = b"", True
        while more:
            message = await request.receive()
            if message["type"] != "http.request":
                raise GoneError
            body += message.get("body", b"")
            more = message.get("more_body", False) and len(body) <= wire.SIZE_CLASSES[-1]
        if len(body) not in lengths:
            raise problems.blob_size()
        try:
            body_hash = proof.verify(wanted, self._identity.relay_id, body)
        except Problem:
            if operation is Operation.CREATE:
                raise
            # Looked for all the same, so that the time of the answer tells as little as the answer.
            return wanted._replace(mailbox=self._nowhere), body, self._nowhere
        if not self._replays.is_new(wanted, self._wall()):
            raise problems.replayed()
        return wanted, body, body_hash

    def _knows(self, given: bytes) -> bool:
        """Whether this is one of the passes. The file is read again when it has changed."""
        path = self._settings.pass_file
        assert path is not None  # noqa: S101 - asked only where passes are needed
        try:
            status = path.stat()
            if self._passes_of != (status.st_mtime_ns, status.st_size):
                lines = path.read_bytes().splitlines()
                self._passes = frozenset(wire.sha256(line.strip()) for line in lines if line.strip())
                self._passes_of = status.st_mtime_ns, status.st_size  # last: until it was read, it is to be read again
        except OSError:
            self._notices.count("the file of passes cannot be read")
            raise problems.busy(60) from None
        name = wire.sha256(given)
        return sum(hmac.compare_digest(name, each) for each in self._passes) > 0

    async def _page(self, wanted: Proof, left: asyncio.Future[Any]) -> Page:
        """Read a page. Those who ask for the same one before it is looked at share it; if all leave, nobody looks."""
        key = wanted.mailbox, wanted.after, wanted.answer_class
        reading = self._asked.get(key)
        if reading is None:
            if len(self._asked) >= self._settings.pending:
                raise problems.busy()
            loop = asyncio.get_running_loop()
            reading = self._asked[key] = _Reading(loop.create_future())
            reading.answer = loop.run_in_executor(self._readers, self._load, key, self.days.today())
        reading.askers += 1
        try:
            await _until(reading.answer, self._store.patience, left)
        finally:
            reading.askers -= 1
            if not reading.askers and not reading.answer.done():
                reading.answer.cancel()
                if self._asked.get(key) is reading:
                    del self._asked[key]
        page = reading.answer.result() if reading.answer.done() and not reading.answer.cancelled() else problems.busy()
        if isinstance(page, Problem):
            raise page.with_traceback(None)
        return page

    def _load(self, key: tuple[bytes, int, int], today: int) -> Page | Problem:
        """Read a page, in a thread."""
        self._asked.pop(key, None)  # whoever asks from here on may know of an append that this will not see
        mailbox, after, answer_class = key
        try:
            page = self._store.page(mailbox, after, wire.SIZE_CLASSES[answer_class], today)
            return page or problems.unknown_mailbox()
        except DBAPIError as error:
            self._notices.count(f"database {error_name(error)}")
            return problems.busy()
        except Exception as error:  # noqa: BLE001 - those who ask would wait for ever; it is counted and answered
            self._notices.count(f"reader {error_name(error)}")
            return problems.internal()


async def _until(done: asyncio.Future[Any], seconds: float, left: asyncio.Future[Any]) -> None:
    """Wait until it is done, until the time is over, or until whoever asked has gone away."""
    await asyncio.wait({done, left}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    if left.done():
        raise GoneError


def _ok(media_type: str, body: bytes) -> Answer:
    return 200, [(b"content-type", media_type.encode())], body


def _json(content: object) -> Answer:
    return _ok("application/json", json.dumps(content, separators=(",", ":")).encode())
