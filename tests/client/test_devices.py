"""Devices of one person: the tree alone tells whose they are, nobody can say it for another, and they count once."""

from __future__ import annotations

import os
from typing import Any

import pytest

from taboon_client import cbor
from taboon_client.board import Cut
from taboon_client.board.register_kinds import ADD, POLICY, REMOVE, Approve
from taboon_client.errors import BadLinkError, FormatError
from taboon_client.group.approvals import added, changed
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.devices import People, people_of
from taboon_client.group.epoch import policy_of, record_of
from taboon_client.group.leaf import LEAF_EXTENSION, MAX_DEVICES, LeafContent, LeafKeys, member_profile, read_devices
from taboon_client.group.policy import POLICY_EXTENSION, Policy
from taboon_client.group.rejoining import ReturnRequest, leaf_hash, return_psk
from taboon_client.group.rules import BrokenRuleError, check_commit, check_member
from taboon_client.group.settings import LIMITS
from taboon_client.joining.link import InvitePayload
from taboon_client.joining.messages import make_request, read_request
from taboon_crypto import mls
from tests.client.test_approvals import signed
from tests.client.test_rules import Device, add, found, key_package, spending
from tests.client.test_rules import commit as bare_commit

A, B, C, D = (bytes((number,)) * 32 for number in range(1, 5))
NONE: tuple[bytes, tuple[bytes, ...]] = (b"", ())


def leaf(person: bytes = b"", devices: tuple[bytes, ...] = ()) -> tuple[mls.Extension, ...]:
    content = LeafKeys.generate(os.urandom, person=person, devices=devices).content
    return (mls.Extension(LEAF_EXTENSION, content.encode()),)


def test_two_leaves_are_one_person_only_if_both_say_so() -> None:
    assert People({A: (b"", (B,)), B: (A, ())}).of(B) == A
    assert People({A: NONE, B: (A, ())}).of(B) is None
    assert People({A: (b"", (B,)), B: NONE}).of(B) == B
    assert People({A: (b"", (B,)), B: (A, ()), C: NONE}).count([A, B, C]) == 2


def test_a_leaf_that_nobody_names_back_counts_for_none() -> None:
    assert People({A: NONE, B: (A, ())}).count([B]) == 0
    assert People({A: NONE, B: (A, ()), C: (A, ())}).count([A, B, C]) == 1


def test_devices_whose_first_one_is_gone_still_are_one_person() -> None:
    people = People({A: (b"", (B, C)), B: (A, ()), C: (A, ()), D: NONE})
    assert people.without([A]).count([B, C, D]) == 2
    assert people.without([A]).devices_of(B) == (B, C)


def test_a_person_cannot_hide_behind_a_person() -> None:
    people = People({A: (B, (B, C)), B: (A, (A,)), C: (A, ())})
    assert people.count([A, B, C]) == 0


def test_what_a_leaf_says_of_devices_is_read_strictly() -> None:
    content = LeafKeys.generate(os.urandom, person=A, devices=(C, B, B)).content
    assert content.devices == (B, C)
    assert LeafContent.decode(content.encode()) == content
    assert read_devices(content.encode()) == (A, (B, C))
    plain = LeafKeys.generate(os.urandom).content
    assert read_devices(plain.encode()) == (b"", ())
    fields = cbor.decode(content.encode())
    for broken in ([b"short", []], [A], [A, [C, B]], [A, [B, B]], [A, [b"short"]], [A, "text"], [1, []]):
        for read in (LeafContent.decode, read_devices):
            with pytest.raises(FormatError):
                read(cbor.encode([*fields[:4], *broken]))
    many = sorted(os.urandom(32) for _ in range(MAX_DEVICES + 1))
    with pytest.raises(FormatError):
        read_devices(cbor.encode([*fields[:4], b"", many]))
    for nothing in (None, b"", b"\x00", bytes(5000)):
        with pytest.raises(FormatError):
            read_devices(nothing)


# Commits


def commit(by: Device, data: CommitData | None = None, **what: Any) -> mls.StagedCommit:
    """Commit with a fresh leaf that goes on saying what the one before says of devices."""
    said = read_devices(mls.find_extension(by.group.member(by.leaf).extensions, LEAF_EXTENSION))
    return bare_commit(by, data, **{"leaf_extensions": leaf(*said), **what})


