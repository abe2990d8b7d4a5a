"""The process that `taboon open` starts: it holds the listening socket and shows codes, and never sees a secret.

The work is done in a child process that inherits the socket. Locking ends the child, and a fresh one stands at the lock
screen. What the parent knows is how to get in front of that screen: the code that it shows, and the ticket that the
open page was given for the time after the lock.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taboon_client.page.door import make_code, make_ticket

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

__all__ = ["HOST", "Parent"]

HOST: Final = "127.0.0.1"
"""The only address that the page is at. Never a name: names can be pointed elsewhere."""
_CHILD = "taboon_client.page.child"
_MOST_FAILURES: Final = 3
_START: Final = """<!doctype html><meta charset="utf-8"><title>Taboon</title>
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}"><p><a rel="noreferrer" href="{url}">Taboon · طابون</a>
"""


class Parent:
    """Keeps a child at the socket until it is told to stop.

    Args:
        folder: Of the vault, which may not be there yet.
        idle: Seconds without use after which the child locks.
        port: To listen on; 0 for any that is free.
        tell: Called from any thread with what happened: ``ready``, ``entered``, ``shut``, ``locked``, ``failed``.
    """

    def __init__(self, folder: Path, *, idle: float, port: int = 0, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._idle = idle
        self._tell = tell
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((HOST, port))
        self._socket.listen(128)
        self._ticket = ""
        self._child: subprocess.Popen[str] | None = None
        self._start_file: Path | None = None
        self._code = ""
        self._stopping = False
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """The port that the page is at."""
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.port}/"

    def new_code(self) -> str:
        """Return a new code, which the child takes once; the one before opens nothing any more."""
        with self._lock:
            self._code = make_code(os.urandom)
            self._remove_start_file()
            self._send({"code": self._code})
            return self._code

    def start_file(self) -> Path:
        """Write a file that only this user can read and that opens the page with the present code."""
        handle, name = tempfile.mkstemp(prefix="taboon-", suffix=".html")  # mode 0600, and no name that can be guessed
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_START.format(url=f"{self.url}#{self._code}"))
        self._start_file = Path(name)
        return self._start_file

    def run(self) -> int:
        """Keep a child at work until :meth:`stop`; return 0, or 1 if it cannot be kept."""
        failures = 0
        try:
            while not self._stopping and failures < _MOST_FAILURES:
                with self._start() as child:
                    said_ready = self._follow(child)
                failures = 0 if said_ready and child.returncode == 0 else failures + 1
                self._code = ""
            return 0 if self._stopping else 1
        finally:
            self.stop()
            self._socket.close()
            self._remove_start_file()

    def stop(self) -> None:
        """End the child, and :meth:`run`."""
        with self._lock:
            self._stopping = True
            child = self._child
        if child is not None and child.poll() is None and child.stdin is not None:
            # The end of its input is what it watches for, on every system.
            try:
                child.stdin.close()
                child.wait(2)
            except (OSError, subprocess.TimeoutExpired):
                child.kill()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", _CHILD]
        with self._lock:
            following = make_ticket(os.urandom)
            setup: dict[str, object] = {
                "folder": str(self._folder),
                "idle": self._idle,
                "ticket": self._ticket,
                "next_ticket": following,
                "code": self._code,
            }
            if sys.platform == "win32":
                child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
                )
                setup["share"] = b64encode(self._socket.share(child.pid)).decode()
            else:
                fd = self._socket.fileno()
                setup["fd"] = fd
                child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", pass_fds=(fd,)
                )
            self._child, self._ticket = child, following
            self._send(setup)
        return child

    def _follow(self, child: subprocess.Popen[str]) -> bool:
        """Pass on what the child says until it ends; return whether it began."""
        ready = False
        stream: IO[str] | None = child.stdout
        for line in stream or ():
            word = line.strip()
            ready = ready or word == "ready"
            if word in {"entered", "shut"}:
                self._remove_start_file()
            if word in {"ready", "entered", "shut", "locked"} and not self._stopping:
                self._tell(word)
        return ready

    def _send(self, message: dict[str, object]) -> None:
        child = self._child
        if child is None or child.stdin is None or child.stdin.closed:
            return
        try:
            child.stdin.write(json.dumps(message) + "\n")
            child.stdin.flush()
        except OSError:  # it has just ended; the next one is given what it needs
            return

    def _remove_start_file(self) -> None:
        if self._start_file is not None:
            self._start_file.unlink(missing_ok=True)
            self._start_file = None
