"""HPKE in base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256).

``Hpke`` joins a KEM, a KDF and an AEAD. ``seal`` and ``open`` are the library's single shots, which draw their own
ephemeral key. The library lacks DeriveKeyPair and the exporter: these two are the page of HKDF written here, and the
exporter takes its randomness as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke as library
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from taboon_crypto.primitives import aead as aeads
from taboon_crypto.primitives import hkdf, sodium
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_crypto.primitives.aead import Aead

__all__ = ["Hpke", "KemX25519", "KeyPair"]

_MODE_BASE = b"\x00"
_LIBRARY_KEMS: Final = {0x0020: library.KEM.X25519}
_KDF_IDS: Final = {"sha256": 0x0001, "sha384": 0x0002}
_LIBRARY_KDFS: Final = {"sha256": library.KDF.HKDF_SHA256, "sha384": library.KDF.HKDF_SHA384}
_LIBRARY_AEADS: Final = {
    aeads.AES_128_GCM.hpke_id: library.AEAD.AES_128_GCM,
    aeads.AES_256_GCM.hpke_id: library.AEAD.AES_256_GCM,
    aeads.CHACHA20_POLY1305.hpke_id: library.AEAD.CHACHA20_POLY1305,
}


class KeyPair(NamedTuple):
    """A KEM key pair in its encoded form."""

    private: Secret
    public: bytes


class KemX25519:
    """DHKEM(X25519, HKDF-SHA256), RFC 9180 sections 4.1 and 7.1. All lengths are 32 bytes."""

    kem_id: Final = 0x0020
    public_length: Final = 32
    private_length: Final = 32
    enc_length: Final = 32
    seed_length: Final = 32
    _hash: Final = "sha256"
    _suite_id: Final = b"KEM" + kem_id.to_bytes(2)

    def derive_key_pair(self, seed: bytes) -> KeyPair:
        """DeriveKeyPair (RFC 9180, section 7.1.3) from a seed of at least 32 bytes."""
        if len(seed) < self.seed_length:
            raise BadKeyError(f"a KEM key is derived from at least {self.seed_length} bytes, not {len(seed)}")
        prk = _labeled_extract(self._hash, self._suite_id, b"", b"dkp_prk", seed)
        private = _labeled_expand(self._hash, self._suite_id, prk, b"sk", b"", self.private_length)
        return KeyPair(private, sodium.x25519_public(private))

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key."""
        return sodium.x25519_public(private)

    def check_public(self, public: bytes) -> None:
        """Refuse a public key nobody should encrypt to; raises BadKeyError."""
        sodium.x25519_check_public(public)

    def encap(self, public: bytes, random: Callable[[int], bytes]) -> tuple[Secret, bytes]:
        """Encap (RFC 9180, section 4.1): return (shared secret, encapsulation)."""
        ephemeral = self.derive_key_pair(random(self.seed_length))
        shared = sodium.x25519(ephemeral.private, public)
        return self._extract_and_expand(shared, ephemeral.public + public), ephemeral.public

    def decap(self, private: bytes, enc: bytes) -> Secret:
        """Decap (RFC 9180, section 4.1): return the shared secret."""
        shared = sodium.x25519(private, enc)
        return self._extract_and_expand(shared, enc + sodium.x25519_public(private))

    def load_public(self, public: bytes) -> X25519PublicKey:
        """Load a public key for the library's single shot; raises BadKeyError."""
        self.check_public(public)
        return X25519PublicKey.from_public_bytes(public)

    def load_private(self, private: bytes) -> X25519PrivateKey:
        """Load a private key for the library's single shot; raises BadKeyError."""
        if len(private) != self.private_length:
            raise BadKeyError(f"a private key of this KEM has {self.private_length} bytes, not {len(private)}")
        return X25519PrivateKey.from_private_bytes(private)

    def _extract_and_expand(self, shared: bytes, context: bytes) -> Secret:
        prk = _labeled_extract(self._hash, self._suite_id, b"", b"eae_prk", shared)
        return _labeled_expand(self._hash, self._suite_id, prk, b"shared_secret", context, 32)


@dataclass(frozen=True, slots=True)
class Hpke:
    """One HPKE cipher suite: a KEM, HKDF with a hash ("sha256" or "sha384"), an AEAD."""

    kem: KemX25519
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
        if len(enc) != self.kem.enc_length:
            raise OpenError(f"an encapsulation of this KEM has {self.kem.enc_length} bytes, not {len(enc)}")
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
        psk_id_hash = _labeled_extract(name, suite_id, b"", b"psk_id_hash", b"")
        info_hash = _labeled_extract(name, suite_id, b"", b"info_hash", info)
        secret = _labeled_extract(name, suite_id, shared, b"secret", b"")
        schedule = _MODE_BASE + psk_id_hash + info_hash
        exporter = _labeled_expand(name, suite_id, secret, b"exp", schedule, hkdf.hash_length(name))
        return _labeled_expand(name, suite_id, exporter, b"sec", context, length)

    def _suite_id(self) -> bytes:
        ids = (self.kem.kem_id, _KDF_IDS[self.kdf_hash], self.aead.hpke_id)
        return b"HPKE" + b"".join(value.to_bytes(2) for value in ids)

    def _library(self) -> library.Suite:
        return _library_suite(self.kem.kem_id, self.kdf_hash, self.aead.hpke_id)


@cache
def _library_suite(kem_id: int, kdf_hash: str, aead_id: int) -> library.Suite:
    return library.Suite(_LIBRARY_KEMS[kem_id], _LIBRARY_KDFS[kdf_hash], _LIBRARY_AEADS[aead_id])


def _labeled_extract(hash_name: str, suite_id: bytes, salt: bytes, label: bytes, input_key: bytes) -> Secret:
    return hkdf.extract(hash_name, salt, b"HPKE-v1" + suite_id + label + input_key)


def _labeled_expand(hash_name: str, suite_id: bytes, key: bytes, label: bytes, info: bytes, length: int) -> Secret:
    return hkdf.expand(hash_name, key, length.to_bytes(2) + b"HPKE-v1" + suite_id + label + info, length)
