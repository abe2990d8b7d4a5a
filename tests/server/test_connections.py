"""What the connections of one server hold together: whoever leaves, or takes nothing, holds nothing for long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from taboon_server import protocol
from taboon_server.identity import load_identity, tls_context
from taboon_server.notices import Notices
from taboon_server.settings import MIB, Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

REQUEST = b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n"
LARGE = 20_000_000  # more than the buffers of two sockets


@contextlib.asynccontextmanager
async def serving(
    app: Callable[[Any, Any, Any], Awaitable[None]], settings: Settings, secure: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[int, protocol.Gate]]:
    connections, gate = protocol.make_protocol(settings, Notices())
    factory = None if secure is None else lambda *_: secure
    config = uvicorn.Config(app, http=connections, lifespan="off", ssl_context_factory=factory)
    config.load()
    server = await asyncio.get_running_loop().create_server(
        lambda: connections(config, ServerState(), {}), "127.0.0.1", 0, ssl=secure
    )
    try:
        async with asyncio.timeout(30):
            yield server.sockets[0].getsockname()[1], gate
    finally:
        server.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what nobody tells of."""
    while not condition():  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)


async def answer_much(_: Any, __: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": bytes(LARGE)})


async def deaf(port: int, *, secure: bool) -> asyncio.StreamWriter:
    """Ask twice and read nothing."""
    context = None
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream's transport reads and writes
    writer.write(REQUEST * 2)
    return writer


@pytest.mark.anyio
@pytest.mark.parametrize("secure", [False, True])
async def test_whoever_asks_and_never_reads_is_cut(tmp_path: Path, *, secure: bool) -> None:
    load_identity(tmp_path)
    settings = Settings(deadline=0.2, slowest=1 << 40, body_bytes=2 * LARGE)
    async with serving(answer_much, settings, tls_context(tmp_path) if secure else None) as (port, gate):
        writer = await deaf(port, secure=secure)
        await until(lambda: bool(gate.held))
        await until(lambda: not gate.open)
        assert not gate.held
        writer.transport.abort()


@pytest.mark.anyio
@pytest.mark.parametrize("secure", [False, True])
async def test_answers_that_nobody_takes_are_bounded_in_total_and_the_oldest_give_way(
    tmp_path: Path, *, secure: bool
) -> None:
    load_identity(tmp_path)
    settings = Settings(body_bytes=2 * LARGE + MIB)
    async with serving(answer_much, settings, tls_context(tmp_path) if secure else None) as (port, gate):
        writers = []
        for number in range(1, 5):
            writers.append(await deaf(port, secure=secure))
            await until(lambda: len(gate.held) == min(number, 2))  # noqa: B023 - called before the next turn
        await until(lambda: len(gate.open) == 2)
        assert set(gate.held) == gate.open
        for writer in writers:
            writer.transport.abort()


@pytest.mark.anyio
async def test_whoever_leaves_before_the_answer_is_forgotten() -> None:
    """Each would else stay for good, and be the one to go where there are too many connections."""
    go_on, done = asyncio.Event(), asyncio.Event()

    async def answer_late(_: Any, __: Any, send: Any) -> None:
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        done.set()

    async with serving(answer_late, Settings()) as (port, gate):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(REQUEST)
            await until(lambda: bool(gate.open) and not gate.waiting)
        await until(lambda: not gate.open)
        go_on.set()
        await done.wait()
        assert not gate.waiting


@pytest.mark.anyio
async def test_many_who_come_at_once_are_no_more_than_may_come_one_by_one() -> None:
    """All of them are let in before any of those that are cut for them has heard of it."""
    open_at_once: list[int] = []
    connections, gate = protocol.make_protocol(Settings(connections=5), Notices())

    class Counted(connections):  # type: ignore[misc,valid-type] # a class made for this server
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            open_at_once.append(len(gate.open))

    config = uvicorn.Config(answer_much, lifespan="off")
    config.load()
    loop = asyncio.get_running_loop()
    pairs = [socket.socketpair() for _ in range(20)]
    ours = [loop.connect_accepted_socket(lambda: Counted(config, ServerState(), {}), one) for one, _ in pairs]
    await asyncio.gather(*ours)
    assert len(open_at_once) == 20
    assert max(open_at_once) == 5
    for _, theirs in pairs:
        theirs.close()
    async with asyncio.timeout(30):
        await until(lambda: not gate.open)
