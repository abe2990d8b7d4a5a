"""Running a relay: one process, one socket, until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, cast

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from taboon_server import memory
from taboon_server.app import create_app
from taboon_server.expiry import begin
from taboon_server.identity import Identity, tls_context
from taboon_server.notices import Notices, take_over_logging
from taboon_server.protocol import make_protocol
from taboon_server.settings import Settings
from taboon_server.store import Store

FILES_ASIDE: Final = 64
_STOP_SECONDS: Final = 4
_BACKLOG: Final = 2_048


def serve(
    store: Store,
    identity: Identity,
    settings: Settings,
    listener: socket.socket,
    metrics: socket.socket | None,
    *,
    tls_folder: Path | None,
    ready: Callable[[], None],
) -> None:
    """Serve on a bound socket until SIGTERM, SIGINT, SIGHUP or Ctrl-Break; returns within six seconds of it.

    Totals are told on the other socket, if there is one. Key and certificate for TLS lie in `tls_folder`; without one
    it is plain HTTP. `ready` is called once connections are taken.
    """
    memory.no_core_dumps()
    notices = Notices()
    take_over_logging(notices)
    settings = settings.model_copy(update={"connections": min(settings.connections, file_limit() - FILES_ASIDE)})
    app = create_app(store, identity, settings, notices)
    calls = app.state.calls
    begin(store, calls.days, notices)
    protocol, gate = make_protocol(settings, notices, tls_context(tls_folder) if tls_folder else None)

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer whatever is asked on the metrics port with the totals."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), settings.deadline)
            body = notices.metrics(connections=len(gate.open), waiting_readers=len(calls.waiters)).encode()
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close\r\n"
            writer.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            await asyncio.wait_for(writer.drain(), settings.deadline)
        writer.close()

    async def started(server: uvicorn.Server) -> None:
        if metrics is not None:
            server.servers.append(await asyncio.start_server(tell, sock=metrics))
        ready()

    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=cast("type[asyncio.Protocol]", protocol),  # uvicorn only calls it
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    _Server(config, started, calls.waiters.close).run([listener])


def file_limit() -> int:
    """Allow as many open files as the system lets us; return how many that is."""
    if sys.platform == "win32":
        return 512
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return 1 << 20 if soft == resource.RLIM_INFINITY else max(soft, FILES_ASIDE + 1)


class _Server(uvicorn.Server):
    """uvicorn's server; it says when it is ready, lets waiting readers go at once when it stops, and ends cleanly."""

    def __init__(
        self, config: uvicorn.Config, begun: Callable[[uvicorn.Server], Awaitable[None]], stopping: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._begun, self._stopping = begun, stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._begun(self)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again at the end, which turns every clean stop into a death by signal.
        numbers = set(HANDLED_SIGNALS)
        if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.add(signal.SIGHUP)  # its terminal was closed
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
