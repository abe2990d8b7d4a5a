"""What the main job cannot avoid, on the very bytes of a run that has just been done, with the same libraries.

The libraries are called directly, so that nothing of ours is in a floor: PyNaCl for Ed25519 and XChaCha20-Poly1305,
pyca/cryptography for the cipher suite's ChaCha20-Poly1305, SQLCipher with the vault's settings.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl import bindings

from bench.harness import Stopwatch
from taboon_client import cbor
from taboon_client.vault.connection import connect

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Carried", "commit_seconds", "open_seconds", "seal_seconds", "sign_seconds", "verify_seconds"]

_EVENT_LABEL = b"taboon event v1"
_BLOB_LABEL = b"taboon blob v1"
_XCHACHA_OVERHEAD = 40


@dataclass(slots=True)
class Carried:
    """What was carried from one vault to the other.

    Attributes:
        group_id: What an event's signature covers beside its content.
        events: Their bytes.
        payloads: Of the MLS messages, in bytes.
        blobs: Lengths in bytes, one for each message.
    """

    group_id: bytes = b""
    events: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    blobs: list[int] = field(default_factory=list)

    def signed(self) -> list[tuple[bytes, bytes, bytes]]:
        """Return (author, what is signed, signature) of every event."""
        found = []
        for raw in self.events:
            content, signature = cbor.decode(raw)
            author = cbor.decode(content)[1]
            found.append((author, _EVENT_LABEL + self.group_id + content, signature))
        return found


def sign_seconds(carried: Carried) -> float:
    """Return what one Ed25519 signature for each event takes."""
    messages = [message for _, message, _ in carried.signed()]
    _, private = bindings.crypto_sign_seed_keypair(os.urandom(32))
    with Stopwatch() as watch:
        for message in messages:
            bindings.crypto_sign(message, private)
    return watch.seconds


def verify_seconds(carried: Carried) -> float:
    """Return what verifying the signature of each event takes."""
    signed = carried.signed()
    with Stopwatch() as watch:
        for author, message, signature in signed:
            bindings.crypto_sign_open(signature + message, author)
    return watch.seconds


def seal_seconds(carried: Carried) -> float:
    """Return what one Ed25519 signature and two AEAD sealings for each message take: MLS inside, the blob outside."""
    _, private = bindings.crypto_sign_seed_keypair(os.urandom(32))
    key, nonce, outer_nonce = os.urandom(32), os.urandom(12), os.urandom(24)
    padded = [bytes(length - _XCHACHA_OVERHEAD) for length in carried.blobs]
    with Stopwatch() as watch:
        for payload, padding in zip(carried.payloads, padded, strict=True):
            bindings.crypto_sign(payload, private)
            ChaCha20Poly1305(key).encrypt(nonce, payload, _BLOB_LABEL)
            bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(padding, _BLOB_LABEL, outer_nonce, key)
    return watch.seconds


def open_seconds(carried: Carried) -> float:
    """Return what two AEAD openings and one Ed25519 verification for each message take."""
    public, private = bindings.crypto_sign_seed_keypair(os.urandom(32))
    key, nonce, outer_nonce = os.urandom(32), os.urandom(12), os.urandom(24)
    messages = []
    for payload, length in zip(carried.payloads, carried.blobs, strict=True):
        outer = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
            bytes(length - _XCHACHA_OVERHEAD), _BLOB_LABEL, outer_nonce, key
        )
        inner = ChaCha20Poly1305(key).encrypt(nonce, payload, _BLOB_LABEL)
        messages.append((outer, inner, bindings.crypto_sign(payload, private)))
    with Stopwatch() as watch:
        for outer, inner, signed in messages:
            bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(outer, _BLOB_LABEL, outer_nonce, key)
            ChaCha20Poly1305(key).decrypt(nonce, inner, _BLOB_LABEL)
            bindings.crypto_sign_open(signed, public)
    return watch.seconds


def commit_seconds(folder: Path, rows: Sequence[bytes], batch: int) -> float:
    """Return what it takes to commit rows of bytes to a new SQLCipher database, so many in one durable transaction."""
    handle, name = tempfile.mkstemp(".db", dir=folder)
    os.close(handle)
    connection = connect(Path(name), os.urandom(32))
    try:
        connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
        with Stopwatch() as watch:
            for start in range(0, len(rows), batch):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(
                    "INSERT INTO row (bytes) VALUES (?)", [(row,) for row in rows[start : start + batch]]
                )
                connection.execute("COMMIT")
    finally:
        connection.close()
    return watch.seconds
