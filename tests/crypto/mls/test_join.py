"""group/join and group/origin: every check of who is welcomed, broken once by whoever welcomes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.ciphersuite import SigningKey
from taboon_crypto.mls.extension import RATCHET_TREE
from taboon_crypto.mls.group import resume
from taboon_crypto.mls.keys.psk import psk_secret
from taboon_crypto.mls.keys.schedule import epoch_secrets, welcome_secret
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.welcome import (
    EncryptedGroupSecrets,
    GroupInfo,
    GroupSecrets,
    Welcome,
    open_group_info,
    seal_group_info,
)
from taboon_crypto.mls.tree.hashes import tree_hash
from taboon_crypto.mls.tree.leaf_node import FromUpdate
from taboon_crypto.mls.tree.nodes import ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

from .kit import DAY, LEAF, NOW, POLICY, SUITE, Dice, forge_leaf, found, package, profile, raises, refused, step, town


@dataclass
class Invited:
    """Somebody who was just added, with all that it takes to forge its Welcome."""

    groups: list[mls.Group]
    key_package: mls.KeyPackage
    secrets: mls.KeyPackageSecrets
    welcome: bytes
    signer: SigningKey

    def join(self, welcome: bytes | None = None, **options: Any) -> mls.Group:
        return mls.Group.join(welcome or self.welcome, self.key_package, self.secrets, **options)

    def reforge(
        self,
        *,
        info: Callable[[GroupInfo], GroupInfo] | None = None,
        tree: Callable[[list[Any]], None] | None = None,
        secrets: Callable[[GroupSecrets], GroupSecrets] | None = None,
        signer: SigningKey | None = None,
        psks: tuple[tuple[mls.PreSharedKeyID, bytes], ...] = (),
    ) -> bytes:
        """Change what a Welcome says, and sign and seal it again."""
        suite = self.groups[0].suite
        honest = open_as(Welcome, self.welcome)
        group_secrets = honest.open_secrets(suite, self.key_package.ref(), self.secrets.init_private)
        sealed = welcome_secret(suite, group_secrets.joiner_secret, suite.zero)
        group_info = open_group_info(suite, sealed, honest.encrypted_group_info)
        if tree is not None:
            group_info = self._with_tree(group_info, tree)
        if info is not None:
            group_info = info(group_info)
        group_info = GroupInfo.make(
            suite,
            signer or self.signer,
            group_info.signer,
            group_info.group_context,
            group_info.confirmation_tag,
            group_info.extensions,
        )
        if secrets is not None:
            group_secrets = secrets(group_secrets)
        sealed = welcome_secret(suite, group_secrets.joiner_secret, psk_secret(suite, psks))
        encrypted = seal_group_info(suite, sealed, group_info)
        entry = EncryptedGroupSecrets.seal(
            suite, self.key_package.ref(), self.key_package.init_key, encrypted, group_secrets
        )
        return wrap(Welcome(suite.suite_id, (entry,), encrypted))

    def _with_tree(self, group_info: GroupInfo, change: Callable[[list[Any]], None]) -> GroupInfo:
        suite = self.groups[0].suite
        data = mls.find_extension(group_info.extensions, RATCHET_TREE)
        assert data is not None
        honest = RatchetTree.decode(suite, data)
        nodes = list(honest._nodes)
        change(nodes)
        forged = RatchetTree(suite, nodes, [None] * len(nodes))
        rest = tuple(each for each in group_info.extensions if each.extension_type != RATCHET_TREE)
        context = replace(group_info.group_context, tree_hash=tree_hash(forged))
        return replace(
            group_info, group_context=context, extensions=(*rest, mls.Extension(RATCHET_TREE, forged.encode()))
        )


def invite(dice: Dice, *, flat: bool = False) -> Invited:
    """Invite somebody into a group of three; ``flat`` leaves the tree without any parent node."""
    groups = town(3, dice, extensions=(mls.Extension(POLICY, b""),), renew=not flat)
    key_package, secrets = package(dice)
    staged = step(groups, 1, dice, add=[key_package], path=None if flat else True, now=NOW)
    assert staged.welcome is not None
    return Invited(groups, key_package, secrets, staged.welcome, groups[1].own_profile.signing_key)


@pytest.fixture
def invited(dice: Dice) -> Invited:
    return invite(dice)


def context(**changes: Any) -> Callable[[GroupInfo], GroupInfo]:
    return lambda info: replace(info, group_context=replace(info.group_context, **changes))


def test_the_forge_makes_good_welcomes_of_unchanged_parts(invited: Invited) -> None:
    assert invited.join(invited.reforge()).epoch_authenticator == invited.groups[0].epoch_authenticator


def test_a_welcome_without_its_key_package_opens_nothing(invited: Invited, dice: Dice) -> None:
    key_package, secrets = package(dice)
    with refused("welcome.new_member"):
        mls.Group.join(invited.welcome, key_package, secrets)
    with pytest.raises(mls.UsageError):
        mls.Group.join(invited.welcome, invited.key_package, secrets)
    with pytest.raises(mls.UsageError):
        mls.Group.join(invited.welcome, key_package, invited.secrets)
    other, other_secrets = package(dice, suite=0x0001)
    with refused("welcome.cipher_suite"):
        mls.Group.join(invited.welcome, other, other_secrets)
    with refused("message.wire_format"):
        mls.Group.join(wrap(key_package), key_package, secrets)


def test_every_flipped_byte_of_a_welcome_is_refused(dice: Dice) -> None:
    group = found(dice)
    key_package, secrets = package(dice)
    welcome = group.commit(add=[key_package], random=dice, now=NOW).welcome
    assert welcome is not None
    for position in range(len(welcome)):
        changed = bytearray(welcome)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(mls.MlsError):
            mls.Group.join(bytes(changed), key_package, secrets)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("group_info.cipher_suite", context(cipher_suite=0x0001)),
        ("group_info.tree_hash", context(tree_hash=bytes(32))),
        ("extensions.unique", context(extensions=(mls.Extension(POLICY, b""),) * 2)),
        ("leaf_node.group_extensions", context(extensions=(mls.Extension(0xF700, b""),))),
        (
            "leaf_node.required_capabilities",
            context(
                extensions=(
                    mls.Extension(
                        mls.REQUIRED_CAPABILITIES, mls.RequiredCapabilities(extension_types=(0xF700,)).encode()
                    ),
                )
            ),
        ),
        ("confirmation_tag", context(confirmed_transcript_hash=bytes(32))),
        ("confirmation_tag", context(epoch=7)),
        ("confirmation_tag", lambda info: replace(info, confirmation_tag=bytes(32))),
        ("confirmation_tag", lambda info: replace(info, confirmation_tag=b"")),
        ("extensions.unique", lambda info: replace(info, extensions=info.extensions * 2)),
        ("group_info.tree_missing", lambda info: replace(info, extensions=())),
        ("group_info.signature", lambda info: replace(info, signer=0)),
        ("group_info.signer", lambda info: replace(info, signer=200)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_group_info_that_breaks_a_rule_is_refused(
    rule: str, change: Callable[[GroupInfo], GroupInfo], invited: Invited
) -> None:
    with refused(rule):
        invited.join(invited.reforge(info=change))


def test_a_group_info_of_another_version_is_not_supported(invited: Invited) -> None:
    with pytest.raises(mls.UnsupportedError):
        invited.join(invited.reforge(info=context(version=2)))


def test_a_group_info_signed_by_the_newcomer_itself_is_refused(invited: Invited) -> None:
    leaf = invited.join().own_leaf
    forged = invited.reforge(
        info=lambda info: replace(info, signer=leaf), signer=SigningKey(invited.secrets.signing_seed)
    )
    with refused("welcome.signer"):
        invited.join(forged)


Change = Callable[[list[Any]], None]


def parent(number: int, **changes: Any) -> Change:
    def change(nodes: list[Any]) -> None:
        assert isinstance(nodes[number], ParentNode)
        nodes[number] = replace(nodes[number], **changes)

    return change


def put(number: int, value: Any) -> Change:
    def change(nodes: list[Any]) -> None:
        nodes[number] = value

    return change


def resigned(index: int, group: mls.Group, signer: SigningKey | None = None, **changes: Any) -> Change:
    """Change a leaf and sign it again as its member."""
    signer = signer or group.own_profile.signing_key

    def change(nodes: list[Any]) -> None:
        nodes[2 * index] = forge_leaf(nodes[2 * index], signer, group_id=group.group_id, leaf=index, **changes)

    return change


def unsigned(nodes: list[Any]) -> None:
    nodes[4] = replace(nodes[4], signature=bytes(64))


def swapped(nodes: list[Any]) -> None:
    nodes[0], nodes[4] = nodes[4], nodes[0]


def test_a_tree_whose_parents_were_tampered_with_is_refused(invited: Invited, dice: Dice) -> None:
    fresh = invited.groups[0].suite.generate_key_pair(dice).public
    ours = invited.join().own_leaf
    for rule, change in (
        ("tree.parent_hash", parent(3, encryption_key=fresh)),
        ("tree.parent_hash", parent(3, parent_hash=bytes(32))),
        ("hpke_key", parent(3, encryption_key=bytes(32))),
        ("tree.parent_hash", parent(1, encryption_key=fresh)),
        ("tree.parent_hash", put(5, ParentNode(fresh, b"", ()))),
        ("tree.unmerged_descendant", parent(1, unmerged_leaves=(ours,))),
        ("tree.unmerged_sorted", parent(3, unmerged_leaves=(ours, ours))),
        ("tree.unmerged_between", parent(3, unmerged_leaves=(1, ours))),
        ("tree.parent_hash", swapped),
        ("tree.parent_hash", resigned(1, invited.groups[1], source=FromUpdate())),
    ):
        with refused(rule):
            invited.join(invited.reforge(tree=change))


def test_a_tree_whose_leaves_were_tampered_with_is_refused(dice: Dice) -> None:
    invited = invite(dice, flat=True)
    ours = invited.join().own_leaf
    zero, two = invited.groups[0], invited.groups[2]
    plain = mls.Capabilities.of(extensions=(LEAF,))
    for rule, change in (
        ("leaf_node.signature", unsigned),
        ("leaf_node.group_extensions", resigned(0, zero, capabilities=plain)),
        ("leaf_node.extensions_listed", resigned(0, zero, extensions=(mls.Extension(0xF777, b""),))),
        ("leaf_node.credential_listed", resigned(0, zero, credential=mls.X509Credential(()))),
        ("leaf_node.suite_listed", resigned(0, zero, capabilities=mls.Capabilities((1,), (1,), (POLICY, LEAF)))),
        ("leaf_node.version_listed", resigned(0, zero, capabilities=mls.Capabilities((), (3,), (POLICY, LEAF)))),
        ("hpke_key", resigned(0, zero, encryption_key=bytes(32))),
        ("signature_key", lambda nodes: put(0, replace(nodes[0], signature_key=b"\x01" + bytes(31)))(nodes)),
        ("tree.encryption_key_unique", resigned(0, zero, encryption_key=zero.member(2).encryption_key)),
        ("tree.signature_key_unique", resigned(0, zero, signer=two.own_profile.signing_key)),
        (
            "tree.credentials_supported",
            resigned(
                0,
                zero,
                credential=mls.X509Credential(()),
                capabilities=mls.Capabilities.of(extensions=(POLICY, LEAF), credentials=(1, 2)),
            ),
        ),
        ("welcome.own_leaf", resigned(ours, zero, SigningKey(invited.secrets.signing_seed), extensions=())),
    ):
        with refused(rule):
            invited.join(invited.reforge(tree=change))


def test_secrets_that_do_not_fit_the_tree_are_refused(invited: Invited) -> None:
    for rule, change in (
        ("path.public_key", lambda secrets: replace(secrets, path_secret=Secret(bytes(32)))),
        ("path.secret_length", lambda secrets: replace(secrets, path_secret=Secret(b"short"))),
        ("path.secret_length", lambda secrets: replace(secrets, path_secret=Secret(b""))),
        ("confirmation_tag", lambda secrets: replace(secrets, joiner_secret=Secret(bytes(32)))),
    ):
        with refused(rule):
            invited.join(invited.reforge(secrets=change))


def test_psks_of_a_welcome_are_held_to_the_rules(invited: Invited) -> None:
    external = mls.PreSharedKeyID(mls.ExternalPsk(b"x"), bytes(32))
    short = mls.PreSharedKeyID(mls.ExternalPsk(b"x"), bytes(31))
    branch = mls.PreSharedKeyID(mls.ResumptionPsk(mls.ResumptionUsage.BRANCH, b"g", 1), bytes(32))
    reinit = mls.PreSharedKeyID(mls.ResumptionPsk(mls.ResumptionUsage.REINIT, b"g", 1), bytes(32))
    for rule, psks in (
        ("psk.nonce_length", (short,)),
        ("welcome.psk_twice", (external, external)),
        ("welcome.resumption_count", (branch, reinit)),
    ):
        forged = invited.reforge(
            secrets=lambda secrets, psks=psks: replace(secrets, psks=psks),  # type: ignore[misc]  # bound at once
            psks=tuple((psk, b"known") for psk in psks),
        )
        with refused(rule):
            invited.join(forged, psks=lambda _, __: b"known")
    forged = invited.reforge(secrets=lambda secrets: replace(secrets, psks=(external,)), psks=((external, b"known"),))
    with pytest.raises(mls.UnknownPskError):
        invited.join(forged)
    # Known, it opens, and gives other secrets than the members have.
    with refused("confirmation_tag"):
        invited.join(forged, psks=lambda _, __: b"known")


def test_a_group_that_continues_another_is_joined_in_epoch_1_only(dice: Dice) -> None:
    invited = invite(dice)
    branch = mls.PreSharedKeyID(mls.ResumptionPsk(mls.ResumptionUsage.BRANCH, b"g", 1), bytes(32))
    suite = invited.groups[0].suite
    known = ((branch, b"known"),)
    joiner = Secret(bytes(32))

    def confirmed(info: GroupInfo) -> GroupInfo:
        secrets, _ = epoch_secrets(suite, joiner, psk_secret(suite, known), info.group_context.encode())
        return replace(
            info, confirmation_tag=suite.mac(secrets.confirmation_key, info.group_context.confirmed_transcript_hash)
        )

    forged = invited.reforge(
        info=confirmed, secrets=lambda secrets: replace(secrets, joiner_secret=joiner, psks=(branch,)), psks=known
    )
    with refused("welcome.resumed_epoch"):
        invited.join(forged, psks=lambda _, __: b"known")


def test_lifetimes_of_members_are_looked_at_with_a_clock_only(dice: Dice) -> None:
    groups = town(2, dice, renew=False)
    key_package, secrets = package(dice)
    staged = step(groups, 0, dice, add=[key_package], now=NOW)
    assert staged.welcome is not None
    mls.Group.join(staged.welcome, key_package, secrets)
    with refused("leaf_node.lifetime"):
        mls.Group.join(staged.welcome, key_package, secrets, now=NOW + 300 * DAY)


def test_a_successor_must_be_what_its_origin_asked_for(dice: Dice) -> None:
    """Whoever begins the successor of a group cannot make it another group than everybody agreed on."""
    signers = [SigningKey.generate(dice) for _ in range(2)]
    founder = mls.Group.create(SUITE, dice(32), profile(dice, signer=signers[0]), now=NOW, random=dice)
    key_package, secrets = package(dice, profile(dice, signer=signers[1]))
    staged = step([founder], 0, dice, add=[key_package], now=NOW)
    groups = [founder, mls.Group.join(staged.welcome or b"", key_package, secrets)]
    wanted = mls.ReInit(b"the successor", 1, SUITE, ())
    step(groups, 0, dice, reinit=wanted)

    def successor(**changes: Any) -> tuple[bytes, mls.KeyPackage, mls.KeyPackageSecrets]:
        """Begin another successor than the one that was agreed on."""
        liar = mls.Group.load(founder.parts())
        liar.state.lasting = replace(liar.state.lasting, reinit=replace(wanted, **changes))
        key_package, secrets = package(dice, profile(dice, signer=signers[1]))
        new, first = mls.reinitialise(liar, profile(dice, signer=signers[0]), [key_package], now=NOW, random=dice)
        new.merge(first)
        assert first.welcome is not None
        return first.welcome, key_package, secrets

    for changes in ({"group_id": b"another"}, {"extensions": (mls.Extension(POLICY, b""),)}):
        with refused("resume.parameters"):
            mls.Group.join(*successor(**changes), continues=groups[1])
    joined = mls.Group.join(*successor(), continues=groups[1])
    assert joined.group_id == b"the successor"
    # A member that does not know of the reinitialisation takes no successor.
    unaware = mls.Group.load(groups[1].parts())
    unaware.state.lasting = replace(unaware.state.lasting, reinit=None)
    with refused("resume.not_reinitialised"):
        mls.Group.join(*successor(), continues=unaware)
    with raises(mls.UnknownPskError, groups[1]):
        mls.Group.join(*successor(), continues=found(dice))
    with raises(mls.UsageError, groups[1]):
        mls.Group.join(*successor(), continues=found(dice), psks=lambda _, __: founder.resumption_psk())


def test_a_successor_lacks_no_member_and_a_branch_brings_no_stranger(dice: Dice) -> None:
    signers = [SigningKey.generate(dice) for _ in range(3)]
    founder = mls.Group.create(SUITE, dice(32), profile(dice, signer=signers[0]), now=NOW, random=dice)
    packages = [package(dice, profile(dice, signer=signer)) for signer in signers[1:]]
    staged = step([founder], 0, dice, add=[each for each, _ in packages], now=NOW)
    groups = [founder] + [mls.Group.join(staged.welcome or b"", *each) for each in packages]
    fresh, fresh_secrets = package(dice, profile(dice, signer=signers[1]))
    stranger, _ = package(dice)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resume, "check_subset", lambda *_: None)
        branch, first = mls.branch(
            founder, b"branch", profile(dice, signer=signers[0]), [fresh, stranger], now=NOW, random=dice
        )
    with refused("resume.members"):
        mls.Group.join(first.welcome or b"", fresh, fresh_secrets, continues=groups[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            resume,
            "Group",
            type("Other", (), {"create": lambda _suite, *args, **kwargs: mls.Group.create(0x0001, *args, **kwargs)}),
        )
        other, other_secrets = package(dice, profile(dice, signer=signers[1]), suite=0x0001)
        branch, first = mls.branch(founder, b"branch", profile(dice, signer=signers[0]), [other], now=NOW, random=dice)
    assert branch.suite.suite_id == 0x0001
    with refused("resume.parameters"):
        mls.Group.join(first.welcome or b"", other, other_secrets, continues=groups[1])
    step(groups, 0, dice, reinit=mls.ReInit(b"new", 1, SUITE, ()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resume, "check_same_members", lambda *_: None)
        _, first = mls.reinitialise(founder, profile(dice, signer=signers[0]), [fresh], now=NOW, random=dice)
    with refused("resume.members"):
        mls.Group.join(first.welcome or b"", fresh, fresh_secrets, continues=groups[1])
