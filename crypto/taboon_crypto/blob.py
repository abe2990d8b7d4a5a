"""Blobs (docs/protocol.md, section 2.4): what lies in a mailbox, and the contents that a blob can hold.

A content is its kind (one byte) and its body. One that is longer than a blob travels in parts; :class:`Assembler` puts
them together again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from taboon_crypto.errors import BlobError, ContentError, ContentTooLongError, PartError
from taboon_crypto.padding import CONTENT_LIMITS, SIZE_CLASSES, pad, unpad
from taboon_crypto.primitives.errors import OpenError
from taboon_crypto.primitives.sodium import XCHACHA_NONCE_LENGTH, xchacha20poly1305_open, xchacha20poly1305_seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "MAX_PARTS",
    "MAX_PENDING",
    "MAX_TRANSFERS",
    "MAX_WHOLE",
    "Assembler",
    "Kind",
    "Part",
    "Whole",
    "open_blob",
    "parse_content",
    "seal_blob",
    "split",
]

MAX_WHOLE: Final = 4 * 1024 * 1024
"""Bytes of the longest whole, its kind included."""

MAX_PARTS: Final = 64

# How much unfinished business one mailbox may leave with a reader. More than any honest group has at a time, and an
# infiltrator has to append this much between the parts of another to push them out.
MAX_TRANSFERS: Final = 256
MAX_PENDING: Final = 8 * MAX_WHOLE

TRANSFER_ID_LENGTH: Final = 16

_LABEL: Final = b"taboon blob v1"
_HASH_LENGTH: Final = 32
_PART_HEAD: Final = 1 + TRANSFER_ID_LENGTH + 2
_PART: Final = 0x02
_LAST_PART: Final = 0x03


class Kind(IntEnum):
    """What a whole content is: its first byte."""

    MESSAGE = 0x01
    """An MLSMessage."""
    REQUEST = 0x11
    """Rendezvous: a request to join."""
    WELCOME = 0x12
    """Rendezvous: a Welcome."""
    ENDED = 0x13
    """Rendezvous: the invite was ended."""
    RETURN = 0x14
    """Where a leaf asks to come back: a request."""
    WITHDRAWN = 0x15
    """Rendezvous: the joiner took the request back."""
    ASKS = 0x16
    """Rendezvous: what the group asks whoever wants to join."""
    STOOD = 0x17
    """Beside a commit that is brought elsewhere: home's signed word that it stood there."""
    GONE = 0x18
    """Where somebody waits who asks to come back: that they were removed."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A content that stands by itself.

    Attributes:
        kind: What it is.
        body: The bytes after the kind.
    """

    kind: Kind
    body: bytes

    def __repr__(self) -> str:
        return f"Whole({self.kind.name}, <{len(self.body)} bytes>)"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a content that is longer than a blob.

    Attributes:
        transfer: 16 random bytes, the same for all parts of one content.
        index: From 0 to 63.
        data: Its piece, any length.
        whole_hash: SHA-256 of the whole (32 bytes) in the last part, None in the others.
    """

    transfer: bytes
    index: int
    data: bytes
    whole_hash: bytes | None = None

    def __repr__(self) -> str:
        last = ", last" if self.whole_hash is not None else ""
        return f"Part({self.transfer.hex()}, {self.index}, <{len(self.data)} bytes>{last})"


def seal_blob(key: bytes, content: bytes, random: Callable[[int], bytes]) -> bytes:
    """Pad and encrypt one content.

    Args:
        key: The blob key, 32 bytes.
        content: Kind and body, or one of the contents that :func:`split` gives.
        random: Gives that many random bytes.

    Returns:
        A blob, exactly as long as a size class.

    Raises:
        ContentTooLongError: The content does not fit into one blob.
        BadKeyError: The key is not 32 bytes.
    """
    padded = pad(content)
    nonce = random(XCHACHA_NONCE_LENGTH)
    return nonce + xchacha20poly1305_seal(key, nonce, padded, _LABEL)


def open_blob(key: bytes, blob: bytes) -> bytes:
    """Decrypt a blob and take its padding off.

    Args:
        key: The blob key, 32 bytes.
        blob: As the relay gave it.

    Returns:
        The content, for :func:`parse_content`.

    Raises:
        BlobError: It does not open, whatever the reason.
        BadKeyError: The key is not 32 bytes.
    """
    if len(blob) not in SIZE_CLASSES:
        raise BlobError
    nonce, ciphertext = blob[:XCHACHA_NONCE_LENGTH], blob[XCHACHA_NONCE_LENGTH:]
    try:
        return unpad(xchacha20poly1305_open(key, nonce, ciphertext, _LABEL))
    except (OpenError, ContentError):
        raise BlobError from None


def parse_content(content: bytes) -> Whole | Part:
    """Tell what the content of a blob is.

    Raises:
        ContentError: An unknown kind, or a part that is not formed as one.
    """
    if not content:
        raise ContentError("the blob is empty")
    if content[0] in (_PART, _LAST_PART):
        return _parse_part(content)
    return _parse_whole(content)


def split(kind: Kind, body: bytes, random: Callable[[int], bytes]) -> tuple[bytes, ...]:
    """Return the contents, one for each blob, that carry ``body``, in the order in which they are to be appended.

    One content where it fits into one blob; otherwise parts. The last one is the one to seal with.

    Args:
        kind: What the body is.
        body: At most ``MAX_WHOLE`` - 1 bytes.
        random: Gives that many random bytes; called once, and only for parts.

    Raises:
        ContentTooLongError: The body is longer than that.
    """
    whole = bytes((kind,)) + body
    if len(whole) > MAX_WHOLE:
        raise ContentTooLongError(f"a message holds at most {MAX_WHOLE} bytes, and this is {len(whole)}")
    if len(whole) <= CONTENT_LIMITS[-1]:
        return (whole,)
    transfer = random(TRANSFER_ID_LENGTH)
    room = CONTENT_LIMITS[-1] - _PART_HEAD
    # The last part also holds the hash, so what it can take in data is less; the parts before it are all full.
    full = -(-(len(whole) - (room - _HASH_LENGTH)) // room)
    contents = [_part_head(_PART, transfer, index) + whole[index * room : (index + 1) * room] for index in range(full)]
    contents.append(_part_head(_LAST_PART, transfer, full) + sha256(whole).digest() + whole[full * room :])
    return tuple(contents)


class Assembler:
    """Puts parts together, in the order in which they stand in one mailbox.

    What it accepts and what it forgets depends on that order alone, so all readers of a mailbox come to the same
    result. A part that is refused changes nothing. It holds at most 256 unfinished transfers and 32 MiB; beyond that
    the one that has grown least recently is forgotten.

    To save it, keep the contents of the blobs whose transfer is in :attr:`pending`, and hand the parts to a new one in
    the same order.

    Args:
        parts: Parts that were accepted before, in order.
    """

    def __init__(self, parts: Iterable[Part] = ()) -> None:
        self._transfers: dict[bytes, list[bytes]] = {}
        self._sizes: dict[bytes, int] = {}
        for part in parts:
            self.add(part)

    @property
    def pending(self) -> tuple[bytes, ...]:
        """The ids (16 bytes) of the unfinished transfers, the one that grew least recently first."""
        return tuple(self._transfers)

    def add(self, part: Part) -> Whole | None:
        """Take the next part.

        Returns:
            The whole if this was the last part of it (the transfer is then no longer pending), else None.

        Raises:
            PartError: It does not follow the parts that came, or is too much. Nothing changed.
            ContentError: The parts are complete, and together are no content. Nothing changed.
        """
        pieces = self._transfers.get(part.transfer, [])
        size = self._sizes.get(part.transfer, 0) + len(part.data)
        if part.index != len(pieces):
            raise PartError("a part is missing before this one, or it came twice")
        if part.index >= MAX_PARTS or size > MAX_WHOLE:
            raise PartError(f"a message has at most {MAX_PARTS} parts and {MAX_WHOLE} bytes")
        if part.whole_hash is None:
            self.forget(part.transfer)  # and in again at the end, so that the dict stays ordered by growth
            self._transfers[part.transfer] = [*pieces, part.data]
            self._sizes[part.transfer] = size
            self._make_room()
            return None
        whole = b"".join((*pieces, part.data))
        if not compare_digest(sha256(whole).digest(), part.whole_hash):
            raise PartError("the parts do not make the whole that the last one names")
        result = _parse_whole(whole)
        self.forget(part.transfer)
        return result

    def forget(self, transfer: bytes) -> None:
        """Drop the parts of a transfer, if there are any: they waited too long, or their commit lost the race."""
        self._transfers.pop(transfer, None)
        self._sizes.pop(transfer, None)

    def _make_room(self) -> None:
        while len(self._transfers) > MAX_TRANSFERS or sum(self._sizes.values()) > MAX_PENDING:
            self.forget(next(iter(self._transfers)))


def _part_head(kind: int, transfer: bytes, index: int) -> bytes:
    return bytes((kind,)) + transfer + index.to_bytes(2, "big")


def _parse_part(content: bytes) -> Part:
    is_last = content[0] == _LAST_PART
    head = _PART_HEAD + (_HASH_LENGTH if is_last else 0)
    if len(content) < head:
        raise ContentError("the part is shorter than its head")
    index = int.from_bytes(content[_PART_HEAD - 2 : _PART_HEAD], "big")
    if index >= MAX_PARTS:
        raise ContentError(f"a message has at most {MAX_PARTS} parts")
    return Part(
        transfer=content[1 : 1 + TRANSFER_ID_LENGTH],
        index=index,
        data=content[head:],
        whole_hash=content[_PART_HEAD:head] if is_last else None,
    )


def _parse_whole(content: bytes) -> Whole:
    try:
        return Whole(Kind(content[0]), content[1:])
    except (ValueError, IndexError):
        raise ContentError("the content is of no kind that is known here") from None
