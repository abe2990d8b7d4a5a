"""The process that does the page's work and holds what is secret. Locking ends it: Python cannot wipe its memory.

Its standard input is a pipe from the parent, one JSON object a line: first what it needs to begin, then new codes; at
the end of input it ends, so that it never outlives its parent. On its standard output it says, one word a line, what
the parent has to know: ``ready``, ``entered``, ``shut``, ``locked``.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import sys
import threading
import time
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from taboon_client.page.door import Door
from taboon_client.page.gate import Gate
from taboon_client.page.house import House
from taboon_client.page.peers import is_ours
from taboon_client.page.render import warm_up
from taboon_client.page.site import Site
from taboon_client.page.static import open_files
from taboon_client.vault.locking import lock_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]

_LOOK: Final = 0.2
"""Seconds between two looks at the number that locks."""
_CLOSING: Final = 0.3
"""Seconds that the vault has to close in an orderly way; every change is one transaction, so none is lost without."""
_HEAD: Final = 16_384


def main() -> None:
    """Serve until the lock, or until the parent is gone."""
    setup = json.loads(sys.stdin.readline())
    asyncio.run(_Child(setup).run())
    # Not even a thread that hangs may keep what is in this memory.
    os._exit(0)


class _Child:
    def __init__(self, setup: Mapping[str, Any]) -> None:
        self._socket = _adopt(setup)
        self._folder = Path(setup["folder"])
        self._idle_seconds = float(setup["idle"])
        self._next_ticket = str(setup["next_ticket"])
        self._door = Door(time.monotonic, os.urandom, str(setup["ticket"]))
        if setup["code"]:
            self._door.show(str(setup["code"]))
        self._house = House(self._folder, idle=self._idle_seconds)
        self._site = Site(self._house, self._lock, self._used)
        self._locks = lock_number(self._folder)
        self._last_used = self._times()
        self._end = asyncio.Event()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen_to_parent, args=(loop,), daemon=True).start()
        serving = asyncio.create_task(self._serve())
        watching = asyncio.create_task(self._watch())
        ending = asyncio.create_task(self._end.wait())
        await asyncio.wait({serving, watching, ending}, return_when=asyncio.FIRST_COMPLETED)
        self._door.lock()
        _say("locked")
        closing = asyncio.create_task(self._house.close())
        await asyncio.wait({closing}, timeout=_CLOSING)
        os._exit(0)

    def _enter(self, given: str) -> dict[str, str] | None:
        token = self._door.redeem(given)
        if token is None:
            if self._door.shut:
                _say("shut")
            return None
        self._used()
        _say("entered")
        return {"token": token, "next": self._next_ticket}

    def _lock(self) -> None:
        self._end.set()

    def _used(self) -> None:
        self._last_used = self._times()

    @staticmethod
    def _times() -> tuple[float, float]:
        # The one clock stops while the device sleeps, the other can be set: whichever says that it was long is right.
        return time.monotonic(), time.time()

    async def _watch(self) -> None:
        while lock_number(self._folder) == self._locks:
            idle = max(now - then for now, then in zip(self._times(), self._last_used, strict=True))
            if idle >= self._idle_seconds and self._house.is_open:
                return
            await asyncio.sleep(_LOOK)

    async def _serve(self) -> None:
        import uvicorn

        from taboon_client.page.wire import Wire

        port = self._socket.getsockname()[1]
        gate = Gate(
            port, self._door, open_files(), self._entered, self._site, ours=lambda theirs: is_ours(theirs, port)
        )
        config = uvicorn.Config(
            gate,
            http=Wire,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_HEAD,
            timeout_keep_alive=30,
        )
        server = uvicorn.Server(config)
        # The parent listens already: whoever comes before this child accepts waits, and is not refused.
        _say("ready")
        threading.Thread(target=_warm_up, daemon=True).start()
        await server.serve(sockets=[self._socket])

    def _entered(self, given: str) -> Any:
        from taboon_client.page.site import as_json

        found = self._enter(given)
        return None if found is None else as_json(found)

    def _listen_to_parent(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(self._door.show, str(json.loads(line)["code"]))
        loop.call_soon_threadsafe(self._end.set)


def _adopt(setup: Mapping[str, Any]) -> socket.socket:
    """Return the socket that the parent listens on."""
    if sys.platform == "win32":
        return socket.fromshare(b64decode(setup["share"]))
    return socket.socket(fileno=int(setup["fd"]))


def _warm_up() -> None:
    """Load what the first screens need while somebody types the passphrase."""
    # The library imports these where it uses them. Here that would be while the first board is drawn.
    for name in ("library", "sync", "joining.admission", "relay.client", "session.pending"):
        importlib.import_module(f"taboon_client.{name}")

    warm_up()


def _say(word: str) -> None:
    try:
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()
    except OSError:  # the parent is gone, and the end of input says so too
        return


if __name__ == "__main__":
    main()
