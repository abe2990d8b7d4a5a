"""From a message that came in to a content whose sender is certain: RFC 9420, sections 6.1 to 6.3 and 12.4.2.

    open_public(view, message)              membership tag and signature
    open_private(view, ratchets, message)   decryption and signature; the key is peeked and not spent
    EpochView                               the little that this takes of an epoch, so that past ones can be kept small

Nothing changes here. Whoever calls spends the key after every further check.
"""

from collections.abc import Callable
from dataclasses import dataclass

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import ValidationError
from taboon_crypto.mls.extension import EXTERNAL_SENDERS, decode_external_senders, find
from taboon_crypto.mls.group.validation import check_may_send
from taboon_crypto.mls.keys.schedule import GroupContext
from taboon_crypto.mls.keys.secret_tree import MessageKey, Ratchet, SecretTree
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    CommitContent,
    ContentType,
    ExternalSenderIndex,
    FramedContent,
    MemberSender,
    NewMemberCommit,
    NewMemberProposal,
    ProposalContent,
)
from taboon_crypto.mls.messages.proposal import Add
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

__all__ = ["EpochView", "open_private", "open_public"]


@dataclass(frozen=True, slots=True, repr=False)
class EpochView:
    """What it takes of an epoch to open its messages.

    Attributes:
        context: The GroupContext.
        sender_data_secret: Of the epoch.
        membership_key: Of the epoch; None for a past one, in which nothing public is taken.
        signature_key_of: Gives the signature key of a member's leaf, or None where there is no member.
    """

    context: GroupContext
    sender_data_secret: bytes
    membership_key: bytes | None
    signature_key_of: Callable[[int], bytes | None]

    @property
    def suite(self) -> CipherSuite:
        """Of the group."""
        return CipherSuite.of(self.context.cipher_suite)


def open_public(view: EpochView, message: PublicMessage) -> AuthenticatedContent:
    """Check who sent a public message (sections 6.1 and 6.2).

    Raises:
        ValidationError: Rule "message.public_application", "message.sender", "proposal.sender" or
            "message.external_sender".
        SignatureError: Rule "message.membership_tag" or "message.signature".
    """
    content, context = message.content, view.context.encode()
    if isinstance(content.content, ApplicationContent):
        raise ValidationError("message.public_application", "application data came in a public message")
    if isinstance(content.sender, MemberSender) and view.membership_key is not None:
        message.check_membership(view.suite, view.membership_key, context)
    opened = message.authenticated_content
    opened.check_signature(view.suite, _signature_key(view, content), context)
    return opened


def open_private(
    view: EpochView, ratchets: SecretTree, message: PrivateMessage
) -> tuple[AuthenticatedContent, MessageKey]:
    """Decrypt a private message and check who sent it (sections 6.1 and 6.3).

    Returns:
        The content, and the key that opened it, not spent.

    Raises:
        DecryptionError: It does not open.
        DecodeError: It opens to something malformed.
        KeyUnavailableError: Its key was spent, or is too far ahead.
        ValidationError: Rule "message.sender", "message.padding" or "proposal.sender".
        SignatureError: Rule "message.signature".
    """
    sender = message.sender_data(view.suite, view.sender_data_secret)
    if view.signature_key_of(sender.leaf_index) is None:
        raise ValidationError("message.sender", "a private message names a sender who is no member")
    kind = Ratchet.APPLICATION if message.content_type is ContentType.APPLICATION else Ratchet.HANDSHAKE
    key = ratchets.peek(sender.leaf_index, kind, sender.generation)
    opened = message.unprotect(view.suite, sender, key.key, key.nonce)
    opened.check_signature(view.suite, _signature_key(view, opened.content), view.context.encode())
    return opened, key


def _signature_key(view: EpochView, content: FramedContent) -> bytes:
    """Return the key that the message must verify under, by the kind of its sender (section 6.1)."""
    if isinstance(content.content, ProposalContent):
        check_may_send(content.sender, content.content.proposal)
    match content.sender:
        case MemberSender(leaf):
            key = view.signature_key_of(leaf)
            if key is None:
                raise ValidationError("message.sender", "a message names a sender who is no member")
            return key
        case ExternalSenderIndex(index):
            if isinstance(content.content, ProposalContent):
                return _external_sender_key(view, index)
        case NewMemberProposal():
            if isinstance(content.content, ProposalContent) and isinstance(content.content.proposal, Add):
                return content.content.proposal.key_package.leaf_node.signature_key
        case NewMemberCommit():
            if isinstance(content.content, CommitContent):
                path = content.content.commit.path
                if path is None:
                    raise ValidationError("external_commit.path_missing", "an external commit has no path")
                return path.leaf_node.signature_key
    raise ValidationError("message.sender", "a message holds what a sender of its kind may not send")


def _external_sender_key(view: EpochView, index: int) -> bytes:
    data = find(view.context.extensions, EXTERNAL_SENDERS)
    senders = () if data is None else decode_external_senders(data)
    if index >= len(senders):
        raise ValidationError(
            "message.external_sender", "a message comes from outside, and the group names no such sender"
        )
    return senders[index].signature_key
