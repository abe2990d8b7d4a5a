"""The vault: one encrypted database and the slot file that holds its key.

Every change is one transaction that starts by taking the write lock, so it may rely on what it reads; several processes
can use one vault. Nothing in here waits for a network.
"""

from __future__ import annotations

import errno
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from taboon_client.errors import (
    DiskFullError,
    VaultBusyError,
    VaultDamagedError,
    VaultDiskError,
    VaultExistsError,
    VaultMemoryError,
    VaultMissingError,
    VaultNewerError,
    VaultUsageError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from taboon_client.vault.connection import BUSY_SECONDS, Connection, Cursor, connect, plain_errors
from taboon_client.vault.folder import (
    DATABASE_NAME,
    SLOTS_NAME,
    create_file,
    make_private,
    prepare_folder,
    replace_file,
)
from taboon_client.vault.migrate import bring_up_to_date
from taboon_crypto import errors as crypto_errors
from taboon_crypto import slots
from taboon_crypto.passphrase import check_passphrase
from taboon_crypto.primitives.hkdf import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from taboon_crypto.slots import Cost

__all__ = ["Connection", "Cursor", "Vault"]

_SCHEMA: Final = Path(__file__).parent / "schema"
_KEY_LABEL: Final = b"taboon vault database v1"
_NO_ROOM: Final = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})

T = TypeVar("T")


