"""Commits that break the policy: each is refused by every member, whoever signed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from taboon_client.board import Cut
from taboon_client.errors import FormatError
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.devices import people_of
from taboon_client.group.epoch import policy_of, roles_of
from taboon_client.group.leaf import LEAF_EXTENSION, LeafKeys, member_profile
from taboon_client.group.policy import POLICY_EXTENSION, Policy, RelayEntry, differences
from taboon_client.group.rules import BrokenRuleError, check_commit, check_member, required_extensions
from taboon_client.group.settings import LIMITS, SUITE
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import make_request, read_request
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Collection

NOW = 1_800_000_000
RELAY = RelayEntry(url="https://relay.example:443", id=bytes(32))


@dataclass
class Device:
    """A member's key and MLS state."""

    signer: mls.SigningKey
    group: mls.Group

    @property
    def identity(self) -> bytes:
        return self.signer.public

    @property
    def leaf(self) -> int:
        return self.group.own_leaf


def new_leaf(signer: mls.SigningKey) -> mls.MemberProfile:
    return member_profile(signer, LeafKeys.generate(os.urandom).content)


def fresh_extensions() -> tuple[mls.Extension, ...]:
    return (mls.Extension(LEAF_EXTENSION, LeafKeys.generate(os.urandom).content.encode()),)


def key_package(signer: mls.SigningKey, profile: mls.MemberProfile | None = None) -> Any:
    return mls.KeyPackage.generate(SUITE, profile or new_leaf(signer), now=NOW, lifetime=86_400, random=os.urandom)


def found() -> Device:
    signer = mls.SigningKey.generate(os.urandom)
    policy = Policy.founding(signer.public, RELAY)
    group = mls.Group.create(
        SUITE,
        os.urandom(32),
        new_leaf(signer),
        extensions=(
            mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
            mls.Extension(POLICY_EXTENSION, policy.encode()),
        ),
        now=NOW,
        random=os.urandom,
        limits=LIMITS,
    )
    return Device(signer, group)


def commit(by: Device, data: CommitData | bytes | None = None, **what: Any) -> mls.StagedCommit:
    raw = data if isinstance(data, bytes) else (data or CommitData()).encode()
    arguments: dict[str, Any] = {
        "leaf_extensions": fresh_extensions(),
        "by_reference": False,
        "path": True,
        "authenticated_data": raw,
        "random": os.urandom,
        "now": NOW,
    }
    return by.group.commit(**{**arguments, **what})


def spending(group: mls.Group, after: Policy, gone: Collection[bytes] = ()) -> Policy:
    """A policy as a commit that removes these may leave it, with the approvals that it spends."""
    before, people = policy_of(group), people_of(group.members())
    staying = people.without(gone)
    left = {member.signature_key for member in group.members()} - set(gone)
    derived = before.without(gone, staying.count(left), staying)
    return after.spending(before, derived, epoch=group.epoch, removes=bool(gone))


def add(by: Device, *others: Device) -> Device:
    """Let somebody in by the rules; everyone goes over."""
    signer, secret = mls.SigningKey.generate(os.urandom), os.urandom(32)
    package, secrets = key_package(signer)
    psks = {psk_id(secret): mls.Secret(secret)}
    staged = commit(by, CommitData(psks=psks), add=(package,), psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),))
    for other in others:
        received = other.group.receive(staged.message or b"", psks=lambda *_: secret)
        assert isinstance(received, mls.StagedCommit)
        check_commit(other.group, received, last_committer=None)
        other.group.merge(received)
    by.group.merge(staged)
    group = mls.Group.join(staged.welcome or b"", package, secrets, psks=lambda *_: secret, limits=LIMITS)
    return Device(signer, group)


@pytest.fixture
def layla() -> Device:
    """The admin."""
    return found()


@pytest.fixture
def sami(layla: Device) -> Device:
    """A member who is no admin."""
    return add(layla)


@pytest.fixture
def noor(layla: Device, sami: Device) -> Device:
    """Another one."""
    return add(layla, sami)


