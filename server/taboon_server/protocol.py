"""HTTP/1.1 for a relay: every connection is bounded in bytes and in time, and nothing of it is logged or kept.

httptools (llhttp, strict) reads the bytes; uvicorn keeps the sockets. Its own connections have no deadline, no cap on a
head, and a queue of requests (docs/decisions/0001-http.md).
"""

import asyncio
import contextlib
import socket
import ssl
import struct
import sys
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from taboon_server import problems, wire
from taboon_server.notices import Notices
from taboon_server.settings import Settings

HEAD_BYTES: Final = 8_192
BODY_BYTES: Final = wire.SIZE_CLASSES[-1]
_LINES: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_BUSY: Final = problems.busy()
_VERSIONS: Final = ("1.0", "1.1")
_NO_LINGER: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_NEVER: Final = float("inf")
_RECORD_BYTES: Final = 16_384  # the most that TLS puts into one record
_GOODBYE_SECONDS: Final = 1.0


class Gate:
    """What the connections of one server share. Where there are too many, those give way that bring nothing."""

    def __init__(self, settings: Settings, notices: Notices) -> None:
        self.settings, self.notices = settings, notices
        self.open: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}  # oldest first: those whose whole request has not come
        self.held: dict[Connection, int] = {}  # oldest first: bytes of a body or of an answer that nobody has taken yet
        self._all_held = 0
        self._sweeping = False

    def enter(self, connection: "Connection") -> None:
        """Let a connection in; the one that has brought nothing for longest goes if there are too many."""
        self.open.add(connection)
        self.waiting[connection] = None
        if len(self.open) > self.settings.connections:
            oldest = next(iter(self.waiting))
            self.leave(oldest)  # at once: many may come before it hears that it was cut
            oldest.cut()
        if not self._sweeping:
            self._sweeping = True
            self._sweep()

    def hold(self, connection: "Connection", size: int) -> None:
        """Count bytes that are on their way in or out; where there are too many, the oldest connection gives way."""
        self.held[connection] = self.held.get(connection, 0) + size
        self._all_held += size
        while self._all_held > self.settings.body_bytes:
            oldest = next(iter(self.held))
            self.release(oldest)
            oldest.give_way()

    def release(self, connection: "Connection") -> None:
        """Count no more bytes for a connection."""
        self._all_held -= self.held.pop(connection, 0)

    def leave(self, connection: "Connection") -> None:
        """Forget a connection."""
        self.release(connection)
        self.open.discard(connection)
        self.waiting.pop(connection, None)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in [each for each in self.open if each.due < now]:
            connection.cut()
        loop.call_later(min(1.0, self.settings.deadline / 4), self._sweep)


