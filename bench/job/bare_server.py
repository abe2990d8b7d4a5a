"""The least that a relay can be: the same web server without any framework, and one durable commit for each blob.

Run as ``python -m bench.job.bare_server FOLDER``; it prints its port. A POST is stored before it is answered, with as
many bytes as a receipt has. ``GET /N`` is answered with N bytes. Nothing is signed and nothing is checked.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bench.harness import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import uvicorn

__all__ = ["BareServer"]

_RECEIPT = bytes(202)


class BareServer:
    """A client of the bare server, that keeps one connection."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[BareServer]:
        """Start the server with an empty database, and stop it afterwards."""
        with (
            tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
            subprocess.Popen(
                [sys.executable, "-m", __name__, folder],
                cwd=Path(__file__).resolve().parent.parent.parent,
                stdout=subprocess.PIPE,
                encoding="ascii",
            ) as process,
        ):
            try:
                assert process.stdout is not None
                server = cls(int(process.stdout.readline()))
                server.seconds([("GET", 16)])  # the first request of a process is slower than any later one
                yield server
            finally:
                process.terminate()

    def seconds(self, requests: Sequence[tuple[str, int]]) -> float:
        """Return what these requests take one after the other: ("POST", bytes sent) or ("GET", bytes asked for)."""
        return asyncio.run(self._seconds(requests))

    async def _seconds(self, requests: Sequence[tuple[str, int]]) -> float:
        watch = Stopwatch()
        # The context is for https only; this empty one spares us the reading of all the world's authorities.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncHTTPTransport(verify=context, trust_env=False) as transport:
            for method, size in requests:
                content = os.urandom(size) if method == "POST" else None
                with watch:
                    request = httpx.Request(method, self._url(method, size), content=content)
                    response = await transport.handle_async_request(request)
                    body = await response.aread()
                    await response.aclose()
                assert len(body) == (len(_RECEIPT) if method == "POST" else size)
        return watch.seconds

    def _url(self, method: str, size: int) -> str:
        return self._base + ("/" if method == "POST" else f"/{size}")


class _App:
    """The bare ASGI application."""

    def __init__(self, database: Path) -> None:
        import sqlcipher3.dbapi2 as sqlite

        self._connection = sqlite.connect(str(database), isolation_level=None)
        for setting in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.execute("CREATE TABLE blob (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        if scope["method"] == "POST":
            self._connection.execute("INSERT INTO blob (bytes) VALUES (?)", (body,))
            answer = _RECEIPT
        else:
            answer = bytes(int(scope["path"][1:]))
        length = str(len(answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": answer})


def _config(folder: Path) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        _App(folder / "bare.db"),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )


def _serve(folder: Path) -> None:
    import uvicorn

    # asyncio sends small answers at once only on sockets whose protocol is named; uvicorn's own are not of that kind.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # from now on a connection waits for the server instead of being refused
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(_config(folder)).run([listener])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
