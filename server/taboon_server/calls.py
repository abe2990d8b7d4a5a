"""The five calls (docs/protocol.md, 1.4). Everything about a mailbox comes in the proof, nothing in the URL."""

import asyncio
import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request

from taboon_server import problems, proof, wire
from taboon_server.appending import Append, Appended, Create
from taboon_server.database import READERS, error_name
from taboon_server.days import Days
from taboon_server.identity import Identity
from taboon_server.notices import Notices
from taboon_server.problems import Answer, Problem
from taboon_server.proof import Operation, Proof
from taboon_server.settings import Settings
from taboon_server.store import Page, Store
from taboon_server.waiters import Waiter, Waiters
from taboon_server.writer import Writer

BYTES: Final = "application/octet-stream"
_PROBE_SECONDS: Final = 1.0
_LENGTHS: Final = {
    Operation.READ: {0},
    Operation.CREATE: set(range(wire.MAX_PASS + 1)),
    Operation.APPEND: set(wire.SIZE_CLASSES),
}


class GoneError(Exception):
    """Whoever asked has left."""


class _Shown(NamedTuple):
    page: Page
    body: bytes
    body_hash: bytes


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
        self._asked: dict[tuple[bytes, int, int], asyncio.Future[_Shown | Problem]] = {}
        self._passes, self._passes_of = frozenset[bytes](), (0, 0)
        self._probed_at = float("-inf")
        self._can_write = True
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
        receipt = wire.receipt(
            self._identity.sign,
            self._identity.public_key,
            wanted.mailbox,
            done.number,
            done.blob_hash,
            done.head,
            seal=done.is_seal,
        )
        return _ok(BYTES, receipt)

    async def read(self, request: Request) -> Answer:
        """Read the blobs after a number, or wait for the next one."""
        wanted, _, _ = await self._admit(request, Operation.READ)
        if wanted.wait:
            # Watched before it is read: no append can fall between the two.
            with self.waiters.watch(wanted.mailbox, wanted.after) as woken:
                shown = await self._page(wanted)
                page = shown.page
                if not page.blobs and not page.sealed and wanted.after == page.last:
                    await self._wait(woken, wanted.wait, request)
                    shown = await self._page(wanted)
        else:
            shown = await self._page(wanted)
        page = shown.page
        head = wire.page_head(
            self._identity.sign,
            self._identity.public_key,
            wanted.mailbox,
            wanted.nonce,
            sealed=page.sealed,
            first=wanted.after + 1,
            last=page.last,
            head=page.head,
            sizes=[len(blob) for blob in page.blobs],
            body_length=len(shown.body),
            body_hash=shown.body_hash,
        )
        return _ok(BYTES, head + shown.body)

    async def health(self, request: Request) -> Answer:  # noqa: ARG002 - every call has this shape
        """Say whether the relay can write. That is tried at most once a second."""
        now = time.monotonic()
        if now - self._probed_at >= _PROBE_SECONDS:
            self._probed_at = now
            try:
                await self.writer.submit(self._store.try_writing)
                self._can_write = True
            except Problem:
                self._can_write = False
        if not self._can_write:
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
        if not self._replays.is_new(wanted):
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

    async def _wait(self, woken: Waiter, seconds: int, request: Request) -> None:
        """Wait until woken, until the time is over, or until the reader has gone away."""
        over = asyncio.get_running_loop().call_later(seconds, self.waiters.let_go, woken)
        left = asyncio.ensure_future(request.receive())  # the body has been read: all that can come is the end
        left.add_done_callback(lambda _: self.waiters.let_go(woken))
        try:
            await woken
            if left.done():
                raise GoneError
        finally:
            over.cancel()
            left.cancel()

    async def _page(self, wanted: Proof) -> _Shown:
        """Read a page. Those who ask for the same one before it is looked at share it."""
        loop = asyncio.get_running_loop()
        key = wanted.mailbox, wanted.after, wanted.answer_class
        shared = self._asked.get(key)
        if shared is None:
            shared = self._asked[key] = loop.create_future()
            self._readers.submit(self._load, loop, shared, key, self.days.today())
        shown = await asyncio.shield(shared)
        if isinstance(shown, Problem):
            raise shown.with_traceback(None)
        return shown

    def _load(
        self,
        loop: asyncio.AbstractEventLoop,
        shared: asyncio.Future[_Shown | Problem],
        key: tuple[bytes, int, int],
        today: int,
    ) -> None:
        """Read a page in a thread, and hash it there."""
        del self._asked[key]  # whoever asks from here on may know of an append that this will not see
        mailbox, after, answer_class = key
        result: _Shown | Problem
        try:
            page = self._store.page(mailbox, after, wire.SIZE_CLASSES[answer_class], today)
            if page is None:
                result = problems.unknown_mailbox()
            else:
                body = wire.page_body(page.blobs)
                result = _Shown(page, body, wire.sha256(body))
        except DBAPIError as error:
            self._notices.count(f"database {error_name(error)}")
            result = problems.busy()
        except Exception as error:  # noqa: BLE001 - those who ask would wait for ever; it is counted and answered
            self._notices.count(f"reader {error_name(error)}")
            result = problems.internal()
        loop.call_soon_threadsafe(shared.set_result, result)


def _ok(media_type: str, body: bytes) -> Answer:
    return 200, [(b"content-type", media_type.encode())], body


def _json(content: object) -> Answer:
    return _ok("application/json", json.dumps(content, separators=(",", ":")).encode())
