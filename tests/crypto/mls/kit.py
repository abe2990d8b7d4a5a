"""A small world of members, and a forge for messages that no honest member sends.

town(3)                     three groups of one epoch, one for each member
agree(groups)               everybody is in the same epoch and can talk to everybody
step(groups, actor, ...)    one member commits, the others follow
forge(...)                  signs and protects any content as a member; nothing is checked
reforge_commit(...)         takes an honest commit apart, changes it, and signs it again
"""

import random as _random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from taboon_crypto import mls
from taboon_crypto.mls.ciphersuite import SigningKey
from taboon_crypto.mls.group import commit as commit_module
from taboon_crypto.mls.group.sending import protect
from taboon_crypto.mls.messages.envelope import open_as
from taboon_crypto.mls.messages.framing import (
    AuthenticatedContent,
    CommitContent,
    Content,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    ProposalContent,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.proposal import ByReference, ByValue, Commit, Proposal
from taboon_crypto.mls.messages.protection import PublicMessage

NOW = 1_750_000_000
DAY = 86_400
SUITE = 0x0003
POLICY = 0xF7B0
LEAF = 0xF7B1


class Dice:
    """Randomness from a seed, so that a failed history can be played again."""

    def __init__(self, seed: int = 0) -> None:
        self._source = _random.Random(seed)

    def __call__(self, length: int) -> bytes:
        return self._source.randbytes(length)


def profile(
    dice: Dice,
    *,
    signer: SigningKey | None = None,
    leaf: bytes = b"leaf",
    capabilities: mls.Capabilities | None = None,
    credential: mls.Credential | None = None,
) -> mls.MemberProfile:
    signer = signer or SigningKey.generate(dice)
    return mls.MemberProfile(
        signing_key=signer,
        credential=credential or mls.BasicCredential(identity=signer.public),
        extensions=(mls.Extension(LEAF, leaf),),
        capabilities=capabilities or mls.Capabilities.of(extensions=(POLICY, LEAF)),
    )


def package(
    dice: Dice, member: mls.MemberProfile | None = None, *, suite: int = SUITE, lifetime: int = DAY
) -> tuple[mls.KeyPackage, mls.KeyPackageSecrets]:
    member = member or profile(dice)
    return mls.KeyPackage.generate(suite, member, now=NOW, lifetime=lifetime, random=dice)


def found(
    dice: Dice,
    *,
    suite: int = SUITE,
    extensions: tuple[mls.Extension, ...] = (),
    limits: mls.Limits | None = None,
    signed_generations: bool = False,
) -> mls.Group:
    return mls.Group.create(
        suite,
        dice(32),
        profile(dice),
        extensions=extensions,
        now=NOW,
        random=dice,
        signed_generations=signed_generations,
        limits=limits or mls.Limits(),
    )


def town(
    count: int,
    dice: Dice,
    *,
    suite: int = SUITE,
    extensions: tuple[mls.Extension, ...] = (),
    limits: mls.Limits | None = None,
    signed_generations: bool = False,
    renew: bool = True,
) -> list[mls.Group]:
    """Return the groups of so many members in one epoch; with ``renew`` everybody has committed a path once."""
    groups = [found(dice, suite=suite, extensions=extensions, limits=limits, signed_generations=signed_generations)]
    packages = [package(dice, suite=suite) for _ in range(count - 1)]
    if packages:
        staged = groups[0].commit(add=[key_package for key_package, _ in packages], random=dice, now=NOW)
        groups[0].merge(staged)
        assert staged.welcome is not None
        groups += [
            mls.Group.join(
                staged.welcome,
                key_package,
                secrets,
                now=NOW,
                signed_generations=signed_generations,
                limits=limits or mls.Limits(),
            )
            for key_package, secrets in packages
        ]
    if renew:
        for actor in range(count):
            step(groups, actor, dice)
    return groups


def step(groups: Sequence[mls.Group], actor: int, dice: Dice, **wishes: Any) -> mls.StagedCommit:
    """One member commits and everybody follows who is still there; returns what the committer staged."""
    find = wishes.pop("find", None)
    staged = groups[actor].commit(random=dice, **wishes)
    assert staged.message is not None
    for number, group in enumerate(groups):
        if number != actor:
            followed = group.receive(staged.message, psks=find)
            assert isinstance(followed, mls.StagedCommit)
            group.merge(followed)
    groups[actor].merge(staged)
    return staged


def agree(groups: Sequence[mls.Group], dice: Dice) -> None:
    first = groups[0]
    for group in groups:
        assert group.epoch == first.epoch
        assert group.epoch_authenticator == first.epoch_authenticator
        assert group.tree_hash == first.tree_hash
        assert group.export("test", b"context", 40) == first.export("test", b"context", 40)
        assert group.members() == first.members()
    for speaker in groups:
        said = dice(12)
        message = speaker.encrypt(said, authenticated_data=b"seen", random=dice)
        for group in groups:
            if group is not speaker:
                heard = group.receive(message)
                assert isinstance(heard, mls.ApplicationMessage)
                assert (heard.data, heard.sender_leaf, heard.epoch) == (said, speaker.own_leaf, speaker.epoch)
                assert heard.authenticated_data == b"seen"


def copy(group: mls.Group) -> mls.Group:
    """Load a second copy of a member: for attacks, since nobody honest does this."""
    return mls.Group.load(group.parts(), limits=group.limits)


# --- the forge


def forge(
    group: mls.Group,
    content: Content,
    dice: Dice,
    *,
    private: bool = True,
    tag: bytes | None = None,
    signer: SigningKey | None = None,
    leaf: int | None = None,
    **fields: Any,
) -> bytes:
    """Sign and protect any content with a member's keys, without a single check.

    Args:
        group: Whose keys are used; its ratchet moves.
        content: What is said.
        dice: Randomness.
        private: Which framing.
        tag: Confirmation tag of a commit.
        signer: Another signing key.
        leaf: Another leaf to be named as the sender.
        fields: Fields of the FramedContent to be changed.
    """
    epoch = group.state.epoch
    wire_format = WireFormat.PRIVATE_MESSAGE if private else WireFormat.PUBLIC_MESSAGE
    framed = FramedContent(
        epoch.group_id, epoch.number, MemberSender(epoch.own_leaf if leaf is None else leaf), b"", content
    )
    framed = replace(framed, **fields)
    signature = sign(epoch.suite, signer or epoch.signing_key, wire_format, framed, epoch.context.encode())
    if tag is None and isinstance(content, CommitContent):
        tag = bytes(epoch.suite.hash_length)
    message = AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature, tag))
    return protect(group.state, message, dice)


