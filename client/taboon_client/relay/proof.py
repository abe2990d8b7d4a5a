"""The signed request that opens a mailbox: 160 bytes (docs/protocol.md, section 1.3).

The relay has its own code for the same bytes, on purpose; tests/vectors/signed_requests.json holds the two together.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Protocol

__all__ = [
    "NONCE_LENGTH",
    "SIZE_CLASSES",
    "TIME_UNIT",
    "WAIT_LIMIT",
    "MailboxSigner",
    "append_proof",
    "authorization",
    "create_proof",
    "read_proof",
]

NONCE_LENGTH = 12
TIME_UNIT = 300
"""Seconds in one unit of a proof's time."""
WAIT_LIMIT = 25
"""Seconds that a read may wait for a next blob, at most."""
SIZE_CLASSES = (2_048, 16_384, 65_536, 262_144)
"""Length of a blob in bytes, by its size class."""

_LABEL = b"taboon request v1"
_VERSION = 1
_CREATE, _APPEND, _READ = 1, 2, 3
_SEAL, _EXPECTED = 1, 2
_FIELDS = struct.Struct(">BBBBBBH32s32sQI12s")


class MailboxSigner(Protocol):
    """What the transport needs of a mailbox's keys; ``taboon_crypto.mailbox.MailboxKeys`` is one.

    Who may only read never has :meth:`sign_append` called, and the other way round.
    """

    @property
    def retention(self) -> int:
        """Code of the retention class, 0 to 3."""

    @property
    def read_public(self) -> bytes:
        """Ed25519 public key for reading, 32 bytes."""

    @property
    def append_public(self) -> bytes:
        """Ed25519 public key for creating and appending, 32 bytes."""

    @property
    def mailbox_id(self) -> bytes:
        """The mailbox id that class and keys give, 32 bytes."""

    def sign_read(self, message: bytes, /) -> bytes:
        """Return the read key's signature, 64 bytes."""

    def sign_append(self, message: bytes, /) -> bytes:
        """Return the append key's signature, 64 bytes."""


def create_proof(keys: MailboxSigner, *, relay_id: bytes, body: bytes, unit: int, nonce: bytes) -> bytes:
    """Return the proof for creating a mailbox.

    Args:
        keys: Of the mailbox.
        relay_id: 32 bytes.
        body: The pass, or nothing.
        unit: Unix seconds divided by :data:`TIME_UNIT`, rounded down.
        nonce: 12 random bytes, used once.

    Raises:
        ValueError: A field is out of its range.
    """
    fields = _fields(keys, _CREATE, unit=unit, nonce=nonce)
    return fields + keys.sign_append(_signed(keys, relay_id, fields, body))


def append_proof(
    keys: MailboxSigner,
    *,
    relay_id: bytes,
    blob: bytes,
    unit: int,
    nonce: bytes,
    seal: bool = False,
    expected: int | None = None,
) -> bytes:
    """Return the proof for appending a blob.

    Args:
        keys: Of the mailbox.
        relay_id: 32 bytes.
        blob: The body, exactly a size class.
        unit: Unix seconds divided by :data:`TIME_UNIT`, rounded down.
        nonce: 12 random bytes, used once.
        seal: Whether this is the last blob that the mailbox takes.
        expected: The number that this blob must get, from 1; None for whichever is next.

    Raises:
        ValueError: A field is out of its range.
    """
    if expected is not None and not 1 <= expected < 1 << 64:
        raise ValueError("blobs are numbered from 1")
    flags = (_SEAL if seal else 0) | (_EXPECTED if expected is not None else 0)
    fields = _fields(keys, _APPEND, flags=flags, number=expected or 0, unit=unit, nonce=nonce)
    return fields + keys.sign_append(_signed(keys, relay_id, fields, blob))


def read_proof(
    keys: MailboxSigner, *, relay_id: bytes, after: int, page_class: int, wait: int, unit: int, nonce: bytes
) -> bytes:
    """Return the proof for reading a page.

    Args:
        keys: Of the mailbox.
        relay_id: 32 bytes.
        after: The number after which to read, 0 for all.
        page_class: Size class of the answer wanted, 0 to 3.
        wait: Seconds to wait for a next blob, 0 to 25.
        unit: Unix seconds divided by :data:`TIME_UNIT`, rounded down.
        nonce: 12 random bytes, used once; the page must repeat it.

    Raises:
        ValueError: A field is out of its range.
    """
    if not 0 <= page_class < len(SIZE_CLASSES):
        raise ValueError("a page's size class is 0 to 3")
    if not 0 <= wait <= WAIT_LIMIT:
        raise ValueError(f"a read waits 0 to {WAIT_LIMIT} seconds")
    fields = _fields(keys, _READ, page_class=page_class, wait=wait, number=after, unit=unit, nonce=nonce)
    return fields + keys.sign_read(_signed(keys, relay_id, fields, b""))


def authorization(proof: bytes) -> str:
    """Return the value of the ``Authorization`` header that carries a proof."""
    return f"Taboon {base64.urlsafe_b64encode(proof).rstrip(b'=').decode('ascii')}"


def _fields(
    keys: MailboxSigner,
    operation: int,
    *,
    unit: int,
    nonce: bytes,
    flags: int = 0,
    page_class: int = 0,
    wait: int = 0,
    number: int = 0,
) -> bytes:
    """Return bytes 0 to 95 of the proof."""
    own, other = keys.append_public, keys.read_public
    if operation == _READ:
        own, other = other, own
    if not 0 <= keys.retention <= 3:
        raise ValueError("a retention class is 0 to 3")
    if len(own) != 32 or len(other) != 32 or len(nonce) != NONCE_LENGTH:
        raise ValueError("a proof takes keys of 32 and a nonce of 12 bytes")
    if not 0 <= unit < 1 << 32 or not 0 <= number < 1 << 64:
        raise ValueError("the time or the number does not fit its field")
    return _FIELDS.pack(
        _VERSION,
        operation,
        flags,
        keys.retention,
        page_class,
        wait,
        0,
        own,
        hashlib.sha256(other).digest(),
        number,
        unit,
        nonce,
    )


def _signed(keys: MailboxSigner, relay_id: bytes, fields: bytes, body: bytes) -> bytes:
    return b"".join((_LABEL, relay_id, keys.mailbox_id, fields, hashlib.sha256(body).digest()))
