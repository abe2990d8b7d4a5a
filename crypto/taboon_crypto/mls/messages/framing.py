"""Message framing: RFC 9420, chapter 6 up to and with 6.1: who says what in which epoch, and the signature over it.

    FramedContent             group, epoch, sender, authenticated data, and application data, a proposal or a commit
    FramedContentAuthData     the signature, and the confirmation tag of a commit
    AuthenticatedContent      both, with the wire format that the signature covers

Structs that take part in a signature keep the bytes they came in. How they are protected is in protection.py.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, SigningKey
from taboon_crypto.mls.codec import Kept, Struct, UInt32, UInt64, opaque, read_opaque
from taboon_crypto.mls.errors import DecodeError, SignatureError, UsageError
from taboon_crypto.mls.messages.proposal import Commit, Proposal
from taboon_crypto.mls.tree.leaf_node import MLS10

__all__ = [
    "ApplicationContent",
    "AuthenticatedContent",
    "CommitContent",
    "Content",
    "ContentType",
    "ExternalSenderIndex",
    "FramedContent",
    "FramedContentAuthData",
    "MemberSender",
    "NewMemberCommit",
    "NewMemberProposal",
    "ProposalContent",
    "Sender",
    "WireFormat",
    "content_type",
    "read_content",
    "sign",
]


class WireFormat(IntEnum):
    """MLS wire formats (section 17.2)."""

    PUBLIC_MESSAGE = 1
    PRIVATE_MESSAGE = 2
    WELCOME = 3
    GROUP_INFO = 4
    KEY_PACKAGE = 5


class ContentType(IntEnum):
    """What a framed message holds."""

    APPLICATION = 1
    PROPOSAL = 2
    COMMIT = 3


# --- who ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberSender(Struct, tag=1, width=1):
    """A member, by leaf."""

    leaf_index: UInt32


@dataclass(frozen=True, slots=True)
class ExternalSenderIndex(Struct, tag=2, width=1):
    """Somebody outside whom the external_senders extension names, by position there."""

    sender_index: UInt32


@dataclass(frozen=True, slots=True)
class NewMemberProposal(Struct, tag=3, width=1):
    """Somebody outside who proposes to be added."""


@dataclass(frozen=True, slots=True)
class NewMemberCommit(Struct, tag=4, width=1):
    """Somebody outside who joins by an external commit."""


Sender = MemberSender | ExternalSenderIndex | NewMemberProposal | NewMemberCommit


# --- what ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApplicationContent(Struct, tag=ContentType.APPLICATION, width=1):
    """What the application has to say."""

    data: bytes

    def __repr__(self) -> str:
        return f"ApplicationContent(<{len(self.data)} bytes>)"


@dataclass(frozen=True, slots=True)
class ProposalContent(Struct, tag=ContentType.PROPOSAL, width=1):
    """A proposal."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class CommitContent(Struct, tag=ContentType.COMMIT, width=1):
    """A commit."""

    commit: Commit


Content = ApplicationContent | ProposalContent | CommitContent

_CONTENT_CLASSES: Final[dict[ContentType, type[Content]]] = {
    ContentType.APPLICATION: ApplicationContent,
    ContentType.PROPOSAL: ProposalContent,
    ContentType.COMMIT: CommitContent,
}


def content_type(content: Content) -> ContentType:
    """Return the ContentType of a content."""
    for kind, cls in _CONTENT_CLASSES.items():
        if isinstance(content, cls):
            return kind
    raise UsageError(f"{type(content).__name__} is no content of a message")


def read_content(kind: ContentType, data: bytes, position: int, end: int) -> tuple[Content, int]:
    """Read the content of a known type, without the type in front."""
    return _CONTENT_CLASSES[kind].read(data, position, end)


@dataclass(frozen=True, slots=True)
class FramedContent(Kept):
    """FramedContent (chapter 6)."""

    group_id: bytes
    epoch: UInt64
    sender: Sender
    authenticated_data: bytes = field(repr=False)  # the application may carry secrets here
    content: Content


