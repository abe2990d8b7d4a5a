"""Cipher suites: RFC 9420, sections 5.1, 5.2, the labelled functions of chapter 8, and the table of those known here.

A ``CipherSuite`` is a row of ``SUITES`` and carries every function that depends on the row. Labels are given without
the "MLS 1.0 " in front, except to ``ref_hash``, which the RFC spells out in full. All derived values are ``Secret``.

    suite = CipherSuite.of(0x0003)                  raises UnsupportedError
    suite.hash / mac / verify_mac / ref_hash
    suite.extract / expand_with_label / derive_secret / derive_tree_secret
    suite.sign_with_label / verify_with_label / check_signature_key
    suite.encrypt_with_label / decrypt_with_label / derive_key_pair / generate_key_pair / public_of / check_hpke_key
    suite.seal / open                               the AEAD of messages
    SigningKey.generate(random)                     Ed25519; every suite in the table signs with it
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hmac import compare_digest
from hmac import digest as hmac_digest
from typing import ClassVar, Final, Self

from taboon_crypto.mls.codec import Struct, opaque
from taboon_crypto.mls.errors import DecryptionError, UnsupportedError, UsageError, ValidationError
from taboon_crypto.primitives import hkdf, sodium
from taboon_crypto.primitives.aead import AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, Aead
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.hpke import Hpke
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519, X_WING, Kem, KeyPair
from taboon_crypto.primitives.secret import Secret

__all__ = ["SUITES", "CipherSuite", "HPKECiphertext", "KeyPair", "Random", "SigningKey"]

Random = Callable[[int], bytes]
"""Gives so many fresh random bytes."""


@dataclass(frozen=True, slots=True)
class HPKECiphertext(Struct):
    """HPKECiphertext (section 7.6): the encapsulated key and the ciphertext."""

    kem_output: bytes
    ciphertext: bytes


class SigningKey:
    """A member's private signing key (Ed25519).

    Attributes:
        seed: The 32 secret bytes to store.
        public: The 32-byte public key.
    """

    __slots__ = ("_expanded", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != sodium.ED25519_SEED_LENGTH:
            raise UsageError(f"a signing key is made from {sodium.ED25519_SEED_LENGTH} bytes, not {len(seed)}")
        self.seed = Secret(seed)
        self.public, self._expanded = sodium.ed25519_expand_seed(seed)

    @classmethod
    def generate(cls, random: Random) -> Self:
        """Make a fresh key."""
        return cls(random(sodium.ED25519_SEED_LENGTH))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of ``message``, without any label."""
        return sodium.ed25519_sign(self._expanded, message)

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public.hex()})"


