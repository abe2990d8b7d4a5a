"""The invite link: format and keys (docs/protocol.md, section 4.1).

A link is acted upon only after its checksum, version, lengths and address have been read strictly; reading one touches
no network.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taboon_client.errors import BadLinkError, RelayAddressError
from taboon_client.group.circles import parent_hint
from taboon_client.group.settings import GROUP_SUITES, SUITE
from taboon_client.relay.address import RelayAddress
from taboon_crypto.mailbox import MailboxKeys, RetentionClass, rendezvous_blob_key
from taboon_crypto.primitives import sodium
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from taboon_crypto.mls import CipherSuite, Random

__all__ = ["InvitePayload"]

_PREFIX: Final = "taboon:join:"
_MAX_LINK: Final = 1024
_VERSION, _VERSION_WITH_SUITE, _VERSION_OF_DEVICE, _VERSION_OF_CIRCLE = 1, 2, 3, 4
_PERSON: Final = 32
_SUITE: Final = struct.Struct(">H")
_FIXED: Final = struct.Struct(">32s32s32s32sIBH")
_CHECKSUM: Final = 4
_B64 = re.compile(r"[A-Za-z0-9_-]+\Z")


_CUT_OFF = "this link is cut off. Ask for it again, and copy all of it"
_TOO_NEW = "this link was made by a newer version of Taboon. Update Taboon, then use it again"


def _read_head(payload: bytes) -> tuple[CipherSuite, bytes, bytes, bytes]:
    """Return the suite of an invite, the person for whose device it is, the hint at a circle's parent, and the rest."""
    version, rest = payload[:1], payload[1:]
    if version == bytes((_VERSION,)):
        return SUITE, b"", b"", rest
    of_device, of_circle = version == bytes((_VERSION_OF_DEVICE,)), version == bytes((_VERSION_OF_CIRCLE,))
    if not of_device and not of_circle and version != bytes((_VERSION_WITH_SUITE,)):
        raise BadLinkError(_TOO_NEW if version else _CUT_OFF)
    if len(rest) < _SUITE.size:
        raise BadLinkError(_CUT_OFF)
    (number,) = _SUITE.unpack_from(rest)
    suite = GROUP_SUITES.get(number)
    if suite is None:
        raise BadLinkError(_TOO_NEW)
    rest = rest[_SUITE.size :]
    if of_device:
        return suite, rest[:_PERSON], b"", rest[_PERSON:]
    if of_circle:
        return suite, b"", rest[:_PERSON], rest[_PERSON:]
    if suite == SUITE:
        # One invite has one spelling, or two people could compare codes of two.
        raise BadLinkError("this is not an invite of Taboon. Ask for the link again")
    return suite, b"", b"", rest


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(b"taboon link v1" + payload).digest()[:_CHECKSUM]


