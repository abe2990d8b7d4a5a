"""Whatever answers, a call ends: with what the relay's key stands for, or with an error that says what is wrong."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.errors import (
    RelayBusyError,
    RelayKeyError,
    RelayMisbehavedError,
    RelayRolledBackError,
    RelayUnreachableError,
    RequestClockError,
    RequestReplayedError,
)
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.cursor import Cursor
from tests.client.relay.calling import EVERY_CALL, START, client
from tests.client.relay.forging import IMPOSTOR, KEYS, OTHER_KEYS, Page, Receipt, blob, head
from tests.client.relay.lying import PROBLEM, LyingRelay, always, hang_up, http, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.errors import RelayError
    from tests.client.relay.lying import Behaviour, Request

pytestmark = pytest.mark.anyio

BLOBS = [blob(1), blob(2)]
every_call = pytest.mark.parametrize("call", EVERY_CALL.values(), ids=list(EVERY_CALL))


def pages(**lie: Any) -> Behaviour:
    """Answer reads of a mailbox with BLOBS in it, untruly in the fields given."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        after = int.from_bytes(request.proof[72:80], "big")
        writer.write(http(200, replace(Page(BLOBS, request.nonce, after), **lie).pack()))

    return behave


def clock_problem(unit: int) -> bytes:
    said = {"type": "urn:taboon:problem:clock", "title": "x", "status": 401, "unit": unit}
    return http(401, json.dumps(said).encode(), PROBLEM)


async def refused(behave: Behaviour, call: Any, error: type[RelayError] = RelayMisbehavedError) -> RelayError:
    """Return the error that a call ends with; it never shows a proof."""
    async with LyingRelay(behave) as liar, client(liar.address) as relay:
        with pytest.raises(error) as caught:
            await call(relay)
        for request in liar.requests:
            for name, value in request.headers:
                assert name != "Authorization" or value.removeprefix("Taboon ") not in repr(caught.value)
    return caught.value


async def test_an_honest_answer_of_the_lying_relay_is_taken() -> None:
    async with LyingRelay(pages()) as liar, client(liar.address) as relay:
        assert (await relay.read(KEYS, START)).blobs == tuple(BLOBS)
    async with LyingRelay(always(http(200, Receipt([blob(1)]).pack()))) as liar, client(liar.address) as relay:
        assert (await relay.append(KEYS, blob(1))).number == 1


NONSENSE = {
    "noise": bytes(range(128, 256)) * 20 + b"\r\n\r\n",
    "not HTTP": b"220 smtp.example ESMTP\r\n\r\n",
    "another protocol": b"ICY 200 OK\r\n\r\n",
    "an empty success": http(200),
    "a page of hypertext": http(200, b"<html>hello</html>", "text/html"),
    "another success": http(206, bytes(202)),
    "nonsense of the right length": http(200, bytes(202)),
    "a switch of protocols": b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "two lengths": http(200, bytes(202), "application/octet-stream", "Content-Length: 5"),
    "a length that is none": b"HTTP/1.1 200 X\r\nContent-Length: many\r\n\r\n",
    "a negative length": b"HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n",
    "length and chunks": http(200, b"0\r\n\r\n", "application/octet-stream", "Transfer-Encoding: chunked"),
    "an empty 404, as of any server": http(404, b"", None),
    "a 404 in hypertext": http(404, b"<html>", "text/html"),
    "a demand to log in": http(401, b"", None, "WWW-Authenticate: Basic"),
    "a demand of a proxy": http(407, b"", None, "Proxy-Authenticate: Basic"),
    "a problem of nobody": http(400, b"{}", PROBLEM),
    "a problem that is too long": http(400, b"{" * 5_000, PROBLEM),
    "a head that is too long": http(200, bytes(202), "application/octet-stream", "X: " + "x" * 9_000),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=list(NONSENSE))
@every_call
async def test_nonsense_is_refused_at_every_way_in(answer: bytes, call: Any) -> None:
    await refused(always(answer), call)


