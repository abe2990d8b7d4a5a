"""Sends requests over many connections, one at a time on each, and takes little of the machine that the server needs.

One thread and one selector, prepared bytes, no HTTP library: about 20 microseconds a request.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

__all__ = ["Connections", "Driven", "percentile"]

_SILENCE_SECONDS = 60.0
_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of some requests.

    Attributes:
        seconds: From the first request to the last answer.
        latencies: Of each answer, in seconds, in the order in which they came.
        answers: The last body on each connection.
    """

    seconds: float
    latencies: list[float]
    answers: list[bytes]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def percentile(values: Iterable[float], hundredths: float) -> float:
    """Return the value that so many hundredths of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * hundredths / 100))]


class Connections:
    """Open connections to a server on this machine. A context manager.

    Args:
        ports: One for each connection; several processes may share the load.
        tls: over TLS, whatever key the server shows.
    """

    def __init__(self, ports: Sequence[int], *, tls: bool = False) -> None:
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._all = [_Connection(port, context) for port in ports]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._all:
            connection.socket.close()

    def drive(self, requests: Iterable[bytes]) -> Driven:
        """Send each request over the next free connection, until all are answered.

        Raises:
            RuntimeError: An answer was no success, or none came for a minute.
        """
        waiting = deque(requests)
        latencies: list[float] = []
        began = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            for connection in self._all:
                if waiting:
                    selector.register(connection.socket, selectors.EVENT_READ, connection)
                    connection.send(waiting.popleft())
            while selector.get_map():
                ready = selector.select(_SILENCE_SECONDS)
                if not ready:
                    raise RuntimeError("the server has not answered for a minute")
                for key, _ in ready:
                    connection = key.data
                    if connection.take():
                        latencies.append(time.perf_counter() - connection.began)
                        if waiting:
                            connection.send(waiting.popleft())
                        else:
                            selector.unregister(connection.socket)
        return Driven(time.perf_counter() - began, latencies, [connection.body for connection in self._all])

    def send_only(self, requests: Sequence[bytes]) -> None:
        """Send one request on each connection and wait for no answer; `collect` takes the answers."""
        for connection, request in zip(self._all, requests, strict=True):
            connection.send(request)

    def collect(self) -> list[float]:
        """Take the answer of every connection; return the moments (of `time.perf_counter`) at which each was whole."""
        came: list[float] = []
        with selectors.DefaultSelector() as selector:
            for connection in self._all:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            while selector.get_map():
                ready = selector.select(_SILENCE_SECONDS)
                if not ready:
                    raise RuntimeError("the server has not answered for a minute")
                for key, _ in ready:
                    if key.data.take():
                        came.append(time.perf_counter())
                        selector.unregister(key.data.socket)
        return came

    @property
    def bodies(self) -> list[bytes]:
        """The last body that each connection got."""
        return [connection.body for connection in self._all]


class _Connection:
    """One connection, with at most one request under way."""

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self.socket = context.wrap_socket(self.socket)
        self.began = 0.0
        self.body = b""
        self._parts: list[bytes] = []
        self._missing = -1
        self._head = 0

    def send(self, request: bytes) -> None:
        self._parts, self._missing = [], -1
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Take what has come; return whether the answer is whole."""
        part = self.socket.recv(_PIECE)
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            part += self.socket.recv(_PIECE)
        if not part:
            raise RuntimeError("the server ended a connection")
        self._parts.append(part)
        if self._missing < 0:
            self._look_at_head()
        else:
            self._missing -= len(part)
        if self._missing > 0 or self._head == 0:
            return False
        self.body = b"".join(self._parts)[self._head :]
        return True

    def _look_at_head(self) -> None:
        came = b"".join(self._parts)
        end = came.find(b"\r\n\r\n")
        self._head = end + 4 if end >= 0 else 0
        if not self._head:
            return
        head = came[:end].lower()
        if not head.startswith(b"http/1.1 20"):
            raise RuntimeError(f"the server refused: {came[:600]!r}")
        _, found, rest = head.partition(b"content-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if found else 0
        self._missing = self._head + length - len(came)
