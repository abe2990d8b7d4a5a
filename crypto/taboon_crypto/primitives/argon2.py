"""Argon2id (RFC 9106), version 1.3, one lane: what makes guessing a passphrase or a safety code expensive."""

from __future__ import annotations

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.secret import Secret

__all__ = ["ARGON2_SALT_LENGTH", "argon2id"]

ARGON2_SALT_LENGTH = 16


def argon2id(password: bytes, salt: bytes, memory_kib: int, passes: int, length: int = 32) -> Secret:
    """Stretch ``password``.

    Args:
        password: Any length.
        salt: 16 bytes.
        memory_kib: Memory it takes, in KiB; 8 or more.
        passes: How often it goes over that memory; 1 or more.
        length: Bytes wanted.

    Raises:
        BadKeyError: The salt has the wrong size, or the other numbers make no sense.
        MemoryError: The system does not give that much memory.
    """
    if len(salt) != ARGON2_SALT_LENGTH:
        raise BadKeyError(f"Argon2id takes a salt of {ARGON2_SALT_LENGTH} bytes, not {len(salt)}")
    if memory_kib < 8 or passes < 1 or length < 4:
        raise BadKeyError("Argon2id takes at least 8 KiB, one pass and 4 bytes of output")
    try:
        result = hash_secret_raw(bytes(password), salt, passes, memory_kib, 1, length, Type.ID, ARGON2_VERSION)
    except HashingError:
        # With the arguments checked above, what is left of the library's errors is a failed allocation.
        raise MemoryError(f"Argon2id could not get {memory_kib} KiB") from None
    return Secret(result)
