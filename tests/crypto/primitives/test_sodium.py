"""Ed25519, X25519, XChaCha20-Poly1305: published values, an independent library, and keys that mean nothing."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from taboon_crypto.primitives import sodium
from taboon_crypto.primitives.errors import BadKeyError, OpenError

unhex = bytes.fromhex
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493

SMALL_ORDER_ED25519 = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
SMALL_ORDER_X25519 = [
    number.to_bytes(32, "little")
    for number in (
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        PRIME - 1,
        PRIME,
        PRIME + 1,
    )
]

# Ed25519


def test_the_published_signature_comes_out() -> None:
    # RFC 8032, section 7.1, test 1: the empty message.
    seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public, expanded = sodium.ed25519_expand_seed(seed)
    assert public == unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = sodium.ed25519_sign(expanded, b"")
    assert signature == unhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert sodium.ed25519_verify(public, b"", signature)
    sodium.ed25519_check_public(public)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.integers(0, 511))
def test_a_signature_verifies_and_no_changed_one_does(seed: bytes, message: bytes, bit: int) -> None:
    public, expanded = sodium.ed25519_expand_seed(seed)
    signature = sodium.ed25519_sign(expanded, message)
    assert sodium.ed25519_verify(public, message, signature)
    assert not sodium.ed25519_verify(public, message + b"\x00", signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not sodium.ed25519_verify(public, message, bytes(changed))


def test_a_signature_has_only_one_scalar() -> None:
    public, expanded = sodium.ed25519_expand_seed(bytes(32))
    signature = sodium.ed25519_sign(expanded, b"message")
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not sodium.ed25519_verify(public, b"message", signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("public", SMALL_ORDER_ED25519)
def test_a_public_key_of_small_order_signs_nothing(public: str) -> None:
    key = unhex(public)
    with pytest.raises(BadKeyError):
        sodium.ed25519_check_public(key)
    for scalar in range(1, 9):
        # R = s*B and S = s verify under the neutral key for any message, and under the others for some.
        encoded = scalar.to_bytes(32, "little")
        point = bindings.crypto_scalarmult_ed25519_base_noclamp(encoded)
        assert not sodium.ed25519_verify(key, b"any message", point + encoded)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_ed25519_keys_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(BadKeyError):
        sodium.ed25519_check_public(bytes(size))
    with pytest.raises(BadKeyError):
        sodium.ed25519_expand_seed(bytes(size))
    assert not sodium.ed25519_verify(bytes(size), b"", bytes(64))
    assert not sodium.ed25519_verify(bytes(32), b"", bytes(size + 32))


def test_ed25519_keys_that_are_no_points_or_not_reduced_are_refused() -> None:
    for encoding in (2, PRIME, PRIME + 1, 2**255 - 1):
        with pytest.raises(BadKeyError):
            sodium.ed25519_check_public(encoding.to_bytes(32, "little"))


# X25519


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_both_sides_and_another_library_agree_on_the_shared_secret(first: bytes, second: bytes) -> None:
    theirs = X25519PrivateKey.from_private_bytes(second)
    public = theirs.public_key().public_bytes_raw()
    assert sodium.x25519_public(second) == public
    shared = sodium.x25519(first, public)
    assert shared == sodium.x25519(second, sodium.x25519_public(first))
    assert shared == theirs.exchange(X25519PublicKey.from_public_bytes(sodium.x25519_public(first)))


@pytest.mark.parametrize("public", SMALL_ORDER_X25519, ids=lambda key: key.hex()[:8])
def test_points_of_small_order_are_refused(public: bytes) -> None:
    # The other library tells, in its own way, that the point is one: the shared secret would be zero.
    with pytest.raises(ValueError, match="shared key"):
        X25519PrivateKey.from_private_bytes(b"\x01" * 32).exchange(X25519PublicKey.from_public_bytes(public))
    for key in (public, public[:31] + bytes((public[31] | 0x80,))):
        with pytest.raises(BadKeyError):
            sodium.x25519_check_public(key)
        with pytest.raises(BadKeyError):
            sodium.x25519(b"\x01" * 32, key)


def test_a_public_key_has_only_one_spelling() -> None:
    public = sodium.x25519_public(b"\x01" * 32)
    sodium.x25519_check_public(public)
    for other in (public[:31] + bytes((public[31] | 0x80,)), (PRIME + 2).to_bytes(32, "little")):
        with pytest.raises(BadKeyError):
            sodium.x25519_check_public(other)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_x25519_keys_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(BadKeyError):
        sodium.x25519_public(bytes(size))
    with pytest.raises(BadKeyError, match="has 32 bytes"):
        sodium.x25519_check_public(b"\x09" * size)
    with pytest.raises(BadKeyError):
        sodium.x25519(bytes(size), sodium.x25519_public(bytes(32)))


# XChaCha20-Poly1305


@given(st.binary(max_size=100), st.binary(max_size=20), st.data())
def test_a_sealed_text_opens_only_unchanged(plaintext: bytes, associated: bytes, data: st.DataObject) -> None:
    key, nonce = b"\x01" * 32, b"\x02" * 24
    sealed = sodium.xchacha20poly1305_seal(key, nonce, plaintext, associated)
    assert len(sealed) == len(plaintext) + sodium.XCHACHA_TAG_LENGTH
    assert sodium.xchacha20poly1305_open(key, nonce, sealed, associated) == plaintext
    changed = bytearray(sealed)
    changed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    attempts = [
        (key, nonce, bytes(changed), associated),
        (key, nonce, sealed[:-1], associated),
        (key, nonce, sealed, associated + b"\x00"),
        (key, b"\x03" * 24, sealed, associated),
        (b"\x03" * 32, nonce, sealed, associated),
        (key, nonce, b"", associated),
    ]
    for attempt in attempts:
        with pytest.raises(OpenError):
            sodium.xchacha20poly1305_open(*attempt)


@pytest.mark.parametrize(("key", "nonce"), [(31, 24), (33, 24), (32, 23), (32, 12)])
def test_keys_and_nonces_of_another_size_are_refused(key: int, nonce: int) -> None:
    with pytest.raises(BadKeyError):
        sodium.xchacha20poly1305_seal(bytes(key), bytes(nonce), b"", b"")
    with pytest.raises(BadKeyError):
        sodium.xchacha20poly1305_open(bytes(key), bytes(nonce), bytes(16), b"")
