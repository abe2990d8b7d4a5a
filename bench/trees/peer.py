"""ts-mls in a Node process of its own, fed with our messages and timed there.

It is installed when it is first needed, into a folder that is in no commit. Where Node is missing there is no peer.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["Peer", "PeerMissingError"]

_SOURCES = Path(__file__).resolve().parent / "peer"
_INSTALLED = _SOURCES.parents[2] / "build" / "bench-peer"
_INSTALL_SECONDS = 300


class PeerMissingError(Exception):
    """There is no ts-mls to compare with; the message says why."""


class Peer:
    """One member of a group, by ts-mls. Times are the least of several, in milliseconds of the processor."""

    def __init__(self) -> None:
        """Start it; raises PeerMissingError."""
        node = shutil.which("node")
        if node is None:
            raise PeerMissingError("Node is missing: no peer was measured")
        _install()
        self._process = subprocess.Popen(
            [node, "driver.mjs"], cwd=_INSTALLED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def key_package(self) -> bytes:
        """Return an MLSMessage with a fresh key package."""
        return base64.b64decode(self._do("key_package")["bytes"])

    def join(self, welcome: bytes, *, times: int) -> float:
        """Join by a Welcome for the key package; what follows happens in that group."""
        return _least(self._do("join", welcome=_text(welcome), times=times))

    def commit(
        self, *, add: bytes | None = None, remove: int | None = None, keep: bool = False, times: int
    ) -> tuple[float, bytes]:
        """Commit, with an empty list if nothing is named; with ``keep`` the commit stands."""
        named = {} if add is None else {"add": _text(add)}
        if remove is not None:
            named["remove"] = remove  # type: ignore[assignment]  # JSON holds both
        done = self._do("commit", keep=keep, times=times, **named)
        return _least(done), base64.b64decode(done["bytes"])

    def process(self, commit: bytes, *, times: int) -> float:
        """Process a commit, which does not stand."""
        return _least(self._do("process", commit=_text(commit), times=times))

    def encrypt(self, length: int, *, times: int) -> float:
        """Encrypt so many messages of so many bytes: the median, to which the first one does not count."""
        return _median(self._do("encrypt", length=length, times=times))

    def decrypt(self, messages: Sequence[bytes]) -> float:
        """Decrypt messages of one sender: the median, to which the first one does not count."""
        return _median(self._do("decrypt", messages=[_text(message) for message in messages]))

    def _do(self, operation: str, **named: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"operation": operation, **named}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "it ended"}')
        if "error" in answer:
            raise RuntimeError(f"ts-mls failed to {operation}: {answer['error']}")
        return answer


def _install() -> None:
    lock = (_SOURCES / "package-lock.json").read_bytes()
    done = _INSTALLED / "installed.lock"
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    for source in _SOURCES.iterdir():
        shutil.copyfile(source, _INSTALLED / source.name)
    if done.exists() and done.read_bytes() == lock:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise PeerMissingError("npm is missing: no peer was measured")
    try:
        subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"],
            cwd=_INSTALLED,
            check=True,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise PeerMissingError("ts-mls could not be installed: no peer was measured") from None
    done.write_bytes(lock)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _least(answer: dict[str, Any]) -> float:
    times: list[float] = answer["ms"]
    return min(times)


def _median(answer: dict[str, Any]) -> float:
    times: list[float] = answer["ms"][1:]
    return median(times)
