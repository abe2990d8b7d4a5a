"""HKDF (RFC 5869) over the standard library's one-shot HMAC, and HPKE's labelled form of it (RFC 9180, section 4).

All take the name of the hash as :mod:`hashlib` spells it ("sha256", "sha384", "sha512").
"""

from __future__ import annotations

import hashlib
from functools import cache
from hmac import digest as hmac_digest

from taboon_crypto.primitives.secret import Secret

__all__ = ["expand", "extract", "hash_length", "labeled_expand", "labeled_extract"]


@cache
def hash_length(hash_name: str) -> int:
    """Return the output length of a hash, in bytes."""
    return hashlib.new(hash_name).digest_size


def extract(hash_name: str, salt: bytes, input_key: bytes) -> Secret:
    """HKDF-Extract (RFC 5869, section 2.2).

    Args:
        hash_name: "sha256" or another name of hashlib.
        salt: Any length; empty counts as a hash length of zeros.
        input_key: Input keying material, any length.

    Returns:
        A pseudorandom key of one hash length.
    """
    return Secret(hmac_digest(salt or bytes(hash_length(hash_name)), input_key, hash_name))


def expand(hash_name: str, key: bytes, info: bytes, length: int) -> Secret:
    """HKDF-Expand (RFC 5869, section 2.3).

    Args:
        hash_name: "sha256" or another name of hashlib.
        key: A pseudorandom key of at least one hash length.
        info: Context, any length.
        length: Bytes wanted, from 0 to 255 hash lengths.

    Returns:
        ``length`` bytes.

    Raises:
        ValueError: ``length`` is out of range.
    """
    size = hash_length(hash_name)
    if not 0 <= length <= 255 * size:
        msg = f"HKDF with {hash_name} gives 0 to {255 * size} bytes, not {length}"
        raise ValueError(msg)
    if length <= size:
        return Secret(hmac_digest(key, info + b"\x01", hash_name)[:length])
    block, output = b"", b""
    for counter in range(1, -(-length // size) + 1):
        block = hmac_digest(key, block + info + bytes((counter,)), hash_name)
        output += block
    return Secret(output[:length])


def labeled_extract(hash_name: str, suite_id: bytes, salt: bytes, label: bytes, input_key: bytes) -> Secret:
    """LabeledExtract (RFC 9180, section 4): a pseudorandom key of one hash length."""
    return extract(hash_name, salt, b"HPKE-v1" + suite_id + label + input_key)


def labeled_expand(hash_name: str, suite_id: bytes, key: bytes, label: bytes, info: bytes, length: int) -> Secret:
    """LabeledExpand (RFC 9180, section 4): ``length`` bytes."""
    return expand(hash_name, key, length.to_bytes(2) + b"HPKE-v1" + suite_id + label + info, length)
