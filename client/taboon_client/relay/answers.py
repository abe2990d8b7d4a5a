"""Strict readers of what a relay answers: receipts, pages, limits (docs/protocol.md, section 1.4).

Every byte is held against what was asked and against the relay's key. What does not fit raises
:class:`~taboon_client.errors.RelayMisbehavedError` and yields nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from taboon_client.errors import RelayKeyError, RelayMisbehavedError, RelayRolledBackError
from taboon_client.relay.proof import SIZE_CLASSES, TIME_UNIT, WAIT_LIMIT
from taboon_crypto.primitives.sodium import ed25519_verify

if TYPE_CHECKING:
    from taboon_client.relay.cursor import Cursor

__all__ = [
    "ANOTHER_KEY",
    "PAGE_HEAD_LENGTH",
    "PAGE_LIMIT",
    "RECEIPT_LENGTH",
    "Limits",
    "Page",
    "Receipt",
    "parse_health",
    "parse_limits",
    "parse_page",
    "parse_receipt",
]

RECEIPT_LENGTH = 202
PAGE_HEAD_LENGTH = 256
PAGE_LIMIT = PAGE_HEAD_LENGTH + SIZE_CLASSES[-1]
"""Length in bytes of the longest page there is."""

_VERSION = 1
_MAX_BLOBS = 128
_RETENTION_DAYS = (1, 7, 30, 120)
_RECEIPT = struct.Struct(">BB32s32sQ32s32s64s")
_PAGE = struct.Struct(">BBBB12s32sQQ32s32s32s64s32s")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The relay's signed word that it holds a blob.

    Attributes:
        number: The number of the blob in its mailbox, from 1.
        head: Running head hash up to that blob, 32 bytes.
        seal: Whether the blob is the mailbox's seal.
        signed: The receipt as it came, 202 bytes.
    """

    number: int
    head: bytes
    seal: bool
    signed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """The blobs after a cursor, oldest first.

    Attributes:
        blobs: Each exactly a size class; may be empty.
        last: Number of the mailbox's last blob when the relay answered.
        sealed: Whether that last blob is the seal.
        cursor: Where to go on reading: behind the last blob of this page.
        signed: What the relay signed of it, 256 bytes; see :mod:`taboon_client.relay.signed`.
    """

    blobs: tuple[bytes, ...] = field(repr=False)
    last: int
    sealed: bool
    cursor: Cursor
    signed: bytes = field(default=b"", repr=False)

    @property
    def complete(self) -> bool:
        """Whether the page reaches the mailbox's last blob."""
        return self.cursor.number == self.last


@dataclass(frozen=True, slots=True)
class Limits:
    """What a relay says about itself.

    Attributes:
        relay_id: 32 bytes, SHA-256 of its public key.
        size_classes: Lengths of blobs in bytes.
        retention_days: Days of the retention classes offered, in code order.
        wait_seconds: How long a read may wait.
        quota_blobs: Blobs a mailbox takes.
        quota_bytes: Bytes a mailbox takes.
        needs_pass: Whether a new mailbox needs a pass.
    """

    relay_id: bytes
    size_classes: tuple[int, ...]
    retention_days: tuple[int, ...]
    wait_seconds: int
    quota_blobs: int
    quota_bytes: int
    needs_pass: bool


def parse_receipt(answer: bytes, *, relay_id: bytes, mailbox_id: bytes, blob: bytes, seal: bool) -> Receipt:
    """Read the answer to an append.

    Args:
        answer: The whole body.
        relay_id: 32 bytes.
        mailbox_id: 32 bytes.
        blob: What was appended.
        seal: Whether it was appended as the seal.

    Raises:
        RelayMisbehavedError: It is not this relay's receipt for this blob in this mailbox.
    """
    if len(answer) != RECEIPT_LENGTH:
        raise RelayMisbehavedError("The relay's receipt has the wrong length.")
    version, flags, key, mailbox, number, blob_hash, head, signature = _RECEIPT.unpack(answer)
    if version != _VERSION or flags & ~1:
        raise RelayMisbehavedError("The relay's receipt has a form that this version does not know.")
    _check_signature(key, relay_id, b"taboon receipt v1" + answer[:138], signature)
    if not hmac.compare_digest(mailbox, mailbox_id):
        raise RelayMisbehavedError("The relay's receipt is for another mailbox.")
    if not hmac.compare_digest(blob_hash, hashlib.sha256(blob).digest()):
        raise RelayMisbehavedError("The relay's receipt is for another blob.")
    if number == 0:
        raise RelayMisbehavedError("The relay's receipt has no number.")
    if bool(flags) != seal:
        raise RelayMisbehavedError("The relay's receipt and the request do not agree on whether the blob is the seal.")
    return Receipt(number, head, seal, answer)


