"""The KEMs: published values, key pairs, encapsulations, and what each of them refuses."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519, X_WING, Kem

from .randomness import counting

unhex = bytes.fromhex
_VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("hybrid_kem.json").read_text("utf-8"))
MLKEM_PUBLIC, MLKEM_CIPHERTEXT = 1184, 1088
"""Where the X25519 half begins in a public key, and in an encapsulation."""

SMALL_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
NOT_REDUCED = [b"\xff" * 32, b"\xed" + b"\xff" * 30 + b"\x7f"]

KEMS = {"X25519": X25519, "ML-KEM-768 with X25519": MLKEM768_X25519, "X-Wing": X_WING}
kems = pytest.mark.parametrize("kem", KEMS.values(), ids=KEMS)
hybrids = pytest.mark.parametrize("kem", [MLKEM768_X25519, X_WING], ids=["ML-KEM-768 with X25519", "X-Wing"])


@pytest.mark.parametrize("case", _VECTORS["x_wing"]["cases"], ids=["1", "2"])
@hybrids
def test_keys_and_secrets_of_the_hybrid_are_those_of_the_x_wing_draft(kem: Kem, case: dict[str, str]) -> None:
    private = unhex(case["private"])
    assert hashlib.sha256(kem.public_of(private)).hexdigest() == case["public_sha256"]
    assert kem.decap(private, unhex(case["enc"])) == unhex(case["shared_secret"])


@pytest.mark.parametrize("case", _VECTORS["hpke_pq"]["cases"], ids=["1"])
def test_the_hybrid_derives_key_pairs_as_the_hpke_pq_draft_says(case: dict[str, str]) -> None:
    pair = MLKEM768_X25519.derive_key_pair(unhex(case["ikm"]))
    assert pair.private == unhex(case["private"])
    assert hashlib.sha256(pair.public).hexdigest() == case["public_sha256"]
    assert MLKEM768_X25519.decap(pair.private, unhex(case["enc"])) == unhex(case["shared_secret"])


@pytest.mark.parametrize(
    ("secret", "private"),
    [
        (b"\x20" * 32, "ccb3c65929b514cdf939768a11ecacd51a72ea05b1062bb61c9994fa07f861fe"),
        (b"\x40" * 64, "ea39ca8a279e3ccdcf811172dead5ea8a02ed11436ee955e7424e463b7eb17ab"),
    ],
    ids=["32 bytes", "64 bytes"],
)
def test_x_wing_derives_key_pairs_as_the_npm_package_hybridkem_x_wing_does(secret: bytes, private: str) -> None:
    assert X_WING.derive_key_pair(secret).private == unhex(private)


def test_the_two_hybrids_derive_different_key_pairs_from_one_secret() -> None:
    assert X_WING.derive_key_pair(b"\x01" * 32) != MLKEM768_X25519.derive_key_pair(b"\x01" * 32)


@kems
def test_both_sides_have_one_secret_and_another_key_has_another(kem: Kem) -> None:
    pair, other = kem.derive_key_pair(b"\x01" * 32), kem.derive_key_pair(b"\x02" * 32)
    shared, enc = kem.encap(pair.public, counting(1))
    assert (len(shared), len(enc)) == (32, kem.enc_length)
    assert kem.decap(pair.private, enc) == shared
    assert kem.decap(other.private, enc) != shared
    assert kem.encap(pair.public, counting(2))[0] != shared
    kem.check_enc(enc)


@kems
def test_a_key_pair_follows_from_its_secret_and_has_the_stated_sizes(kem: Kem) -> None:
    pair = kem.derive_key_pair(b"\x03" * 64)
    assert pair == kem.derive_key_pair(b"\x03" * 64)
    assert (len(pair.private), len(pair.public)) == (kem.private_length, kem.public_length)
    assert kem.public_of(pair.private) == pair.public
    kem.check_public(pair.public)


@given(st.sampled_from(list(KEMS.values())), st.data())
def test_a_changed_encapsulation_gives_another_secret_or_is_refused(kem: Kem, data: st.DataObject) -> None:
    pair = kem.derive_key_pair(b"\x04" * 32)
    shared, enc = kem.encap(pair.public, counting(3))
    changed = bytearray(enc)
    changed[data.draw(st.integers(0, len(enc) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert kem.decap(pair.private, bytes(changed)) != shared
    except BadKeyError:
        with pytest.raises(BadKeyError):
            kem.check_enc(bytes(changed))


@kems
@pytest.mark.parametrize("change", [-1, 1, None], ids=["a byte short", "a byte long", "empty"])
def test_keys_and_encapsulations_of_another_size_are_refused(kem: Kem, change: int | None) -> None:
    def resized(value: bytes) -> bytes:
        return b"" if change is None else value[:change] if change < 0 else value + bytes(change)

    pair = kem.derive_key_pair(b"\x05" * 32)
    _, enc = kem.encap(pair.public, counting(4))
    for attempt in (
        lambda: kem.check_public(resized(pair.public)),
        lambda: kem.load_public(resized(pair.public)),
        lambda: kem.encap(resized(pair.public), counting(5)),
        lambda: kem.public_of(resized(pair.private)),
        lambda: kem.load_private(resized(pair.private)),
        lambda: kem.decap(resized(pair.private), enc),
        lambda: kem.decap(pair.private, resized(enc)),
        lambda: kem.check_enc(resized(enc)),
    ):
        with pytest.raises(BadKeyError):
            attempt()


@kems
def test_a_key_pair_is_not_derived_from_too_little(kem: Kem) -> None:
    for size in (0, kem.seed_length - 1):
        with pytest.raises(BadKeyError):
            kem.derive_key_pair(bytes(size))


@pytest.mark.parametrize("point", SMALL_ORDER + NOT_REDUCED)
@kems
def test_x25519_points_that_hide_nothing_are_refused(kem: Kem, point: bytes) -> None:
    pair = kem.derive_key_pair(b"\x06" * 32)
    _, enc = kem.encap(pair.public, counting(6))
    public, bad_enc = pair.public[:-32] + point, enc[:-32] + point
    for attempt in (
        lambda: kem.check_public(public),
        lambda: kem.load_public(public),
        lambda: kem.encap(public, counting(7)),
        lambda: kem.check_enc(bad_enc),
        lambda: kem.decap(pair.private, bad_enc),
    ):
        with pytest.raises(BadKeyError):
            attempt()


@hybrids
def test_an_ml_kem_key_whose_coefficients_are_not_reduced_is_refused(kem: Kem) -> None:
    public = kem.derive_key_pair(b"\x07" * 32).public
    # a coefficient has 12 bits: 0xfff is more than the modulus 3329
    spelled_otherwise = b"\xff\xff" + public[2:]
    for attempt in (
        lambda: kem.check_public(spelled_otherwise),
        lambda: kem.load_public(spelled_otherwise),
        lambda: kem.encap(spelled_otherwise, counting(8)),
    ):
        with pytest.raises(BadKeyError):
            attempt()


@hybrids
def test_both_halves_of_a_hybrid_matter(kem: Kem) -> None:
    pair, other = kem.derive_key_pair(b"\x08" * 32), kem.derive_key_pair(b"\x09" * 32)
    shared, enc = kem.encap(pair.public, counting(9))
    _, foreign = kem.encap(other.public, counting(10))
    other_mlkem = foreign[:MLKEM_CIPHERTEXT] + enc[MLKEM_CIPHERTEXT:]
    other_point = enc[:MLKEM_CIPHERTEXT] + foreign[MLKEM_CIPHERTEXT:]
    assert kem.decap(pair.private, other_mlkem) != shared
    assert kem.decap(pair.private, other_point) != shared
    assert pair.public[:MLKEM_PUBLIC] != other.public[:MLKEM_PUBLIC]


@kems
def test_nothing_prints_a_private_key_or_a_shared_secret(kem: Kem) -> None:
    pair = kem.derive_key_pair(b"\x0a" * 32)
    shared, _ = kem.encap(pair.public, counting(11))
    for shown in (repr(pair.private), str(pair.private), repr(shared), f"{shared}", repr(kem)):
        for secret in (pair.private, shared):
            assert secret.hex() not in shown
            assert repr(bytes(secret))[2:-1] not in shown
    assert pair.private.hex() not in repr(pair)
