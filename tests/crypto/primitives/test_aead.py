"""The AEADs of the suites: an independent library, and nothing opens that was changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from taboon_crypto.primitives.aead import AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, Aead
from taboon_crypto.primitives.errors import BadKeyError, OpenError

ROWS = [AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305]


@given(st.sampled_from(ROWS), st.binary(max_size=100), st.binary(max_size=20), st.data())
def test_a_sealed_text_opens_only_unchanged(
    aead: Aead, plaintext: bytes, associated: bytes, data: st.DataObject
) -> None:
    key, nonce = b"\x01" * aead.key_length, b"\x02" * aead.nonce_length
    sealed = aead.seal(key, nonce, plaintext, associated)
    assert len(sealed) == len(plaintext) + aead.tag_length
    assert aead.open(key, nonce, sealed, associated) == plaintext
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    attempts = [
        (key, nonce, bytes(changed), associated),
        (key, nonce, sealed[:-1], associated),
        (key, nonce, sealed, associated + b"\x00"),
        (key, nonce, b"", associated),
        (b"\x03" * aead.key_length, nonce, sealed, associated),
    ]
    for attempt in attempts:
        with pytest.raises(OpenError):
            aead.open(*attempt)


def test_another_library_seals_the_same() -> None:
    key, nonce = bytes(range(32)), bytes(range(12))
    theirs = bindings.crypto_aead_chacha20poly1305_ietf_encrypt(b"text", b"data", nonce, key)
    assert CHACHA20_POLY1305.seal(key, nonce, b"text", b"data") == theirs


def test_the_published_empty_aes_gcm_tag_comes_out() -> None:
    # The first case of the GCM specification: key, nonce and text all zero or empty.
    assert AES_128_GCM.seal(bytes(16), bytes(12), b"", b"") == bytes.fromhex("58e2fccefa7e3061367f1d57a4e7455a")


@pytest.mark.parametrize("aead", ROWS, ids=["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"])
def test_keys_and_nonces_of_another_size_are_refused(aead: Aead) -> None:
    for key, nonce in (
        (aead.key_length - 1, 12),
        (aead.key_length + 8, 12),
        (aead.key_length, 11),
        (aead.key_length, 24),
    ):
        with pytest.raises(BadKeyError):
            aead.seal(bytes(key), bytes(nonce), b"", b"")
        with pytest.raises(BadKeyError):
            aead.open(bytes(key), bytes(nonce), bytes(16), b"")
