"""The key schedule: every secret of every official epoch, the exporter, and external init both ways."""

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import DecryptionError, UsageError, ValidationError
from taboon_crypto.mls.keys import schedule
from taboon_crypto.mls.keys.schedule import EpochSecrets, GroupContext

from .vectors import Case, each, unhex

SUITE = CipherSuite.of(0x0003)


@each("key-schedule")
def test_every_epoch_has_the_official_secrets(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    init_secret = unhex(case["initial_init_secret"])
    for number, epoch in enumerate(case["epochs"]):
        tree_hash, transcript = unhex(epoch["tree_hash"]), unhex(epoch["confirmed_transcript_hash"])
        context = GroupContext(1, suite.suite_id, unhex(case["group_id"]), number, tree_hash, transcript).encode()
        assert context == unhex(epoch["group_context"])
        joiner = schedule.joiner_secret(suite, init_secret, unhex(epoch["commit_secret"]), context)
        assert joiner == unhex(epoch["joiner_secret"])
        psk_secret = unhex(epoch["psk_secret"])
        assert schedule.welcome_secret(suite, joiner, psk_secret) == unhex(epoch["welcome_secret"])
        secrets, encryption_secret = schedule.epoch_secrets(suite, joiner, psk_secret, context)
        assert encryption_secret == unhex(epoch["encryption_secret"])
        for name in EpochSecrets.__slots__:
            assert getattr(secrets, name) == unhex(epoch[name]), name
        assert schedule.external_key_pair(suite, secrets.external_secret).public == unhex(epoch["external_pub"])
        part = epoch["exporter"]
        label, context_, length = part["label"].encode(), unhex(part["context"]), part["length"]
        assert schedule.exported(suite, secrets.exporter_secret, label, context_, length) == unhex(part["secret"])
        init_secret = secrets.init_secret


def test_the_secrets_of_an_epoch_survive_saving_and_do_not_print() -> None:
    secrets, _ = schedule.founding_secrets(SUITE, b"\x05" * 32)
    again = EpochSecrets.decode(secrets.encode())
    assert again == secrets
    assert secrets.init_secret.hex() not in repr(secrets)
    assert repr(bytes(secrets.init_secret))[2:-1] not in repr(secrets)


def test_both_sides_of_an_external_init_derive_one_init_secret() -> None:
    secrets, _ = schedule.founding_secrets(SUITE, b"\x05" * 32)
    public = schedule.external_key_pair(SUITE, secrets.external_secret).public
    kem_output, init_secret = schedule.send_external_init(SUITE, public, lambda size: b"\x07" * size)
    assert schedule.receive_external_init(SUITE, secrets.external_secret, kem_output) == init_secret


@pytest.mark.parametrize("kem_output", [b"", bytes(31), bytes(32), b"\x01" + bytes(31)])
def test_an_external_init_with_a_bad_encapsulation_is_refused(kem_output: bytes) -> None:
    with pytest.raises(DecryptionError):
        schedule.receive_external_init(SUITE, bytes(32), kem_output)


def test_nobody_encapsulates_to_a_point_of_small_order() -> None:
    with pytest.raises(ValidationError) as caught:
        schedule.send_external_init(SUITE, bytes(32), lambda size: b"\x07" * size)
    assert caught.value.rule == "hpke_key"


@pytest.mark.parametrize("length", [-1, 255 * 32 + 1])
def test_an_export_of_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(UsageError):
        schedule.exported(SUITE, bytes(32), b"label", b"", length)
