"""The five calls (docs/protocol.md, 1.4). Everything about a mailbox comes in the proof, nothing in the URL."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from taboon_server import problems, proof, wire
from taboon_server.appending import Append, Create
from taboon_server.database import READERS, error_name
from taboon_server.days import Days
from taboon_server.identity import Identity
from taboon_server.notices import Notices
from taboon_server.problems import Problem
from taboon_server.proof import Operation, Proof
from taboon_server.replays import ReplayMemory
from taboon_server.settings import Settings
from taboon_server.store import Page, Store
from taboon_server.waiters import Waiters
from taboon_server.writer import Writer

_BYTES: Final = "application/octet-stream"
_PROBE_SECONDS: Final = 1.0

_T = TypeVar("_T")


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
        self._store = store
        self._identity = identity
        self._settings = settings
        self._wall = wall
        self._notices = notices
        self._replays = ReplayMemory(settings.replays)
        self._readers = ThreadPoolExecutor(READERS, "reader")
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

    async def create(self, request: Request) -> Response:
        """`PUT /v1/mailbox`."""
        wanted, _ = await self._admit(request, Operation.CREATE)
        await self.writer.create(Create(wanted.mailbox, wanted.retention))
        return Response(status_code=204)

    async def append(self, request: Request) -> Response:
        """`POST /v1/blobs`."""
        wanted, blob = await self._admit(request, Operation.APPEND)
        done = await self.writer.append(Append(wanted.mailbox, blob, wanted.seal, wanted.expected))
        receipt = self._identity.receipt(wanted.mailbox, done.number, done.blob_hash, done.head, seal=done.is_seal)
        return Response(receipt, media_type=_BYTES)

    async def read(self, request: Request) -> Response:
        """`GET /v1/blobs`."""
        wanted, _ = await self._admit(request, Operation.READ)
        if wanted.wait:
            # Watched before it is read: no append can fall between the two.
            with self.waiters.watch(wanted.mailbox, wanted.after) as woken:
                page = await self._page(wanted)
                if not page.blobs and not page.sealed and wanted.after == page.last:
                    await _wait(woken, wanted.wait, request)
                    page = await self._page(wanted)
        else:
            page = await self._page(wanted)
        answer = self._identity.page(
            wanted.mailbox,
            wanted.nonce,
            sealed=page.sealed,
            first=wanted.after + 1,
            last=page.last,
            head=page.head,
            blobs=page.blobs,
        )
        return Response(answer, media_type=_BYTES)

    async def health(self, request: Request) -> Response:  # noqa: ARG002 - every call has this shape
        """`GET /v1/health`. Writing is tried at most once a second."""
        now = time.monotonic()
        if now - self._probed_at >= _PROBE_SECONDS:
            self._probed_at = now
            try:
                await self.writer.alone(self._store.try_writing)
                self._can_write = True
            except Problem:
                self._can_write = False
        if not self._can_write:
            raise problems.busy()
        return _json({"status": "ok"})

    async def limits(self, request: Request) -> Response:  # noqa: ARG002 - every call has this shape
        """`GET /v1/limits`."""
        return _json(
            {
                "relay_key": base64.urlsafe_b64encode(self._identity.public_key).rstrip(b"=").decode("ascii"),
                "size_classes": wire.SIZE_CLASSES,
                "retention_days": wire.RETENTION_DAYS,
                "wait_seconds": wire.MAX_WAIT,
                "quota": {"blobs": self._settings.quota_blobs, "bytes": self._settings.quota_bytes},
                "pass": False,
                "time_unit": wire.TIME_UNIT,
            }
        )

    async def _admit(self, request: Request, operation: Operation) -> tuple[Proof, bytes]:
        """Check a signed request as far as possible without looking at storage; return its proof and its body."""
        fields = request.headers.getlist("authorization")
        if len(fields) != 1 or "content-encoding" in request.headers:
            raise problems.malformed()
        wanted = proof.parse(fields[0].encode("latin-1"), operation)
        proof.check_time(wanted, self._wall())
        body = await _body(request, operation)
        proof.verify(wanted, self._identity.relay_id, body)
        if not self._replays.is_new(wanted.signed):
            raise problems.replayed()
        return wanted, body

    async def _page(self, wanted: Proof) -> Page:
        limit = wire.SIZE_CLASSES[wanted.answer_class]
        page = await self._read(self._store.page, wanted.mailbox, wanted.after, limit, self.days.today())
        if page is None:
            raise problems.unknown_mailbox()
        return page

    async def _read(self, function: Callable[..., _T], *arguments: object) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, function, *arguments)
        except DBAPIError as error:
            self._notices.count(f"database {error_name(error)}")
            raise problems.busy() from None


async def _body(request: Request, operation: Operation) -> bytes:
    """Read a body, and never more of it than the operation may have."""
    if operation is Operation.READ:
        limit, lengths = 0, {0}
    elif operation is Operation.CREATE:
        limit, lengths = wire.MAX_PASS, set(range(wire.MAX_PASS + 1))
    else:
        limit, lengths = wire.SIZE_CLASSES[-1], set(wire.SIZE_CLASSES)
        if request.headers.get("content-type", "").lower() != _BYTES:
            raise problems.malformed()
    announced = request.headers.get("content-length")
    if announced is not None and int(announced) not in lengths:  # h11 lets only digits through
        raise problems.blob_size()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problems.blob_size()
    if len(body) not in lengths:
        raise problems.blob_size()
    return bytes(body)


async def _wait(woken: asyncio.Event, seconds: int, request: Request) -> None:
    """Wait until woken, until the time is over, or until the reader has gone away."""
    appended = asyncio.ensure_future(woken.wait())
    left = asyncio.ensure_future(request.receive())  # the body has been read: all that can come is the end
    try:
        await asyncio.wait({appended, left}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if left.done():
            raise ClientDisconnect
    finally:
        appended.cancel()
        left.cancel()


def _json(content: object) -> Response:
    return Response(json.dumps(content, separators=(",", ":")), media_type="application/json")
