"""Protection of messages: RFC 9420, sections 6.2 and 6.3: the two framings, public with a MAC, private with an AEAD.

Nothing here knows a group. Keys come as arguments, and whoever calls decides when a key is spent:

    PublicMessage.protect / check_membership            6.2
    PrivateMessage.protect                              6.3
    PrivateMessage.sender_data, then .unprotect         6.3, in two steps: the sender data says which key opens the rest
"""

from dataclasses import dataclass, field
from typing import Annotated, Self

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import Fixed, Struct, UInt32, UInt64, Width, opaque, read_opaque
from taboon_crypto.mls.errors import DecodeError, SignatureError, UsageError, ValidationError
from taboon_crypto.mls.keys.secret_tree import REUSE_GUARD_LENGTH, guarded_nonce, sender_data_key_and_nonce
from taboon_crypto.mls.messages.framing import (
    AuthenticatedContent,
    ContentType,
    FramedContent,
    FramedContentAuthData,
    MemberSender,
    WireFormat,
    content_type,
    read_content,
)

__all__ = ["PrivateMessage", "PublicMessage", "SenderData"]


@dataclass(frozen=True, slots=True)
class PublicMessage(Struct, tag=WireFormat.PUBLIC_MESSAGE):
    """PublicMessage (section 6.2); the membership tag is there exactly for members."""

    content: FramedContent
    auth: FramedContentAuthData
    membership_tag: bytes | None

    @classmethod
    def read(cls, data: bytes, position: int, end: int) -> tuple[Self, int]:
        """Read one: what stands after the content depends on it."""
        content, position = FramedContent.read(data, position, end)
        auth, position = FramedContentAuthData.read(content_type(content.content), data, position, end)
        tag = None
        if isinstance(content.sender, MemberSender):
            tag, position = read_opaque(data, position, end)
        return cls(content, auth, tag), position

    def write(self, output: bytearray) -> None:
        """Append the encoding."""
        output += self.content.encode()
        output += self.auth.encode()
        if self.membership_tag is not None:
            output += opaque(self.membership_tag)

    @classmethod
    def protect(
        cls, suite: CipherSuite, message: AuthenticatedContent, membership_key: bytes, group_context: bytes
    ) -> Self:
        """Frame a content for everyone to read; a member's gets a membership tag."""
        public = cls(message.content, message.auth, None)
        if not isinstance(message.content.sender, MemberSender):
            return public
        tag = suite.mac(membership_key, public._to_be_maced(group_context))
        return cls(message.content, message.auth, tag)

    @property
    def authenticated_content(self) -> AuthenticatedContent:
        """The content with its authentication, nothing checked yet."""
        return AuthenticatedContent(WireFormat.PUBLIC_MESSAGE, self.content, self.auth)

    def check_membership(self, suite: CipherSuite, membership_key: bytes, group_context: bytes) -> None:
        """Check the membership tag of a member's message.

        Raises:
            SignatureError: Rule "message.membership_tag".
        """
        tag = self.membership_tag or b""
        if not suite.verify_mac(membership_key, self._to_be_maced(group_context), tag):
            raise SignatureError("message.membership_tag", "the membership tag of the message does not verify")

    def _to_be_maced(self, group_context: bytes) -> bytes:
        """AuthenticatedContentTBM."""
        return self.authenticated_content.to_be_signed(group_context) + self.auth.encode()


@dataclass(frozen=True, slots=True)
class SenderData(Struct):
    """SenderData (section 6.3.2): whose ratchet, which generation, and what to XOR into the nonce."""

    leaf_index: UInt32
    generation: UInt32
    reuse_guard: Annotated[bytes, Fixed(REUSE_GUARD_LENGTH)]


