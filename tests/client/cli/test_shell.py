"""`taboon shell`: the passphrase once, many commands, and a lock that ends the process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from taboon_client.vault.locking import lock_everything
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.client.cli.people import People
    from tests.relay_process import RelayProcess


def test_commands_go_without_the_word_taboon_and_with_one_passphrase(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    lines = [
        'post Harbour need --title "Water for all"',
        "",
        'taboon post Harbour offer --title "خبز"',
        "board Harbour --offline",
        "lock",
        "post Harbour need --title never",
    ]
    done = people.type("amal", "shell", given="\n".join(lines))
    assert done.code == 0, done
    assert "Water for all" in done.out
    assert "خبز" in done.out
    titles = {item["title"] for item in people.json("amal", "board", "Harbour", "--offline")["items"]}
    assert titles == {"Water for all", "خبز"}


def test_json_works_inside(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    done = people.type("amal", "shell", given="groups --offline --json\n")
    assert done.json["groups"][0]["name"] == "Harbour"


def test_a_text_for_a_dash_is_the_next_line(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    given = "post Harbour need --title - --note -\nWater\nfor the clinic\nboard Harbour --offline\n"
    done = people.type("amal", "shell", given=given)
    assert done.code == 0, done
    [item] = people.json("amal", "board", "Harbour", "--offline")["items"]
    assert (item["title"], item["note"]) == ("Water", "for the clinic")


def test_the_first_command_of_a_file_that_fails_ends_it(people: People) -> None:
    people.json("amal", "init")
    done = people.type("amal", "shell", given="groups --offline\nboard nothing --offline\ngroups --offline\n")
    assert done.code == 3
    assert done.err.count("No group yet") == 1


@pytest.mark.parametrize("word", ["shell", "init", "relay"])
def test_what_needs_a_process_of_its_own_is_for_outside(people: People, word: str) -> None:
    people.json("amal", "init")
    done = people.type("amal", "shell", given=word)
    assert done.code == 2
    assert "outside" in done.err


def test_a_quote_that_is_not_closed_is_told(people: People) -> None:
    people.json("amal", "init")
    assert people.type("amal", "shell", given='post Harbour need --title "Water\n').code == 2


def test_help_teaches_inside_too(people: People) -> None:
    people.json("amal", "init")
    done = people.type("amal", "shell", given="help\nhelp pledge\n")
    assert done.code == 0
    assert "taboon pledge" in done.out


def test_a_person_may_fail_and_go_on(people: People) -> None:
    people.json("amal", "init")
    done = people.type("amal", "shell", given="board nothing --offline\ngroups --offline\n", terminal=True)
    assert done.code == 0
    assert "No group of that name" in done.err
    assert "No group yet" in done.err
    assert done.err.rstrip().endswith("Locked.")


def test_a_lock_clears_the_terminal(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    people.json("amal", "init")
    done = people.type("amal", "shell", given="lock\n", terminal=True)
    assert "\x1b[2J" in done.out
    assert "\x1b[3J" in done.out


_SHELL_WITH_A_SHORT_PATIENCE = """
import pytest
from tests.support import allow_fast_kdf
patch = pytest.MonkeyPatch()
allow_fast_kdf(patch)
from taboon_client.cli import main, shell
shell._IDLE_SECONDS = {seconds}
raise SystemExit(main(["shell", "--passphrase-file", {words!r}]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made by pty")
@pytest.mark.parametrize(("seconds", "typed"), [(0.2, b""), (600, b"lock\n"), (600, b"\x04"), (600, None)])
def test_at_a_terminal_it_locks_when_nobody_types_on_lock_at_the_end_and_with_the_lock_of_another_process(
    people: People, tmp_path: Path, seconds: float, typed: bytes | None
) -> None:
    import pty

    people.json("amal", "init")
    words = tmp_path / "file"
    words.write_text(PASSPHRASE, encoding="utf-8")
    words.chmod(0o600)
    home = tmp_path / "user"
    home.mkdir()
    code = _SHELL_WITH_A_SHORT_PATIENCE.format(seconds=seconds, words=str(words))
    near, far = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=far,
        stdout=far,
        stderr=far,
        env=os.environ | {"TABOON_HOME": str(people.home("amal")), "TERM": "xterm", "HOME": str(home)},
    )
    os.close(far)
    shown = b""
    sent = False
    while True:
        try:
            part = os.read(near, 4096)
        except OSError:  # Linux says so when the other end is closed
            part = b""
        if not part:
            break
        shown += part
        if b"taboon> " in shown and not sent:
            sent = True
            if typed is None:
                lock_everything(people.home("amal"))
            else:
                os.write(near, typed)
    os.close(near)
    assert child.wait() == 0, shown
    assert b"Locked" in shown
    # No history is left, whatever this user's tools would write.
    assert list(home.iterdir()) == []
