"""What comes in for a group: RFC 9420, sections 6, 12.1, 12.4.2 and 15.3. Every check comes before any change.

    receive(state, message, ...)    opens a message of this epoch, or application data of a past one

An application message spends its key. A proposal spends its key and is kept. A commit changes nothing.
"""

from taboon_crypto.mls.errors import EpochGoneError, EpochUnknownError, OwnCommitError, ValidationError
from taboon_crypto.mls.group.commit import FindPsk, process
from taboon_crypto.mls.group.epoch import Epoch, Member
from taboon_crypto.mls.group.opening import EpochView, open_private, open_public
from taboon_crypto.mls.group.results import ApplicationMessage, ProposalMessage
from taboon_crypto.mls.group.saved import PastMember
from taboon_crypto.mls.group.sending import GENERATION_LENGTH
from taboon_crypto.mls.group.staged import HandshakeKey, StagedCommit
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.group.validation import SentProposal, check_proposal
from taboon_crypto.mls.keys.secret_tree import MessageKey, SecretTree
from taboon_crypto.mls.messages.envelope import MLSMessage
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    ContentType,
    MemberSender,
    ProposalContent,
)
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

__all__ = ["receive"]


def receive(
    state: State, message: bytes, find_psk: FindPsk, now: int | None
) -> ApplicationMessage | ProposalMessage | StagedCommit:
    """Process a message; see ``Group.receive``."""
    body = MLSMessage.decode(message).body
    epoch = state.epoch
    key: MessageKey | None = None
    if isinstance(body, PublicMessage):
        _check_address(epoch, body.content.group_id, body.content.epoch)
        opened = open_public(_view(epoch), body)
    elif isinstance(body, PrivateMessage):
        if body.group_id == epoch.group_id and body.epoch in state.past:
            return _receive_late(state, body)
        _check_address(epoch, body.group_id, body.epoch)
        opened, key = open_private(_view(epoch), state.ratchets, body)
    else:
        raise ValidationError("message.wire_format", f"a {type(body).__name__} is no message inside a group")
    content, sender = opened.content.content, opened.content.sender
    if isinstance(content, ApplicationContent) and key is not None:
        return _said(state, state.ratchets, epoch.member(key.leaf), opened, content, key)
    if isinstance(content, ProposalContent):
        return _keep_proposal(state, opened, SentProposal(sender, content.proposal), key, now)
    if sender == MemberSender(epoch.own_leaf):
        raise OwnCommitError("this is our own commit: load the staged one that was saved when it was made")
    return process(
        state.active_epoch,
        opened,
        pending=state.pending.by_reference(),
        own_updates=state.pending.own_updates(),
        find_psk=find_psk,
        now=now,
        limits=state.limits,
        handshake_key=None if key is None else HandshakeKey(key.leaf, key.generation),
    )


def _check_address(epoch: Epoch, group_id: bytes, number: int) -> None:
    if group_id != epoch.group_id:
        raise ValidationError("message.group_id", "the message belongs to another group")
    if number < epoch.number:
        raise EpochGoneError(f"the message belongs to epoch {number}, which has ended: epoch {epoch.number} stands")
    if number > epoch.number:
        raise EpochUnknownError(f"the message belongs to epoch {number}: only epoch {epoch.number} is known here")


def _view(epoch: Epoch) -> EpochView:
    def signature_key_of(leaf: int) -> bytes | None:
        leaf_node = epoch.leaf(leaf)
        return None if leaf_node is None else leaf_node.signature_key

    return EpochView(epoch.context, epoch.secrets.sender_data_secret, epoch.secrets.membership_key, signature_key_of)


def _receive_late(state: State, message: PrivateMessage) -> ApplicationMessage:
    """Open an application message of a past epoch (section 15.3)."""
    if message.content_type is not ContentType.APPLICATION:
        raise EpochGoneError(f"a proposal or commit came for epoch {message.epoch}, which has ended")
    past = state.past[message.epoch]
    opened, key = open_private(past.view(), past.ratchets, message)
    content = opened.content.content
    if not isinstance(content, ApplicationContent):
        raise EpochGoneError(f"a proposal or commit came for epoch {message.epoch}, which has ended")
    return _said(state, past.ratchets, past.member(key.leaf), opened, content, key)


def _said(
    state: State,
    ratchets: SecretTree,
    member: Member | PastMember,
    opened: AuthenticatedContent,
    content: ApplicationContent,
    key: MessageKey,
) -> ApplicationMessage:
    """Make the last check of an application message, and spend its key."""
    authenticated_data = opened.content.authenticated_data
    if state.lasting.signed_generations:
        if authenticated_data[:GENERATION_LENGTH] != key.generation.to_bytes(GENERATION_LENGTH):
            raise ValidationError("message.generation", "a message was encrypted again, at another generation")
        authenticated_data = authenticated_data[GENERATION_LENGTH:]
    ratchets.spend(key)
    return ApplicationMessage(
        member.leaf, member.signature_key, member.credential, opened.content.epoch, content.data, authenticated_data
    )


def _keep_proposal(
    state: State, opened: AuthenticatedContent, sent: SentProposal, key: MessageKey | None, now: int | None
) -> ProposalMessage:
    """Check a proposal and keep it for this epoch (section 12.1)."""
    epoch = state.active_epoch
    check_proposal(epoch.scene(now=now, limits=state.limits), sent)
    if len(state.pending) >= state.limits.pending_proposals:
        raise ValidationError("proposal.too_many", "more proposals wait than are kept")
    kept = state.pending.add(opened)
    if key is not None:
        state.ratchets.spend(key)
    return ProposalMessage(kept.sender, kept.proposal, kept.reference or b"", opened.content.authenticated_data)
