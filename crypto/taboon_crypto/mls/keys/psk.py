"""Pre-shared keys: RFC 9420, sections 8.4 and 8.6.

``psk_secret(suite, psks)`` folds the keys into one secret, in the order of the Commit; without keys it is Nh zeros.
``PreSharedKeyID`` holds an ``ExternalPsk`` or a ``ResumptionPsk`` and the nonce; ``check_nonce`` holds it to Nh bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, Random
from taboon_crypto.mls.codec import Struct, UInt64, Width
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.primitives.secret import Secret

__all__ = ["ExternalPsk", "PreSharedKeyID", "ResumptionPsk", "ResumptionUsage", "psk_secret"]


class ResumptionUsage(IntEnum):
    """ResumptionPSKUsage."""

    APPLICATION = 1
    REINIT = 2
    BRANCH = 3


@dataclass(frozen=True, slots=True)
class ExternalPsk(Struct, tag=1, width=1):
    """A key the application provides, by a name of its choice."""

    psk_id: bytes


@dataclass(frozen=True, slots=True)
class ResumptionPsk(Struct, tag=2, width=1):
    """The resumption_psk of an epoch of a group."""

    usage: Annotated[ResumptionUsage, Width(1)]
    psk_group_id: bytes
    psk_epoch: UInt64


@dataclass(frozen=True, slots=True)
class PreSharedKeyID(Struct):
    """Which key, and the nonce of this one use of it (Nh bytes)."""

    psk: ExternalPsk | ResumptionPsk
    psk_nonce: bytes

    @classmethod
    def fresh(cls, suite: CipherSuite, psk: ExternalPsk | ResumptionPsk, random: Random) -> Self:
        """Name a key for one use, with a fresh nonce."""
        return cls(psk, random(suite.hash_length))

    def check_nonce(self, suite: CipherSuite) -> None:
        """Verify the length of the nonce; raises ValidationError, rule "psk.nonce_length"."""
        if len(self.psk_nonce) != suite.hash_length:
            message = f"a PSK nonce has {len(self.psk_nonce)} bytes where the suite wants {suite.hash_length}"
            raise ValidationError("psk.nonce_length", message)


def psk_secret(suite: CipherSuite, psks: Sequence[tuple[PreSharedKeyID, bytes]]) -> Secret:
    """Return the psk_secret of section 8.4.

    Args:
        suite: Suite of the group.
        psks: Identifier and key, in the order of the Commit or of GroupSecrets; at most 65,535.

    Returns:
        Nh bytes; all zero without keys.

    Raises:
        UsageError: Too many keys.
    """
    count = len(psks)
    if count > 0xFFFF:
        raise UsageError(f"a commit holds at most 65535 pre-shared keys, not {count}")
    result = suite.zero
    for index, (psk_id, psk) in enumerate(psks):
        label = psk_id.encode() + index.to_bytes(2) + count.to_bytes(2)
        extracted = suite.extract(suite.zero, psk)
        result = suite.extract(suite.expand_with_label(extracted, b"derived psk", label, suite.hash_length), result)
    return result
