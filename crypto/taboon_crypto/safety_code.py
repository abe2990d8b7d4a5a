"""The safety code (docs/protocol.md, section 4.2): what two people compare to know that nobody stands between them.

The stretching keeps a relay, or whoever photographed the link, from searching for a key package with the same code.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from taboon_crypto.errors import KdfMemoryError
from taboon_crypto.primitives.argon2 import argon2id
from taboon_crypto.words import BITS_PER_WORD, words_of

__all__ = ["SafetyCode", "epoch_code", "safety_code"]

_MEMORY_KIB = 64 * 1024
_PASSES = 4
_WORDS = 5
_DIGITS = 16
_SALT = sha256(b"taboon safety salt v1").digest()[:16]


@dataclass(frozen=True, slots=True)
class SafetyCode:
    """One code in the three ways in which it can be said.

    Attributes:
        words_en: Five English words.
        words_ar: The same five numbers as Arabic words.
        digits: Sixteen decimal digits, for those who share neither language.
    """

    words_en: tuple[str, ...]
    words_ar: tuple[str, ...]
    digits: str


def safety_code(payload: bytes, relay_id: bytes, key_package: bytes) -> SafetyCode:
    """Compute the code of one joiner at one invite. Takes about 0.2 seconds and 64 MiB.

    Args:
        payload: The payload of the invite's link.
        relay_id: 32 bytes.
        key_package: The joiner's key package, as the bytes that came.

    Raises:
        KdfMemoryError: The device has less than 64 MiB to give.
    """
    return _stretched(b"taboon safety code v1" + sha256(payload).digest() + relay_id + sha256(key_package).digest())


def epoch_code(epoch_id: bytes, authenticator: bytes) -> SafetyCode:
    """Compute the code that members of one epoch share, and nobody else. Takes about 0.2 seconds and 64 MiB.

    Args:
        epoch_id: 32 bytes, over group id, number and transcript.
        authenticator: The epoch's authenticator (RFC 9420, section 8.7).

    Raises:
        KdfMemoryError: The device has less than 64 MiB to give.
    """
    return _stretched(b"taboon epoch code v1" + epoch_id + sha256(authenticator).digest())


def _stretched(password: bytes) -> SafetyCode:
    try:
        stretched = argon2id(password, _SALT, _MEMORY_KIB, _PASSES)
    except MemoryError:
        raise KdfMemoryError("the safety code takes 64 MiB of memory: close other programs and try again") from None
    number = int.from_bytes(stretched[:8], "big") >> (64 - _WORDS * BITS_PER_WORD)
    digits = int.from_bytes(stretched[8:16], "big") % 10**_DIGITS
    return SafetyCode(
        words_en=words_of(number, _WORDS, "en"),
        words_ar=words_of(number, _WORDS, "ar"),
        digits=f"{digits:0{_DIGITS}d}",
    )
