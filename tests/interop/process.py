"""The Node process that the members of ts-mls live in: its installation, and calls to it.

installed()                 the folder with the packages, installed on demand; raises PeerMissingError
PeerProcess(folder)         the child; ``call`` runs one or many calls in it (peer/peer.mjs says which there are)
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "peer"
CACHE = Path(__file__).parent.parent.parent / ".interop"
OLDEST_NODE = 20
SILENCE = 300.0
"""Seconds after which a peer that does not answer is ended: it hangs."""


class PeerMissingError(Exception):
    """Node, npm or the packages are not here; the message says what to do."""


class PeerRefusalError(Exception):
    """ts-mls refused a call.

    Attributes:
        kind: The name of its error.
        text: What it says.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        super().__init__(f"{kind}: {text}")


def b64(data: bytes) -> str:
    """Spell bytes as the peer's protocol does."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: str) -> bytes:
    """Undo ``b64``."""
    return base64.b64decode(text)


def check_node() -> tuple[str, str]:
    """Return where node and npm are; raises PeerMissingError if they are not there, or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise PeerMissingError(f"interoperability needs Node and npm: install Node {OLDEST_NODE} or newer")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < OLDEST_NODE:
        raise PeerMissingError(f"interoperability needs Node {OLDEST_NODE} or newer, and this is {version.strip()}")
    return node, npm


def installed() -> Path:
    """Return the folder where the peer and its packages are; install them if they are not there.

    The folder is named after the lock file and moved into place when it is whole, so that two runs may install at once.

    Raises:
        PeerMissingError: Node is missing, or npm cannot install.
    """
    _, npm = check_node()
    packages = [(SOURCE / name).read_bytes() for name in ("package.json", "package-lock.json")]
    folder = CACHE / hashlib.sha256(b"\0".join(packages)).hexdigest()[:16]
    if not folder.is_dir():
        _install(npm, folder)
    _put(SOURCE / "peer.mjs", folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    CACHE.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=CACHE))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, fresh)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    result = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        shutil.rmtree(fresh)
        said = (result.stderr or result.stdout).strip()[-500:]
        raise PeerMissingError(f"interoperability needs packages that npm could not install: {said}")
    try:
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)  # another run was faster
        if not folder.is_dir():
            raise


def _put(source: Path, folder: Path) -> None:
    fresh = folder / f".{source.name}.{os.getpid()}"
    shutil.copy(source, fresh)
    fresh.replace(folder / source.name)


class PeerProcess:
    """A child process with members of ts-mls in it."""

    def __init__(self, folder: Path) -> None:
        node, _ = check_node()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child lives
        self._child = subprocess.Popen(
            [node, "peer.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            encoding="utf-8",
        )
        self._count = 0

    def call(self, calls: list[dict[str, Any]]) -> list[Any]:
        """Run calls in order, all of them; returns what each gave back, or the PeerRefusalError."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._count += 1
        self._child.stdin.write(json.dumps({"id": self._count, "calls": calls}) + "\n")
        self._child.stdin.flush()
        watchdog = threading.Timer(SILENCE, self._child.kill)
        watchdog.daemon = True
        watchdog.start()
        line = self._child.stdout.readline()
        watchdog.cancel()
        if not line:
            self._complaints.seek(0)
            said = self._complaints.read().decode("utf-8", "replace")[-2000:]
            raise RuntimeError(f"the Node process ended or hung: {said}")
        answer = json.loads(line)
        assert answer["id"] == self._count
        return [
            result["ok"]
            if "ok" in result
            else PeerRefusalError(str(result["error"]["name"]), str(result["error"]["message"]))
            for result in answer["results"]
        ]

    def one(self, name: str, **arguments: Any) -> Any:
        """Run one call; arguments that are None are left out, bytes are spelled as the protocol wants.

        Raises:
            PeerRefusalError: ts-mls refuses.
        """
        [result] = self.call([spelled(name, arguments)])
        if isinstance(result, PeerRefusalError):
            raise result
        return result

    def close(self) -> None:
        """End the child."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.wait(SILENCE)
        self._child.stdout.close()
        self._complaints.close()


def spelled(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return one call as the protocol spells it."""
    return {"do": name, **{key: _spell(value) for key, value in arguments.items() if value is not None}}


def _spell(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64(value)
    if isinstance(value, (list, tuple)):
        return [_spell(item) for item in value]
    return value