def link(admin: Device, person: Device, *others: Device, confirm: bool = True) -> Device:
    """Let in a further device of ``person``; everyone goes over."""
    signer, secret = mls.SigningKey.generate(os.urandom), os.urandom(32)
    content = LeafKeys.generate(os.urandom, person=person.identity).content
    package, secrets = key_package(signer, member_profile(signer, content))
    named = {"leaf_extensions": leaf(devices=(signer.public,))} if confirm and admin is person else {}
    staged = commit(
        admin,
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
        **named,
    )
    go_over(admin, staged, others, secret)
    group = mls.Group.join(staged.welcome or b"", package, secrets, psks=lambda *_: secret, limits=LIMITS)
    device = Device(signer, group)
    if confirm and admin is not person:
        _, known = read_devices(mls.find_extension(person.group.member(person.leaf).extensions, LEAF_EXTENSION))
        staged = commit(person, leaf_extensions=leaf(devices=(*known, device.identity)))
        go_over(person, staged, [admin, device, *(one for one in others if one is not person)])
    return device


def go_over(by: Device, staged: mls.StagedCommit, others: Any, secret: bytes = b"") -> None:
    for other in others:
        received = other.group.receive(staged.message or b"", psks=lambda *_: secret)
        assert isinstance(received, mls.StagedCommit)
        check_commit(other.group, received, last_committer=None)
        other.group.merge(received)
    by.group.merge(staged)


def under(group: mls.Group, policy: Policy) -> tuple[mls.Extension, ...]:
    policy = spending(group, policy)
    return tuple(
        mls.Extension(POLICY_EXTENSION, policy.encode()) if one.extension_type == POLICY_EXTENSION else one
        for one in group.context_extensions
    )


def refused(by: Device, rule: str, data: CommitData | None = None, **what: Any) -> None:
    staged = commit(by, data, **what)
    with pytest.raises(BrokenRuleError, match=rule):
        check_commit(by.group, staged, last_committer=None)


@pytest.fixture
def layla() -> Device:
    """The admin."""
    return found()


@pytest.fixture
def sami(layla: Device) -> Device:
    """A member who is no admin."""
    return add(layla)


def test_every_member_finds_in_the_tree_whose_device_a_leaf_is(layla: Device, sami: Device) -> None:
    tablet = link(layla, layla, sami)
    laptop = link(layla, sami, sami, tablet)
    for one in (layla, sami, tablet, laptop):
        people = people_of(one.group.members())
        assert people.of(tablet.identity) == layla.identity
        assert people.of(laptop.identity) == sami.identity
        assert people.count(member.signature_key for member in one.group.members()) == 2
        assert any(sami.identity.hex() in role for role in record_of(one.group).members[laptop.identity])


def test_two_devices_of_one_admin_are_one_admin(layla: Device, sami: Device) -> None:
    tablet = link(layla, layla, sami)
    both = policy_of(layla.group).changed(admins=tuple(sorted((layla.identity, tablet.identity))))
    staged = commit(layla, extensions=under(layla.group, both))
    check_commit(layla.group, staged, last_committer=None)
    two = both.changed(removal_approvals=2)
    refused(layla, "more approvals than the group has admins", extensions=under(layla.group, two))


def test_with_every_member_an_admin_a_second_device_does_not_make_two(layla: Device, sami: Device) -> None:
    """Both approve, with valid signatures: it is one who agrees."""
    tablet = link(layla, layla, sami)
    everyone = policy_of(layla.group).changed(everyone=True, policy_approvals=2)
    go_over(layla, commit(layla, extensions=under(layla.group, everyone)), [sami, tablet])
    before = policy_of(layla.group)
    after = before.changed(rotation_days=3)
    now = layla.group.epoch
    said = Approve(act=POLICY, target=changed(before, after), first=now, last=now, policy=after.encode())

    def data(by: Device) -> CommitData:
        return CommitData(approvals=(signed(by, said),))

    refused(layla, "without the approvals", data(tablet), extensions=under(layla.group, after))
    check_commit(layla.group, commit(layla, data(sami), extensions=under(layla.group, after)), last_committer=None)


