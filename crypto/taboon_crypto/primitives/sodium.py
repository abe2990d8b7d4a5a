"""Ed25519, X25519 and XChaCha20-Poly1305 of libsodium: one function each, lengths checked first.

X25519 refuses points of small order and encodings that are not reduced; Ed25519 refuses the same of public keys. Nobody
honest produces either, and each would let one member send keys that work for nobody, or signatures that mean nothing.
"""

from __future__ import annotations

from nacl import bindings, exceptions

from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "ED25519_PUBLIC_LENGTH",
    "ED25519_SEED_LENGTH",
    "ED25519_SIGNATURE_LENGTH",
    "X25519_LENGTH",
    "XCHACHA_KEY_LENGTH",
    "XCHACHA_NONCE_LENGTH",
    "XCHACHA_TAG_LENGTH",
    "ed25519_check_public",
    "ed25519_expand_seed",
    "ed25519_sign",
    "ed25519_verify",
    "x25519",
    "x25519_check_public",
    "x25519_public",
    "xchacha20poly1305_open",
    "xchacha20poly1305_seal",
]

ED25519_SEED_LENGTH = 32
ED25519_PUBLIC_LENGTH = 32
ED25519_SIGNATURE_LENGTH = 64
X25519_LENGTH = 32
XCHACHA_KEY_LENGTH = 32
XCHACHA_NONCE_LENGTH = 24
XCHACHA_TAG_LENGTH = 16

_FIELD_PRIME = 2**255 - 19
# The reduced u-coordinates whose order divides 8, on the curve or on its twist: 0; 1; the two of order 8; -1.
_SMALL_ORDER_U = frozenset(
    {
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _FIELD_PRIME - 1,
    }
)


def ed25519_expand_seed(seed: bytes) -> tuple[bytes, Secret]:
    """Return (public key, 32 bytes; expanded private key, 64 bytes) of a 32-byte seed (RFC 8032, section 5.1.5).

    Raises:
        BadKeyError: The seed is not 32 bytes.
    """
    if len(seed) != ED25519_SEED_LENGTH:
        raise BadKeyError(f"an Ed25519 seed has {ED25519_SEED_LENGTH} bytes, not {len(seed)}")
    public, private = bindings.crypto_sign_seed_keypair(bytes(seed))
    return public, Secret(private)


def ed25519_sign(expanded: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature of ``message`` by an expanded private key (of :func:`ed25519_expand_seed`)."""
    return bindings.crypto_sign(message, expanded)[:ED25519_SIGNATURE_LENGTH]


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` is the signature of ``message`` by the holder of ``public``.

    False also for keys and signatures of the wrong size, of small order, or with a scalar that is not reduced.
    """
    if len(public) != ED25519_PUBLIC_LENGTH or len(signature) != ED25519_SIGNATURE_LENGTH:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public)
    except exceptions.BadSignatureError:
        return False
    return True


def ed25519_check_public(public: bytes) -> None:
    """Refuse a public key that is not a point of the main subgroup in its one encoding.

    Raises:
        BadKeyError: Wrong size, not on the curve, not reduced, or of small or mixed order.
    """
    if len(public) != ED25519_PUBLIC_LENGTH:
        raise BadKeyError(f"an Ed25519 public key has {ED25519_PUBLIC_LENGTH} bytes, not {len(public)}")
    if not bindings.crypto_core_ed25519_is_valid_point(public):
        raise BadKeyError("the Ed25519 public key is no point of the prime-order group")


def x25519_check_public(public: bytes) -> None:
    """Refuse a public key that gives everybody the same shared secret, or a second spelling of a key.

    Raises:
        BadKeyError: Wrong size, not reduced modulo 2^255-19, or of small order.
    """
    if len(public) != X25519_LENGTH:
        raise BadKeyError(f"an X25519 public key has {X25519_LENGTH} bytes, not {len(public)}")
    coordinate = int.from_bytes(public, "little")
    if coordinate >= _FIELD_PRIME:
        raise BadKeyError("the X25519 public key is not reduced")
    if coordinate in _SMALL_ORDER_U:
        raise BadKeyError("the X25519 public key is a point of small order")


def x25519_public(private: bytes) -> bytes:
    """Return the 32-byte public key of a 32-byte private key (RFC 7748, section 6.1).

    Raises:
        BadKeyError: The private key is not 32 bytes.
    """
    if len(private) != X25519_LENGTH:
        raise BadKeyError(f"an X25519 private key has {X25519_LENGTH} bytes, not {len(private)}")
    return bindings.crypto_scalarmult_base(bytes(private))


def x25519(private: bytes, public: bytes) -> Secret:
    """Return the 32-byte shared secret of a private and a public key (RFC 7748, section 6.1).

    Raises:
        BadKeyError: A key has the wrong size, or the public key is refused by :func:`x25519_check_public`.
    """
    if len(private) != X25519_LENGTH:
        raise BadKeyError(f"an X25519 private key has {X25519_LENGTH} bytes, not {len(private)}")
    x25519_check_public(public)
    return Secret(bindings.crypto_scalarmult(bytes(private), public))


def xchacha20poly1305_seal(key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
    """Encrypt; the result is 16 bytes longer than the plaintext.

    Args:
        key: 32 bytes.
        nonce: 24 bytes, random and used once.
        plaintext: Any length.
        associated_data: Authenticated, not encrypted.

    Raises:
        BadKeyError: The key or the nonce has the wrong size.
    """
    _check_xchacha(key, nonce)
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, associated_data, nonce, bytes(key))


def xchacha20poly1305_open(key: bytes, nonce: bytes, ciphertext: bytes, associated_data: bytes) -> bytes:
    """Undo :func:`xchacha20poly1305_seal`.

    Raises:
        BadKeyError: The key or the nonce has the wrong size.
        OpenError: The ciphertext does not open.
    """
    _check_xchacha(key, nonce)
    if len(ciphertext) < XCHACHA_TAG_LENGTH:
        raise OpenError("the ciphertext is shorter than its tag")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, associated_data, nonce, bytes(key))
    except exceptions.CryptoError as error:
        raise OpenError("the ciphertext does not open") from error


def _check_xchacha(key: bytes, nonce: bytes) -> None:
    if len(key) != XCHACHA_KEY_LENGTH or len(nonce) != XCHACHA_NONCE_LENGTH:
        raise BadKeyError(
            f"XChaCha20-Poly1305 takes a key of {XCHACHA_KEY_LENGTH} and a nonce of {XCHACHA_NONCE_LENGTH} bytes"
        )
