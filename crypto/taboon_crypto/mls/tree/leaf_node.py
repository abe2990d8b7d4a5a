"""LeafNode: what one member says of itself, signed. RFC 9420, sections 7.2 and 7.3.

A leaf is made by ``LeafNode.create``. Every check of section 7.3 that concerns one leaf is a method ``check_…`` that
raises ValidationError with a rule of its own name; the checks that compare leaves stand in ``ratchet_tree``.

    check_signature(suite, group_id, leaf)   leaf_node.signature
    check_keys(suite)                        hpke_key
    check_source(Lifetime)                   leaf_node.source
    check_lifetime(now, longest)             leaf_node.lifetime, leaf_node.lifetime_too_long
    check_extensions()                       leaf_node.extensions_listed, extensions.unique
    check_credential()                       leaf_node.credential_listed
    check_suite(suite)                       leaf_node.suite_listed, leaf_node.version_listed
    check_required(required)                 leaf_node.required_capabilities
    check_group_extensions(extensions)       leaf_node.group_extensions
"""

from dataclasses import dataclass, replace
from typing import Self

from taboon_crypto.mls.ciphersuite import SUITES, CipherSuite, SigningKey
from taboon_crypto.mls.codec import Kept, Struct, UInt64, opaque
from taboon_crypto.mls.credential import BASIC, Credential, credential_type
from taboon_crypto.mls.errors import SignatureError, UsageError, ValidationError
from taboon_crypto.mls.extension import (
    DEFAULT_EXTENSIONS,
    DEFAULT_PROPOSALS,
    GREASE,
    Extension,
    Extensions,
    RequiredCapabilities,
    TypeList,
    check_unique_types,
)

__all__ = ["MLS10", "Capabilities", "FromUpdate", "LeafNode", "LeafNodeSource", "Lifetime", "ParentHash"]

MLS10 = 0x0001
"""ProtocolVersion of RFC 9420."""

_LABEL = b"LeafNodeTBS"


@dataclass(frozen=True, slots=True)
class Capabilities(Struct):
    """What a client supports; unknown values are ignored, default types are not listed (section 7.2)."""

    versions: TypeList
    cipher_suites: TypeList
    extensions: TypeList = ()
    proposals: TypeList = ()
    credentials: TypeList = (BASIC,)

    @classmethod
    def of(
        cls,
        *,
        cipher_suites: tuple[int, ...] = tuple(SUITES),
        extensions: tuple[int, ...] = (),
        proposals: tuple[int, ...] = (),
        credentials: tuple[int, ...] = (BASIC,),
    ) -> Self:
        """Return the capabilities of this package with the extension and proposal types an application adds.

        Default types and doubles are left out, since they must not be listed.
        """
        return cls(
            versions=(MLS10,),
            cipher_suites=tuple(dict.fromkeys(cipher_suites)),
            extensions=tuple(dict.fromkeys(kind for kind in extensions if kind not in DEFAULT_EXTENSIONS)),
            proposals=tuple(dict.fromkeys(kind for kind in proposals if kind not in DEFAULT_PROPOSALS)),
            credentials=tuple(dict.fromkeys(credentials)),
        )

    def with_grease(self, choice: int) -> Self:
        """Return the same with one value to be ignored in each list that allows it (section 13.5).

        Args:
            choice: Picks the values; any number, drawn at random by the caller.
        """
        values = [GREASE[(choice + step) % len(GREASE)] for step in range(4)]
        return replace(
            self,
            cipher_suites=(*self.cipher_suites, values[0]),
            extensions=(*self.extensions, values[1]),
            proposals=(*self.proposals, values[2]),
            credentials=(*self.credentials, values[3]),
        )

    def supported_extensions(self) -> frozenset[int]:
        """Return the extension types that are default ones or listed.

        A set, made once for a check: a hostile list is long, and looked through for each of many types it would keep
        the reader busy for minutes before anyone asks whether the leaf is allowed.
        """
        return DEFAULT_EXTENSIONS.union(self.extensions)

    def supported_proposals(self) -> frozenset[int]:
        """Return the proposal types that are default ones or listed; a set for the same reason."""
        return DEFAULT_PROPOSALS.union(self.proposals)

    def supports_extension(self, extension_type: int) -> bool:
        """Tell whether an extension type is a default one or listed."""
        return extension_type in DEFAULT_EXTENSIONS or extension_type in self.extensions

    def supports_proposal(self, proposal_type: int) -> bool:
        """Tell whether a proposal type is a default one or listed."""
        return proposal_type in DEFAULT_PROPOSALS or proposal_type in self.proposals


