"""Over TLS only the relay's own key will do, whoever else vouches for it, and nothing is said before that is clear."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from taboon_client.errors import RelayKeyError, RelayMisbehavedError, RelayUnreachableError
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.tls import WrongKeyError, closed_context, pinned_context
from tests.client.relay.calling import EVERY_CALL, START, client
from tests.client.relay.forging import IMPOSTOR, KEYS, RELAY, Page, relay_id
from tests.client.relay.lying import LyingRelay, Recorder, http, tls_context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.relay.lying import Request

every_call = pytest.mark.parametrize("call", EVERY_CALL.values(), ids=list(EVERY_CALL))


async def empty_page(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(http(200, Page([], request.nonce).pack()))


@pytest.mark.anyio
async def test_the_relay_s_own_key_is_taken(tmp_path: Path) -> None:
    async with LyingRelay(empty_page, tls=tls_context(tmp_path)) as liar, client(liar.address) as relay:
        assert (await relay.read(KEYS, START)).last == 0


@pytest.mark.anyio
@every_call
async def test_another_key_is_refused_at_every_way_in_before_a_byte_of_http(tmp_path: Path, call: Any) -> None:
    async with LyingRelay(empty_page, tls=tls_context(tmp_path, IMPOSTOR)) as liar, client(liar.address) as relay:
        with pytest.raises(RelayKeyError, match="another key"):
            await call(relay)
    assert (liar.requests, liar.stray) == ([], b"")


@pytest.mark.anyio
async def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tls_context(tmp_path, ec.generate_private_key(ec.SECP256R1()))
    async with LyingRelay(empty_page, tls=other) as liar, client(liar.address) as relay:
        with pytest.raises(RelayKeyError):
            await relay.health()
    assert (liar.requests, liar.stray) == ([], b"")


@pytest.mark.anyio
async def test_the_relay_s_certificate_behind_another_s_is_refused(tmp_path: Path) -> None:
    """A chain in which the relay's own certificate comes second: only the first one's key signs the handshake."""
    theirs, ours = (tmp_path / name for name in ("theirs", "ours"))
    for folder, key in ((theirs, IMPOSTOR), (ours, RELAY)):
        folder.mkdir()
        tls_context(folder, key)
    first, second = (next(folder.iterdir()).read_bytes() for folder in (theirs, ours))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(first + second.partition(b"-----BEGIN PRIVATE KEY")[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    async with LyingRelay(empty_page, tls=context) as liar, client(liar.address) as relay:
        with pytest.raises(RelayKeyError):
            await relay.health()


@pytest.mark.anyio
async def test_tls_1_2_is_refused(tmp_path: Path) -> None:
    context = tls_context(tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with LyingRelay(empty_page, tls=context) as liar:
        async with client(liar.address) as relay:
            # Which of the two depends on whether the other side says goodbye before it hangs up.
            with pytest.raises((RelayMisbehavedError, RelayUnreachableError)):
                await relay.read(KEYS, START)
        assert liar.connections == 0
    assert (liar.requests, liar.stray) == ([], b"")


@pytest.mark.anyio
async def test_plain_http_where_tls_belongs_is_refused() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200))
        came.append(await reader.read())
        writer.close()
        await writer.wait_closed()
        done.set()

    came: list[bytes] = []
    done = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        address = RelayAddress(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", relay_id())
        async with client(address) as relay:
            with pytest.raises(RelayMisbehavedError, match=r"TLS 1\.3"):
                await relay.health()
        await done.wait()
    assert b"HTTP/" not in came[0]


@pytest.mark.anyio
async def test_no_session_is_resumed_and_no_early_data_sent(tmp_path: Path) -> None:
    """The lying relay hands out tickets, as Python's servers do, and closes after each answer."""

    async def behave(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(200, Page([], request.nonce).pack(), "application/octet-stream", "Connection: close"))

    async with LyingRelay(behave, tls=tls_context(tmp_path)) as liar, Recorder(liar.port) as recorder:
        relay = client(RelayAddress(recorder.base_url, relay_id()))
        for _ in range(3):
            await relay.read(KEYS, START)
        await relay.aclose()
    assert len(recorder.sent) == 3
    for hello in recorder.sent:
        extensions = extensions_of(hello)
        assert 43 in extensions  # supported_versions, so these are the extensions indeed
        assert not extensions & {35, 41, 42}  # session_ticket, pre_shared_key, early_data


def extensions_of(flight: bytes) -> set[int]:
    """Extension types of the ClientHello in a TLS record (RFC 8446, section 4.1.2)."""
    assert (flight[0], flight[5]) == (22, 1)
    at = 5 + 4 + 2 + 32
    at += 1 + flight[at]
    at += 2 + int.from_bytes(flight[at : at + 2], "big")
    at += 1 + flight[at]
    end = at + 2 + int.from_bytes(flight[at : at + 2], "big")
    at += 2
    found = set()
    while at < end:
        found.add(int.from_bytes(flight[at : at + 2], "big"))
        at += 4 + int.from_bytes(flight[at + 2 : at + 4], "big")
    return found


@pytest.mark.parametrize(("key", "taken"), [(RELAY, True), (IMPOSTOR, False)], ids=["own", "another"])
def test_the_comparison_is_made_in_the_handshake_and_nothing_is_written_without_it(
    tmp_path: Path, key: Any, taken: bool
) -> None:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = pinned_context(relay_id()).wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
    theirs = tls_context(tmp_path, key).wrap_bio(to_server, to_client, server_side=True)
    with pytest.raises(ssl.SSLWantReadError):
        ours.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        theirs.do_handshake()
    assert to_server.pending == 0
    if taken:
        ours.do_handshake()
        theirs.do_handshake()
        assert ours.version() == "TLSv1.3"
        assert ours.write(b"GET") == 3
        assert theirs.read() == b"GET"
    else:
        for use in (ours.do_handshake, lambda: ours.write(b"GET"), ours.read):
            with pytest.raises(WrongKeyError):
                use()


@pytest.mark.anyio
async def test_the_pinned_context_refuses_another_key_under_every_stack(tmp_path: Path) -> None:
    """The transport uses one of these; the others must not be a way round it."""
    context = pinned_context(relay_id())

    async def under_asyncio(port: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.close()

    async def under_async_httpx(port: int) -> None:
        async with httpx.AsyncClient(verify=context, trust_env=False) as web:
            await web.get(f"https://127.0.0.1:{port}/")

    def sync_httpx(port: int) -> None:
        with httpx.Client(verify=context, trust_env=False) as web:
            web.get(f"https://127.0.0.1:{port}/")

    async def under_sync_httpx(port: int) -> None:
        await asyncio.to_thread(sync_httpx, port)

    async with LyingRelay(empty_page, tls=tls_context(tmp_path, IMPOSTOR)) as liar:
        for stack in (under_asyncio, under_async_httpx, under_sync_httpx):
            with pytest.raises((WrongKeyError, httpx.ConnectError), match="relay's key"):
                await stack(liar.port)
    assert (liar.requests, liar.stray) == ([], b"")


@pytest.mark.anyio
async def test_the_closed_context_trusts_nobody(tmp_path: Path) -> None:
    async with LyingRelay(empty_page, tls=tls_context(tmp_path)) as liar:
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", liar.port, ssl=closed_context())


def test_the_contexts_are_bare() -> None:
    for context in (pinned_context(relay_id()), closed_context()):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_3
        assert context.keylog_filename is None
        assert context.cert_store_stats()["x509"] == 0
