"""What `taboon relay check` looks at: how the relay is set up here, and what of that is unsafe."""

import contextlib
import ipaddress
import os
import shutil
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import sqlcipher3.dbapi2 as sqlite

from taboon_server import wire
from taboon_server.database import OLDEST_SQLITE, parse_url
from taboon_server.identity import own_files
from taboon_server.serve import FILES_ASIDE, file_limit
from taboon_server.settings import CONFIGURATION, Settings

_SHORTEST_PASS: Final = 16
_NETWORK_DISKS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph"})
_BUILT: Final = 1_760_000_000  # no clock that is right shows an earlier time


def unsafe(home: Path, where: Path | str, settings: Settings) -> Iterator[str]:
    """Yield one sentence for everything that is unsafe, each saying what to do. StoreError: no such database can be."""
    url = parse_url(where)
    if url.drivername == "sqlite":
        database = Path(url.database or "")
        yield from _file(database, settings)
        yield from _readable([database])
    elif url.host and not is_local(url.host) and url.query.get("sslmode") != "verify-full":
        yield "Whoever is between the relay and PostgreSQL reads along: add ?sslmode=verify-full to its URL."
    yield from _readable([home, home / CONFIGURATION, *own_files(home)])
    yield from _passes(settings)
    if settings.disk_bytes is None:
        yield "Nothing bounds the database: set disk_bytes to what the disk can spare."
    if time.time() < _BUILT:
        yield "The clock is wrong: requests will be refused, and mailboxes expire on the wrong day."
    if file_limit() < settings.connections + FILES_ASIDE:
        yield f"Only {file_limit()} files may be open, for {settings.connections} connections: raise LimitNOFILE."
    if os.name == "posix" and os.geteuid() == 0:
        yield "The relay runs as root: give it a user of its own."
    if sys.platform == "linux" and _swaps():
        yield "Memory may be written to the disk: turn swap off, or set MemorySwapMax=0 in the unit and check in there."


def _file(database: Path, settings: Settings) -> Iterator[str]:
    if not database.parent.is_dir():
        yield f"There is no folder {database.parent}: make it, or the relay cannot start."
        return
    free = shutil.disk_usage(database.parent).free
    if free < 2 * settings.reserve_bytes:
        yield f"Only {free >> 20} MiB are free on the disk: below {settings.reserve_bytes >> 20} only seals are stored."
    if _file_system(database.parent) in _NETWORK_DISKS:
        yield "The database lies on a network disk, where SQLite's locks do not hold: use a local one, or PostgreSQL."
    if sqlite.sqlite_version_info < OLDEST_SQLITE:
        yield f"SQLite {sqlite.sqlite_version} can corrupt a database: install a newer sqlcipher3."


def _readable(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if os.name == "posix" and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield f"{path} can be read by other users of this machine: chmod go= {path}"


def _passes(settings: Settings) -> Iterator[str]:
    path = settings.pass_file
    if path is None:
        if not is_local(settings.host):
            yield "Everyone who reaches this relay may make mailboxes: set pass_file."
        return
    yield from _readable([path])
    try:
        passes = [line.strip() for line in path.read_bytes().splitlines() if line.strip()]
    except OSError as error:
        yield f"Nobody can make a mailbox: {path} cannot be read ({error.strerror})."
        return
    if not passes or min(map(len, passes)) < _SHORTEST_PASS:
        yield f"A pass is missing, or shorter than {_SHORTEST_PASS} characters: nobody may be able to guess it."
    if max(map(len, passes), default=0) > wire.MAX_PASS:
        yield f"A pass is longer than {wire.MAX_PASS} bytes: nobody can show it."


def is_local(host: str) -> bool:
    """Return whether a host is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _file_system(folder: Path) -> str:
    """Return the kind of file system that a folder lies on; empty where the system has no list of them."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    here = folder.resolve()
    around = [(len(point), kind) for _, point, kind, *_ in mounts if here.is_relative_to(point)]
    return max(around, default=(0, ""))[1]


def _swaps(processes: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> bool:
    """Return whether what this process holds may be swapped: there is swap, and none of its groups may use none."""
    with contextlib.suppress(OSError):
        mine = groups / (processes / "self" / "cgroup").read_text(encoding="utf-8").partition("0::/")[2].strip()
        limits = [group / "memory.swap.max" for group in (mine, *mine.parents)]
        if "0" in [limit.read_text(encoding="utf-8").strip() for limit in limits if limit.exists()]:
            return False
    with contextlib.suppress(OSError):
        return len((processes / "swaps").read_text(encoding="utf-8").splitlines()) > 1
    return False
