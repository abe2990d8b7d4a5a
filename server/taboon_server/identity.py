"""The relay's own key: its id, what it signs, and its certificate (docs/protocol.md, 1.1)."""

import base64
import contextlib
import datetime as dt
import os
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from nacl.signing import SigningKey

from taboon_server import wire

_KEY_FILE: Final = "relay-key.pem"
_CERTIFICATE_FILE: Final = "relay-certificate.pem"
# Dates that do not tell when the relay was set up; clients look at the key alone. The end is RFC 5280's "no end".
_NOT_BEFORE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NOT_AFTER: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


class IdentityError(Exception):
    """The relay's key cannot be read."""


class Identity:
    """An Ed25519 key pair and what it is used for.

    Args:
        seed: the private key, 32 bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)
        self.relay_id = wire.sha256(self.public_key)

    def __repr__(self) -> str:
        return "Identity(…)"

    @property
    def fragment(self) -> str:
        """The relay id as it stands behind the `#` of the relay's address: 43 characters."""
        return base64.urlsafe_b64encode(self.relay_id).rstrip(b"=").decode("ascii")

    def receipt(self, mailbox: bytes, number: int, blob_hash: bytes, head: bytes, *, seal: bool) -> bytes:
        """Return a signed receipt, 202 bytes."""
        fields = wire.receipt_fields(self.public_key, mailbox, number, blob_hash, head, seal=seal)
        return fields + self._key.sign(wire.receipt_signed(fields)).signature

    def page(
        self, mailbox: bytes, nonce: bytes, *, sealed: bool, first: int, last: int, head: bytes, blobs: Sequence[bytes]
    ) -> bytes:
        """Return a signed page: a head of 256 bytes and a body that is exactly a size class."""
        body = wire.page_body(blobs)
        fields = wire.page_fields(
            self.public_key,
            mailbox,
            nonce,
            sealed=sealed,
            first=first,
            last=last,
            head=head,
            sizes=[len(blob) for blob in blobs],
            body_length=len(body),
        )
        return fields + self._key.sign(wire.page_signed(fields, body)).signature + bytes(32) + body


def load_identity(folder: Path) -> Identity:
    """Read the relay's key from its folder; make key and certificate at the first start (files of mode 0600).

    Raises:
        IdentityError: the file holds no Ed25519 key.
    """
    path = folder / _KEY_FILE
    if not path.exists():
        _write_private(path, _pem(Ed25519PrivateKey.generate()))
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise IdentityError(
            f"{path.name} holds no key. Put back a copy, or move it away to get a new identity."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise IdentityError(
            f"{path.name} holds no Ed25519 key. Put back a copy, or move it away to get a new identity."
        )
    certificate = folder / _CERTIFICATE_FILE
    if not certificate.exists() or not _certifies(certificate.read_bytes(), key):
        certificate.unlink(missing_ok=True)
        _write_private(certificate, _self_signed(key))
    return Identity(key.private_bytes_raw())


def tls_context(folder: Path) -> ssl.SSLContext:
    """Return a TLS 1.3 context that shows the relay's own key, without session tickets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.load_cert_chain(folder / _CERTIFICATE_FILE, folder / _KEY_FILE)
    return context


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_signed(key: Ed25519PrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(_NOT_BEFORE).not_valid_after(_NOT_AFTER)
    return builder.sign(key, None).public_bytes(serialization.Encoding.PEM)


def _certifies(certificate: bytes, key: Ed25519PrivateKey) -> bool:
    with contextlib.suppress(ValueError):
        return x509.load_pem_x509_certificate(certificate).public_key() == key.public_key()
    return False


def _write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, whole or not at all; whoever was first wins."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        if not path.exists():
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
