"""messages/key_package: every rule of section 10.1 that needs no group, broken once."""

from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.tree.leaf_node import FromUpdate
from taboon_crypto.primitives.secret import Secret

from .kit import DAY, LEAF, NOW, POLICY, SUITE, Dice, forge_package, package, profile

LOW_ORDER = bytes(32)
IDENTITY_POINT = b"\x01" + bytes(31)


def test_a_key_package_verifies_and_survives_encoding(dice: Dice) -> None:
    key_package, secrets = package(dice)
    assert key_package.verify(now=NOW) is key_package
    again = mls.KeyPackage.decode(key_package.encode())
    assert again == key_package
    assert again.ref() == key_package.ref()
    assert mls.KeyPackageSecrets.decode(secrets.encode()) == secrets
    again.check_secrets(secrets)


def test_two_key_packages_share_no_key(dice: Dice) -> None:
    member = profile(dice)
    one, two = (package(dice, member)[0] for _ in range(2))
    keys = {one.init_key, two.init_key, one.leaf_node.encryption_key, two.leaf_node.encryption_key}
    assert len(keys) == 4
    assert one.ref() != two.ref()


def test_the_suite_may_be_named_by_its_code_point(dice: Dice) -> None:
    member = profile(dice)
    made, _ = mls.KeyPackage.generate(mls.CipherSuite.DEFAULT, member, now=NOW, lifetime=DAY, random=dice)
    assert made.cipher_suite == SUITE
    with pytest.raises(mls.UnsupportedError):
        mls.KeyPackage.generate(0x0002, member, now=NOW, lifetime=DAY, random=dice)


def test_a_key_package_lists_values_to_be_ignored(dice: Dice) -> None:
    capabilities = package(dice)[0].leaf_node.capabilities
    for values in (
        capabilities.cipher_suites,
        capabilities.extensions,
        capabilities.proposals,
        capabilities.credentials,
    ):
        assert any(value & 0x0F0F == 0x0A0A for value in values)


def test_capabilities_default_to_what_the_leaf_uses(dice: Dice) -> None:
    member = replace(profile(dice), capabilities=None)
    assert member.supported() == mls.Capabilities.of(extensions=(LEAF,))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("key_package.init_key", {"init_key": "leaf"}),
        ("hpke_key", {"init_key": LOW_ORDER}),
        ("hpke_key", {"init_key": b"short"}),
        ("key_package.extensions_listed", {"extensions": (mls.Extension(0xF777, b""),)}),
        ("extensions.unique", {"extensions": (mls.Extension(POLICY, b"1"), mls.Extension(POLICY, b"2"))}),
        ("leaf_node.source", {"leaf": {"source": FromUpdate()}}),
        ("leaf_node.suite_listed", {"leaf": {"capabilities": mls.Capabilities((1,), (2,), (POLICY, LEAF))}}),
        ("leaf_node.version_listed", {"leaf": {"capabilities": mls.Capabilities((2,), (3,), (POLICY, LEAF))}}),
        ("leaf_node.credential_listed", {"leaf": {"credential": mls.X509Credential(())}}),
        ("leaf_node.extensions_listed", {"leaf": {"extensions": (mls.Extension(0xF777, b""),)}}),
        ("extensions.unique", {"leaf": {"extensions": (mls.Extension(LEAF, b"1"), mls.Extension(LEAF, b"2"))}}),
        ("hpke_key", {"leaf": {"encryption_key": LOW_ORDER}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_package_that_breaks_a_rule_is_refused(dice: Dice, rule: str, changes: dict[str, Any]) -> None:
    member = profile(dice)
    key_package, _ = package(dice, member)
    if changes.get("init_key") == "leaf":
        changes = {"init_key": key_package.leaf_node.encryption_key}
    forged = forge_package(key_package, member.signing_key, **changes)
    with pytest.raises(mls.ValidationError) as caught:
        mls.KeyPackage.decode(forged.encode()).verify()
    assert caught.value.rule == rule


def test_a_changed_key_package_does_not_verify(dice: Dice) -> None:
    key_package, _ = package(dice)
    other, _ = package(dice)
    for rule, forged in (
        ("key_package.signature", replace(key_package, init_key=other.init_key)),
        ("key_package.signature", replace(key_package, signature=other.signature)),
        ("key_package.signature", replace(key_package, signature=b"")),
        ("key_package.signature", replace(key_package, leaf_node=other.leaf_node)),
        (
            "key_package.signature",
            replace(key_package, leaf_node=replace(key_package.leaf_node, encryption_key=other.init_key)),
        ),
        (
            "signature_key",
            replace(key_package, leaf_node=replace(key_package.leaf_node, signature_key=IDENTITY_POINT)),
        ),
    ):
        with pytest.raises(mls.ValidationError) as caught:
            mls.KeyPackage.decode(forged.encode()).verify()
        assert caught.value.rule == rule


def test_lifetimes_are_looked_at_with_a_clock_only(dice: Dice) -> None:
    key_package, _ = package(dice)
    key_package.verify()
    for now in (NOW - 2 * DAY, NOW + DAY + 1):
        with pytest.raises(mls.ValidationError) as caught:
            key_package.verify(now=now)
        assert caught.value.rule == "leaf_node.lifetime"
    with pytest.raises(mls.ValidationError) as caught:
        key_package.verify(now=NOW, longest=DAY)
    assert caught.value.rule == "leaf_node.lifetime_too_long"
    key_package.verify(now=NOW, longest=None)


def test_another_version_or_suite_is_not_supported(dice: Dice) -> None:
    member = profile(dice)
    key_package, _ = package(dice, member)
    for forged in (
        forge_package(key_package, member.signing_key, version=2),
        forge_package(key_package, member.signing_key, cipher_suite=2),
    ):
        with pytest.raises(mls.UnsupportedError):
            forged.verify()


def test_secrets_of_another_key_package_are_refused(dice: Dice) -> None:
    key_package, secrets = package(dice)
    _, other = package(dice)
    for name in ("init_private", "encryption_private", "signing_seed"):
        with pytest.raises(mls.UsageError):
            key_package.check_secrets(replace(secrets, **{name: getattr(other, name)}))
        with pytest.raises(mls.UsageError):
            key_package.check_secrets(replace(secrets, **{name: Secret(b"short")}))


def test_a_key_package_that_nobody_would_take_is_not_made(dice: Dice) -> None:
    for rule, member in (
        ("leaf_node.extensions_listed", profile(dice, capabilities=mls.Capabilities.of(extensions=(POLICY,)))),
        ("leaf_node.suite_listed", profile(dice, capabilities=mls.Capabilities((1,), (1,), (POLICY, LEAF)))),
        ("leaf_node.credential_listed", profile(dice, credential=mls.X509Credential(()))),
    ):
        with pytest.raises(mls.ValidationError) as caught:
            package(dice, member)
        assert caught.value.rule == rule
