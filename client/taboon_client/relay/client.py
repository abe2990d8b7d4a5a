"""The one way to a relay: five calls over HTTP, async, with nothing of the environment in it.

It goes below httpx's client, straight to its transport: there is no cookie jar, no redirect, no proxy or netrc from the
environment, no decompression and no default header that could be switched on by mistake.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import httpx

from taboon_client.errors import (
    BlobSizeError,
    RelayAddressError,
    RelayKeyError,
    RelayMisbehavedError,
    RelayUnreachableError,
    RequestMalformedError,
)
from taboon_client.relay.answers import (
    ANOTHER_KEY,
    PAGE_LIMIT,
    RECEIPT_LENGTH,
    Limits,
    Page,
    Receipt,
    parse_health,
    parse_limits,
    parse_page,
    parse_receipt,
)
from taboon_client.relay.problems import PROBLEM_LIMIT, ClockSkewError, parse_problem
from taboon_client.relay.proof import (
    NONCE_LENGTH,
    SIZE_CLASSES,
    TIME_UNIT,
    MailboxSigner,
    append_proof,
    authorization,
    create_proof,
    read_proof,
)
from taboon_client.relay.tls import WrongKeyError, closed_context, pinned_context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.cursor import Cursor

__all__ = ["RelayClient"]

_BINARY = "application/octet-stream"
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_JSON_LIMIT = 16_384
_HEADER_LIMIT = 8_192
_PASS_LIMIT = 64
_SKEW = 3  # units that a relay must bear (docs/protocol.md, section 1.3)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class _DroppedError(RelayUnreachableError):
    """The connection ended before an answer began: the one failure after which a request is sent once more at once."""


class RelayClient:
    """One relay, reached over its own few connections.

    Connections are kept while the client lives, so a relay can tell that requests of one client belong together: use
    one client for one mailbox and purpose, and close it. It belongs to the event loop that it was first used in. May be
    used with ``async with``.

    Every call raises :class:`~taboon_client.errors.RelayUnreachableError` (no whole answer within the deadline),
    :class:`~taboon_client.errors.RelayRefusedError` (by its subclass) or
    :class:`~taboon_client.errors.RelayMisbehavedError`. All calls are safe to repeat after any of these.

    Args:
        address: Where, and whose key. Without an id (loopback only) it is learnt at the first call.
        random: Gives that many random bytes; for nonces.
        clock: Gives Unix seconds; for proofs only.
        timeout: Seconds that one call may take in all, name lookup and retries included; a waiting read may take as
            much longer as it asks to wait.

    Raises:
        RelayAddressError: An onion address: there is no way through Tor yet, and no other way is tried.
    """

    def __init__(
        self,
        address: RelayAddress,
        *,
        random: Callable[[int], bytes],
        clock: Callable[[], float],
        timeout: float = 30.0,
    ) -> None:
        if address.is_onion:
            raise RelayAddressError("An onion address is reached through Tor, which this version cannot use yet.")
        self._address = address
        self._random = random
        self._clock = clock
        self._timeout = timeout
        self._offset = 0  # units by which this relay's clock is ahead of ours; used for its proofs and nothing else
        # An https address always has its id; were it missing, the closed context would refuse every handshake.
        pinned = pinned_context(address.relay_id) if address.relay_id is not None else closed_context()
        self._transport = httpx.AsyncHTTPTransport(
            verify=pinned,
            trust_env=False,
            http2=False,
            retries=0,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60.0),
        )

    @property
    def address(self) -> RelayAddress:
        """The relay's address; with its id, also where that had to be learnt, after the first call."""
        return self._address

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def create(self, keys: MailboxSigner, pass_: bytes = b"") -> None:
        """Create the mailbox of these keys; nothing happens if it exists.

        Args:
            keys: With the append key.
            pass_: Where the relay asks for one, at most 64 bytes.
        """
        if len(pass_) > _PASS_LIMIT:
            raise RequestMalformedError(f"A relay's pass has at most {_PASS_LIMIT} bytes: copy it again.")

        def prove(relay_id: bytes, unit: int, nonce: bytes) -> bytes:
            return create_proof(keys, relay_id=relay_id, body=pass_, unit=unit, nonce=nonce)

        async with self._deadline(0):
            answer, _ = await self._signed("PUT", "/v1/mailbox", prove, body=pass_, limit=0)
        _expect(answer, 204, None)

    async def append(
        self, keys: MailboxSigner, blob: bytes, *, seal: bool = False, expected: int | None = None
    ) -> Receipt:
        """Append a blob, or get the receipt again of one that the mailbox holds.

        Args:
            keys: With the append key.
            blob: Exactly a size class: 2 048, 16 384, 65 536 or 262 144 bytes.
            seal: Make it the last blob that the mailbox takes.
            expected: The number that it must get, if it is new.

        Raises:
            BlobSizeError: The blob is not as long as a size class.
            MailboxSealedError: Nothing comes after the seal.
            MailboxMovedError: The next number is not ``expected``.
            MailboxFullError: A quota is used up.
        """
        if len(blob) not in SIZE_CLASSES:
            raise BlobSizeError(f"A blob is exactly as long as one of the size classes, not {len(blob)} bytes.")

        def prove(relay_id: bytes, unit: int, nonce: bytes) -> bytes:
            return append_proof(
                keys, relay_id=relay_id, blob=blob, unit=unit, nonce=nonce, seal=seal, expected=expected
            )

        async with self._deadline(0):
            relay_id = await self._relay_id()
            answer, _ = await self._signed("POST", "/v1/blobs", prove, body=blob, limit=RECEIPT_LENGTH)
        _expect(answer, 200, _BINARY)
        return parse_receipt(answer.body, relay_id=relay_id, mailbox_id=keys.mailbox_id, blob=blob, seal=seal)

    async def read(self, keys: MailboxSigner, cursor: Cursor, *, page_class: int = 2, wait: int = 0) -> Page:
        """Read the blobs after a cursor, as many as fit one page.

        Args:
            keys: With the read key.
            cursor: Up to where the mailbox has been read; ``Cursor.start(keys.mailbox_id)`` at first.
            page_class: Size class of the page wanted, 0 to 3; a single larger blob comes all the same.
            wait: Seconds to wait for a next blob if there is none, 0 to 25.

        Raises:
            RelayRolledBackError: The mailbox ends before the cursor, or has another history up to it.
            MailboxUnknownError: The relay does not know the mailbox, or no longer.
        """

        def prove(relay_id: bytes, unit: int, nonce: bytes) -> bytes:
            return read_proof(
                keys,
                relay_id=relay_id,
                after=cursor.number,
                page_class=page_class,
                wait=wait,
                unit=unit,
                nonce=nonce,
            )

        async with self._deadline(wait):
            relay_id = await self._relay_id()
            answer, nonce = await self._signed("GET", "/v1/blobs", prove, body=b"", limit=PAGE_LIMIT)
        _expect(answer, 200, _BINARY)
        return parse_page(
            answer.body,
            relay_id=relay_id,
            mailbox_id=keys.mailbox_id,
            nonce=nonce,
            cursor=cursor,
            page_class=page_class,
        )

    async def limits(self) -> Limits:
        """Ask what the relay takes and offers; learns the relay id where the address has none."""
        async with self._deadline(0):
            return await self._ask_limits()

    async def health(self) -> bool:
        """Ask whether the relay can write. False if it says that it cannot."""
        async with self._deadline(0):
            answer = await self._again("GET", "/v1/health", _JSON_LIMIT)
        if answer.status == 503:
            return False
        _expect(answer, 200, _JSON)
        parse_health(answer.body)
        return True

    async def _ask_limits(self) -> Limits:
        answer = await self._again("GET", "/v1/limits", _JSON_LIMIT)
        _expect(answer, 200, _JSON)
        limits = parse_limits(answer.body, relay_id=self._address.relay_id)
        if self._address.relay_id is None:
            self._address = self._address.with_id(limits.relay_id)
        return limits

    async def _relay_id(self) -> bytes:
        if self._address.relay_id is None:
            return (await self._ask_limits()).relay_id
        return self._address.relay_id

    @asynccontextmanager
    async def _deadline(self, extra: float) -> AsyncIterator[None]:
        """Bound everything inside, however busily the other side drips."""
        seconds = self._timeout + extra
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise RelayUnreachableError(
                f"The relay did not answer within {seconds:g} seconds. What you made is kept; try again later."
            ) from None

    async def _signed(
        self,
        method: str,
        path: str,
        prove: Callable[[bytes, int, bytes], bytes],
        *,
        body: bytes,
        limit: int,
    ) -> tuple[_Answer, bytes]:
        """Send a signed request; return the answer and the nonce that it must show.

        Every call is idempotent, so one that was cut off before an answer began is made once more, under a fresh nonce.
        A refused time is corrected once.
        """
        relay_id = await self._relay_id()
        cut_off = corrected = False
        while True:
            nonce = self._random(NONCE_LENGTH)
            own = int(self._clock()) // TIME_UNIT
            unit = min(max(own + self._offset, 0), (1 << 32) - 1)
            try:
                answer = await self._once(
                    method, path, limit, proof=prove(relay_id, unit, nonce), body=None if method == "GET" else body
                )
                _raise_refusal(answer)
            except _DroppedError:
                if cut_off:
                    raise
                cut_off = True
            except ClockSkewError as problem:
                if abs(problem.unit - unit) <= _SKEW:
                    raise RelayMisbehavedError("The relay refuses the time and names one that fits.") from None
                if corrected:
                    raise
                corrected = True
                self._offset = problem.unit - own
            else:
                return answer, nonce

    async def _again(self, method: str, path: str, limit: int) -> _Answer:
        """Send an unsigned request, once more if it was cut off."""
        try:
            return await self._once(method, path, limit)
        except _DroppedError:
            return await self._once(method, path, limit)

    async def _once(
        self, method: str, path: str, limit: int, *, proof: bytes | None = None, body: bytes | None = None
    ) -> _Answer:
        """Send one request and read its answer, of at most ``limit`` bytes where it is a success."""
        headers = [("Accept-Encoding", "identity")]
        if proof is not None:
            headers.append(("Authorization", authorization(proof)))
        if body:
            headers.append(("Content-Type", _BINARY))
        request = httpx.Request(method, self._address.base_url + path, headers=headers, content=body)
        begun = False
        try:
            async with aclosing(await self._transport.handle_async_request(request)) as response:
                begun = True
                return await _take(response, limit)
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError, UnicodeError) as error:
            raise _failure(error, begun=begun) from None


