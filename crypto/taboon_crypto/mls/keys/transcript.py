"""Transcript hashes and the confirmation tag: RFC 9420, sections 8.2 and 6.1.

Over bytes: the caller encodes ConfirmedTranscriptHashInput (wire_format, content, signature).
"""

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.errors import SignatureError

__all__ = ["check_confirmation_tag", "confirmation_tag", "confirmed_transcript_hash", "interim_transcript_hash"]


def confirmed_transcript_hash(suite: CipherSuite, interim_before: bytes, confirmed_input: bytes) -> bytes:
    """Return the confirmed_transcript_hash of the epoch a Commit begins.

    Args:
        suite: Suite of the group.
        interim_before: The interim_transcript_hash of the epoch of the Commit; empty in a new group.
        confirmed_input: The encoded ConfirmedTranscriptHashInput of the Commit.
    """
    return suite.hash(interim_before + confirmed_input)


def interim_transcript_hash(suite: CipherSuite, confirmed: bytes, tag: bytes) -> bytes:
    """Return the interim_transcript_hash of an epoch from its confirmed one and its confirmation_tag."""
    return suite.hash(confirmed + opaque(tag))


def confirmation_tag(suite: CipherSuite, confirmation_key: bytes, confirmed: bytes) -> bytes:
    """Return the confirmation_tag of an epoch."""
    return suite.mac(confirmation_key, confirmed)


def check_confirmation_tag(suite: CipherSuite, confirmation_key: bytes, confirmed: bytes, tag: bytes) -> None:
    """Verify a confirmation_tag; raises SignatureError, rule "confirmation_tag"."""
    if not suite.verify_mac(confirmation_key, confirmed, tag):
        raise SignatureError("confirmation_tag", "the confirmation tag does not verify: the secrets differ")
