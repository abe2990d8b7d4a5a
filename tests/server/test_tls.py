"""Over TLS the relay shows its own key, and only in TLS 1.3."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import digest, unb64

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path_factory.mktemp("tls") / "home", tls=True, extra_args=["--deadline", "0.5"]) as process:
        yield process


def unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def handshake(relay: RelayProcess, context: ssl.SSLContext) -> ssl.SSLSocket:
    connection = socket.create_connection(("127.0.0.1", relay.port), timeout=20)
    try:
        return context.wrap_socket(connection)
    except BaseException:
        connection.close()
        raise


def certificate(relay: RelayProcess) -> x509.Certificate:
    with handshake(relay, unchecked()) as connection:
        assert connection.version() == "TLSv1.3"
        shown = connection.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


def test_the_certificate_holds_the_key_of_the_relay_id(secure: RelayProcess) -> None:
    assert secure.url.startswith("https://127.0.0.1:")
    key = certificate(secure).public_key()
    assert isinstance(key, Ed25519PublicKey)
    assert digest(key.public_bytes_raw()) == unb64(secure.relay_id)


def test_the_certificate_says_nothing_else(secure: RelayProcess) -> None:
    shown = certificate(secure)
    assert shown.subject.rfc4514_string() == shown.issuer.rfc4514_string() == "CN=relay"
    assert list(shown.extensions) == []
    assert (shown.not_valid_before_utc.year, shown.not_valid_after_utc.year) == (2000, 9999)
    shown.verify_directly_issued_by(shown)


def test_older_tls_is_refused(secure: RelayProcess) -> None:
    older = unchecked()
    older.minimum_version = older.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        handshake(secure, older)


def test_only_http_1_is_offered_and_no_session_is_kept(secure: RelayProcess) -> None:
    context = unchecked()
    context.set_alpn_protocols(["h2"])
    with handshake(secure, context) as connection:
        assert connection.selected_alpn_protocol() is None
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        assert connection.session is not None
        assert not connection.session.has_ticket


def test_the_calls_work_over_tls(secure: RelayProcess) -> None:
    with Caller(secure, verify=unchecked()) as caller:
        keys = caller.new_mailbox()
        content = blob()
        assert caller.appended(keys, content).number == 1
        assert caller.page(keys).blobs == [content]


def test_plain_http_gets_nothing_from_a_tls_port(secure: RelayProcess) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        connection.sendall(b"GET /v1/limits HTTP/1.1\r\nHost: relay\r\n\r\n")
        received = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(4096):
                received += part
        assert b"HTTP" not in received


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_a_handshake_that_does_not_come_is_cut(secure: RelayProcess, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as connection:
        connection.sendall(start)
        with contextlib.suppress(ConnectionError):
            assert connection.recv(100) in (b"", b"\x15\x03\x01\x00\x02\x02\x16")


def test_the_relay_id_outlives_the_process_and_the_certificate(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("identity") / "home"
    with RelayProcess(home, tls=True) as relay:
        url, shown = relay.url, certificate(relay)
        relay.stop()
        relay.start()
        assert relay.url == url
        assert certificate(relay) == shown
        relay.stop()
        (home / "relay-certificate.pem").write_bytes(b"damaged")
        relay.start()
        assert relay.url == url
        assert certificate(relay).public_key() == shown.public_key()


def test_a_tls_relay_stops_in_time(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        RelayProcess(tmp_path_factory.mktemp("stop") / "home", tls=True) as relay,
        socket.create_connection(("127.0.0.1", relay.port)),
        handshake(relay, unchecked()) as idle,
    ):
        idle.sendall(b"GET /v1/health HTTP/1.1\r\n")
        began = time.monotonic()
        assert relay.stop() == 0
        assert time.monotonic() - began < 6
