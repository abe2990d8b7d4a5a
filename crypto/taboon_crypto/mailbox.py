"""The keys of a mailbox (docs/protocol.md, sections 1.2, 2.3 and 4.1): who can derive them can read and append.

The mailbox id is a hash of both public keys and the retention class, so a relay needs no list of who may do what.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from taboon_crypto.errors import KeyMissingError
from taboon_crypto.primitives.hkdf import expand
from taboon_crypto.primitives.secret import Secret
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_sign

__all__ = ["MailboxKeys", "RetentionClass", "mailbox_id", "rendezvous_blob_key"]

_ID_LABEL = b"taboon mailbox v1"


class RetentionClass(IntEnum):
    """How long a mailbox lives after the day of its last append. The value is the code on the wire."""

    DAY = 0
    WEEK = 1
    MONTH = 2
    SEASON = 3

    @property
    def days(self) -> int:
        """Days after the day of the last append."""
        return (1, 7, 30, 120)[self]


def mailbox_id(retention: RetentionClass, read_public: bytes, append_public: bytes) -> bytes:
    """Return the 32-byte id of the mailbox that these two Ed25519 public keys (32 bytes each) open."""
    keys = sha256(read_public).digest() + sha256(append_public).digest()
    return sha256(_ID_LABEL + bytes((retention,)) + keys).digest()


def rendezvous_blob_key(secret: bytes) -> Secret:
    """Return the 32-byte blob key of a rendezvous, from the 32-byte secret of its invite."""
    return expand("sha256", secret, b"taboon rendezvous blob v1", 32)


@dataclass(frozen=True, slots=True)
class MailboxKeys:
    """What opens one mailbox: both public keys, and the private side of one of them or of both.

    Two of these are equal if they hold the same keys. The seeds do not show in ``repr``.

    Attributes:
        retention: The retention class.
        read_public: 32 bytes.
        append_public: 32 bytes.
        read_seed: 32 bytes, or None where this holder may only append.
        append_seed: 32 bytes, or None where this holder may only read.
    """

    retention: RetentionClass
    read_public: bytes
    append_public: bytes
    read_seed: Secret | None = None
    append_seed: Secret | None = None

    @classmethod
    def of_epoch(cls, mailbox_secret: bytes, retention: RetentionClass) -> MailboxKeys:
        """Return the keys of the mailbox in which an epoch lives.

        Args:
            mailbox_secret: 32 bytes, ``MLS-Exporter("taboon mailbox", relay id, 32)`` of the epoch.
            retention: As the group's policy names it.
        """
        return cls._derived(mailbox_secret, b"taboon mailbox read v1", b"taboon mailbox append v1", retention)

    @classmethod
    def of_rendezvous(cls, secret: bytes, retention: RetentionClass) -> MailboxKeys:
        """Return the keys of the mailbox behind an invite, from the invite's 32-byte secret and its class."""
        return cls._derived(secret, b"taboon rendezvous read v1", b"taboon rendezvous append v1", retention)

    @classmethod
    def of_seeds(cls, read_seed: bytes, append_seed: bytes, retention: RetentionClass) -> MailboxKeys:
        """Return the keys for whoever holds both sides.

        Args:
            read_seed: Ed25519 seed, 32 bytes.
            append_seed: Ed25519 seed, 32 bytes.
            retention: The retention class.

        Raises:
            BadKeyError: A seed is not 32 bytes.
        """
        return cls(
            retention, _public(read_seed), _public(append_seed), Secret(bytes(read_seed)), Secret(bytes(append_seed))
        )

    @classmethod
    def to_read(cls, read_seed: bytes, append_public: bytes, retention: RetentionClass) -> MailboxKeys:
        """Return the keys for those who read an own mailbox of another member, whose append key they do not hold."""
        return cls(retention, _public(read_seed), append_public, read_seed=Secret(bytes(read_seed)))

    @classmethod
    def to_append(cls, read_public: bytes, append_seed: bytes, retention: RetentionClass) -> MailboxKeys:
        """Return the keys for someone who may append and not read."""
        return cls(retention, read_public, _public(append_seed), append_seed=Secret(bytes(append_seed)))

    @property
    def mailbox_id(self) -> bytes:
        """The mailbox's id, 32 bytes."""
        return mailbox_id(self.retention, self.read_public, self.append_public)

    def sign_read(self, message: bytes) -> bytes:
        """Return the read key's signature (64 bytes).

        Raises:
            KeyMissingError: This holder may only append.
        """
        return _sign(self.read_seed, message, "read")

    def sign_append(self, message: bytes) -> bytes:
        """Return the append key's signature (64 bytes).

        Raises:
            KeyMissingError: This holder may only read.
        """
        return _sign(self.append_seed, message, "append")

    @classmethod
    def _derived(cls, secret: bytes, read: bytes, append: bytes, retention: RetentionClass) -> MailboxKeys:
        return cls.of_seeds(expand("sha256", secret, read, 32), expand("sha256", secret, append, 32), retention)


def _public(seed: bytes) -> bytes:
    return ed25519_expand_seed(seed)[0]


def _sign(seed: Secret | None, message: bytes, what: str) -> bytes:
    if seed is None:
        raise KeyMissingError(f"the key to {what} this mailbox is not held here")
    return ed25519_sign(ed25519_expand_seed(seed)[1], message)