def parse_page(
    answer: bytes, *, relay_id: bytes, mailbox_id: bytes, nonce: bytes, cursor: Cursor, page_class: int
) -> Page:
    """Read the answer to a read.

    The chain is followed blob by blob from ``cursor``, and held against the relay's signed head where it gets there.

    Args:
        answer: The whole body: 256 bytes and a size class.
        relay_id: 32 bytes.
        mailbox_id: 32 bytes.
        nonce: Of the request, 12 bytes.
        cursor: After which was asked.
        page_class: The size class that was asked for.

    Raises:
        RelayRolledBackError: The mailbox ends before the cursor, or another history leads up to it.
        RelayMisbehavedError: It is not this relay's honest answer to this request.
    """
    if len(answer) < PAGE_HEAD_LENGTH:
        raise RelayMisbehavedError("The relay's page has the wrong length.")
    version, flags, count, size_class, echo, mailbox, first, last, head, sizes, key, signature, reserved = _PAGE.unpack(
        answer[:PAGE_HEAD_LENGTH]
    )
    body = memoryview(answer)[PAGE_HEAD_LENGTH:]
    if version != _VERSION or flags & ~1 or count > _MAX_BLOBS or size_class >= len(SIZE_CLASSES) or any(reserved):
        raise RelayMisbehavedError("The relay's page has a form that this version does not know.")
    if len(body) != SIZE_CLASSES[size_class]:
        raise RelayMisbehavedError("The relay's page has the wrong length.")
    _check_signature(key, relay_id, b"taboon page v1" + answer[:160] + hashlib.sha256(body).digest(), signature)
    if not hmac.compare_digest(echo, nonce):
        raise RelayMisbehavedError("The relay's page answers another request: it may be an old one shown again.")
    if not hmac.compare_digest(mailbox, mailbox_id):
        raise RelayMisbehavedError("The relay's page is of another mailbox.")
    if first != cursor.number + 1:
        raise RelayMisbehavedError("The relay's page begins at another number than was asked for.")
    if last < cursor.number:
        raise RelayRolledBackError(
            f"The relay rolled back: it shows {last} blobs of a mailbox of which it showed {cursor.number} before."
        )
    blobs = _split(body, count, size_class, sizes, page_class)
    reached = _follow(cursor, blobs)
    _check_end(cursor, reached, last, head)
    return Page(blobs, last, bool(flags), reached, answer[:224] + hashlib.sha256(body).digest())


