"""Cipher suites: labelled functions against the official vectors, and keys nobody should use."""

import pytest

from taboon_crypto.mls.ciphersuite import SUITES, CipherSuite, HPKECiphertext, SigningKey
from taboon_crypto.mls.errors import DecryptionError, UnsupportedError, UsageError, ValidationError

from .grove import stream
from .vectors import Case, each, unhex

SUITE = CipherSuite.of(0x0003)
suites = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: f"{suite.suite_id:04x}")


@each("crypto-basics")
def test_labelled_functions_give_the_official_results(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    part = case["ref_hash"]
    assert suite.ref_hash(part["label"].encode(), unhex(part["value"])) == unhex(part["out"])
    part = case["expand_with_label"]
    secret, label, context = unhex(part["secret"]), part["label"].encode(), unhex(part["context"])
    assert suite.expand_with_label(secret, label, context, part["length"]) == unhex(part["out"])
    part = case["derive_secret"]
    assert suite.derive_secret(unhex(part["secret"]), part["label"].encode()) == unhex(part["out"])
    part = case["derive_tree_secret"]
    secret, label = unhex(part["secret"]), part["label"].encode()
    assert suite.derive_tree_secret(secret, label, part["generation"], part["length"]) == unhex(part["out"])
    part = case["sign_with_label"]
    key, label, content = SigningKey(unhex(part["priv"])), part["label"].encode(), unhex(part["content"])
    assert key.public == unhex(part["pub"])
    assert suite.verify_with_label(key.public, label, content, unhex(part["signature"]))
    assert suite.sign_with_label(key, label, content) == unhex(part["signature"])
    part = case["encrypt_with_label"]
    private, public, label = unhex(part["priv"]), unhex(part["pub"]), part["label"].encode()
    context, plaintext = unhex(part["context"]), unhex(part["plaintext"])
    official = HPKECiphertext(unhex(part["kem_output"]), unhex(part["ciphertext"]))
    assert suite.public_of(private) == public
    assert suite.decrypt_with_label(private, label, context, official) == plaintext
    ours = suite.encrypt_with_label(public, label, context, plaintext)
    assert suite.decrypt_with_label(private, label, context, ours) == plaintext


def test_a_suite_that_is_not_in_the_table_is_not_supported() -> None:
    for suite_id in (0x0000, 0x0002, 0x0007, 0x0A0A, 0xFFFF):
        with pytest.raises(UnsupportedError):
            CipherSuite.of(suite_id)


@suites
def test_a_signature_counts_only_for_its_label_content_and_key(suite: CipherSuite) -> None:
    key, other = SigningKey.generate(stream(1)), SigningKey.generate(stream(2))
    signature = suite.sign_with_label(key, b"Label", b"content")
    assert suite.verify_with_label(key.public, b"Label", b"content", signature)
    assert not suite.verify_with_label(other.public, b"Label", b"content", signature)
    assert not suite.verify_with_label(key.public, b"Labe", b"lcontent", signature)
    assert not suite.verify_with_label(key.public, b"Label", b"contents", signature)
    for wrong in (b"", signature[:-1], signature + b"\x00", bytes(64)):
        assert not suite.verify_with_label(key.public, b"Label", b"content", wrong)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_signing_keys_of_small_order_are_refused(public: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        SUITE.check_signature_key(public)
    assert caught.value.rule == "signature_key"
    assert not SUITE.verify_with_label(public, b"Label", b"content", public + bytes(32))


@suites
def test_encryption_opens_only_with_its_key_label_and_context(suite: CipherSuite) -> None:
    pair, other = suite.generate_key_pair(stream(3)), suite.generate_key_pair(stream(4))
    sealed = suite.encrypt_with_label(pair.public, b"Label", b"context", b"secret")
    assert suite.decrypt_with_label(pair.private, b"Label", b"context", sealed) == b"secret"
    attempts = [
        (other.private, b"Label", b"context", sealed),
        (pair.private, b"Other", b"context", sealed),
        (pair.private, b"Label", b"other", sealed),
        (pair.private, b"Label", b"context", HPKECiphertext(sealed.kem_output, sealed.ciphertext[:-1])),
        (pair.private, b"Label", b"context", HPKECiphertext(sealed.kem_output, b"")),
        (pair.private, b"Label", b"context", HPKECiphertext(sealed.kem_output[1:], sealed.ciphertext)),
        (pair.private, b"Label", b"context", HPKECiphertext(bytes(32), sealed.ciphertext)),
        (b"short", b"Label", b"context", sealed),
    ]
    for attempt in attempts:
        with pytest.raises(DecryptionError):
            suite.decrypt_with_label(*attempt)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
def test_nobody_encrypts_to_a_key_that_hides_nothing(public: bytes) -> None:
    for attempt in (
        lambda: SUITE.check_hpke_key(public),
        lambda: SUITE.encrypt_with_label(public, b"", b"", b"secret"),
    ):
        with pytest.raises(ValidationError) as caught:
            attempt()
        assert caught.value.rule == "hpke_key"


@suites
def test_key_pairs_belong_together_and_follow_from_their_secret(suite: CipherSuite) -> None:
    pair = suite.derive_key_pair(b"\x01" * suite.hash_length)
    assert pair == suite.derive_key_pair(b"\x01" * suite.hash_length)
    assert suite.public_of(pair.private) == pair.public
    suite.check_hpke_key(pair.public)
    assert pair != suite.generate_key_pair(stream(5))
    with pytest.raises(UsageError):
        suite.public_of(b"short")


@suites
def test_messages_open_only_unchanged(suite: CipherSuite) -> None:
    key, nonce = bytes(suite.aead.key_length), bytes(suite.aead.nonce_length)
    sealed = suite.seal(key, nonce, b"text", b"data")
    assert suite.open(key, nonce, sealed, b"data") == b"text"
    for wrong, data in ((sealed[:-1], b"data"), (sealed, b"date"), (b"", b"data"), (sealed + b"\x00", b"data")):
        with pytest.raises(DecryptionError):
            suite.open(key, nonce, wrong, data)


@suites
def test_a_mac_is_for_its_key_and_data(suite: CipherSuite) -> None:
    tag = suite.mac(b"key", b"data")
    assert len(tag) == suite.hash_length
    assert suite.verify_mac(b"key", b"data", tag)
    for key, data, wrong in (
        (b"kez", b"data", tag),
        (b"key", b"date", tag),
        (b"key", b"data", tag[:-1]),
        (b"key", b"data", b""),
    ):
        assert not suite.verify_mac(key, data, wrong)


def test_more_bytes_than_the_kdf_gives_are_refused() -> None:
    assert len(SUITE.expand_with_label(bytes(32), b"label", b"", 255 * 32)) == 255 * 32
    for length in (-1, 255 * 32 + 1):
        with pytest.raises(UsageError):
            SUITE.expand_with_label(bytes(32), b"label", b"", length)


def test_a_signing_key_is_made_from_its_seed_and_does_not_print_it() -> None:
    key = SigningKey.generate(stream(6))
    assert SigningKey(key.seed).public == key.public
    assert key.seed.hex() not in repr(key)
    for wrong in (b"", bytes(31), bytes(33), bytes(64)):
        with pytest.raises(UsageError):
            SigningKey(wrong)


@suites
def test_the_secrets_of_a_suite_have_its_lengths(suite: CipherSuite) -> None:
    assert suite.zero == bytes(suite.hash_length)
    assert len(suite.hash(b"")) == suite.hash_length
    assert len(suite.derive_secret(suite.zero, b"label")) == suite.hash_length
    assert len(suite.extract(b"", b"")) == suite.hash_length