def test_a_claim_that_its_person_never_confirmed_gives_no_say(layla: Device, sami: Device) -> None:
    forged = link(layla, sami, sami, confirm=False)
    both = policy_of(layla.group).changed(admins=tuple(sorted((layla.identity, forged.identity))))
    go_over(layla, commit(layla, extensions=under(layla.group, both)), [sami, forged])
    cut = CommitData(cuts=(Cut(identity=sami.identity, role="", last=None),))
    refused(forged, "without the approvals", cut, remove=(sami.leaf,))


def test_once_the_first_device_is_gone_one_that_is_left_and_the_admins_link_another(
    layla: Device, sami: Device
) -> None:
    laptop = link(layla, sami, sami)
    tablet = link(layla, sami, sami, laptop)
    cuts = (Cut(identity=sami.identity, role="", last=None),)
    signer, secret = mls.SigningKey.generate(os.urandom), os.urandom(32)
    content = LeafKeys.generate(os.urandom, person=sami.identity).content
    package, _ = key_package(signer, member_profile(signer, content))
    what: dict[str, Any] = {"add": (package,), "psks": ((mls.ExternalPsk(psk_id=psk_id(secret)), secret),)}

    def carrying(*by: Device, of: bytes = package.encode()) -> CommitData:
        said = Approve(act=ADD, target=added(of), first=0, last=99)
        given = tuple(signed(one, said) for one in by)
        return CommitData(psks={psk_id(secret): mls.Secret(secret)}, approvals=given)

    at_once = CommitData(psks={psk_id(secret): mls.Secret(secret)}, cuts=cuts)
    refused(layla, "none of whose devices", at_once, remove=(sami.leaf,), **what)
    go_over(layla, commit(layla, CommitData(cuts=cuts), remove=(sami.leaf,)), [laptop, tablet])
    refused(layla, "none of whose devices", carrying(), **what)
    refused(layla, "none of whose devices", carrying(sami, layla), **what)
    refused(layla, "none of whose devices", carrying(laptop, of=b"another"), **what)
    refused(laptop, "only an admin", carrying(tablet), **what)
    staged = commit(layla, carrying(laptop), **what)
    check_commit(layla.group, staged, last_committer=None)
    people = people_of(staged.members())
    assert people.of(signer.public) == sami.identity
    assert people.count([laptop.identity, tablet.identity, signer.public]) == 1


def test_devices_of_one_person_do_not_rotate_in_turns(layla: Device, sami: Device) -> None:
    laptop = link(layla, sami, sami)
    staged = commit(laptop)
    for last in (sami, laptop):
        with pytest.raises(BrokenRuleError, match="rotated twice"):
            check_commit(laptop.group, staged, last_committer=last.identity)
    check_commit(laptop.group, staged, last_committer=layla.identity)
    claimed = link(layla, sami, sami, laptop, confirm=False)
    with pytest.raises(BrokenRuleError, match="rotated twice"):
        check_commit(claimed.group, commit(claimed), last_committer=sami.identity)


def test_devices_of_one_person_do_not_bring_each_other_back_in_turns(layla: Device, sami: Device) -> None:
    laptop = link(layla, sami, sami)
    data, what = comes_back(layla, laptop, sami.identity)
    staged = commit(sami, data, **what)
    check_commit(sami.group, staged, last_committer=layla.identity)
    with pytest.raises(BrokenRuleError, match="rotated twice"):
        check_commit(sami.group, staged, last_committer=laptop.identity)
    # Somebody else is brought back by whoever is there, as often as it takes.
    data, what = comes_back(layla, layla, b"")
    check_commit(sami.group, commit(sami, data, **what), last_committer=laptop.identity)


