"""Signed requests as the bytes that go over the wire, made before anything is measured."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.server.signing import APPEND, CREATE, READ, SIZES, Keys, header

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BLOB", "Signer"]

BLOB = SIZES[0]
"""Bytes of the smallest blob, which nine in ten are."""


class Signer:
    """Makes requests to one relay.

    Args:
        port: where it listens on 127.0.0.1.
        relay_id: its id, 32 bytes; requests signed for one relay are refused by every other.
    """

    def __init__(self, port: int, relay_id: bytes) -> None:
        self.port = port
        self._relay_id = relay_id

    def create(self, keys: Keys) -> bytes:
        """Return the request that makes a mailbox."""
        return self._request(b"PUT /v1/mailbox", keys.proof(self._relay_id, CREATE))

    def append(self, keys: Keys, blob: bytes | None = None) -> bytes:
        """Return the request that appends this blob, or one of random bytes of the smallest size."""
        content = os.urandom(BLOB) if blob is None else blob
        proof = keys.proof(self._relay_id, APPEND, content)
        return self._request(b"POST /v1/blobs", proof, content)

    def appends(self, mailboxes: Sequence[Keys], count: int) -> list[bytes]:
        """Return so many appends of random blobs, to each mailbox in turn."""
        return [self.append(mailboxes[position % len(mailboxes)]) for position in range(count)]

    def read(self, keys: Keys, after: int = 0, *, answer: int = 3, wait: int = 0) -> bytes:
        """Return the request for the blobs after a number, in a page of a size class, perhaps waiting."""
        proof = keys.proof(self._relay_id, READ, number=after, answer=answer, wait=wait)
        return self._request(b"GET /v1/blobs", proof)

    def _request(self, line: bytes, proof: bytes, body: bytes | None = None) -> bytes:
        head = line + b" HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: %s\r\n" % (self.port, header(proof).encode())
        if body is not None:
            head += b"Content-Type: application/octet-stream\r\n"
        return head + b"Content-Length: %d\r\n\r\n" % len(body or b"") + (body or b"")
