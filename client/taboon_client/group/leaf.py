"""Taboon's part of a leaf: append key, rejoin secret, sealing key, devices (docs/protocol.md, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_client.group.settings import GROUP_SUITES, SUITE
from taboon_crypto import mls
from taboon_crypto.primitives import sodium
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_crypto.mls import Random

__all__ = [
    "LEAF_EXTENSION",
    "MAX_DEVICES",
    "LeafContent",
    "LeafKeys",
    "content_of",
    "member_profile",
    "read_devices",
]

LEAF_EXTENSION: Final = 0xF7B1
"""MLS extension type of Taboon's leaf content, in the private-use range (RFC 9420, section 17.3)."""

_VERSION = 1
_FIELDS, _FIELDS_WITH_DEVICES, _FIELDS_IN_CIRCLE = 4, 6, 8
_PROOF = 64
_SIZE = 32
_PLAIN = b"\x84"
"""How the CBOR of a leaf begins that speaks of no devices: a list of four."""
MAX_DEVICES: Final = 8
"""Devices that a leaf can say are of the same person, at most."""
_MAX_LEAF = 2_048
"""Bytes of a leaf's content, at most: the sealing key of the hybrid suite has 1,216."""


@dataclass(frozen=True, slots=True)
class LeafContent:
    """What a leaf tells the other members: see docs/protocol.md, section 2.2.

    Append key and rejoin secret have 32 bytes. The sealing key is a public key of the HPKE KEM of the group's suite, so
    that sealed details are as safe from whoever kept them as what is said in the group.

    ``person`` is empty, or the identity key of whom this leaf is a further device of; ``devices`` are the identity keys
    of those whom this leaf says to be further devices of the same person.

    In a circle ``parent`` is the identity key that its member has in the parent group, 32 bytes, and ``proof`` that
    key's signature, 64 bytes (``circles.py``); both are empty elsewhere.
    """

    append_key: bytes
    rejoin_secret: Secret
    sealing_key: bytes
    person: bytes = b""
    devices: tuple[bytes, ...] = ()
    parent: bytes = b""
    proof: bytes = b""

    def encode(self) -> bytes:
        """Return the extension data."""
        fields: list[object] = [_VERSION, self.append_key, bytes(self.rejoin_secret), self.sealing_key]
        if self.person or self.devices or self.parent:
            fields += [self.person, list(self.devices)]
        if self.parent:
            fields += [self.parent, self.proof]
        return cbor.encode(fields)

    @classmethod
    def decode(cls, data: bytes | None, suite: mls.CipherSuite = SUITE) -> LeafContent:
        """Read extension data; None (no such extension) is refused like nonsense.

        Args:
            data: The extension.
            suite: Of the group, which says what a sealing key is.

        Raises:
            FormatError: It is no leaf content of a version that this program knows, or holds a key that nobody should
                seal to.
        """
        fields = cbor.decode(data) if data is not None and len(data) <= _MAX_LEAF else None
        if not isinstance(fields, list) or len(fields) < _FIELDS or fields[0] != _VERSION:
            raise FormatError("a leaf does not say what a leaf of Taboon says")
        append_key, rejoin_secret, sealing_key = fields[1:_FIELDS]
        for value, size in ((append_key, _SIZE), (rejoin_secret, _SIZE), (sealing_key, suite.hpke.kem.public_length)):
            if not isinstance(value, bytes) or len(value) != size:
                raise FormatError("a leaf holds a key of the wrong size")
        try:
            suite.check_hpke_key(sealing_key)
        except mls.ValidationError as error:
            raise FormatError("a leaf holds a sealing key that hides nothing") from error
        person, devices = _read_devices(fields[_FIELDS:])
        parent, proof = _read_parent(fields[_FIELDS_WITH_DEVICES:])
        return cls(append_key, Secret(rejoin_secret), sealing_key, person, devices, parent, proof)