def seen_by(other: Device, staged: mls.StagedCommit, **known: Any) -> CommitData:
    received = other.group.receive(staged.message or b"", psks=lambda _, data: next(iter(_psks(data)), None))
    assert isinstance(received, mls.StagedCommit)
    return check_commit(other.group, received, **{"last_committer": None, **known})


def _psks(data: bytes) -> list[bytes]:
    try:
        return list(CommitData.decode(data).psks.values())
    except FormatError:
        return [bytes(32)]


def refused(other: Device, staged: mls.StagedCommit, rule: str, **known: Any) -> None:
    before = other.group.parts()
    with pytest.raises(BrokenRuleError, match=rule):
        seen_by(other, staged, **known)
    assert other.group.parts() == before


def cuts(*devices: Device, role: str = "") -> tuple[Cut, ...]:
    return tuple(Cut(identity=device.identity, role=role, last=None) for device in devices)


def test_an_admin_removes_and_anyone_rotates(layla: Device, sami: Device, noor: Device) -> None:
    seen_by(noor, commit(sami))
    seen_by(noor, commit(layla, CommitData(cuts=cuts(sami)), remove=(sami.leaf,)))


def test_a_member_who_is_no_admin_cannot_add(layla: Device, sami: Device, noor: Device) -> None:
    secret = os.urandom(32)
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    staged = commit(
        sami,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    )
    refused(noor, staged, "only an admin")
    refused(layla, staged, "only an admin")


def test_a_member_who_is_no_admin_cannot_remove(layla: Device, sami: Device, noor: Device) -> None:
    refused(layla, commit(sami, CommitData(cuts=cuts(noor)), remove=(noor.leaf,)), "only an admin")


def test_a_member_who_is_no_admin_cannot_change_the_policy(layla: Device, sami: Device, noor: Device) -> None:
    policy = msgspec.structs.replace(policy_of(sami.group), members_invite=True)
    refused(noor, commit(sami, extensions=_extensions(policy.encode())), "only an admin")


def _extensions(policy: bytes) -> tuple[mls.Extension, ...]:
    return (
        mls.Extension(mls.REQUIRED_CAPABILITIES, required_extensions()),
        mls.Extension(POLICY_EXTENSION, policy),
    )


def test_the_second_rotation_in_a_row_by_one_member_is_refused(sami: Device, noor: Device) -> None:
    staged = commit(sami)
    seen_by(noor, staged, last_committer=noor.identity)
    refused(noor, staged, "rotated twice", last_committer=sami.identity)


def test_an_admin_may_rotate_twice_in_a_row(layla: Device, noor: Device) -> None:
    seen_by(noor, commit(layla), last_committer=layla.identity)


def test_a_removal_says_where_the_removed_members_events_end(layla: Device, sami: Device, noor: Device) -> None:
    refused(noor, commit(layla, remove=(sami.leaf,)), "cuts off")
    refused(noor, commit(layla, CommitData(cuts=cuts(sami, layla)), remove=(sami.leaf,)), "cuts off")
    refused(noor, commit(layla, CommitData(cuts=cuts(sami))), "cuts off")


def test_an_addition_without_the_invites_pre_shared_key_is_refused(layla: Device, sami: Device) -> None:
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    refused(sami, commit(layla, add=(package,)), "pre-shared key")


def test_a_key_package_that_is_used_again_adds_nobody(layla: Device, sami: Device) -> None:
    secret, signer = os.urandom(32), mls.SigningKey.generate(os.urandom)
    package, _ = mls.KeyPackage.generate(
        SUITE, new_leaf(signer), now=NOW, lifetime=86_400, last_resort=True, random=os.urandom
    )
    staged = commit(
        layla,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    )
    refused(sami, staged, "used again")
    # Nor does anybody's request to join bring one as far as a commit.
    invite, _ = InvitePayload.generate(
        relay_url=RELAY.url, relay_id=RELAY.id, expires=NOW // 60, retention=1, random=os.urandom
    )
    with pytest.raises(FormatError, match="used again"):
        read_request(invite, make_request(invite, package.encode(), "noor", signer))


