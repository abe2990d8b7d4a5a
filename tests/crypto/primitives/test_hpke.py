"""HPKE: the values of RFC 9180, appendix A.1.1, and of the HPKE PQ draft; single shots against what is written out."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.primitives import hkdf
from taboon_crypto.primitives.aead import AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.hpke import Hpke
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519, X_WING

from .randomness import counting

unhex = bytes.fromhex

INFO = unhex("4f6465206f6e2061204772656369616e2055726e")
SEED_E = unhex("7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234")
PUBLIC_E = unhex("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431")
PRIVATE_E = unhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
SEED_R = unhex("6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037")
PUBLIC_R = unhex("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d")
PRIVATE_R = unhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
EXPORTS = {
    b"": "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee",
    b"\x00": "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5",
    b"TestContext": "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931",
}

KEM = X25519
HPKE = Hpke(KEM, "sha256", AES_128_GCM)
ROWS = {
    "X25519, AES-128": HPKE,
    "X25519, ChaCha20": Hpke(KEM, "sha256", CHACHA20_POLY1305),
    "hybrid, AES-256": Hpke(MLKEM768_X25519, "sha384", AES_256_GCM),
    "X-Wing, ChaCha20": Hpke(X_WING, "sha512", CHACHA20_POLY1305),
}
rows = pytest.mark.parametrize("hpke", ROWS.values(), ids=ROWS)
_VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("hybrid_kem.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("seed", "private", "public"), [(SEED_E, PRIVATE_E, PUBLIC_E), (SEED_R, PRIVATE_R, PUBLIC_R)], ids=["E", "R"]
)
def test_key_pairs_follow_from_the_published_seeds(seed: bytes, private: bytes, public: bytes) -> None:
    pair = KEM.derive_key_pair(seed)
    assert pair.private == private
    assert pair.public == public == KEM.public_of(private)


@pytest.mark.parametrize("context", EXPORTS)
def test_both_sides_export_the_published_secrets(context: bytes) -> None:
    enc, exported = HPKE.send_export(PUBLIC_R, INFO, context, 32, lambda size: SEED_E[:size])
    assert enc == PUBLIC_E
    assert exported == unhex(EXPORTS[context])
    assert HPKE.receive_export(PRIVATE_R, enc, INFO, context, 32) == exported


@pytest.mark.parametrize("case", _VECTORS["hpke_pq"]["cases"], ids=["1"])
def test_the_hybrid_exports_the_published_secrets(case: dict[str, Any]) -> None:
    hpke = Hpke(MLKEM768_X25519, "sha256", CHACHA20_POLY1305)
    private, enc, info = unhex(case["private"]), unhex(case["enc"]), unhex(case["info"])
    assert len(case["exports"]) == 5
    for export in case["exports"]:
        exported = hpke.receive_export(private, enc, info, unhex(export["context"]), 32)
        assert exported == unhex(export["value"])


@rows
def test_an_export_depends_on_all_that_went_into_it(hpke: Hpke) -> None:
    pair, other = hpke.kem.derive_key_pair(b"\x01" * 32), hpke.kem.derive_key_pair(b"\x02" * 32)
    enc, secret = hpke.send_export(pair.public, b"info", b"context", 48, counting(5))
    assert hpke.receive_export(pair.private, enc, b"info", b"context", 48) == secret
    foreign, _ = hpke.send_export(other.public, b"info", b"context", 48, counting(6))
    others = {
        bytes(hpke.receive_export(pair.private, enc, b"other", b"context", 48)),
        bytes(hpke.receive_export(pair.private, enc, b"info", b"other", 48)),
        bytes(hpke.receive_export(other.private, enc, b"info", b"context", 48)),
        bytes(hpke.receive_export(pair.private, foreign, b"info", b"context", 48)),
    }
    assert len(others | {bytes(secret)}) == 5


@rows
def test_the_single_shot_of_the_library_is_the_hpke_that_is_written_out_here(hpke: Hpke) -> None:
    # the key schedule of RFC 9180, section 5.1, from our decapsulation, opens what the library sealed
    pair = hpke.kem.derive_key_pair(b"\x03" * 32)
    enc, ciphertext = hpke.seal(pair.public, b"info", b"text")
    ids = (hpke.kem.kem_id, {"sha256": 1, "sha384": 2, "sha512": 3}[hpke.kdf_hash], hpke.aead.hpke_id)
    suite_id, name = b"HPKE" + b"".join(number.to_bytes(2) for number in ids), hpke.kdf_hash
    schedule = b"\x00" + hkdf.labeled_extract(name, suite_id, b"", b"psk_id_hash", b"")
    schedule += hkdf.labeled_extract(name, suite_id, b"", b"info_hash", b"info")
    secret = hkdf.labeled_extract(name, suite_id, hpke.kem.decap(pair.private, enc), b"secret", b"")
    key = hkdf.labeled_expand(name, suite_id, secret, b"key", schedule, hpke.aead.key_length)
    nonce = hkdf.labeled_expand(name, suite_id, secret, b"base_nonce", schedule, hpke.aead.nonce_length)
    assert hpke.aead.open(key, nonce, ciphertext, b"") == b"text"


@given(st.sampled_from(list(ROWS.values())), st.binary(max_size=60), st.binary(max_size=20), st.data())
def test_a_sealed_text_opens_only_unchanged(hpke: Hpke, plaintext: bytes, info: bytes, data: st.DataObject) -> None:
    pair, other = hpke.kem.derive_key_pair(b"\x01" * 32), hpke.kem.derive_key_pair(b"\x02" * 32)
    length = hpke.kem.enc_length
    enc, ciphertext = hpke.seal(pair.public, info, plaintext)
    assert (len(enc), len(ciphertext)) == (length, len(plaintext) + hpke.aead.tag_length)
    assert hpke.open(pair.private, enc, info, ciphertext) == plaintext
    changed = bytearray(enc + ciphertext)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    attempts = [
        (pair.private, bytes(changed[:length]), info, bytes(changed[length:])),
        (pair.private, enc, info + b"\x00", ciphertext),
        (other.private, enc, info, ciphertext),
        (pair.private, enc, info, ciphertext[:-1]),
        (pair.private, enc, info, ciphertext + b"\x00"),
        (pair.private, enc, info, b""),
        (pair.private, enc[:-1], info, ciphertext),
        (pair.private, enc + ciphertext[:1], info, ciphertext[1:]),
        (pair.private, b"", info, enc + ciphertext),
        (pair.private, enc[:-32] + bytes(32), info, ciphertext),
    ]
    for attempt in attempts:
        with pytest.raises(OpenError):
            hpke.open(*attempt)


def test_encapsulation_gives_the_published_shared_secret() -> None:
    shared, enc = KEM.encap(PUBLIC_R, lambda size: SEED_E[:size])
    assert enc == PUBLIC_E
    assert shared == unhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
    assert KEM.decap(PRIVATE_R, enc) == shared


@rows
def test_keys_that_hide_nothing_are_refused(hpke: Hpke) -> None:
    pair = hpke.kem.derive_key_pair(b"\x01" * 32)
    for point in (b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xff" * 32):
        public = pair.public[:-32] + point
        with pytest.raises(BadKeyError):
            hpke.seal(public, b"", b"secret")
        with pytest.raises(BadKeyError):
            hpke.send_export(public, b"", b"", 32, counting(1))
        with pytest.raises(OpenError):
            hpke.receive_export(pair.private, bytes(hpke.kem.enc_length - 32) + point, b"", b"", 32)


@rows
def test_private_keys_of_another_size_are_refused(hpke: Hpke) -> None:
    enc, ciphertext = hpke.seal(hpke.kem.derive_key_pair(b"\x01" * 32).public, b"", b"")
    for size in (0, 31, 33):
        with pytest.raises(BadKeyError):
            hpke.open(bytes(size), enc, b"", ciphertext)
