"""HTTP/1.1 connections with bounds: a deadline for the whole request, a cap on its head, and no queue behind it.

uvicorn has neither deadline nor a cap that holds when a large head comes in one read (measured).
"""

import asyncio
from typing import Any, Final

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_BYTES: Final = 8_192


class RelayProtocol(H11Protocol):
    """One connection. `make_protocol` gives the class its bounds.

    A request (head and body) must have come `deadline` seconds after its first byte, the first one after the connection
    was made; otherwise the connection is cut.
    """

    deadline: float = 10.0
    max_connections: int = 8_192

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.abort()
        else:
            self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, never more at once than may stand before the end of a head."""
        view = memoryview(data)
        while view and not self.transport.is_closing():
            if self.conn.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR):
                # Whoever sends on before the answer gets that answer, and then the end of the connection.
                if self.cycle is not None:
                    self.cycle.keep_alive = False
                return
            room = HEAD_BYTES
            if self.conn.their_state is h11.IDLE:
                room = max(1, HEAD_BYTES + 1 - len(self.conn.trailing_data[0]))
            super().data_received(bytes(view[:room]))
            view = view[room:]

    def handle_events(self) -> None:
        """Process what has come, and note whether a request is still on its way."""
        super().handle_events()
        if self.headers and {b"content-length", b"transfer-encoding"} <= dict(self.headers).keys():
            self.cycle.keep_alive = False  # two lengths: nothing behind this request can be trusted (RFC 9112, 6.3)
        if self.transport.is_closing() or self.conn.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR):
            self._stop_deadline()
        elif self._cut is None and (self.conn.their_state is h11.SEND_BODY or self.conn.trailing_data[0]):
            self._start_deadline()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the answer says nothing
        """Refuse what is no HTTP request, and end the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            self.transport.write(self.conn.send(h11.Response(status_code=400, headers=headers, reason=b"Bad Request")))
            self.transport.write(self.conn.send(h11.EndOfMessage()))
        self.transport.close()

    def shutdown(self) -> None:
        """Finish the answer that is under way; cut a request that has not come yet."""
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()
        else:
            super().shutdown()

    def _start_deadline(self) -> None:
        self._cut = self.loop.call_later(self.deadline, self.transport.abort)

    def _stop_deadline(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None


def make_protocol(deadline: float, max_connections: int) -> type[RelayProtocol]:
    """Return the protocol class with these bounds."""
    return type("BoundedProtocol", (RelayProtocol,), {"deadline": deadline, "max_connections": max_connections})
