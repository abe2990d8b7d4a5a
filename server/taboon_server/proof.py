"""Signed requests: reading a proof, and verifying who sent it (docs/protocol.md, section 1.3)."""

import base64
import binascii
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from taboon_server import problems, wire

_SCHEME: Final = b"taboon"
_LENGTH: Final = 160
_ENCODED_LENGTH: Final = 214
_UNSIGNED: Final = 96
_LABEL: Final = b"taboon request v1"
_SEAL: Final = 1
_EXPECTED: Final = 2
_FIELDS: Final = struct.Struct(">BBBBBBH32s32sQI12s64s")


class Operation(IntEnum):
    """What a signed request asks for."""

    CREATE = 1
    APPEND = 2
    READ = 3


@dataclass(frozen=True, slots=True, repr=False)
class Proof:
    """A well-formed proof. It says nothing about who sent it until `verify` has passed.

    Attributes:
        retention: retention class, 0 to 3.
        seal: whether this append is the seal.
        expected: the number that the blob must get, or None.
        after: for a read, the number after which to read.
        answer_class: for a read, the size class wanted, 0 to 3.
        wait: for a read, seconds to wait for a next blob, 0 to 25.
        unit: the request's time in units of 300 s.
        nonce: 12 bytes.
        mailbox: the id of the mailbox that the two keys open, 32 bytes.
        signed: the 96 bytes of the proof that are signed.
    """

    retention: int
    seal: bool
    expected: int | None
    after: int
    answer_class: int
    wait: int
    unit: int
    nonce: bytes
    mailbox: bytes
    signed: bytes
    key: bytes
    signature: bytes


def parse(header: bytes, operation: Operation) -> Proof:
    """Read the value of an `Authorization` header.

    Args:
        header: the header's value, as it came.
        operation: what the call that it came with does.

    Raises:
        Problem: `malformed`, if it is anything but the one encoding of a proof for this operation.
    """
    raw = _decode(header)
    version, op, flags, retention, answer, wait, zero, key, other, number, unit, nonce, signature = _FIELDS.unpack(raw)
    # SQLite's integers are signed, and no mailbox gets near this number.
    well_formed = version == 1 and op == operation and retention <= 3 and zero == 0 and number < 1 << 63
    if operation is Operation.READ:
        well_formed = well_formed and flags == 0 and answer <= 3 and wait <= wire.MAX_WAIT
    else:
        allowed = _SEAL | _EXPECTED if operation is Operation.APPEND else 0
        well_formed = well_formed and flags & ~allowed == 0 and answer == wait == 0
        well_formed = well_formed and (number > 0 if flags & _EXPECTED else number == 0)
    if not well_formed:
        raise problems.malformed()
    own_hash = wire.sha256(key)
    hashes = (own_hash, other) if operation is Operation.READ else (other, own_hash)
    return Proof(
        retention=retention,
        seal=bool(flags & _SEAL),
        expected=number if flags & _EXPECTED else None,
        after=number if operation is Operation.READ else 0,
        answer_class=answer,
        wait=wait,
        unit=unit,
        nonce=nonce,
        mailbox=wire.mailbox_id(retention, *hashes),
        signed=raw[:_UNSIGNED],
        key=key,
        signature=signature,
    )


def check_time(proof: Proof, now: float) -> None:
    """Refuse a proof whose time is too far from `now` (Unix seconds).

    Raises:
        Problem: `clock`.
    """
    unit = int(now) // wire.TIME_UNIT
    if abs(proof.unit - unit) > wire.MAX_UNITS_OFF:
        raise problems.clock(unit)


def verify(proof: Proof, relay_id: bytes, body: bytes) -> None:
    """Refuse a proof that its key did not sign for this relay and this body.

    Raises:
        Problem: `unknown-mailbox`, the same answer as for a mailbox that does not exist.
    """
    message = _LABEL + relay_id + proof.mailbox + proof.signed + wire.sha256(body)
    try:
        VerifyKey(proof.key).verify(message, proof.signature)
    except BadSignatureError:
        raise problems.unknown_mailbox() from None


def _decode(header: bytes) -> bytes:
    scheme, _, value = header.partition(b" ")
    if scheme.lower() != _SCHEME or len(value) != _ENCODED_LENGTH:
        raise problems.malformed()
    try:
        raw = base64.urlsafe_b64decode(value + b"==")
    except binascii.Error:
        raise problems.malformed() from None
    # The decoder passes over what it does not know; only the one true encoding comes back the same.
    if len(raw) != _LENGTH or base64.urlsafe_b64encode(raw).rstrip(b"=") != value:
        raise problems.malformed()
    return raw