class Connection(asyncio.Protocol):
    """One connection and the one request at a time that it makes. `due` is when it is cut, in the loop's time."""

    transport: asyncio.Transport

    def __init__(
        self, gate: Gate, scheme: str, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self.gate, self._scheme, self._app, self._state = gate, scheme, config.loaded_app, app_state
        self._open: set[Any] = server_state.connections
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._lost = self._ending = self._unread = self._untaken = False
        self._sent = 0  # bytes of the last answer
        self._last = False  # this answer is the last one
        self._next_request()

    def _next_request(self) -> None:
        self._url, self._headers, self._body = b"", list[tuple[bytes, bytes]](), bytearray()
        self._head_bytes = 0
        self._headed = self._whole = self._given = False
        self._task: asyncio.Task[None] | None = None
        self._came: asyncio.Future[None] | None = None
        self._status = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection; one with TLS before its handshake, and once more behind it."""
        self.transport = cast("asyncio.Transport", transport)
        if self in self._open:
            return
        self.transport.set_write_buffer_limits(1, 0)  # pause_writing as soon as something is left unsent
        self._open.add(self)
        self._allow(self.gate.settings.deadline)
        self.gate.enter(self)

    def connection_lost(self, exc: BaseException | None) -> None:  # noqa: ARG002 - whyever
        """Forget a connection, and let whoever answers it know."""
        self._lost = True
        self._open.discard(self)
        self.gate.leave(self)
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of a head never beyond its cap."""
        if self._ending:
            return  # read and thrown away, so that the answer is not (RFC 9112, section 9.6)
        if self._whole:
            self._too_soon()
            return
        if not self._head_bytes:
            self._allow(self.gate.settings.deadline)
        try:
            while data and self._wants_more():
                piece = data if self._headed else data[: HEAD_BYTES - self._head_bytes]
                data = data[len(piece) :]
                self._head_bytes += len(piece)
                self._parser.feed_data(piece)
                if not self._headed and self._head_bytes >= HEAD_BYTES:
                    raise httptools.HttpParserError  # noqa: TRY301 - one way out for all
            if data:
                self._too_soon()
        except httptools.HttpParserUpgrade:
            self._last = True
        except httptools.HttpParserError:
            if self._whole:
                self._too_soon()
            else:
                self.refuse(None)

    def on_message_begin(self) -> None:
        """Refuse a request behind one that has not been answered."""
        if self._whole:
            raise ValueError

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field of the head; a body has none behind it."""
        if self._headed:
            raise ValueError
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        names = [name for name, _ in self._headers]
        version = self._parser.get_http_version()
        codings = [value.lower() for name, value in self._headers if name == b"transfer-encoding"]
        if version not in _VERSIONS or codings not in ([], [b"chunked"]):
            raise ValueError
        if names.count(b"host") != 1 and version != "1.0":
            raise ValueError
        path, mark, query = self._url.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": self._parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "root_path": "",
            "path": unquote(path.decode("ascii")),
            "raw_path": path if query else path + mark,  # with nothing behind it, the mark is part of another spelling
            "query_string": query,
            "headers": self._headers,
            "server": None,
            "client": None,  # no address is known beyond this file
            "state": self._state.copy(),
        }
        self._last |= not self._parser.should_keep_alive()
        self._headed = True
        if b"content-length" in names:
            announced = int(dict(self._headers)[b"content-length"])
            self._allow(self.gate.settings.deadline + min(announced, BODY_BYTES) / self.gate.settings.slowest)
        if b"expect" in names:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._task = self._loop.create_task(self._answer(scope))

    def on_body(self, part: bytes) -> None:
        """Take a part of the body, one byte more than the largest at most."""
        if self._ending:
            return
        self._body += part[: BODY_BYTES + 1 - len(self._body)]
        self.gate.hold(self, len(part))
        if len(self._body) > BODY_BYTES:
            self._last = True
            self._wake()

    def on_message_complete(self) -> None:
        """Give the whole request to whoever answers it. Until it is taken, a body gives way behind unfinished ones."""
        self._whole = True
        self.due = _NEVER
        if self in self.gate.held:
            self.gate.held[self] = self.gate.held.pop(self)
        self.gate.waiting.pop(self, None)
        self._wake()

    def pause_writing(self) -> None:
        """Give a reader who is slow a while, and take nothing more from it until then."""
        self._untaken = True
        self.transport.pause_reading()
        self._allow(self.gate.settings.deadline + self._sent / self.gate.settings.slowest)
        self.gate.hold(self, self._sent)

    def resume_writing(self) -> None:
        """Go on: all was sent."""
        self._untaken = False
        self.gate.release(self)
        self.transport.resume_reading()
        self._allow(self.gate.settings.deadline if self._ending else self.gate.settings.keep_alive)
        if self._ending and not self._unread:
            self._loop.call_soon(self.transport.close)  # asyncio would be told twice if it closed in here

    def cut(self) -> None:
        """End this connection at once. What was not taken of an answer is not kept by the system either."""
        line = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def shutdown(self) -> None:
        """End this connection (uvicorn, when it stops): after an answer that is under way, at once if there is none."""
        self._last = True
        if not self._whole:
            self.transport.close()

    def give_way(self) -> None:
        """Make room: refuse a body that has not come whole, cut whoever does not take an answer."""
        if self._untaken:
            self.cut()
        else:
            self.refuse(_BUSY)

    def refuse(self, problem: problems.Problem | None) -> None:
        """Answer a request that has not come whole, and end the connection. None: it is no HTTP."""
        if not self._status and not self._ending:
            self._whole = False
            status, headers, body = (400, [], b"") if problem is None else problem.answer
            self._write(status, [*headers, (b"content-length", b"%d" % len(body))], body)
        if self._task is not None:
            self._task.cancel()

    async def _answer(self, scope: dict[str, Any]) -> None:
        try:
            await self._app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - its text may hold what came in a request
            self.gate.notices.count(f"mistake {type(error).__name__}")
        if self._task is asyncio.current_task() and not self._ending:
            self.transport.abort()  # there was no answer

    async def _receive(self) -> dict[str, Any]:
        while not (self._lost or (not self._given and (self._whole or len(self._body) > BODY_BYTES))):
            self._came = self._loop.create_future()
            await self._came
        if self._lost:
            return {"type": "http.disconnect"}
        self._given = True
        self.gate.release(self)
        body, self._body = bytes(self._body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status, self._fields = message["status"], message["headers"]
        elif not (self._ending or self._lost):
            self._write(self._status, self._fields, message.get("body", b""))

    def _write(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Write an answer in one piece (the application sends none in parts, and says how long it is); go on or end."""
        unread = self._unread or not self._whole
        last = self._last or unread
        parts = [_LINES[status], *(b"%b: %b\r\n" % field for field in headers)]
        parts += (b"connection: close\r\n\r\n" if last else b"\r\n", body)
        self.gate.release(self)
        self._ending = last
        if not last:
            self._next_request()
            self.gate.waiting[self] = None
        self._allow(self.gate.settings.deadline if last else self.gate.settings.keep_alive)
        if self.transport.is_closing():
            return
        answer = b"".join(parts)
        self._sent, self._unread = len(answer), unread
        self.transport.write(answer)
        if last and not unread:
            if not self._untaken:  # TLS waits for nobody once it is told to close
                self.transport.close()
        elif last:
            self.transport.resume_reading()
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def _wants_more(self) -> bool:
        return not (self._whole or self._ending)

    def _too_soon(self) -> None:
        """Whoever sends on before the answer gets that answer, and then the end of the connection."""
        self._unread = True
        self.transport.pause_reading()

    def _allow(self, seconds: float) -> None:
        self.due = self._loop.time() + seconds

    def _wake(self) -> None:
        if self._came is not None and not self._came.done():
            self._came.set_result(None)


class _Secured(SSLProtocol):
    """TLS around a connection, which is bounded like any other from before the handshake on."""

    max_size = _RECORD_BYTES  # asyncio's own takes 256 KiB for each connection, also for one that is silent

    def __init__(self, connection: Connection, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        nobody: Any = None  # waits for the handshake
        super().__init__(loop, connection, context, nobody, server_side=True, ssl_shutdown_timeout=_GOODBYE_SECONDS)
        self._set_read_buffer_limits(4 * _RECORD_BYTES)  # type: ignore[attr-defined] # typeshed leaves it out
        self.connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.connection.connection_made(transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.connection.connection_lost(exc)  # asyncio tells nobody of one that never finished its handshake
        super().connection_lost(exc)

    # asyncio's TLS counts only what it has not encrypted, so that it would not say that an answer is not taken.

    def pause_writing(self) -> None:
        super().pause_writing()
        self.connection.pause_writing()

    def resume_writing(self) -> None:
        self.connection.resume_writing()
        super().resume_writing()


def make_protocol(
    settings: Settings, notices: Notices, secure: ssl.SSLContext | None
) -> tuple[Callable[..., asyncio.BaseProtocol], Gate]:
    """Return what makes the connections of one server, and what they share."""
    gate = Gate(settings, notices)

    def connect(
        config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: object = None
    ) -> asyncio.BaseProtocol:
        if secure is None:
            return Connection(gate, "http", config, server_state, app_state)
        return _Secured(Connection(gate, "https", config, server_state, app_state), secure)

    return connect, gate
