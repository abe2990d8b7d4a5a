"""Makes signed calls to a running relay."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Self

import httpx

from tests.server.signing import (
    APPEND,
    CREATE,
    EXPECTED,
    READ,
    SEAL,
    SIZES,
    Keys,
    Page,
    Receipt,
    header,
    read_page,
    read_receipt,
    unb64,
)

if TYPE_CHECKING:
    from types import TracebackType

    from tests.relay_process import RelayProcess

OCTETS = {"Content-Type": "application/octet-stream"}


def blob(size: int = SIZES[0]) -> bytes:
    return os.urandom(size)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Caller:
    """One HTTP client that signs what it sends to one relay. Safe to use from several threads."""

    def __init__(self, relay: RelayProcess, **options: Any) -> None:
        self.relay_id = unb64(relay.relay_id)
        self.http = httpx.Client(base_url=relay.base_url, timeout=40, trust_env=False, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def create(self, keys: Keys, body: bytes = b"", **fields: Any) -> httpx.Response:
        return self._signed("PUT", "/v1/mailbox", keys, CREATE, body, **fields)

    def append(
        self, keys: Keys, content: bytes, *, seal: bool = False, expected: int | None = None, **fields: Any
    ) -> httpx.Response:
        flags = SEAL * seal | EXPECTED * (expected is not None)
        return self._signed("POST", "/v1/blobs", keys, APPEND, content, flags=flags, number=expected or 0, **fields)

    def read(self, keys: Keys, after: int = 0, answer: int = 3, wait: int = 0, **fields: Any) -> httpx.Response:
        return self._signed("GET", "/v1/blobs", keys, READ, number=after, answer=answer, wait=wait, **fields)

    def _signed(
        self, method: str, path: str, keys: Keys, operation: int, body: bytes = b"", **fields: Any
    ) -> httpx.Response:
        """Send a request, and once more with a fresh nonce if the relay takes it for one it has seen, as clients do.

        In rare cases it does so wrongly (docs/protocol.md, 1.3); in a soak of hundreds of thousands of calls they come.
        """
        for _ in range(2):
            fresh = {"Authorization": header(keys.proof(self.relay_id, operation, body, **fields))}
            content = body if operation != READ else None
            answer = self.http.request(
                method, path, content=content, headers=fresh | (OCTETS if operation == APPEND else {})
            )
            if answer.status_code != 409 or "nonce" in fields or not answer.json()["type"].endswith(":replayed"):
                break
        return answer

    def new_mailbox(self, retention: int = 2) -> Keys:
        keys = Keys(retention=retention)
        assert self.create(keys).status_code == 204
        return keys

    def appended(self, keys: Keys, content: bytes, *, seal: bool = False, expected: int | None = None) -> Receipt:
        answer = self.append(keys, content, seal=seal, expected=expected)
        assert answer.status_code == 200, answer.text
        return read_receipt(answer.content, self.relay_id)

    def page(self, keys: Keys, after: int = 0, answer: int = 3, wait: int = 0) -> Page:
        response = self.read(keys, after, answer, wait)
        assert response.status_code == 200, response.text
        return read_page(response.content, self.relay_id)

    def all_blobs(self, keys: Keys) -> list[bytes]:
        blobs: list[bytes] = []
        while (page := self.page(keys, len(blobs))).blobs:
            blobs += page.blobs
        return blobs


def refused(answer: httpx.Response, status: int, name: str) -> dict[str, Any]:
    """Assert that a call was refused in this way; return the problem details."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = answer.json()
    assert details["type"] == f"urn:taboon:problem:{name}"
    assert details["status"] == status
    assert details["title"]
    return details