@dataclass(frozen=True, slots=True)
class PrivateMessage(Struct, tag=WireFormat.PRIVATE_MESSAGE):
    """PrivateMessage (section 6.3)."""

    group_id: bytes
    epoch: UInt64
    content_type: Annotated[ContentType, Width(1)]
    authenticated_data: bytes = field(repr=False)
    encrypted_sender_data: bytes
    ciphertext: bytes

    @classmethod
    def protect(
        cls,
        suite: CipherSuite,
        message: AuthenticatedContent,
        sender_data_secret: bytes,
        key: bytes,
        nonce: bytes,
        generation: int,
        reuse_guard: bytes,
        padding: int = 0,
    ) -> Self:
        """Encrypt a member's content (section 6.3.1) and say whose it is (6.3.2).

        Args:
            suite: The group's.
            message: Signed for the wire format private_message.
            sender_data_secret: Of the epoch.
            key: Nk bytes, of the sender's ratchet, used here and never again.
            nonce: Nn bytes, of the same generation.
            generation: Of key and nonce.
            reuse_guard: Four fresh random bytes.
            padding: Zero bytes to add.

        Raises:
            UsageError: The sender is no member.
        """
        content = message.content
        if not isinstance(content.sender, MemberSender) or message.wire_format is not WireFormat.PRIVATE_MESSAGE:
            raise UsageError("only a member's content that was signed as a private message is framed as one")
        if padding < 0:
            raise UsageError("padding has no negative length")
        kind = content_type(content.content)
        head = opaque(content.group_id) + content.epoch.to_bytes(8) + kind.to_bytes(1)
        plaintext = content.content.encode() + message.auth.encode() + bytes(padding)
        ciphertext = suite.seal(
            key, guarded_nonce(nonce, reuse_guard), plaintext, head + opaque(content.authenticated_data)
        )
        sender_data = SenderData(content.sender.leaf_index, generation, reuse_guard)
        data_key, data_nonce = sender_data_key_and_nonce(suite, sender_data_secret, ciphertext)
        encrypted = suite.seal(data_key, data_nonce, sender_data.encode(), head)
        return cls(content.group_id, content.epoch, kind, content.authenticated_data, encrypted, ciphertext)

    def sender_data(self, suite: CipherSuite, sender_data_secret: bytes) -> SenderData:
        """Open the sender data (section 6.3.2). That the leaf is not blank is for the caller to check.

        Raises:
            DecryptionError: It does not open.
            DecodeError: It opens to something else.
        """
        key, nonce = sender_data_key_and_nonce(suite, sender_data_secret, self.ciphertext)
        return SenderData.decode(suite.open(key, nonce, self.encrypted_sender_data, self._head()))

    def unprotect(self, suite: CipherSuite, sender: SenderData, key: bytes, nonce: bytes) -> AuthenticatedContent:
        """Open the content (section 6.3.1). Its signature is for the caller to check.

        Raises:
            DecryptionError: It does not open.
            DecodeError: It opens to something that is no content.
            ValidationError: Rule "message.padding": the padding has a byte that is not zero.
        """
        associated = self._head() + opaque(self.authenticated_data)
        plaintext = suite.open(key, guarded_nonce(nonce, sender.reuse_guard), self.ciphertext, associated)
        end = len(plaintext)
        try:
            content, position = read_content(self.content_type, plaintext, 0, end)
            auth, position = FramedContentAuthData.read(self.content_type, plaintext, position, end)
        except DecodeError as error:
            raise error.inside("PrivateMessageContent") from None
        if plaintext.count(0, position) != end - position:
            raise ValidationError("message.padding", "the padding of the message has a byte that is not zero")
        framed = FramedContent(
            self.group_id, self.epoch, MemberSender(sender.leaf_index), self.authenticated_data, content
        )
        return AuthenticatedContent(WireFormat.PRIVATE_MESSAGE, framed, auth)

    def _head(self) -> bytes:
        """SenderDataAAD, which is also how PrivateContentAAD begins."""
        return opaque(self.group_id) + self.epoch.to_bytes(8) + self.content_type.to_bytes(1)
