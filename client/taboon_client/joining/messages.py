"""What lies at a rendezvous: request, Welcome, "ended" (docs/protocol.md, section 4.2). Bytes in, bytes out.

Each content is made by one side and checked by the other in the functions of this file; whoever else holds the link may
write anything into that mailbox, so nothing here is believed without its signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.leaf import LEAF_EXTENSION
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.group.rules import check_member
from taboon_crypto import mls
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.joining.link import InvitePayload

__all__ = [
    "MAX_AGREEMENT",
    "MAX_ANSWER",
    "Asked",
    "Asks",
    "JoinRequestContent",
    "agreement_name",
    "is_ended",
    "is_withdrawn",
    "make_asks",
    "make_ended",
    "make_request",
    "make_welcome",
    "make_withdrawn",
    "read_asks",
    "read_request",
    "read_welcome",
]

_MAX_NAME = 40
_MAX_KEY_PACKAGE = 16_384
_MAX_QUESTIONS = 20
_NAME = 32
_NONE: Mapping[bytes, str] = MappingProxyType({})
MAX_ANSWER = 500
"""Characters of a question or an answer, at most."""
MAX_AGREEMENT = 4_000
"""Characters of an agreement, at most."""


class Asked(NamedTuple):
    """A question to whoever wants to join: name of its event, texts by language, whether it must be answered."""

    version: bytes
    labels: Mapping[str, str]
    required: bool


@dataclass(frozen=True, slots=True)
class Asks:
    """What a group asks whoever wants to join: questions, and an agreement to be accepted (empty: none)."""

    questions: tuple[Asked, ...] = ()
    agreement: str = ""

    def __bool__(self) -> bool:
        return bool(self.questions or self.agreement)

    @property
    def agreement_name(self) -> bytes:
        """What stands for the agreement in a request, and in the event by which it is accepted: 32 bytes."""
        return agreement_name(self.agreement)


@dataclass(frozen=True, slots=True)
class JoinRequestContent:
    """A request whose signature was checked: the joiner's key package (bytes as they came), chosen name, answers.

    ``answers`` are by the name of the question's event; the agreement stands there by its own name, with no text.
    """

    key_package: bytes
    name: str
    identity: bytes
    answers: Mapping[bytes, str] = field(default_factory=dict)


def make_request(
    invite: InvitePayload, key_package: bytes, name: str, signer: mls.SigningKey, answers: Mapping[bytes, str] = _NONE
) -> bytes:
    """Return the body of a request."""
    said: list[object] = [key_package, name]
    if answers:
        said.append([[version, text] for version, text in sorted(answers.items())])
    return cbor.encode([*said, signer.sign(b"taboon join v1" + invite.digest + cbor.encode(said))])


def read_request(invite: InvitePayload, body: bytes) -> JoinRequestContent:
    """Check the body of a request.

    Raises:
        FormatError: It is not a request that the identity key of its key package signed for this invite.
    """
    fields = cbor.decode(body)
    if not isinstance(fields, list) or len(fields) not in (3, 4):
        raise FormatError("a request to join is not written as one")
    *said, signature = fields
    key_package, name, *rest = said
    if (
        not isinstance(key_package, bytes)
        or len(key_package) > _MAX_KEY_PACKAGE
        or not isinstance(name, str)
        or not 1 <= len(name) <= _MAX_NAME
        or not isinstance(signature, bytes)
    ):
        raise FormatError("a request to join is not written as one")
    answers = _answers(rest[0]) if rest else {}
    identity = _check_key_package(key_package, invite)
    if not sodium.ed25519_verify(identity, b"taboon join v1" + invite.digest + cbor.encode(said), signature):
        raise FormatError("a request to join is not signed by whom it names")
    return JoinRequestContent(key_package, name, identity, answers)


def _answers(value: object) -> dict[bytes, str]:
    if not isinstance(value, list) or not 1 <= len(value) <= _MAX_QUESTIONS + 1:
        raise FormatError("a request to join answers in another form than it should")
    found: dict[bytes, str] = {}
    for entry in value:
        if not isinstance(entry, list) or len(entry) != 2:
            raise FormatError("a request to join answers in another form than it should")
        version, text = entry
        named = isinstance(version, bytes) and len(version) == _NAME
        if not named or not isinstance(text, str) or len(text) > MAX_ANSWER or version in found:
            raise FormatError("a request to join answers in another form than it should")
        found[version] = text
    return found


def agreement_name(text: str) -> bytes:
    """Return what stands for an agreement: the hash of its text, 32 bytes."""
    return hashlib.sha256(b"taboon agreement v1" + text.encode("utf-8", "surrogatepass")).digest()


def make_asks(invite: InvitePayload, invite_seed: bytes, asks: Asks) -> bytes:
    """Return the body that asks whoever wants to join."""
    said = [[[one.version, dict(one.labels), one.required] for one in asks.questions], asks.agreement]
    return cbor.encode([*said, _sign(invite_seed, b"taboon asks v1" + invite.digest + cbor.encode(said))])


def read_asks(invite: InvitePayload, body: bytes) -> Asks:
    """Return what a group asks whoever wants to join.

    Raises:
        FormatError: It was not made with the invite key, or asks in a form that this program does not know.
    """
    questions, agreement, signature = _fields(body, 3)
    if not isinstance(signature, bytes) or not isinstance(agreement, str) or len(agreement) > MAX_AGREEMENT:
        raise FormatError("what a group asks is not written as such")
    signed = b"taboon asks v1" + invite.digest + cbor.encode([questions, agreement])
    if not sodium.ed25519_verify(invite.invite_key, signed, signature):
        raise FormatError("what a group asks is not signed by the invite")
    if not isinstance(questions, list) or len(questions) > _MAX_QUESTIONS:
        raise FormatError("a group asks more than anybody answers")
    found = []
    for entry in questions:
        if not isinstance(entry, list) or len(entry) != 3:
            raise FormatError("what a group asks is not written as such")
        version, labels, required = entry
        texts = list(labels.values()) if isinstance(labels, dict) else []
        said = bool(texts) and all(isinstance(text, str) and len(text) <= MAX_ANSWER for text in texts)
        if not isinstance(version, bytes) or len(version) != _NAME or not said:
            raise FormatError("what a group asks is not written as such")
        found.append(Asked(version, labels, required is True))
    return Asks(tuple(found), agreement)


def make_withdrawn(invite: InvitePayload, key_package: bytes, signer: mls.SigningKey) -> bytes:
    """Return the body by which a joiner takes its request back."""
    return cbor.encode([signer.sign(_withdrawn_text(invite, key_package))])


def is_withdrawn(invite: InvitePayload, request: bytes, body: bytes) -> bool:
    """Tell whether a body takes this request back, signed by whoever made it."""
    try:
        made = read_request(invite, request)
        (signature,) = _fields(body, 1)
    except FormatError:
        return False
    text = _withdrawn_text(invite, made.key_package)
    return isinstance(signature, bytes) and sodium.ed25519_verify(made.identity, text, signature)


def _withdrawn_text(invite: InvitePayload, key_package: bytes) -> bytes:
    return b"taboon withdrawn v1" + invite.digest + hashlib.sha256(key_package).digest()


def _check_key_package(encoded: bytes, invite: InvitePayload) -> bytes:
    """Check that a key package can become a leaf of the group that invites; returns its identity key.

    It is of a further device of the person whom the invite names, and of nobody's where it names none. A commit that
    adds another kind of leaf would be spoiled for everyone.
    """
    try:
        package = mls.KeyPackage.decode(encoded)
    except mls.MlsError as error:
        raise FormatError("a request to join holds no key package") from error
    leaf = package.leaf_node
    capable = all(leaf.capabilities.supports_extension(kind) for kind in (POLICY_EXTENSION, LEAF_EXTENSION))
    if package.cipher_suite != invite.suite.suite_id or not capable:
        raise FormatError("a request to join comes from a program that does not speak as this group does")
    if package.is_last_resort:
        raise FormatError("a request to join holds a key package that is kept and used again")
    said = check_member(mls.Member(0, leaf), invite.suite)
    if said.person != invite.person or said.devices:
        raise FormatError("a request to join is of another person than the invite is for")
    if bool(said.parent) != bool(invite.circle):
        raise FormatError("a request to join does not say what a circle's members say")
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
