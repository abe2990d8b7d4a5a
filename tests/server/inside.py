"""A relay inside the test's own process, with a clock that the test sets."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from taboon_server.app import create_app
from taboon_server.expiry import purge_once
from taboon_server.identity import Identity
from taboon_server.notices import Notices
from taboon_server.settings import Settings
from taboon_server.store import Store
from tests.server.signing import (
    APPEND,
    CREATE,
    EXPECTED,
    READ,
    SEAL,
    Keys,
    Page,
    Receipt,
    header,
    read_page,
    read_receipt,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from fastapi import FastAPI

    from taboon_server.calls import Calls

DAY = 86_400
OCTETS = {"Content-Type": "application/octet-stream"}


class Clock:
    """A wall clock that stands still until it is moved, at first at some noon."""

    def __init__(self) -> None:
        self.now = 20_000 * DAY + DAY / 2

    def __call__(self) -> float:
        return self.now


@dataclass
class Inside:
    """The relay's parts, and signed calls to it."""

    app: FastAPI
    calls: Calls
    store: Store
    clock: Clock
    notices: list[str]
    http: httpx.AsyncClient
    relay_id: bytes

    async def call(
        self, keys: Keys, operation: int, body: bytes = b"", *, flags: int = 0, number: int = 0, wait: int = 0
    ) -> httpx.Response:
        proof = keys.proof(
            self.relay_id,
            operation,
            body,
            flags=flags,
            number=number,
            wait=wait,
            answer=3 if operation == READ else 0,
            unit=int(self.clock()) // 300,
        )
        method, path = {CREATE: ("PUT", "/v1/mailbox"), APPEND: ("POST", "/v1/blobs"), READ: ("GET", "/v1/blobs")}[
            operation
        ]
        headers = {"Authorization": header(proof)} | OCTETS
        return await self.http.request(method, path, content=body, headers=headers)

    def pass_days(self, days: int) -> None:
        """Let days go by; the relay looks at its clock on each of them."""
        for _ in range(days):
            self.clock.now += DAY
            assert self.calls.days.today() == int(self.clock()) // DAY

    async def purge(self) -> bool:
        """Do now what is done every minute."""
        self.calls.writer.quotas.totals = self.store.totals()
        emptied = await purge_once(self.store, self.calls.writer, self.calls.days)
        self.calls.writer.quotas.totals = self.store.totals()
        return emptied

    async def new_mailbox(self, retention: int = 2) -> Keys:
        keys = Keys(retention=retention)
        assert (await self.call(keys, CREATE)).status_code == 204
        return keys

    async def append(
        self, keys: Keys, content: bytes, *, seal: bool = False, expected: int | None = None
    ) -> httpx.Response:
        flags = SEAL * seal | EXPECTED * (expected is not None)
        return await self.call(keys, APPEND, content, flags=flags, number=expected or 0)

    async def appended(self, keys: Keys, content: bytes, *, seal: bool = False) -> Receipt:
        answer = await self.append(keys, content, seal=seal)
        assert answer.status_code == 200, answer.text
        return read_receipt(answer.content, self.relay_id)

    async def page(self, keys: Keys, after: int = 0, wait: int = 0) -> Page:
        answer = await self.call(keys, READ, number=after, wait=wait)
        assert answer.status_code == 200, answer.text
        return read_page(answer.content, self.relay_id)


@contextlib.asynccontextmanager
async def inside(
    folder: Path, settings: Settings | None = None, clock: Clock | None = None, **store_options: Any
) -> AsyncIterator[Inside]:
    """Run a relay on a folder, without a network."""
    clock = clock or Clock()
    store = Store(folder / "relay.db", **store_options)
    try:
        identity = Identity(os.urandom(32))
        notices: list[str] = []
        app = create_app(store, identity, settings or Settings(), Notices(notices.append), clock)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://relay") as client,
        ):
            yield Inside(app, app.state.calls, store, clock, notices, client, identity.relay_id)
    finally:
        store.close()
