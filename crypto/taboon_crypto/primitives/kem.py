"""The KEMs of HPKE: key pairs, encapsulation, and their keys as the library wants them.

    X25519              0x0020   DHKEM(X25519, HKDF-SHA256), RFC 9180 sections 4.1 and 7.1
    MLKEM768_X25519     0x647a   ML-KEM-768 with X25519 as draft-ietf-hpke-pq defines it (MLKEM768-X25519)
    X_WING              0x647a   the same KEM with DeriveKeyPair as draft-connolly-cfrg-xwing-kem defines it

The last two have the same keys, encapsulations and shared secrets. They differ only in how a key pair is derived from
a secret, which is enough to make two members of one MLS group disagree, so they are two rows.

An attacker has to break both halves of a hybrid: the shared secret is a hash of both (the drafts' combiner, SHA3-256).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha3_256, shake_256
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from cryptography.hazmat.primitives import hpke as library
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from taboon_crypto.primitives import hkdf, sodium
from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MLKEM768_X25519", "X25519", "X_WING", "Kem", "KeyPair"]

_MLKEM_PUBLIC: Final = 1184
_MLKEM_CIPHERTEXT: Final = 1088
_MLKEM_SEED: Final = 64
_COMBINER_LABEL: Final = rb"\.//^" + b"\\"


class KeyPair(NamedTuple):
    """A KEM key pair in its encoded form."""

    private: Secret
    public: bytes


class Kem(Protocol):
    """What HPKE needs of a KEM."""

    @property
    def kem_id(self) -> int:
        """Code point in the HPKE registry."""

    @property
    def public_length(self) -> int:
        """Bytes of a public key (Npk)."""

    @property
    def private_length(self) -> int:
        """Bytes of a private key (Nsk)."""

    @property
    def enc_length(self) -> int:
        """Bytes of an encapsulation (Nenc)."""

    @property
    def seed_length(self) -> int:
        """Bytes that a key pair is derived from, at least."""

    def derive_key_pair(self, seed: bytes) -> KeyPair:
        """DeriveKeyPair from at least ``seed_length`` secret bytes; raises BadKeyError."""

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key; raises BadKeyError."""

    def check_public(self, public: bytes) -> None:
        """Refuse a public key nobody should encrypt to; raises BadKeyError."""

    def check_enc(self, enc: bytes) -> None:
        """Refuse an encapsulation that no honest sender makes; raises BadKeyError."""

    def encap(self, public: bytes, random: Callable[[int], bytes]) -> tuple[Secret, bytes]:
        """Encap: return (32-byte shared secret, encapsulation); raises BadKeyError."""

    def decap(self, private: bytes, enc: bytes) -> Secret:
        """Decap: return the 32-byte shared secret; raises BadKeyError."""

    def load_public(self, public: bytes) -> X25519PublicKey | library.MLKEM768X25519PublicKey:
        """Load a public key for the library's single shot; raises BadKeyError."""

    def load_private(self, private: bytes) -> X25519PrivateKey | library.MLKEM768X25519PrivateKey:
        """Load a private key for the library's single shot; raises BadKeyError."""


