"""The client's half of docs/protocol.md, section 1, written from that page alone and sharing no code with the relay."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from dataclasses import dataclass, field

from nacl.signing import SigningKey, VerifyKey

SIZES = (2048, 16384, 65536, 262144)
CREATE, APPEND, READ = 1, 2, 3
SEAL, EXPECTED = 1, 2


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number8(value: int) -> bytes:
    return value.to_bytes(8, "big")


@dataclass(frozen=True)
class Keys:
    """The two key pairs that open one mailbox."""

    read: SigningKey = field(default_factory=SigningKey.generate)
    append: SigningKey = field(default_factory=SigningKey.generate)
    retention: int = 2

    @property
    def mailbox(self) -> bytes:
        read, append = digest(bytes(self.read.verify_key)), digest(bytes(self.append.verify_key))
        return digest(b"taboon mailbox v1" + bytes([self.retention]) + read + append)

    def proof(
        self,
        relay_id: bytes,
        operation: int,
        body: bytes = b"",
        *,
        flags: int = 0,
        answer: int = 0,
        wait: int = 0,
        number: int = 0,
        unit: int | None = None,
        nonce: bytes | None = None,
        version: int = 1,
        zero: bytes = b"\0\0",
        mailbox: bytes | None = None,
    ) -> bytes:
        """Return the 160 bytes of a proof. What is not given is what an honest client would put there."""
        own, other = (self.read, self.append) if operation == READ else (self.append, self.read)
        unsigned = (
            bytes([version, operation, flags, self.retention, answer, wait])
            + zero
            + bytes(own.verify_key)
            + digest(bytes(other.verify_key))
            + number8(number)
            + (int(time.time()) // 300 if unit is None else unit).to_bytes(4, "big")
            + (os.urandom(12) if nonce is None else nonce)
        )
        signed = b"taboon request v1" + relay_id + (mailbox or self.mailbox) + unsigned + digest(body)
        return unsigned + own.sign(signed).signature


def header(proof: bytes) -> str:
    return "Taboon " + b64(proof)


def heads(mailbox: bytes, blobs: list[bytes]) -> list[bytes]:
    """Return head(0), head(1) and so on, one more than there are blobs."""
    all_heads = [digest(b"taboon head v1" + mailbox)]
    for number, blob in enumerate(blobs, start=1):
        all_heads.append(digest(b"taboon head v1" + all_heads[-1] + number8(number) + digest(blob)))
    return all_heads


@dataclass(frozen=True)
class Receipt:
    """A receipt whose signature has been checked."""

    seal: bool
    mailbox: bytes
    number: int
    blob_hash: bytes
    head: bytes


def read_receipt(data: bytes, relay_id: bytes) -> Receipt:
    assert len(data) == 202
    key = data[2:34]
    assert digest(key) == relay_id
    VerifyKey(key).verify(b"taboon receipt v1" + data[:138], data[138:])
    assert data[0] == 1
    assert data[1] in (0, 1)
    return Receipt(data[1] == 1, data[34:66], int.from_bytes(data[66:74], "big"), data[74:106], data[106:138])


@dataclass(frozen=True)
class Page:
    """A page whose signature has been checked."""

    sealed: bool
    mailbox: bytes
    nonce: bytes
    first: int
    last: int
    head: bytes
    body_class: int
    blobs: list[bytes]


def read_page(data: bytes, relay_id: bytes) -> Page:
    top, body = data[:256], data[256:]
    key = top[128:160]
    assert digest(key) == relay_id
    VerifyKey(key).verify(b"taboon page v1" + top[:160] + digest(body), top[160:224])
    assert top[224:] == bytes(32)
    assert top[0] == 1
    assert top[1] in (0, 1)
    assert len(body) == SIZES[top[3]]
    codes = int.from_bytes(top[96:128], "big")
    blobs, at = [], 0
    for position in range(128):
        size = SIZES[codes >> (254 - 2 * position) & 3]
        if position < top[2]:
            blobs.append(body[at : at + size])
            at += size
        else:
            assert codes >> (254 - 2 * position) & 3 == 0
    assert not any(body[at:])
    return Page(
        sealed=top[1] == 1,
        mailbox=top[16:48],
        nonce=top[4:16],
        first=int.from_bytes(top[48:56], "big"),
        last=int.from_bytes(top[56:64], "big"),
        head=top[64:96],
        body_class=top[3],
        blobs=blobs,
    )
