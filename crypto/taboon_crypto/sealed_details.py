"""Sealed details (docs/protocol.md, section 3.6): what only those read who must know.

A *box* holds the details, encrypted under a random key of the item, and always has the same length. The key is
*wrapped* for each who must know: sealed with HPKE (RFC 9180, base mode) to their sealing key. Group, item, poster and
recipient go into every wrap, group and item into the box: a copy under another item, or from another poster, does not
open.

An item is named here by its *tag*: a hash of what its author stated, without the sealed details themselves, which could
not be in a hash that they contain.

    tag = item_tag(group_id, stated)
    key = new_key(random)
    box = seal_box(key, tag, plaintext, random);    open_box(key, tag, box)
    wrap = wrap_key(key, party);                    unwrap_key(wrap, party, private)
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from taboon_crypto.errors import DetailsClosedError, DetailsTooLongError
from taboon_crypto.primitives.aead import AES_256_GCM, CHACHA20_POLY1305
from taboon_crypto.primitives.errors import BadKeyError, OpenError
from taboon_crypto.primitives.hpke import Hpke
from taboon_crypto.primitives.kem import MLKEM768_X25519, X25519
from taboon_crypto.primitives.secret import Secret
from taboon_crypto.primitives.sodium import XCHACHA_NONCE_LENGTH, xchacha20poly1305_open, xchacha20poly1305_seal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BOX_LENGTH",
    "KEY_LENGTH",
    "MOST",
    "RECIPIENT_LENGTH",
    "Party",
    "item_tag",
    "new_key",
    "open_box",
    "seal_box",
    "throwaway_wrap",
    "unwrap_key",
    "wrap_key",
]

BOX_LENGTH: Final = 704
"""Bytes of every box: chosen so that an ordinary post with its box still fits into the smallest size class."""
KEY_LENGTH: Final = 32
RECIPIENT_LENGTH: Final = 8
"""Bytes by which a wrap says whom it is for."""

_OVERHEAD: Final = XCHACHA_NONCE_LENGTH + 16
_PADDED: Final = BOX_LENGTH - _OVERHEAD
_MARK: Final = b"\x80"
MOST: Final = _PADDED - len(_MARK)
"""Bytes that fit into a box."""

_TAG_LABEL: Final = b"taboon item tag v1"
_BOX_LABEL: Final = b"taboon sealed details v1"
_WRAP_LABEL: Final = b"taboon details key v1"
_RECIPIENT_LABEL: Final = b"taboon details recipient v1"
# By the length of a public key: the HPKE of the group's cipher suite, so that neither is weaker than the other.
_HPKE: Final = {
    X25519.public_length: Hpke(X25519, "sha256", CHACHA20_POLY1305),
    MLKEM768_X25519.public_length: Hpke(MLKEM768_X25519, "sha384", AES_256_GCM),
}


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a key is wrapped for, and under which item.

    Attributes:
        tag: Of the item, 32 bytes (:func:`item_tag`).
        poster: Identity key of the item's author, 32 bytes.
        identity: Identity key of the recipient, 32 bytes.
        public: The recipient's sealing key: a public key of the HPKE KEM of the group's suite.
    """

    tag: bytes
    poster: bytes
    identity: bytes
    public: bytes

    @property
    def recipient(self) -> bytes:
        """The 8 bytes by which a wrap says whom it is for: a hash of item, recipient and sealing key."""
        return sha256(_RECIPIENT_LABEL + self.tag + self.identity + self.public).digest()[:RECIPIENT_LENGTH]

    @property
    def _info(self) -> bytes:
        return _WRAP_LABEL + self.tag + self.poster + self.identity

    @property
    def _hpke(self) -> Hpke:
        hpke = _HPKE.get(len(self.public))
        if hpke is None:
            raise BadKeyError("a sealing key has another length than any suite of Taboon gives it")
        return hpke


def item_tag(group_id: bytes, stated: bytes) -> bytes:
    """Return the tag (32 bytes) of an item.

    Args:
        group_id: 32 bytes.
        stated: What the item's author signed, without box and wraps, in its one encoding.
    """
    return sha256(_TAG_LABEL + group_id + stated).digest()


def new_key(random: Callable[[int], bytes]) -> Secret:
    """Return a fresh key for the details of one item."""
    return Secret(random(KEY_LENGTH))


def seal_box(key: bytes, tag: bytes, plaintext: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return the box (704 bytes) that holds a plaintext of at most :data:`MOST` bytes, also an empty one.

    Raises:
        DetailsTooLongError: It does not fit.
    """
    if len(plaintext) > MOST:
        raise DetailsTooLongError(f"sealed details hold at most {MOST} bytes, and these are {len(plaintext)}")
    nonce = random(XCHACHA_NONCE_LENGTH)
    padded = plaintext + _MARK + bytes(MOST - len(plaintext))
    return nonce + xchacha20poly1305_seal(key, nonce, padded, _BOX_LABEL + tag)


def open_box(key: bytes, tag: bytes, box: bytes) -> Secret:
    """Return what a box holds.

    Raises:
        DetailsClosedError: It does not open with this key, or under this item.
    """
    if len(box) != BOX_LENGTH:
        raise DetailsClosedError
    nonce, ciphertext = box[:XCHACHA_NONCE_LENGTH], box[XCHACHA_NONCE_LENGTH:]
    try:
        padded = xchacha20poly1305_open(key, nonce, ciphertext, _BOX_LABEL + tag)
    except (OpenError, BadKeyError):
        raise DetailsClosedError from None
    plaintext, mark, _ = padded.rpartition(_MARK) if padded.rstrip(b"\x00").endswith(_MARK) else (b"", b"", b"")
    if not mark:
        raise DetailsClosedError
    return Secret(plaintext)


def wrap_key(key: bytes, party: Party) -> bytes:
    """Return the key of an item, sealed to one who must know.

    Raises:
        BadKeyError: Their sealing key is none to encrypt to.
    """
    enc, ciphertext = party._hpke.seal(party.public, party._info, key)  # noqa: SLF001 - a value of this file
    return enc + ciphertext


def unwrap_key(wrap: bytes, party: Party, private: bytes) -> Secret:
    """Return the key of an item from a wrap for us.

    Args:
        wrap: As :func:`wrap_key` made it.
        party: Us, under that item.
        private: The private half of our sealing key.

    Raises:
        DetailsClosedError: It is not for us, for another item, of another poster, or damaged.
    """
    hpke = party._hpke  # noqa: SLF001 - a value of this file
    length = hpke.kem.enc_length
    try:
        key = hpke.open(private, wrap[:length], party._info, wrap[length:])  # noqa: SLF001 - a value of this file
    except (OpenError, BadKeyError):
        raise DetailsClosedError from None
    if len(key) != KEY_LENGTH:
        raise DetailsClosedError
    return key


def throwaway_wrap(like: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return a wrap that nobody opens and nobody can tell from others.

    Args:
        like: A sealing key of the group, for its kind.
        random: Gives that many random bytes.
    """
    party = Party(random(32), random(32), random(32), like)
    kem = party._hpke.kem  # noqa: SLF001 - a value of this file
    public = kem.derive_key_pair(random(max(kem.seed_length, KEY_LENGTH))).public
    return wrap_key(random(KEY_LENGTH), Party(party.tag, party.poster, party.identity, public))
