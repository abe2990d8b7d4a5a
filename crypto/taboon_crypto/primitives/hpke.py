"""HPKE in base mode (RFC 9180).

``Hpke`` joins a KEM, a KDF and an AEAD. ``seal`` and ``open`` are the library's single shots, which draw their own
ephemeral key. The library lacks DeriveKeyPair (:mod:`taboon_crypto.primitives.kem`) and the exporter: these two are
written out, and the exporter takes its randomness as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke as library

from taboon_crypto.primitives import aead as aeads
from taboon_crypto.primitives import hkdf
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_crypto.primitives.aead import Aead
    from taboon_crypto.primitives.kem import Kem

__all__ = ["Hpke"]

_MODE_BASE = b"\x00"
_LIBRARY_KEMS: Final = {0x0020: library.KEM.X25519, 0x647A: library.KEM.MLKEM768_X25519}
_KDF_IDS: Final = {"sha256": 0x0001, "sha384": 0x0002, "sha512": 0x0003}
_LIBRARY_KDFS: Final = {
    "sha256": library.KDF.HKDF_SHA256,
    "sha384": library.KDF.HKDF_SHA384,
    "sha512": library.KDF.HKDF_SHA512,
}
_LIBRARY_AEADS: Final = {
    aeads.AES_128_GCM.hpke_id: library.AEAD.AES_128_GCM,
    aeads.AES_256_GCM.hpke_id: library.AEAD.AES_256_GCM,
    aeads.CHACHA20_POLY1305.hpke_id: library.AEAD.CHACHA20_POLY1305,
}


@dataclass(frozen=True, slots=True)
class Hpke:
    """One HPKE cipher suite: a KEM, HKDF with a hash ("sha256", "sha384" or "sha512"), an AEAD."""

    kem: Kem
    kdf_hash: str
    aead: Aead

    def seal(self, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        """SealBase without associated data (RFC 9180, section 6.1).

        Returns:
            The encapsulation and the ciphertext (plaintext and tag).

        Raises:
            BadKeyError: The public key is none to encrypt to.
        """
        sealed = self._library().encrypt(plaintext, self.kem.load_public(public), info)
        return sealed[: self.kem.enc_length], sealed[self.kem.enc_length :]

    def open(self, private: bytes, enc: bytes, info: bytes, ciphertext: bytes) -> Secret:
        """OpenBase without associated data (RFC 9180, section 6.1).

        Raises:
            BadKeyError: The private key has the wrong size.
            OpenError: The encapsulation or the ciphertext is not for this key.
        """
        key = self.kem.load_private(private)
        try:
            self.kem.check_enc(enc)
        except BadKeyError as error:
            raise OpenError("the HPKE encapsulation is not acceptable") from error
        try:
            return Secret(self._library().decrypt(enc + ciphertext, key, info))
        except (InvalidTag, ValueError) as error:
            raise OpenError("the HPKE ciphertext does not open") from error

    def send_export(
        self, public: bytes, info: bytes, context: bytes, length: int, random: Callable[[int], bytes]
    ) -> tuple[bytes, Secret]:
        """SendExportBase (RFC 9180, section 6.2): return (encapsulation, exported secret).

        Raises:
            BadKeyError: The public key is none to encrypt to.
        """
        shared, enc = self.kem.encap(public, random)
        return enc, self._export(shared, info, context, length)

    def receive_export(self, private: bytes, enc: bytes, info: bytes, context: bytes, length: int) -> Secret:
        """ReceiveExportBase (RFC 9180, section 6.2).

        Raises:
            OpenError: The encapsulation is malformed.
        """
        try:
            shared = self.kem.decap(private, enc)
        except BadKeyError as error:
            raise OpenError("the HPKE encapsulation is not acceptable") from error
        return self._export(shared, info, context, length)

    def _export(self, shared: bytes, info: bytes, context: bytes, length: int) -> Secret:
        name, suite_id = self.kdf_hash, self._suite_id()
        psk_id_hash = hkdf.labeled_extract(name, suite_id, b"", b"psk_id_hash", b"")
        info_hash = hkdf.labeled_extract(name, suite_id, b"", b"info_hash", info)
        secret = hkdf.labeled_extract(name, suite_id, shared, b"secret", b"")
        schedule = _MODE_BASE + psk_id_hash + info_hash
        exporter = hkdf.labeled_expand(name, suite_id, secret, b"exp", schedule, hkdf.hash_length(name))
        return hkdf.labeled_expand(name, suite_id, exporter, b"sec", context, length)

    def _suite_id(self) -> bytes:
        ids = (self.kem.kem_id, _KDF_IDS[self.kdf_hash], self.aead.hpke_id)
        return b"HPKE" + b"".join(value.to_bytes(2) for value in ids)

    def _library(self) -> library.Suite:
        return _library_suite(self.kem.kem_id, self.kdf_hash, self.aead.hpke_id)


@cache
def _library_suite(kem_id: int, kdf_hash: str, aead_id: int) -> library.Suite:
    return library.Suite(_LIBRARY_KEMS[kem_id], _LIBRARY_KDFS[kdf_hash], _LIBRARY_AEADS[aead_id])
