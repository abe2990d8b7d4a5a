"""The vault's folder and the files in it: made private from the start, replaced whole or not at all.

POSIX: the folder has mode 0700 and every file 0600 from the moment it exists, whatever the umask is. Windows: both
inherit the access list of the user's profile, where the default folder lies.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from taboon_client.errors import FolderNotPrivateError

__all__ = [
    "DATABASE_NAME",
    "SLOTS_NAME",
    "create_file",
    "default_folder",
    "make_private",
    "prepare_folder",
    "replace_file",
    "sync_folder",
]

DATABASE_NAME: Final = "vault.db"
SLOTS_NAME: Final = "vault.slots"

_POSIX: Final = os.name == "posix"
_OTHERS: Final = 0o077
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def default_folder() -> Path:
    """Return the folder that ``TABOON_HOME`` names, or else the platform's place for a user's data."""
    chosen = os.environ.get("TABOON_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs  # costs more than all the rest of this module, and is needed only here

    return Path(platformdirs.user_data_path("taboon", appauthor=False))


def prepare_folder(folder: Path) -> None:
    """Make the folder, and those above it that are missing, for this user alone.

    An empty folder that exists is made private; one that holds other things is the user's, and is not touched.

    Raises:
        FolderNotPrivateError: It holds things already, and others can look into it.
        OSError: It cannot be made.
    """
    missing = []
    one = folder
    while not one.exists():
        missing.append(one)
        one = one.parent
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if not _POSIX or not folder.stat().st_mode & _OTHERS:
        return
    if any(folder.iterdir()):
        raise FolderNotPrivateError(
            "others can look into the folder chosen for the vault, and it is not empty: choose another with "
            "TABOON_HOME, or take the rights of others away (chmod 700)"
        )
    folder.chmod(0o700)


def make_private(folder: Path) -> None:
    """Take the rights of others away from a vault's folder and its files, as they may be after a copy came back."""
    if not _POSIX:
        return
    for path in (folder, *folder.glob("vault.*")):
        if path.lstat().st_mode & _OTHERS and not path.is_symlink():
            path.chmod(0o700 if path == folder else 0o600)


def create_file(path: Path, data: bytes) -> None:
    """Write a new file, durably, for this user alone.

    Raises:
        FileExistsError: There is one by this name.
        OSError: It cannot be written.
    """
    descriptor = os.open(path, _NEW_FILE, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """Put a new file in the place of one that exists: after a power cut it is the old one or the new one, whole.

    The bytes of the old one are then overwritten, where the system lets a replaced file be reached. What a flash disk
    or a journal has kept of it is out of reach.

    Raises:
        OSError: It cannot be written; the old one is as it was.
    """
    fresh = path.with_name(f"{path.name}.{os.urandom(4).hex()}.new")
    create_file(fresh, data)
    try:
        former = os.open(path, os.O_RDWR) if _POSIX else None
        try:
            fresh.replace(path)
            sync_folder(path.parent)
            if former is not None:
                _overwrite(former)
        finally:
            if former is not None:
                os.close(former)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make names that were added or taken away durable, as Windows does by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Put random bytes over a file that no longer has a name. A failure leaves the user no worse off than without."""
    try:
        os.write(descriptor, os.urandom(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    except OSError:
        return
