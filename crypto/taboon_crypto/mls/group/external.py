"""Acting on a group from outside: RFC 9420, sections 12.1.8 and 12.4.3.2.

    join_by_commit(...)         an external commit, which puts its sender into the group
    external_proposal(...)      a proposal by somebody whom the group's external_senders extension names
    join_proposal(...)          a proposal to be added, by the newcomer itself

Whether a group takes any of these is for its members to decide.
"""

from collections.abc import Sequence

from taboon_crypto.mls.ciphersuite import CipherSuite, Random, SigningKey
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.extension import EXTERNAL_PUB, ExternalPub, find
from taboon_crypto.mls.group.commit import Concluded, conclude, fresh_path
from taboon_crypto.mls.group.epoch import next_context
from taboon_crypto.mls.group.evolution import apply_proposals
from taboon_crypto.mls.group.join import check_group_info
from taboon_crypto.mls.group.limits import Limits
from taboon_crypto.mls.group.validation import (
    Scene,
    SentProposal,
    check_commit_leaf,
    check_external_list,
    check_may_send,
    check_members,
)
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.keys.schedule import send_external_init
from taboon_crypto.mls.keys.transcript import interim_transcript_hash
from taboon_crypto.mls.messages.envelope import open_as, wrap
from taboon_crypto.mls.messages.framing import (
    AuthenticatedContent,
    CommitContent,
    ExternalSenderIndex,
    FramedContent,
    FramedContentAuthData,
    NewMemberCommit,
    NewMemberProposal,
    ProposalContent,
    Sender,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.key_package import KeyPackage, MemberProfile
from taboon_crypto.mls.messages.proposal import Add, ByValue, Commit, ExternalInit, PreSharedKey, Proposal, Remove
from taboon_crypto.mls.messages.protection import PublicMessage
from taboon_crypto.mls.messages.welcome import GroupInfo

__all__ = ["external_proposal", "join_by_commit", "join_proposal"]


def join_by_commit(
    group_info: bytes,
    member: MemberProfile,
    *,
    replacing: int | None,
    psks: Sequence[tuple[PreSharedKeyID, bytes]],
    authenticated_data: bytes,
    ratchet_tree: bytes | None,
    now: int | None,
    limits: Limits,
    random: Random,
) -> tuple[bytes, Concluded]:
    """Make an external commit (section 12.4.3.2); see ``Group.join_by_commit``.

    Returns:
        The MLSMessage, and what it leads to.
    """
    info = open_as(GroupInfo, group_info)
    tree = check_group_info(info, ratchet_tree=ratchet_tree, now=now, limits=limits)
    context = info.group_context
    suite = CipherSuite.of(context.cipher_suite)
    data = find(info.extensions, EXTERNAL_PUB)
    if data is None:
        raise ValidationError("group_info.external_pub", "the GroupInfo has no key for joining by an external commit")
    kem_output, init_secret = send_external_init(suite, ExternalPub.decode(data).external_pub, random)
    proposals: list[Proposal] = [ExternalInit(kem_output)]
    if replacing is not None:
        proposals.append(Remove(replacing))
    proposals += [PreSharedKey(psk_id) for psk_id, _ in psks]
    sent = tuple(SentProposal(NewMemberCommit(), proposal) for proposal in proposals)
    scene = Scene(suite, context.group_id, tree, context.extensions, limits=limits)
    check_external_list(scene, sent)
    provisional = apply_proposals(tree, context.extensions, sent)
    room, leaf = provisional.tree.reserve_leaf()
    fresh = fresh_path(room, leaf, member, context.group_id, random)
    check_commit_leaf(scene, leaf, fresh.leaf_node, None if replacing is None else tree.leaf(replacing))
    check_members(scene, fresh.tree, extensions_changed=False)
    path = fresh.encrypt(next_context(context, fresh.tree, context.extensions).encode())
    commit = Commit(tuple(ByValue(proposal) for proposal in proposals), path)
    made = conclude(
        context,
        FramedContent(
            context.group_id, context.epoch, NewMemberCommit(), bytes(authenticated_data), CommitContent(commit)
        ),
        WireFormat.PUBLIC_MESSAGE,
        base=interim_transcript_hash(suite, context.confirmed_transcript_hash, info.confirmation_tag),
        signing_key=member.signing_key,
        init_secret=init_secret,
        commit_secret=fresh.commit_secret,
        psks=tuple(psks),
        tree=fresh.tree,
        extensions=context.extensions,
        private=fresh.private,
        next_signing_key=member.signing_key,
    )
    return wrap(PublicMessage.protect(suite, made.message, b"", b"")), made


def external_proposal(
    suite: CipherSuite | int,
    group_id: bytes,
    epoch: int,
    sender_index: int,
    signing_key: SigningKey,
    proposal: Proposal,
    *,
    authenticated_data: bytes = b"",
) -> bytes:
    """Propose a change from outside (section 12.1.8).

    Args:
        suite: The group's, or its code point.
        group_id: The group.
        epoch: Its present epoch.
        sender_index: Position of the sender in the group's external_senders extension.
        signing_key: The sender's.
        proposal: Add, Remove, PreSharedKey, ReInit or GroupContextExtensions.
        authenticated_data: Sent along, authenticated.

    Returns:
        An MLSMessage, for everyone to read.

    Raises:
        ValidationError: Rule "proposal.sender": nobody outside may send this.
    """
    sender = ExternalSenderIndex(sender_index)
    return _propose(suite, group_id, epoch, sender, signing_key, proposal, authenticated_data)


def join_proposal(
    group_id: bytes,
    epoch: int,
    key_package: KeyPackage,
    signing_key: SigningKey,
    *,
    authenticated_data: bytes = b"",
) -> bytes:
    """Propose to be added (section 12.1.8).

    Args:
        group_id: The group.
        epoch: Its present epoch.
        key_package: The newcomer's.
        signing_key: The newcomer's.
        authenticated_data: Sent along, authenticated.

    Returns:
        An MLSMessage, for everyone to read.

    Raises:
        UsageError: The signing key is not that of the key package.
    """
    if signing_key.public != key_package.leaf_node.signature_key:
        raise UsageError("a newcomer signs with the key of its key package")
    sender, proposal = NewMemberProposal(), Add(key_package)
    return _propose(key_package.cipher_suite, group_id, epoch, sender, signing_key, proposal, authenticated_data)


def _propose(
    suite: CipherSuite | int,
    group_id: bytes,
    epoch: int,
    sender: Sender,
    signing_key: SigningKey,
    proposal: Proposal,
    authenticated_data: bytes,
) -> bytes:
    suite = suite if isinstance(suite, CipherSuite) else CipherSuite.of(suite)
    check_may_send(sender, proposal)
    content = FramedContent(group_id, epoch, sender, bytes(authenticated_data), ProposalContent(proposal))
    # The signature of somebody outside does not cover the group context.
    signature = sign(suite, signing_key, WireFormat.PUBLIC_MESSAGE, content, b"")
    message = AuthenticatedContent(WireFormat.PUBLIC_MESSAGE, content, FramedContentAuthData(signature))
    return wrap(PublicMessage.protect(suite, message, b"", b""))
