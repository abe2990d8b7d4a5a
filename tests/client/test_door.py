"""What lies at a rendezvous and in codes is hostile: nothing but what was made for this invite is taken."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client import cbor
from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.leaf import LeafKeys, member_profile
from taboon_client.group.settings import SUITE
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import (
    MAX_ANSWER,
    Asked,
    Asks,
    agreement_name,
    is_withdrawn,
    make_asks,
    make_request,
    make_withdrawn,
    read_asks,
    read_request,
)
from taboon_crypto import mls

NOW = 1_800_000_000


def an_invite() -> tuple[InvitePayload, bytes]:
    return InvitePayload.generate(
        relay_url="https://relay.example:443", relay_id=bytes(32), expires=NOW // 60, retention=1, random=os.urandom
    )


def a_package(signer: mls.SigningKey) -> bytes:
    profile = member_profile(signer, LeafKeys.generate(os.urandom).content)
    package, _ = mls.KeyPackage.generate(SUITE, profile, now=NOW, lifetime=86_400, random=os.urandom)
    return package.encode()


INVITE, SEED = an_invite()
OTHER, OTHER_SEED = an_invite()
SIGNER = mls.SigningKey.generate(os.urandom)
PACKAGE = a_package(SIGNER)
ASKS = Asks((Asked(bytes(32), {"en": "Who knows you?", "ar": "من يعرفك؟"}, required=True),), "We keep it to ourselves.")


def test_every_beginning_of_a_link_is_refused() -> None:
    link = INVITE.link
    for end in range(len(link)):
        with pytest.raises(BadLinkError):
            InvitePayload.parse(link[:end])
    assert InvitePayload.parse(f"  {link[:50]}\n{link[50:]} ") == INVITE


def test_a_link_with_something_after_it_or_longer_than_any_is_refused() -> None:
    for wrong in (INVITE.link + "A", INVITE.link * 2, INVITE.link + " " * 5_000, "taboon:join:" + "A" * 100_000):
        with pytest.raises(BadLinkError):
            InvitePayload.parse(wrong)


def test_what_a_group_asks_is_read_as_it_was_written_and_from_no_other_invite() -> None:
    assert read_asks(INVITE, make_asks(INVITE, SEED, ASKS)) == ASKS
    for body in (make_asks(INVITE, OTHER_SEED, ASKS), make_asks(OTHER, OTHER_SEED, ASKS)):
        with pytest.raises(FormatError, match="not signed"):
            read_asks(INVITE, body)


@pytest.mark.parametrize(
    "questions",
    [
        [[bytes(31), {"en": "?"}, True]],
        [[bytes(32), {}, True]],
        [[bytes(32), {"en": "x" * (MAX_ANSWER + 1)}, True]],
        [[bytes(32), {"en": 7}, True]],
        [[bytes(32), "?", True]],
        [[bytes(32), {"en": "?"}]],
        [[bytes(32), {"en": "?"}, True]] * 21,
        "?",
    ],
)
def test_questions_of_another_form_are_none_whoever_signed_them(questions: object) -> None:
    from taboon_crypto.primitives import sodium

    signed = b"taboon asks v1" + INVITE.digest + cbor.encode([questions, ""])
    body = cbor.encode([questions, "", sodium.ed25519_sign(sodium.ed25519_expand_seed(SEED)[1], signed)])
    with pytest.raises(FormatError):
        read_asks(INVITE, body)


def test_answers_travel_signed_with_the_request() -> None:
    answers = {bytes(32): "Sami", agreement_name(ASKS.agreement): ""}
    body = make_request(INVITE, PACKAGE, "Noor", SIGNER, answers)
    assert read_request(INVITE, body).answers == answers
    key_package, name, said, signature = cbor.decode(body)
    for changed in ([[bytes(32), "Layla"]], said[:1], [*said, [b"x" * 32, "more"]]):
        with pytest.raises(FormatError):
            read_request(INVITE, cbor.encode([key_package, name, changed, signature]))
    with pytest.raises(FormatError):
        read_request(INVITE, cbor.encode([key_package, name, signature]))


@pytest.mark.parametrize(
    "answers",
    [[], [[bytes(32)]], [[bytes(31), "x"]], [[bytes(32), 7]], [[bytes(32), "x" * 501]], [[bytes(32), "x"]] * 2, "x"],
)
def test_answers_of_another_form_make_no_request_whoever_signed_them(answers: object) -> None:
    said = [PACKAGE, "Noor", answers]
    body = cbor.encode([*said, SIGNER.sign(b"taboon join v1" + INVITE.digest + cbor.encode(said))])
    with pytest.raises(FormatError):
        read_request(INVITE, body)


def test_a_request_is_taken_back_by_whoever_made_it_alone() -> None:
    request = make_request(INVITE, PACKAGE, "Noor", SIGNER)
    assert is_withdrawn(INVITE, request, make_withdrawn(INVITE, PACKAGE, SIGNER))
    thief = mls.SigningKey.generate(os.urandom)
    for wrong in (
        make_withdrawn(INVITE, PACKAGE, thief),
        make_withdrawn(INVITE, a_package(SIGNER), SIGNER),
        make_withdrawn(OTHER, PACKAGE, SIGNER),
        b"",
        b"\x80",
        cbor.encode([b"x" * 64, 1]),
    ):
        assert not is_withdrawn(INVITE, request, wrong)


@given(st.binary(max_size=200))
def test_noise_at_a_rendezvous_is_a_format_error_and_nothing_else(noise: bytes) -> None:
    for read in (read_asks, read_request):
        with pytest.raises(FormatError):
            read(INVITE, noise)
    assert not is_withdrawn(INVITE, make_request(INVITE, PACKAGE, "Noor", SIGNER), noise)
