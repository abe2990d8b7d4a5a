"""Key packages: RFC 9420, chapter 10: what a client publishes so that it can be added while it is away.

MemberProfile                   who a member is: signing key, credential, what its leaf says
KeyPackage.generate(...)        a fresh one, with its secrets
key_package.verify(now=...)     the checks of 10.1 that need no group; the others are in group/validation.py
KeyPackageSecrets               the three private keys, kept until the Welcome has come, and then forgotten
"""

from dataclasses import dataclass, field, replace
from typing import Final, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, Random, SigningKey
from taboon_crypto.mls.codec import Kept, Struct, UInt16, opaque
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import SignatureError, UnsupportedError, UsageError, ValidationError
from taboon_crypto.mls.extension import LAST_RESORT, Extension, Extensions, check_unique_types
from taboon_crypto.mls.tree.leaf_node import MLS10, Capabilities, LeafNode, LeafNodeSource, Lifetime
from taboon_crypto.primitives.secret import Secret

__all__ = ["CLOCK_MARGIN", "MAX_LIFETIME", "KeyPackage", "KeyPackageSecrets", "MemberProfile"]

CLOCK_MARGIN: Final = 24 * 3600
"""Seconds by which a lifetime begins in the past: phones whose clock is off are common."""
MAX_LIFETIME: Final = 92 * 24 * 3600
"""Longest total lifetime, in seconds, that is accepted unless the caller says otherwise (section 7.2)."""

_LABEL = b"KeyPackageTBS"


@dataclass(frozen=True, slots=True)
class MemberProfile:
    """What a member says of itself in its leaf, and the key it signs with.

    Attributes:
        signing_key: The member's.
        credential: The member's.
        extensions: Of the leaf.
        capabilities: What the member supports; None means this package's own abilities and the leaf's extension types.
            Extension types of the group context that are no default ones must be listed here.
    """

    signing_key: SigningKey
    credential: Credential
    extensions: tuple[Extension, ...] = ()
    capabilities: Capabilities | None = None

    def supported(self) -> Capabilities:
        """Return the capabilities, or the default ones."""
        if self.capabilities is not None:
            return self.capabilities
        return Capabilities.of(extensions=tuple(extension.extension_type for extension in self.extensions))

    def leaf_node(
        self,
        suite: CipherSuite,
        encryption_key: bytes,
        source: LeafNodeSource,
        *,
        group_id: bytes | None = None,
        leaf: int | None = None,
    ) -> LeafNode:
        """Make and sign a leaf node; group and leaf are given for the sources update and commit."""
        return LeafNode.create(
            suite,
            self.signing_key,
            encryption_key=encryption_key,
            credential=self.credential,
            capabilities=self.supported(),
            source=source,
            extensions=self.extensions,
            group_id=group_id,
            leaf=leaf,
        )


@dataclass(frozen=True, slots=True)
class KeyPackageSecrets(Struct):
    """The private keys behind one key package. Whoever has them can open its Welcome and speak as its member."""

    init_private: Secret
    encryption_private: Secret
    signing_seed: Secret


