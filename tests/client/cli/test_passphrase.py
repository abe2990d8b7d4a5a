"""The passphrase: typed without echo or read from a file, shown once when made, never in an argument."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from taboon_client.cli import passphrases, terminal
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.client.cli.people import Done, People

OTHER = "velvet acorn harvest mirror plume"


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Lets a test type at the prompt without echo; gives the prompts that were shown."""

    def answers(*given: str) -> list[str]:
        left, prompts = list(given), []

        def typed(prompt: str) -> str:
            prompts.append(prompt)
            return left.pop(0)

        monkeypatch.setattr(passphrases, "typed", typed)
        return prompts

    return answers


def opens(people: People, words: str) -> bool:
    file = people.folder / "try"
    file.write_text(words, encoding="utf-8")
    file.chmod(0o600)
    return people.type("amal", "groups", "--offline", "--passphrase-file", str(file)).code == 0


def without_file(people: People, *words: str, given: str = "", terminal_like: bool = True) -> Done:
    """Type a command without --passphrase-file."""
    return people.type("amal", *words, given=given, terminal=terminal_like, words_file=False)


def test_a_passphrase_is_typed_twice(people: People, typing: Callable[..., list[str]]) -> None:
    prompts = typing(PASSPHRASE, PASSPHRASE)
    assert without_file(people, "init").code == 0
    assert len(prompts) == 2
    assert opens(people, PASSPHRASE)


def test_a_slip_is_told_and_asked_again(people: People, typing: Callable[..., list[str]]) -> None:
    typing(PASSPHRASE, OTHER, OTHER, OTHER)
    done = without_file(people, "init")
    assert done.code == 0
    assert "not alike" in done.err
    assert opens(people, OTHER)


@pytest.mark.parametrize("weak", ["bread", "12345678", "qwertyuiop", "password password password password"])
def test_a_weak_one_is_refused_before_it_is_asked_for_twice(
    people: People, typing: Callable[..., list[str]], weak: str
) -> None:
    prompts = typing(weak, weak, weak)
    done = without_file(people, "init")
    assert done.code == 2
    assert len(prompts) == 3
    assert weak not in done.out + done.err
    assert not (people.home("amal") / "vault.db").exists()


def test_a_weak_one_in_a_file_is_refused_and_nothing_is_made(people: People, tmp_path: Path) -> None:
    weak = tmp_path / "weak"
    weak.write_text("bread", encoding="utf-8")
    weak.chmod(0o600)
    done = people.type("amal", "init", "--passphrase-file", str(weak), "--json")
    assert done.error["kind"] == "vault"
    assert not (people.home("amal") / "vault.db").exists()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_enter_gives_five_words_shown_once_and_typed_back(
    people: People, typing: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    shown: list[str] = []
    hint = terminal.hint

    def note(text: str) -> None:
        shown.append(text)
        hint(text)

    def typed(prompt: str) -> str:
        return "" if "Enter" in prompt else next(text.strip() for text in shown if len(text.split()) == 5)

    monkeypatch.setattr(terminal, "hint", note)
    monkeypatch.setattr(passphrases, "typed", typed)
    done = without_file(people, "init", "--language", language, given="\n")
    assert done.code == 0, done
    words = next(text.strip() for text in shown if len(text.split()) == 5)
    assert done.err.count(words) == 1
    assert words not in done.out
    assert ("\u0600" <= words[0] <= "\u06ff") == (language == "ar")
    assert opens(people, words)


def test_a_made_passphrase_that_is_not_typed_back_makes_no_vault(
    people: People, typing: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    typing("", "one", "two", "three")
    assert without_file(people, "init", given="\n").code == 2
    assert not (people.home("amal") / "vault.db").exists()


def test_a_made_passphrase_is_shown_at_a_terminal_only(people: People, typing: Callable[..., list[str]]) -> None:
    typing("")
    done = without_file(people, "init", terminal_like=False)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


def test_a_wrong_passphrase_opens_nothing(people: People, typing: Callable[..., list[str]]) -> None:
    people.json("amal", "init")
    typing(OTHER)
    done = without_file(people, "groups")
    assert done.code == 4
    assert OTHER not in done.err


def test_nobody_is_asked_for_the_passphrase_of_a_vault_that_is_not_there(
    people: People, typing: Callable[..., list[str]]
) -> None:
    prompts = typing()
    assert without_file(people, "board", "Harbour").code == 4
    assert prompts == []


def test_the_passphrase_can_be_changed(people: People, typing: Callable[..., list[str]]) -> None:
    people.json("amal", "init")
    typing(OTHER, OTHER)
    assert people.type("amal", "passphrase", terminal=True).code == 0
    assert opens(people, OTHER)
    assert not opens(people, PASSPHRASE)


def test_the_new_passphrase_can_come_from_a_file(people: People, tmp_path: Path) -> None:
    people.json("amal", "init")
    file = tmp_path / "new"
    file.write_text(OTHER, encoding="utf-8")
    file.chmod(0o600)
    assert people.json("amal", "passphrase", "--new-passphrase-file", str(file)) == {"changed": True}
    assert opens(people, OTHER)


def test_the_passphrase_can_come_from_standard_input_and_a_text_cannot_then(people: People) -> None:
    people.json("amal", "init")
    done = people.type("amal", "groups", "--offline", "--passphrase-file", "-", given=f"{PASSPHRASE}\n")
    assert done.code == 0
    both = people.type("amal", "join", "-", "--passphrase-file", "-", given=f"{PASSPHRASE}\nlink\n")
    assert both.code == 2


def test_a_file_with_a_byte_order_mark_or_windows_line_ends_is_read(people: People, tmp_path: Path) -> None:
    people.json("amal", "init")
    for number, data in enumerate((b"\xef\xbb\xbf" + PASSPHRASE.encode(), PASSPHRASE.encode() + b"\r\n")):
        file = tmp_path / str(number)
        file.write_bytes(data)
        file.chmod(0o600)
        assert people.type("amal", "groups", "--offline", "--passphrase-file", str(file)).code == 0


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is told by its mode on POSIX only")
def test_a_file_that_others_can_read_is_pointed_out(people: People, tmp_path: Path) -> None:
    people.json("amal", "init")
    file = tmp_path / "open"
    file.write_text(PASSPHRASE, encoding="utf-8")
    file.chmod(0o644)
    assert "chmod 600" in people.type("amal", "groups", "--offline", "--passphrase-file", str(file)).err
    assert people.type("amal", "groups", "--offline", "--json", "--passphrase-file", str(file)).err == ""


@pytest.mark.skipif(os.name != "posix", reason="a process without a terminal is made by setsid")
def test_without_a_terminal_and_a_file_it_says_what_to_do(people: People) -> None:
    people.json("amal", "init")
    done = subprocess.run(
        [sys.executable, "-c", "from taboon_client.cli import main; raise SystemExit(main(['groups', '--offline']))"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"TABOON_HOME": str(people.home("amal"))},
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--passphrase-file" in done.stderr