def comes_back(at: Device, who: Device, person: bytes) -> tuple[CommitData, dict[str, Any]]:
    """What a commit carries and does that brings somebody back."""
    content = LeafKeys.generate(os.urandom, person=person).content
    package, _ = key_package(who.signer, member_profile(who.signer, content))
    old = at.group.member(who.leaf)
    request = ReturnRequest.make(at.group.group_id, package.encode(), leaf_hash(old), os.urandom(32), who.signer)
    secret = return_psk(check_member(old, at.group.suite).rejoin_secret)
    what: dict[str, Any] = {
        "add": (package,),
        "remove": (who.leaf,),
        "psks": ((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    }
    return CommitData(psks={psk_id(secret): secret}, returns=(request.raw,)), what


def test_no_leaf_takes_back_whose_device_it_is(layla: Device, sami: Device) -> None:
    tablet = link(layla, layla, sami)
    refused(tablet, "takes back", leaf_extensions=leaf())
    refused(tablet, "takes back", leaf_extensions=leaf(person=sami.identity))
    refused(layla, "takes back", leaf_extensions=leaf())
    check_commit(layla.group, commit(layla, leaf_extensions=leaf(devices=(tablet.identity,))), last_committer=None)
    refused(sami, "names itself", leaf_extensions=leaf(devices=(sami.identity,)))


def test_nobody_is_added_as_a_device_of_a_stranger(layla: Device) -> None:
    signer, secret = mls.SigningKey.generate(os.urandom), os.urandom(32)
    content = LeafKeys.generate(os.urandom, person=os.urandom(32)).content
    package, _ = key_package(signer, member_profile(signer, content))
    refused(
        layla,
        "not in the group",
        CommitData(psks={psk_id(secret): mls.Secret(secret)}),
        add=(package,),
        psks=((mls.ExternalPsk(psk_id=psk_id(secret)), secret),),
    )


def test_the_first_device_lets_its_others_go_and_they_not_the_first(layla: Device, sami: Device) -> None:
    laptop = link(layla, sami, sami)

    def goes(by: Device, gone: Device) -> CommitData:
        said = Approve(act=REMOVE, target=gone.identity, first=0, last=99)
        return CommitData(approvals=(signed(by, said),), cuts=(Cut(identity=gone.identity, role="", last=None),))

    check_commit(
        sami.group,
        commit(sami, goes(sami, laptop), remove=(laptop.leaf,)),
        last_committer=None,
    )
    refused(
        laptop,
        "only an admin",
        goes(laptop, sami),
        remove=(sami.leaf,),
    )
    refused(
        sami, "only an admin", goes(sami, layla), remove=(layla.leaf,), leaf_extensions=leaf(devices=(laptop.identity,))
    )


def test_a_device_that_was_never_confirmed_goes_with_whose_it_says_it_is(layla: Device, sami: Device) -> None:
    """Else it would pass for a device of that person as soon as nobody is there to say otherwise."""
    forged = link(layla, sami, sami, confirm=False)
    cuts = tuple(Cut(identity=one.identity, role="", last=None) for one in (sami, forged))
    refused(layla, "never said", CommitData(cuts=cuts[:1]), remove=(sami.leaf,))
    check_commit(
        layla.group, commit(layla, CommitData(cuts=cuts), remove=(sami.leaf, forged.leaf)), last_committer=None
    )


def test_a_link_and_a_request_are_of_the_same_person() -> None:
    person = os.urandom(32)
    common: dict[str, Any] = {
        "relay_url": "https://relay.example:443",
        "relay_id": bytes(32),
        "expires": 30_000_000,
        "retention": 2,
        "random": os.urandom,
    }
    of_device, plain = (InvitePayload.generate(**common, person=one)[0] for one in (person, b""))
    assert InvitePayload.parse(of_device.link) == of_device
    for claimed, invite in ((b"", of_device), (os.urandom(32), of_device), (person, plain)):
        signer = mls.SigningKey.generate(os.urandom)
        profile = member_profile(signer, LeafKeys.generate(os.urandom, person=claimed).content)
        package, _ = key_package(signer, profile)
        with pytest.raises(FormatError, match="another person"):
            read_request(invite, make_request(invite, package.encode(), "Sami", signer))
    signer = mls.SigningKey.generate(os.urandom)
    package, _ = key_package(signer, member_profile(signer, LeafKeys.generate(os.urandom, person=person).content))
    assert read_request(of_device, make_request(of_device, package.encode(), "Sami", signer)).name == "Sami"
    for cut in range(1, 70):
        with pytest.raises(BadLinkError):
            InvitePayload.decode(of_device.encode()[:cut])


@pytest.mark.parametrize("honest", [True, False])
def test_nobody_comes_back_as_another_person(layla: Device, sami: Device, honest: bool) -> None:
    """A device that could shed whose it is by coming back would be a second person."""
    laptop = link(layla, sami, sami)
    data, what = comes_back(layla, laptop, sami.identity if honest else b"")
    if not honest:
        refused(layla, "takes back", data, **what)
        return
    staged = commit(layla, data, **what)
    check_commit(layla.group, staged, last_committer=None)
    assert people_of(staged.members()).of(laptop.identity) == sami.identity
