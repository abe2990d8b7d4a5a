"""One HTTP request to a relay and its answer, bounded in length, with nothing of the environment in it.

It goes below httpx's client, straight to its transport: there is no cookie jar, no redirect, no proxy or netrc from the
environment, no decompression and no default header that could be switched on by mistake.
"""

from __future__ import annotations

import ssl
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from taboon_client.errors import RelayKeyError, RelayMisbehavedError, RelayUnreachableError
from taboon_client.relay.answers import ANOTHER_KEY
from taboon_client.relay.problems import PROBLEM_LIMIT, parse_problem
from taboon_client.relay.proof import authorization
from taboon_client.relay.tls import WrongKeyError, closed_context, pinned_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.relay.address import RelayAddress

__all__ = ["Answer", "DroppedError", "Exchange"]

_BINARY = "application/octet-stream"
_PROBLEM = "application/problem+json"
_HEADER_LIMIT = 8_192
_LONGEST_CHAIN = 16


class DroppedError(RelayUnreachableError):
    """The connection ended before an answer began: the one failure after which a request is sent once more at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status, never a redirect.
        media_type: Lower case, without parameters; empty if none was named.
        retry_after: The ``Retry-After`` header.
        body: Whole; empty for a failure that is no problem of the protocol.
    """

    status: int
    media_type: str
    retry_after: str | None
    body: bytes

    def raise_refusal(self) -> None:
        """Raise what a failure means; do nothing for a success.

        Raises:
            RelayRefusedError: The relay refused, as the protocol has it.
            RelayUnreachableError: Something is in trouble over there.
            RelayMisbehavedError: No relay answers like this.
        """
        if self.status < 400:
            return
        if self.media_type == _PROBLEM:
            raise parse_problem(self.status, self.body, self.retry_after)
        if self.status >= 500:
            raise RelayUnreachableError(
                f"The relay, or something before it, is in trouble (status {self.status}). Try again later."
            )
        raise RelayMisbehavedError(
            f"Whatever answers at this address (status {self.status}) is no relay that this version knows."
            " Check the address."
        )

    def expect(self, status: int, media_type: str | None) -> None:
        """Hold a success to its status and media type (None: whichever), and raise what a failure means.

        Raises:
            RelayError: As :meth:`raise_refusal`, and RelayMisbehavedError for another success.
        """
        self.raise_refusal()
        if self.status != status or (media_type is not None and self.media_type != media_type):
            raise RelayMisbehavedError("The relay's answer has another form than the protocol gives it.")


class Exchange:
    """The connections to one relay, and to nobody else.

    Args:
        address: Where, and for TLS whose key.
    """

    def __init__(self, address: RelayAddress) -> None:
        self._base_url = address.base_url
        # An https address always has its id; were it missing, the closed context would refuse every handshake.
        pinned = pinned_context(address.relay_id) if address.relay_id is not None else closed_context()
        self._transport = httpx.AsyncHTTPTransport(
            verify=pinned,
            trust_env=False,
            http2=False,
            retries=0,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=60.0),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def send(
        self, method: str, path: str, limit: int, *, proof: bytes | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request and read its answer. Sets no deadline: the caller does.

        Args:
            method: Of HTTP.
            path: From the root.
            limit: Bytes that the body of a success may have.
            proof: Of a signed request, 160 bytes.
            body: None where the method has none.

        Raises:
            DroppedError: Nothing of an answer came.
            RelayUnreachableError: No connection, or the answer broke off.
            RelayMisbehavedError: The answer is too long, compressed, a redirect or not HTTP; or the key is another's.
        """
        headers = [("Accept-Encoding", "identity")]
        if proof is not None:
            headers.append(("Authorization", authorization(proof)))
        if body:
            headers.append(("Content-Type", _BINARY))
        request = httpx.Request(method, self._base_url + path, headers=headers, content=body)
        handshake = _Handshake()
        if request.url.scheme == "https":
            request.extensions["trace"] = handshake.trace
        begun = False
        try:
            async with aclosing(await self._transport.handle_async_request(request)) as response:
                begun = True
                return await _take(response, limit)
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError, OSError, UnicodeError) as error:
            raise _failure(error, begun=begun) from None
        finally:
            await handshake.abandon()


class _Handshake:
    """Closes a connection whose TLS handshake was called off from outside: httpcore leaves that one open."""

    def __init__(self) -> None:
        self._open: list[_Closable] = []

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow httpcore's documented trace of a request."""
        if event == "connection.connect_tcp.complete":
            self._open.append(info["return_value"])
        elif event == "connection.start_tls.complete":
            self._open.clear()  # from here on the connection pool owns it

    async def abandon(self) -> None:
        """Close what is still in its handshake; nothing happens after a whole one."""
        while self._open:
            await self._open.pop().aclose()


class _Closable(Protocol):
    async def aclose(self) -> None: ...


async def _take(response: httpx.Response, limit: int) -> Answer:
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
            return _answer(response, b"")  # nothing in it will be used, so it is not read
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
    return _answer(response, b"".join(parts))


def _media_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().lower()


def _answer(response: httpx.Response, body: bytes) -> Answer:
    headers = response.headers
    return Answer(response.status_code, _media_type(headers), headers.get("retry-after"), body)


def _failure(error: BaseException, *, begun: bool) -> RelayUnreachableError | RelayMisbehavedError:
    """Say what a failure of the layers below means. Their texts and objects may hold the request, and are not kept."""
    causes: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(causes) < _LONGEST_CHAIN:
        causes.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(cause, WrongKeyError) for cause in causes):
        return RelayKeyError(ANOTHER_KEY)
    # Of exactly this class are breaches of TLS; its subclasses also stand for the end of a connection, or mere waiting.
    if any(type(cause) is ssl.SSLError for cause in causes):
        return RelayMisbehavedError(
            "No safe connection came about: whoever answers does not speak TLS 1.3 as a relay does. Check the address."
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return RelayUnreachableError("The relay cannot be reached. Check the network; what you made is kept.")
    # An end of the connection is httpcore's own finding; what h11 could not read is not HTTP.
    if isinstance(error, httpx.RemoteProtocolError) and not begun:
        if any(type(cause).__module__.partition(".")[0] == "h11" for cause in causes):
            return RelayMisbehavedError("Whatever answers at this address does not speak HTTP. Check the address.")
        return DroppedError("The relay closed the connection without an answer. Try again later.")
    if begun:
        return RelayUnreachableError("The relay's answer broke off. Try again later.")
    return DroppedError("The connection to the relay broke. Try again later.")
