"""A part of a transaction that can fail alone."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlcipher3 import dbapi2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_client.vault.database import Connection

__all__ = ["StorageError", "savepoint"]

StorageError = dbapi2.Error
"""What the database itself raises inside a transaction: never the fault of what is being read."""


@contextmanager
def savepoint(tx: Connection) -> Iterator[None]:
    """Undo what is written inside if it raises; what was written before stays. Does not nest."""
    tx.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        tx.execute("ROLLBACK TO part")
        tx.execute("RELEASE part")
        raise
    tx.execute("RELEASE part")
