"""Signed requests: reading a proof, verifying who sent it, and taking it once (docs/protocol.md, section 1.3)."""

import base64
import binascii
import hashlib
import secrets
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from taboon_server import problems, wire

_PREFIX: Final = b"taboon "
_ENCODED: Final = 214
_LABEL: Final = b"taboon request v1"
_SEAL: Final = 1
_EXPECTED: Final = 2
_FIELDS: Final = struct.Struct(">BBBBBBH32s32sQI12s64s")


class Operation(IntEnum):
    """What a signed request asks for."""

    CREATE = 1
    APPEND = 2
    READ = 3


class Proof(NamedTuple):
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
        raw: the proof as it came, 160 bytes.
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
    raw: bytes

    def __repr__(self) -> str:
        return "Proof(…)"


def parse(header: bytes, operation: Operation) -> Proof:
    """Read the value of an `Authorization` header, as it came, for a call that does `operation`.

    Raises:
        Problem: `malformed`, if it is anything but the one encoding of a proof for this operation.
    """
    value = header[len(_PREFIX) :]
    if header[: len(_PREFIX)].lower() != _PREFIX or len(value) != _ENCODED:
        raise problems.malformed()
    try:
        raw = base64.urlsafe_b64decode(value + b"==")
    except binascii.Error:
        raise problems.malformed() from None
    # The decoder passes over what it does not know; only the one true encoding comes back the same.
    if len(raw) != _FIELDS.size or base64.urlsafe_b64encode(raw)[:_ENCODED] != value:
        raise problems.malformed()
    version, op, flags, retention, answer, wait, zero, key, other, number, unit, nonce, _ = _FIELDS.unpack(raw)
    reads = operation == Operation.READ
    # SQLite's integers are signed, and no mailbox gets near this number.
    well_formed = version == 1 and op == operation and retention <= 3 and zero == 0 and number < 1 << 63
    if reads:
        well_formed = well_formed and flags == 0 and answer <= 3 and wait <= wire.MAX_WAIT
    else:
        allowed = _SEAL | _EXPECTED if operation == Operation.APPEND else 0
        well_formed = well_formed and flags & ~allowed == 0 and answer == wait == 0
        well_formed = well_formed and (number > 0 if flags & _EXPECTED else number == 0)
    if not well_formed:
        raise problems.malformed()
    own = wire.sha256(key)
    mailbox = wire.mailbox_id(retention, own, other) if reads else wire.mailbox_id(retention, other, own)
    expected = number if flags & _EXPECTED else None
    after = number if reads else 0
    return Proof(retention, bool(flags & _SEAL), expected, after, answer, wait, unit, nonce, mailbox, raw)


def check_time(proof: Proof, now: float) -> None:
    """Refuse a proof whose time is too far from `now` (Unix seconds).

    Raises:
        Problem: `clock`.
    """
    unit = int(now) // wire.TIME_UNIT
    if abs(proof.unit - unit) > wire.MAX_UNITS_OFF:
        raise problems.clock(unit)


def verify(proof: Proof, relay_id: bytes, body: bytes) -> bytes:
    """Refuse a proof that its key did not sign for this relay and this body.

    Returns:
        The SHA-256 of the body.

    Raises:
        Problem: `unknown-mailbox`, the same answer as for a mailbox that does not exist.
    """
    raw = proof.raw
    body_hash = wire.sha256(body)
    message = _LABEL + relay_id + proof.mailbox + raw[:96] + body_hash
    try:
        crypto_sign_open(raw[96:] + message, raw[8:40])
    except BadSignatureError:
        raise problems.unknown_mailbox() from None
    return body_hash


class ReplayMemory:
    """Knows every proof that could still be sent again: nothing that others send makes it forget one.

    Bloom filters for each unit of time, the next one four times as large as the one before, begun when that is full:
    they cannot forget, and a flood makes the last one no larger. They err on the safe side: of honest proofs, which are
    sent again with another nonce, one in 50,000 is refused after a million in one unit (3,000 a second), one in 400
    after three million. There are seven units at most at a time, of 6 MB each where so much came; 64 KB in a quiet one.

    Args:
        smallest: bits of the first filter of a unit, a power of two.
        largest: bits of the last one.
    """

    def __init__(self, smallest: int = 1 << 19, largest: int = 1 << 25) -> None:
        self._smallest, self._largest = smallest, largest
        self._key = secrets.token_bytes(16)  # so that nobody can prepare proofs that fall together
        self._seen: dict[int, list[_Filter]] = {}

    @property
    def size(self) -> int:
        """Bytes that the filters take."""
        return sum(each.bits >> 3 for filters in self._seen.values() for each in filters)

    def is_new(self, proof: Proof, now: float) -> bool:
        """Remember a verified proof that came `now` (Unix seconds); return False if it was remembered already."""
        if proof.unit not in self._seen:
            oldest = int(now) // wire.TIME_UNIT - wire.MAX_UNITS_OFF
            self._seen = {unit: filters for unit, filters in self._seen.items() if unit >= oldest}
            self._seen[proof.unit] = [_Filter(self._smallest)]
        filters = self._seen[proof.unit]
        # Without the signature: of one request there are several that verify.
        places = struct.unpack("<8I", hashlib.blake2b(proof.raw[:96], digest_size=32, key=self._key).digest())
        if any(each.holds(places) for each in filters):
            return False
        if not filters[-1].room and filters[-1].bits < self._largest:
            filters.append(_Filter(4 * filters[-1].bits))
        filters[-1].add(places)
        return True


class _Filter:
    """A Bloom filter with room for one entry in 32 bits: one in 170,000 others then seems to be in it."""

    def __init__(self, bits: int) -> None:
        self.bits, self.room = bits, bits >> 5
        self._bytes = bytearray(bits >> 3)

    def holds(self, places: Sequence[int]) -> bool:
        return all(self._bytes[(place & self.bits - 1) >> 3] >> (place & 7) & 1 for place in places)

    def add(self, places: Sequence[int]) -> None:
        for place in places:
            self._bytes[(place & self.bits - 1) >> 3] |= 1 << (place & 7)
        self.room = max(0, self.room - 1)