@pytest.mark.parametrize(
    ("media_type", "extra", "said"),
    [("application/octet-stream", "X: " + "x" * 9_000, "head"), ("text/plain", "X: x", "form"), (None, "X: x", "form")],
    ids=["a long head", "another type", "no type"],
)
async def test_an_honest_page_in_a_wrong_wrapping_is_refused(media_type: str | None, extra: str, said: str) -> None:
    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200, Page(BLOBS, request.nonce).pack(), media_type, extra))

    assert said in str(await refused(behave, EVERY_CALL["read"]))


async def test_a_head_without_end_is_refused() -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\n")
        while True:
            writer.write(b"X: " + b"x" * 10_000 + b"\r\n")
            await writer.drain()

    await refused(behave, EVERY_CALL["read"])


@every_call
async def test_a_body_that_says_it_is_huge_is_not_read(call: Any) -> None:
    assert "longer" in str(await refused(always(http(200, b"", length=1 << 30)), call))
    assert "longer" in str(await refused(always(http(404, b"", PROBLEM, length=1 << 30)), call))


@every_call
async def test_a_body_without_end_is_cut_off(call: Any) -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200, length=-1))
        while True:  # ends when the client closes the connection
            writer.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
            await writer.drain()

    assert "longer" in str(await refused(behave, call))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity", "x"])
@every_call
async def test_a_compressed_answer_is_refused_unopened(encoding: str, call: Any) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    for status in (200, 400):
        error = await refused(always(http(status, bomb, PROBLEM, f"Content-Encoding: {encoding}")), call)
        assert "compresses" in str(error)


async def test_a_compressed_body_that_does_not_say_so_is_only_bytes() -> None:
    for squeezed in (gzip.compress(bytes(100_000)), zlib.compress(bytes(100_000))):
        await refused(always(http(200, squeezed)), EVERY_CALL["read"])


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
@every_call
async def test_a_redirect_leads_nowhere(status: int, call: Any) -> None:
    async with LyingRelay(always(http(200))) as trap:
        extra = (f"Location: {trap.base_url}/v1/blobs", f'Alt-Svc: http/1.1="127.0.0.1:{trap.port}"')
        error = await refused(always(http(status, b"", None, *extra)), call)
        assert "elsewhere" in str(error)
        assert trap.connections == 0


