"""The vault's key slots: a file of 4,096 bytes in which a passphrase finds the vault key, and nobody else anything.

    0     16   "taboon key slots"
    16    2    format, 1
    18    1    key derivation, 1: Argon2id version 1.3
    19    1    lanes, 1
    20    4    memory in KiB
    24    4    passes
    28    16   salt
    44    20   zero
    64    4000 eight slots of 500 bytes
    4064  32   SHA-256 of all before it: against accidents; whoever changes the file can make it anew

    slot = nonce (24) ‖ XChaCha20-Poly1305(stretched passphrase, nonce, vault key (32) ‖ zero (428))

Numbers are big-endian. The associated data of a slot is "taboon slot v1", the first 64 bytes of the file and the
slot's index (one byte): the cost cannot be changed without closing every slot. A slot that is not used is random bytes,
so nothing tells how many are. The cost is checked against compiled-in limits before anything is computed with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from taboon_crypto.errors import (
    KdfMemoryError,
    SlotsClosedError,
    SlotsCostError,
    SlotsDamagedError,
    SlotsNewerError,
)
from taboon_crypto.passphrase import check_passphrase, normalize_passphrase
from taboon_crypto.primitives.argon2 import ARGON2_SALT_LENGTH, argon2id
from taboon_crypto.primitives.errors import OpenError
from taboon_crypto.primitives.secret import Secret
from taboon_crypto.primitives.sodium import XCHACHA_NONCE_LENGTH, xchacha20poly1305_open, xchacha20poly1305_seal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DEFAULT_COST",
    "SLOTS_LENGTH",
    "SLOT_COUNT",
    "SMALL_COST",
    "VAULT_KEY_LENGTH",
    "Cost",
    "create",
    "rewrap",
    "unlock",
]

SLOTS_LENGTH: Final = 4_096
SLOT_COUNT: Final = 8
VAULT_KEY_LENGTH: Final = 32

_MAGIC: Final = b"taboon key slots"
_FORMAT: Final = 1
_ARGON2ID: Final = 1
_LANES: Final = 1
_HEAD_LENGTH: Final = 64
_SLOT_LENGTH: Final = 500
_CHECKSUM_AT: Final = _HEAD_LENGTH + SLOT_COUNT * _SLOT_LENGTH
_PLAIN_LENGTH: Final = _SLOT_LENGTH - 40
_LABEL: Final = b"taboon slot v1"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs.

    Attributes:
        memory_kib: Memory, in KiB.
        passes: How often Argon2id goes over it.
    """

    memory_kib: int
    passes: int


