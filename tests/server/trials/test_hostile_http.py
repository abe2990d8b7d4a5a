"""Requests that are no requests, or two at once, or never end: nothing is stored twice, and the relay goes on."""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import APPEND, SIZES, Keys, header
from tests.soaking import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.grows

KNOWN = {b"200", b"204", b"400", b"401", b"404", b"409", b"413", b"503", b"507"}
HEALTH = b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n\r\n"


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """Somebody who calls a relay that wants requests within a second."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with RelayProcess(home, extra_args=["--deadline", "1"]) as relay, Caller(relay) as one:
        yield one


def talk(caller: Caller, data: bytes, *, more: Iterator[bytes] | None = None) -> bytes:
    """Send bytes, say after the first whole answer that nothing more comes, and return all that came."""
    port = caller.http.base_url.port
    assert port is not None
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(data)
        for part in more or ():
            connection.sendall(part)
        while part := connection.recv(1 << 18):
            received += part
            if is_whole(received):
                connection.shutdown(socket.SHUT_WR)
    return received


def is_whole(received: bytes) -> bool:
    """Whether an answer, besides those that say `continue`, has come to its end."""
    head, end, body = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def statuses(received: bytes) -> list[bytes]:
    return [rest[:3] for rest in received.split(b"HTTP/1.1 ")[1:]]


def head_of(caller: Caller, keys: Keys, content: bytes, framing: bytes, *extra: bytes) -> bytes:
    """Return the head of a signed append, with its framing said in these words."""
    proof = header(keys.proof(caller.relay_id, APPEND, content)).encode()
    lines = [b"POST /v1/blobs HTTP/1.1", b"Host: relay", b"Authorization: " + proof]
    lines += [b"Content-Type: application/octet-stream", *([framing] if framing else []), *extra]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunks(content: bytes, size: int, extension: bytes = b"") -> bytes:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(part), extension, part) for part in parts)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"identity", b"GZIP, gzip"])
@pytest.mark.parametrize("true", [False, True])
def test_no_body_may_be_compressed(caller: Caller, coding: bytes, true: bool) -> None:
    keys, content = caller.new_mailbox(), bytes(SIZES[0])
    packed = content
    if true:
        packed = gzip.compress(content) if b"gzip" in coding else zlib.compress(content)
    head = head_of(caller, keys, content, b"Content-Length: %d" % len(packed), b"Content-Encoding: " + coding)
    assert statuses(talk(caller, head + packed)) == [b"400"]
    assert caller.page(keys).last == 0


@pytest.mark.parametrize(
    "coding", [b"gzip, chunked", b"chunked, chunked", b"chunked, gzip", b"deflate", b"\x0bchunked"]
)
def test_no_transfer_may_be_coded_but_in_chunks(caller: Caller, coding: bytes) -> None:
    keys, content = caller.new_mailbox(), bytes(SIZES[0])
    head = head_of(caller, keys, content, b"Transfer-Encoding: " + coding)
    assert statuses(talk(caller, head + chunks(content, 512) + b"0\r\n\r\n")) in ([b"400"], [b"501"], [])
    assert caller.page(keys).last == 0


def test_a_bomb_is_not_unpacked(caller: Caller) -> None:
    keys = caller.new_mailbox()
    bomb = gzip.compress(bytes(SIZES[3] * 100))
    body = bomb.ljust(SIZES[3], b"\0")
    head = head_of(caller, keys, body, b"Content-Length: %d" % len(body), b"Content-Encoding: gzip")
    assert statuses(talk(caller, head + body)) in ([b"400"], [])
    assert caller.page(keys).last == 0


def test_a_body_that_never_ends_is_ended(caller: Caller) -> None:
    keys, content = caller.new_mailbox(), blob()
    head = head_of(caller, keys, content, b"Transfer-Encoding: chunked")
    for endless in (b"1\r\nx\r\n", b"1000\r\n" + bytes(4096) + b"\r\n"):
        assert statuses(talk(caller, head, more=(endless for _ in range(10_000_000)))) in ([b"413"], [])
    assert caller.page(keys).last == 0


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(b"x" * 4096, id="chunk extension"),
        pytest.param(b"0" * 4096, id="chunk size"),
    ],
)
def test_a_chunk_head_that_never_ends_is_ended(caller: Caller, endless: bytes) -> None:
    keys, content = caller.new_mailbox(), blob()
    head = head_of(caller, keys, content, b"Transfer-Encoding: chunked") + b"1;"[: 2 if endless[:1] == b"x" else 1]
    assert statuses(talk(caller, head, more=(endless for _ in range(1_000_000)))) in ([b"400"], [])
    assert caller.page(keys).last == 0


def test_trailers_that_never_end_are_ended(caller: Caller) -> None:
    keys, content = caller.new_mailbox(), blob()
    head = head_of(caller, keys, content, b"Transfer-Encoding: chunked") + chunks(content, 2048) + b"0\r\n"
    flood = (b"X-%d: y\r\n" % number for number in range(10_000_000))
    assert statuses(talk(caller, head, more=flood)) in ([b"400"], [])
    assert caller.page(keys).last == 0


def test_a_head_that_never_ends_is_ended(caller: Caller) -> None:
    for flood in (b"X: y\r\n", b"X: " + b"y" * 4096 + b"\r\n", b"y" * 4096, b"\r\n"):
        start = b"" if flood == b"\r\n" else b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n"
        answer = talk(caller, start, more=(flood for _ in range(1_000_000)))
        assert statuses(answer) in ([b"400"], [])


@pytest.mark.parametrize(
    "framing",
    [
        pytest.param(b"Content-Length: 2048\r\nContent-Length: 2049", id="two lengths"),
        pytest.param(b"Content-Length: 2048, 2049", id="two lengths in one"),
        pytest.param(b"Content-Length: +2048", id="signed length"),
        pytest.param(b"Content-Length: 0x800", id="hexadecimal length"),
        pytest.param(b"Content-Length: 2_048", id="length with an underscore"),
        pytest.param("Content-Length: ٢٠٤٨".encode(), id="length in other digits"),
        pytest.param(b"Content-Length : 2048", id="space before the colon"),
        pytest.param(b"Content-Length: 2048\x00", id="NUL"),
        pytest.param(b"Content-Length: 2048\rX: y", id="bare CR"),
        pytest.param(b"X: y\rContent-Length: 2048", id="length behind a bare CR"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 2048", id="chunks and a length"),
        pytest.param(b"Content-Length: 2048\r\nTransfer-Encoding:\x0bchunked", id="length and odd chunks"),
    ],
)
def test_a_body_of_doubtful_length_is_not_stored_and_hides_no_request(caller: Caller, framing: bytes) -> None:
    keys, other = caller.new_mailbox(), caller.new_mailbox()
    hidden = blob()
    second = head_of(caller, other, hidden, b"Content-Length: 2048") + hidden
    content = second[: SIZES[0]]
    came = talk(caller, head_of(caller, keys, content, framing) + second + HEALTH)
    assert b"200" not in statuses(came)
    assert caller.page(keys).last == 0
    assert caller.page(other).last == 0


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"Content-Length: 2048\nX: y", id="bare line feed"),
        pytest.param(b"X: y\n\tContent-Length: 2048", id="bare line feed and a fold"),
        pytest.param(b"X: y\r\n Content-Length: 2048", id="folded line"),
        pytest.param(b"X: y\r\n\tContent-Length: 2048", id="folded line with a tab"),
        pytest.param(b"Content-Length:\r\n 2048", id="folded length"),
    ],
)
def test_a_head_whose_lines_are_doubtful_is_refused(caller: Caller, lines: bytes) -> None:
    """A proxy in front may see other fields in it than the relay does."""
    keys, content = caller.new_mailbox(), blob()
    assert statuses(talk(caller, head_of(caller, keys, content, lines) + content)) == [b"400"]
    assert caller.page(keys).last == 0


def test_requests_in_one_breath_are_answered_in_order_or_not_at_all(caller: Caller) -> None:
    keys = caller.new_mailbox()
    blobs = [blob() for _ in range(5)]
    breath = b"".join(head_of(caller, keys, content, b"Content-Length: 2048") + content for content in blobs)
    done = [status for status in statuses(talk(caller, breath)) if status == b"200"]
    stored = caller.all_blobs(keys)
    assert stored == blobs[: len(stored)]
    assert 1 <= len(done) <= len(stored)
    assert caller.appended(keys, blobs[-1]).number <= len(stored) + 1


@pytest.mark.parametrize("line", [b"Expect: 100-continue", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings"])
def test_offers_to_speak_otherwise_are_passed_over(caller: Caller, line: bytes) -> None:
    keys, content = caller.new_mailbox(), blob()
    came = talk(caller, head_of(caller, keys, content, b"Content-Length: 2048", line) + content)
    assert statuses(came) in ([b"200"], [b"100", b"200"])
    assert caller.page(keys).blobs == [content]


@pytest.mark.parametrize(
    "line",
    [
        b"GET http://relay/v1/limits HTTP/1.1",
        b"GET //v1/limits HTTP/1.1",
        b"GET /v1/../v1/limits HTTP/1.1",
        b"GET /v1/%6cimits HTTP/1.1",
        b"GET /v1/limits/ HTTP/1.1",
        pytest.param(b"GET /v1/limits? HTTP/1.1"),
        b"GET /v1/limits?a=b HTTP/1.1",
        b"GET /v1/limits;a HTTP/1.1",
        b"GET * HTTP/1.1",
        b"CONNECT relay:443 HTTP/1.1",
        b"TRACE /v1/limits HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"HEAD /v1/limits HTTP/1.1",
        b"get /v1/limits HTTP/1.1",
        pytest.param(b"GET /v1/limits HTTP/2.0"),
        pytest.param(b"GET /v1/limits HTTP/0.9"),
        b"PRI * HTTP/2.0",
    ],
)
def test_a_call_has_one_spelling(caller: Caller, line: bytes) -> None:
    came = talk(caller, line + b"\r\nHost: relay\r\n\r\n")
    assert b"relay_key" not in came
    assert statuses(came) in ([b"404"], [b"400"], [b"405"], [])


@settings(max_examples=sample(150, 20_000), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_done_to_a_request_it_is_taken_whole_or_refused(caller: Caller, data: st.DataObject) -> None:
    keys, content = caller.new_mailbox(), blob()
    request = bytearray(head_of(caller, keys, content, b"Content-Length: 2048") + content)
    odd = st.one_of(
        st.binary(max_size=4), st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\r\n\r\n", b","])
    )
    end = bytes(request).index(b"\r\n\r\n") + 4
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, end))
        request[at : at + data.draw(st.integers(0, 3))] = data.draw(odd)
    # What is too short is filled up, so that nobody has to wait for its end.
    came = talk(caller, bytes(request) + b"\r\n" * 4_096)
    assert set(statuses(came)) <= KNOWN, came[:200]
    assert caller.page(keys).blobs == ([content] if b"200" in statuses(came) else [])