async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
    """An honest beginning, then a byte now and then, for ever."""
    writer.write(http(400, b"", PROBLEM, length=4_000))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_head(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 X\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def never_done(_: Request, writer: asyncio.StreamWriter) -> None:
    """Informational answers for ever."""
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def silence(_: Request, __: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""


@pytest.mark.parametrize("behave", [drip, drip_head, never_done, silence], ids=lambda each: each.__name__)
@every_call
async def test_the_deadline_is_total(behave: Behaviour, call: Any) -> None:
    async with LyingRelay(behave) as liar, client(liar.address, seconds=0.2) as relay:
        with pytest.raises(RelayUnreachableError, match=r"within 0\.2 seconds"):
            await call(relay)


async def test_a_relay_that_does_not_even_shake_hands_meets_the_deadline() -> None:
    async with LyingRelay(None) as liar:
        address = RelayAddress(f"https://127.0.0.1:{liar.port}", liar.address.relay_id)
        async with client(address, seconds=0.2) as relay:
            with pytest.raises(RelayUnreachableError, match="within"):
                await relay.health()
        gc.collect()  # a connection left open would be reported here


async def test_a_call_that_is_called_off_in_the_handshake_leaves_no_connection_open() -> None:
    async with LyingRelay(None) as liar:
        address = RelayAddress(f"https://127.0.0.1:{liar.port}", liar.address.relay_id)
        async with client(address) as relay:
            calling = asyncio.create_task(relay.health())
            await liar.connected.wait()
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
            # The client has hung up, so the relay's side of the connection ends.
            await liar.disconnected.wait()


async def test_a_relay_that_takes_no_bytes_meets_the_deadline() -> None:
    async def swallow_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(swallow_nothing, "127.0.0.1", 0, limit=1)
    async with server:
        address = RelayAddress(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", START.head)
        async with client(address, seconds=0.2) as relay:
            with pytest.raises(RelayUnreachableError, match="within"):
                await relay.append(KEYS, blob(1, 3))
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@every_call
async def test_a_relay_that_is_down_is_unreachable(call: Any) -> None:
    async with LyingRelay(hang_up) as liar:
        address = liar.address
    async with client(address) as relay:
        with pytest.raises(RelayUnreachableError, match="network"):
            await call(relay)


@every_call
async def test_a_relay_that_hangs_up_is_asked_once_more_and_not_again(call: Any) -> None:
    async with LyingRelay(hang_up) as liar, client(liar.address) as relay:
        with pytest.raises(RelayUnreachableError):
            await call(relay)
        assert len(liar.requests) == 2


async def test_the_second_try_is_a_fresh_request_with_the_same_blob() -> None:
    receipt = always(http(200, Receipt([blob(1)]).pack()))
    async with LyingRelay(in_turn(hang_up, receipt)) as liar, client(liar.address) as relay:
        assert (await relay.append(KEYS, blob(1))).number == 1
        first, second = liar.requests
        assert first.nonce != second.nonce
        assert first.body == second.body == blob(1)


async def test_an_answer_that_breaks_off_is_not_asked_for_again() -> None:
    async def behave(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200, bytes(100), length=202))
        await writer.drain()
        writer.close()

    async with LyingRelay(behave) as liar, client(liar.address) as relay:
        with pytest.raises(RelayUnreachableError, match="broke off"):
            await relay.append(KEYS, blob(1))
        assert len(liar.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_trouble_before_the_relay_is_no_refusal(status: int) -> None:
    await refused(always(http(status, b"<html>", "text/html")), EVERY_CALL["read"], RelayUnreachableError)


async def test_a_relay_that_cannot_write_is_not_well_and_a_busy_one_says_when() -> None:
    busy = http(503, b'{"type":"urn:taboon:problem:busy","status":503}', PROBLEM, "Retry-After: 7")
    async with LyingRelay(always(busy)) as liar, client(liar.address) as relay:
        assert not await relay.health()
        with pytest.raises(RelayBusyError) as caught:
            await relay.append(KEYS, blob(1))
        assert caught.value.retry_after == 7


async def test_a_refusal_is_not_argued_with() -> None:
    replayed = http(409, b'{"type":"urn:taboon:problem:replayed","status":409}', PROBLEM)
    async with LyingRelay(always(replayed)) as liar, client(liar.address) as relay:
        with pytest.raises(RequestReplayedError):
            await relay.read(KEYS, START)
        assert len(liar.requests) == 1


async def test_the_relay_s_time_is_used_for_its_proofs_from_then_on() -> None:
    receipt = always(http(200, Receipt([blob(1)]).pack()))
    async with LyingRelay(in_turn(always(clock_problem(7_000)), receipt)) as liar:
        async with client(liar.address, clock=lambda: 300 * 5_000 + 299) as relay:
            await relay.append(KEYS, blob(1))
            await relay.append(KEYS, blob(1))
        assert [request.unit for request in liar.requests] == [5_000, 7_000, 7_000]


async def test_a_relay_whose_time_never_fits_is_asked_twice() -> None:
    turns = in_turn(always(clock_problem(7_000)), always(clock_problem((1 << 32) - 1)))
    async with LyingRelay(turns) as liar, client(liar.address, clock=lambda: 0) as relay:
        with pytest.raises(RequestClockError, match="clock"):
            await relay.append(KEYS, blob(1))
        assert [request.unit for request in liar.requests] == [0, 7_000]


async def test_a_relay_that_refuses_a_time_that_fits_its_own_is_lying() -> None:
    async with LyingRelay(always(clock_problem(5_003))) as liar:
        async with client(liar.address, clock=lambda: 300 * 5_000) as relay:
            with pytest.raises(RelayMisbehavedError, match="names one that fits"):
                await relay.read(KEYS, START)
        assert len(liar.requests) == 1


PAGE_LIES: dict[str, tuple[dict[str, Any], type[RelayError]]] = {
    "another mailbox's page": ({"mailbox": OTHER_KEYS.mailbox_id}, RelayMisbehavedError),
    "an answer to another request": ({"nonce": bytes(12)}, RelayMisbehavedError),
    "another relay's page": ({"key": IMPOSTOR}, RelayKeyError),
    "a signature of somebody else": ({"signer": IMPOSTOR}, RelayMisbehavedError),
    "a chain that is broken": ({"head": bytes(32)}, RelayMisbehavedError),
    "a page without padding": ({"body": BLOBS[0] + BLOBS[1]}, RelayMisbehavedError),
    "blobs in another order": ({"body": (BLOBS[1] + BLOBS[0]).ljust(16_384, b"\0")}, RelayMisbehavedError),
    "blobs that it keeps back": ({"upto": 0}, RelayMisbehavedError),
}


@pytest.mark.parametrize(("lie", "error"), PAGE_LIES.values(), ids=list(PAGE_LIES))
async def test_a_page_that_lies_is_refused(lie: dict[str, Any], error: type[RelayError]) -> None:
    await refused(pages(**lie), EVERY_CALL["read"], error)


async def test_the_page_of_before_shown_again_is_refused() -> None:
    seen: list[bytes] = []

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        if not seen:
            seen.append(http(200, Page(BLOBS, request.nonce).pack()))
        writer.write(seen[0])

    async with LyingRelay(behave) as liar, client(liar.address) as relay:
        page = await relay.read(KEYS, START)
        with pytest.raises(RelayMisbehavedError):
            await relay.read(KEYS, page.cursor)
        with pytest.raises(RelayMisbehavedError, match="another request"):
            await relay.read(KEYS, START)


async def test_the_same_blobs_under_the_next_numbers_are_refused() -> None:
    again = {"blobs": [*BLOBS, *BLOBS], "head": head(KEYS.mailbox_id, [*BLOBS, blob(3), blob(4)])}
    async with LyingRelay(in_turn(pages(), pages(**again))) as liar, client(liar.address) as relay:
        page = await relay.read(KEYS, START)
        with pytest.raises(RelayMisbehavedError, match="do not fit"):
            await relay.read(KEYS, page.cursor)


@pytest.mark.parametrize("yesterday", [[], [blob(1)], [blob(1), blob(9)]], ids=["empty", "shorter", "rewritten"])
async def test_yesterday_s_mailbox_is_noticed(yesterday: list[bytes]) -> None:
    cursor = Cursor(2, head(KEYS.mailbox_id, BLOBS))
    lie = {"blobs": yesterday, "head": head(KEYS.mailbox_id, yesterday)}
    async with LyingRelay(pages(**lie)) as liar, client(liar.address) as relay:
        with pytest.raises(RelayRolledBackError):
            await relay.read(KEYS, cursor)


RECEIPT_LIES: dict[str, Callable[[], Receipt]] = {
    "another mailbox": lambda: Receipt([blob(1)], mailbox=OTHER_KEYS.mailbox_id),
    "another blob": lambda: Receipt([blob(2)]),
    "another relay": lambda: Receipt([blob(1)], key=IMPOSTOR),
    "a signature of somebody else": lambda: Receipt([blob(1)], signer=IMPOSTOR),
    "the seal": lambda: Receipt([blob(1)], seal=True),
}


@pytest.mark.parametrize("lie", RECEIPT_LIES.values(), ids=list(RECEIPT_LIES))
async def test_a_receipt_that_lies_is_refused(lie: Callable[[], Receipt]) -> None:
    await refused(always(http(200, lie().pack())), EVERY_CALL["append"])


async def test_a_create_that_is_answered_otherwise_is_refused() -> None:
    await refused(always(http(200, b"ok")), EVERY_CALL["create"])
