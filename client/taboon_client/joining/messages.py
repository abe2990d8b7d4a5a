"""What lies at a rendezvous: request, Welcome, "ended" (docs/protocol.md, section 4.2). Bytes in, bytes out.

Each content is made by one side and checked by the other in the functions of this file; whoever else holds the link may
write anything into that mailbox, so nothing here is believed without its signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.leaf import LEAF_EXTENSION
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.group.rules import check_member
from taboon_crypto import mls
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from taboon_client.joining.link import InvitePayload

__all__ = [
    "JoinRequestContent",
    "is_ended",
    "make_ended",
    "make_request",
    "make_welcome",
    "read_request",
    "read_welcome",
]

_MAX_NAME = 40
_MAX_KEY_PACKAGE = 16_384


@dataclass(frozen=True, slots=True)
class JoinRequestContent:
    """A request whose signature was checked: the joiner's key package (bytes as they came) and chosen name."""

    key_package: bytes
    name: str
    identity: bytes


def make_request(invite: InvitePayload, key_package: bytes, name: str, signer: mls.SigningKey) -> bytes:
    """Return the body of a request."""
    signed = b"taboon join v1" + invite.digest + cbor.encode([key_package, name])
    return cbor.encode([key_package, name, signer.sign(signed)])


def read_request(invite: InvitePayload, body: bytes) -> JoinRequestContent:
    """Check the body of a request.

    Raises:
        FormatError: It is not a request that the identity key of its key package signed for this invite.
    """
    fields = _fields(body, 3)
    key_package, name, signature = fields
    if (
        not isinstance(key_package, bytes)
        or len(key_package) > _MAX_KEY_PACKAGE
        or not isinstance(name, str)
        or not 1 <= len(name) <= _MAX_NAME
        or not isinstance(signature, bytes)
    ):
        raise FormatError("a request to join is not written as one")
    identity = _check_key_package(key_package, invite.suite)
    signed = b"taboon join v1" + invite.digest + cbor.encode([key_package, name])
    if not sodium.ed25519_verify(identity, signed, signature):
        raise FormatError("a request to join is not signed by whom it names")
    return JoinRequestContent(key_package, name, identity)


def _check_key_package(encoded: bytes, suite: mls.CipherSuite) -> bytes:
    """Check that a key package can become a leaf of a group of Taboon with this suite; returns its identity key.

    A commit that adds another kind of leaf would be spoiled for everyone.
    """
    try:
        package = mls.KeyPackage.decode(encoded)
    except mls.MlsError as error:
        raise FormatError("a request to join holds no key package") from error
    leaf = package.leaf_node
    capable = all(leaf.capabilities.supports_extension(kind) for kind in (POLICY_EXTENSION, LEAF_EXTENSION))
    if package.cipher_suite != suite.suite_id or not capable:
        raise FormatError("a request to join comes from a program that does not speak as this group does")
    if package.is_last_resort:
        raise FormatError("a request to join holds a key package that is kept and used again")
    check_member(mls.Member(0, leaf), suite)
    return leaf.signature_key


def make_welcome(invite: InvitePayload, invite_seed: bytes, key_package: bytes, welcome: bytes) -> bytes:
    """Return the body that answers a request."""
    return cbor.encode([welcome, _sign(invite_seed, _welcome_text(invite, key_package, welcome))])


def read_welcome(invite: InvitePayload, key_package: bytes, body: bytes) -> bytes:
    """Return the MLS Welcome in an answer.

    Raises:
        FormatError: It was not made with the invite key for this key package.
    """
    welcome, signature = _fields(body, 2)
    if not isinstance(welcome, bytes) or not isinstance(signature, bytes):
        raise FormatError("an answer to a request is not written as one")
    if not sodium.ed25519_verify(invite.invite_key, _welcome_text(invite, key_package, welcome), signature):
        raise FormatError("an answer to a request is not signed by the invite")
    return welcome


def make_ended(invite: InvitePayload, invite_seed: bytes) -> bytes:
    """Return the body that ends an invite."""
    return cbor.encode([_sign(invite_seed, b"taboon ended v1" + invite.digest)])


def is_ended(invite: InvitePayload, body: bytes) -> bool:
    """Tell whether a body ends this invite, signed by its invite key."""
    try:
        (signature,) = _fields(body, 1)
    except FormatError:
        return False
    return isinstance(signature, bytes) and sodium.ed25519_verify(
        invite.invite_key, b"taboon ended v1" + invite.digest, signature
    )


def _welcome_text(invite: InvitePayload, key_package: bytes, welcome: bytes) -> bytes:
    return (
        b"taboon welcome v1" + invite.digest + hashlib.sha256(key_package).digest() + hashlib.sha256(welcome).digest()
    )


def _sign(seed: bytes, message: bytes) -> bytes:
    return sodium.ed25519_sign(sodium.ed25519_expand_seed(seed)[1], message)


def _fields(body: bytes, count: int) -> list[object]:
    fields = cbor.decode(body)
    if not isinstance(fields, list) or len(fields) != count:
        raise FormatError("what lies at the rendezvous is not what it says")
    return fields