def read_devices(data: bytes | None) -> tuple[bytes, tuple[bytes, ...]]:
    """Return only the person and the devices of extension data: what is read of every leaf for every commit.

    Raises:
        FormatError: It is no leaf content of a version that this program knows.
    """
    if data is not None and data[:1] == _PLAIN:
        return b"", ()
    fields = cbor.decode(data) if data is not None and len(data) <= _MAX_LEAF else None
    if not isinstance(fields, list) or len(fields) < _FIELDS:
        raise FormatError("a leaf does not say what a leaf of Taboon says")
    return _read_devices(fields[_FIELDS:])


def _read_devices(fields: list[object]) -> tuple[bytes, tuple[bytes, ...]]:
    if not fields:
        return b"", ()
    if len(fields) < _FIELDS_WITH_DEVICES - _FIELDS:
        raise FormatError("a leaf does not say what a leaf of Taboon says")
    person, devices = fields[:2]
    if not isinstance(person, bytes) or len(person) not in (0, _SIZE):
        raise FormatError("a leaf names a person in another form than it should")
    if not isinstance(devices, list) or len(devices) > MAX_DEVICES:
        raise FormatError("a leaf names more devices than a person has")
    found = [one for one in devices if isinstance(one, bytes) and len(one) == _SIZE]
    if found != devices or found != sorted(set(found)):
        raise FormatError("a leaf names its devices in another form than it should")
    return person, tuple(found)


def _read_parent(fields: list[object]) -> tuple[bytes, bytes]:
    if not fields:
        return b"", b""
    if len(fields) < _FIELDS_IN_CIRCLE - _FIELDS_WITH_DEVICES:
        raise FormatError("a leaf does not say what a leaf of Taboon says")
    parent, proof = fields[:2]
    if not isinstance(parent, bytes) or len(parent) != _SIZE or not isinstance(proof, bytes) or len(proof) != _PROOF:
        raise FormatError("a leaf names its member of the parent group in another form than it should")
    return parent, proof


@dataclass(frozen=True, slots=True)
class LeafKeys:
    """The private halves behind a :class:`LeafContent`: Ed25519 seed and HPKE private key, 32 bytes each."""

    content: LeafContent
    append_seed: Secret
    sealing_private: Secret

    @classmethod
    def generate(
        cls,
        random: Random,
        *,
        suite: mls.CipherSuite = SUITE,
        sealing_private: bytes | None = None,
        person: bytes = b"",
        devices: Iterable[bytes] = (),
        parent: bytes = b"",
        proof: bytes = b"",
    ) -> LeafKeys:
        """Make the keys of a new leaf in a group of this suite; the sealing key goes on where there is one."""
        append_seed = Secret(random(_SIZE))
        private = suite.generate_key_pair(random).private if sealing_private is None else Secret(sealing_private)
        content = LeafContent(
            append_key=sodium.ed25519_expand_seed(append_seed)[0],
            rejoin_secret=Secret(random(_SIZE)),
            sealing_key=suite.public_of(private),
            person=person,
            devices=tuple(sorted(set(devices))),
            parent=parent,
            proof=proof,
        )
        return cls(content, append_seed, private)


def content_of(member: mls.Member, suite: mls.CipherSuite) -> LeafContent:
    """Return what a member's leaf carries for Taboon.

    Raises:
        FormatError: Nothing, or nothing that this program can read.
    """
    return LeafContent.decode(mls.find_extension(member.extensions, LEAF_EXTENSION), suite)


def member_profile(signer: mls.SigningKey, content: LeafContent) -> mls.MemberProfile:
    """Return what a leaf of ours says: identity key as basic credential, Taboon's extensions in the capabilities."""
    return mls.MemberProfile(
        signing_key=signer,
        credential=mls.BasicCredential(identity=signer.public),
        extensions=(mls.Extension(LEAF_EXTENSION, content.encode()),),
        capabilities=mls.Capabilities.of(
            cipher_suites=tuple(GROUP_SUITES), extensions=(POLICY_EXTENSION, LEAF_EXTENSION)
        ),
    )