@lru_cache(maxsize=256)
def _labelled(label: bytes) -> bytes:
    return opaque(b"MLS 1.0 " + label)


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One row of the table, with all that depends on it.

    Attributes:
        suite_id: Code point.
        name: The RFC's name.
        hash_name: As hashlib spells it.
        hash_length: Bytes of a hash, a KDF output and a MAC (Nh).
        hpke: KEM, KDF and AEAD for public key encryption.
        aead: The AEAD for messages, with ``key_length`` (Nk) and ``nonce_length`` (Nn).
        signature_key_length: Bytes of a public signing key.
        signature_length: Bytes of a signature.
        DEFAULT: The row that new groups take.
        POST_QUANTUM: The row of groups whose past must also be safe from a quantum computer.
    """

    DEFAULT: ClassVar["CipherSuite"]
    POST_QUANTUM: ClassVar["CipherSuite"]

    suite_id: int
    name: str
    hash_name: str
    hash_length: int
    hpke: Hpke
    aead: Aead
    signature_key_length: int = sodium.ED25519_PUBLIC_LENGTH
    signature_length: int = sodium.ED25519_SIGNATURE_LENGTH

    @staticmethod
    def of(suite_id: int) -> "CipherSuite":
        """Return the row of a code point.

        Raises:
            UnsupportedError: There is no such row here.
        """
        suite = SUITES.get(suite_id)
        if suite is None:
            raise UnsupportedError(f"cipher suite 0x{suite_id:04x} is not supported")
        return suite

    def __repr__(self) -> str:
        return f"CipherSuite({self.name})"

    @property
    def zero(self) -> Secret:
        """A string of Nh zero bytes, the "0" of the key schedule."""
        return Secret(bytes(self.hash_length))

    # hash and MAC

    def hash(self, data: bytes) -> bytes:
        """Return the Nh-byte hash of ``data``."""
        return hashlib.new(self.hash_name, data).digest()

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Return the Nh-byte MAC (HMAC) of ``data``."""
        return hmac_digest(key, data, self.hash_name)

    def verify_mac(self, key: bytes, data: bytes, tag: bytes) -> bool:
        """Tell whether ``tag`` is the MAC of ``data``, in constant time."""
        return compare_digest(self.mac(key, data), tag)

    def ref_hash(self, label: bytes, value: bytes) -> bytes:
        """RefHash (section 5.2); the label is given in full, as in b"MLS 1.0 Proposal Reference"."""
        return self.hash(opaque(label) + opaque(value))

    # key derivation

    def extract(self, salt: bytes, input_key: bytes) -> Secret:
        """KDF.Extract, Nh bytes."""
        return hkdf.extract(self.hash_name, salt, input_key)

    def expand_with_label(self, secret: bytes, label: bytes, context: bytes, length: int) -> Secret:
        """ExpandWithLabel (chapter 8).

        Raises:
            UsageError: ``length`` is not in 0 to 255 hash lengths.
        """
        if not 0 <= length <= 255 * self.hash_length:
            raise UsageError(f"{length} bytes cannot be derived at once; the most is {255 * self.hash_length}")
        info = length.to_bytes(2) + _labelled(label) + opaque(context)
        return hkdf.expand(self.hash_name, secret, info, length)

    def derive_secret(self, secret: bytes, label: bytes) -> Secret:
        """DeriveSecret (chapter 8), Nh bytes."""
        return self.expand_with_label(secret, label, b"", self.hash_length)

    def derive_tree_secret(self, secret: bytes, label: bytes, generation: int, length: int) -> Secret:
        """DeriveTreeSecret (chapter 9)."""
        return self.expand_with_label(secret, label, generation.to_bytes(4), length)

    # signatures

    def sign_with_label(self, key: SigningKey, label: bytes, content: bytes) -> bytes:
        """SignWithLabel (section 5.1.2)."""
        return key.sign(_labelled(label) + opaque(content))

    def verify_with_label(self, public: bytes, label: bytes, content: bytes, signature: bytes) -> bool:
        """VerifyWithLabel (section 5.1.2). False also for malformed or small-order keys and malformed signatures."""
        return sodium.ed25519_verify(public, _labelled(label) + opaque(content), signature)

    def check_signature_key(self, public: bytes) -> None:
        """Refuse a public signing key nobody honest has.

        Raises:
            ValidationError: Rule "signature_key".
        """
        try:
            sodium.ed25519_check_public(public)
        except BadKeyError as error:
            raise ValidationError("signature_key", str(error)) from None

    # public key encryption

    def encrypt_with_label(self, public: bytes, label: bytes, context: bytes, plaintext: bytes) -> HPKECiphertext:
        """EncryptWithLabel (section 5.1.3).

        Raises:
            ValidationError: Rule "hpke_key": the public key is none to encrypt to.
        """
        try:
            enc, ciphertext = self.hpke.seal(public, _labelled(label) + opaque(context), plaintext)
        except BadKeyError as error:
            raise ValidationError("hpke_key", str(error)) from None
        return HPKECiphertext(enc, ciphertext)

    def decrypt_with_label(self, private: bytes, label: bytes, context: bytes, sealed: HPKECiphertext) -> Secret:
        """DecryptWithLabel (section 5.1.3).

        Raises:
            DecryptionError: It does not open with this key, label and context.
        """
        try:
            return self.hpke.open(private, sealed.kem_output, _labelled(label) + opaque(context), sealed.ciphertext)
        except (OpenError, BadKeyError) as error:
            raise DecryptionError(str(error)) from None

    def derive_key_pair(self, secret: bytes) -> KeyPair:
        """KEM.DeriveKeyPair (as :mod:`taboon_crypto.primitives.kem` says for the KEM) from Nh secret bytes."""
        return self.hpke.kem.derive_key_pair(secret)

    def generate_key_pair(self, random: Random) -> KeyPair:
        """Make a fresh HPKE key pair."""
        return self.derive_key_pair(random(max(self.hash_length, self.hpke.kem.seed_length)))

    def public_of(self, private: bytes) -> bytes:
        """Return the HPKE public key of a private key.

        Raises:
            UsageError: The private key has the wrong size.
        """
        try:
            return self.hpke.kem.public_of(private)
        except BadKeyError as error:
            raise UsageError(str(error)) from None

    def check_hpke_key(self, public: bytes) -> None:
        """Refuse an HPKE public key nobody should encrypt to: wrong size, low order, a second spelling.

        Raises:
            ValidationError: Rule "hpke_key".
        """
        try:
            self.hpke.kem.check_public(public)
        except BadKeyError as error:
            raise ValidationError("hpke_key", str(error)) from None

    # messages

    def seal(self, key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        """Encrypt with the AEAD of the suite: Nk-byte key, Nn-byte nonce."""
        return self.aead.seal(key, nonce, plaintext, associated_data)

    def open(self, key: bytes, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Decrypt with the AEAD of the suite.

        Raises:
            DecryptionError: It does not open.
        """
        try:
            return self.aead.open(key, nonce, ciphertext, associated_data)
        except OpenError as error:
            raise DecryptionError(str(error)) from None


def _row(suite_id: int, name: str, kem: Kem, aead: Aead, hash_name: str) -> CipherSuite:
    return CipherSuite(suite_id, name, hash_name, hkdf.hash_length(hash_name), Hpke(kem, hash_name, aead), aead)


SUITES: Final[dict[int, CipherSuite]] = {
    row.suite_id: row
    for row in (
        # RFC 9420, section 17.1
        _row(0x0001, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", X25519, AES_128_GCM, "sha256"),
        _row(0x0003, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", X25519, CHACHA20_POLY1305, "sha256"),
        # draft-ietf-mls-pq-ciphersuites ("TBD2"): the draft has no code point yet, this one is of the private range
        _row(0xF7B2, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", MLKEM768_X25519, AES_256_GCM, "sha384"),
        # in no document: a suite of the npm package ts-mls, code point of its 2.0 candidates; here to talk to it
        _row(0xF00E, "MLS_256_XWING_CHACHA20POLY1305_SHA512_Ed25519", X_WING, CHACHA20_POLY1305, "sha512"),
    )
}
CipherSuite.DEFAULT = SUITES[0x0003]
CipherSuite.POST_QUANTUM = SUITES[0xF7B2]
