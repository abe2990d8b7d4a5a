"""Commits, created and processed: RFC 9420, sections 12.4.1 and 12.4.2, step by step.

    create(epoch, proposals, ...)       -> StagedCommit     a member's commit
    process(epoch, message, ...)        -> StagedCommit     somebody's commit, a member's or an external one
    collect_psks(...)                   the keys of a list of ids, or UnknownPskError

Processing checks first what every member can check alike, and then what only this member can: its own path secret, the
pre-shared keys, the confirmation tag. A failure of the second kind is a CannotFollowError, which carries the summary:
the commit may well stand for the others. The message's own signature was checked before (opening.py).

Longer than other files: the two sections of the RFC mirror each other, step by step, and are read side by side.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from taboon_crypto.mls.ciphersuite import Random, SigningKey
from taboon_crypto.mls.codec import Struct
from taboon_crypto.mls.errors import KeyUnavailableError, MlsError, UnknownPskError, UsageError, ValidationError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.group.epoch import Epoch, next_context
from taboon_crypto.mls.group.evolution import Provisional, apply_proposals, new_extensions
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.staged import CannotFollowError, CommitSummary, HandshakeKey, StagedCommit
from taboon_crypto.mls.group.validation import (
    Scene,
    SentProposal,
    check_commit_leaf,
    check_external_list,
    check_list,
    check_members,
    check_path_present,
)
from taboon_crypto.mls.keys.psk import PreSharedKeyID, ResumptionUsage, psk_secret
from taboon_crypto.mls.keys.schedule import (
    GroupContext,
    epoch_secrets,
    joiner_secret,
    receive_external_init,
    welcome_secret,
)
from taboon_crypto.mls.keys.transcript import (
    check_confirmation_tag,
    confirmation_tag,
    confirmed_transcript_hash,
    interim_transcript_hash,
)
from taboon_crypto.mls.messages.envelope import wrap
from taboon_crypto.mls.messages.framing import (
    AuthenticatedContent,
    CommitContent,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    NewMemberCommit,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.key_package import MemberProfile
from taboon_crypto.mls.messages.proposal import ByReference, ByValue, Commit, ProposalOrRef, needs_path
from taboon_crypto.mls.messages.welcome import EncryptedGroupSecrets, GroupSecrets, Welcome, seal_group_info
from taboon_crypto.mls.tree.kem import FreshPath, TreePrivate, UpdatePath, check_path, decrypt_path, merge_path
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

__all__ = ["Concluded", "FindPsk", "LeafSecrets", "collect_psks", "conclude", "create", "fresh_path", "process"]

FindPsk = Callable[[PreSharedKeyID, bytes], bytes | None]
"""Gives the pre-shared key of an id, or None; the second argument is the authenticated data of the commit."""


@dataclass(frozen=True, slots=True)
class LeafSecrets(Struct):
    """The private keys behind an Update that this member proposed."""

    encryption_private: Secret
    signing_seed: Secret


def collect_psks(
    psk_ids: Sequence[PreSharedKeyID], find_psk: FindPsk, authenticated_data: bytes
) -> tuple[tuple[PreSharedKeyID, bytes], ...]:
    """Look up pre-shared keys, in order.

    Raises:
        UnknownPskError: One of them is not known.
    """
    found = []
    for psk_id in psk_ids:
        psk = find_psk(psk_id, authenticated_data)
        if psk is None:
            raise UnknownPskError("a pre-shared key that is needed is not known here")
        found.append((psk_id, psk))
    return tuple(found)


def _summary(
    epoch: Epoch,
    content: FramedContent,
    sender_leaf: int,
    wire_format: WireFormat,
    sent: tuple[SentProposal, ...],
    provisional: Provisional,
    after: RatchetTree,
    *,
    has_path: bool,
) -> CommitSummary:
    updated = set(provisional.updated)
    if has_path and isinstance(content.sender, MemberSender):
        updated.add(sender_leaf)
    return CommitSummary(
        sender=content.sender,
        sender_leaf=sender_leaf,
        epoch=epoch.number + 1,
        authenticated_data=content.authenticated_data,
        wire_format=wire_format,
        sent=sent,
        has_path=has_path,
        context_extensions=provisional.extensions,
        extensions_changed=provisional.extensions != epoch.context.extensions,
        added_leaves=tuple(leaf for leaf, _ in provisional.added),
        removed_leaves=provisional.removed,
        updated_leaves=tuple(sorted(updated)),
        before=epoch.tree,
        after=after,
    )


# --- processing (12.4.2) ----------------------------------------------------------------------------------------------


def process(
    epoch: Epoch,
    message: AuthenticatedContent,
    *,
    pending: Mapping[bytes, SentProposal],
    own_updates: Mapping[bytes, LeafSecrets],
    find_psk: FindPsk,
    now: int | None = None,
    limits: Limits,
    handshake_key: HandshakeKey | None = None,
) -> StagedCommit:
    """Process a commit whose signature was checked.

    1. Look up the proposals and check the list.
    2. Apply it.
    3. Check the path and merge it; check the tree it leads to.
    4. What is left is this member's own: its path secret, the pre-shared keys, the confirmation tag.

    Args:
        epoch: That the commit is for.
        message: A commit of this epoch, not by this member.
        pending: Proposals of this epoch, by reference.
        own_updates: Private keys of this member's own Updates among them, by reference.
        find_psk: Gives pre-shared keys; asked last.
        now: Unix time, to look at lifetimes of added leaves; None looks at none.
        limits: Of this device.
        handshake_key: Whose key opened it, if it is private.

    Raises:
        ValidationError: The commit breaks a rule, for everyone.
        CannotFollowError: It may stand, but this member cannot follow it.
        MlsError: Of other kinds, from malformed parts.
    """
    content, sender = message.content, message.content.sender
    if not isinstance(content.content, CommitContent) or not isinstance(sender, MemberSender | NewMemberCommit):
        raise UsageError("this is no commit")
    commit, external = content.content.commit, isinstance(sender, NewMemberCommit)

    # (1) the list
    sent = _resolve(commit, message, pending)
    extensions = new_extensions(epoch.context.extensions, sent)
    scene = epoch.scene(extensions=extensions, now=now, limits=limits)
    if isinstance(sender, MemberSender):
        check_list(scene, sender.leaf_index, sent)
    else:
        check_external_list(scene, sent)
    check_path_present(sent, has_path=commit.path is not None)

    # (2) applied
    provisional = apply_proposals(epoch.tree, epoch.context.extensions, sent)
    tree, leaf = (
        (provisional.tree, sender.leaf_index) if isinstance(sender, MemberSender) else provisional.tree.reserve_leaf()
    )

    # (3) the path and the new tree
    if commit.path is not None:
        tree = _merged_path(scene, tree, leaf, commit.path, provisional, external=external)
    check_members(scene, tree, extensions_changed=extensions != epoch.context.extensions)
    if provisional.kem_output is None:
        init_secret = epoch.secrets.init_secret
    else:
        init_secret = receive_external_init(epoch.suite, epoch.secrets.external_secret, provisional.kem_output)
    summary = _summary(
        epoch, content, leaf, message.wire_format, sent, provisional, tree, has_path=commit.path is not None
    )
    base = epoch.interim_transcript_hash
    if epoch.own_leaf in provisional.removed:
        return StagedCommit.of(
            summary, base=base, next_epoch=None, encryption_secret=Secret(b""), handshake_key=handshake_key
        )

    # (4) our own part
    own_update = _own_update(epoch, sent, own_updates)
    confirmed = confirmed_transcript_hash(epoch.suite, base, message.transcript_input())
    try:
        if epoch.is_witnessed:
            raise KeyUnavailableError("no secret that leads out of this epoch was kept")
        if epoch.own_leaf in provisional.updated and own_update is None:
            raise KeyUnavailableError("the commit covers an Update of ours whose private key is not here")
        private, commit_secret = epoch.private, epoch.suite.zero
        if own_update is not None:
            private = private.with_leaf_key(own_update.encryption_private)
        if commit.path is not None:
            context = next_context(epoch.context, tree, extensions).encode()
            private, commit_secret = decrypt_path(tree, private, leaf, commit.path, context, provisional.newcomers)
        psks = collect_psks(provisional.psks, find_psk, content.authenticated_data)
        context_after = next_context(epoch.context, tree, extensions, confirmed)
        joiner = joiner_secret(epoch.suite, init_secret, commit_secret, context_after.encode())
        secrets, encryption_secret = epoch_secrets(
            epoch.suite, joiner, psk_secret(epoch.suite, psks), context_after.encode()
        )
        tag = message.auth.confirmation_tag or b""
        check_confirmation_tag(epoch.suite, secrets.confirmation_key, confirmed, tag)
    except MlsError as error:
        raise CannotFollowError(summary, error, confirmed) from error
    following = Epoch(
        context_after,
        tree,
        confirmation_tag=tag,
        interim_transcript_hash=interim_transcript_hash(epoch.suite, confirmed, tag),
        secrets=secrets,
        private=private,
        signing_key=epoch.signing_key if own_update is None else SigningKey(own_update.signing_seed),
    )
    return StagedCommit.of(
        summary, base=base, next_epoch=following, encryption_secret=encryption_secret, handshake_key=handshake_key
    )


def _resolve(
    commit: Commit, message: AuthenticatedContent, pending: Mapping[bytes, SentProposal]
) -> tuple[SentProposal, ...]:
    """Look up proposals that the commit names by reference (section 12.4)."""
    sent = []
    for entry in commit.proposals:
        if isinstance(entry, ByValue):
            sent.append(SentProposal(message.content.sender, entry.proposal))
        elif entry.reference in pending:
            sent.append(pending[entry.reference])
        elif isinstance(message.content.sender, NewMemberCommit):
            raise ValidationError("external_commit.reference", "an external commit names a proposal by reference")
        else:
            raise ValidationError("commit.unknown_proposal", "a commit names a proposal that was not received here")
    references = [entry.reference for entry in commit.proposals if isinstance(entry, ByReference)]
    if len(set(references)) != len(references):
        raise ValidationError("commit.proposal_twice", "a commit names one proposal twice")
    return tuple(sent)


def _merged_path(
    scene: Scene, tree: RatchetTree, leaf: int, path: UpdatePath, provisional: Provisional, *, external: bool
) -> RatchetTree:
    """Check a received path and merge it into the tree (section 12.4.2)."""
    replaced = scene.tree.leaf(leaf)
    if external:
        replaced = scene.tree.leaf(provisional.removed[0]) if provisional.removed else None
    check_commit_leaf(scene, leaf, path.leaf_node, replaced)
    check_path(tree, leaf, path, provisional.newcomers)
    return merge_path(tree, leaf, path)


def _own_update(
    epoch: Epoch, sent: Sequence[SentProposal], own_updates: Mapping[bytes, LeafSecrets]
) -> LeafSecrets | None:
    for entry in sent:
        if entry.reference is not None and entry.sender_leaf == epoch.own_leaf and entry.reference in own_updates:
            return own_updates[entry.reference]
    return None


# --- creating (12.4.1) ------------------------------------------------------------------------------------------------


def create(
    epoch: Epoch,
    sent: tuple[SentProposal, ...],
    *,
    profile: MemberProfile,
    force_path: bool,
    authenticated_data: bytes,
    wire_format: WireFormat,
    protect: Callable[[AuthenticatedContent], bytes],
    find_psk: FindPsk,
    welcome_tree: bool,
    group_info_extensions: tuple[Extension, ...],
    random: Random,
    now: int | None,
    limits: Limits,
    resuming: ResumptionUsage | None = None,
) -> StagedCommit:
    """Create a commit, and the Welcome for those it adds.

    Args:
        epoch: That the commit ends.
        sent: The proposals; those without a reference are carried by the commit itself.
        profile: What the new leaf says, if there is a path.
        force_path: Make a path even where none is needed.
        authenticated_data: Sent along, seen and authenticated by every member.
        wire_format: Public or private.
        protect: Frames the signed commit and returns it as an MLSMessage; called last, once everything is checked.
        find_psk: Gives pre-shared keys.
        welcome_tree: Put the ratchet tree into the Welcome.
        group_info_extensions: More extensions for the GroupInfo in the Welcome.
        random: Source of the new secrets.
        now: Unix time, to look at the lifetimes of added leaves; None looks at none.
        limits: Of this device.
        resuming: For the first commit of a group that continues another one.

    Raises:
        ValidationError: The list of proposals, or what it leads to, breaks a rule.
        UnknownPskError: A pre-shared key is not known.
    """
    suite = epoch.suite
    extensions = new_extensions(epoch.context.extensions, sent)
    scene = epoch.scene(extensions=extensions, now=now, limits=limits, resuming=resuming)
    check_list(scene, epoch.own_leaf, sent)
    provisional = apply_proposals(epoch.tree, epoch.context.extensions, sent)
    psks = collect_psks(provisional.psks, find_psk, authenticated_data)

    fresh, path = None, None
    tree, private, commit_secret = provisional.tree, epoch.private, suite.zero
    if force_path or needs_path(tuple(entry.proposal for entry in sent)):
        fresh = fresh_path(tree, epoch.own_leaf, profile, epoch.group_id, random)
        tree, private, commit_secret = fresh.tree, fresh.private, fresh.commit_secret
        check_commit_leaf(scene, epoch.own_leaf, fresh.leaf_node, epoch.tree.leaf(epoch.own_leaf))
        path = fresh.encrypt(next_context(epoch.context, tree, extensions).encode(), provisional.newcomers)
    check_members(scene, tree, extensions_changed=extensions != epoch.context.extensions)

    proposals: tuple[ProposalOrRef, ...] = tuple(
        ByValue(entry.proposal) if entry.reference is None else ByReference(entry.reference) for entry in sent
    )
    content = FramedContent(
        epoch.group_id,
        epoch.number,
        MemberSender(epoch.own_leaf),
        authenticated_data,
        CommitContent(Commit(proposals, path)),
    )
    made = conclude(
        epoch.context,
        content,
        wire_format,
        base=epoch.interim_transcript_hash,
        signing_key=epoch.signing_key,
        init_secret=epoch.secrets.init_secret,
        commit_secret=commit_secret,
        psks=psks,
        tree=tree,
        extensions=extensions,
        private=private,
        next_signing_key=epoch.signing_key if fresh is None else profile.signing_key,
    )
    welcome = None
    if provisional.added:
        welcome = _welcome(made, provisional, fresh, welcome_tree, group_info_extensions, random)
    summary = _summary(epoch, content, epoch.own_leaf, wire_format, sent, provisional, tree, has_path=path is not None)
    return StagedCommit.of(
        summary,
        base=epoch.interim_transcript_hash,
        next_epoch=made.epoch,
        encryption_secret=made.encryption_secret,
        message=protect(made.message),
        welcome=welcome,
    )


@dataclass(frozen=True, slots=True, repr=False)
class Concluded:
    """A commit of ours, signed and confirmed, and what it leads to."""

    message: AuthenticatedContent
    epoch: Epoch
    encryption_secret: Secret
    joiner_secret: Secret
    psks: tuple[tuple[PreSharedKeyID, bytes], ...]


def conclude(
    before: GroupContext,
    content: FramedContent,
    wire_format: WireFormat,
    *,
    base: bytes,
    signing_key: SigningKey,
    init_secret: bytes,
    commit_secret: bytes,
    psks: tuple[tuple[PreSharedKeyID, bytes], ...],
    tree: RatchetTree,
    extensions: tuple[Extension, ...],
    private: TreePrivate,
    next_signing_key: SigningKey,
) -> Concluded:
    """Sign a commit, derive the epoch that it begins, and confirm it (section 12.4.1).

    Args:
        before: Context of the epoch that the commit ends.
        content: Holds the commit.
        wire_format: Public or private.
        base: interim_transcript_hash of that epoch.
        signing_key: The committer's in that epoch.
        init_secret: Of that epoch, or by external init.
        commit_secret: Of the path, or zero.
        psks: In the order of the commit.
        tree: Of the new epoch.
        extensions: Of the new epoch.
        private: What the committer knows of the new tree.
        next_signing_key: The committer's in the new epoch.
    """
    suite = tree.suite
    signature = sign(suite, signing_key, wire_format, content, before.encode())
    unconfirmed = AuthenticatedContent(wire_format, content, FramedContentAuthData(signature))
    confirmed = confirmed_transcript_hash(suite, base, unconfirmed.transcript_input())
    context = next_context(before, tree, extensions, confirmed)
    joiner = joiner_secret(suite, init_secret, commit_secret, context.encode())
    secrets, encryption_secret = epoch_secrets(suite, joiner, psk_secret(suite, psks), context.encode())
    tag = confirmation_tag(suite, secrets.confirmation_key, confirmed)
    following = Epoch(
        context,
        tree,
        confirmation_tag=tag,
        interim_transcript_hash=interim_transcript_hash(suite, confirmed, tag),
        secrets=secrets,
        private=private,
        signing_key=next_signing_key,
    )
    message = AuthenticatedContent(wire_format, content, FramedContentAuthData(signature, tag))
    return Concluded(message, following, encryption_secret, joiner, psks)


def fresh_path(tree: RatchetTree, leaf: int, profile: MemberProfile, group_id: bytes, random: Random) -> FreshPath:
    """Generate a path for a leaf that says what a profile says."""
    return FreshPath.create(
        tree,
        leaf,
        profile.signing_key,
        credential=profile.credential,
        capabilities=profile.supported(),
        extensions=profile.extensions,
        group_id=group_id,
        random=random,
    )


def _welcome(
    made: Concluded,
    provisional: Provisional,
    fresh: FreshPath | None,
    with_tree: bool,
    extensions: tuple[Extension, ...],
    random: Random,
) -> bytes:
    """Make one Welcome for all new members (section 12.4.3.1)."""
    suite, psk_ids = made.epoch.suite, tuple(psk_id for psk_id, _ in made.psks)
    group_info = made.epoch.group_info(with_tree=with_tree, external_pub=False, random=random, extensions=extensions)
    secret = welcome_secret(suite, made.joiner_secret, psk_secret(suite, made.psks))
    sealed_info = seal_group_info(suite, secret, group_info)
    entries = []
    for leaf, key_package in provisional.added:
        path_secret = None if fresh is None else fresh.path_secret_for(leaf)
        secrets = GroupSecrets(made.joiner_secret, path_secret, psk_ids)
        entries.append(EncryptedGroupSecrets.seal(suite, key_package.ref(), key_package.init_key, sealed_info, secrets))
    return wrap(Welcome(suite.suite_id, tuple(entries), sealed_info))
