"""What this member sends inside the group: RFC 9420, sections 6.1 to 6.3, with the keys of the epoch that stands.

    encrypt(state, data, ...)           application data
    sign_content, then protect          a proposal or a commit

MLS signs a content and not the generation of the key that it is encrypted with, so any member can encrypt again what
another has said, at that one's next generations, and spend the keys of what that one says next. In a group with signed
generations, application data is therefore signed together with its generation: it begins the authenticated data.
"""

from collections.abc import Iterable
from typing import Final

from taboon_crypto.mls.ciphersuite import Random
from taboon_crypto.mls.codec import MAX_MESSAGE_LENGTH
from taboon_crypto.mls.errors import PendingProposalsError, UsageError
from taboon_crypto.mls.extension import check_no_grease
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.keys.secret_tree import REUSE_GUARD_LENGTH, MessageKey, Ratchet
from taboon_crypto.mls.messages.envelope import wrap
from taboon_crypto.mls.messages.framing import (
    ApplicationContent,
    AuthenticatedContent,
    Content,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    WireFormat,
    sign,
)
from taboon_crypto.mls.messages.proposal import GroupContextExtensions, Proposal, ReInit
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

__all__ = ["GENERATION_LENGTH", "check_sendable", "encrypt", "protect", "sign_content"]

GENERATION_LENGTH: Final = 4


def encrypt(state: State, data: bytes, authenticated_data: bytes, random: Random, padding: int) -> bytes:
    """Encrypt application data as an MLSMessage; see ``Group.encrypt``."""
    epoch = state.active_epoch
    if state.pending:
        raise PendingProposalsError("proposals wait: commit them, or forget those you would not commit, and then send")
    key = state.ratchets.next_key(epoch.own_leaf, Ratchet.APPLICATION)
    if state.lasting.signed_generations:
        authenticated_data = key.generation.to_bytes(GENERATION_LENGTH) + authenticated_data
    content = ApplicationContent(bytes(data))
    signed = sign_content(epoch, content, authenticated_data, WireFormat.PRIVATE_MESSAGE)
    return _encrypt(state, signed, key, random, padding)


def sign_content(
    epoch: Epoch, content: Content, authenticated_data: bytes, wire_format: WireFormat
) -> AuthenticatedContent:
    """Sign a proposal or application data of our own."""
    framed = FramedContent(
        epoch.group_id, epoch.number, MemberSender(epoch.own_leaf), bytes(authenticated_data), content
    )
    signature = sign(epoch.suite, epoch.signing_key, wire_format, framed, epoch.context.encode())
    return AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature))


def check_sendable(proposals: Iterable[Proposal]) -> None:
    """Refuse what a receiver might take and no sender may send (section 13.5); raises UsageError."""
    for proposal in proposals:
        if isinstance(proposal, GroupContextExtensions | ReInit):
            check_no_grease(proposal.extensions)


def protect(state: State, message: AuthenticatedContent, random: Random) -> bytes:
    """Frame a signed content of our own as an MLSMessage. For a private one our ratchet moves first.

    Raises:
        UsageError: This epoch has no key left, or nobody would read as much at once.
    """
    epoch = state.active_epoch
    if message.wire_format is WireFormat.PUBLIC_MESSAGE:
        return wrap(PublicMessage.protect(epoch.suite, message, epoch.secrets.membership_key, epoch.context.encode()))
    is_data = isinstance(message.content.content, ApplicationContent)
    key = state.ratchets.next_key(epoch.own_leaf, Ratchet.APPLICATION if is_data else Ratchet.HANDSHAKE)
    return _encrypt(state, message, key, random)


def _encrypt(state: State, message: AuthenticatedContent, key: MessageKey, random: Random, padding: int = 0) -> bytes:
    if padding < 0:
        raise UsageError("padding has no negative length")
    suite, secret = state.epoch.suite, state.epoch.secrets.sender_data_secret
    guard = random(REUSE_GUARD_LENGTH)
    framed = wrap(PrivateMessage.protect(suite, message, secret, key.key, key.nonce, key.generation, guard, padding))
    if len(framed) > MAX_MESSAGE_LENGTH:
        raise UsageError(f"a message has at most {MAX_MESSAGE_LENGTH} bytes, and this has {len(framed)}")
    state.ratchets.spend(key)
    return framed
