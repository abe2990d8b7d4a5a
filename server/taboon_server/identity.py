"""The relay's own key: its id, what it signs with, and its certificate (docs/protocol.md, 1.1)."""

import base64
import contextlib
import datetime as dt
import os
import secrets
import ssl
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from taboon_server import wire

KEY_FILE: Final = "relay-key.pem"
_CERTIFICATE_FILE: Final = "relay-certificate.pem"
# An Ed25519 private key in PKCS#8 (RFC 8410, section 7) is this and its 32 bytes.
_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")
# Dates that do not tell when the relay was set up; clients look at the key alone. The end is RFC 5280's "no end".
_NOT_BEFORE: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_NOT_AFTER: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)


class IdentityError(Exception):
    """The relay's key cannot be read."""


class Identity:
    """An Ed25519 key pair, made of its private key of 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public_key = bytes(self._key.verify_key)
        self.relay_id = wire.sha256(self.public_key)
        self.fragment = base64.urlsafe_b64encode(self.relay_id).rstrip(b"=").decode("ascii")
        """The relay id as it stands behind the `#` of the relay's address: 43 characters."""

    def __repr__(self) -> str:
        return "Identity(…)"

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._key.sign(message).signature


def own_files(folder: Path) -> list[Path]:
    """Return the files that stand for a relay's identity, and what is left of one that was being written; key first."""
    known = [each for name in (KEY_FILE, _CERTIFICATE_FILE) for each in (name, f".{name}.*")]
    return [path for pattern in known for path in sorted(folder.glob(pattern))]


def load_identity(folder: Path) -> Identity:
    """Read the relay's key from its folder; make one at the first start (a file of mode 0600).

    Raises:
        IdentityError: the file holds no Ed25519 key.
    """
    path = folder / KEY_FILE
    if not path.exists():
        encoded = base64.encodebytes(_PKCS8 + secrets.token_bytes(32))
        _write_private(path, b"-----BEGIN PRIVATE KEY-----\n" + encoded + b"-----END PRIVATE KEY-----\n")
    lines = path.read_bytes().split(b"\n")
    der = b""
    with contextlib.suppress(ValueError):
        der = base64.b64decode(b"".join(line for line in lines if not line.startswith(b"-----")), validate=True)
    if len(der) != len(_PKCS8) + 32 or not der.startswith(_PKCS8):
        raise IdentityError(f"{path.name} holds no key. Put back a copy, or move it away to get a new identity.")
    return Identity(der[len(_PKCS8) :])


def tls_context(folder: Path) -> ssl.SSLContext:
    """Return a TLS 1.3 context that shows the relay's own key, without session tickets; make its certificate."""
    key, certificate = folder / KEY_FILE, folder / _CERTIFICATE_FILE
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError):
        certificate.unlink(missing_ok=True)
        _write_private(certificate, _self_signed(key))
        context.load_cert_chain(certificate, key)
    return context


def _self_signed(path: Path) -> bytes:
    # Imported for the one time that it is needed: it would cost every relay a tenth of its memory.
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101 - the caller has looked
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "relay")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(_NOT_BEFORE).not_valid_after(_NOT_AFTER)
    return builder.sign(key, None).public_bytes(serialization.Encoding.PEM)


def _write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, whole or not at all; whoever was first wins."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    except OSError:  # a file system without links; there two that start at once may differ
        if not path.exists():
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
