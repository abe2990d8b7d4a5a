"""What other implementations let through, each refused here: joining, by a Welcome and by a GroupInfo."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.codec import varint
from taboon_crypto.mls.extension import EXTERNAL_PUB, RATCHET_TREE, ExternalPub
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.welcome import GroupInfo, Welcome

from .kit import LEAF, NOW, POLICY, Dice, agree, package, profile, step, town
from .test_join import Invited, context, invite
from .test_refusals import LOW_ORDER_POINTS


@pytest.fixture
def invited(dice: Dice) -> Invited:
    return invite(dice)


def goes_on(invited: Invited, dice: Dice) -> None:
    """Whoever was refused a forged Welcome joins by the real one, and the group goes on with it."""
    groups = [*invited.groups, invited.join()]
    agree(groups, dice)
    step(groups, 3, dice)
    agree(groups, dice)


def refuses(rule: str) -> "pytest.RaisesExc[mls.ValidationError]":
    return pytest.raises(mls.ValidationError, match=rf"\[{rule}\]$")


def test_a_group_info_signed_by_another_leaf_than_it_says_is_refused(invited: Invited, dice: Dice) -> None:
    for group in (invited.groups[0], invited.groups[2]):
        with refuses("group_info.signature"):
            invited.join(invited.reforge(signer=group.own_profile.signing_key))
    with refuses("group_info.signature"):
        invited.join(invited.reforge(info=lambda info: replace(info, signer=2)))
    with refuses("group_info.signer"):
        invited.join(invited.reforge(info=lambda info: replace(info, signer=9)))
    goes_on(invited, dice)
    # And for who would let itself in.
    info = open_as(GroupInfo, invited.groups[0].group_info(random=dice))
    key = invited.groups[2].own_profile.signing_key
    forged = GroupInfo.make(
        invited.groups[0].suite, key, info.signer, info.group_context, info.confirmation_tag, info.extensions
    )
    with refuses("group_info.signature"):
        mls.Group.join_by_commit(wrap(forged), profile(dice), random=dice)


def _without_tree(info: GroupInfo) -> GroupInfo:
    rest = tuple(each for each in info.extensions if each.extension_type != RATCHET_TREE)
    return replace(info, extensions=rest)


def test_a_welcome_with_no_tree_and_no_way_to_verify_one_is_refused(invited: Invited, dice: Dice) -> None:
    bare = invited.reforge(info=_without_tree)
    with refuses("group_info.tree_missing"):
        invited.join(bare)
    other = town(4, dice)[0].ratchet_tree
    for tree in (b"", b"\0"):
        with refuses("tree.trailing_blank"):
            invited.join(bare, ratchet_tree=tree) if tree else invited.join(bare, ratchet_tree=b"\x01\0")
    with pytest.raises(mls.ValidationError):
        invited.join(bare, ratchet_tree=other)
    # The tree of the right members in another state is none either.
    old = invited.groups[0].ratchet_tree
    step(invited.groups, 0, dice)
    with refuses("group_info.tree_hash"):
        invited.join(bare, ratchet_tree=invited.groups[0].ratchet_tree)
    assert invited.join(bare, ratchet_tree=old).tree_hash != invited.groups[0].tree_hash


def test_a_welcome_opens_only_with_the_key_package_it_was_made_for(invited: Invited, dice: Dice) -> None:
    other, other_secrets = package(dice)
    with refuses("welcome.new_member"):
        mls.Group.join(invited.welcome, other, other_secrets)
    with pytest.raises(mls.UsageError):
        mls.Group.join(invited.welcome, invited.key_package, other_secrets)
    with pytest.raises(mls.UsageError):
        mls.Group.join(invited.welcome, other, invited.secrets)
    # Relabelled for the other one, it does not open.
    honest = open_as(Welcome, invited.welcome)
    relabelled = replace(honest, secrets=tuple(replace(entry, new_member=other.ref()) for entry in honest.secrets))
    with pytest.raises(mls.DecryptionError):
        mls.Group.join(wrap(relabelled), other, other_secrets)
    goes_on(invited, dice)


def test_a_welcome_for_a_group_id_that_exists_is_refused(invited: Invited, dice: Dice) -> None:
    present = invited.groups[0]
    before = present.parts()
    with refuses("group_info.group_known"):
        invited.join(known_groups={present.group_id, b"another"})
    assert invited.join(known_groups={b"another"}).group_id == present.group_id
    # A hostile group that takes the id of one that we are in.
    hostile = mls.Group.create(3, present.group_id, profile(dice), now=NOW, random=dice)
    key_package, secrets = package(dice)
    staged = hostile.commit(add=[key_package], random=dice, now=NOW)
    with refuses("group_info.group_known"):
        mls.Group.join(staged.welcome or b"", key_package, secrets, known_groups={present.group_id})
    with refuses("group_info.group_known"):
        mls.Group.join_by_commit(
            hostile.group_info(random=dice), profile(dice), random=dice, known_groups={present.group_id}
        )
    assert present.parts() == before
    goes_on(invited, dice)


def test_a_welcome_with_an_unknown_or_guessed_psk_is_refused(dice: Dice) -> None:
    group = town(2, dice)[0]
    key_package, secrets = package(dice)
    staged = group.commit(add=[key_package], psks=[(b"psk", b"the key")], random=dice, now=NOW)
    welcome = staged.welcome or b""
    with pytest.raises(mls.UnknownPskError):
        mls.Group.join(welcome, key_package, secrets)
    for guess in (b"", bytes(32), b"another key"):
        with pytest.raises(mls.DecryptionError):
            mls.Group.join(welcome, key_package, secrets, psks=lambda _, __, guess=guess: guess)  # type: ignore[misc]  # bound at once
    joined = mls.Group.join(welcome, key_package, secrets, psks=lambda _, __: b"the key")
    assert joined.epoch_authenticator == staged.epoch_authenticator


def test_bytes_after_what_lets_somebody_in_are_refused(invited: Invited, dice: Dice) -> None:
    info = invited.groups[0].group_info(random=dice)
    for tail in (b"\0", b"\1", bytes(100)):
        with pytest.raises(mls.DecodeError):
            invited.join(invited.welcome + tail)
        with pytest.raises(mls.DecodeError):
            mls.Group.join_by_commit(info + tail, profile(dice), random=dice)
        with pytest.raises(mls.DecodeError):
            mls.KeyPackage.decode(invited.key_package.encode() + tail)
        with pytest.raises(mls.DecodeError):
            mls.KeyPackageSecrets.decode(invited.secrets.encode() + tail)
        with pytest.raises(mls.DecodeError):
            invited.join(invited.reforge(info=_without_tree), ratchet_tree=invited.groups[0].ratchet_tree + tail)
    goes_on(invited, dice)


def _million(tree: bytes) -> dict[str, bytes]:
    leaf = tree[len(varint(len(tree))) :]
    million = bytes(10**6)
    return {
        "nothing but blanks": varint(len(million)) + million,
        "blanks before a leaf": varint(len(million) + len(leaf)) + million + leaf,
        "blanks after a leaf": varint(len(million) + len(leaf)) + leaf + million,
    }


@pytest.mark.parametrize("kind", ["nothing but blanks", "blanks before a leaf", "blanks after a leaf"])
def test_a_tree_of_a_million_blank_nodes_is_refused_before_it_is_built(kind: str, dice: Dice) -> None:
    invited = invite(dice)
    one = mls.Group.create(3, b"id", profile(dice), now=NOW, random=dice).ratchet_tree
    tree = _million(one)[kind]
    with_tree = invited.reforge(
        info=lambda info: replace(
            _without_tree(info),
            extensions=(*_without_tree(info).extensions, mls.Extension(RATCHET_TREE, tree)),
        )
    )
    with pytest.raises((mls.DecodeError, mls.ValidationError)):
        invited.join(with_tree)
    with pytest.raises((mls.DecodeError, mls.ValidationError)):
        invited.join(invited.reforge(info=_without_tree), ratchet_tree=tree)
    goes_on(invited, dice)


@pytest.mark.parametrize("point", LOW_ORDER_POINTS, ids=lambda point: point.hex()[:8])
def test_nobody_lets_itself_in_with_a_low_order_key_of_the_group(point: bytes, dice: Dice) -> None:
    group = town(2, dice)[0]
    info = open_as(GroupInfo, group.group_info(random=dice))
    rest = tuple(each for each in info.extensions if each.extension_type != EXTERNAL_PUB)
    forged = GroupInfo.make(
        group.suite,
        group.own_profile.signing_key,
        info.signer,
        info.group_context,
        info.confirmation_tag,
        (*rest, mls.Extension(EXTERNAL_PUB, ExternalPub(point).encode())),
    )
    with refuses("hpke_key"):
        mls.Group.join_by_commit(wrap(forged), profile(dice), random=dice)


@pytest.mark.parametrize("point", LOW_ORDER_POINTS, ids=lambda point: point.hex()[:8])
def test_a_welcome_encapsulated_to_a_low_order_point_does_not_open(point: bytes, dice: Dice) -> None:
    invited = invite(dice)
    honest = open_as(Welcome, invited.welcome)
    entries = tuple(
        replace(entry, encrypted_group_secrets=replace(entry.encrypted_group_secrets, kem_output=point))
        for entry in honest.secrets
    )
    with pytest.raises(mls.DecryptionError):
        invited.join(wrap(replace(honest, secrets=entries)))
    goes_on(invited, dice)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("confirmation_tag", context(epoch=7)),
        ("confirmation_tag", context(group_id=b"another")),
        ("group_info.cipher_suite", context(cipher_suite=0x0001)),
        ("confirmation_tag", context(confirmed_transcript_hash=bytes(32))),
        ("confirmation_tag", context(extensions=())),
        ("confirmation_tag", context(extensions=(mls.Extension(POLICY, b"milder"),))),
        ("confirmation_tag", context(extensions=(mls.Extension(LEAF, b""), mls.Extension(POLICY, b"")))),
        ("leaf_node.group_extensions", context(extensions=(mls.Extension(0xF700, b""),))),
        ("group_info.tree_hash", context(tree_hash=bytes(32))),
        ("confirmation_tag", lambda info: replace(info, confirmation_tag=bytes(32))),
        ("confirmation_tag", lambda info: replace(info, confirmation_tag=b"")),
    ],
)
def test_a_welcome_that_lies_about_the_group_is_refused(
    rule: str, change: Callable[[GroupInfo], GroupInfo], dice: Dice
) -> None:
    # The welcomer signs what it likes; the key schedule and the leaves do not agree with it.
    invited = invite(dice)
    with pytest.raises(mls.ValidationError) as caught:
        invited.join(invited.reforge(info=change))
    assert caught.value.rule in (rule, "leaf_node.signature")
    goes_on(invited, dice)


def test_a_welcome_of_another_version_is_not_supported(invited: Invited) -> None:
    with pytest.raises(mls.UnsupportedError):
        invited.join(invited.reforge(info=context(version=2)))


def test_a_key_package_is_good_for_the_group_it_was_used_for_alone(invited: Invited, dice: Dice) -> None:
    # Its leaf stands in another group too if somebody adds it twice: that its owner forgets it is what prevents that.
    other = town(2, dice, extensions=(mls.Extension(POLICY, b""),))
    staged = other[0].commit(add=[invited.key_package], random=dice, now=NOW)
    with refuses("welcome.new_member"):
        open_as(Welcome, staged.welcome or b"").open_secrets(
            invited.groups[0].suite, package(dice)[0].ref(), invited.secrets.init_private
        )
    joined = invited.join()
    parts = b"".join(joined.parts().values())
    assert bytes(invited.secrets.init_private) not in parts


def test_a_group_reinitialised_to_a_version_nobody_here_speaks_is_not_begun(dice: Dice) -> None:
    groups = town(2, dice)
    step(groups, 0, dice, reinit=mls.ReInit(b"next", 2, 3, ()))
    before = groups[0].parts()
    with pytest.raises(mls.UnsupportedError):
        mls.reinitialise(
            groups[0], groups[0].own_profile, [package(dice, groups[1].own_profile)[0]], now=NOW, random=dice
        )
    assert groups[0].parts() == before