async def _take(response: httpx.Response, limit: int) -> _Answer:
    """Check the head of an answer, then read its body no further than allowed."""
    status, headers = response.status_code, response.headers
    if sum(len(name) + len(value) + 4 for name, value in headers.raw) > _HEADER_LIMIT:
        raise RelayMisbehavedError("The head of the relay's answer is too long.")
    if 300 <= status < 400:
        raise RelayMisbehavedError("The relay sends us elsewhere. No relay does that: check its address.")
    if "content-encoding" in headers:
        raise RelayMisbehavedError("The relay compresses its answer, though nobody asked for it.")
    if status >= 400:
        if _media_type(headers) != _PROBLEM:
            return _Answer(status, headers, b"")  # nothing in it will be used, so it is not read
        limit = PROBLEM_LIMIT
    declared = headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit() and len(declared) <= 12) or int(declared) > limit:
        raise RelayMisbehavedError("The relay's answer is longer than any answer to this request.")
    parts, length = [], 0
    async for part in response.aiter_raw():
        length += len(part)
        if length > limit:
            raise RelayMisbehavedError("The relay's answer is longer than any answer to this request.")
        parts.append(part)
    return _Answer(status, headers, b"".join(parts))


def _media_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def _raise_refusal(answer: _Answer) -> None:
    if answer.status < 400:
        return
    if _media_type(answer.headers) == _PROBLEM:
        raise parse_problem(answer.status, answer.body, answer.headers.get("retry-after"))
    if answer.status >= 500:
        raise RelayUnreachableError(
            f"The relay, or something before it, is in trouble (status {answer.status}). Try again later."
        )
    raise RelayMisbehavedError(
        f"Whatever answers at this address (status {answer.status}) is no relay that this version knows."
        " Check the address."
    )


