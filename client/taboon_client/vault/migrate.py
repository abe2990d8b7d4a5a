"""The schema's version and the way from an older one: numbered SQL files, run in one transaction after a copy.

``NNN.sql`` brings a vault from version NNN - 1 to NNN, which is then its ``PRAGMA user_version``. The copy is encrypted
like the vault itself. It holds keys that are deleted later, so it goes at the next opening that needs no migration.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taboon_client.errors import VaultDamagedError, VaultNewerError
from taboon_client.vault.folder import create_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from taboon_client.vault.connection import Connection

__all__ = ["bring_up_to_date", "copy_path", "steps_of"]


def bring_up_to_date(
    connection: Connection, database: Path, schema: Path, spare: Callable[[], Connection], *, new: bool = False
) -> None:
    """Bring a vault to the newest version of the schema; one that is there already is left alone.

    Several processes may try at once: the first does it, the others find it done.

    Args:
        connection: A connection without an open transaction.
        database: The file it is connected to.
        schema: The folder with the numbered files.
        spare: Opens another connection to the same file.
        new: Whether the vault may still be without any table.

    Raises:
        VaultNewerError: A newer version of Taboon has written the vault.
        VaultDamagedError: It is empty, and should not be.
        OSError: The copy cannot be made. Nothing changed.
    """
    steps = steps_of(schema)
    if _checked_version(connection, len(steps), new=new) == len(steps):
        forget_copies(database)
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _checked_version(connection, len(steps), new=new)
        if version < len(steps):
            if version > 0:
                # The write lock is held, so what another connection reads is exactly what is about to be changed.
                _copy(database, version, spare)
            for step in steps[version:]:
                for statement in statements(step.read_text("utf-8")):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def steps_of(schema: Path) -> list[Path]:
    """Return the numbered files of a schema folder, in order; they count from 001 without a gap."""
    steps = sorted(schema.glob("[0-9][0-9][0-9].sql"))
    if not steps or [int(step.stem) for step in steps] != list(range(1, len(steps) + 1)):
        raise RuntimeError("the vault's schema files are not whole: install Taboon again")
    return steps


def statements(script: str) -> Iterator[str]:
    """Cut a script into its statements: ``executescript`` would end the transaction."""
    from sqlcipher3.dbapi2 import complete_statement

    start = 0
    while (end := script.find(";", start)) >= 0:
        at = end + 1
        while end >= 0 and not complete_statement(script[start:at]):
            end = script.find(";", at)
            at = end + 1
        if end < 0:
            break
        yield script[start:at].strip()
        start = at
    if any(line.strip() and not line.strip().startswith("--") for line in script[start:].splitlines()):
        raise RuntimeError("a schema file ends in the middle of a statement")


def copy_path(database: Path, version: int) -> Path:
    """Where the copy of a vault of that version lies while it is kept."""
    return database.with_name(f"{database.name}.before-{version + 1:03d}")


def forget_copies(database: Path) -> None:
    """Delete the copies that earlier migrations left."""
    found = list(database.parent.glob(f"{database.name}.before-*"))
    for path in found:
        path.unlink(missing_ok=True)
    if found:
        sync_folder(database.parent)


def _checked_version(connection: Connection, newest: int, *, new: bool) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > newest:
        raise VaultNewerError("a newer version of Taboon has written this vault: update Taboon to open it")
    if version <= 0 and not new:
        raise VaultDamagedError("the vault's database is empty: put a good copy of the folder in its place")
    return version


def _copy(database: Path, version: int, spare: Callable[[], Connection]) -> None:
    target = copy_path(database, version)
    target.unlink(missing_ok=True)
    create_file(target, b"")
    connection = spare()
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    finally:
        connection.close()
    descriptor = os.open(target, os.O_RDWR)
    try:
        os.fsync(descriptor)
        if os.fstat(descriptor).st_size == 0:
            raise VaultDamagedError("the copy that a migration starts with came out empty")
    finally:
        os.close(descriptor)
