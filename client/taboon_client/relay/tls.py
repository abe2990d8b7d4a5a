"""TLS 1.3 to a relay whose key is known beforehand (docs/protocol.md, section 1.1).

No certificate authority is asked: a certificate is right if its Ed25519 key hashes to the relay id, whoever signed it
and whatever else it says. That the relay holds the key is what TLS's CertificateVerify proves, in every mode.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

__all__ = ["WrongKeyError", "closed_context", "pinned_context"]

_NOT_HELD = "the certificate does not hold the relay's key"


class WrongKeyError(ssl.SSLError):
    """The other side's certificate does not hold the relay's key. A kind of SSLError, so that every stack closes up."""


def closed_context() -> ssl.SSLContext:
    """Return a context that trusts nobody, for where no TLS may happen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def pinned_context(relay_id: bytes) -> ssl.SSLContext:
    """Return a client context that completes a handshake with the relay of this id and with nobody else.

    The comparison stands inside the handshake: an impostor never sees a byte of HTTP. It holds for memory-based TLS
    (asyncio, anyio) and for sockets alike, and memory-based TLS that passes over it can neither write nor read. The
    context is built bare: neither a key log nor certificate files from the environment reach it.

    Args:
        relay_id: 32 bytes, SHA-256 of the relay's Ed25519 public key.
    """

    class PinnedObject(ssl.SSLObject):
        _known = False

        def do_handshake(self) -> None:
            super().do_handshake()
            _check_key(self.getpeercert(binary_form=True), relay_id)
            self._known = True

        # OpenSSL would make a handshake by itself at the first write or read, and leave the comparison out.
        def write(self, data: ReadableBuffer) -> int:
            if not self._known:
                raise WrongKeyError(_NOT_HELD)
            return super().write(data)

        def read(self, len: int = 1_024, buffer: WriteableBuffer | None = None) -> Any:  # noqa: A002 # as ssl.SSLObject
            if not self._known:
                raise WrongKeyError(_NOT_HELD)
            return super().read(len, buffer)

    class PinnedSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            _check_key(self.getpeercert(binary_form=True), relay_id)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # chains mean nothing here; the key itself is compared below
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.sslobject_class = PinnedObject
    context.sslsocket_class = PinnedSocket
    return context


def _check_key(certificate: bytes | None, relay_id: bytes) -> None:
    try:
        key = x509.load_der_x509_certificate(certificate or b"").public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        key = None
    if not isinstance(key, Ed25519PublicKey) or not hmac.compare_digest(
        hashlib.sha256(key.public_bytes_raw()).digest(), relay_id
    ):
        raise WrongKeyError(_NOT_HELD)
