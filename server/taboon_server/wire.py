"""The bytes that a relay speaks: mailbox ids, running head hashes, receipts, pages (docs/protocol.md, section 1).

Pure functions: no clock, no storage. Numbers are big-endian.
"""

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

SIZE_CLASSES: Final = (2_048, 16_384, 65_536, 262_144)
"""Lengths in bytes that a blob and the body of a page may have."""

RETENTION_DAYS: Final = (1, 7, 30, 120)
"""Days that the retention classes 0 to 3 keep a mailbox after its last append."""

UNUSED_DAYS: Final = 1
"""Days that a mailbox without a blob is kept after it was made."""

TIME_UNIT: Final = 300
"""Seconds in one unit of a request's coarse time."""

MAX_UNITS_OFF: Final = 3
"""Units that a request's time may be away from the relay's own."""

MAX_WAIT: Final = 25
"""Seconds that a read may wait for a next blob."""

MAX_PASS: Final = 64
"""Bytes that the body of a creation may have."""

MAX_PAGE_BLOBS: Final = SIZE_CLASSES[-1] // SIZE_CLASSES[0]

Sign = Callable[[bytes], bytes]
"""Signs with the relay's key: 64 bytes."""

_VERSION: Final = 1


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes (32 bytes)."""
    return hashlib.sha256(data).digest()


def mailbox_id(retention: int, read_key_hash: bytes, append_key_hash: bytes) -> bytes:
    """Return the id (32 bytes) of the mailbox of a retention class that the keys with these SHA-256 hashes open."""
    return sha256(b"taboon mailbox v1" + bytes([retention]) + read_key_hash + append_key_hash)


def first_head(mailbox: bytes) -> bytes:
    """Return head(0), the running head hash of an empty mailbox (32 bytes)."""
    return sha256(b"taboon head v1" + mailbox)


def next_head(head: bytes, number: int, blob_hash: bytes) -> bytes:
    """Return head(number) from head(number - 1) and the hash of blob `number` (32 bytes)."""
    return sha256(b"taboon head v1" + head + number.to_bytes(8, "big") + blob_hash)


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a blob stands."""

    number: int
    blob_hash: bytes
    head: bytes
    is_seal: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Blobs of one mailbox, in order, and where its head stood when they were read.

    Attributes:
        sealed: whether the mailbox takes nothing more.
        last: number of the mailbox's last blob.
        head: head(last), 32 bytes.
        sizes: lengths in bytes of the blobs in the page, each a size class, at most 128 of them.
        body: the blobs, padded to a size class.
        body_hash: its SHA-256.
    """

    sealed: bool
    last: int
    head: bytes
    sizes: list[int]
    body: bytes
    body_hash: bytes


def receipt(sign: Sign, relay_key: bytes, mailbox: bytes, done: Appended) -> bytes:
    """Return a signed receipt, 202 bytes, for where a blob stands."""
    fields = bytes([_VERSION, done.is_seal]) + relay_key + mailbox + done.number.to_bytes(8, "big")
    fields += done.blob_hash + done.head
    return fields + sign(b"taboon receipt v1" + fields)


def page(blobs: Sequence[bytes], *, sealed: bool, last: int, head: bytes) -> Page:
    """Return a page of these blobs, one after the other, padded with zeros to the smallest size class that fits."""
    sizes = [len(blob) for blob in blobs]
    length = sum(sizes)
    size = next(size for size in SIZE_CLASSES if length <= size)
    body = b"".join((*blobs, bytes(size - length)))
    return Page(sealed, last, head, sizes, body, sha256(body))


def page_head(sign: Sign, relay_key: bytes, mailbox: bytes, nonce: bytes, after: int, page: Page) -> bytes:
    """Return the signed head, 256 bytes, of a page of the blobs after a number, for the request with this nonce."""
    bits = 0
    for size in page.sizes:
        bits = bits << 2 | SIZE_CLASSES.index(size)
    bits <<= 2 * (MAX_PAGE_BLOBS - len(page.sizes))
    fields = (
        bytes([_VERSION, page.sealed, len(page.sizes), SIZE_CLASSES.index(len(page.body))])
        + nonce
        + mailbox
        + struct.pack(">QQ", after + 1, page.last)
        + page.head
        + bits.to_bytes(32, "big")
        + relay_key
    )
    return fields + sign(b"taboon page v1" + fields + page.body_hash) + bytes(32)
