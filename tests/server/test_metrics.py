"""Totals for the operator: on loopback, only if asked for, and nothing in them but numbers of kinds."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import httpx
from typer.testing import CliRunner

from taboon_server.cli import relay as command
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, free_port
from tests.server.signing import Keys

if TYPE_CHECKING:
    from pathlib import Path

LINE = re.compile(
    r"# TYPE taboon_relay_\w+ (counter|gauge)"
    r'|taboon_relay_answers_total\{call="(create|append|read|health|limits|none)",status="\d{3}"\} \d+'
    r'|taboon_relay_notices_total\{kind="[\w .;-]+"\} \d+'
    r"|taboon_relay_(connections|waiting_readers) \d+"
)


def test_metrics_are_totals_and_name_nobody(tmp_path: Path) -> None:
    port = free_port()
    with (
        RelayProcess(tmp_path / "home", extra_args=["--metrics-port", str(port)]) as relay,
        Caller(relay) as caller,
    ):
        keys = caller.new_mailbox()
        for _ in range(3):
            caller.appended(keys, blob())
        assert caller.read(Keys()).status_code == 404
        assert caller.http.get("/a/secret/path").status_code == 404
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4"
        for line in answer.text.splitlines():
            assert LINE.fullmatch(line), line
        assert 'taboon_relay_answers_total{call="append",status="200"} 3' in answer.text
        assert 'taboon_relay_answers_total{call="read",status="404"} 1' in answer.text
        assert "secret" not in answer.text
        assert keys.mailbox.hex() not in answer.text


def test_the_relays_own_address_tells_no_metrics(relay: RelayProcess, caller: Caller) -> None:
    assert caller.http.get("/metrics").status_code == 404


def test_a_metrics_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(command, ["--folder", str(tmp_path), "--port", "0", "--metrics-port", port])
    assert answer.exit_code == 2
    assert answer.stderr.startswith(f"Port {port} of 127.0.0.1 cannot be used: ")
    assert len(answer.stderr.splitlines()) == 1
