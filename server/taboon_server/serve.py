"""Running a relay: one process, one socket, until it is told to stop."""

import asyncio
import contextlib
import ctypes
import functools
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from taboon_server.app import create_app
from taboon_server.expiry import purge_at_start
from taboon_server.identity import Identity, tls_context
from taboon_server.notices import Notices, take_over_logging
from taboon_server.protocol import HEAD_BYTES, make_protocol
from taboon_server.settings import Settings
from taboon_server.store import Store

_STOP_SECONDS: Final = 4
_GOODBYE_SECONDS: Final = 1.0
_BACKLOG: Final = 2_048
_FILES_ASIDE: Final = 64
_PR_SET_DUMPABLE: Final = 4


def serve(
    store: Store,
    identity: Identity,
    settings: Settings,
    listener: socket.socket,
    *,
    tls_folder: Path | None,
    ready: Callable[[], None],
) -> None:
    """Serve until SIGTERM, SIGINT or Ctrl-Break; returns within six seconds of it.

    Args:
        store: the open database.
        identity: the relay's key.
        settings: the relay's limits.
        listener: the bound socket.
        tls_folder: the folder with key and certificate, for TLS; None for plain HTTP.
        ready: called once connections are taken.
    """
    no_core_dumps()
    notices = Notices()
    take_over_logging(notices)
    connections = min(settings.connections, _raise_file_limit())
    app = create_app(store, identity, settings, notices)
    purge_at_start(store, app.state.calls.days, notices)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=make_protocol(settings.deadline, connections),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=_BACKLOG,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=_STOP_SECONDS,
        workers=1,
        ssl_context_factory=None if tls_folder is None else _context_factory(tls_folder),
    )
    server = _Server(config, ready, app.state.calls.waiters.close, settings.deadline)
    server.run([listener])


def no_core_dumps() -> None:
    """Keep the process's memory out of core files, where the system has a way to say so."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _raise_file_limit() -> int:
    """Allow as many open files as the system lets us; return how many connections that leaves room for."""
    if sys.platform == "win32":
        return 512 - _FILES_ASIDE
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return 1 << 20 if soft == resource.RLIM_INFINITY else max(soft - _FILES_ASIDE, 1)


def _context_factory(folder: Path) -> Callable[[uvicorn.Config, Callable[[], ssl.SSLContext]], ssl.SSLContext]:
    return lambda _config, _default: tls_context(folder)


class _Server(uvicorn.Server):
    """uvicorn's server; it says when it is ready, lets waiting readers go at once when it stops, and ends cleanly."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], stopping: Callable[[], None], handshake_seconds: float
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping
        self._handshake_seconds = handshake_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.config.is_ssl:
            # A connection that never finishes its handshake would stay for a minute, one that never says goodbye
            # for half of one, and uvicorn has no setting for it.
            loop = asyncio.get_running_loop()
            loop.create_server = functools.partial(  # type: ignore[method-assign]
                loop.create_server,
                ssl_handshake_timeout=self._handshake_seconds,
                ssl_shutdown_timeout=_GOODBYE_SECONDS,
            )
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again at the end, which turns every clean stop into a death by signal.
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