@dataclass(frozen=True, slots=True)
class FramedContentAuthData:
    """FramedContentAuthData (section 6.1); the confirmation tag is there exactly for commits.

    No Struct: what it holds depends on the content beside it, so reading takes the content's type.
    """

    signature: bytes
    confirmation_tag: bytes | None = None

    @classmethod
    def read(cls, kind: ContentType, data: bytes, position: int, end: int) -> tuple[Self, int]:
        """Read what belongs to a content of this type."""
        signature, position = read_opaque(data, position, end)
        if kind is not ContentType.COMMIT:
            return cls(signature), position
        tag, position = read_opaque(data, position, end)
        return cls(signature, tag), position

    def encode(self) -> bytes:
        """Encode."""
        return opaque(self.signature) + (b"" if self.confirmation_tag is None else opaque(self.confirmation_tag))


@dataclass(frozen=True, slots=True)
class AuthenticatedContent:
    """AuthenticatedContent (chapter 6): a framed content, how it travels, and what authenticates it."""

    wire_format: WireFormat
    content: FramedContent
    auth: FramedContentAuthData

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole AuthenticatedContent.

        Raises:
            DecodeError: Malformed, or with bytes left over.
        """
        data = bytes(data)
        if len(data) < 2 or data[:2] not in (b"\x00\x01", b"\x00\x02"):
            raise DecodeError("the wire format is neither public nor private").inside(cls.__name__)
        wire_format = WireFormat(data[1])
        try:
            content, position = FramedContent.read(data, 2, len(data))
            auth, position = FramedContentAuthData.read(content_type(content.content), data, position, len(data))
        except DecodeError as error:
            raise error.inside(cls.__name__) from None
        if position != len(data):
            raise DecodeError(f"{len(data) - position} bytes are left over").inside(cls.__name__)
        return cls(wire_format, content, auth)

    def encode(self) -> bytes:
        """Encode."""
        return self.wire_format.to_bytes(2) + self.content.encode() + self.auth.encode()

    def reference(self, suite: CipherSuite) -> bytes:
        """MakeProposalRef (section 5.2), Nh bytes."""
        return suite.ref_hash(b"MLS 1.0 Proposal Reference", self.encode())

    def transcript_input(self) -> bytes:
        """ConfirmedTranscriptHashInput (section 8.2)."""
        return self.wire_format.to_bytes(2) + self.content.encode() + opaque(self.auth.signature)

    def to_be_signed(self, group_context: bytes) -> bytes:
        """FramedContentTBS (section 6.1); ``group_context`` is the encoded GroupContext of the epoch."""
        return _to_be_signed(self.wire_format, self.content, group_context)

    def check_signature(self, suite: CipherSuite, public: bytes, group_context: bytes) -> None:
        """Check the signature (section 6.1).

        Args:
            suite: The group's.
            public: The signature key that the sender's type prescribes.
            group_context: Encoded GroupContext of the epoch.

        Raises:
            SignatureError: Rule "message.signature".
        """
        if not suite.verify_with_label(
            public, b"FramedContentTBS", self.to_be_signed(group_context), self.auth.signature
        ):
            raise SignatureError("message.signature", "the signature of the message does not verify")


def sign(
    suite: CipherSuite, key: SigningKey, wire_format: WireFormat, content: FramedContent, group_context: bytes
) -> bytes:
    """Sign a framed content (section 6.1); ``group_context`` is the encoded GroupContext of the epoch."""
    return suite.sign_with_label(key, b"FramedContentTBS", _to_be_signed(wire_format, content, group_context))


def _to_be_signed(wire_format: WireFormat, content: FramedContent, group_context: bytes) -> bytes:
    head = MLS10.to_bytes(2) + wire_format.to_bytes(2) + content.encode()
    return head + group_context if isinstance(content.sender, MemberSender | NewMemberCommit) else head
