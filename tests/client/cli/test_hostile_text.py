"""What others write reaches a terminal as harmless text, wherever it stands."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.cli import terminal

if TYPE_CHECKING:
    from tests.client.cli.people import Done, People
    from tests.relay_process import RelayProcess

ESCAPE = "\x1b]52;c;QQ==\x07\x1b[2J"
BIDI = "\u202e\u2066\u200f\u061c"
HOSTILE = f"a{ESCAPE}b{BIDI}c\x08\r\x7f\x9bd\u2028e\ufeff\U000e0041f"
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)


def is_harmless(done: Done) -> None:
    assert not FORBIDDEN.search(done.out), ascii(done.out)
    assert not FORBIDDEN.search(done.err), ascii(done.err)


@pytest.mark.parametrize("terminal_like", [False, True])
def test_no_command_writes_what_moves_or_hides_text(
    people: People, cli_relay: RelayProcess, monkeypatch: pytest.MonkeyPatch, terminal_like: bool
) -> None:
    # Rich draws on what says that it is a terminal; its own colours are left out here, so that all escapes are theirs.
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    people.json("amal", "init")
    people.json("amal", "group", "create", HOSTILE, "--relay", cli_relay.url, "--as", HOSTILE)
    [group] = people.json("amal", "groups", "--offline")["groups"]
    assert group["name"] == HOSTILE
    people.bring_in("amal", "basil", group["code"], called=HOSTILE)
    posted = people.json(
        *("amal", "post", group["code"], "need", "--title", HOSTILE, "--note", f"{HOSTILE}\n{HOSTILE}"),
        *("--quantity", "3", "--unit", HOSTILE[:20], "--category", HOSTILE[:20], "--area", HOSTILE[:20]),
    )
    assert posted["item"]["title"] == HOSTILE
    code = posted["item"]["code"]
    people.json("basil", "pledge", group["code"], code)
    people.json("basil", "comment", group["code"], code, HOSTILE)
    people.json("basil", "release", group["code"], code, "--reason", HOSTILE)
    for words in (
        ("groups",),
        ("status",),
        ("board", group["code"]),
        ("show", group["code"], code),
        ("members", group["code"]),
        ("requests", group["code"]),
        ("sync",),
        ("pledge", group["code"], code),
        ("board", "a"),
        ("remove", group["code"], "a"),
    ):
        is_harmless(people.type("amal", *words, terminal=terminal_like))


def test_text_by_a_member_stands_last_on_its_line(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "ماء للعيادة", "--area", "الحي", "--category", "ماء")
    code = people.json("amal", "board", "Harbour", "--offline")["items"][0]["code"]
    for words in (("board", "Harbour"), ("show", "Harbour", code)):
        for line in people.type("amal", *words, "--offline").out.splitlines():
            assert not re.search(r"[\u0600-\u06ff][^\u0600-\u06ff]*[A-Za-z0-9]", line), line


def test_a_note_of_many_lines_cannot_look_like_ours(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "x", "--note", "one\n#ABCD  need  now\rtwo\u2028three")
    lines = people.type("amal", "show", "Harbour", "x", "--offline").out.splitlines()
    assert lines[lines.index("  note:") + 1 :] == ["      one", "      #ABCD  need  now", "      two", "      three"]


def test_a_title_keeps_to_its_line(people: People, cli_relay: RelayProcess) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "one\n#ABCD  offer  now  two")
    assert len(people.type("amal", "board", "Harbour", "--offline").out.splitlines()) == 1


@given(st.text())
def test_one_line_of_any_text_is_harmless(text: str) -> None:
    shown = terminal.member(text)
    assert not FORBIDDEN.search(shown)
    assert "\n" not in shown
    assert all(unicodedata.category(letter) not in {"Cc", "Cs"} for letter in shown)


@given(st.text())
def test_every_line_of_any_paragraph_is_behind_its_indent(text: str) -> None:
    for line in terminal.paragraph(text, "    ").split("\n"):
        assert not line or line.startswith("    ")
        assert not FORBIDDEN.search(line)


@pytest.mark.parametrize("text", ["Water", "ماء", "می‌خواهم", "👩‍👩‍👧", "Đà Nẵng", "שָׁלוֹם"])
def test_honest_text_is_shown_as_it_is(text: str) -> None:
    assert terminal.member(text) == text


def test_marks_cannot_be_piled_over_other_lines() -> None:
    assert len(terminal.member("a" + "\u0301" * 500)) < 10


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp1256", "cp437"])
def test_an_odd_console_shows_numbers_instead_of_failing(
    people: People, cli_relay: RelayProcess, encoding: str
) -> None:
    people.found("amal", cli_relay.url)
    people.json("amal", "post", "Harbour", "need", "--title", "ماء 水")
    done = people.type("amal", "board", "Harbour", "--offline", encoding=encoding)
    assert done.code == 0
    assert "\\u6c34" in done.out
    assert people.type("amal", "board", "nothing", encoding=encoding).code == 3
    assert people.type("amal", "board", "--help", encoding=encoding).code == 0