@dataclass(frozen=True, slots=True)
class _DhKemX25519:
    """DHKEM(X25519, HKDF-SHA256). All lengths are 32 bytes."""

    kem_id: int = 0x0020
    public_length: int = sodium.X25519_LENGTH
    private_length: int = sodium.X25519_LENGTH
    enc_length: int = sodium.X25519_LENGTH
    seed_length: int = 32

    def derive_key_pair(self, seed: bytes) -> KeyPair:
        """DeriveKeyPair (RFC 9180, section 7.1.3)."""
        _check_length("the secret that a key pair is derived from", seed, self.seed_length, or_more=True)
        prk = hkdf.labeled_extract("sha256", _suite_id(self.kem_id), b"", b"dkp_prk", seed)
        private = hkdf.labeled_expand("sha256", _suite_id(self.kem_id), prk, b"sk", b"", self.private_length)
        return KeyPair(private, sodium.x25519_public(private))

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key."""
        return sodium.x25519_public(private)

    def check_public(self, public: bytes) -> None:
        """Refuse a public key of small order, of another size or in a second spelling."""
        sodium.x25519_check_public(public)

    def check_enc(self, enc: bytes) -> None:
        """Refuse the same of an encapsulation, which is a public key."""
        sodium.x25519_check_public(enc)

    def encap(self, public: bytes, random: Callable[[int], bytes]) -> tuple[Secret, bytes]:
        """Encap (RFC 9180, section 4.1)."""
        ephemeral = self.derive_key_pair(random(self.seed_length))
        shared = sodium.x25519(ephemeral.private, public)
        return self._extract_and_expand(shared, ephemeral.public + public), ephemeral.public

    def decap(self, private: bytes, enc: bytes) -> Secret:
        """Decap (RFC 9180, section 4.1)."""
        shared = sodium.x25519(private, enc)
        return self._extract_and_expand(shared, enc + sodium.x25519_public(private))

    def load_public(self, public: bytes) -> X25519PublicKey:
        """Load a public key."""
        self.check_public(public)
        return X25519PublicKey.from_public_bytes(public)

    def load_private(self, private: bytes) -> X25519PrivateKey:
        """Load a private key."""
        _check_length("a private key of this KEM", private, self.private_length)
        return X25519PrivateKey.from_private_bytes(private)

    def _extract_and_expand(self, shared: bytes, context: bytes) -> Secret:
        prk = hkdf.labeled_extract("sha256", _suite_id(self.kem_id), b"", b"eae_prk", shared)
        return hkdf.labeled_expand("sha256", _suite_id(self.kem_id), prk, b"shared_secret", context, 32)


@dataclass(frozen=True, slots=True)
class _Hybrid:
    """ML-KEM-768 with X25519: public key and encapsulation are those of ML-KEM, then those of X25519.

    The private key is a seed of 32 bytes, from which both private keys follow.
    """

    _derive: Callable[[bytes], bytes]
    kem_id: int = 0x647A
    public_length: int = _MLKEM_PUBLIC + sodium.X25519_LENGTH
    private_length: int = 32
    enc_length: int = _MLKEM_CIPHERTEXT + sodium.X25519_LENGTH
    seed_length: int = 32

    def derive_key_pair(self, seed: bytes) -> KeyPair:
        """DeriveKeyPair of this row."""
        _check_length("the secret that a key pair is derived from", seed, self.seed_length, or_more=True)
        private = Secret(self._derive(seed))
        return KeyPair(private, self.public_of(private))

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key."""
        mlkem, scalar = self._expand(private)
        return mlkem.public_key().public_bytes_raw() + sodium.x25519_public(scalar)

    def check_public(self, public: bytes) -> None:
        """Refuse a public key of another size, with coefficients that are not reduced, or a refused X25519 half."""
        self._halves(public)

    def check_enc(self, enc: bytes) -> None:
        """Refuse an encapsulation of another size or with a refused X25519 half; its ML-KEM half may be any bytes."""
        _check_length("an encapsulation of this KEM", enc, self.enc_length)
        sodium.x25519_check_public(enc[_MLKEM_CIPHERTEXT:])

    def encap(self, public: bytes, random: Callable[[int], bytes]) -> tuple[Secret, bytes]:
        """Encap. The library draws the randomness of the ML-KEM half itself; the X25519 half takes ``random``'s."""
        mlkem, point = self._halves(public)
        ephemeral = random(sodium.X25519_LENGTH)
        enc_point = sodium.x25519_public(ephemeral)
        shared, ciphertext = mlkem.encapsulate()
        return _combine(shared, sodium.x25519(ephemeral, point), enc_point, point), ciphertext + enc_point

    def decap(self, private: bytes, enc: bytes) -> Secret:
        """Decap. A changed ML-KEM half gives another secret, not an error (implicit rejection, FIPS 203)."""
        self.check_enc(enc)
        mlkem, scalar = self._expand(private)
        ciphertext, enc_point = enc[:_MLKEM_CIPHERTEXT], enc[_MLKEM_CIPHERTEXT:]
        exchanged = sodium.x25519(scalar, enc_point)
        return _combine(mlkem.decapsulate(ciphertext), exchanged, enc_point, sodium.x25519_public(scalar))

    def load_public(self, public: bytes) -> library.MLKEM768X25519PublicKey:
        """Load a public key."""
        mlkem, point = self._halves(public)
        return library.MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(point))

    def load_private(self, private: bytes) -> library.MLKEM768X25519PrivateKey:
        """Load a private key."""
        mlkem, scalar = self._expand(private)
        return library.MLKEM768X25519PrivateKey(mlkem, X25519PrivateKey.from_private_bytes(scalar))

    def _halves(self, public: bytes) -> tuple[MLKEM768PublicKey, bytes]:
        _check_length("a public key of this KEM", public, self.public_length)
        point = public[_MLKEM_PUBLIC:]
        sodium.x25519_check_public(point)
        try:
            return MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]), point
        except ValueError as error:
            raise BadKeyError("the ML-KEM-768 public key is not in its one encoding") from error

    def _expand(self, private: bytes) -> tuple[MLKEM768PrivateKey, Secret]:
        _check_length("a private key of this KEM", private, self.private_length)
        expanded = shake_256(private).digest(_MLKEM_SEED + sodium.X25519_LENGTH)
        return MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]), Secret(expanded[_MLKEM_SEED:])


def _combine(mlkem_shared: bytes, x25519_shared: bytes, enc_point: bytes, point: bytes) -> Secret:
    return Secret(sha3_256(mlkem_shared + x25519_shared + enc_point + point + _COMBINER_LABEL).digest())


def _labeled_seed(secret: bytes) -> bytes:
    # SHAKE256.LabeledDerive of draft-ietf-hpke-hpke, used by DeriveKeyPair of draft-ietf-hpke-pq, section "Hybrid KEMs"
    label, length = b"DeriveKeyPair", 32
    prefix = b"HPKE-v1" + _suite_id(0x647A) + len(label).to_bytes(2) + label + length.to_bytes(2)
    return shake_256(secret + prefix).digest(length)


def _x_wing_seed(secret: bytes) -> bytes:
    # draft-connolly-cfrg-xwing-kem, section "Use in HPKE": no label
    return shake_256(secret).digest(32)


def _suite_id(kem_id: int) -> bytes:
    return b"KEM" + kem_id.to_bytes(2)


def _check_length(what: str, value: bytes, length: int, *, or_more: bool = False) -> None:
    if len(value) != length and not (or_more and len(value) > length):
        raise BadKeyError(f"{what} has {'at least ' if or_more else ''}{length} bytes, not {len(value)}")


X25519: Final[Kem] = _DhKemX25519()
MLKEM768_X25519: Final[Kem] = _Hybrid(_labeled_seed)
X_WING: Final[Kem] = _Hybrid(_x_wing_seed)
