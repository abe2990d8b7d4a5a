"""Asking to come back (docs/protocol.md, section 2.9): a request names the leaf that it replaces, any member answers.

A device that cannot go on, because it was away too long, cannot follow a commit or is a second copy of a vault, leaves
a request in the mailbox that its leaf's append key and rejoin secret open. The commit that removes and adds it carries
the request, so every member checks that it asked for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.errors import FormatError
from taboon_client.group.leaf import LEAF_EXTENSION, LeafContent
from taboon_client.group.policy import POLICY_EXTENSION
from taboon_crypto import mls
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from taboon_crypto.primitives import sodium
from taboon_crypto.primitives.hkdf import expand

if TYPE_CHECKING:
    from taboon_client.vault.coming_back import WatchedRow
    from taboon_crypto.primitives.secret import Secret

__all__ = [
    "ReturnRequest",
    "asking_mailbox",
    "leaf_hash",
    "make_gone",
    "read_gone",
    "return_blob_key",
    "return_psk",
    "watched_mailbox",
]

_SIZE = 32
_MAX_KEY_PACKAGE = 16_384
_LABEL = b"taboon return v1"
_LAST_DAY = 99_999
"""The last day since 1970 that can be said."""


def leaf_hash(member: mls.Member) -> bytes:
    """Return the 32-byte name of a leaf as it is in the tree."""
    return sha256(b"taboon leaf v1" + member.leaf_node.encode()).digest()


def return_blob_key(secret: bytes) -> Secret:
    """Return the blob key of the mailbox in which a leaf asks to come back, from its rejoin secret."""
    return expand("sha256", secret, b"taboon rejoin blob v1", _SIZE)


def return_psk(secret: bytes) -> Secret:
    """Return the pre-shared key of the commit that brings a leaf back, from its rejoin secret."""
    return expand("sha256", secret, b"taboon rejoin psk v1", _SIZE)


def asking_mailbox(secret: bytes, append_seed: bytes, retention: int) -> MailboxKeys:
    """Return the keys of the mailbox in which we ask to come back."""
    return MailboxKeys.of_seeds(_read_seed(secret), append_seed, RetentionClass(retention))


def watched_mailbox(row: WatchedRow) -> MailboxKeys:
    """Return the keys to read the mailbox in which a leaf of somebody else asks to come back."""
    return MailboxKeys.to_read(_read_seed(row.secret), row.append_key, RetentionClass(row.retention))


def _read_seed(secret: bytes) -> Secret:
    return expand("sha256", secret, b"taboon rejoin read v1", _SIZE)


def make_gone(day: int) -> bytes:
    """Return what tells somebody that they were removed: the day since 1970, and nothing else of the group."""
    return cbor.encode([day])


def read_gone(raw: bytes) -> int:
    """Return the day since 1970 on which we were removed.

    Raises:
        FormatError: It is no such word.
    """
    fields = cbor.decode(raw) if len(raw) <= _SIZE else None
    if not isinstance(fields, list) or len(fields) != 1 or type(fields[0]) is not int:
        raise FormatError("what says that a device was removed is not written as that")
    day: int = fields[0]
    if not 0 < day <= _LAST_DAY:
        raise FormatError("a device was removed on no day that there is")
    return day


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """A request to come back.

    Attributes:
        key_package: Fresh, as the bytes that came.
        leaf: Hash of the leaf that it replaces.
        answer: Secret of the mailbox where the Welcome is waited for, 32 bytes.
        raw: The whole request.
    """

    key_package: bytes
    leaf: bytes
    answer: bytes = field(repr=False)
    raw: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """Names the request, 32 bytes."""
        return sha256(self.raw).digest()

    @property
    def package(self) -> mls.KeyPackage:
        """The key package, read."""
        return mls.KeyPackage.decode(self.key_package)

    @property
    def identity(self) -> bytes:
        """Whose request it is."""
        return self.package.leaf_node.signature_key

    @classmethod
    def make(
        cls, group_id: bytes, key_package: bytes, leaf: bytes, answer: bytes, signer: mls.SigningKey
    ) -> ReturnRequest:
        """Make our request."""
        signature = signer.sign(_LABEL + group_id + cbor.encode([key_package, leaf, answer]))
        return cls(key_package, leaf, answer, cbor.encode([key_package, leaf, answer, signature]))

    @classmethod
    def read(cls, group_id: bytes, suite: mls.CipherSuite, raw: bytes) -> ReturnRequest:
        """Check a request.

        Args:
            group_id: Of the group that it is for.
            suite: Of that group.
            raw: The request.

        Raises:
            FormatError: It is no request to come back into this group, signed by the identity key of its key package.
        """
        fields = cbor.decode(raw) if len(raw) <= 2 * _MAX_KEY_PACKAGE else None
        if not isinstance(fields, list) or len(fields) != 4 or not all(isinstance(one, bytes) for one in fields):
            raise FormatError("a request to come back is not written as one")
        key_package, leaf, answer, signature = fields
        if len(key_package) > _MAX_KEY_PACKAGE or len(leaf) != _SIZE or len(answer) != _SIZE:
            raise FormatError("a request to come back is not written as one")
        try:
            package = mls.KeyPackage.decode(key_package)
        except mls.MlsError as error:
            raise FormatError("a request to come back holds no key package") from error
        node = package.leaf_node
        capable = all(node.capabilities.supports_extension(kind) for kind in (POLICY_EXTENSION, LEAF_EXTENSION))
        if package.cipher_suite != suite.suite_id or package.is_last_resort or not capable:
            raise FormatError("a request to come back holds a key package that this group cannot take")
        if not isinstance(node.credential, mls.BasicCredential) or node.credential.identity != node.signature_key:
            raise FormatError("a request to come back names another identity than the key it signs with")
        LeafContent.decode(mls.find_extension(node.extensions, LEAF_EXTENSION), suite)
        signed = _LABEL + group_id + cbor.encode([key_package, leaf, answer])
        if not sodium.ed25519_verify(node.signature_key, signed, signature):
            raise FormatError("a request to come back is not signed by the member it names")
        return cls(key_package, leaf, answer, raw)