def parse_limits(answer: bytes, *, relay_id: bytes | None) -> Limits:
    """Read the answer of ``GET /v1/limits``.

    Args:
        answer: The whole body.
        relay_id: 32 bytes; None to learn it.

    Raises:
        RelayKeyError: The relay names another key than the address.
        RelayMisbehavedError: The answer is nothing that this version can work with.
    """
    try:
        said = msgspec.json.decode(answer, type=_Limits)
        key = base64.b64decode(said.relay_key.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (msgspec.MsgspecError, RecursionError, ValueError, binascii.Error):
        raise RelayMisbehavedError("What the relay says about its limits cannot be read.") from None
    if len(key) != 32:
        raise RelayMisbehavedError("The key that the relay names is not one.")
    if tuple(said.size_classes) != SIZE_CLASSES or said.time_unit != TIME_UNIT:
        raise RelayMisbehavedError("The relay works with other sizes or times than this version of Taboon.")
    days = tuple(said.retention_days)
    if not days or not set(days) <= set(_RETENTION_DAYS) or list(days) != sorted(set(days)):
        raise RelayMisbehavedError("The relay offers retentions that this version of Taboon does not know.")
    if not 0 <= said.wait_seconds <= WAIT_LIMIT or said.quota.blobs < 1 or said.quota.bytes < 1:
        raise RelayMisbehavedError("What the relay says about its limits makes no sense.")
    named = hashlib.sha256(key).digest()
    if relay_id is not None and not hmac.compare_digest(named, relay_id):
        raise RelayKeyError(ANOTHER_KEY)
    return Limits(named, SIZE_CLASSES, days, said.wait_seconds, said.quota.blobs, said.quota.bytes, said.needs_pass)


def parse_health(answer: bytes) -> None:
    """Read the answer of ``GET /v1/health``.

    Raises:
        RelayMisbehavedError: It does not say that the relay is well.
    """
    try:
        status = msgspec.json.decode(answer, type=_Health).status
    except (msgspec.MsgspecError, RecursionError, ValueError):
        status = ""
    if status != "ok":
        raise RelayMisbehavedError("What the relay says about its health cannot be read.")


class _Quota(msgspec.Struct, frozen=True):
    blobs: int
    bytes: int


class _Limits(msgspec.Struct, frozen=True):
    relay_key: str
    size_classes: list[int]
    retention_days: list[int]
    wait_seconds: int
    quota: _Quota
    time_unit: int
    needs_pass: bool = msgspec.field(name="pass")


class _Health(msgspec.Struct, frozen=True):
    status: str


ANOTHER_KEY = (
    "Whoever answers holds another key than this relay's: someone may stand in between."
    " Do not go on; ask whoever runs the relay for its address, over another channel."
)


def _check_signature(key: bytes, relay_id: bytes, message: bytes, signature: bytes) -> None:
    if not hmac.compare_digest(hashlib.sha256(key).digest(), relay_id):
        raise RelayKeyError(ANOTHER_KEY)
    if not ed25519_verify(key, message, signature):
        raise RelayMisbehavedError("The relay's signature on its answer does not hold.")


def _split(body: memoryview, count: int, size_class: int, sizes: bytes, wanted: int) -> tuple[bytes, ...]:
    """Cut the body into its blobs; every bit that says nothing must be zero."""
    codes = int.from_bytes(sizes, "big")
    if codes & ((1 << (256 - 2 * count)) - 1):
        raise RelayMisbehavedError("The relay's page has more sizes than blobs.")
    classes = [codes >> (254 - 2 * index) & 3 for index in range(count)]
    lengths = [SIZE_CLASSES[each] for each in classes]
    used = sum(lengths)
    alone = count == 1 and size_class == classes[0]  # one blob larger than asked for comes in its own class
    if used > len(body) or (size_class > wanted and not alone):
        raise RelayMisbehavedError("The relay's page has another size than its blobs and the request give.")
    if any(body[used:]):
        raise RelayMisbehavedError("The relay's page is not padded with zeros.")
    blobs, start = [], 0
    for length in lengths:
        blobs.append(bytes(body[start : start + length]))
        start += length
    return tuple(blobs)


def _follow(cursor: Cursor, blobs: tuple[bytes, ...]) -> Cursor:
    hashes = [hashlib.sha256(blob).digest() for blob in blobs]
    if len(set(hashes)) != len(hashes):
        raise RelayMisbehavedError("The relay's page shows the same blob twice.")
    for blob_hash in hashes:
        cursor = cursor.after(blob_hash)
    return cursor


def _check_end(cursor: Cursor, reached: Cursor, last: int, head: bytes) -> None:
    if reached.number > last:
        raise RelayMisbehavedError("The relay's page goes beyond what it calls the last blob.")
    if reached.number == cursor.number and last > cursor.number:
        raise RelayMisbehavedError("The relay says that there are more blobs and shows none.")
    if reached.number == last and not hmac.compare_digest(reached.head, head):
        if reached.number == cursor.number:
            raise RelayRolledBackError("The relay shows another history of this mailbox than it showed before.")
        raise RelayMisbehavedError(
            "The relay's blobs do not fit together: one is missing, changed or shown again, or the history is another."
        )
