"""What a command loads and leaves behind, seen from outside, in a process of its own with the real key derivation."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess

HEAVY = ("asyncio", "httpx", "ssl", "fastapi", "sqlmodel", "sqlalchemy", "taboon_server", "rich.console")

_RUN = """
import sys
if {fast}:
    from tests.support import allow_fast_kdf
    import pytest
    allow_fast_kdf(pytest.MonkeyPatch())
    before = set(sys.modules)
else:
    before = set()
from taboon_client.cli import main
code = main(sys.argv[1:])
print("LOADED", *sorted(set(sys.modules) - before), file=sys.stderr)
raise SystemExit(code)
"""


def run(home: Path, *words: str, fast: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _RUN.format(fast=fast), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"TABOON_HOME": str(home), "PYTHONUTF8": "1"},
        check=False,
    )


def loaded(done: subprocess.CompletedProcess[str]) -> set[str]:
    [line] = [line for line in done.stderr.splitlines() if line.startswith("LOADED ")]
    return set(line.split()[1:])


def test_the_board_offline_loads_no_http_no_event_loop_and_nothing_of_the_relay(
    people: People, cli_relay: RelayProcess, tmp_path: Path
) -> None:
    # The vault is made with the real key derivation: no command can be talked into another.
    words = tmp_path / "file"
    words.write_text(PASSPHRASE, encoding="utf-8")
    words.chmod(0o600)
    made = run(tmp_path / "real", "init", "--passphrase-file", str(words))
    assert made.returncode == 0, made.stderr
    created = run(
        *(tmp_path / "real", "group", "create", "Harbour", "--relay", cli_relay.url, "--as", "Amal"),
        *("--passphrase-file", str(words)),
    )
    assert created.returncode == 0, created.stderr
    offline = ("--offline", "--passphrase-file", str(words))
    for looking in (
        ("board", "Harbour"),
        ("board", "Harbour", "--text", "خبز", "--stale", "--save", "bread"),
        ("match", "Harbour", "--me"),
        ("stats", "Harbour", "--svg", str(tmp_path / "report.svg")),
    ):
        done = run(tmp_path / "real", *looking, *offline)
        assert done.returncode == 0, done.stderr
        assert loaded(done) & {*HEAVY, "cryptography", "resvg_py"} == set(), looking


def test_a_vault_of_the_cheap_test_derivation_is_refused_by_the_real_command(people: People, tmp_path: Path) -> None:
    people.json("amal", "init")
    words = tmp_path / "words"
    done = run(people.home("amal"), "groups", "--offline", "--passphrase-file", str(words))
    assert done.returncode == 4, done.stderr


@pytest.mark.parametrize("words", [(), ("--help",), ("board", "--help"), ("--version",), ("board", "x", "--offline")])
def test_help_and_errors_before_the_vault_load_nothing_heavy(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert loaded(run(tmp_path, *words)) & set(HEAVY) == set()


def test_the_relay_is_found_by_its_entry_point(tmp_path: Path) -> None:
    done = run(tmp_path, "relay", "--help")
    assert done.returncode == 0, done.stderr
    assert "--database" in done.stdout


def test_without_the_relays_dependencies_it_says_how_to_get_them(tmp_path: Path) -> None:
    code = "import sys; sys.modules['fastapi'] = None\n" + _RUN.format(fast=False)
    done = subprocess.run(
        [sys.executable, "-c", code, "relay"],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"TABOON_HOME": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 9, done.stderr
    assert done.stderr.startswith("The relay is not installed here. Get it with: pip install 'taboon[relay]'")


def test_a_fault_is_one_line_without_a_trace_and_without_content(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taboon_client.blocking import Taboon

    secret = "what a member wrote"

    def broken(*_: object) -> None:
        raise KeyError(secret)

    people.json("amal", "init")
    monkeypatch.setattr(Taboon, "groups", broken)
    done = people.type("amal", "groups", "--offline")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "KeyError" in done.err
    assert secret not in done.out + done.err
    told = people.type("amal", "groups", "--offline", "--json")
    assert told.error["kind"] == "failure"
    assert secret not in told.out


def test_a_full_pipe_that_closes_is_no_fault(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    with subprocess.Popen(
        [sys.executable, "-c", _RUN.format(fast=True), "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
