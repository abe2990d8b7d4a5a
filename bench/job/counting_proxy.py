"""Counts every byte that goes to a relay and back: a TCP proxy on loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["CountingProxy"]

_CHUNK = 65_536


class CountingProxy:
    """Passes on what comes to :attr:`port`. A context manager: it listens inside.

    Args:
        host: Of the relay.
        port: Of the relay.
    """

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._lock = threading.Lock()
        self._count = 0
        # The loop holds its tasks weakly: one that waits for both ends would be collected in between.
        self._connections = set[asyncio.Task[None] | None]()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def taken(self) -> int:
        """Return the bytes that went through, both ways, since this was last asked."""
        with self._lock:
            count, self._count = self._count, 0
        return count

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._connection, "127.0.0.1", 0)

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections.add(task)
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        try:
            await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        finally:
            for one in (writer, far_writer):
                one.close()
            self._connections.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_CHUNK):
                with self._lock:
                    self._count += len(data)
                writer.write(data)
                await writer.drain()
            writer.write_eof()
