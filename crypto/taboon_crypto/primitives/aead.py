"""The AEADs of the cipher suites (RFC 5116): AES-GCM and ChaCha20-Poly1305, 12-byte nonce, 16-byte tag.

An :class:`Aead` is a row: sizes in bytes, ``seal`` and ``open``. The rows are ``CHACHA20_POLY1305``,
``AES_128_GCM`` and ``AES_256_GCM``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from taboon_crypto.primitives.errors import BadKeyError, OpenError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305", "Aead"]


@dataclass(frozen=True, slots=True)
class Aead:
    """One AEAD.

    Attributes:
        hpke_id: Code point in the HPKE registry (RFC 9180, section 7.3).
        key_length: Bytes of a key (Nk).
        nonce_length: Bytes of a nonce (Nn).
        tag_length: Bytes a ciphertext is longer than its plaintext (Nt).
    """

    hpke_id: int
    key_length: int
    nonce_length: int
    tag_length: int
    _cipher: Callable[[bytes], AESGCM | ChaCha20Poly1305]

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        """Encrypt ``plaintext``.

        Raises:
            BadKeyError: The key or the nonce has the wrong size.
        """
        self._check(key, nonce)
        return self._cipher(key).encrypt(nonce, plaintext, associated_data)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Decrypt ``ciphertext``.

        Raises:
            BadKeyError: The key or the nonce has the wrong size.
            OpenError: The ciphertext does not open.
        """
        self._check(key, nonce)
        try:
            return self._cipher(key).decrypt(nonce, ciphertext, associated_data)
        except InvalidTag as error:
            raise OpenError("the ciphertext does not open") from error

    def _check(self, key: bytes, nonce: bytes) -> None:
        if len(key) != self.key_length or len(nonce) != self.nonce_length:
            raise BadKeyError(f"this AEAD takes a key of {self.key_length} and a nonce of {self.nonce_length} bytes")


AES_128_GCM: Final = Aead(0x0001, 16, 12, 16, AESGCM)
AES_256_GCM: Final = Aead(0x0002, 32, 12, 16, AESGCM)
CHACHA20_POLY1305: Final = Aead(0x0003, 32, 12, 16, ChaCha20Poly1305)
