"""Short codes that people say, write on paper and type: the first bits of an id in a forgiving alphabet.

The alphabet leaves out I, L, O and U (as Crockford's base 32 does); reading takes what people write instead,
small letters and the digits of any script. Codes are not secret and not unique by themselves: a longer one is a
narrower one.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CODE_LENGTH", "code_of", "read_code", "shortest_codes"]

CODE_LENGTH = 4
"""Characters of a code where nothing else begins alike."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = {"O": "0", "I": "1", "L": "1", "U": "V"}
_BITS = 5
_LONGEST = 24


def code_of(identifier: bytes, length: int = CODE_LENGTH) -> str:
    """Return the code of an id of 16 bytes or more: ``length`` characters, at most 24."""
    length = min(length, _LONGEST)
    bits = int.from_bytes(identifier[:15], "big")
    return "".join(_ALPHABET[(bits >> (120 - _BITS * (place + 1))) & 31] for place in range(length))


def read_code(text: str) -> str | None:
    """Return what somebody typed as a code or the beginning of one, or ``None`` if it cannot be one.

    ``#k7f2``, ``K7-F2`` and ``k٧f٢`` are all ``K7F2``.
    """
    code = []
    for character in text.strip().removeprefix("#").upper():
        if character in "- ":
            continue
        digit = unicodedata.decimal(character, None)
        plain = _ALIKE.get(character, character) if digit is None else str(digit)
        if plain not in _ALPHABET:
            return None
        code.append(plain)
    return "".join(code) if 1 <= len(code) <= _LONGEST else None


def shortest_codes(identifiers: Iterable[bytes]) -> dict[bytes, str]:
    """Return for each id the shortest code, of at least four characters, that none of the others begins with."""
    ordered = sorted(set(identifiers))
    full = [code_of(identifier, _LONGEST) for identifier in ordered]
    codes = {}
    for place, identifier in enumerate(ordered):
        length = CODE_LENGTH
        # In order, whatever begins most alike stands next to it.
        for neighbour in (place - 1, place + 1):
            if 0 <= neighbour < len(full):
                length = max(length, _alike(full[place], full[neighbour]) + 1)
        codes[identifier] = full[place][:length]
    return codes


def _alike(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=True):
        if a != b:
            break
        count += 1
    return count
