"""What the leaves of a circle must prove, looked at without a relay."""

from __future__ import annotations

import os

import pytest

from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.circles import check_circle, outsiders, parent_hint, prove
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.epoch import policy_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent, LeafKeys, member_profile
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_client.group.rules import BrokenRuleError, check_commit, required_extensions
from taboon_client.group.settings import LIMITS, SUITE
from taboon_client.joining.link import InvitePayload
from taboon_crypto import mls
from tests.client.test_rules import NOW, RELAY, Device, commit, found, key_package
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


# Commits


def in_circle(signer: mls.SigningKey, *, of: mls.SigningKey, parent: bytes = PARENT) -> LeafContent:
    return LeafKeys.generate(os.urandom, parent=of.public, proof=prove(of.seed, parent, signer.public)).content


def extension(content: LeafContent) -> tuple[mls.Extension, ...]:
    return (mls.Extension(LEAF_EXTENSION, content.encode()),)


@pytest.fixture
def circle() -> Device:
    """Amal's circle in the parent group, with Amal alone in it."""
    signer = mls.SigningKey.generate(os.urandom)
    policy = Policy.founding(signer.public, RELAY, PARENT)
    group = mls.Group.create(
        SUITE,
        os.urandom(32),
        member_profile(signer, in_circle(signer, of=AMAL)),
        extensions=(
            mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
            mls.Extension(POLICY_EXTENSION, policy.encode()),
        ),
        now=NOW,
        random=os.urandom,
        limits=LIMITS,
    )
    return Device(signer, group)


def adding(circle: Device, signer: mls.SigningKey, content: LeafContent) -> mls.StagedCommit:
    package, _ = key_package(signer, member_profile(signer, content))
    secret = os.urandom(32)
    return commit(
        circle,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
        leaf_extensions=extension(in_circle(circle.signer, of=AMAL)),
    )


def test_an_admin_adds_a_member_of_the_parent_and_nobody_else(circle: Device) -> None:
    joiner = mls.SigningKey.generate(os.urandom)
    check_commit(circle.group, adding(circle, joiner, in_circle(joiner, of=RAMI)), last_committer=None)
    for content, fault in (
        (LeafKeys.generate(os.urandom).content, "does not prove"),
        (in_circle(joiner, of=RAMI, parent=OTHER), "does not prove"),
        (in_circle(joiner, of=AMAL), "one member"),
    ):
        with pytest.raises(BrokenRuleError, match=fault):
            check_commit(circle.group, adding(circle, joiner, content), last_committer=None)


def test_a_member_stays_who_it_is_in_the_parent(circle: Device) -> None:
    kept = commit(circle, leaf_extensions=extension(in_circle(circle.signer, of=AMAL)))
    check_commit(circle.group, kept, last_committer=None)
    for content in (in_circle(circle.signer, of=RAMI), LeafKeys.generate(os.urandom).content):
        with pytest.raises(BrokenRuleError, match="takes back who it is"):
            check_commit(circle.group, commit(circle, leaf_extensions=extension(content)), last_committer=None)


@pytest.mark.parametrize("parent", [b"", OTHER])
def test_a_circle_stays_in_its_parent(circle: Device, parent: bytes) -> None:
    policy = policy_of(circle.group).changed(parent=parent)
    moved = commit(
        circle,
        leaf_extensions=extension(in_circle(circle.signer, of=AMAL)),
        extensions=(
            mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
            mls.Extension(POLICY_EXTENSION, policy.encode()),
        ),
    )
    with pytest.raises(BrokenRuleError, match="which group a circle is in"):
        check_commit(circle.group, moved, last_committer=None)


def test_nobody_brings_a_proof_into_a_group_that_is_no_circle() -> None:
    layla, joiner = found(), mls.SigningKey.generate(os.urandom)
    package, _ = key_package(joiner, member_profile(joiner, in_circle(joiner, of=AMAL)))
    secret = os.urandom(32)
    staged = commit(
        layla,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    )
    with pytest.raises(BrokenRuleError, match="where there is none"):
        check_commit(layla.group, staged, last_committer=None)


def test_a_policy_names_a_parent_by_an_id_or_not_at_all() -> None:
    policy = Policy.founding(AMAL.public, RELAY, PARENT)
    assert Policy.decode(policy.encode()) == policy
    with pytest.raises(FormatError, match="no id of a group"):
        Policy.decode(policy.changed(parent=PARENT[:31]).encode())