def forge_commit(
    group: mls.Group, proposals: Sequence[Proposal | bytes], dice: Dice, *, private: bool = True, **options: Any
) -> bytes:
    """Forge a commit without a path, of proposals by value, or by reference where bytes are given."""
    entries = tuple(
        ByReference(proposal) if isinstance(proposal, bytes) else ByValue(proposal) for proposal in proposals
    )
    return forge(group, CommitContent(Commit(entries, options.pop("path", None))), dice, private=private, **options)


def forge_proposal(group: mls.Group, proposal: Proposal, dice: Dice, **options: Any) -> bytes:
    return forge(group, ProposalContent(proposal), dice, **options)


def commit_in(message: bytes) -> Commit:
    """Return the commit of a public message."""
    content = open_as(PublicMessage, message).content.content
    assert isinstance(content, CommitContent)
    return content.commit


def reforge_commit(
    group: mls.Group, message: bytes, change: Callable[[Commit], Commit], dice: Dice, *, private: bool = False
) -> bytes:
    """Change a public commit and sign it again as the member who made it."""
    honest = open_as(PublicMessage, message)
    return forge(
        group,
        CommitContent(change(commit_in(message))),
        dice,
        private=private,
        tag=honest.auth.confirmation_tag,
        authenticated_data=honest.content.authenticated_data,
    )


@contextmanager
def refused(rule: str, *groups: mls.Group) -> Iterator[None]:
    """What happens inside breaks this rule, and changes no saved byte of any group."""
    before = [group.parts() for group in groups]
    with pytest.raises(mls.ValidationError) as caught:
        yield
    assert caught.value.rule == rule
    assert [group.parts() for group in groups] == before


@contextmanager
def raises(error: type[mls.MlsError], *groups: mls.Group) -> Iterator[None]:
    """What happens inside raises this error, and changes no saved byte of any group."""
    before = [group.parts() for group in groups]
    with pytest.raises(error):
        yield
    assert [group.parts() for group in groups] == before


@contextmanager
def careless() -> Iterator[None]:
    """Within this, a committer checks nothing of what it commits."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("check_list", "check_members", "check_commit_leaf"):
            patch.setattr(commit_module, name, lambda *_, **__: None)
        yield


def forge_leaf(
    leaf_node: mls.LeafNode,
    signer: SigningKey,
    *,
    group_id: bytes | None = None,
    leaf: int | None = None,
    **changes: Any,
) -> mls.LeafNode:
    """Change fields of a leaf and sign it again."""
    changed = replace(leaf_node, **changes)
    return mls.LeafNode.create(
        mls.CipherSuite.of(SUITE),
        signer,
        encryption_key=changed.encryption_key,
        credential=changed.credential,
        capabilities=changed.capabilities,
        source=changed.source,
        extensions=changed.extensions,
        group_id=group_id,
        leaf=leaf,
    )


def forge_package(
    key_package: mls.KeyPackage, signer: SigningKey, *, leaf: dict[str, Any] | None = None, **changes: Any
) -> mls.KeyPackage:
    """Change fields of a key package, and of its leaf, and sign both again."""
    if leaf is not None:
        changes["leaf_node"] = forge_leaf(key_package.leaf_node, signer, group_id=b"", leaf=0, **leaf)
    changed = replace(key_package, signature=b"", **changes)
    content = changed.encode()[:-1]
    return replace(changed, signature=mls.CipherSuite.of(SUITE).sign_with_label(signer, b"KeyPackageTBS", content))