@dataclass(frozen=True, slots=True)
class KeyPackage(Kept, tag=0x0005):
    """KeyPackage (chapter 10). Decoding checks nothing; ``verify`` does. The tag is its wire format (section 17.2)."""

    version: UInt16
    cipher_suite: UInt16
    init_key: bytes
    leaf_node: LeafNode
    extensions: Extensions
    signature: bytes = field(repr=False)

    @classmethod
    def generate(
        cls,
        suite: CipherSuite | int,
        member: MemberProfile,
        *,
        now: int,
        lifetime: int,
        random: Random,
        extensions: tuple[Extension, ...] = (),
        last_resort: bool = False,
    ) -> tuple[Self, KeyPackageSecrets]:
        """Make a key package, good for one Welcome.

        Args:
            suite: The cipher suite, or its code point.
            member: Who it stands for.
            now: Unix time in seconds.
            lifetime: Seconds from now that it may be used.
            random: Source of the keys.
            extensions: Of the key package itself; their types must be among the capabilities.
            last_resort: Mark it as one that is kept and used again while there is no other (section 16.8). Whoever
                steals its secrets opens every Welcome that was ever made for it, so a group may refuse it.

        Raises:
            UnsupportedError: The suite is not supported.
            ValidationError: The profile contradicts itself.
        """
        suite = suite if isinstance(suite, CipherSuite) else CipherSuite.of(suite)
        init, encryption = suite.generate_key_pair(random), suite.generate_key_pair(random)
        valid = Lifetime(max(0, now - CLOCK_MARGIN), now + lifetime)
        supported = member.supported().with_grease(random(1)[0])
        if last_resort:
            extensions = (*extensions, Extension(LAST_RESORT, b""))
            supported = replace(supported, extensions=(*supported.extensions, LAST_RESORT))
        profile = MemberProfile(member.signing_key, member.credential, member.extensions, supported)
        leaf_node = profile.leaf_node(suite, encryption.public, valid)
        unsigned = cls(MLS10, suite.suite_id, init.public, leaf_node, extensions, b"")
        signature = suite.sign_with_label(member.signing_key, _LABEL, unsigned._to_be_signed())
        made = cls(MLS10, suite.suite_id, init.public, leaf_node, extensions, signature)
        made.verify()
        return made, KeyPackageSecrets(init.private, encryption.private, member.signing_key.seed)

    @property
    def is_last_resort(self) -> bool:
        """Whether it says of itself that it may be used more than once."""
        return any(extension.extension_type == LAST_RESORT for extension in self.extensions)

    def ref(self) -> bytes:
        """MakeKeyPackageRef (section 5.2), Nh bytes.

        Raises:
            UnsupportedError: The key package has a suite that is not supported.
        """
        return CipherSuite.of(self.cipher_suite).ref_hash(b"MLS 1.0 KeyPackage Reference", self.encode())

    def verify(self, *, now: int | None = None, longest: int | None = MAX_LIFETIME) -> Self:
        """Check all of section 10.1 that needs no group, and return the key package itself.

        Args:
            now: Unix time in seconds; None looks at no lifetime.
            longest: Longest acceptable total lifetime in seconds, or None; looked at together with ``now``.

        Raises:
            UnsupportedError: A suite that is not supported.
            ValidationError: A rule is broken; ``rule`` names it.
        """
        if self.version != MLS10:
            raise UnsupportedError(f"the key package is of protocol version {self.version}")
        suite = CipherSuite.of(self.cipher_suite)
        leaf = self.leaf_node
        leaf.check_source(Lifetime)
        if now is not None:
            leaf.check_lifetime(now, longest)
        suite.check_signature_key(leaf.signature_key)
        if not suite.verify_with_label(leaf.signature_key, _LABEL, self._to_be_signed(), self.signature):
            raise SignatureError("key_package.signature", "the signature of the key package does not verify")
        leaf.check_signature(suite)
        leaf.check_suite(suite)
        leaf.check_credential()
        leaf.check_extensions()
        leaf.check_keys(suite)
        self._check_extensions()
        suite.check_hpke_key(self.init_key)
        if self.init_key == leaf.encryption_key:
            raise ValidationError("key_package.init_key", "the key package uses one key for the Welcome and the leaf")
        return self

    def check_secrets(self, secrets: KeyPackageSecrets) -> None:
        """Refuse secrets of another key package; raises UsageError."""
        suite = CipherSuite.of(self.cipher_suite)
        ours = (
            suite.public_of(secrets.init_private) == self.init_key
            and suite.public_of(secrets.encryption_private) == self.leaf_node.encryption_key
            and SigningKey(secrets.signing_seed).public == self.leaf_node.signature_key
        )
        if not ours:
            raise UsageError("these are not the secrets of this key package")

    def _check_extensions(self) -> None:
        check_unique_types(self.extensions, "a key package")
        supported = self.leaf_node.capabilities.supported_extensions()
        for extension in self.extensions:
            if extension.extension_type not in supported:
                kind = f"0x{extension.extension_type:04x}"
                message = f"the key package has an extension {kind} that its leaf does not list"
                raise ValidationError("key_package.extensions_listed", message)

    def _to_be_signed(self) -> bytes:
        """KeyPackageTBS: all that stands before the signature."""
        encoding = self.encode()
        return encoding[: len(encoding) - len(opaque(self.signature))]
