"""Times, questions and progress, as one person sees them."""

from __future__ import annotations

import io
import locale
import time
from contextlib import redirect_stderr

import pytest

from taboon_client.cli import terminal


class Screen(io.StringIO):
    """A standard stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("TERM", "xterm")
    return Screen()


def test_work_of_a_moment_shows_no_bar(screen: Screen) -> None:
    with redirect_stderr(screen), terminal.Bar("Importing", shown=True) as bar:
        for done in range(100):
            bar(done, 100)
    assert screen.getvalue() == ""


def test_longer_work_shows_how_far_it_has_come(screen: Screen) -> None:
    with redirect_stderr(screen), terminal.Bar("Importing", shown=True, after=0) as bar:
        assert bar._timer is not None
        bar._timer.join()
        bar(40, 100)
    assert "Importing" in screen.getvalue()
    assert "40/100" in screen.getvalue()


def test_no_bar_is_drawn_where_no_person_reads(screen: Screen) -> None:
    for stream, shown in ((screen, False), (io.StringIO(), True)):
        with redirect_stderr(stream), terminal.Bar("Importing", shown=shown, after=0) as bar:
            bar(40, 100)
        assert bar._timer is None
        assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 min"), (59, "0 min"), (60, "1 min"), (3_599, "59 min"), (3_600, "1 h"), (90_000, "1 d"), (-500, "0 min")],
)
def test_ages_are_rough_and_never_negative(seconds: int, shown: str) -> None:
    assert terminal.ago(1_000_000 - seconds, 1_000_000) == shown


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of a running process changes on POSIX only")
def test_times_are_in_the_time_zone_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shown = []
    for zone in ("UTC0", "EAT-3"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        shown.append(terminal.when(1_790_000_000))
    monkeypatch.undo()
    time.tzset()
    assert shown == ["2026-09-21 14:13", "2026-09-21 17:13"]


def test_times_are_in_the_form_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def setlocale(category: int, name: str | None = None) -> str:
        asked.append((category, name))
        return "de_DE.UTF-8"

    monkeypatch.setattr(locale, "setlocale", setlocale)
    monkeypatch.setattr(time, "strftime", lambda form, _: f"\u200f{form}")
    assert terminal.when(1_790_000_000) == "%x %X"
    assert asked == [(locale.LC_TIME, "")]


def test_machines_get_utc() -> None:
    assert terminal.instant(1_790_000_000) == "2026-09-21T14:13:20Z"
    assert terminal.instant(None) is None


@pytest.mark.parametrize(
    ("message", "shown"),
    [("no such group", "No such group."), ("why?", "Why?"), ("a\x1b[2Jb", "A\N{REPLACEMENT CHARACTER}[2Jb.")],
)
def test_messages_are_shown_as_harmless_sentences(message: str, shown: str) -> None:
    assert terminal.sentence(message) == shown