class Vault:
    """An open vault, for the one thread that opened it. A context manager: leaving it closes the vault."""

    def __init__(self, folder: Path, connection: Connection) -> None:
        """Use :meth:`create` or :meth:`open`."""
        self._folder = folder
        self._connection: Connection | None = connection
        self._thread = threading.get_ident()
        self._process = os.getpid()

    @classmethod
    def create(
        cls,
        folder: Path,
        passphrase: str,
        *,
        cost: Cost | None = None,
        random: Callable[[int], bytes] = os.urandom,
        schema: Path = _SCHEMA,
    ) -> Vault:
        """Make a new vault and open it.

        Args:
            folder: Where; made if it is missing, with mode 0700.
            passphrase: What shall open it.
            cost: What one guess at the passphrase shall cost; 256 MiB and 3 passes unless told.
            random: Gives that many random bytes.
            schema: The numbered schema files.

        Raises:
            WeakPassphraseError: The passphrase is refused; the message says what to do.
            VaultExistsError: There is a vault already. It is as it was.
            FolderNotPrivateError: Others can look into the folder.
            VaultMemoryError: The device cannot give the memory; ``slots.SMALL_COST`` takes 64 MiB.
            VaultDamagedError: A database without its slot file lies there.
            VaultDiskError: The files cannot be written.
        """
        database, slot_file = folder / DATABASE_NAME, folder / SLOTS_NAME
        with _plain_crypto_errors(), _plain_file_errors():
            # Whatever can be refused is refused before anything is on the disk.
            _check_new(passphrase)
            if slot_file.exists():
                raise VaultExistsError("there is a vault in this folder already")
            file, key = slots.create(passphrase, cost or slots.DEFAULT_COST, random)
            prepare_folder(folder)
            _claim(database)
            try:
                _open_database(database, key, schema, new=True).close()
                # The slot file comes last: without it there is no vault, with it there is a whole one.
                create_file(slot_file, file)
            except BaseException as error:
                for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"):
                    (folder / name).unlink(missing_ok=True)
                if isinstance(error, FileExistsError):
                    raise VaultExistsError("there is a vault in this folder already") from None
                raise
            return cls(folder, _open_database(database, key, schema))

    @classmethod
    def open(cls, folder: Path, passphrase: str, *, schema: Path = _SCHEMA) -> Vault:
        """Open a vault, and bring it to the present version where an older one made it.

        Args:
            folder: Where it lies.
            passphrase: What opens it.
            schema: The numbered schema files.

        Raises:
            VaultMissingError: There is no vault in the folder.
            WrongPassphraseError: The passphrase does not open it.
            VaultNewerError: A newer version of Taboon made it.
            VaultDamagedError: Its files are not as they were written.
            VaultBusyError: Another process held it for too long.
            VaultMemoryError: The device cannot give the memory that the passphrase's stretching takes.
            VaultDiskError: The files cannot be read or written.
        """
        database = folder / DATABASE_NAME
        with _plain_crypto_errors(), _plain_file_errors():
            file = _read_slots(folder)
            if not database.is_file():
                raise VaultDamagedError("the slot file is here, and the vault's database is not: put its copy back")
            key = slots.unlock(file, passphrase)
            make_private(folder)
            return cls(folder, _open_database(database, key, schema))

    @property
    def folder(self) -> Path:
        """Where the vault lies."""
        return self._folder

    def write(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` in one transaction that holds the write lock from its first moment.

        It is durable when this returns. Whatever ``act`` raises rolls everything back and comes out as it is. Inside,
        no other vault call, no network call, no waiting.

        Raises:
            VaultBusyError: Another process held the lock for too long.
            DiskFullError: There is no room.
            VaultDiskError: The disk failed.
            VaultDamagedError: A page is not as it was written.
            VaultUsageError: Closed, another thread, or inside another transaction.
        """
        connection = self._ready()
        with plain_errors():
            try:
                connection.execute("BEGIN IMMEDIATE")
                result = act(connection)
                _commit(connection)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return result

    def read(self, act: Callable[[Connection], T]) -> T:
        """Run ``act`` on one unchanging state of the vault; writing is refused.

        Raises:
            VaultBusyError: Another process held a lock for too long.
            VaultDiskError: The disk failed.
            VaultDamagedError: A page is not as it was written.
            VaultUsageError: Closed, another thread, inside another transaction, or ``act`` writes.
        """
        connection = self._ready()
        with plain_errors(reading=True):
            try:
                connection.execute("PRAGMA query_only = ON")
                connection.execute("BEGIN")
                return act(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                connection.execute("PRAGMA query_only = OFF")

    def mark(self) -> tuple[int, int]:
        """Return two numbers that are others once anything in the vault has changed, here or in another process."""
        connection = self._ready()
        with plain_errors(reading=True):
            return int(connection.execute("PRAGMA data_version").fetchone()[0]), connection.total_changes

    def tidy(self) -> bool:
        """Empty the write-ahead log, so that what was deleted is not left in it either. Waits for nobody.

        Returns:
            Whether it is empty now; False while another process is at work.
        """
        connection = self._ready()
        with plain_errors():
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                return int(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")

    def change_passphrase(self, old: str, new: str, *, random: Callable[[int], bytes] = os.urandom) -> None:
        """Let another passphrase open the vault. Whoever has a copy of the slot file can still use the old one on it.

        Raises:
            WrongPassphraseError: The old passphrase does not open the vault.
            WeakPassphraseError: The new one is refused.
            VaultBusyError: Another process has just changed it.
            VaultMemoryError: The device cannot give the memory.
            VaultDamagedError: The slot file is not as it was written.
            VaultDiskError: The slot file cannot be written; the old one stands.
        """
        self._ready()
        with _plain_crypto_errors(), _plain_file_errors():
            _check_new(new)
            before = _read_slots(self._folder)
            after = slots.rewrap(before, old, new, random)

            def replace(_: Connection) -> None:
                # Under the write lock, so that of two processes only one can have started from what lies there now.
                if _read_slots(self._folder) != before:
                    raise VaultBusyError("another Taboon process has just changed the passphrase: try again")
                replace_file(self._folder / SLOTS_NAME, after)

            self.write(replace)

    def close(self) -> None:
        """Close the vault. Closing it again does nothing.

        Raises:
            VaultUsageError: Another thread opened it.
        """
        if self._connection is None:
            return
        connection = self._ready(nested=True)
        self._connection = None
        with plain_errors():
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready(self, *, nested: bool = False) -> Connection:
        if self._connection is None:
            raise VaultUsageError("the vault is closed")
        if threading.get_ident() != self._thread or os.getpid() != self._process:
            raise VaultUsageError("a vault is used from the thread and process that opened it, and no other")
        if self._connection.in_transaction and not nested:
            raise VaultUsageError("a transaction is under way: a vault's transactions do not nest")
        return self._connection


def _commit(connection: Connection) -> None:
    if not connection.in_transaction:
        raise VaultUsageError("a transaction was ended from inside")
    connection.execute("COMMIT")


def _check_new(passphrase: str) -> None:
    try:
        check_passphrase(passphrase)
    except crypto_errors.PassphraseError as error:
        raise WeakPassphraseError(str(error)) from None


def _claim(database: Path) -> None:
    """Make the empty file that the database goes into, private before anything is in it."""
    try:
        create_file(database, b"")
    except FileExistsError:
        raise VaultDamagedError(
            f"a database without its slot file lies in this folder, and nothing opens it: put the copy of {SLOTS_NAME} "
            f"back, or, if there is none, delete {DATABASE_NAME} and begin anew"
        ) from None


def _read_slots(folder: Path) -> bytes:
    try:
        with (folder / SLOTS_NAME).open("rb") as file:
            return file.read(slots.SLOTS_LENGTH + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise VaultMissingError("there is no vault in this folder: make one with `taboon init`") from None


def _open_database(database: Path, vault_key: bytes, schema: Path, *, new: bool = False) -> Connection:
    key = expand("sha256", vault_key, _KEY_LABEL, 32)
    connection = connect(database, key, BUSY_SECONDS)
    try:
        with plain_errors():
            bring_up_to_date(connection, database, schema, lambda: connect(database, key, BUSY_SECONDS), new=new)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _plain_crypto_errors() -> Iterator[None]:
    """Turn the errors of the slot file into the client's."""
    try:
        yield
    except crypto_errors.SlotsClosedError:
        raise WrongPassphraseError("the passphrase is wrong: mind the order of the words and the keyboard") from None
    except crypto_errors.PassphraseError as error:
        raise WrongPassphraseError(str(error)) from None
    except crypto_errors.SlotsNewerError as error:
        raise VaultNewerError(str(error)) from None
    except crypto_errors.SlotsError as error:
        raise VaultDamagedError(str(error)) from None
    except crypto_errors.KdfMemoryError as error:
        raise VaultMemoryError(str(error)) from None


@contextmanager
def _plain_file_errors() -> Iterator[None]:
    """Turn the system's errors about files into the client's."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFullError("the disk is full: make room, then do this again; nothing was changed") from None
        raise VaultDiskError(f"the vault's files cannot be read or written: {error.strerror}") from None