@dataclass(frozen=True, slots=True)
class Lifetime(Struct, tag=1, width=1):
    """Source key_package: valid from ``not_before`` to ``not_after``, seconds of Unix time, both included."""

    not_before: UInt64
    not_after: UInt64


@dataclass(frozen=True, slots=True)
class FromUpdate(Struct, tag=2, width=1):
    """Source update: from an Update proposal."""


@dataclass(frozen=True, slots=True)
class ParentHash(Struct, tag=3, width=1):
    """Source commit: from an UpdatePath, bound to the parent hash."""

    parent_hash: bytes


LeafNodeSource = Lifetime | FromUpdate | ParentHash


@dataclass(frozen=True, slots=True)
class LeafNode(Kept, tag=1, width=1):
    """LeafNode (section 7.2). Keeps the bytes it was decoded from; signature and hash are computed over them."""

    encryption_key: bytes
    signature_key: bytes
    credential: Credential
    capabilities: Capabilities
    source: LeafNodeSource
    extensions: Extensions
    signature: bytes

    @classmethod
    def create(
        cls,
        suite: CipherSuite,
        signing_key: SigningKey,
        *,
        encryption_key: bytes,
        credential: Credential,
        capabilities: Capabilities,
        source: LeafNodeSource,
        extensions: tuple[Extension, ...] = (),
        group_id: bytes | None = None,
        leaf: int | None = None,
    ) -> Self:
        """Make and sign a leaf node.

        Args:
            suite: The suite it is for.
            signing_key: The member's; its public part becomes ``signature_key``.
            encryption_key: HPKE public key.
            credential: The member's.
            capabilities: What the member supports.
            source: Lifetime for a KeyPackage, FromUpdate or ParentHash in a group.
            extensions: Of the leaf; their types belong in the capabilities.
            group_id: The group, for the sources update and commit only.
            leaf: The leaf index, for the sources update and commit only.

        Raises:
            UsageError: Group and leaf are given for a KeyPackage, or missing otherwise.
        """
        unsigned = cls(encryption_key, signing_key.public, credential, capabilities, source, extensions, b"")
        content = unsigned._signed_content(group_id, leaf)
        return replace(unsigned, signature=suite.sign_with_label(signing_key, _LABEL, content))

    def _signed_content(self, group_id: bytes | None, leaf: int | None) -> bytes:
        """Return LeafNodeTBS: the encoding up to the signature, and where the leaf stands, if in a group."""
        encoding = self.encode()
        fields = encoding[: len(encoding) - len(opaque(self.signature))]
        if isinstance(self.source, Lifetime):
            return fields
        if group_id is None or leaf is None:
            raise UsageError("the signature of a leaf node of a group covers group_id and leaf index: give both")
        return fields + opaque(group_id) + leaf.to_bytes(4)

    # checks of section 7.3

    def check_signature(self, suite: CipherSuite, group_id: bytes | None = None, leaf: int | None = None) -> None:
        """Verify the signature by the leaf's own key.

        Args:
            suite: Suite of the group or KeyPackage.
            group_id: The group; may be None for the source key_package.
            leaf: The leaf index; may be None for the source key_package.

        Raises:
            SignatureError: Rule "leaf_node.signature".
            ValidationError: Rule "leaf_node.source": a leaf of a group stands where no group is given.
        """
        if not isinstance(self.source, Lifetime) and (group_id is None or leaf is None):
            raise ValidationError("leaf_node.source", "a leaf node made for a group stands outside of one")
        content = self._signed_content(group_id, leaf)
        if not suite.verify_with_label(self.signature_key, _LABEL, content, self.signature):
            raise SignatureError("leaf_node.signature", "the signature of a leaf node does not verify")

    def check_keys(self, suite: CipherSuite) -> None:
        """Refuse an encryption key nobody can use, rule "hpke_key"; the signature check covers the other key."""
        suite.check_hpke_key(self.encryption_key)

    def check_source(self, expected: type[LeafNodeSource]) -> None:
        """Verify leaf_node_source; rule "leaf_node.source"."""
        if not isinstance(self.source, expected):
            found, wanted = type(self.source).__name__, expected.__name__
            raise ValidationError("leaf_node.source", f"the source of a leaf node is {found} where {wanted} belongs")

    def check_lifetime(self, now: int, longest: int | None = None) -> None:
        """Verify the lifetime of a leaf from a KeyPackage; other sources have none and pass.

        Args:
            now: Unix time in seconds.
            longest: Longest acceptable total lifetime in seconds, or None.

        Raises:
            ValidationError: Rule "leaf_node.lifetime" or "leaf_node.lifetime_too_long".
        """
        if not isinstance(self.source, Lifetime):
            return
        if not self.source.not_before <= now <= self.source.not_after:
            raise ValidationError("leaf_node.lifetime", "a leaf node is used outside its lifetime")
        if longest is not None and self.source.not_after - self.source.not_before > longest:
            raise ValidationError("leaf_node.lifetime_too_long", "the lifetime of a leaf node is longer than allowed")

    def check_extensions(self) -> None:
        """Verify that the leaf lists the types of its own extensions, and names none twice.

        Raises:
            ValidationError: Rule "leaf_node.extensions_listed" or "extensions.unique".
        """
        check_unique_types(self.extensions, "a leaf node")
        supported = self.capabilities.supported_extensions()
        for extension in self.extensions:
            if extension.extension_type not in supported:
                kind = f"0x{extension.extension_type:04x}"
                raise ValidationError(
                    "leaf_node.extensions_listed", f"a leaf node has an extension {kind} that it does not list"
                )

    def check_credential(self) -> None:
        """Verify that the leaf lists the type of its own credential; rule "leaf_node.credential_listed"."""
        if credential_type(self.credential) not in self.capabilities.credentials:
            raise ValidationError("leaf_node.credential_listed", "a leaf node does not list its own credential type")

    def check_suite(self, suite: CipherSuite) -> None:
        """Verify that the leaf lists protocol version and suite (section 11.1).

        Raises:
            ValidationError: Rule "leaf_node.version_listed" or "leaf_node.suite_listed".
        """
        if MLS10 not in self.capabilities.versions:
            raise ValidationError("leaf_node.version_listed", "a leaf node does not list MLS 1.0")
        if suite.suite_id not in self.capabilities.cipher_suites:
            raise ValidationError("leaf_node.suite_listed", f"a leaf node does not list the cipher suite {suite.name}")

    def check_required(self, required: RequiredCapabilities) -> None:
        """Verify that the leaf supports what the group requires; rule "leaf_node.required_capabilities"."""
        # Sets: both lists may be a hostile member's, and long.
        supported = (
            self.capabilities.supported_extensions().issuperset(required.extension_types)
            and self.capabilities.supported_proposals().issuperset(required.proposal_types)
            and frozenset(self.capabilities.credentials).issuperset(required.credential_types)
        )
        if not supported:
            message = "a leaf node lacks a capability that the group requires"
            raise ValidationError("leaf_node.required_capabilities", message)

    def check_group_extensions(self, extensions: tuple[Extension, ...]) -> None:
        """Verify that the leaf supports every GroupContext extension (13.4); rule "leaf_node.group_extensions"."""
        supported = self.capabilities.supported_extensions()
        for extension in extensions:
            if extension.extension_type not in supported:
                kind = f"0x{extension.extension_type:04x}"
                raise ValidationError(
                    "leaf_node.group_extensions", f"a leaf node does not support the group's extension {kind}"
                )
