"""One seed gives one run: what draws randomness of its own is fed from the seed, and every use of a key is watched."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from taboon_client import sync
from taboon_client.joining import guest
from taboon_client.relay import client
from taboon_client.vault import connection
from taboon_crypto.primitives import hkdf
from taboon_crypto.primitives.aead import Aead
from taboon_crypto.primitives.hpke import Hpke
from taboon_crypto.safety_code import SafetyCode
from tests.simulation.relay import SimulatedClient
from tests.support import allow_fast_kdf

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_EMPTY = b""


class KeyUses:
    """Every key and nonce that an AEAD was given: none may encrypt two things."""

    def __init__(self) -> None:
        self._seen: dict[tuple[bytes, bytes], bytes] = {}
        self.twice: list[str] = []

    def note(self, key: bytes, nonce: bytes, text: bytes, data: bytes) -> None:
        said = hashlib.sha256(len(data).to_bytes(8) + data + text).digest()
        used = (hashlib.sha256(key).digest(), nonce)
        if self._seen.setdefault(used, said) != said:
            self.twice.append(used[0].hex()[:8])


def make_determined(patch: pytest.MonkeyPatch, random: Callable[[int], bytes], uses: KeyUses) -> None:
    """Feed HPKE from the seed, watch every AEAD, make codes and passphrases cheap, and put the simulated relay in."""
    allow_fast_kdf(patch)

    def seal(self: Hpke, public: bytes, info: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
        # SealBase by hand (RFC 9180, sections 5.1 and 6.1): the library's single shot draws its own ephemeral key.
        self.kem.check_public(public)
        shared, enc = self.kem.encap(public, random)
        name, suite = self.kdf_hash, self._suite_id()
        psk_hash = hkdf.labeled_extract(name, suite, _EMPTY, b"psk_id_hash", _EMPTY)
        info_hash = hkdf.labeled_extract(name, suite, _EMPTY, b"info_hash", info)
        secret = hkdf.labeled_extract(name, suite, shared, b"secret", _EMPTY)
        context = b"\x00" + psk_hash + info_hash
        key = hkdf.labeled_expand(name, suite, secret, b"key", context, self.aead.key_length)
        nonce = hkdf.labeled_expand(name, suite, secret, b"base_nonce", context, 12)
        return enc, self.aead.seal(bytes(key), bytes(nonce), plaintext, _EMPTY)

    plain = Aead.seal

    def watched(self: Aead, key: bytes, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        uses.note(bytes(key), bytes(nonce), bytes(plaintext), bytes(associated_data))
        return plain(self, key, nonce, plaintext, associated_data)

    patch.setattr(Hpke, "seal", seal)
    patch.setattr(Aead, "seal", watched)
    patch.setattr(guest, "code_for", lambda *_: SafetyCode(("a",) * 5, ("b",) * 5, "0" * 16))
    # Devices die between transactions here, and no power goes: what is written need not reach the disk.
    fast = tuple(one.replace("synchronous = FULL", "synchronous = OFF") for one in connection._SETTINGS)
    patch.setattr(connection, "_SETTINGS", fast)
    patch.setattr(sync, "RelayClient", SimulatedClient)
    patch.setattr(client, "RelayClient", SimulatedClient)
