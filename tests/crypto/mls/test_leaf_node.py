"""Leaf nodes: signed in their place, and every check of section 7.3 that concerns one leaf, broken once."""

from dataclasses import replace

import pytest

from taboon_crypto.mls.ciphersuite import SUITES, CipherSuite, SigningKey
from taboon_crypto.mls.credential import X509, BasicCredential, X509Credential
from taboon_crypto.mls.errors import DecodeError, SignatureError, UsageError, ValidationError
from taboon_crypto.mls.extension import APPLICATION_ID, GREASE, Extension, RequiredCapabilities
from taboon_crypto.mls.tree.leaf_node import (
    MLS10,
    Capabilities,
    FromUpdate,
    LeafNode,
    LeafNodeSource,
    Lifetime,
    ParentHash,
)

from .grove import stream

SUITE = CipherSuite.of(0x0003)
KEY = SigningKey.generate(stream("leaf"))
PAIR = SUITE.generate_key_pair(stream("pair"))
SOURCES: list[LeafNodeSource] = [Lifetime(1_000, 2_000), FromUpdate(), ParentHash(b"\x05" * 32)]


def made(
    source: LeafNodeSource = SOURCES[0],
    *,
    extensions: tuple[Extension, ...] = (),
    capabilities: Capabilities | None = None,
    suite: CipherSuite = SUITE,
) -> LeafNode:
    placed = not isinstance(source, Lifetime)
    return LeafNode.create(
        suite,
        KEY,
        encryption_key=suite.generate_key_pair(stream("pair")).public,
        credential=BasicCredential(b"somebody"),
        capabilities=capabilities or Capabilities.of(extensions=tuple(entry.extension_type for entry in extensions)),
        source=source,
        extensions=extensions,
        group_id=b"group" if placed else None,
        leaf=3 if placed else None,
    )


def refused(rule: str) -> "pytest.RaisesExc[ValidationError]":
    return pytest.raises(ValidationError, match=rf"\[{rule}\]$")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: f"{suite.suite_id:04x}")
def test_a_leaf_verifies_where_it_was_signed_and_after_travelling(suite: CipherSuite, source: LeafNodeSource) -> None:
    leaf = made(source, extensions=(Extension(0xF7B1, b"data"),), suite=suite)
    for node in (leaf, LeafNode.decode(leaf.encode())):
        node.check_signature(suite, b"group", 3)
        node.check_keys(suite)
        node.check_suite(suite)
        node.check_credential()
        node.check_extensions()
        node.check_source(type(source))
        node.check_lifetime(1_500)


@pytest.mark.parametrize("source", SOURCES[1:])
def test_a_leaf_of_a_group_belongs_to_its_group_and_place(source: LeafNodeSource) -> None:
    leaf = made(source)
    for group_id, index in ((b"other", 3), (b"group", 4), (b"", 3)):
        with pytest.raises(SignatureError):
            leaf.check_signature(SUITE, group_id, index)
    for partly in ((None, None), (b"group", None), (None, 3)):
        with refused("leaf_node.source"):
            leaf.check_signature(SUITE, *partly)


@pytest.mark.parametrize("source", SOURCES[1:])
def test_a_leaf_of_a_group_is_not_made_without_group_and_place(source: LeafNodeSource) -> None:
    for group_id, index in ((None, None), (b"group", None), (None, 3)):
        with pytest.raises(UsageError):
            LeafNode.create(
                SUITE,
                KEY,
                encryption_key=PAIR.public,
                credential=BasicCredential(b""),
                capabilities=Capabilities.of(),
                source=source,
                group_id=group_id,
                leaf=index,
            )


def test_a_leaf_of_a_key_package_belongs_to_no_group_yet() -> None:
    made().check_signature(SUITE)
    made().check_signature(SUITE, b"any", 9)


@pytest.mark.parametrize("source", SOURCES)
def test_a_change_of_any_field_breaks_the_signature(source: LeafNodeSource) -> None:
    leaf = made(source, extensions=(Extension(0xF7B1, b"data"),))
    other = SigningKey.generate(stream("other"))
    changes = [
        {"encryption_key": SUITE.generate_key_pair(stream("x")).public},
        {"signature_key": other.public},
        {"credential": BasicCredential(b"somebody else")},
        {"capabilities": Capabilities.of()},
        {"source": ParentHash(b"")},
        {"source": Lifetime(1_000, 2_001)},
        {"extensions": ()},
        {"signature": bytes(64)},
        {"signature": leaf.signature[:-1]},
        {"signature": b""},
        {"signature_key": b"\x01" + bytes(31)},
        {"signature_key": b""},
    ]
    for change in changes:
        with refused("leaf_node.signature"):
            replace(leaf, **change).check_signature(SUITE, b"group", 3)  # type: ignore[arg-type]  # each names a field


def test_every_changed_byte_of_an_encoded_leaf_is_noticed() -> None:
    encoding = made(SOURCES[2], extensions=(Extension(0xF7B1, b"data"),)).encode()
    for position in range(len(encoding)):
        bent = bytearray(encoding)
        bent[position] ^= 1
        with pytest.raises((DecodeError, SignatureError)):
            LeafNode.decode(bytes(bent)).check_signature(SUITE, b"group", 3)


@pytest.mark.parametrize(
    "key", [b"", bytes(31), bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32]
)
def test_an_encryption_key_nobody_can_use_is_refused(key: bytes) -> None:
    with refused("hpke_key"):
        replace(made(), encryption_key=key).check_keys(SUITE)


