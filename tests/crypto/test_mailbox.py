from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from taboon_crypto.errors import KeyMissingError
from taboon_crypto.mailbox import MailboxKeys, RetentionClass, mailbox_id, rendezvous_blob_key
from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_verify

SECRET = bytes(range(32))
MONTH = RetentionClass.MONTH


def hkdf_expand_32(key: bytes, info: bytes) -> bytes:
    """RFC 5869 for exactly one block, written out once more."""
    return hmac.digest(key, info + b"\x01", "sha256")


def test_the_keys_of_an_epoch_are_those_of_the_protocol() -> None:
    keys = MailboxKeys.of_epoch(SECRET, MONTH)
    assert keys.read_seed == hkdf_expand_32(SECRET, b"taboon mailbox read v1")
    assert keys.append_seed == hkdf_expand_32(SECRET, b"taboon mailbox append v1")
    assert keys.read_public == ed25519_expand_seed(keys.read_seed)[0]
    assert keys.append_public == ed25519_expand_seed(keys.append_seed)[0]


def test_the_keys_of_a_rendezvous_are_those_of_the_protocol_and_share_nothing_with_an_epoch() -> None:
    keys = MailboxKeys.of_rendezvous(SECRET, MONTH)
    assert keys.read_seed == hkdf_expand_32(SECRET, b"taboon rendezvous read v1")
    assert keys.append_seed == hkdf_expand_32(SECRET, b"taboon rendezvous append v1")
    assert rendezvous_blob_key(SECRET) == hkdf_expand_32(SECRET, b"taboon rendezvous blob v1")
    assert keys.mailbox_id != MailboxKeys.of_epoch(SECRET, MONTH).mailbox_id


def test_the_id_is_the_hash_of_class_and_keys() -> None:
    expected = sha256(b"taboon mailbox v1\x02" + sha256(b"r" * 32).digest() + sha256(b"a" * 32).digest()).digest()
    assert mailbox_id(MONTH, b"r" * 32, b"a" * 32) == expected


def test_another_class_or_exchanged_keys_are_another_mailbox() -> None:
    keys = MailboxKeys.of_epoch(SECRET, MONTH)
    ids = {mailbox_id(one, keys.read_public, keys.append_public) for one in RetentionClass}
    ids.add(mailbox_id(MONTH, keys.append_public, keys.read_public))
    assert len(ids) == 5


def test_each_key_signs_for_itself() -> None:
    keys = MailboxKeys.of_epoch(SECRET, MONTH)
    assert ed25519_verify(keys.read_public, b"request", keys.sign_read(b"request"))
    assert ed25519_verify(keys.append_public, b"request", keys.sign_append(b"request"))
    assert not ed25519_verify(keys.append_public, b"request", keys.sign_read(b"request"))


def test_readers_and_the_one_appender_of_an_own_mailbox_mean_the_same_mailbox() -> None:
    both = MailboxKeys.of_epoch(SECRET, MONTH)
    assert both.read_seed is not None
    assert both.append_seed is not None
    reader = MailboxKeys.to_read(both.read_seed, both.append_public, MONTH)
    appender = MailboxKeys.to_append(both.read_public, both.append_seed, MONTH)
    assert reader.mailbox_id == appender.mailbox_id == both.mailbox_id
    assert reader.sign_read(b"x") == both.sign_read(b"x")
    assert appender.sign_append(b"x") == both.sign_append(b"x")
    with pytest.raises(KeyMissingError):
        reader.sign_append(b"x")
    with pytest.raises(KeyMissingError):
        appender.sign_read(b"x")


def test_keys_saved_as_seeds_come_back() -> None:
    keys = MailboxKeys.of_epoch(SECRET, MONTH)
    assert keys.read_seed is not None
    assert keys.append_seed is not None
    assert MailboxKeys.of_seeds(bytes(keys.read_seed), bytes(keys.append_seed), MONTH) == keys


def test_a_seed_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(BadKeyError):
        MailboxKeys.of_seeds(b"short", bytes(32), MONTH)


def test_seeds_do_not_show_in_repr() -> None:
    keys = MailboxKeys.of_epoch(SECRET, MONTH)
    assert keys.read_seed is not None
    assert keys.append_seed is not None
    for seed in (keys.read_seed, keys.append_seed):
        assert bytes(seed).hex() not in repr(keys)
        assert repr(bytes(seed)) not in repr(keys)


def test_the_classes_are_those_of_the_protocol() -> None:
    assert [(int(one), one.days) for one in RetentionClass] == [(0, 1), (1, 7), (2, 30), (3, 120)]