def test_a_pre_shared_key_that_is_carried_and_not_used_is_refused(layla: Device, sami: Device) -> None:
    secret = os.urandom(32)
    refused(sami, commit(layla, CommitData(psks={psk_id(secret): mls.Secret(secret)})), "does not use")


def test_a_commit_without_a_path_is_refused(layla: Device, sami: Device) -> None:
    secret = os.urandom(32)
    package, _ = key_package(mls.SigningKey.generate(os.urandom))
    staged = commit(
        layla,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
        path=None,
        leaf_extensions=None,
    )
    assert not staged.has_path
    refused(sami, staged, "fresh path")


def test_a_renewed_leaf_has_fresh_keys_of_its_own(layla: Device, sami: Device) -> None:
    refused(sami, commit(layla, leaf_extensions=None), "fresh keys")


def test_a_leaf_keeps_its_identity_key(layla: Device, sami: Device) -> None:
    other = mls.SigningKey.generate(os.urandom)
    refused(sami, commit(layla, member=new_leaf(other), leaf_extensions=None), "identity key")


def test_a_leaf_that_says_nothing_of_taboon_is_refused(layla: Device, sami: Device) -> None:
    for extensions in ((), (mls.Extension(LEAF_EXTENSION, b"\x80"),)):
        refused(sami, commit(layla, leaf_extensions=extensions), "leaf")


def test_a_leaf_that_names_somebody_elses_identity_is_refused(layla: Device, sami: Device) -> None:
    signer, secret = mls.SigningKey.generate(os.urandom), os.urandom(32)
    honest = new_leaf(signer)
    profile = mls.MemberProfile(
        signing_key=signer,
        credential=mls.BasicCredential(identity=sami.identity),
        extensions=honest.extensions,
        capabilities=honest.capabilities,
    )
    package, _ = key_package(signer, profile)
    staged = commit(
        layla,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    )
    refused(sami, staged, "another identity")


def test_a_policy_that_cannot_be_read_or_names_strangers_is_refused(layla: Device, sami: Device) -> None:
    refused(sami, commit(layla, extensions=_extensions(b"\xa0")), "policy")
    stranger = msgspec.structs.replace(policy_of(layla.group), admins=tuple(sorted((layla.identity, bytes(32)))))
    refused(sami, commit(layla, extensions=_extensions(stranger.encode())), "admin who is not in the group")
    refused(
        sami,
        commit(layla, extensions=(mls.Extension(POLICY_EXTENSION, policy_of(layla.group).encode()),)),
        "extensions",
    )


def test_taking_the_role_from_an_admin_says_where_their_acts_end(layla: Device, sami: Device) -> None:
    both = msgspec.structs.replace(policy_of(layla.group), admins=tuple(sorted((layla.identity, sami.identity))))
    staged = commit(layla, extensions=_extensions(spending(layla.group, both).encode()))
    seen_by(sami, staged)
    received = sami.group.receive(staged.message or b"")
    assert isinstance(received, mls.StagedCommit)
    sami.group.merge(received)
    layla.group.merge(staged)
    alone = msgspec.structs.replace(both, admins=(sami.identity,))
    refused(layla, commit(sami, extensions=_extensions(alone.encode())), "cuts off")
    both_cuts = (*cuts(layla, role="admin"), *cuts(layla, role="dispatch"))
    refused(layla, commit(sami, CommitData(cuts=both_cuts[:1]), extensions=_extensions(alone.encode())), "cuts off")
    seen_by(
        layla, commit(sami, CommitData(cuts=both_cuts), extensions=_extensions(spending(sami.group, alone).encode()))
    )


