"""Extensions: RFC 9420, chapter 13, with the bodies of required_capabilities (11.1), external_pub and external_senders.

Unknown types are kept as they are, and GREASE values (section 13.5) are unknown types like any other.
``find`` gives the data of one type, ``check_unique_types`` refuses a list that names a type twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from taboon_crypto.mls import codec
from taboon_crypto.mls.codec import AtMost, Struct, UInt16
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import UsageError, ValidationError

__all__ = [
    "APPLICATION_ID",
    "DEFAULT_EXTENSIONS",
    "DEFAULT_PROPOSALS",
    "EXTERNAL_PUB",
    "EXTERNAL_SENDERS",
    "GREASE",
    "LAST_RESORT",
    "RATCHET_TREE",
    "REQUIRED_CAPABILITIES",
    "Extension",
    "Extensions",
    "ExternalPub",
    "ExternalSender",
    "RequiredCapabilities",
    "TypeList",
    "check_no_grease",
    "check_unique_types",
    "decode_external_senders",
    "encode_external_senders",
    "find",
]

APPLICATION_ID: Final = 0x0001
RATCHET_TREE: Final = 0x0002
REQUIRED_CAPABILITIES: Final = 0x0003
EXTERNAL_PUB: Final = 0x0004
EXTERNAL_SENDERS: Final = 0x0005
LAST_RESORT: Final = 0x000A
"""Of a key package: it may be used more than once (draft-ietf-mls-extensions, last_resort_key_package); no data."""

DEFAULT_EXTENSIONS: Final = frozenset(range(0x0001, 0x0006))
"""Extension types every client implements and nobody lists (section 7.2)."""
DEFAULT_PROPOSALS: Final = frozenset(range(0x0001, 0x0008))
"""Proposal types every client implements and nobody lists (section 7.2)."""
GREASE: Final = tuple(0x0A0A + 0x1010 * step for step in range(15))
"""The values that exist to be ignored (section 13.5)."""


@dataclass(frozen=True, slots=True)
class Extension(Struct):
    """An extension of any type, its data not interpreted."""

    extension_type: UInt16
    extension_data: bytes


Extensions = Annotated[tuple[Extension, ...], AtMost(256)]
"""A list of extensions. There are not as many types as it may hold; the RFC sets no limit."""
TypeList = Annotated[tuple[UInt16, ...], AtMost(1024)]
"""A list of code points, of what a client supports or a group requires; likewise."""


@dataclass(frozen=True, slots=True)
class RequiredCapabilities(Struct):
    """Data of required_capabilities (section 11.1)."""

    extension_types: TypeList = ()
    proposal_types: TypeList = ()
    credential_types: TypeList = ()


@dataclass(frozen=True, slots=True)
class ExternalPub(Struct):
    """Data of external_pub (section 12.4.3.2): the key to which a newcomer encapsulates."""

    external_pub: bytes


@dataclass(frozen=True, slots=True)
class ExternalSender(Struct):
    """One entry of external_senders (section 12.1.8.1)."""

    signature_key: bytes
    credential: Credential


def find(extensions: Iterable[Extension], extension_type: int) -> bytes | None:
    """Return the data of the extension of a type, or None."""
    for extension in extensions:
        if extension.extension_type == extension_type:
            return extension.extension_data
    return None


def check_unique_types(extensions: Iterable[Extension], where: str) -> None:
    """Refuse a list with two extensions of one type (section 13.4).

    Args:
        extensions: The list.
        where: What the list belongs to, for the message, as in "LeafNode".

    Raises:
        ValidationError: Rule "extensions.unique".
    """
    seen: set[int] = set()
    for extension in extensions:
        if extension.extension_type in seen:
            kind = f"0x{extension.extension_type:04x}"
            raise ValidationError("extensions.unique", f"the extensions of {where} name type {kind} twice")
        seen.add(extension.extension_type)


def check_no_grease(extensions: Iterable[Extension]) -> None:
    """Refuse to send extensions of a group context that exist to be ignored: nobody may ignore those (section 13.5).

    For senders alone: a receiver treats them like any other type that it does not know.

    Raises:
        UsageError: There is one.
    """
    for extension in extensions:
        if extension.extension_type in GREASE:
            raise UsageError("an extension of the group context is of a type that is reserved for being ignored")


def decode_external_senders(data: bytes) -> tuple[ExternalSender, ...]:
    """Decode the data of external_senders; raises DecodeError."""
    senders: tuple[ExternalSender, ...] = codec.decode(tuple[ExternalSender, ...], data)
    return senders


def encode_external_senders(senders: tuple[ExternalSender, ...]) -> bytes:
    """Encode the data of external_senders."""
    return codec.encode(tuple[ExternalSender, ...], senders)
