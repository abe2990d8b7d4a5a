"""Receipts and pages of docs/protocol.md, section 1.4, packed from the page itself so that any field can be wrong."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from taboon_crypto.mailbox import MailboxKeys, RetentionClass

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (2_048, 16_384, 65_536, 262_144)

KEYS = MailboxKeys.of_seeds(b"\x11" * 32, b"\x12" * 32, RetentionClass.MONTH)
OTHER_KEYS = MailboxKeys.of_seeds(b"\x13" * 32, b"\x14" * 32, RetentionClass.MONTH)
RELAY = SigningKey(b"\x21" * 32)
IMPOSTOR = SigningKey(b"\x22" * 32)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def relay_id(key: SigningKey = RELAY) -> bytes:
    return sha(bytes(key.verify_key))


def blob(number: int, size_class: int = 0) -> bytes:
    return bytes([number]) * SIZES[size_class]


def head(mailbox: bytes, blobs: Sequence[bytes]) -> bytes:
    """head(n) for the blobs 1 to n."""
    value = sha(b"taboon head v1" + mailbox)
    for number, each in enumerate(blobs, start=1):
        value = sha(b"taboon head v1" + value + number.to_bytes(8, "big") + sha(each))
    return value


@dataclass(frozen=True)
class Receipt:
    """What an honest relay would say, unless a field is given."""

    blobs: Sequence[bytes]
    seal: bool = False
    mailbox: bytes = KEYS.mailbox_id
    version: int = 1
    flags: int | None = None
    number: int | None = None
    blob_hash: bytes | None = None
    head: bytes | None = None
    key: SigningKey = RELAY
    signer: SigningKey | None = None
    label: bytes = b"taboon receipt v1"

    def pack(self) -> bytes:
        number = len(self.blobs) if self.number is None else self.number
        flags = int(self.seal) if self.flags is None else self.flags
        fields = b"".join(
            (
                bytes((self.version, flags)),
                bytes(self.key.verify_key),
                self.mailbox,
                number.to_bytes(8, "big"),
                sha(self.blobs[-1]) if self.blob_hash is None else self.blob_hash,
                head(self.mailbox, self.blobs) if self.head is None else self.head,
            )
        )
        return fields + (self.signer or self.key).sign(self.label + fields).signature


@dataclass(frozen=True)
class Page:
    """An honest page of all blobs after a number, unless a field is given.

    ``blobs`` is the whole mailbox.
    """

    blobs: Sequence[bytes]
    nonce: bytes
    after: int = 0
    upto: int | None = None
    sealed: bool = False
    mailbox: bytes = KEYS.mailbox_id
    version: int = 1
    flags: int | None = None
    count: int | None = None
    size_class: int | None = None
    first: int | None = None
    last: int | None = None
    head: bytes | None = None
    sizes: bytes | None = None
    body: bytes | None = None
    reserved: bytes = bytes(32)
    key: SigningKey = RELAY
    signer: SigningKey | None = None
    label: bytes = b"taboon page v1"

    def pack(self) -> bytes:
        shown = self.blobs[self.after : self.upto]
        joined = b"".join(shown)
        size_class = self.size_class
        if size_class is None:
            size_class = next(code for code, size in enumerate(SIZES) if len(joined) <= size)
        body = joined.ljust(SIZES[size_class & 3], b"\0") if self.body is None else self.body
        codes = "".join(f"{SIZES.index(len(each)):02b}" for each in shown).ljust(256, "0")
        fields = b"".join(
            (
                bytes((self.version, int(self.sealed) if self.flags is None else self.flags)),
                bytes((len(shown) if self.count is None else self.count, size_class)),
                self.nonce,
                self.mailbox,
                (self.after + 1 if self.first is None else self.first).to_bytes(8, "big"),
                (len(self.blobs) if self.last is None else self.last).to_bytes(8, "big"),
                head(self.mailbox, self.blobs) if self.head is None else self.head,
                int(codes, 2).to_bytes(32, "big") if self.sizes is None else self.sizes,
                bytes(self.key.verify_key),
            )
        )
        signature = (self.signer or self.key).sign(self.label + fields + sha(body)).signature
        return fields + signature + self.reserved + body
