from __future__ import annotations

import argon2.low_level
import pytest
from nacl import bindings

from taboon_crypto.primitives.argon2 import argon2id
from taboon_crypto.primitives.errors import BadKeyError


@pytest.mark.parametrize(("memory_kib", "passes", "length"), [(8, 1, 16), (64, 3, 32), (1_024, 4, 64)])
def test_libsodium_comes_to_the_same_result(memory_kib: int, passes: int, length: int) -> None:
    salt = bytes(range(16))
    expected = bindings.crypto_pwhash_alg(
        length, b"password", salt, passes, memory_kib * 1024, bindings.crypto_pwhash_ALG_ARGON2ID13
    )
    assert argon2id(b"password", salt, memory_kib, passes, length) == expected


@pytest.mark.parametrize(
    ("salt", "memory_kib", "passes", "length"),
    [(bytes(15), 8, 1, 32), (bytes(17), 8, 1, 32), (bytes(16), 7, 1, 32), (bytes(16), 8, 0, 32), (bytes(16), 8, 1, 3)],
)
def test_numbers_that_make_no_sense_are_refused(salt: bytes, memory_kib: int, passes: int, length: int) -> None:
    with pytest.raises(BadKeyError):
        argon2id(b"password", salt, memory_kib, passes, length)


def test_memory_that_the_system_does_not_give_is_a_memory_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise argon2.exceptions.HashingError("Memory allocation error")

    monkeypatch.setattr("taboon_crypto.primitives.argon2.hash_secret_raw", refuse)
    with pytest.raises(MemoryError):
        argon2id(b"password", bytes(16), 8, 1)


def test_the_result_does_not_show_itself() -> None:
    assert repr(argon2id(b"password", bytes(16), 8, 1)) == "Secret(<32 bytes>)"
