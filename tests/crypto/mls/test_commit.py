"""group/commit: the path of a commit, the tree it leads to, and what only one member can judge; external commits."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.group.external import join_by_commit
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.framing import CommitContent, NewMemberCommit
from taboon_crypto.mls.messages.proposal import ByReference, ByValue, Commit
from taboon_crypto.mls.messages.protection import PublicMessage
from taboon_crypto.mls.messages.welcome import GroupInfo
from taboon_crypto.mls.tree.kem import UpdatePath
from taboon_crypto.mls.tree.leaf_node import FromUpdate, ParentHash

from .kit import (
    LEAF,
    NOW,
    POLICY,
    SUITE,
    Dice,
    agree,
    careless,
    commit_in,
    copy,
    forge,
    forge_leaf,
    found,
    package,
    profile,
    raises,
    reforge_commit,
    refused,
    step,
    town,
)

framings = pytest.mark.parametrize("private", [True, False], ids=["private", "public"])
LOW_ORDER = bytes(32)


def honest(groups: list[mls.Group], actor: int, dice: Dice, **wishes: object) -> bytes:
    staged = groups[actor].commit(private=False, random=dice, **wishes)  # type: ignore[arg-type]  # keywords of commit
    assert staged.message is not None
    return staged.message


def with_path(change: Callable[[UpdatePath], UpdatePath]) -> Callable[[Commit], Commit]:
    def apply(commit: Commit) -> Commit:
        assert commit.path is not None
        return replace(commit, path=change(commit.path))

    return apply


def with_leaf(group: mls.Group, **changes: object) -> Callable[[Commit], Commit]:
    """Change the leaf in a path and sign it again as its member."""

    def apply(path: UpdatePath) -> UpdatePath:
        leaf_node = forge_leaf(
            path.leaf_node,
            group.own_profile.signing_key,
            group_id=group.group_id,
            leaf=group.own_leaf,
            **changes,
        )
        return replace(path, leaf_node=leaf_node)

    return with_path(apply)


# --- what every member checks alike -----------------------------------------------------------------------------------


@framings
@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("leaf_node.source", {"source": FromUpdate()}),
        ("leaf_node.source", {"source": mls.Lifetime(0, 2**40)}),
        ("path.parent_hash", {"source": ParentHash(bytes(32))}),
        ("path.parent_hash", {"source": ParentHash(b"")}),
        ("leaf_node.credential_listed", {"credential": mls.X509Credential(())}),
        ("leaf_node.extensions_listed", {"extensions": (mls.Extension(0xF777, b""),)}),
        ("leaf_node.suite_listed", {"capabilities": mls.Capabilities((1,), (2,), (POLICY, LEAF))}),
        ("leaf_node.version_listed", {"capabilities": mls.Capabilities((7,), (3,), (POLICY, LEAF))}),
        ("leaf_node.group_extensions", {"capabilities": mls.Capabilities.of(extensions=(LEAF,))}),
        ("hpke_key", {"encryption_key": LOW_ORDER}),
        ("hpke_key", {"encryption_key": b"short"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_path_whose_leaf_breaks_a_rule_is_refused(
    rule: str, changes: dict[str, object], private: bool, dice: Dice
) -> None:
    groups = town(3, dice, extensions=(mls.Extension(POLICY, b""),))
    message = honest(groups, 1, dice)
    forged = reforge_commit(groups[1], message, with_leaf(groups[1], **changes), dice, private=private)
    with refused(rule, groups[0]):
        groups[0].receive(forged)


def test_a_path_that_keeps_the_leaf_key_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    old = groups[1].member(1).encryption_key
    message = honest(groups, 1, dice)
    forged = reforge_commit(groups[1], message, with_leaf(groups[1], encryption_key=old), dice)
    with refused("path.leaf_key", groups[0]):
        groups[0].receive(forged)


def test_a_path_with_a_leaf_signed_for_elsewhere_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    message = honest(groups, 1, dice)
    signer = groups[1].own_profile.signing_key
    for group_id, leaf in ((b"elsewhere", 1), (groups[1].group_id, 2)):
        forged = reforge_commit(
            groups[1],
            message,
            with_path(
                lambda path, group_id=group_id, leaf=leaf: replace(  # type: ignore[misc]  # bound at once
                    path, leaf_node=forge_leaf(path.leaf_node, signer, group_id=group_id, leaf=leaf)
                )
            ),
            dice,
        )
        with refused("leaf_node.signature", groups[0]):
            groups[0].receive(forged)
    forged = reforge_commit(
        groups[1],
        message,
        with_path(lambda path: replace(path, leaf_node=replace(path.leaf_node, signature_key=b"\x01" + bytes(31)))),
        dice,
    )
    with refused("signature_key", groups[0]):
        groups[0].receive(forged)


def test_a_path_to_another_members_signature_key_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    stolen = replace(groups[1].own_profile, signing_key=groups[2].own_profile.signing_key)
    with refused("tree.signature_key_unique", groups[1]):
        groups[1].commit(member=stolen, random=dice)
    with careless():
        staged = groups[1].commit(member=stolen, random=dice)
    assert staged.message is not None
    with refused("tree.signature_key_unique", groups[0]):
        groups[0].receive(staged.message)


@framings
def test_a_path_of_the_wrong_shape_is_refused(private: bool, dice: Dice) -> None:
    groups = town(4, dice)
    message = honest(groups, 1, dice)
    shapes: list[tuple[str, Callable[[UpdatePath], UpdatePath]]] = [
        ("path.length", lambda path: replace(path, nodes=path.nodes[:-1])),
        ("path.length", lambda path: replace(path, nodes=(*path.nodes, path.nodes[0]))),
        ("path.length", lambda path: replace(path, nodes=())),
        (
            "path.ciphertexts",
            lambda path: replace(path, nodes=(replace(path.nodes[0], encrypted_path_secret=()), *path.nodes[1:])),
        ),
        (
            "path.ciphertexts",
            lambda path: replace(
                path,
                nodes=(
                    replace(path.nodes[0], encrypted_path_secret=path.nodes[0].encrypted_path_secret * 2),
                    *path.nodes[1:],
                ),
            ),
        ),
        (
            "path.key_unique",
            lambda path: replace(
                path,
                nodes=(replace(path.nodes[0], encryption_key=path.nodes[1].encryption_key), *path.nodes[1:]),
            ),
        ),
        (
            "path.key_unique",
            lambda path: replace(
                path,
                nodes=(replace(path.nodes[0], encryption_key=groups[3].member(3).encryption_key), *path.nodes[1:]),
            ),
        ),
        (
            "hpke_key",
            lambda path: replace(path, nodes=(replace(path.nodes[0], encryption_key=LOW_ORDER), *path.nodes[1:])),
        ),
    ]
    for rule, change in shapes:
        forged = reforge_commit(groups[1], message, with_path(change), dice, private=private)
        with refused(rule, groups[0]):
            groups[0].receive(forged)


def test_a_path_may_not_reuse_a_key_it_replaces(dice: Dice) -> None:
    groups = town(4, dice)
    root = next(
        node.encryption_key
        for node in [groups[0].state.epoch.tree.node(groups[0].state.epoch.tree.root)]
        if node is not None
    )
    message = honest(groups, 1, dice)
    forged = reforge_commit(
        groups[1],
        message,
        with_path(lambda path: replace(path, nodes=(*path.nodes[:-1], replace(path.nodes[-1], encryption_key=root)))),
        dice,
    )
    with refused("path.key_unique", groups[0]):
        groups[0].receive(forged)


def test_a_path_with_another_public_key_breaks_the_parent_hash(dice: Dice) -> None:
    groups = town(4, dice)
    message = honest(groups, 1, dice)
    other = groups[0].suite.generate_key_pair(dice).public
    forged = reforge_commit(
        groups[1],
        message,
        with_path(lambda path: replace(path, nodes=(replace(path.nodes[0], encryption_key=other), *path.nodes[1:]))),
        dice,
    )
    with refused("path.parent_hash", groups[0]):
        groups[0].receive(forged)


def test_a_newcomer_gets_no_path_secret_in_the_commit(dice: Dice) -> None:
    groups = town(3, dice)
    key_package, _ = package(dice)
    path = commit_in(honest(groups, 0, dice, add=[key_package], path=True, now=NOW)).path
    assert path is not None
    before = commit_in(honest(groups, 0, dice, path=True)).path
    assert before is not None
    count = [len(node.encrypted_path_secret) for node in path.nodes]
    assert count[: len(before.nodes)] == [len(node.encrypted_path_secret) for node in before.nodes]


# --- what only one member can judge -----------------------------------------------------------------------------------


def spoil_for(groups: list[mls.Group], actor: int, position: int, dice: Dice) -> bytes:
    """Commit a path whose secret at one position does not open; all else is as it should be."""
    message = honest(groups, actor, dice, authenticated_data=b"spoiled")

    def change(path: UpdatePath) -> UpdatePath:
        node = path.nodes[position]
        sealed = tuple(replace(each, ciphertext=bytes(len(each.ciphertext))) for each in node.encrypted_path_secret)
        nodes = list(path.nodes)
        nodes[position] = replace(node, encrypted_path_secret=sealed)
        return replace(path, nodes=tuple(nodes))

    return reforge_commit(groups[actor], message, with_path(change), dice)


def test_a_path_secret_that_does_not_open_keeps_only_its_receiver_from_following(dice: Dice) -> None:
    groups = town(4, dice)
    message = spoil_for(groups, 1, 0, dice)
    with pytest.raises(mls.CannotFollowError) as caught:
        groups[0].receive(message)
    assert isinstance(caught.value.cause, mls.DecryptionError)
    assert caught.value.commit.sender_leaf == 1
    assert caught.value.commit.authenticated_data == b"spoiled"
    assert caught.value.commit.has_path
    assert caught.value.commit.members()[1].encryption_key != groups[0].member(1).encryption_key
    assert not isinstance(caught.value.commit, mls.StagedCommit)


@pytest.mark.parametrize("kem_output", [bytes(32), b"", b"short", b"\x01" + bytes(31)])
def test_an_encapsulation_of_low_order_does_not_open(kem_output: bytes, dice: Dice) -> None:
    groups = town(2, dice)
    message = honest(groups, 1, dice)

    def change(path: UpdatePath) -> UpdatePath:
        node = path.nodes[0]
        sealed = tuple(replace(each, kem_output=kem_output) for each in node.encrypted_path_secret)
        return replace(path, nodes=(replace(node, encrypted_path_secret=sealed), *path.nodes[1:]))

    forged = reforge_commit(groups[1], message, with_path(change), dice)
    with raises(mls.CannotFollowError, groups[0]):
        groups[0].receive(forged)


def test_a_path_secret_that_gives_other_keys_is_noticed(dice: Dice) -> None:
    groups = town(2, dice)
    message = honest(groups, 1, dice)
    suite = groups[0].suite

    def change(path: UpdatePath) -> UpdatePath:
        context = b"any"
        sealed = suite.encrypt_with_label(groups[0].member(0).encryption_key, b"UpdatePathNode", context, dice(32))
        return replace(path, nodes=(replace(path.nodes[0], encrypted_path_secret=(sealed,)),))

    forged = reforge_commit(groups[1], message, with_path(change), dice)
    with raises(mls.CannotFollowError, groups[0]):
        groups[0].receive(forged)


@framings
def test_a_wrong_confirmation_tag_is_refused(private: bool, dice: Dice) -> None:
    groups = town(3, dice)
    message = honest(groups, 1, dice)
    forged = forge(groups[1], CommitContent(commit_in(message)), dice, private=private, tag=bytes(32))
    with pytest.raises(mls.CannotFollowError) as caught:
        groups[0].receive(forged)
    assert isinstance(caught.value.cause, mls.SignatureError)
    assert caught.value.cause.rule == "confirmation_tag"
    for tag in (b"", bytes(31), bytes(33)):
        forged = forge(groups[1], CommitContent(commit_in(message)), dice, private=private, tag=tag)
        with raises(mls.CannotFollowError, groups[0]):
            groups[0].receive(forged)


def test_a_wrong_psk_keeps_a_member_from_following(dice: Dice) -> None:
    alice, bob = town(2, dice)
    staged = alice.commit(psks=[(b"psk", b"one")], random=dice)
    assert staged.message is not None
    with pytest.raises(mls.CannotFollowError) as caught:
        bob.receive(staged.message, psks=lambda _, __: b"another")
    assert isinstance(caught.value.cause, mls.SignatureError)
    with pytest.raises(mls.CannotFollowError) as caught:
        bob.receive(staged.message)
    assert isinstance(caught.value.cause, mls.UnknownPskError)
    assert [psk_id.psk for psk_id in caught.value.commit.psk_ids] == [mls.ExternalPsk(b"psk")]


def test_an_update_whose_key_is_lost_keeps_its_member_from_following(dice: Dice) -> None:
    groups = town(3, dice)
    lost = copy(groups[1])
    message = groups[1].propose_update(random=dice)
    for group in (groups[0], groups[2], lost):
        group.receive(message)
    staged = groups[0].commit(random=dice)
    assert staged.message is not None
    with pytest.raises(mls.CannotFollowError) as caught:
        lost.receive(staged.message)
    assert isinstance(caught.value.cause, mls.KeyUnavailableError)
    assert isinstance(groups[1].receive(staged.message), mls.StagedCommit)


# --- external commits -------------------------------------------------------------------------------------------------


def from_outside(groups: list[mls.Group], dice: Dice, signer: mls.SigningKey) -> tuple[mls.Group, bytes]:
    return mls.Group.join_by_commit(groups[0].group_info(random=dice), profile(dice, signer=signer), random=dice)


def reforge_external(
    message: bytes, groups: list[mls.Group], signer: mls.SigningKey, change: Callable[[Commit], Commit], dice: Dice
) -> bytes:
    tag = open_as(PublicMessage, message).auth.confirmation_tag
    return forge(
        groups[0],
        CommitContent(change(commit_in(message))),
        dice,
        private=False,
        tag=tag,
        signer=signer,
        sender=NewMemberCommit(),
    )


def test_an_external_commit_whose_list_breaks_a_rule_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    signer = mls.SigningKey.generate(dice)
    _, message = from_outside(groups, dice, signer)
    init = commit_in(message).proposals[0]
    key_package, _ = package(dice)
    psk = mls.PreSharedKey(mls.PreSharedKeyID(mls.ExternalPsk(b"x"), bytes(32)))
    branch = mls.PreSharedKey(mls.PreSharedKeyID(mls.ResumptionPsk(mls.ResumptionUsage.BRANCH, b"g", 1), bytes(32)))
    kept = groups[0].receive(groups[1].propose(psk, random=dice))
    assert isinstance(kept, mls.ProposalMessage)
    lists: list[tuple[str, tuple[ByValue | ByReference, ...]]] = [
        ("external_commit.external_init", ()),
        ("external_commit.external_init", (init, init)),
        ("external_commit.removes", (init, ByValue(mls.Remove(1)), ByValue(mls.Remove(2)))),
        ("external_commit.proposal", (init, ByValue(mls.Add(key_package)))),
        ("external_commit.proposal", (init, ByValue(mls.GroupContextExtensions(())))),
        ("external_commit.proposal", (init, ByValue(mls.ReInit(b"new", 1, SUITE, ())))),
        ("external_commit.reference", (init, ByReference(kept.reference))),
        ("external_commit.reference", (init, ByReference(bytes(32)))),
        ("remove.blank_leaf", (init, ByValue(mls.Remove(7)))),
        ("commit.psk_twice", (init, ByValue(psk), ByValue(psk))),
        ("psk.usage_branch", (init, ByValue(branch))),
    ]
    for rule, proposals in lists:
        forged = reforge_external(
            message,
            groups,
            signer,
            lambda commit, proposals=proposals: replace(commit, proposals=proposals),  # type: ignore[misc]  # bound at once
            dice,
        )
        with refused(rule, groups[0]):
            groups[0].receive(forged)


def test_an_external_commit_without_a_path_or_signed_by_another_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    signer = mls.SigningKey.generate(dice)
    _, message = from_outside(groups, dice, signer)
    forged = reforge_external(message, groups, signer, lambda commit: replace(commit, path=None), dice)
    with refused("external_commit.path_missing", groups[0]):
        groups[0].receive(forged)
    forged = reforge_external(message, groups, mls.SigningKey.generate(dice), lambda commit: commit, dice)
    with refused("message.signature", groups[0]):
        groups[0].receive(forged)


def test_an_external_commit_with_a_useless_encapsulation_is_refused(dice: Dice) -> None:
    groups = town(3, dice)
    signer = mls.SigningKey.generate(dice)
    _, message = from_outside(groups, dice, signer)
    for kem_output in (bytes(32), b"", b"\x01" + bytes(31)):
        forged = reforge_external(
            message,
            groups,
            signer,
            lambda commit, kem_output=kem_output: replace(  # type: ignore[misc]  # bound at once
                commit, proposals=(ByValue(mls.ExternalInit(kem_output)),)
            ),
            dice,
        )
        with raises(mls.DecryptionError, groups[0]):
            groups[0].receive(forged)


def test_an_external_commit_by_a_member_must_replace_it(dice: Dice) -> None:
    groups = town(3, dice)
    member = groups[2].own_profile
    info = groups[0].group_info(random=dice)
    with pytest.raises(mls.ValidationError) as caught:
        mls.Group.join_by_commit(info, member, random=dice)
    assert caught.value.rule == "tree.signature_key_unique"
    _, message = mls.Group.join_by_commit(info, member, replacing=2, random=dice)
    assert isinstance(groups[0].receive(message), mls.StagedCommit)
    forged = reforge_external(
        message,
        groups,
        member.signing_key,
        lambda commit: replace(commit, proposals=commit.proposals[:1]),
        dice,
    )
    # Without the removal its leaf would be another one: nothing of it fits.
    with raises(mls.ValidationError, groups[0]):
        groups[0].receive(forged)


def test_an_external_commit_removes_not_the_last_member(dice: Dice) -> None:
    group = found(dice)
    with pytest.raises(mls.ValidationError) as caught:
        mls.Group.join_by_commit(group.group_info(random=dice), profile(dice), replacing=0, random=dice)
    assert caught.value.rule == "commit.last_member"


def test_an_external_commit_must_replace_the_leaf_key(dice: Dice) -> None:
    groups = town(3, dice)
    member, old = groups[2].own_profile, groups[0].member(2).encryption_key
    info = groups[0].group_info(random=dice)
    _, message = mls.Group.join_by_commit(info, member, replacing=2, random=dice)
    forged = reforge_external(
        message,
        groups,
        member.signing_key,
        with_path(
            lambda path: replace(
                path,
                leaf_node=forge_leaf(
                    path.leaf_node, member.signing_key, group_id=groups[0].group_id, leaf=2, encryption_key=old
                ),
            )
        ),
        dice,
    )
    with refused("path.leaf_key", groups[0]):
        groups[0].receive(forged)


def test_a_group_info_without_a_key_for_it_lets_nobody_join_by_commit(dice: Dice) -> None:
    groups = town(2, dice)
    info = groups[0].group_info(external_pub=False, random=dice)
    with pytest.raises(mls.ValidationError) as caught:
        mls.Group.join_by_commit(info, profile(dice), random=dice)
    assert caught.value.rule == "group_info.external_pub"


def test_who_joins_by_commit_checks_its_own_commit_first(dice: Dice) -> None:
    groups = town(2, dice, extensions=(mls.Extension(POLICY, b""),))
    info = groups[0].group_info(random=dice)
    for rule, member, replacing in (
        ("remove.blank_leaf", profile(dice), 7),
        ("leaf_node.group_extensions", profile(dice, capabilities=mls.Capabilities.of(extensions=(LEAF,))), None),
    ):
        with refused(rule):
            mls.Group.join_by_commit(info, member, replacing=replacing, random=dice)


def test_an_external_commit_of_an_old_group_info_is_refused(dice: Dice) -> None:
    groups = town(2, dice)
    info = groups[0].group_info(random=dice)
    step(groups, 1, dice)
    _, message = mls.Group.join_by_commit(info, profile(dice), random=dice)
    with raises(mls.EpochGoneError, groups[0]):
        groups[0].receive(message)


def test_a_group_info_of_somebody_else_is_refused(dice: Dice) -> None:
    groups = town(2, dice)
    info = open_as(GroupInfo, groups[0].group_info(random=dice))
    for forged, rule in (
        (replace(info, signer=1), "group_info.signature"),
        (replace(info, signer=9), "group_info.signer"),
        (replace(info, confirmation_tag=bytes(32)), "group_info.signature"),
        (replace(info, signature=bytes(64)), "group_info.signature"),
    ):
        with pytest.raises(mls.ValidationError) as caught:
            join_by_commit(
                wrap(forged),
                profile(dice),
                replacing=None,
                psks=(),
                authenticated_data=b"",
                ratchet_tree=None,
                now=None,
                limits=mls.Limits(),
                random=dice,
            )
        assert caught.value.rule == rule


def test_everybody_agrees_after_an_external_commit_into_a_tree_with_holes(dice: Dice) -> None:
    groups = town(5, dice)
    rest = [groups[0], groups[2], groups[4]]
    step(rest, 0, dice, remove=[1, 3])
    newcomer, message = mls.Group.join_by_commit(rest[1].group_info(random=dice), profile(dice), random=dice)
    for group in rest:
        staged = group.receive(message)
        assert isinstance(staged, mls.StagedCommit)
        group.merge(staged)
    assert newcomer.own_leaf == 1
    agree([*rest, newcomer], dice)
