"""What the leaves of a circle must prove, looked at without a relay."""

from __future__ import annotations

import pytest

from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.circles import check_circle, outsiders, parent_hint, prove
from taboon_client.group.leaf import LeafContent, LeafKeys
from taboon_client.joining.link import InvitePayload
from taboon_crypto import mls
from tests.crypto.mls.kit import Dice

PARENT, OTHER = bytes([1]) * 32, bytes([2]) * 32
IN_CIRCLE, ELSE = bytes([3]) * 32, bytes([4]) * 32
AMAL, RAMI = mls.SigningKey.generate(Dice(5)), mls.SigningKey.generate(Dice(6))


def leaf(member: mls.SigningKey, *, of: bytes = PARENT, identity: bytes = IN_CIRCLE) -> LeafContent:
    proof = prove(member.seed, of, identity)
    return LeafKeys.generate(Dice(7), parent=member.public, proof=proof).content


def test_a_leaf_keeps_what_it_proves_through_its_bytes() -> None:
    content = LeafContent.decode(leaf(AMAL).encode())
    assert content.encode() == leaf(AMAL).encode()
    check_circle(PARENT, [(IN_CIRCLE, content)])


BORROWED = LeafKeys.generate(Dice(7), parent=RAMI.public, proof=prove(AMAL.seed, PARENT, IN_CIRCLE)).content


@pytest.mark.parametrize(
    ("content", "identity"),
    [
        (LeafKeys.generate(Dice(7)).content, IN_CIRCLE),
        (leaf(AMAL, of=OTHER), IN_CIRCLE),
        (leaf(AMAL), ELSE),
        (BORROWED, IN_CIRCLE),
    ],
    ids=["no proof", "of another group", "of another leaf", "by another member"],
)
def test_a_leaf_that_proves_nothing_is_refused(content: LeafContent, identity: bytes) -> None:
    with pytest.raises(FormatError, match="does not prove"):
        check_circle(PARENT, [(identity, content)])


def test_one_member_of_the_parent_is_in_a_circle_once() -> None:
    with pytest.raises(FormatError, match="one member"):
        check_circle(PARENT, [(IN_CIRCLE, leaf(AMAL)), (ELSE, leaf(AMAL, identity=ELSE))])


def test_a_leaf_elsewhere_speaks_of_no_parent() -> None:
    check_circle(b"", [(IN_CIRCLE, LeafKeys.generate(Dice(7)).content)])
    with pytest.raises(FormatError, match="where there is none"):
        check_circle(b"", [(IN_CIRCLE, leaf(AMAL))])


def test_outsiders_are_those_whose_key_in_the_parent_is_not_there() -> None:
    leaves = [(IN_CIRCLE, leaf(AMAL)), (ELSE, leaf(RAMI, identity=ELSE))]
    assert outsiders(leaves, {AMAL.public}) == (ELSE,)
    assert outsiders(leaves, {AMAL.public, RAMI.public}) == ()


def test_an_invite_into_a_circle_names_the_parent_to_its_members_alone() -> None:
    payload, _ = InvitePayload.generate(
        relay_url="https://relay.example:8443",
        relay_id=OTHER,
        expires=30_000_000,
        retention=1,
        random=Dice(8),
        parent=PARENT,
    )
    assert InvitePayload.parse(payload.link) == payload
    assert PARENT not in payload.encode()
    assert payload.circle == parent_hint(PARENT, payload.invite_key)
    with pytest.raises(BadLinkError):
        InvitePayload.decode(payload.encode()[:20])