def test_naming_a_dispatch_circle_says_where_the_acts_of_those_outside_end(layla: Device, sami: Device) -> None:
    policy = policy_of(layla.group)
    named = msgspec.structs.replace(policy, dispatch=(sami.identity,))
    assert roles_of(policy, layla.identity) == {"admin", "dispatch"}
    assert roles_of(named, layla.identity) == {"admin"}
    assert roles_of(named, sami.identity) == {"dispatch"}
    refused(sami, commit(layla, extensions=_extensions(named.encode())), "cuts off")
    cut = CommitData(cuts=cuts(layla, role="dispatch"))
    refused(layla, commit(sami, cut, extensions=_extensions(named.encode())), "only an admin")
    stranger = msgspec.structs.replace(policy, dispatch=(bytes(32),))
    refused(sami, commit(layla, cut, extensions=_extensions(stranger.encode())), "dispatch circle")
    seen_by(sami, commit(layla, cut, extensions=_extensions(spending(layla.group, named).encode())))


def test_a_policy_names_nobody_twice_in_its_dispatch_circle(layla: Device) -> None:
    policy = policy_of(layla.group)
    for wrong in ((b"b" * 32, b"a" * 32), (b"a" * 32, b"a" * 32)):
        with pytest.raises(FormatError, match="twice"):
            Policy.decode(msgspec.structs.replace(policy, dispatch=wrong).encode())


def test_data_that_no_commit_of_taboon_carries_is_refused(layla: Device, sami: Device) -> None:
    for data in (b"", b"\xff", b"\x80", b"\xa0", b"\xa1avb"):
        refused(sami, commit(layla, data), "commit|CBOR|encoding")


def test_every_member_of_a_new_group_is_one_of_taboon(layla: Device, sami: Device, noor: Device) -> None:
    for member in noor.group.members():
        check_member(member, noor.group.suite)
    assert {layla.identity, sami.identity, noor.identity} == {m.signature_key for m in noor.group.members()}


def elsewhere(device: Device, *relays: RelayEntry) -> bytes:
    """The rules with other relays, as the commit that changes them has them."""
    return spending(device.group, policy_of(device.group).changed(relays=relays)).encode()


OTHER = RelayEntry(url="https://other.example:443", id=bytes(32), pass_=b"the pass")


def test_an_admin_moves_the_group_to_another_relay(layla: Device, sami: Device) -> None:
    seen_by(sami, commit(layla, extensions=_extensions(elsewhere(layla, OTHER))))


def test_nobody_else_moves_the_group(layla: Device, sami: Device) -> None:
    refused(layla, commit(sami, extensions=_extensions(elsewhere(sami, OTHER))), "only an admin")


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example",
        "https://Other.example:443",
        "https://other.example:443/",
        "http://other.example:80",
        "ftp://other.example:443",
        "other.example:443",
        "https://other.example:443/#id",
    ],
)
def test_a_policy_that_names_a_relay_by_no_address_is_refused(layla: Device, sami: Device, url: str) -> None:
    wrong = RelayEntry(url=url, id=bytes(32))
    refused(sami, commit(layla, extensions=_extensions(elsewhere(layla, wrong))), "no address")
    refused(sami, commit(layla, extensions=_extensions(elsewhere(layla, OTHER, wrong))), "no address")


def test_a_policy_names_no_relay_twice(layla: Device, sami: Device) -> None:
    again = msgspec.structs.replace(OTHER, url="https://again.example:443")
    refused(sami, commit(layla, extensions=_extensions(elsewhere(layla, OTHER, again))), "twice")


def test_whoever_agrees_to_a_move_sees_the_key_that_answers_there(layla: Device) -> None:
    before = policy_of(layla.group)
    after = before.changed(relays=(msgspec.structs.replace(before.home, id=b"k" * 32),))
    ((rule, old, new),) = differences(before, after)
    assert rule == "relays"
    assert old != new


def test_more_approvals_than_there_are_admins_are_refused(layla: Device, sami: Device) -> None:
    for field in ("add_approvals", "removal_approvals", "policy_approvals"):
        wrong = policy_of(layla.group).changed(**{field: 2})
        refused(sami, commit(layla, extensions=_extensions(wrong.encode())), "more approvals than")
    wrong = policy_of(layla.group).changed(recovery=3)
    refused(sami, commit(layla, extensions=_extensions(wrong.encode())), "more keyholders")
    wrong = policy_of(layla.group).changed(admins=())
    refused(sami, commit(layla, extensions=_extensions(wrong.encode())), "without an admin")