DEFAULT_COST: Final = Cost(256 * 1024, 3)
SMALL_COST: Final = Cost(64 * 1024, 4)
"""For devices that cannot give 256 MiB. It is also the least that is accepted."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """Which costs are accepted; ``least_work`` is memory times passes."""

    least_memory_kib: int
    least_passes: int
    least_work: int
    most_memory_kib: int
    most_passes: int

    def check(self, cost: Cost) -> None:
        if (
            cost.memory_kib < self.least_memory_kib
            or cost.passes < self.least_passes
            or cost.memory_kib * cost.passes < self.least_work
        ):
            raise SlotsCostError("these key slots would be too cheap to guess, and are not used")
        if cost.memory_kib > self.most_memory_kib or cost.passes > self.most_passes:
            raise SlotsCostError("these key slots ask for more memory or time than is sensible, and are not used")


# The floor is 64 MiB with 4 passes, or more memory with at least 3. Tests put a lower one in this place of the running
# program (tests/support.py); no argument, file, variable or command of Taboon leads here.
_limits = _Limits(
    least_memory_kib=SMALL_COST.memory_kib,
    least_passes=3,
    least_work=SMALL_COST.memory_kib * SMALL_COST.passes,
    most_memory_kib=1024 * 1024,
    most_passes=10,
)


def create(passphrase: str, cost: Cost, random: Callable[[int], bytes]) -> tuple[bytes, Secret]:
    """Make a vault key and a slot file with one used slot.

    Args:
        passphrase: As the user gave it.
        cost: What a guess shall cost.
        random: Gives that many random bytes.

    Returns:
        (the file, 4,096 bytes; the vault key, 32 bytes).

    Raises:
        PassphraseError: The passphrase is too weak or no text.
        SlotsCostError: The cost is outside the limits.
        KdfMemoryError: The device cannot give that much memory.
    """
    check_passphrase(passphrase)
    _limits.check(cost)
    head = _write_head(cost, random(ARGON2_SALT_LENGTH))
    stretched = _stretch(passphrase, head)
    key = Secret(random(VAULT_KEY_LENGTH))
    used = random(1)[0] % SLOT_COUNT
    slots = [random(_SLOT_LENGTH) for _ in range(SLOT_COUNT)]
    slots[used] = _wrap(stretched, key, head, used, random)
    return _assemble(head, slots), key


def unlock(file: bytes, passphrase: str) -> Secret:
    """Return the 32-byte vault key that ``passphrase`` opens. Takes the same time whichever slot it is.

    Args:
        file: The whole slot file.
        passphrase: As the user gave it.

    Raises:
        PassphraseError: The passphrase is empty, too long or no text.
        SlotsClosedError: No slot opens with it.
        SlotsDamagedError: The file is no slot file, or was changed; nothing was computed.
        SlotsCostError: Its cost is outside the limits; nothing was computed.
        SlotsNewerError: A newer version wrote it; nothing was computed.
        KdfMemoryError: The device cannot give as much memory as it takes.
    """
    head, slots = _take_apart(file)
    return _find(_stretch(passphrase, head), head, slots)[1]


def rewrap(file: bytes, old: str, new: str, random: Callable[[int], bytes]) -> bytes:
    """Change a passphrase. The vault key, the cost and all other slots stay as they are.

    Whoever holds a copy of the earlier file can still open that copy with the old passphrase.

    Args:
        file: The whole slot file.
        old: The passphrase that opens it now.
        new: The passphrase that shall open it.
        random: Gives that many random bytes.

    Returns:
        The new file.

    Raises:
        PassphraseError: The new passphrase is too weak, or one of both is no text.
        SlotsClosedError: No slot opens with the old passphrase.
        SlotsDamagedError: As for :func:`unlock`.
        SlotsCostError: As for :func:`unlock`.
        SlotsNewerError: As for :func:`unlock`.
        KdfMemoryError: As for :func:`unlock`.
    """
    check_passphrase(new)
    head, slots = _take_apart(file)
    index, key = _find(_stretch(old, head), head, slots)
    slots[index] = _wrap(_stretch(new, head), key, head, index, random)
    return _assemble(head, slots)


def _write_head(cost: Cost, salt: bytes) -> bytes:
    head = _MAGIC + _FORMAT.to_bytes(2, "big") + bytes((_ARGON2ID, _LANES))
    head += cost.memory_kib.to_bytes(4, "big") + cost.passes.to_bytes(4, "big") + salt
    return head.ljust(_HEAD_LENGTH, b"\x00")


def _cost_of(head: bytes) -> Cost:
    return Cost(int.from_bytes(head[20:24], "big"), int.from_bytes(head[24:28], "big"))


def _salt_of(head: bytes) -> bytes:
    return head[28 : 28 + ARGON2_SALT_LENGTH]


def _assemble(head: bytes, slots: list[bytes]) -> bytes:
    file = head + b"".join(slots)
    return file + sha256(file).digest()


def _take_apart(file: bytes) -> tuple[bytes, list[bytes]]:
    """Check all that can be checked without the passphrase, and return (head, slots)."""
    if not file.startswith(_MAGIC):
        raise SlotsDamagedError("this is no file with key slots")
    if int.from_bytes(file[16:18], "big") > _FORMAT:
        raise SlotsNewerError("these key slots were written by a newer version: update Taboon")
    if len(file) != SLOTS_LENGTH or not compare_digest(sha256(file[:_CHECKSUM_AT]).digest(), file[_CHECKSUM_AT:]):
        raise SlotsDamagedError("the file with the key slots is damaged: put a good copy of it in its place")
    head = file[:_HEAD_LENGTH]
    cost = _cost_of(head)
    if head != _write_head(cost, _salt_of(head)):
        raise SlotsDamagedError("the head of the file with the key slots is not one that this version writes")
    _limits.check(cost)
    return head, [file[at : at + _SLOT_LENGTH] for at in range(_HEAD_LENGTH, _CHECKSUM_AT, _SLOT_LENGTH)]


def _stretch(passphrase: str, head: bytes) -> Secret:
    cost = _cost_of(head)
    password = normalize_passphrase(passphrase)
    try:
        return argon2id(password, _salt_of(head), cost.memory_kib, cost.passes)
    except MemoryError:
        raise KdfMemoryError(
            f"this takes {cost.memory_kib // 1024} MiB of free memory: close other programs and try again"
        ) from None


def _associated(head: bytes, index: int) -> bytes:
    return _LABEL + head + bytes((index,))


def _wrap(stretched: bytes, key: bytes, head: bytes, index: int, random: Callable[[int], bytes]) -> bytes:
    nonce = random(XCHACHA_NONCE_LENGTH)
    plain = key.ljust(_PLAIN_LENGTH, b"\x00")
    return nonce + xchacha20poly1305_seal(stretched, nonce, plain, _associated(head, index))


def _find(stretched: bytes, head: bytes, slots: list[bytes]) -> tuple[int, Secret]:
    """Try every slot, also after one has opened, and return (index, vault key) of the one that did."""
    found: tuple[int, Secret] | None = None
    for index, slot in enumerate(slots):
        nonce, ciphertext = slot[:XCHACHA_NONCE_LENGTH], slot[XCHACHA_NONCE_LENGTH:]
        try:
            plain = xchacha20poly1305_open(stretched, nonce, ciphertext, _associated(head, index))
        except OpenError:
            continue
        if found is None and not any(plain[VAULT_KEY_LENGTH:]):
            found = index, Secret(plain[:VAULT_KEY_LENGTH])
    if found is None:
        raise SlotsClosedError
    return found
