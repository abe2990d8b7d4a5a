"""A relay for those around: started without a setting, found by its QR code, forgotten when it is over."""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import ifaddr
import pytest
import segno
from typer.testing import CliRunner

from taboon_server import cli, popup
from taboon_server.cli import relay as command
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, free_port

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    _STOP, _GROUP = signal.CTRL_BREAK_EVENT, subprocess.CREATE_NEW_PROCESS_GROUP
else:
    _STOP, _GROUP = signal.SIGINT, 0


def until_stopped(home: Path, *arguments: str, by: signal.Signals = _STOP) -> tuple[str, int]:
    """Run a pop-up relay until it has said everything and answered once; return what it said and its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-m", "taboon_server", "--popup", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env=os.environ | {"TABOON_RELAY_HOME": str(home), "PYTHONIOENCODING": "utf-8"},
        creationflags=_GROUP,
    )
    assert process.stdout is not None
    with process.stdout as lines:
        said = ""
        for line in lines:
            said += line
            if url := re.search(r"--relay '(https://\S+)/#\S{43}'", line):
                answer = httpx.get(f"{url[1]}/v1/limits", verify=False, trust_env=False)  # noqa: S501 - its key is no matter here
                assert answer.status_code == 200
                process.send_signal(by)
        return said, process.wait(20)


def test_a_popup_relay_needs_no_setting_and_shows_its_address_as_text_and_code(tmp_path: Path) -> None:
    said, code = until_stopped(tmp_path / "home")
    assert code == 0
    url = re.search(r"The relay is at (https://\S+/#\S{43})", said)
    assert url
    assert "0.0.0.0" not in url[1]  # noqa: S104 - an address that nobody can call
    drawn = io.StringIO()
    segno.make(url[1], error="l").terminal(drawn, compact=True)
    assert drawn.getvalue() in said
    assert f"taboon relay forget --folder {shlex.quote(str(tmp_path / 'home'))}" in said
    assert (tmp_path / "home" / "relay.db").exists()


def test_a_popup_relay_that_should_forget_leaves_no_folder(tmp_path: Path) -> None:
    said, code = until_stopped(tmp_path / "home", "--forget")
    assert code == 0
    assert not (tmp_path / "home").exists()
    assert "forget" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="there, closing a window ends everything in it at once")
def test_a_popup_relay_forgets_also_when_its_window_is_closed(tmp_path: Path) -> None:
    _, code = until_stopped(tmp_path / "home", "--forget", by=signal.SIGHUP)
    assert code == 0
    assert not (tmp_path / "home").exists()


def test_what_is_kept_can_be_forgotten_later_and_is_asked_for_before(tmp_path: Path) -> None:
    home = tmp_path / "home"
    until_stopped(home)
    assert CliRunner().invoke(command, ["forget", "--folder", str(home)], input="n\n").exit_code == 1
    assert (home / "relay-key.pem").exists()
    (home / "notes.txt").write_text("of the operator's own")
    assert CliRunner().invoke(command, ["forget", "--folder", str(home)], input="y\n").exit_code == 0
    assert [path.name for path in home.iterdir()] == ["notes.txt"]


def test_addresses_that_others_can_use_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class Address:
        def __init__(self, ip: str | tuple[str, int, int]) -> None:
            self.ip = ip

    class Card:
        ips = (
            Address("127.0.0.1"),
            Address("169.254.3.4"),
            Address("172.17.0.1"),
            Address("198.41.0.4"),
            Address("192.168.1.7"),
            Address(("fe80::1", 0, 2)),
            Address(("fd00::7", 0, 0)),
        )

    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [Card()])
    assert [str(each) for each in popup.own_addresses(4)] == ["192.168.1.7", "172.17.0.1", "198.41.0.4"]
    assert [str(each) for each in popup.own_addresses(6)] == ["fd00::7"]


def test_a_relay_that_runs_is_not_forgotten_under_its_members(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        answer = CliRunner().invoke(command, ["forget", "--folder", str(relay.folder), "--yes"])
        assert (answer.exit_code, answer.stdout) == (5, "")
        assert "Stop it" in answer.stderr
        caller.appended(keys, b"%2048d" % 1)
    relay.kill()
    assert CliRunner().invoke(command, ["forget", "--folder", str(relay.folder), "--yes"]).exit_code == 0
    assert not relay.folder.exists()


def test_what_lies_elsewhere_is_forgotten_too_and_nothing_beside_it(tmp_path: Path) -> None:
    database, other = tmp_path / "data" / "relay.db", tmp_path / "data" / "relay.db.of-another"
    database.parent.mkdir()
    other.write_text("of the operator's own")
    with RelayProcess(tmp_path / "home", extra_args=["--database", f"sqlite:///{database}", "--forget"]) as relay:
        assert database.exists()
        relay.stop()
    assert list(database.parent.iterdir()) == [other]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("arguments", [("forget", "--yes"), ("--forget",)])
def test_nobody_is_told_that_postgresql_has_forgotten(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    given = {"TABOON_RELAY_DATABASE": "postgresql://db.example/relay", "TABOON_RELAY_HOME": str(tmp_path)}
    answer = CliRunner().invoke(command, arguments, env=given)
    assert (answer.exit_code, answer.stdout) == (5, "")
    assert "PostgreSQL" in answer.stderr


def test_a_popup_relay_has_the_address_of_last_time_if_it_can() -> None:
    usual = free_port()
    for _ in range(2):
        with cli._listen("0.0.0.0", usual, or_any=True) as first:  # noqa: S104 - as the relay itself
            assert first.getsockname()[1] == usual
            first.listen()
            with cli._listen("0.0.0.0", usual, or_any=True) as second:  # noqa: S104 - as above
                assert second.getsockname()[1] not in (0, usual)


def test_forgetting_takes_the_relays_files_and_nothing_that_is_called_like_them(tmp_path: Path) -> None:
    with RelayProcess(tmp_path, tls=True) as relay:
        relay.stop()
    (tmp_path / ".relay-key.pem.4711").write_text("a key whose writing was cut short")
    own = ["relay-notes.txt", "relay.db.txt", "relay.toml"]
    for name in own:
        (tmp_path / name).write_text("# the operator's")
    assert CliRunner().invoke(command, ["forget", "--folder", str(tmp_path), "--yes"]).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == own
