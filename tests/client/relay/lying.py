"""A relay that answers whatever a test wants, byte for byte, over real sockets."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.signing import SigningKey

from taboon_client.relay.address import RelayAddress
from tests.client.relay.forging import RELAY, relay_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from types import TracebackType

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    Behaviour = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]

BINARY = "application/octet-stream"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode("ascii")

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.head.decode("ascii").split("\r\n")[1:-2]
        return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]

    @property
    def authorization(self) -> str:
        return dict(self.headers)["Authorization"]

    @property
    def proof(self) -> bytes:
        text = self.authorization.removeprefix("Taboon ")
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @property
    def nonce(self) -> bytes:
        return self.proof[84:96]

    @property
    def unit(self) -> int:
        return int.from_bytes(self.proof[80:84], "big")


def http(
    status: int, body: bytes = b"", media_type: str | None = BINARY, *extra: str, length: int | None = None
) -> bytes:
    """An HTTP/1.1 answer, with its length unless ``length`` is negative (then chunks must follow)."""
    lines = [f"HTTP/1.1 {status} X"]
    if length is None or length >= 0:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    else:
        lines.append("Transfer-Encoding: chunked")
    if media_type is not None:
        lines.append(f"Content-Type: {media_type}")
    lines.extend(extra)
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def always(answer: bytes) -> Behaviour:
    """Answer every request with these bytes."""

    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Treat the first request by the first, and so on; the last stays."""
    left = list(behaviours)

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(request, writer)

    return behave


async def hang_up(_: Request, writer: asyncio.StreamWriter) -> None:
    """Close the connection without an answer."""
    writer.close()


class LyingRelay:
    """Listens on a free port of 127.0.0.1 while its ``async with`` block runs.

    Attributes:
        connections: Accepted, after the TLS handshake where there is one.
        requests: All that came whole.
        stray: Bytes that came and were no whole request.
        connected: Set by the first connection.
        disconnected: Set when a client has ended a connection.
    """

    def __init__(
        self,
        behave: Behaviour | None,
        *,
        tls: ssl.SSLContext | None = None,
        key: SigningKey = RELAY,
    ) -> None:
        self._behave = behave
        self._tls = tls
        self._key = key
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.requests: list[Request] = []
        self.stray = b""
        self.connected = asyncio.Event()
        self.disconnected = asyncio.Event()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def address(self) -> RelayAddress:
        """With the id that it ought to have."""
        return RelayAddress(self.base_url, relay_id(self._key))

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        self.connected.set()
        try:
            while not writer.is_closing():
                request = await self._read(reader)
                self.requests.append(request)
                if self._behave is not None:
                    await self._behave(request, writer)
        except asyncio.IncompleteReadError as end:
            self.stray += end.partial
            self.disconnected.set()
        except OSError:
            self.disconnected.set()  # the client had enough
        except asyncio.CancelledError:
            pass  # the test is over; asyncio's own callback would report a cancelled handler
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> Request:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = {name.lower(): value for name, value in Request(head, b"").headers}
        return Request(head, await reader.readexactly(int(headers.get("content-length", "0"))))


def certificate(folder: Path, key: Ed25519PrivateKey | EllipticCurvePrivateKey, *, name: str = "127.0.0.1") -> Path:
    """Write a self-signed certificate and its key as PEM, in one file."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256())
    )
    path = folder / f"{made.fingerprint(hashes.SHA256()).hex()[:16]}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def certificate_file(folder: Path, key: SigningKey | EllipticCurvePrivateKey) -> Path:
    """Write a self-signed certificate with this key."""
    return certificate(folder, Ed25519PrivateKey.from_private_bytes(bytes(key)) if isinstance(key, SigningKey) else key)


def tls_context(folder: Path, key: SigningKey | EllipticCurvePrivateKey = RELAY) -> ssl.SSLContext:
    """Return a server's context, tickets and all, that shows a certificate with this key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file(folder, key))
    return context


class Recorder:
    """Passes connections on to a port of this device and keeps what clients send, connection by connection."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.sent: list[bytes] = []

    @property
    def base_url(self) -> str:
        assert self._server is not None
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number = len(self.sent)
        self.sent.append(b"")
        onward, back = await asyncio.open_connection("127.0.0.1", self._target)

        async def forward() -> None:
            while data := await reader.read(65_536):
                self.sent[number] += data
                back.write(data)
            back.close()

        async def backward() -> None:
            while data := await onward.read(65_536):
                writer.write(data)
            writer.close()

        await asyncio.gather(forward(), backward(), return_exceptions=True)
        for each in (writer, back):
            each.close()
            with suppress(OSError):
                await each.wait_closed()
