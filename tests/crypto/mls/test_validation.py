"""group/validation: every rule about proposals and lists of proposals, broken once by a member who can sign.

What is refused changes no saved byte of whoever refuses it, in either framing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.errors import ValidationError
from taboon_crypto.mls.group import validation
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    CommitContent,
    ExternalSenderIndex,
    NewMemberCommit,
    NewMemberProposal,
    ProposalContent,
)
from taboon_crypto.mls.messages.proposal import Commit, Proposal
from taboon_crypto.mls.tree.leaf_node import FromUpdate

from .kit import (
    LEAF,
    NOW,
    POLICY,
    SUITE,
    Dice,
    careless,
    copy,
    forge,
    forge_commit,
    forge_leaf,
    forge_package,
    forge_proposal,
    found,
    package,
    profile,
    raises,
    refused,
    step,
    town,
)

NONCE = bytes(32)
framings = pytest.mark.parametrize("private", [True, False], ids=["private", "public"])


def psk(usage: mls.ResumptionUsage | None = None, nonce: bytes = NONCE) -> mls.PreSharedKey:
    kind = mls.ExternalPsk(b"psk") if usage is None else mls.ResumptionPsk(usage, b"group", 1)
    return mls.PreSharedKey(mls.PreSharedKeyID(kind, nonce))


def required(**kinds: tuple[int, ...]) -> mls.Extension:
    return mls.Extension(mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(**kinds).encode())


# --- one proposal by itself -------------------------------------------------------------------------------------------


def _add(dice: Dice, leaf: dict[str, Any] | None = None, **changes: Any) -> mls.Add:
    member = profile(dice)
    key_package, _ = package(dice, member)
    return mls.Add(forge_package(key_package, member.signing_key, leaf=leaf, **changes))


SINGLE: dict[str, tuple[str, Callable[[mls.Group, Dice], Proposal]]] = {
    "add of another suite": (
        "key_package.cipher_suite",
        lambda _, dice: mls.Add(package(dice, suite=0x0001)[0]),
    ),
    "add of another version": ("key_package.version", lambda _, dice: _add(dice, version=2)),
    "add with a bad signature": (
        "key_package.signature",
        lambda _, dice: mls.Add(replace(package(dice)[0], signature=bytes(64))),
    ),
    "add of a key nobody can encrypt to": ("hpke_key", lambda _, dice: _add(dice, init_key=bytes(32))),
    "add of a leaf that knows no policy": (
        "leaf_node.group_extensions",
        lambda _, dice: _add(dice, leaf={"capabilities": mls.Capabilities.of(extensions=(LEAF,))}),
    ),
    "add of a leaf that lacks what is required": (
        "leaf_node.required_capabilities",
        lambda _, dice: _add(dice, leaf={"capabilities": mls.Capabilities.of(extensions=(POLICY,)), "extensions": ()}),
    ),
    "remove of nobody": ("remove.blank_leaf", lambda group, _: mls.Remove(len(group.members()))),
    "remove far outside": ("remove.blank_leaf", lambda _, __: mls.Remove(2**32 - 1)),
    "psk with a short nonce": ("psk.nonce_length", lambda _, __: psk(nonce=b"short")),
    "psk for reinitialisation": ("psk.usage_reinit", lambda _, __: psk(mls.ResumptionUsage.REINIT)),
    "psk for branching": ("psk.usage_branch", lambda _, __: psk(mls.ResumptionUsage.BRANCH)),
    "reinit backwards": ("reinit.version", lambda _, __: mls.ReInit(b"new", 0, SUITE, ())),
    "reinit with a double": (
        "extensions.unique",
        lambda _, __: mls.ReInit(b"new", 1, SUITE, (mls.Extension(POLICY, b""), mls.Extension(POLICY, b""))),
    ),
    "extensions with a double": (
        "extensions.unique",
        lambda _, __: mls.GroupContextExtensions((mls.Extension(POLICY, b""), mls.Extension(POLICY, b""))),
    ),
}


@framings
@pytest.mark.parametrize("name", SINGLE)
def test_a_proposal_that_breaks_a_rule_is_refused_alone_and_in_a_commit(name: str, private: bool, dice: Dice) -> None:
    rule, make = SINGLE[name]
    alice, bob = town(
        2, dice, extensions=(required(extension_types=(POLICY, LEAF)), mls.Extension(POLICY, b"")), renew=False
    )
    proposal = make(alice, dice)
    with refused(rule, alice):
        alice.propose(proposal, random=dice, now=NOW)
    message = forge_proposal(bob, proposal, dice, private=private)
    with refused(rule, alice):
        alice.receive(message)
    message = forge_commit(bob, [proposal], dice, private=private)
    with refused(rule, alice):
        alice.receive(message)


@framings
def test_extensions_of_a_known_type_must_hold_what_they_say(private: bool, dice: Dice) -> None:
    alice, bob = town(2, dice)
    for kind in (mls.REQUIRED_CAPABILITIES, mls.EXTERNAL_SENDERS):
        change = mls.GroupContextExtensions((mls.Extension(kind, b"\xff"),))
        for message in (
            forge_proposal(bob, change, dice, private=private),
            forge_commit(bob, [change], dice, private=private),
        ):
            with raises(mls.DecodeError, alice):
                alice.receive(message)


def _update(group: mls.Group, dice: Dice, **changes: Any) -> mls.Update:
    epoch, signer = group.state.epoch, group.own_profile.signing_key
    fresh = {"encryption_key": epoch.suite.generate_key_pair(dice).public, "source": FromUpdate()}
    leaf_node = group.member(group.own_leaf).leaf_node
    return mls.Update(
        forge_leaf(leaf_node, signer, group_id=group.group_id, leaf=group.own_leaf, **{**fresh, **changes})
    )


@framings
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("update.encryption_key", {"encryption_key": "old"}),
        ("leaf_node.source", {"source": mls.Lifetime(0, 2**63)}),
        ("hpke_key", {"encryption_key": b"\x01" + bytes(31)}),
        ("leaf_node.credential_listed", {"credential": mls.X509Credential(())}),
        ("leaf_node.extensions_listed", {"extensions": (mls.Extension(0xF777, b""),)}),
        ("leaf_node.suite_listed", {"capabilities": mls.Capabilities((1,), (2,), (POLICY, LEAF))}),
        ("leaf_node.version_listed", {"capabilities": mls.Capabilities((7,), (3,), (POLICY, LEAF))}),
        ("leaf_node.group_extensions", {"capabilities": mls.Capabilities.of(extensions=(LEAF,))}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_update_that_breaks_a_rule_is_refused(rule: str, changes: dict[str, Any], private: bool, dice: Dice) -> None:
    alice, bob = town(2, dice, extensions=(mls.Extension(POLICY, b""),), renew=False)
    if changes.get("encryption_key") == "old":
        changes = {"encryption_key": bob.member(1).encryption_key}
    message = forge_proposal(bob, _update(bob, dice, **changes), dice, private=private)
    with refused(rule, alice):
        alice.receive(message)


def test_an_update_signed_for_another_leaf_or_group_is_refused(dice: Dice) -> None:
    alice, bob, carol = town(3, dice)
    signer = bob.own_profile.signing_key
    leaf_node = _update(bob, dice).leaf_node
    stolen = forge_leaf(leaf_node, signer, group_id=bob.group_id, leaf=carol.own_leaf)
    elsewhere = forge_leaf(leaf_node, signer, group_id=b"elsewhere", leaf=bob.own_leaf)
    for forged in (stolen, elsewhere, replace(leaf_node, signature=bytes(64))):
        message = forge_proposal(bob, mls.Update(forged), dice)
        with refused("leaf_node.signature", alice):
            alice.receive(message)


def test_an_update_with_a_signature_key_of_small_order_is_refused(dice: Dice) -> None:
    alice, bob = town(2, dice)
    leaf_node = replace(_update(bob, dice).leaf_node, signature_key=b"\x01" + bytes(31))
    message = forge_proposal(bob, mls.Update(leaf_node), dice)
    with refused("signature_key", alice):
        alice.receive(message)


def test_an_update_by_nobody_is_refused(dice: Dice) -> None:
    group = found(dice)
    update = _update(group, dice)
    for sender in (ExternalSenderIndex(0), mls.MemberSender(7)):
        with pytest.raises(ValidationError) as caught:
            validation.check_proposal(
                group.state.epoch.scene(limits=group.limits), validation.SentProposal(sender, update)
            )
        assert caught.value.rule == "update.sender"


def test_a_proposal_that_came_already_is_refused(dice: Dice) -> None:
    alice, bob = town(2, dice)
    message = forge_proposal(bob, psk(), dice, private=False)
    alice.receive(message)
    with refused("proposal.repeated", alice):
        alice.receive(message)
    alice = mls.Group.load(alice.parts())
    with refused("proposal.repeated", alice):
        alice.receive(message)


def test_more_proposals_than_are_kept_are_refused(dice: Dice) -> None:
    alice, bob = town(2, dice, limits=mls.Limits(pending_proposals=2))
    for number in range(2):
        alice.receive(forge_proposal(bob, psk(nonce=bytes([number]) * 32), dice))
    message = forge_proposal(bob, psk(nonce=b"x" * 32), dice)
    with refused("proposal.too_many", alice):
        alice.receive(message)
    with raises(mls.UsageError, alice):
        alice.propose(psk(), random=dice)


# --- the list of a commit ---------------------------------------------------------------------------------------------


def _lists() -> dict[str, tuple[str, Callable[[list[mls.Group], Dice], list[Proposal]]]]:
    def twice_one_client(_: list[mls.Group], dice: Dice) -> list[Proposal]:
        member = profile(dice)
        return [mls.Add(package(dice, member)[0]), mls.Add(package(dice, member)[0])]

    def add_a_member(groups: list[mls.Group], dice: Dice) -> list[Proposal]:
        return [mls.Add(package(dice, groups[0].own_profile)[0])]

    def add_a_member_and_remove_another(groups: list[mls.Group], dice: Dice) -> list[Proposal]:
        return [mls.Remove(2), mls.Add(package(dice, groups[0].own_profile)[0])]

    new = mls.GroupContextExtensions(())
    return {
        "removes its sender": ("commit.own_removal", lambda groups, _: [mls.Remove(groups[1].own_leaf)]),
        "updates its sender": ("commit.own_update", lambda groups, dice: [_update(groups[1], dice)]),
        "removes one leaf twice": ("commit.leaf_twice", lambda _, __: [mls.Remove(2), mls.Remove(2)]),
        "adds one client twice": ("commit.add_twice", twice_one_client),
        "adds a member": ("commit.add_member", add_a_member),
        "adds a member and removes another": ("commit.add_member", add_a_member_and_remove_another),
        "names a psk twice": ("commit.psk_twice", lambda _, __: [psk(), psk()]),
        "changes the extensions twice": ("commit.extensions_twice", lambda _, __: [new, new]),
        "reinitialises and more": (
            "commit.reinit_alone",
            lambda _, __: [mls.ReInit(b"new", 1, SUITE, ()), psk()],
        ),
        "reinitialises twice": (
            "commit.reinit_alone",
            lambda _, __: [mls.ReInit(b"new", 1, SUITE, ()), mls.ReInit(b"new", 1, SUITE, ())],
        ),
        "initialises from outside": ("commit.external_init", lambda _, __: [mls.ExternalInit(bytes(32))]),
    }


LISTS = _lists()


@framings
@pytest.mark.parametrize("name", LISTS)
def test_a_commit_whose_list_breaks_a_rule_is_refused(name: str, private: bool, dice: Dice) -> None:
    rule, make = LISTS[name]
    groups = town(3, dice)
    message = forge_commit(groups[1], make(groups, dice), dice, private=private)
    with refused(rule, groups[0]):
        groups[0].receive(message)


def test_no_member_makes_a_commit_whose_list_breaks_a_rule(dice: Dice) -> None:
    groups = town(3, dice)
    alice = groups[0]
    member = profile(dice)
    double = [package(dice, member)[0], package(dice, member)[0]]
    named = mls.PreSharedKeyID(mls.ExternalPsk(b"x"), NONCE)
    for rule, wish in (
        ("commit.own_removal", {"remove": [0]}),
        ("commit.leaf_twice", {"remove": [1, 1]}),
        ("remove.blank_leaf", {"remove": [5]}),
        ("commit.add_twice", {"add": double}),
        ("commit.add_member", {"add": [package(dice, groups[1].own_profile)[0]]}),
        ("commit.psk_twice", {"psks": [(named, b"1"), (named, b"1")]}),
        ("commit.reinit_alone", {"reinit": mls.ReInit(b"new", 1, SUITE, ()), "remove": [1]}),
        ("extensions.unique", {"extensions": (mls.Extension(POLICY, b""),) * 2}),
        ("leaf_node.group_extensions", {"extensions": (mls.Extension(0xF700, b""),)}),
        ("leaf_node.extensions_listed", {"leaf_extensions": (mls.Extension(0xF700, b""),)}),
        ("psk.usage_branch", {"psks": [(mls.ResumptionPsk(mls.ResumptionUsage.BRANCH, b"g", 1), b"1")]}),
    ):
        with refused(rule, alice):
            alice.commit(random=dice, now=NOW, **wish)
    with raises(mls.UnknownPskError, alice):
        alice.commit(psks=[(b"unknown", None)], random=dice)


def test_a_commit_names_at_most_65535_psks(dice: Dice) -> None:
    group = found(dice)
    sender = mls.MemberSender(1)
    many = [validation.SentProposal(sender, psk(nonce=number.to_bytes(32))) for number in range(65536)]
    with pytest.raises(ValidationError) as caught:
        validation.check_list(group.state.epoch.scene(limits=mls.Limits(proposals=1 << 17)), 1, many)
    assert caught.value.rule == "commit.psk_count"


@framings
def test_a_commit_of_an_update_and_a_removal_of_one_leaf_is_refused(private: bool, dice: Dice) -> None:
    groups = town(3, dice)
    message = groups[2].propose_update(random=dice, private=private)
    kept = groups[0].receive(message)
    assert isinstance(kept, mls.ProposalMessage)
    message = forge_commit(groups[1], [kept.reference, mls.Remove(2)], dice, private=private)
    with refused("commit.leaf_twice", groups[0]):
        groups[0].receive(message)


@framings
def test_a_commit_that_names_an_unknown_proposal_or_one_twice_is_refused(private: bool, dice: Dice) -> None:
    groups = town(3, dice)
    message = forge_commit(groups[1], [bytes(32)], dice, private=private)
    with refused("commit.unknown_proposal", groups[0]):
        groups[0].receive(message)
    kept = groups[0].receive(forge_proposal(groups[1], psk(), dice))
    assert isinstance(kept, mls.ProposalMessage)
    message = forge_commit(groups[1], [kept.reference, kept.reference], dice, private=private)
    with refused("commit.proposal_twice", groups[0]):
        groups[0].receive(message)


@framings
@pytest.mark.parametrize("name", ["nothing", "a removal", "new rules", "an update"])
def test_a_commit_that_must_have_a_path_is_refused_without(name: str, private: bool, dice: Dice) -> None:
    groups = town(3, dice)
    update = groups[2].propose_update(random=dice)
    kept = groups[0].receive(update)
    assert isinstance(kept, mls.ProposalMessage)
    lists: dict[str, list[Proposal | bytes]] = {
        "nothing": [],
        "a removal": [mls.Remove(2)],
        "new rules": [mls.GroupContextExtensions(())],
        "an update": [kept.reference],
    }
    message = forge_commit(groups[1], lists[name], dice, private=private)
    with refused("commit.path_missing", groups[0]):
        groups[0].receive(message)


def test_a_commit_by_the_member_it_removed_before_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    late = groups[2].commit(random=dice)
    step(groups[:2], 0, dice, remove=[2])
    assert late.message is not None
    with raises(mls.EpochGoneError, groups[0]):
        groups[0].receive(late.message)
    # Even with the number of the new epoch on it, it does not verify.
    message = forge(groups[2], CommitContent(Commit((), None)), dice, private=False, epoch=groups[0].epoch)
    with raises(mls.ValidationError, groups[0]):
        groups[0].receive(message)


# --- what a commit leads to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "extension"),
    [
        ("leaf_node.group_extensions", mls.Extension(0xF702, b"")),
        ("leaf_node.required_capabilities", required(extension_types=(0xF702,))),
        ("leaf_node.required_capabilities", required(proposal_types=(0xF002,))),
        ("leaf_node.required_capabilities", required(credential_types=(2,))),
    ],
)
def test_new_rules_that_some_member_does_not_support_are_refused(
    rule: str, extension: mls.Extension, dice: Dice
) -> None:
    groups = town(2, dice)
    wide = mls.Capabilities.of(extensions=(POLICY, LEAF, 0xF702), proposals=(0xF002,), credentials=(1, 2))
    # The committer supports them, and another member does not.
    step(groups, 1, dice, member=replace(groups[1].own_profile, capabilities=wide))
    with refused(rule, groups[0]):
        groups[0].commit(extensions=(extension,), random=dice)
    with careless():
        staged = groups[1].commit(extensions=(extension,), random=dice)
    assert staged.message is not None
    with refused(rule, groups[0]):
        groups[0].receive(staged.message)
    # Once the other is gone, the rules stand.
    staged = groups[1].commit(extensions=(extension,), remove=[0], random=dice)
    groups[1].merge(staged)
    key_package, _ = package(dice)
    with refused(rule, groups[1]):
        groups[1].commit(add=[key_package], random=dice, now=NOW)


def test_an_added_client_with_a_key_that_is_in_the_tree_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    member = profile(dice)
    key_package, _ = package(dice, member)
    parents = {node.encryption_key for node in groups[0].state.epoch.tree.nodes()} - {
        m.encryption_key for m in groups[0].members()
    }
    for taken in (groups[2].member(2).encryption_key, *parents):
        forged = forge_package(key_package, member.signing_key, leaf={"encryption_key": taken})
        with refused("tree.encryption_key_unique", groups[1]):
            groups[1].commit(add=[forged], random=dice, now=NOW)
        message = forge_commit(groups[1], [mls.Add(forged)], dice)
        with refused("tree.encryption_key_unique", groups[0]):
            groups[0].receive(message)
    # Two newcomers with one leaf key.
    other = profile(dice)
    second = forge_package(
        package(dice, other)[0], other.signing_key, leaf={"encryption_key": key_package.leaf_node.encryption_key}
    )
    message = forge_commit(groups[1], [mls.Add(key_package), mls.Add(second)], dice)
    with refused("tree.encryption_key_unique", groups[0]):
        groups[0].receive(message)


def test_an_update_to_another_members_signature_key_is_refused(dice: Dice) -> None:
    groups = town(4, dice)
    # The third gave its key away: it is the worst that the two could do with it.
    stolen = groups[2].own_profile.signing_key
    leaf_node = forge_leaf(_update(groups[1], dice).leaf_node, stolen, group_id=groups[1].group_id, leaf=1)
    message = forge_proposal(groups[1], mls.Update(leaf_node), dice)
    kept = groups[0].receive(message)
    assert isinstance(kept, mls.ProposalMessage)
    groups[3].receive(message)
    assert groups[0].commit(random=dice).proposals == ()
    with refused("tree.signature_key_unique", groups[0]):
        groups[0].commit(by_reference=[kept.reference], random=dice)
    with careless():
        staged = groups[3].commit(by_reference=[kept.reference], random=dice)
    assert staged.message is not None
    with refused("tree.signature_key_unique", groups[0]):
        groups[0].receive(staged.message)


def test_a_credential_type_that_not_all_support_is_refused(dice: Dice) -> None:
    groups = town(2, dice)
    both = mls.Capabilities.of(extensions=(POLICY, LEAF), credentials=(1, 2))
    member = profile(dice, credential=mls.X509Credential(()), capabilities=both)
    key_package, _ = package(dice, member)
    with refused("tree.credentials_supported", groups[1]):
        groups[1].commit(add=[key_package], random=dice, now=NOW)
    message = forge_commit(groups[1], [mls.Add(key_package)], dice)
    with refused("tree.credentials_supported", groups[0]):
        groups[0].receive(message)
    # A newcomer that cannot read the members' own type is refused alike.
    deaf = mls.Capabilities.of(extensions=(POLICY, LEAF), credentials=(2,))
    key_package, _ = package(dice, profile(dice, credential=mls.X509Credential(()), capabilities=deaf))
    message = forge_commit(groups[1], [mls.Add(key_package)], dice)
    with refused("tree.credentials_supported", groups[0]):
        groups[0].receive(message)


# --- who may send what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "proposal"),
    [
        (ExternalSenderIndex(0), "update"),
        (ExternalSenderIndex(0), mls.ExternalInit(bytes(32))),
        (NewMemberProposal(), mls.Remove(0)),
        (NewMemberProposal(), psk()),
        (NewMemberCommit(), mls.Remove(0)),
        (mls.MemberSender(1), mls.ExternalInit(bytes(32))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_proposal_from_someone_who_may_not_send_it_is_refused(sender: Any, proposal: Any, dice: Dice) -> None:
    outsider = mls.SigningKey.generate(dice)
    senders = mls.Extension(
        mls.EXTERNAL_SENDERS,
        mls.encode_external_senders((mls.ExternalSender(outsider.public, mls.BasicCredential(b"x")),)),
    )
    alice, bob = town(2, dice, extensions=(senders,))
    proposal = _update(bob, dice) if proposal == "update" else proposal
    is_member = isinstance(sender, mls.MemberSender)
    message = forge_proposal(bob, proposal, dice, private=False, sender=sender, signer=None if is_member else outsider)
    with refused("proposal.sender", alice):
        alice.receive(message)
    if not is_member and not isinstance(sender, NewMemberCommit):
        with pytest.raises(ValidationError) as caught:
            mls.external_proposal(SUITE, bob.group_id, bob.epoch, 0, outsider, mls.ExternalInit(bytes(32)))
        assert caught.value.rule == "proposal.sender"


def test_an_outsider_the_group_does_not_name_is_refused(dice: Dice) -> None:
    alice, bob = town(2, dice)
    outsider = mls.SigningKey.generate(dice)
    for index in (0, 2**32 - 1):
        message = mls.external_proposal(SUITE, alice.group_id, alice.epoch, index, outsider, mls.Remove(1))
        with refused("message.external_sender", alice):
            alice.receive(message)
    senders = mls.Extension(
        mls.EXTERNAL_SENDERS,
        mls.encode_external_senders((mls.ExternalSender(outsider.public, mls.BasicCredential(b"x")),)),
    )
    step([alice, bob], 0, dice, extensions=(senders,))
    message = mls.external_proposal(SUITE, alice.group_id, alice.epoch, 1, outsider, mls.Remove(1))
    with refused("message.external_sender", alice):
        alice.receive(message)
    impostor = mls.SigningKey.generate(dice)
    message = mls.external_proposal(SUITE, alice.group_id, alice.epoch, 0, impostor, mls.Remove(1))
    with refused("message.signature", alice):
        alice.receive(message)


def test_only_members_commit_and_speak_and_only_newcomers_join(dice: Dice) -> None:
    alice, bob = town(2, dice)
    commit, data = CommitContent(Commit((), None)), ApplicationContent(b"data")
    for sender, content, rule in (
        (ExternalSenderIndex(0), commit, "message.sender"),
        (NewMemberProposal(), commit, "message.sender"),
        (NewMemberCommit(), commit, "external_commit.path_missing"),
        (ExternalSenderIndex(0), data, "message.public_application"),
        (mls.MemberSender(1), data, "message.public_application"),
        (mls.MemberSender(7), ProposalContent(psk()), "message.sender"),
    ):
        message = forge(bob, content, dice, private=False, sender=sender)
        with refused(rule, alice):
            alice.receive(message)


def test_a_private_message_of_a_leaf_without_a_member_is_refused(dice: Dice) -> None:
    groups = town(4, dice)
    rest = [groups[0], groups[1], groups[3]]
    step(rest, 0, dice, remove=[2])
    twin = copy(groups[1])
    twin.state.epoch.private = replace(twin.state.epoch.private, leaf=2)
    message = forge(twin, ApplicationContent(b"ghost"), dice)
    # The sender is looked at before anything is decrypted: the ciphertext of the second is broken at its end.
    for ghost in (message, message[:-1] + bytes([message[-1] ^ 1])):
        with refused("message.sender", groups[0]):
            groups[0].receive(ghost)


def test_a_message_signed_by_another_key_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    other = groups[2].own_profile.signing_key
    for private in (True, False):
        for content in (ProposalContent(psk()), CommitContent(Commit((), None))):
            message = forge(groups[1], content, dice, private=private, signer=other)
            with refused("message.signature", groups[0]):
                groups[0].receive(message)
    message = forge(groups[1], ApplicationContent(b"data"), dice, signer=other)
    with refused("message.signature", groups[0]):
        groups[0].receive(message)


def test_a_message_to_another_group_is_refused(dice: Dice) -> None:
    alice, bob = town(2, dice)
    other = town(2, dice)
    for message in (
        other[0].encrypt(b"x", random=dice),
        other[0].propose(psk(), private=False, random=dice),
        forge(bob, ApplicationContent(b"x"), dice, group_id=other[0].group_id),
    ):
        with refused("message.group_id", alice):
            alice.receive(message)


def test_what_is_no_message_inside_a_group_is_refused(dice: Dice) -> None:
    alice, _ = town(2, dice)
    key_package, _ = package(dice)
    staged = alice.commit(add=[key_package], random=dice, now=NOW)
    for message in (staged.welcome, alice.group_info(random=dice)):
        assert message is not None
        with refused("message.wire_format", alice):
            alice.receive(message)


def test_a_public_message_without_the_groups_keys_is_refused(dice: Dice) -> None:
    alice, bob = town(2, dice)
    stranger = copy(bob)
    secrets = stranger.state.epoch.secrets
    stranger.state.epoch.secrets = replace(secrets, membership_key=secrets.init_secret)
    message = forge_proposal(stranger, psk(), dice, private=False)
    with refused("message.membership_tag", alice):
        alice.receive(message)
