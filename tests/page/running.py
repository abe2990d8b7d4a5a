"""A real `taboon open` in processes of its own, and what a test needs of it."""

from __future__ import annotations

import http.client
import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Got", "PageProcess"]

_SECONDS = 60.0


@dataclass(frozen=True)
class Got:
    """One answer of the page."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class PageProcess:
    """`taboon open --no-browser` on a folder, until it is closed.

    Args:
        folder: Of the vault, which need not be there.
        arguments: Further ones.
        module: What is run in the place of `taboon open`.
    """

    def __init__(self, folder: Path, *arguments: str, module: str = "tests.page.fast_open") -> None:
        self.folder = folder
        self._lines: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "--no-browser", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=os.environ | {"TABOON_HOME": str(folder), "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._keep, daemon=True).start()
        self.url = self.wait_for("The page: ")
        self.port = int(self.url.rstrip("/").rpartition(":")[2])
        self.code = self.wait_for("The code: ")

    def wait_for(self, start: str) -> str:
        """Wait for a line that begins so, and return the rest of it."""
        while True:
            line = self._lines.get(timeout=_SECONDS)
            assert line, "it has ended"
            line = line.strip()
            if line.startswith(start):
                return line.removeprefix(start)

    @property
    def pid(self) -> int:
        """The process id of the parent."""
        return self._process.pid

    def ask(
        self, method: str, path: str, form: object = None, *, token: str = "", headers: dict[str, str] | None = None
    ) -> Got:
        """Send one request, as a program would."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Taboon {token}"
        body = None
        if form is not None:
            sent.setdefault("Content-Type", "application/json")
            body = form if isinstance(form, bytes) else json.dumps(form).encode()
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
            # Whoever comes while one child ends and the next one starts tries again, as the script does.
            with closing(connection), suppress(ConnectionError, http.client.HTTPException):
                connection.request(method, path, body, sent)
                answer = connection.getresponse()
                return Got(answer.status, tuple(answer.getheaders()), answer.read())

    def enter(self, code: str | None = None) -> tuple[str, str]:
        """Come in with the code, and return the token and the ticket."""
        got = self.ask("POST", "/enter", {"code": code or self.code})
        assert got.status == 200, "the code was not taken"
        told = json.loads(got.body)
        return told["token"], told["next"]

    def kill(self) -> None:
        """End the parent as a power cut would."""
        self._process.kill()
        self._process.wait(_SECONDS)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(_SECONDS)
        assert self._process.stdin is not None
        self._process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("")
