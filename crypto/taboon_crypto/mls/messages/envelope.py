"""MLSMessage: RFC 9420, chapter 6: the one struct that everything travels in, and what can be read without keys.

MLSMessage.decode(data).body            one of the five wire formats
open_as(PrivateMessage, data)           the body, or an error if it is another
write_key_package, read_key_package     a key package as it is published
wire_format_of, group_id_of, epoch_of, content_type_of, authenticated_data_of
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, TypeVar

from taboon_crypto.mls.codec import Struct, Width
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.messages.framing import ContentType, FramedContent, WireFormat, content_type
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.messages.protection import PrivateMessage, PublicMessage
from taboon_crypto.mls.messages.welcome import GroupInfo, Welcome
from taboon_crypto.mls.tree.leaf_node import MLS10

__all__ = [
    "Body",
    "MLSMessage",
    "ProtocolVersion",
    "authenticated_data_of",
    "content_type_of",
    "epoch_of",
    "group_id_of",
    "open_as",
    "read_key_package",
    "wire_format_of",
    "wrap",
    "write_key_package",
]


class ProtocolVersion(IntEnum):
    """Protocol versions (chapter 6)."""

    MLS10 = MLS10


Body = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage
_B = TypeVar("_B", PublicMessage, PrivateMessage, Welcome, GroupInfo, KeyPackage)


@dataclass(frozen=True, slots=True)
class MLSMessage(Struct):
    """MLSMessage (chapter 6)."""

    version: Annotated[ProtocolVersion, Width(2)]
    body: Body


def wrap(body: Body) -> bytes:
    """Encode a body as an MLSMessage."""
    return MLSMessage(ProtocolVersion.MLS10, body).encode()


def open_as(kind: type[_B], message: bytes) -> _B:
    """Decode an MLSMessage that must have this body.

    Raises:
        DecodeError: Malformed.
        ValidationError: Rule "message.wire_format": it is well-formed and something else.
    """
    body = MLSMessage.decode(message).body
    if not isinstance(body, kind):
        raise ValidationError("message.wire_format", f"a {kind.__name__} was expected, not a {type(body).__name__}")
    return body


def write_key_package(key_package: KeyPackage) -> bytes:
    """Return a key package as an MLSMessage, for publishing."""
    return wrap(key_package)


def read_key_package(message: bytes) -> KeyPackage:
    """Return the key package in an MLSMessage; ``verify`` checks it.

    Raises:
        DecodeError: Malformed.
        ValidationError: Rule "message.wire_format", or "key_package.version": it is of another protocol version than
            the message around it (chapter 10).
    """
    key_package = open_as(KeyPackage, message)
    if key_package.version != MLS10:
        raise ValidationError("key_package.version", "a key package is of another version than the message around it")
    return key_package


def wire_format_of(message: bytes) -> WireFormat:
    """Return the wire format of an MLSMessage; raises DecodeError."""
    return _FORMATS[type(MLSMessage.decode(message).body)]


def group_id_of(message: bytes) -> bytes:
    """Return the group that an MLSMessage says it belongs to; nothing is checked.

    Raises:
        DecodeError: Malformed.
        UsageError: A Welcome or a key package, which do not say.
    """
    body = MLSMessage.decode(message).body
    if isinstance(body, GroupInfo):
        return body.group_context.group_id
    return _framed(body).group_id


def epoch_of(message: bytes) -> int:
    """Return the epoch that an MLSMessage says it belongs to; nothing is checked.

    Raises:
        DecodeError: Malformed.
        UsageError: A Welcome or a key package, which do not say.
    """
    body = MLSMessage.decode(message).body
    if isinstance(body, GroupInfo):
        return body.group_context.epoch
    return _framed(body).epoch


def content_type_of(message: bytes) -> ContentType:
    """Return whether a message holds application data, a proposal or a commit; nothing is checked.

    Raises:
        DecodeError: Malformed.
        UsageError: Neither a public nor a private message.
    """
    body = MLSMessage.decode(message).body
    if isinstance(body, PrivateMessage):
        return body.content_type
    if isinstance(body, PublicMessage):
        return content_type(body.content.content)
    raise UsageError(f"a {type(body).__name__} holds no content of a group")


def authenticated_data_of(message: bytes) -> bytes:
    """Return the authenticated data of a message; nothing is checked.

    Raises:
        DecodeError: Malformed.
        UsageError: Neither a public nor a private message.
    """
    return _framed(MLSMessage.decode(message).body).authenticated_data


_FORMATS = {
    PublicMessage: WireFormat.PUBLIC_MESSAGE,
    PrivateMessage: WireFormat.PRIVATE_MESSAGE,
    Welcome: WireFormat.WELCOME,
    GroupInfo: WireFormat.GROUP_INFO,
    KeyPackage: WireFormat.KEY_PACKAGE,
}


def _framed(body: Body) -> PrivateMessage | FramedContent:
    if isinstance(body, PrivateMessage):
        return body
    if isinstance(body, PublicMessage):
        return body.content
    raise UsageError(f"a {type(body).__name__} does not say which group and epoch it belongs to")
