"""messages/welcome: opening a Welcome and its GroupInfo, by the official vectors."""

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import DecryptionError, SignatureError, ValidationError
from taboon_crypto.mls.keys.schedule import epoch_secrets, welcome_secret
from taboon_crypto.mls.keys.transcript import check_confirmation_tag
from taboon_crypto.mls.messages.envelope import open_as
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.messages.welcome import Welcome, open_group_info

from .vectors import Case, cases, each, unhex


@each("welcome")
def test_official_welcomes_open_and_confirm_their_epoch(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    key_package = open_as(KeyPackage, unhex(case["key_package"]))
    welcome = open_as(Welcome, unhex(case["welcome"]))
    secrets = welcome.open_secrets(suite, key_package.ref(), unhex(case["init_priv"]))
    assert secrets.psks == ()
    secret = welcome_secret(suite, secrets.joiner_secret, suite.zero)
    group_info = open_group_info(suite, secret, welcome.encrypted_group_info)
    group_info.check_signature(suite, unhex(case["signer_pub"]))
    context = group_info.group_context
    epoch, _ = epoch_secrets(suite, secrets.joiner_secret, suite.zero, context.encode())
    check_confirmation_tag(
        suite, epoch.confirmation_key, context.confirmed_transcript_hash, group_info.confirmation_tag
    )


def test_a_welcome_for_others_is_refused() -> None:
    case = cases("welcome")[0]
    suite = CipherSuite.of(case["cipher_suite"])
    welcome = open_as(Welcome, unhex(case["welcome"]))
    with pytest.raises(ValidationError) as caught:
        welcome.open_secrets(suite, bytes(32), unhex(case["init_priv"]))
    assert caught.value.rule == "welcome.new_member"


def test_a_welcome_of_another_suite_is_refused() -> None:
    case = cases("welcome")[0]
    key_package = open_as(KeyPackage, unhex(case["key_package"]))
    welcome = open_as(Welcome, unhex(case["welcome"]))
    with pytest.raises(ValidationError) as caught:
        welcome.open_secrets(CipherSuite.of(3), key_package.ref(), unhex(case["init_priv"]))
    assert caught.value.rule == "welcome.cipher_suite"


def test_a_welcome_opens_with_no_other_key() -> None:
    case = cases("welcome")[0]
    suite = CipherSuite.of(case["cipher_suite"])
    key_package = open_as(KeyPackage, unhex(case["key_package"]))
    welcome = open_as(Welcome, unhex(case["welcome"]))
    with pytest.raises(DecryptionError):
        welcome.open_secrets(suite, key_package.ref(), bytes(range(32)))


def test_a_group_info_needs_the_welcome_secret_and_the_signers_key() -> None:
    case = cases("welcome")[0]
    suite = CipherSuite.of(case["cipher_suite"])
    key_package = open_as(KeyPackage, unhex(case["key_package"]))
    welcome = open_as(Welcome, unhex(case["welcome"]))
    secrets = welcome.open_secrets(suite, key_package.ref(), unhex(case["init_priv"]))
    with pytest.raises(DecryptionError):
        open_group_info(suite, suite.zero, welcome.encrypted_group_info)
    secret = welcome_secret(suite, secrets.joiner_secret, suite.zero)
    group_info = open_group_info(suite, secret, welcome.encrypted_group_info)
    with pytest.raises(SignatureError) as caught:
        group_info.check_signature(suite, key_package.leaf_node.signature_key)
    assert caught.value.rule == "group_info.signature"
