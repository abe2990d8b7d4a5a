"""The one way to a relay: the five calls of docs/protocol.md, section 1.4, async, each within a total deadline."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from taboon_client.errors import (
    BlobSizeError,
    RelayAddressError,
    RelayMisbehavedError,
    RelayUnreachableError,
    RequestMalformedError,
)
from taboon_client.relay.answers import (
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
from taboon_client.relay.exchange import Answer, DroppedError, Exchange
from taboon_client.relay.problems import ClockSkewError
from taboon_client.relay.proof import (
    NONCE_LENGTH,
    SIZE_CLASSES,
    TIME_UNIT,
    MailboxSigner,
    append_proof,
    create_proof,
    read_proof,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from types import TracebackType

    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.cursor import Cursor

__all__ = ["RelayClient"]

_BINARY = "application/octet-stream"
_JSON = "application/json"
_JSON_LIMIT = 16_384
_PASS_LIMIT = 64
_SKEW = 3  # units that a relay must bear (docs/protocol.md, section 1.3)


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
        self._exchange = Exchange(address)

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
        await self._exchange.aclose()

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
        answer.expect(204, None)

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
        answer.expect(200, _BINARY)
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
        answer.expect(200, _BINARY)
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
        answer.expect(200, _JSON)
        parse_health(answer.body)
        return True

    async def _ask_limits(self) -> Limits:
        answer = await self._again("GET", "/v1/limits", _JSON_LIMIT)
        answer.expect(200, _JSON)
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
    ) -> tuple[Answer, bytes]:
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
                answer = await self._exchange.send(
                    method, path, limit, proof=prove(relay_id, unit, nonce), body=None if method == "GET" else body
                )
                answer.raise_refusal()
            except DroppedError:
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

    async def _again(self, method: str, path: str, limit: int) -> Answer:
        """Send an unsigned request, once more if it was cut off."""
        try:
            return await self._exchange.send(method, path, limit)
        except DroppedError:
            return await self._exchange.send(method, path, limit)
