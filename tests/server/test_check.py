"""`taboon relay check` says what is unsafe about a relay, and nothing else."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from taboon_server import check
from taboon_server.check import unsafe
from taboon_server.cli import relay as command
from taboon_server.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a relay on a machine with nothing to say against."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(check, "_swaps", lambda: False)
    monkeypatch.setattr(check, "_file_system", lambda _folder: "ext4")
    monkeypatch.setattr(check, "file_limit", lambda: 1 << 20)
    if hasattr(os, "geteuid"):
        monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    return folder


def said(home: Path, where: str | None = None, **settings: object) -> list[str]:
    given = {"disk_bytes": 1 << 30} | settings
    return list(unsafe(home, where or home / "relay.db", Settings.model_validate(given)))


def test_a_relay_that_is_set_up_well_gets_no_advice(home: Path) -> None:
    assert said(home) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_what_other_users_can_read_is_told(home: Path) -> None:
    (home / "relay-key.pem").write_bytes(b"")
    (home / "relay-key.pem").chmod(0o640)
    (told,) = said(home)
    assert "relay-key.pem" in told
    assert "chmod go=" in told


def test_a_relay_in_the_open_should_ask_for_a_pass_that_cannot_be_guessed(home: Path) -> None:
    (told,) = said(home, host="192.0.2.1")
    assert "pass_file" in told
    passes = home.parent / "passes"
    passes.write_bytes(b"1234\n")
    passes.chmod(0o600)
    (told,) = said(home, host="192.0.2.1", pass_file=passes)
    assert "guess" in told
    passes.write_bytes(b"a long sentence that nobody guesses\n".replace(b" ", b"-"))
    assert said(home, host="192.0.2.1", pass_file=passes) == []


def test_a_postgresql_beyond_this_machine_should_show_who_it_is(home: Path) -> None:
    (told,) = said(home, "postgresql://db.example/relay")
    assert "sslmode=verify-full" in told
    assert said(home, "postgresql://db.example/relay?sslmode=verify-full") == []
    assert said(home, "postgresql://127.0.0.1/relay") == []


def test_a_disk_that_nothing_bounds_or_that_is_full_is_told(home: Path) -> None:
    (told,) = said(home, disk_bytes=None)
    assert "disk_bytes" in told
    (told,) = said(home, reserve_bytes=1 << 60)
    assert "free on the disk" in told


def test_what_the_machine_does_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer, word in (
        ("_file_system", "nfs4", "network disk"),
        ("file_limit", 256, "LimitNOFILE"),
        *([("_swaps", True, "swap")] if sys.platform == "linux" else []),
    ):
        with monkeypatch.context() as machine:
            machine.setattr(check, name, lambda *_, answer=answer: answer)
            (told,) = said(home)
            assert word in told
    monkeypatch.setattr(time, "time", lambda: 0.0)
    (told,) = said(home)
    assert "clock" in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no root")
def test_root_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (told,) = said(home)
    assert "root" in told


def test_the_command_ends_with_1_if_anything_is_unsafe(home: Path) -> None:
    answer = CliRunner().invoke(command, ["check", "--folder", str(home)])
    assert (answer.exit_code, len(answer.stdout.splitlines())) == (1, 1)
    (home / "relay.toml").write_text("disk_bytes = 1_000_000_000\n", encoding="utf-8")
    (home / "relay.toml").chmod(0o600)
    answer = CliRunner().invoke(command, ["check", "--folder", str(home)])
    assert (answer.exit_code, answer.stdout) == (0, "Nothing unsafe was found.\n")


def test_a_pass_that_nobody_can_show_is_told(home: Path) -> None:
    passes = home.parent / "passes"
    passes.write_bytes(b"a pass with some words in it\n" + b"x" * 65 + b"\n")
    passes.chmod(0o600)
    (told,) = said(home, host="192.0.2.1", pass_file=passes)
    assert "longer than 64" in told


def test_what_is_not_there_is_told_like_anything_else(home: Path) -> None:
    (told,) = said(home, f"sqlite:///{home}/no/relay.db")
    assert f"There is no folder {home}" in told
    (home / "passes").mkdir(mode=0o700)
    for passes in (home / "passes", home / "away"):
        (told,) = said(home, pass_file=passes)
        assert "cannot be read" in told


def test_a_database_that_there_cannot_be_is_told_in_one_line(home: Path) -> None:
    answer = CliRunner().invoke(command, ["check", "--folder", str(home), "--database", "mysql://db/relay"])
    assert (answer.exit_code, answer.stdout) == (5, "")
    assert "sqlite:///PATH" in answer.stderr


@pytest.mark.parametrize(("most", "swaps"), [("0", False), ("max", True)])
def test_a_unit_that_may_not_swap_is_not_told_of_the_machines_swap(tmp_path: Path, most: str, *, swaps: bool) -> None:
    processes, groups = tmp_path / "proc", tmp_path / "cgroup"
    (processes / "self").mkdir(parents=True)
    (processes / "self" / "cgroup").write_text("0::/system.slice/relay.service/inner\n")
    (processes / "swaps").write_text("Filename Type Size Used Priority\n/swapfile file 1 0 -2\n")
    (groups / "system.slice" / "relay.service" / "inner").mkdir(parents=True)
    (groups / "system.slice" / "memory.swap.max").write_text("max\n")
    (groups / "system.slice" / "relay.service" / "memory.swap.max").write_text(f"{most}\n")
    assert check._swaps(processes, groups) is swaps
    assert not check._swaps(tmp_path, groups)
