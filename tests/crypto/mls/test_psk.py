"""Pre-shared keys: the official vectors, and the rules of the nonce."""

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.keys.psk import ExternalPsk, PreSharedKeyID, ResumptionPsk, ResumptionUsage, psk_secret

from .vectors import Case, each, unhex

SUITE = CipherSuite.of(0x0003)


@each("psk_secret")
def test_the_keys_fold_into_the_official_secret(case: Case) -> None:
    psks = [
        (PreSharedKeyID(ExternalPsk(unhex(psk["psk_id"])), unhex(psk["psk_nonce"])), unhex(psk["psk"]))
        for psk in case["psks"]
    ]
    assert psk_secret(CipherSuite.of(case["cipher_suite"]), psks) == unhex(case["psk_secret"])


def test_order_and_nonce_matter() -> None:
    one = PreSharedKeyID(ExternalPsk(b"one"), bytes(32))
    two = PreSharedKeyID(ResumptionPsk(ResumptionUsage.APPLICATION, b"group", 7), bytes(32))
    forwards = psk_secret(SUITE, [(one, b"a"), (two, b"b")])
    assert forwards != psk_secret(SUITE, [(two, b"b"), (one, b"a")])
    again = PreSharedKeyID(ExternalPsk(b"one"), b"\x01" * 32)
    assert forwards != psk_secret(SUITE, [(again, b"a"), (two, b"b")])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_nonce_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValidationError) as caught:
        PreSharedKeyID(ExternalPsk(b"one"), bytes(length)).check_nonce(SUITE)
    assert caught.value.rule == "psk.nonce_length"


def test_a_fresh_identifier_has_a_nonce_of_the_right_length() -> None:
    PreSharedKeyID.fresh(SUITE, ExternalPsk(b"one"), lambda size: bytes(size)).check_nonce(SUITE)


def test_more_keys_than_can_be_counted_are_refused() -> None:
    with pytest.raises(UsageError):
        psk_secret(SUITE, [(PreSharedKeyID(ExternalPsk(b""), b""), b"")] * 65536)
