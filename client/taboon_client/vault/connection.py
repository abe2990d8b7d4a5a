"""One connection to the encrypted database: opened with the raw key, set up to lose and to leak nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlcipher3 import dbapi2

from taboon_client.errors import DiskFullError, VaultBusyError, VaultDamagedError, VaultDiskError, VaultUsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["BUSY_SECONDS", "LEAST_SQLITE", "Connection", "Cursor", "check_sqlite", "connect", "plain_errors"]

BUSY_SECONDS: Final = 10.0
"""How long a process waits for another one's transaction."""

LEAST_SQLITE: Final = (3, 51, 3)
"""Earlier versions can lose a transaction when the WAL is reset by two processes at once."""

# synchronous: with less, a power cut rolls back a ratchet that has already spoken. secure_delete: spent keys are zeros,
# not free pages. temp_store: nothing is written beside the vault. fullfsync: what macOS needs to mean it.
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
)

_PRIMARY: Final = 0xFF
_BUSY_CODES: Final = frozenset({5, 6})
_FULL_CODE: Final = 13
_READONLY_CODE: Final = 8
_DISK_CODES: Final = frozenset({3, _READONLY_CODE, 10, 14})  # PERM, READONLY, IOERR, CANTOPEN
_DAMAGED_CODES: Final = frozenset({11, 26})  # CORRUPT, NOTADB


class Cursor(Protocol):
    """What a statement gives back (PEP 249)."""

    @property
    def lastrowid(self) -> int | None:
        """Row id of the last inserted row."""

    @property
    def rowcount(self) -> int:
        """Rows that the statement changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Go over the rows that are left."""


class Connection(Protocol):
    """The part of a database connection (PEP 249) that the rooms of the vault use."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    @property
    def total_changes(self) -> int:
        """How many rows this connection has changed since it was opened."""

    def execute(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[object] | Mapping[str, object]], /) -> Cursor:
        """Run one statement for each of the parameters."""

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""


def check_sqlite(version: tuple[int, ...] = dbapi2.sqlite_version_info) -> None:
    """Refuse a SQLite that can lose what it acknowledged.

    Raises:
        VaultUsageError: The SQLite inside ``sqlcipher3`` is older than 3.51.3.
    """
    if version < LEAST_SQLITE:
        least = ".".join(map(str, LEAST_SQLITE))
        raise VaultUsageError(f"the SQLite inside sqlcipher3 is older than {least}: install a newer sqlcipher3")


def connect(database: Path, key: bytes, busy_seconds: float = BUSY_SECONDS) -> Connection:
    """Open a database file that exists.

    Args:
        database: The file. An empty one becomes a new database.
        key: The raw key, 32 bytes.
        busy_seconds: How long a statement waits for another process.

    Raises:
        VaultDamagedError: It does not open with this key.
        VaultBusyError: Another process held it for too long.
        VaultDiskError: It cannot be read or written.
    """
    check_sqlite()
    with plain_errors():
        raw = dbapi2.connect(
            f"{database.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=busy_seconds
        )
        connection: Connection = raw
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")
            # Handed over by the C interface, not as a statement: a trace of statements never holds it.
            raw.set_key(f"x'{key.hex()}'")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            for setting in _SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def plain_errors(*, reading: bool = False) -> Iterator[None]:
    """Turn the database's errors about disk, locks and damage into those of :mod:`taboon_client.errors`.

    Errors that mean a fault in a statement (a broken constraint, wrong SQL) pass as they are.

    Args:
        reading: Whether writing is refused here, and trying it is the caller's fault and not the disk's.
    """
    try:
        yield
    except dbapi2.DatabaseError as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
        if code in _BUSY_CODES:
            raise VaultBusyError("another Taboon process is working on this vault: try again in a moment") from None
        if code == _READONLY_CODE and reading:
            raise VaultUsageError("what reads from the vault cannot write to it") from None
        if code == _FULL_CODE:
            raise DiskFullError("the disk is full: make room, then do this again; nothing was changed") from None
        if code in _DISK_CODES:
            raise VaultDiskError("the vault's files cannot be read or written: check the disk and its rights") from None
        if code in _DAMAGED_CODES:
            raise VaultDamagedError(
                "the vault's database is damaged: put a good copy of the folder in its place, or leave and rejoin"
            ) from None
        raise