@dataclass(frozen=True, slots=True)
class InvitePayload:
    """What an invite says.

    Attributes:
        secret: Behind the keys of the rendezvous, 32 bytes.
        invite_key: Public key that signs the answer.
        psk: Pre-shared key of the commit that adds the joiner, 32 bytes.
        relay_id: Of the relay where the rendezvous is, and the group.
        expires: Unix time in minutes.
        retention: Class of the rendezvous mailbox.
        relay_url: The relay's address, without the id.
        suite: Of the group: what the joiner's key package must be for.
        person: Identity key of whom the joiner's leaf shall be a further device of, 32 bytes; empty for a new person.
        circle: Into a circle: what the parent group is known by to those who have it, 32 bytes; else empty.
    """

    secret: Secret
    invite_key: bytes
    psk: Secret
    relay_id: bytes
    expires: int
    retention: int
    relay_url: str
    suite: CipherSuite = SUITE
    person: bytes = b""
    circle: bytes = b""

    @classmethod
    def generate(
        cls,
        *,
        relay_url: str,
        relay_id: bytes,
        expires: int,
        retention: int,
        random: Random,
        suite: CipherSuite = SUITE,
        person: bytes = b"",
        parent: bytes = b"",
    ) -> tuple[InvitePayload, Secret]:
        """Make an invite for one person; also returns the 32-byte seed of the invite key.

        With ``parent``, a group id, it is one into a circle of that group.
        """
        seed = Secret(random(32))
        invite_key = sodium.ed25519_expand_seed(seed)[0]
        payload = cls(
            secret=Secret(random(32)),
            invite_key=invite_key,
            psk=Secret(random(32)),
            relay_id=relay_id,
            expires=expires,
            retention=retention,
            relay_url=relay_url,
            suite=suite,
            person=person,
            circle=parent_hint(parent, invite_key) if parent else b"",
        )
        return payload, seed

    def encode(self) -> bytes:
        """Return the payload bytes, of which hashes and codes are made."""
        address = self.relay_url.encode("ascii")
        head = bytes((_VERSION,))
        if self.person:
            head = bytes((_VERSION_OF_DEVICE,)) + _SUITE.pack(self.suite.suite_id) + self.person
        elif self.circle:
            head = bytes((_VERSION_OF_CIRCLE,)) + _SUITE.pack(self.suite.suite_id) + self.circle
        elif self.suite != SUITE:
            head = bytes((_VERSION_WITH_SUITE,)) + _SUITE.pack(self.suite.suite_id)
        return (
            head
            + _FIXED.pack(
                self.secret, self.invite_key, self.psk, self.relay_id, self.expires, self.retention, len(address)
            )
            + address
        )

    @classmethod
    def decode(cls, payload: bytes) -> InvitePayload:
        """Read payload bytes.

        Raises:
            BadLinkError: They are not those of an invite this program knows.
        """
        suite, person, circle, rest = _read_head(payload)
        if len(rest) < _FIXED.size:
            raise BadLinkError(_CUT_OFF)
        secret, invite_key, psk, relay_id, expires, retention, length = _FIXED.unpack_from(rest)
        address = rest[_FIXED.size :]
        if len(address) != length or retention > 3 or not address.isascii():
            raise BadLinkError("this is not an invite of Taboon. Ask for the link again")
        url = address.decode("ascii")
        try:
            RelayAddress(url, relay_id)
        except RelayAddressError as error:
            raise BadLinkError(f"this link names a relay that cannot be used. {error}") from error
        return cls(Secret(secret), invite_key, Secret(psk), relay_id, expires, retention, url, suite, person, circle)

    @property
    def link(self) -> str:
        """The link to hand over: whoever holds it can ask to join."""
        payload = self.encode()
        return _PREFIX + base64.urlsafe_b64encode(payload + _checksum(payload)).rstrip(b"=").decode("ascii")

    @classmethod
    def parse(cls, link: str) -> InvitePayload:
        """Read a link; white space around it and line breaks in it are forgiven.

        Raises:
            BadLinkError: It is no link of Taboon, is damaged, or too new.
        """
        text = "".join(link.split()) if len(link) <= 4 * _MAX_LINK else link
        if len(text) > _MAX_LINK:
            raise BadLinkError("this is too long for an invite link. Copy the link alone, without the text around it")
        if not text.startswith(_PREFIX):
            raise BadLinkError(f"this is not an invite link: one begins with {_PREFIX}")
        encoded = text.removeprefix(_PREFIX)
        if _B64.match(encoded) is None:
            raise BadLinkError("this link holds characters that do not belong in it. Copy it again")
        try:
            raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except (binascii.Error, ValueError) as error:
            raise BadLinkError("this link is damaged or cut off. Copy it again") from error
        payload, checksum = raw[:-_CHECKSUM], raw[-_CHECKSUM:]
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != encoded or checksum != _checksum(payload):
            raise BadLinkError("this link is damaged or cut off. Copy it again")
        return cls.decode(payload)

    @property
    def digest(self) -> bytes:
        """H(payload): what signatures and the safety code name the invite by."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def code(self) -> str:
        """Short code of the invite: eight hexadecimal digits of the digest."""
        return self.digest.hex()[:8]

    @property
    def mailbox(self) -> MailboxKeys:
        """The keys of the rendezvous mailbox."""
        return MailboxKeys.of_rendezvous(self.secret, RetentionClass(self.retention))

    @property
    def blob_key(self) -> Secret:
        """The key of the blobs at the rendezvous, 32 bytes."""
        return rendezvous_blob_key(self.secret)
