"""What the connections of one server hold together: whoever leaves, or takes nothing, holds nothing for long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections import Counter
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
    connect, gate = protocol.make_protocol(settings, Notices(), secure)
    config = uvicorn.Config(app, lifespan="off")
    config.load()
    server = await asyncio.get_running_loop().create_server(lambda: connect(config, ServerState(), {}), "127.0.0.1", 0)
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


def unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def deaf(port: int, *, secure: bool) -> asyncio.StreamWriter:
    """Ask twice and read nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=unchecked() if secure else None)
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
    gate = protocol.Gate(Settings(connections=5), Notices())

    class Counted(protocol.Connection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            open_at_once.append(len(gate.open))

    config = uvicorn.Config(answer_much, lifespan="off")
    config.load()
    loop = asyncio.get_running_loop()
    pairs = [socket.socketpair() for _ in range(20)]
    ours = [
        loop.connect_accepted_socket(lambda: Counted(gate, "http", config, ServerState(), {}), one) for one, _ in pairs
    ]
    await asyncio.gather(*ours)
    assert len(open_at_once) == 20
    assert max(open_at_once) == 5
    for _, theirs in pairs:
        theirs.close()
    async with asyncio.timeout(30):
        await until(lambda: not gate.open)


@pytest.mark.anyio
async def test_a_connection_counts_from_before_its_handshake_and_gives_way_like_any_other(tmp_path: Path) -> None:
    load_identity(tmp_path)
    async with serving(answer_much, Settings(connections=3), tls_context(tmp_path)) as (port, gate):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        for reader, _ in silent[:2]:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        assert len(gate.open) == 3
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=unchecked())
        assert len(gate.open) == 3
        writer.write(REQUEST)
        assert (await reader.readexactly(12)) == b"HTTP/1.1 200"
        for _, each in (*silent, (reader, writer)):
            each.transport.abort()
        await until(lambda: not gate.open)


@pytest.mark.anyio
async def test_tls_keeps_no_room_for_more_than_a_few_records(tmp_path: Path) -> None:
    """asyncio's own keeps 256 KiB for each connection, and takes as much again where nobody reads on."""
    load_identity(tmp_path)
    connect, _ = protocol.make_protocol(Settings(), Notices(), tls_context(tmp_path))
    config = uvicorn.Config(answer_much, lifespan="off")
    config.load()
    layer = connect(config, ServerState(), {})
    assert isinstance(layer, asyncio.BufferedProtocol)
    assert len(memoryview(layer.get_buffer(-1))) <= 16_384
    transport = layer._get_app_transport()  # type: ignore[attr-defined] # what the connection writes to, later
    assert transport.get_read_buffer_limits()[1] <= 65_536
    layer.connection_lost(None)


@pytest.mark.anyio
@pytest.mark.parametrize("secure", [False, True])
async def test_the_last_answer_waits_for_a_slow_reader(tmp_path: Path, *, secure: bool) -> None:
    """Over TLS it was cut after a second, however large it was."""
    load_identity(tmp_path)
    async with serving(answer_much, Settings(), tls_context(tmp_path) if secure else None) as (port, gate):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=unchecked() if secure else None)
        writer.transport.pause_reading()  # type: ignore[attr-defined] # a stream's transport reads and writes
        writer.write(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await until(lambda: bool(gate.held))
        (connection,) = gate.open
        assert not connection.transport.is_closing()
        writer.transport.resume_reading()  # type: ignore[attr-defined] # as above
        assert len(await reader.read()) > LARGE
        writer.close()


@pytest.mark.anyio
async def test_a_whole_body_counts_until_it_is_taken() -> None:
    """As many as there are connections can come in one turn of the loop, before anyone takes the first of them."""
    take = asyncio.Event()

    async def take_late(_: Any, receive: Any, send: Any) -> None:
        await take.wait()
        taken = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % len(taken["body"])})

    async with serving(take_late, Settings(body_bytes=MIB)) as (port, gate):
        lines = []
        for number in range(1, 6):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nHost: relay\r\nContent-Length: 250000\r\n\r\n" + bytes(250_000))
            lines.append((reader, writer))
            await until(lambda: sum(gate.held.values()) == min(number, 4) * 250_000)  # noqa: B023 - as above
        assert (await lines[0][0].readexactly(12)) == b"HTTP/1.1 503"
        take.set()
        for reader, writer in lines[1:]:
            assert (await reader.readexactly(12)) == b"HTTP/1.1 200"
            writer.transport.abort()
        assert not gate.held
        lines[0][1].transport.abort()


@pytest.mark.anyio
async def test_whoever_signs_nothing_takes_turns_with_everyone_else() -> None:
    answered: Counter[str] = Counter()

    async def refuse(scope: Any, _: Any, send: Any) -> None:
        answered[scope["path"]] += 1
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async with serving(refuse, Settings()) as (port, _):

        async def ask(path: str) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                while True:
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: relay\r\n\r\n".encode())
                    await reader.readuntil(b"\r\n\r\n")
            finally:
                writer.transport.abort()

        crowd = [asyncio.create_task(ask("/noise")) for _ in range(20)]
        await until(lambda: answered["/noise"] > 100)
        before = answered["/noise"]
        crowd.append(asyncio.create_task(ask("/honest")))
        await until(lambda: answered["/honest"] > 20)
        assert answered["/noise"] - before < 3 * 20 * answered["/honest"]
        for each in crowd:
            each.cancel()
        await asyncio.wait(crowd)
