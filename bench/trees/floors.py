"""What an operation of MLS cannot avoid: how many primitives RFC 9420 asks for, and what each costs in this process.

The libraries are called directly, so that nothing of ours is in a floor: PyNaCl for Ed25519 and X25519,
pyca/cryptography for AEAD and HPKE, the standard library for SHA-256 and HMAC. Costs are measured at the sizes that the
operation has, rounded up to a power of two, and kept for a run.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl import bindings

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Costs", "Shape"]

_HPKE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_TIMES = 7
_LOOP_SECONDS = 0.002

_SENDER_DATA = 12
_SIGNED = 512  # what a signature covers beside the content: the context of the group, and labels
_LEAF = 512
_NODE = 128
_CONTEXT = 256
_SCHEDULE = 14  # HKDF calls from the commit secret to all secrets of an epoch, and the confirmation tag
_MESSAGE_KEYS = 5  # HKDF calls for key, nonce and next secret of a ratchet; key and nonce of the sender data


@dataclass(frozen=True, slots=True)
class Shape:
    """What a commit does to a tree.

    Attributes:
        depth: Levels of the tree above its leaves.
        path: Nodes of the committer's filtered direct path.
        ciphertexts: To how many nodes path secrets are encrypted.
        climbed: How many nodes of the path the receiver derives.
        bytes: Length of the message.
    """

    depth: int
    path: int
    ciphertexts: int
    climbed: int
    bytes: int


@dataclass(slots=True)
class Costs:
    """Seconds of the processor that primitives take now, measured when first asked for; operations built from them."""

    _known: dict[tuple[str, int], float] = field(default_factory=dict)

    # primitives

    def sign(self, size: int) -> float:
        """An Ed25519 signature."""
        _, private = bindings.crypto_sign_seed_keypair(os.urandom(32))
        return self._cost("sign", size, lambda data: bindings.crypto_sign(data, private))

    def verify(self, size: int) -> float:
        """An Ed25519 verification."""
        public, private = bindings.crypto_sign_seed_keypair(os.urandom(32))
        signed = bindings.crypto_sign(bytes(_rounded(size)), private)
        return self._cost("verify", size, lambda _: bindings.crypto_sign_open(signed, public))

    def expand(self) -> float:
        """One block of HKDF: an HMAC."""
        key = os.urandom(32)
        return self._cost("expand", 64, lambda data: hmac.digest(key, data, "sha256"))

    def hash(self, size: int) -> float:
        """A SHA-256."""
        return self._cost("hash", size, lambda data: hashlib.sha256(data).digest())

    def seal(self, size: int) -> float:
        """A ChaCha20-Poly1305 encryption."""
        key, nonce = os.urandom(32), os.urandom(12)
        return self._cost("seal", size, lambda data: ChaCha20Poly1305(key).encrypt(nonce, data, b""))

    def open(self, size: int) -> float:
        """A ChaCha20-Poly1305 decryption."""
        key, nonce = os.urandom(32), os.urandom(12)
        sealed = ChaCha20Poly1305(key).encrypt(nonce, bytes(_rounded(size)), b"")
        return self._cost("open", size, lambda _: ChaCha20Poly1305(key).decrypt(nonce, sealed, b""))

    def key_pair(self) -> float:
        """A KEM key pair from a secret: two HMACs and a public key."""
        private = os.urandom(32)
        return 2 * self.expand() + self._cost("public", 32, lambda _: bindings.crypto_scalarmult_base(private))

    def hpke_seal(self, info: int) -> float:
        """An HPKE encryption of a secret, with so many bytes of context."""
        public = X25519PrivateKey.generate().public_key().public_bytes_raw()
        secret = os.urandom(32)
        return self._cost(
            "hpke_seal", info, lambda data: _HPKE.encrypt(secret, X25519PublicKey.from_public_bytes(public), data)
        )

    def hpke_open(self, info: int) -> float:
        """The decryption of such a secret."""
        key = X25519PrivateKey.generate()
        private = key.private_bytes_raw()
        sealed = _HPKE.encrypt(os.urandom(32), key.public_key(), bytes(_rounded(info)))
        return self._cost(
            "hpke_open", info, lambda data: _HPKE.decrypt(sealed, X25519PrivateKey.from_private_bytes(private), data)
        )

    def _cost(self, name: str, size: int, act: Callable[[bytes], object]) -> float:
        size = _rounded(size)
        known = self._known.get((name, size))
        if known is None:
            known = self._known[name, size] = _measured(act, bytes(size))
        return known

    # operations

    def encrypt(self, size: int) -> float:
        """An application message, from the sender's second one on (section 6.3)."""
        return (
            self.sign(size + _SIGNED) + _MESSAGE_KEYS * self.expand() + self.seal(size + 64) + self.seal(_SENDER_DATA)
        )

    def decrypt(self, size: int) -> float:
        """The same, received."""
        return (
            self.verify(size + _SIGNED) + _MESSAGE_KEYS * self.expand() + self.open(size + 64) + self.open(_SENDER_DATA)
        )

    def first_keys(self, depth: int) -> float:
        """The ratchets of a sender of whom nothing was read in this epoch: two children at each level (chapter 9)."""
        return (2 * depth + 2) * self.expand()

    def create(self, shape: Shape) -> float:
        """A commit: path, tree hash, leaf signature, ciphertexts, key schedule, message (section 12.4.1)."""
        leaf = self.key_pair() + self.sign(_LEAF) if shape.path else 0.0
        return (
            leaf
            + shape.path * (self.key_pair() + 2 * self.expand() + self.hash(_NODE))
            + shape.ciphertexts * self.hpke_seal(_CONTEXT)
            + self._both(shape)
            + self.sign(shape.bytes + _SIGNED)
            + self.seal(shape.bytes)
            + self.seal(_SENDER_DATA)
        )

    def process(self, shape: Shape) -> float:
        """The same, received (section 12.4.2)."""
        path = self.verify(_LEAF) + self.hpke_open(_CONTEXT) if shape.path else 0.0
        return (
            path
            + shape.climbed * (self.key_pair() + 2 * self.expand())
            + shape.path * self.hash(_NODE)
            + self._both(shape)
            + self.verify(shape.bytes + _SIGNED)
            + self.open(shape.bytes)
            + self.open(_SENDER_DATA)
        )

    def _both(self, shape: Shape) -> float:
        tree_hash = self.hash(_LEAF) + shape.depth * self.hash(_NODE)
        transcript = self.hash(shape.bytes) + self.hash(_NODE)
        keys = self.first_keys(shape.depth) + _MESSAGE_KEYS * self.expand()
        return tree_hash + transcript + keys + _SCHEDULE * self.expand()

    def check_key_package(self) -> float:
        """Both signatures of a key package (section 10.1)."""
        return 2 * self.verify(_LEAF)

    def welcome(self, size: int) -> float:
        """A Welcome for one newcomer, of so many bytes: signed, encrypted, and all of it bound to the secrets."""
        return self.sign(size) + self.seal(size) + self.hpke_seal(size) + 3 * self.expand()

    def join(self, members: int, size: int, climbed: int) -> float:
        """Joining by a Welcome of so many bytes: every leaf verified, every node hashed (section 12.4.3.1)."""
        return (
            self.hpke_open(size)
            + self.open(size)
            + self.verify(size)
            + members * (self.verify(_LEAF) + self.hash(_LEAF))
            + (members - 1) * 2 * self.hash(_NODE)
            + climbed * (self.key_pair() + 2 * self.expand())
            + _SCHEDULE * self.expand()
        )


def _rounded(size: int) -> int:
    return 1 << max(size - 1, 1).bit_length()


def _measured(act: Callable[[bytes], object], data: bytes) -> float:
    """Return the least time of one call, over loops long enough for the clock."""
    count, taken = 1, 0.0
    while taken < _LOOP_SECONDS:
        count *= 2
        taken = _loop(act, data, count)
    return min(_loop(act, data, count) for _ in range(_TIMES)) / count


def _loop(act: Callable[[bytes], object], data: bytes, count: int) -> float:
    start = time.thread_time()
    for _ in range(count):
        act(data)
    return time.thread_time() - start
