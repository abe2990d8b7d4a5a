"""What a connection may cost the relay: heads, bodies and time are bounded, and odd HTTP gets nowhere."""

from __future__ import annotations

import contextlib
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, free_port, refused
from tests.server.signing import APPEND, READ, SIZES, Keys, header

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20


@contextlib.contextmanager
def connected(relay: RelayProcess) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", relay.port), timeout=SECONDS) as connection:
        yield connection


def until_end(connection: socket.socket) -> bytes:
    """Return all that comes until the relay ends the connection; fails if it does not."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def send(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        connection.sendall(data)


def answers(received: bytes) -> list[bytes]:
    """Return the status lines in what came; no body in these tests holds one."""
    return [b"HTTP/1.1 " + rest[:3] for rest in received.split(b"HTTP/1.1 ")[1:]]


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def resident(relay: RelayProcess) -> int:
    """Return the bytes of memory that the relay has in use."""
    status = Path(f"/proc/{relay.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """A relay that wants requests within a third of a second."""
    with RelayProcess(tmp_path_factory.mktemp("hasty") / "home", extra_args=["--deadline", "0.3"]) as process:
        yield process


def test_a_head_of_8_kib_is_taken(relay: RelayProcess) -> None:
    with connected(relay) as connection:
        start = b"GET /v1/health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nX: "
        connection.sendall(start + b"x" * (8192 - len(start) - 4) + b"\r\n\r\n")
        assert answers(until_end(connection)) == [b"HTTP/1.1 200"]


@pytest.mark.parametrize("size", [8_200, 9_000, 70_000, 300_000, 2_000_000])
@pytest.mark.parametrize("many", [False, True])
def test_a_larger_head_is_not(relay: RelayProcess, size: int, many: bool) -> None:
    field = b"X: " + b"x" * 50 + b"\r\n"
    filling = field * (size // len(field)) if many else b"X: " + b"x" * size + b"\r\n"
    with connected(relay) as connection:
        send(connection, b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n" + filling + b"\r\n")
        assert answers(until_end(connection)) in ([b"HTTP/1.1 400"], [])


def test_a_larger_head_behind_another_request_is_not_taken_either(relay: RelayProcess) -> None:
    with connected(relay) as connection:
        small = b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n\r\n"
        send(connection, small + b"GET /v1/health HTTP/1.1\r\nHost: relay\r\nX: " + b"x" * 100_000 + b"\r\n\r\n")
        assert answers(until_end(connection)) in ([b"HTTP/1.1 200", b"HTTP/1.1 400"], [b"HTTP/1.1 200"])


@pytest.mark.parametrize("target", [b"/" + b"a" * 9_000, b"/v1/blobs?" + b"a" * 70_000])
def test_a_long_target_is_refused(relay: RelayProcess, target: bytes) -> None:
    with connected(relay) as connection:
        send(connection, b"GET " + target + b" HTTP/1.1\r\nHost: relay\r\n\r\n")
        assert answers(until_end(connection)) in ([b"HTTP/1.1 400"], [])


@pytest.mark.parametrize(
    "garbage",
    [
        b"\0" * 9,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/health\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost : relay\r\n\r\n",
        b"GET /v1/h\xc3\xa9 HTTP/1.1\r\nHost: relay\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request_gets_nowhere(hasty: RelayProcess, garbage: bytes) -> None:
    with connected(hasty) as connection:
        send(connection, garbage)
        assert answers(until_end(connection)) in ([b"HTTP/1.1 400"], [])


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: 6\r\n Transfer-Encoding: chunked\r\n",
    ],
)
def test_a_request_cannot_be_smuggled_in_a_body(hasty: RelayProcess, framing: bytes) -> None:
    smuggled = b"GET /v1/limits HTTP/1.1\r\nHost: relay\r\n\r\n"
    with connected(hasty) as connection:
        send(connection, b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\n" + framing + b"\r\n0\r\n\r\nX" + smuggled)
        assert b"relay_key" not in until_end(connection)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET /v1/health HTTP/1.1\r\nHost: re",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 2048\r\n\r\nabc",
        b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n\r\nGET /v1/health HTTP/1.1\r\n",
    ],
)
def test_a_request_that_does_not_come_is_cut(hasty: RelayProcess, start: bytes) -> None:
    with connected(hasty) as connection:
        send(connection, start)
        until_end(connection)


def test_a_body_that_comes_too_slowly_is_cut(hasty: RelayProcess) -> None:
    keys = Keys()
    with Caller(hasty) as caller:
        assert caller.create(keys).status_code == 204
        content = blob()
        proof = header(keys.proof(caller.relay_id, APPEND, content)).encode()
        head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
        with connected(hasty) as connection:
            connection.sendall(head + b"Authorization: " + proof + b"\r\nContent-Length: 2048\r\n\r\n")
            connection.settimeout(0.05)
            for byte in content:  # one byte at a time, with a pause; every byte would put off an idle timeout
                try:
                    with contextlib.suppress(TimeoutError):
                        if connection.recv(1) == b"":
                            break
                    connection.sendall(bytes([byte]))
                except ConnectionError:
                    break
            else:
                pytest.fail("the relay waited for a body that took a hundred seconds")
        assert caller.page(keys).last == 0


def test_a_long_wait_is_no_slow_request(hasty: RelayProcess) -> None:
    with Caller(hasty) as caller:
        keys = caller.new_mailbox()
        assert caller.page(keys, wait=1).blobs == []
        assert caller.page(keys, wait=1).blobs == []  # on the same connection


def test_an_announced_body_that_is_too_large_is_refused_before_it_comes(relay: RelayProcess) -> None:
    keys = Keys()
    with Caller(relay) as caller, connected(relay) as connection:
        proof = header(keys.proof(caller.relay_id, APPEND, b"")).encode()
        head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
        connection.sendall(head + b"Authorization: " + proof + b"\r\nContent-Length: 200000000\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("size", [SIZES[3] + 1, 3_000_000])
@pytest.mark.parametrize("piece", [100, 10_000, 300_000])
def test_a_chunked_body_over_the_cap_is_refused(relay: RelayProcess, size: int, piece: int) -> None:
    with Caller(relay) as caller, connected(relay) as connection:
        keys = caller.new_mailbox()
        body = bytes(size)
        proof = header(keys.proof(caller.relay_id, APPEND, body)).encode()
        head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
        head += b"Authorization: " + proof + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        send(connection, head + chunked(body[: SIZES[3] + 4096], piece)[:-5])
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")
        assert caller.page(keys).last == 0


def test_a_chunked_body_of_the_right_size_is_taken(relay: RelayProcess) -> None:
    with Caller(relay) as caller, connected(relay) as connection:
        keys, content = caller.new_mailbox(), blob(SIZES[1])
        proof = header(keys.proof(caller.relay_id, APPEND, content)).encode()
        head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
        head += b"Authorization: " + proof + b"\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        connection.sendall(head + chunked(content, 1000))
        assert answers(until_end(connection)) == [b"HTTP/1.1 200"]
        assert caller.page(keys).blobs == [content]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the relay's memory from /proc")
def test_large_bodies_take_no_memory(relay: RelayProcess) -> None:
    with Caller(relay) as caller:
        before = resident(relay)
        for _ in range(10):
            keys = Keys()
            proof = header(keys.proof(caller.relay_id, APPEND, b"")).encode()
            head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
            with connected(relay) as connection:
                send(connection, head + b"Authorization: " + proof + b"\r\nContent-Length: 20000000\r\n\r\n")
                send(connection, bytes(20_000_000))
        caller.http.get("/v1/health")
        assert resident(relay) - before < 8_000_000


def test_slow_connections_do_not_keep_others_out(hasty: RelayProcess) -> None:
    with contextlib.ExitStack() as open_connections, Caller(hasty) as caller:
        slow = [open_connections.enter_context(connected(hasty)) for _ in range(200)]
        for position, connection in enumerate(slow):
            send(connection, b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 9\r\n\r\n"[: position % 60])
        keys = caller.new_mailbox()
        caller.appended(keys, blob())
        for connection in slow:
            until_end(connection)
        caller.appended(keys, blob())


def test_where_there_are_too_many_connections_the_one_that_brought_nothing_for_longest_goes(tmp_path: Path) -> None:
    ask = b"GET /v1/limits HTTP/1.1\r\nHost: relay\r\n\r\n"
    with (
        RelayProcess(tmp_path / "home", extra_args=["--connections", "3"]) as relay,
        contextlib.ExitStack() as open_connections,
    ):
        first, second, third = (open_connections.enter_context(connected(relay)) for _ in range(3))
        for connection in (first, second, third, first):
            connection.sendall(ask)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        with connected(relay) as newcomer:
            newcomer.sendall(ask)
            assert newcomer.recv(4096).startswith(b"HTTP/1.1 200")
            assert until_end(second) == b""
            first.sendall(ask)
            assert first.recv(4096).startswith(b"HTTP/1.1 200")


def test_half_open_connections_lock_nobody_out_and_no_waiting_reader_is_cut_for_them(tmp_path: Path) -> None:
    port = free_port()
    with (
        RelayProcess(tmp_path / "home", extra_args=["--connections", "20", "--metrics-port", str(port)]) as relay,
        Caller(relay) as reading,
        contextlib.ExitStack() as half_open,
        ThreadPoolExecutor(1) as thread,
    ):
        keys, content = reading.new_mailbox(), blob()
        reader = thread.submit(reading.page, keys, 0, 3, 25)
        # Until its whole request has come, a reader is as good as half open.
        while "taboon_relay_waiting_readers 1" not in httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text:
            assert not reader.done()
        for _ in range(100):
            half_open.enter_context(connected(relay)).sendall(b"POST /v1/blobs HTTP/1.1\r\nHost: re")
        with Caller(relay) as caller:
            caller.appended(keys, content)
        assert reader.result(timeout=30).blobs == [content]


def test_bodies_that_nobody_has_signed_for_are_bounded_in_total_and_the_oldest_give_way(tmp_path: Path) -> None:
    with (
        RelayProcess(tmp_path / "home", extra_args=["--body-bytes", str(1 << 20)]) as relay,
        Caller(relay) as caller,
        contextlib.ExitStack() as unfinished,
    ):
        keys = caller.new_mailbox()
        begun = []
        for _ in range(8):
            connection = unfinished.enter_context(connected(relay))
            proof = header(keys.proof(caller.relay_id, APPEND, b"")).encode()
            head = b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Type: application/octet-stream\r\n"
            send(connection, head + b"Authorization: " + proof + b"\r\nContent-Length: 262144\r\n\r\n" + bytes(250_000))
            begun.append(connection)
        for connection in begun[:3]:
            told = until_end(connection)
            assert told.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 1\r\n" in told
        caller.appended(keys, blob(SIZES[3]))


def test_ranges_and_upgrades_are_not_looked_at(caller: Caller) -> None:
    keys = caller.new_mailbox()
    content = caller.appended(keys, blob())
    proof = header(keys.proof(caller.relay_id, READ))
    odd = {"Range": "bytes=0-1," * 500, "Upgrade": "websocket", "Connection": "upgrade", "Accept-Encoding": "gzip"}
    answer = caller.http.get("/v1/blobs", headers={"Authorization": proof} | odd)
    assert answer.status_code == 200
    assert len(answer.content) == 256 + SIZES[0]
    assert content.number == 1


def test_a_body_behind_a_refusal_does_no_harm(relay: RelayProcess) -> None:
    with Caller(relay) as caller:
        for _ in range(3):
            refused(caller.http.post("/v1/blobs", content=bytes(100_000)), 400, "malformed")
            assert caller.http.get("/v1/health").status_code == 200
