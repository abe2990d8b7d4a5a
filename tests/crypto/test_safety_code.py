from __future__ import annotations

from hashlib import sha256

import pytest
from nacl import bindings

from taboon_crypto import safety_code as room
from taboon_crypto.errors import KdfMemoryError
from taboon_crypto.safety_code import SafetyCode, safety_code
from taboon_crypto.words import word_list

PAYLOAD, RELAY, PACKAGE = b"payload of a link", b"r" * 32, b"key package"


def by_the_protocol(payload: bytes, relay_id: bytes, key_package: bytes) -> SafetyCode:
    """docs/protocol.md, section 4.2, written out once more over another library."""
    stretched = bindings.crypto_pwhash_alg(
        32,
        b"taboon safety code v1" + sha256(payload).digest() + relay_id + sha256(key_package).digest(),
        sha256(b"taboon safety salt v1").digest()[:16],
        4,
        64 * 1024 * 1024,
        bindings.crypto_pwhash_ALG_ARGON2ID13,
    )
    bits = "".join(f"{byte:08b}" for byte in stretched)
    numbers = [int(bits[at : at + 11], 2) for at in range(0, 55, 11)]
    return SafetyCode(
        words_en=tuple(word_list("en")[number] for number in numbers),
        words_ar=tuple(word_list("ar")[number] for number in numbers),
        digits=str(int.from_bytes(stretched[8:16], "big") % 10**16).zfill(16),
    )


def test_the_code_is_that_of_the_protocol() -> None:
    assert safety_code(PAYLOAD, RELAY, PACKAGE) == by_the_protocol(PAYLOAD, RELAY, PACKAGE)


def test_digits_keep_their_leading_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "argon2id", lambda *_: bytes(8) + (10**16 + 7).to_bytes(8, "big") + bytes(16))
    code = safety_code(PAYLOAD, RELAY, PACKAGE)
    assert code.digits == "0000000000000007"
    assert code.words_en == (word_list("en")[0],) * 5


def test_everything_that_both_sides_hold_is_in_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "argon2id", lambda password, *_: sha256(password).digest())
    codes = {
        safety_code(PAYLOAD, RELAY, PACKAGE),
        safety_code(b"other", RELAY, PACKAGE),
        safety_code(PAYLOAD, b"o" * 32, PACKAGE),
        safety_code(PAYLOAD, RELAY, b"other"),
    }
    assert len({code.words_en for code in codes}) == len({code.digits for code in codes}) == 4


def test_a_device_without_the_memory_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(room, "argon2id", refuse)
    with pytest.raises(KdfMemoryError):
        safety_code(PAYLOAD, RELAY, PACKAGE)
