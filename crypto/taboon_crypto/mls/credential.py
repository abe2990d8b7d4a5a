"""Credentials: RFC 9420, section 5.3.

``Credential`` is ``BasicCredential | X509Credential``. Both decode; whether a credential is to be believed is the
application's business (section 5.3.1), and what a member may use stands in the capabilities of the leaves.
"""

from dataclasses import dataclass
from typing import Final

from taboon_crypto.mls.codec import Struct

__all__ = [
    "BASIC",
    "CREDENTIAL_TYPES",
    "X509",
    "BasicCredential",
    "Certificate",
    "Credential",
    "X509Credential",
    "credential_type",
]

BASIC: Final = 0x0001
X509: Final = 0x0002


@dataclass(frozen=True, slots=True)
class BasicCredential(Struct, tag=BASIC):
    """A bare identity, in a format of the application's choice."""

    identity: bytes


@dataclass(frozen=True, slots=True)
class Certificate(Struct):
    """One DER certificate."""

    cert_data: bytes


@dataclass(frozen=True, slots=True)
class X509Credential(Struct, tag=X509):
    """A chain of certificates, the member's own first."""

    certificates: tuple[Certificate, ...]


Credential = BasicCredential | X509Credential


CREDENTIAL_TYPES: Final = (BASIC, X509)
"""Code points of all types above."""


def credential_type(credential: Credential) -> int:
    """Return the code point of a credential's type (section 17.5)."""
    return BASIC if isinstance(credential, BasicCredential) else X509
