"""How far a mailbox has been read: a number and the running head hash there (docs/protocol.md, section 1.2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

__all__ = ["HASH_LENGTH", "Cursor"]

HASH_LENGTH = 32
_LABEL = b"taboon head v1"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a mailbox: everything up to blob ``number`` has been read, and ``head`` binds all of it.

    Attributes:
        number: Number of the last blob read, 0 before the first.
        head: 32 bytes, ``head(number)``.
    """

    number: int
    head: bytes

    @classmethod
    def start(cls, mailbox_id: bytes) -> Self:
        """Return the cursor before the first blob of the mailbox with this id (32 bytes)."""
        return cls(0, hashlib.sha256(_LABEL + mailbox_id).digest())

    def after(self, blob_hash: bytes) -> Cursor:
        """Return the cursor behind the next blob.

        Args:
            blob_hash: SHA-256 of that blob, 32 bytes.
        """
        number = self.number + 1
        return Cursor(number, hashlib.sha256(_LABEL + self.head + number.to_bytes(8, "big") + blob_hash).digest())