@pytest.mark.parametrize("source", SOURCES)
def test_a_leaf_from_the_wrong_place_is_refused(source: LeafNodeSource) -> None:
    for expected in (Lifetime, FromUpdate, ParentHash):
        if isinstance(source, expected):
            made(source).check_source(expected)
        else:
            with refused("leaf_node.source"):
                made(source).check_source(expected)


def test_a_leaf_is_used_within_its_lifetime_both_ends_included() -> None:
    leaf = made()
    for now in (1_000, 1_500, 2_000):
        leaf.check_lifetime(now, longest=1_000)
    for now in (0, 999, 2_001):
        with refused("leaf_node.lifetime"):
            leaf.check_lifetime(now)
    with refused("leaf_node.lifetime_too_long"):
        leaf.check_lifetime(1_500, longest=999)
    with refused("leaf_node.lifetime"):
        made(Lifetime(2_000, 1_000)).check_lifetime(1_500)
    made(FromUpdate()).check_lifetime(0, longest=0)


def test_a_leaf_lists_the_types_of_its_own_extensions() -> None:
    unlisted = made(extensions=(Extension(0xF7B1, b""),), capabilities=Capabilities.of())
    with refused("leaf_node.extensions_listed"):
        unlisted.check_extensions()
    made(extensions=(Extension(APPLICATION_ID, b"id"),), capabilities=Capabilities.of()).check_extensions()


def test_a_leaf_names_no_extension_type_twice() -> None:
    with refused("extensions.unique"):
        made(extensions=(Extension(0xF7B1, b"a"), Extension(0xF7B1, b"b"))).check_extensions()


def test_a_leaf_lists_its_own_credential_type() -> None:
    for leaf in (
        made(capabilities=Capabilities.of(credentials=(X509,))),
        replace(made(), credential=X509Credential(())),
        made(capabilities=Capabilities.of(credentials=())),
    ):
        with refused("leaf_node.credential_listed"):
            leaf.check_credential()


def test_a_leaf_lists_the_protocol_and_the_suite() -> None:
    with refused("leaf_node.suite_listed"):
        made(capabilities=Capabilities.of(cipher_suites=(0x0001,))).check_suite(SUITE)
    with refused("leaf_node.version_listed"):
        made(capabilities=replace(Capabilities.of(), versions=(0x0002,))).check_suite(SUITE)


@pytest.mark.parametrize(
    "required",
    [
        RequiredCapabilities(extension_types=(0xF7B2,)),
        RequiredCapabilities(proposal_types=(0xF001,)),
        RequiredCapabilities(credential_types=(X509,)),
        RequiredCapabilities((0xF7B1, 0xF7B2), (), (1,)),
    ],
)
def test_a_leaf_supports_what_the_group_requires(required: RequiredCapabilities) -> None:
    leaf = made(capabilities=Capabilities.of(extensions=(0xF7B1,), proposals=(0xF000,)))
    with refused("leaf_node.required_capabilities"):
        leaf.check_required(required)
    leaf.check_required(RequiredCapabilities((0xF7B1, 0x0001, 0x0005), (0xF000, 0x0001, 0x0007), (1,)))
    leaf.check_required(RequiredCapabilities())


def test_a_leaf_supports_every_extension_of_the_group() -> None:
    leaf = made(capabilities=Capabilities.of(extensions=(0xF7B0,)))
    leaf.check_group_extensions((Extension(0xF7B0, b""), Extension(0x0003, b""), Extension(0x0005, b"")))
    with refused("leaf_node.group_extensions"):
        leaf.check_group_extensions((Extension(0xF7B0, b""), Extension(0xF7B2, b"")))


# capabilities


def test_default_types_and_doubles_are_not_listed() -> None:
    capabilities = Capabilities.of(extensions=(1, 5, 0xF7B1, 0xF7B1), proposals=(1, 7, 8, 8))
    assert capabilities.extensions == (0xF7B1,)
    assert capabilities.proposals == (8,)
    assert capabilities.versions == (MLS10,)
    assert set(capabilities.cipher_suites) == set(SUITES)


@pytest.mark.parametrize("choice", [0, 7, 14, 2**32])
def test_grease_is_listed_and_changes_nothing(choice: int) -> None:
    plain = Capabilities.of(extensions=(0xF7B1,))
    greased = plain.with_grease(choice)
    for name in ("cipher_suites", "extensions", "proposals", "credentials"):
        *before, added = getattr(greased, name)
        assert tuple(before) == getattr(plain, name)
        assert added in GREASE
    assert greased.versions == plain.versions
    leaf = made(capabilities=greased, extensions=(Extension(greased.extensions[-1], b"noise"),))
    leaf.check_extensions()
    leaf.check_suite(SUITE)
    leaf.check_credential()


def test_an_unknown_source_or_credential_does_not_decode() -> None:
    encoding = made(FromUpdate()).encode()
    position = encoding.rindex(b"\x02\x00" + b"\x40\x40")
    for source in (0, 4, 255):
        bent = encoding[:position] + bytes((source,)) + encoding[position + 1 :]
        with pytest.raises(DecodeError):
            LeafNode.decode(bent)
    with pytest.raises(DecodeError):
        LeafNode.decode(encoding.replace(b"\x00\x01\x08somebody", b"\x00\x03\x08somebody"))


def test_what_a_group_requires_is_looked_up_once_for_each_value() -> None:
    compared = 0

    class Kind(int):
        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return int(self) == other

        __hash__ = int.__hash__

    # 240 kilobytes of this in one commit once kept every member busy for half a minute, four megabytes for hours.
    count = 2_000
    leaf = made(capabilities=Capabilities.of(credentials=(*range(3, count), 1)))
    leaf.check_required(RequiredCapabilities(credential_types=(Kind(1),) * count))
    assert compared <= 4 * count