def _expect(answer: _Answer, status: int, media_type: str | None) -> None:
    _raise_refusal(answer)
    if answer.status != status or (media_type is not None and _media_type(answer.headers) != media_type):
        raise RelayMisbehavedError("The relay's answer has another form than the protocol gives it.")


def _failure(error: BaseException, *, begun: bool) -> RelayUnreachableError | RelayMisbehavedError:
    """Say what a failure of the layers below means. Their texts and objects may hold the request, and are not kept."""
    causes: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(causes) < 16:
        causes.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(cause, WrongKeyError) for cause in causes):
        return RelayKeyError(ANOTHER_KEY)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return RelayMisbehavedError(
            "No safe connection came about: whoever answers does not speak TLS 1.3 as a relay does. Check the address."
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return RelayUnreachableError("The relay cannot be reached. Check the network; what you made is kept.")
    # An end of the connection is httpcore's own finding; what h11 could not read is not HTTP.
    if isinstance(error, httpx.RemoteProtocolError) and not begun:
        if any(type(cause).__module__.partition(".")[0] == "h11" for cause in causes):
            return RelayMisbehavedError("Whatever answers at this address does not speak HTTP. Check the address.")
        return _DroppedError("The relay closed the connection without an answer. Try again later.")
    if begun:
        return RelayUnreachableError("The relay's answer broke off. Try again later.")
    return _DroppedError("The connection to the relay broke. Try again later.")
