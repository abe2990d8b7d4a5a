"""HPKE: the values of RFC 9180, appendix A.1.1, for what is written by hand; single shots by their behaviour."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.primitives.aead import AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.hpke import Hpke, KemX25519

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

KEM = KemX25519()
HPKE = Hpke(KEM, "sha256", AES_128_GCM)
ROWS = [HPKE, Hpke(KEM, "sha256", CHACHA20_POLY1305), Hpke(KEM, "sha384", AES_256_GCM)]
PAIR = KEM.derive_key_pair(b"\x01" * 32)


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


@pytest.mark.parametrize("hpke", ROWS, ids=["AES-128", "ChaCha", "SHA-384"])
def test_an_export_depends_on_all_that_went_into_it(hpke: Hpke) -> None:
    def random(size: int) -> bytes:
        return b"\x05" * size

    enc, secret = hpke.send_export(PAIR.public, b"info", b"context", 48, random)
    assert hpke.receive_export(PAIR.private, enc, b"info", b"context", 48) == secret
    others = {
        bytes(hpke.receive_export(PAIR.private, enc, b"other", b"context", 48)),
        bytes(hpke.receive_export(PAIR.private, enc, b"info", b"other", 48)),
        bytes(hpke.receive_export(PRIVATE_R, enc, b"info", b"context", 48)),
        bytes(hpke.receive_export(PAIR.private, PUBLIC_E, b"info", b"context", 48)),
    }
    assert len(others | {bytes(secret)}) == 5


@given(st.sampled_from(ROWS), st.binary(max_size=60), st.binary(max_size=20), st.data())
def test_a_sealed_text_opens_only_unchanged(hpke: Hpke, plaintext: bytes, info: bytes, data: st.DataObject) -> None:
    enc, ciphertext = hpke.seal(PAIR.public, info, plaintext)
    assert (len(enc), len(ciphertext)) == (32, len(plaintext) + 16)
    assert hpke.open(PAIR.private, enc, info, ciphertext) == plaintext
    changed = bytearray(enc + ciphertext)
    position = data.draw(st.integers(0, len(changed) - 1))
    changed[position] ^= data.draw(st.integers(1, 255) if position != 31 else st.integers(1, 127))
    attempts = [
        (PAIR.private, bytes(changed[:32]), info, bytes(changed[32:])),
        (PAIR.private, enc, info + b"\x00", ciphertext),
        (PRIVATE_R, enc, info, ciphertext),
        (PAIR.private, enc, info, ciphertext[:-1]),
        (PAIR.private, enc, info, b""),
        (PAIR.private, enc[:-1], info, ciphertext),
        (PAIR.private, enc + ciphertext[:1], info, ciphertext[1:]),
        (PAIR.private, b"", info, enc + ciphertext),
        (PAIR.private, bytes(32), info, ciphertext),
    ]
    for attempt in attempts:
        with pytest.raises(OpenError):
            hpke.open(*attempt)


def test_encapsulation_gives_the_published_shared_secret() -> None:
    shared, enc = KEM.encap(PUBLIC_R, lambda size: SEED_E[:size])
    assert enc == PUBLIC_E
    assert shared == unhex("fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc")
    assert KEM.decap(PRIVATE_R, enc) == shared


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_keys_that_hide_nothing_are_refused(public: bytes) -> None:
    with pytest.raises(BadKeyError):
        HPKE.seal(public, b"", b"secret")
    with pytest.raises(BadKeyError):
        HPKE.send_export(public, b"", b"", 32, lambda size: bytes(size))
    with pytest.raises(OpenError):
        HPKE.receive_export(PAIR.private, public, b"", b"", 32)


def test_private_keys_and_seeds_of_another_size_are_refused() -> None:
    for size in (0, 31, 33):
        with pytest.raises(BadKeyError):
            HPKE.open(bytes(size), PUBLIC_E, b"", bytes(16))
    for size in (0, 31):
        with pytest.raises(BadKeyError):
            KEM.derive_key_pair(bytes(size))
    assert KEM.derive_key_pair(hashlib.sha384(b"longer seeds are fine").digest()).public
