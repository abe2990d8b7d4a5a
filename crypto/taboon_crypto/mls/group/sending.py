"""What this member sends inside the group: RFC 9420, sections 6.1 to 6.3, with the keys of the epoch that stands."""

from taboon_crypto.mls.ciphersuite import Random
from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.keys.secret_tree import REUSE_GUARD_LENGTH, Ratchet
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
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage

__all__ = ["protect", "sign_content"]


def sign_content(
    epoch: Epoch, content: Content, authenticated_data: bytes, wire_format: WireFormat
) -> AuthenticatedContent:
    """Sign a proposal or application data of our own."""
    framed = FramedContent(
        epoch.group_id, epoch.number, MemberSender(epoch.own_leaf), bytes(authenticated_data), content
    )
    signature = sign(epoch.suite, epoch.signing_key, wire_format, framed, epoch.context.encode())
    return AuthenticatedContent(wire_format, framed, FramedContentAuthData(signature))


def protect(state: State, message: AuthenticatedContent, random: Random, padding: int = 0) -> bytes:
    """Frame a signed message of our own as an MLSMessage. For a private one our ratchet moves first.

    Raises:
        UsageError: The padding is negative, or this epoch has no key left.
    """
    epoch = state.active_epoch
    if padding < 0:
        raise UsageError("padding has no negative length")
    if message.wire_format is WireFormat.PUBLIC_MESSAGE:
        return wrap(PublicMessage.protect(epoch.suite, message, epoch.secrets.membership_key, epoch.context.encode()))
    guard = random(REUSE_GUARD_LENGTH)
    is_data = isinstance(message.content.content, ApplicationContent)
    key = state.ratchets.next_key(epoch.own_leaf, Ratchet.APPLICATION if is_data else Ratchet.HANDSHAKE)
    state.ratchets.spend(key)
    return wrap(
        PrivateMessage.protect(
            epoch.suite, message, epoch.secrets.sender_data_secret, key.key, key.nonce, key.generation, guard, padding
        )
    )
