"""Nothing of the environment reaches the transport, and nothing tells one client from another."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import RelayKeyError, RelayUnreachableError
from tests.client.relay.calling import EVERY_CALL, START, client
from tests.client.relay.forging import IMPOSTOR, KEYS, Page, Receipt, blob
from tests.client.relay.lying import LyingRelay, certificate_file, http, tls_context

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from tests.client.relay.lying import Request

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
    """An honest answer, with everything in its head that might make a browser come back marked."""
    marks = (
        "Set-Cookie: mark=1; Max-Age=99999999; Path=/",
        'ETag: "mark"',
        "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT",
        "Refresh: 0; url=/marked",
        "Link: </marked>; rel=preload",
        "Accept-CH: Sec-CH-UA-Platform",
        "Clear-Site-Data: none",
    )
    body = Page([], request.nonce).pack() if request.line.startswith("GET") else Receipt([request.body]).pack()
    writer.write(http(200, body, "application/octet-stream", *marks))


@pytest.mark.anyio
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
async def test_the_environment_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tls: bool
) -> None:
    key_log, netrc = tmp_path / "keys.log", tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login marked password marked\ndefault login marked password marked\n")
    async with LyingRelay(answer) as trap:
        for name in PROXIES:
            monkeypatch.setenv(name, trap.base_url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SSLKEYLOGFILE", str(key_log))
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("USERPROFILE", str(tmp_path))
        # An authority that vouches for the impostor, as a state or a hoster can have one.
        vouching = certificate_file(tmp_path, IMPOSTOR)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(vouching))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
        with caplog.at_level(logging.DEBUG):
            own = tls_context(tmp_path) if tls else None
            async with LyingRelay(answer, tls=own) as liar, client(liar.address) as relay:
                await relay.read(KEYS, START)
            if tls:
                anothers = tls_context(tmp_path, IMPOSTOR)
                async with LyingRelay(answer, tls=anothers) as impostor, client(impostor.address) as relay:
                    for call in EVERY_CALL.values():
                        with pytest.raises(RelayKeyError):
                            await call(relay)
                assert impostor.requests == []
        assert trap.connections == 0
    assert not key_log.exists()
    assert len(liar.requests) == 1
    assert liar.requests[0].authorization.startswith("Taboon ")
    assert liar.requests[0].authorization not in caplog.text
    assert b"marked" not in liar.requests[0].head


@pytest.mark.anyio
async def test_requests_have_one_fixed_head_and_echo_nothing() -> None:
    async with LyingRelay(answer) as liar:
        async with client(liar.address) as relay:
            for _ in range(2):
                await relay.read(KEYS, START)
                await relay.append(KEYS, blob(1))
        host = f"127.0.0.1:{liar.port}"
        proof = r"[A-Za-z0-9_-]{214}"
        read = (
            rf"GET /v1/blobs HTTP/1\.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
            rf"Authorization: Taboon {proof}\r\n\r\n"
        )
        append = (
            rf"POST /v1/blobs HTTP/1\.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\n"
            rf"Authorization: Taboon {proof}\r\nContent-Type: application/octet-stream\r\nContent-Length: 2048\r\n\r\n"
        )
        assert len(liar.requests) == 4
        for request, wanted in zip(liar.requests, (read, append) * 2, strict=True):
            assert re.fullmatch(wanted, request.head.decode("ascii")), request.head
        assert len({request.nonce for request in liar.requests}) == 4


@pytest.mark.anyio
async def test_the_other_calls_say_no_more() -> None:
    async def refuse(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(500))

    async with LyingRelay(refuse) as liar:
        async with client(liar.address) as relay:
            for name in ("limits", "health", "create"):
                with pytest.raises(RelayUnreachableError, match="trouble"):
                    await EVERY_CALL[name](relay)
        heads = [request.head.decode("ascii") for request in liar.requests]
        start = rf"HTTP/1\.1\r\nHost: 127\.0\.0\.1:{liar.port}\r\nAccept-Encoding: identity\r\n"
        put = start.replace("Accept", r"Content-Length: 0\r\nAccept")
        assert re.fullmatch(rf"GET /v1/limits {start}\r\n", heads[0])
        assert re.fullmatch(rf"GET /v1/health {start}\r\n", heads[1])
        assert re.fullmatch(rf"PUT /v1/mailbox {put}Authorization: Taboon \S{{214}}\r\n\r\n", heads[2])


def test_only_talking_to_a_relay_imports_http() -> None:
    light = ("address", "answers", "cursor", "problems", "proof")
    program = "\n".join(
        (
            "import sys, taboon_client",
            *(f"import taboon_client.relay.{name}" for name in light),
            "found = sorted({'httpx', 'httpcore', 'anyio'} & set(sys.modules))",
            "sys.exit(f'imported {found}' if found else 0)",
        )
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stderr) == (0, "")
