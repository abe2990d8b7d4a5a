"""Taboon's part of a leaf: append key, rejoin secret, sealing key (docs/protocol.md, section 2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_crypto import mls
from taboon_crypto.primitives import sodium
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from taboon_crypto.mls import Random

__all__ = ["LEAF_EXTENSION", "LeafContent", "LeafKeys", "member_profile"]

LEAF_EXTENSION: Final = 0xF7B1
"""MLS extension type of Taboon's leaf content, in the private-use range (RFC 9420, section 17.3)."""

_VERSION = 1
_FIELDS = 4
_SIZE = 32


@dataclass(frozen=True, slots=True)
class LeafContent:
    """What a leaf tells the other members, 32 bytes each: see docs/protocol.md, section 2.2."""

    append_key: bytes
    rejoin_secret: Secret
    sealing_key: bytes

    def encode(self) -> bytes:
        """Return the extension data."""
        return cbor.encode([_VERSION, self.append_key, bytes(self.rejoin_secret), self.sealing_key])

    @classmethod
    def decode(cls, data: bytes | None) -> LeafContent:
        """Read extension data; None (no such extension) is refused like nonsense.

        Raises:
            FormatError: It is no leaf content of a version that this program knows.
        """
        fields = cbor.decode(data) if data is not None and len(data) <= 1024 else None
        if not isinstance(fields, list) or len(fields) < _FIELDS or fields[0] != _VERSION:
            raise FormatError("a leaf does not say what a leaf of Taboon says")
        append_key, rejoin_secret, sealing_key = fields[1:_FIELDS]
        for value in (append_key, rejoin_secret, sealing_key):
            if not isinstance(value, bytes) or len(value) != _SIZE:
                raise FormatError("a leaf holds a key of the wrong size")
        return cls(append_key, Secret(rejoin_secret), sealing_key)


@dataclass(frozen=True, slots=True)
class LeafKeys:
    """The private halves behind a :class:`LeafContent`: 32-byte Ed25519 seed and X25519 private key."""

    content: LeafContent
    append_seed: Secret
    sealing_private: Secret

    @classmethod
    def generate(cls, random: Random, sealing_private: bytes | None = None) -> LeafKeys:
        """Make the keys of a new leaf; the sealing key goes on where there is one."""
        append_seed = Secret(random(_SIZE))
        private = Secret(random(_SIZE) if sealing_private is None else sealing_private)
        content = LeafContent(
            append_key=sodium.ed25519_expand_seed(append_seed)[0],
            rejoin_secret=Secret(random(_SIZE)),
            sealing_key=sodium.x25519_public(private),
        )
        return cls(content, append_seed, private)


def member_profile(signer: mls.SigningKey, content: LeafContent) -> mls.MemberProfile:
    """Return what a leaf of ours says: identity key as basic credential, Taboon's extensions in the capabilities."""
    return mls.MemberProfile(
        signing_key=signer,
        credential=mls.BasicCredential(identity=signer.public),
        extensions=(mls.Extension(LEAF_EXTENSION, content.encode()),),
        capabilities=mls.Capabilities.of(extensions=(POLICY_EXTENSION, LEAF_EXTENSION)),
    )
