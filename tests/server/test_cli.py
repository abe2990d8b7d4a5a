"""`taboon relay` as an operator meets it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.testing import CliRunner

from taboon_server.cli import relay as command
from taboon_server.identity import load_identity
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob

if TYPE_CHECKING:
    import pytest


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taboon_server", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        timeout=60,
        check=False,
    )


def test_the_command_is_found_through_its_entry_point() -> None:
    (point,) = importlib.metadata.entry_points(group="taboon.commands", name="relay")
    assert point.load() is command
    assert isinstance(command, typer.Typer)


def test_the_address_holds_the_relay_id(relay: RelayProcess) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*/#[A-Za-z0-9_-]{43}", relay.url)


def test_the_address_comes_as_json(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home", extra_args=["--json"]) as relay:
        relay.stop()
    told = json.loads(relay.output)
    assert told["url"].endswith(f"/#{told['id']}")


def test_the_folder_may_come_from_the_environment(tmp_path: Path) -> None:
    answer = run("tidy", TABOON_RELAY_HOME=str(tmp_path / "here"))
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "here" / "relay.db").exists()


def test_the_database_may_lie_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    extra = ["--database", f"sqlite:///{elsewhere}"]
    with RelayProcess(tmp_path / "home", extra_args=extra) as relay, Caller(relay) as caller:
        caller.new_mailbox()
    assert elsewhere.exists()
    assert not (relay.folder / "relay.db").exists()


def test_what_cannot_work_is_said_in_one_line(tmp_path: Path) -> None:
    folder = ["--folder", str(tmp_path / "home")]
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        for arguments, code, told in (
            (["--port", port], 2, f"Port {port} of 127.0.0.1 cannot be used"),
            (["--host", "no such host"], 2, "is no address of this machine"),
            (["--pass-file", f"{tmp_path}/away"], 2, "There is no file of passes"),
            (["--database", "mysql://db/relay"], 5, "sqlite:///PATH"),
            (["--database", "sqlite://"], 5, "sqlite:///PATH"),
            (["--database", "nonsense"], 5, "sqlite:///PATH"),
            (["--database", f"sqlite:///{tmp_path}/no/such/folder/relay.db"], 5, "cannot be used"),
        ):
            answer = CliRunner().invoke(command, [*folder, *arguments])
            assert answer.exit_code == code, arguments
            assert told in answer.stderr, arguments
            assert len(answer.stderr.splitlines()) == 1, answer.stderr
            assert answer.stdout == ""


def test_a_key_that_is_none_is_not_replaced(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    key = home / "relay-key.pem"
    key.write_bytes(b"not a key")
    answer = CliRunner().invoke(command, ["--folder", str(home), "--port", "0"])
    assert answer.exit_code == 5
    assert "relay-key.pem" in answer.stderr
    assert key.read_bytes() == b"not a key"


def test_tidying_works_beside_a_running_relay(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys, content = caller.new_mailbox(), blob()
        caller.appended(keys, content)
        answer = run("tidy", "--folder", str(relay.folder))
        assert (answer.returncode, answer.stdout) == (0, "The database is tidy.\n")
        assert caller.page(keys).blobs == [content]
        assert caller.appended(keys, blob()).number == 2


def test_a_name_of_loopback_becomes_its_address(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home", host="localhost") as relay:
        assert re.fullmatch(r"http://(127\.0\.0\.1|\[::1\]):[0-9]+/#[A-Za-z0-9_-]{43}", relay.url)


def test_listening_beyond_loopback_is_always_tls(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home", host="0.0.0.0") as relay:  # noqa: S104 - what the test is about
        assert re.fullmatch(r"https://[^/]+:[0-9]+/#[A-Za-z0-9_-]{43}", relay.url)
        assert "0.0.0.0" not in relay.url  # noqa: S104 - as above


def test_the_published_document_is_the_one_that_the_command_prints() -> None:
    document = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
    assert run("openapi").stdout == document.read_text(encoding="utf-8")


def test_processes_that_would_not_hear_of_each_other_share_no_port(tmp_path: Path) -> None:
    answer = CliRunner().invoke(command, ["--folder", str(tmp_path / "home"), "--port", "0", "--share-port"])
    assert answer.exit_code == 2
    assert "PostgreSQL" in answer.stderr


def test_of_two_that_make_the_key_at_once_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert load_identity(tmp_path).relay_id == load_identity(tmp_path).relay_id


def test_a_relay_that_serves_loads_nothing_that_it_needs_once_or_never() -> None:
    rare = {"alembic", "cryptography", "ifaddr", "psycopg", "rich", "segno", "taboon_client"}
    told = "import sys, taboon_server.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, encoding="utf-8", check=True).stdout
    assert not rare & set(loaded.split())
