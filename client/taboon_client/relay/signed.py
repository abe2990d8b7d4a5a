"""What a relay has signed of a mailbox, so that others can check it: a receipt, or the signed part of a page.

Two of these that cannot both be true prove that the relay showed two histories: that it lies, or that it lost its disk
or went back to an old copy of it. No member can make such a pair without the relay's key.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Final, Self

from taboon_client.errors import FormatError
from taboon_crypto.primitives.sodium import ed25519_verify

__all__ = ["PAGE_LENGTH", "RECEIPT_LENGTH", "Signed"]

RECEIPT_LENGTH: Final = 202
PAGE_LENGTH: Final = 256
"""Bytes of the signed part of a page: the first 224 of its head, and the hash of its body."""
_RECEIPT: Final = struct.Struct(">BB32s32sQ32s32s64s")
_PAGE: Final = struct.Struct(">BB14x32s8xQ32s32x32s64s32s")
_SIGNED_HEAD: Final = 160


@dataclass(frozen=True, slots=True)
class Signed:
    """A relay's signed word on one mailbox.

    Attributes:
        relay_id: 32 bytes.
        mailbox_id: 32 bytes.
        number: Of a blob; in a page, of the mailbox's last one.
        head: Running head hash up to that blob, 32 bytes.
        sealed: Whether that blob is the mailbox's seal.
        raw: As the relay signed it: 202 bytes, or 256.
    """

    relay_id: bytes
    mailbox_id: bytes
    number: int
    head: bytes
    sealed: bool
    raw: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read it, and check the relay's signature.

        Raises:
            FormatError: It is nothing that a relay has signed.
        """
        if len(raw) == RECEIPT_LENGTH:
            version, flags, key, mailbox, number, _, head, signature = _RECEIPT.unpack(raw)
            text = b"taboon receipt v1" + raw[: -len(signature)]
        elif len(raw) == PAGE_LENGTH:
            version, flags, mailbox, number, head, key, signature, body = _PAGE.unpack(raw)
            text = b"taboon page v1" + raw[:_SIGNED_HEAD] + body
        else:
            raise FormatError("what the relay signed has another length")
        if version != 1 or flags & ~1 or not ed25519_verify(key, text, signature):
            raise FormatError("the relay's signature does not hold")
        return cls(hashlib.sha256(key).digest(), mailbox, number, head, bool(flags), bytes(raw))

    def contradicts(self, other: Signed) -> bool:
        """Tell whether no honest relay that lost nothing can have signed both."""
        if (self.relay_id, self.mailbox_id) != (other.relay_id, other.mailbox_id):
            return False
        if self.number == other.number:
            return (self.head, self.sealed) != (other.head, other.sealed)
        first = self if self.number < other.number else other
        return first.sealed
