"""An invite says which cipher suite the group has; whoever changes that changes the invite."""

from __future__ import annotations

import os
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.leaf import LeafContent, LeafKeys, member_profile
from taboon_client.group.settings import GROUP_SUITES, POST_QUANTUM, SUITE
from taboon_client.joining.guest import code_for
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import make_request, read_request
from taboon_crypto import mls

NOW = 1_800_000_000
suites = pytest.mark.parametrize("suite", GROUP_SUITES.values(), ids=["classic", "post-quantum"])


def invite(suite: mls.CipherSuite) -> InvitePayload:
    payload, _ = InvitePayload.generate(
        relay_url="https://relay.example:443",
        relay_id=bytes(32),
        expires=1,
        retention=2,
        random=lambda size: bytes(range(size)),
        suite=suite,
    )
    return payload


def key_package(suite: mls.CipherSuite, signer: mls.SigningKey) -> bytes:
    profile = member_profile(signer, LeafKeys.generate(os.urandom, suite=suite).content)
    return mls.KeyPackage.generate(suite, profile, now=NOW, lifetime=86_400, random=os.urandom)[0].encode()


@suites
def test_a_link_carries_the_suite_of_the_group(suite: mls.CipherSuite) -> None:
    made = invite(suite)
    read = InvitePayload.parse(made.link)
    assert read == made
    assert read.suite == suite
    assert read.digest == made.digest


def test_a_link_without_a_suite_is_for_the_default_one_and_begins_as_it_always_did() -> None:
    assert invite(SUITE).encode()[0] == 1
    assert invite(POST_QUANTUM).encode()[:3] == b"\x02" + struct.pack(">H", POST_QUANTUM.suite_id)
    assert len(invite(POST_QUANTUM).encode()) == len(invite(SUITE).encode()) + 2


@given(st.integers(0, 0xFFFF))
def test_a_suite_that_no_group_of_taboon_has_is_refused(number: int) -> None:
    raw = invite(POST_QUANTUM).encode()
    changed = raw[:1] + struct.pack(">H", number) + raw[3:]
    if number == POST_QUANTUM.suite_id:
        assert InvitePayload.decode(changed).suite == POST_QUANTUM
        return
    with pytest.raises(BadLinkError):
        InvitePayload.decode(changed)


@pytest.mark.parametrize("number", [0x0001, 0xF00E])
def test_suites_that_only_mls_knows_are_for_no_group(number: int) -> None:
    assert number in mls.SUITES
    raw = invite(POST_QUANTUM).encode()
    with pytest.raises(BadLinkError, match="newer version"):
        InvitePayload.decode(raw[:1] + struct.pack(">H", number) + raw[3:])


def test_the_default_suite_has_one_spelling_in_a_link() -> None:
    raw = invite(SUITE).encode()
    with pytest.raises(BadLinkError):
        InvitePayload.decode(b"\x02" + struct.pack(">H", SUITE.suite_id) + raw[1:])


@suites
def test_a_link_cut_off_anywhere_is_refused(suite: mls.CipherSuite) -> None:
    raw = invite(suite).encode()
    for length in range(len(raw)):
        with pytest.raises(BadLinkError):
            InvitePayload.decode(raw[:length])


def test_the_safety_code_is_another_where_somebody_changed_the_suite_of_a_link() -> None:
    made = invite(POST_QUANTUM)
    lowered = replace(made, suite=SUITE)
    assert made.digest != lowered.digest
    assert made.mailbox.mailbox_id == lowered.mailbox.mailbox_id
    assert code_for(made, b"key package") != code_for(lowered, b"key package")


def test_a_request_for_a_lowered_invite_is_none_for_the_real_one() -> None:
    made, signer = invite(POST_QUANTUM), mls.SigningKey.generate(os.urandom)
    lowered = replace(made, suite=SUITE)
    request = make_request(lowered, key_package(SUITE, signer), "Sami", signer)
    assert read_request(lowered, request).identity == signer.public
    with pytest.raises(FormatError):
        read_request(made, request)


@suites
def test_a_request_holds_a_key_package_for_the_suite_of_the_invite(suite: mls.CipherSuite) -> None:
    made, signer = invite(suite), mls.SigningKey.generate(os.urandom)
    fitting = make_request(made, key_package(suite, signer), "Sami", signer)
    assert read_request(made, fitting).identity == signer.public
    (other,) = (one for one in GROUP_SUITES.values() if one != suite)
    with pytest.raises(FormatError, match="does not speak as this group does"):
        read_request(made, make_request(made, key_package(other, signer), "Sami", signer))


@suites
def test_a_sealing_key_is_one_of_the_groups_suite_and_hides_something(suite: mls.CipherSuite) -> None:
    keys = LeafKeys.generate(os.urandom, suite=suite)
    kem = suite.hpke.kem
    assert (len(keys.sealing_private), len(keys.content.sealing_key)) == (kem.private_length, kem.public_length)
    assert LeafContent.decode(keys.content.encode(), suite) == keys.content
    kept = LeafKeys.generate(os.urandom, suite=suite, sealing_private=keys.sealing_private)
    assert kept.content.sealing_key == keys.content.sealing_key
    assert kept.content.append_key != keys.content.append_key
    (other,) = (one for one in GROUP_SUITES.values() if one != suite)
    bad = [
        (keys.content.encode(), other),
        (replace(keys.content, sealing_key=keys.content.sealing_key[:-32] + bytes(32)).encode(), suite),
        (replace(keys.content, sealing_key=keys.content.sealing_key[:-1]).encode(), suite),
        (replace(keys.content, sealing_key=b"").encode(), suite),
        (replace(keys.content, sealing_key=bytes(4_096)).encode(), suite),
        (None, suite),
    ]
    for data, wanted in bad:
        with pytest.raises(FormatError):
            LeafContent.decode(data, wanted)


@suites
def test_nothing_prints_the_private_keys_of_a_leaf(suite: mls.CipherSuite) -> None:
    keys = LeafKeys.generate(os.urandom, suite=suite)
    for secret in (keys.append_seed, keys.sealing_private, keys.content.rejoin_secret):
        assert secret.hex() not in repr(keys)
        assert repr(bytes(secret))[2:-1] not in repr(keys)
    assert invite(suite).secret.hex() not in repr(invite(suite))
