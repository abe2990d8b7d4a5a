"""A real relay in a process of its own, for every test that needs one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import IO

if sys.platform == "win32":
    _CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP
    _STOP_SIGNAL = signal.CTRL_BREAK_EVENT
else:
    _CREATION_FLAGS = 0
    _STOP_SIGNAL = signal.SIGTERM

_ADDRESS = re.compile(r"https?://[^\s/]+/#[A-Za-z0-9_-]{43}")
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0


class RelayProcess:
    """Starts `taboon relay` on a folder, and stops it gently or not.

    The relay takes a free port unless told otherwise. After `kill` or `stop` it can be started again, on the
    port it had before, so that its address stays the same.

    Args:
        folder: where the relay keeps its key and its database.
        host: the address to listen on.
        port: the port to listen on, 0 for a free one.
        tls: TLS on loopback too.
        extra_args: further arguments of `taboon relay`.
        env: variables to add to the environment.
        module: what is run as a relay; benchmarks run one that stores nothing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        extra_args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        module: str = "taboon_server",
    ) -> None:
        self.folder = folder
        self._host = host
        self._port = port
        self._extra = ["--tls"] * tls + list(extra_args)
        self._env = dict(env or {})
        self._module = module
        self._process: subprocess.Popen[str] | None = None
        self._url = ""
        self._lines: list[str] = []
        self._readers: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """The relay's address with its id: `http://host:port/#id`. It stays the same while the relay is down."""
        assert self._url, "the relay has not been started"
        return self._url

    @property
    def base_url(self) -> str:
        """The address without the id, without a slash at its end."""
        return self.url.partition("/#")[0]

    @property
    def relay_id(self) -> str:
        """The relay id as it stands in the address: 43 characters."""
        return self.url.partition("/#")[2]

    @property
    def port(self) -> int:
        """The port that the relay listens on."""
        return int(self.base_url.rpartition(":")[2])

    @property
    def pid(self) -> int:
        """The process id of the running relay."""
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code of the relay that ran last, None while it runs."""
        assert self._process is not None
        return self._process.poll()

    @property
    def output(self) -> str:
        """All that the relay has written to its standard output and error so far."""
        return "".join(self._lines)

    def start(self) -> Self:
        """Start the relay and wait until it takes connections."""
        assert self._process is None or self._process.poll() is not None, "the relay is running"
        self._url = ""
        self._process = process = subprocess.Popen(
            [
                *(sys.executable, "-m", self._module),
                *("--host", self._host, "--port", str(self._port), "--folder", str(self.folder), *self._extra),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | self._env,
            creationflags=_CREATION_FLAGS,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        ready = threading.Event()
        self._readers = [
            threading.Thread(target=self._keep, args=(process.stdout, ready), daemon=True),
            threading.Thread(target=self._keep, args=(process.stderr, None), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        ready.wait(_START_SECONDS)
        if not self._url:
            self.kill()
            raise AssertionError(f"the relay did not start: {self.output}")
        self._port = self.port
        return self

    def stop(self) -> int:
        """Ask the relay to stop, wait for it, and return its exit code."""
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.send_signal(_STOP_SIGNAL)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError("the relay did not stop when asked") from None
        return self._reap(process)

    def kill(self) -> None:
        """End the relay at once, as a power cut would (SIGKILL; TerminateProcess on Windows)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._reap(self._process)

    def __enter__(self) -> Self:
        return self if self._process is not None and self._process.poll() is None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def _keep(self, stream: IO[str], ready: threading.Event | None) -> None:
        with stream:
            for line in stream:
                self._lines.append(line)
                if ready is not None and (url := _ADDRESS.search(line)):
                    self._url = url[0]
                    ready.set()
        if ready is not None:
            ready.set()

    def _reap(self, process: subprocess.Popen[str]) -> int:
        for reader in self._readers:
            reader.join()
        return process.returncode
