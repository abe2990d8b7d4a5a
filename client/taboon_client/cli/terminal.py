r"""What Taboon writes to a terminal and reads from it. Everything else in this folder speaks through here.

The rules:

1. The answer to a command goes to standard output. What is said about it (progress, hints, warnings, how old the
   answer is, questions) goes to standard error. With ``--json`` standard output gets one JSON object a line in plain
   ASCII, and standard error stays silent.
2. Nothing that a member, a relay or a file wrote reaches a terminal as it is: no escapes, no control characters, no
   direction marks or other invisible characters (``member`` and ``paragraph``).
3. Text by a member stands last on its line, in logical order, so that right-to-left text cannot move what we say. Text
   of several lines is indented, so that none of it looks like ours.
4. Colour repeats what the words say. It is drawn by Rich, only on a terminal, and not with ``NO_COLOR``.
5. Times are the user's: time zone and form come from the system's settings.
6. A passphrase is typed without echo, straight at the terminal. It is never in an argument or a variable of the
   environment.
7. A character that the terminal cannot show is written as its number (``\u0645``) and never an error.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = [
    "Bar",
    "Cell",
    "ago",
    "answer_json",
    "ask",
    "can_ask",
    "clear_screen",
    "hint",
    "instant",
    "interactive",
    "is_terminal",
    "member",
    "page",
    "paragraph",
    "prepare_streams",
    "rows",
    "say",
    "sentence",
    "spinner",
    "when",
]

# Zero-width joiners shape letters in Persian, Arabic and emoji; they move nothing.
_KEPT_INVISIBLE: Final = frozenset("\u200c\u200d")
_INVISIBLE: Final = frozenset({"Cf", "Cs", "Co", "Cn"})
_BREAKS: Final = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_MARKS: Final = frozenset({"Mn", "Me"})
_MOST_MARKS: Final = 6
_BAR_AFTER: Final = 1.0
_LEAST_TEXT: Final = 24
_INDENT: Final = "    "


# --- text that others wrote


def member(text: str) -> str:
    """Return text that someone else wrote as one harmless line."""
    return _clean(" ".join(_split(text)))


def paragraph(text: str, indent: str = "    ") -> str:
    """Return text that someone else wrote as harmless lines, each behind an indent."""
    return "\n".join(f"{indent}{_clean(line)}".rstrip() for line in _split(text))


def _split(text: str) -> list[str]:
    if text.isascii() and text.isprintable():
        return [text]
    lines = [""]
    for character in text.replace("\r\n", "\n"):
        if character == "\t":
            lines[-1] += " "
        elif character in _BREAKS:
            lines.append("")
        else:
            lines[-1] += character
    return lines


def _clean(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line
    kept: list[str] = []
    marks = 0
    for character in line:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if category == "Cc":
            kept.append("\N{REPLACEMENT CHARACTER}")
        elif (category not in _INVISIBLE or character in _KEPT_INVISIBLE) and marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def sentence(text: str) -> str:
    """Return a message of the library as a sentence: a capital letter first, a full stop last."""
    lines = [_clean(line) for line in _split(text.strip())]
    whole = "\n".join(lines)
    whole = whole[:1].upper() + whole[1:]
    return whole if whole.endswith((".", "!", "?", ":")) else f"{whole}."


# --- out


def prepare_streams() -> None:
    """Make the standard streams take every character, whatever the system's encoding is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper) and not sys.stdin.isatty():
        sys.stdin.reconfigure(encoding="utf-8")


def is_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout.isatty()


def say(text: str = "") -> None:
    """Write a line of the answer."""
    print(text)  # noqa: T201 - this is the one place that writes answers


def hint(text: str) -> None:
    """Write a line about the answer."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - and this the one for what is said about them


def answer_json(value: object) -> None:
    """Write one JSON object on one line, in ASCII, so that it is harmless and the same on every system."""
    say(json.dumps(value, ensure_ascii=True, separators=(", ", ": ")))


class Cell(NamedTuple):
    """A word of ours in a column, with Rich's name of its style."""

    text: str
    style: str = ""


def rows(table: Sequence[tuple[Sequence[Cell], str]], *, fit: bool = False) -> None:
    """Write rows: columns of ours, aligned, and what a member wrote last.

    Args:
        table: The columns and the text of each row.
        fit: On a terminal, cut what a member wrote to its width, or give it a line of its own where little is left.
    """
    table = [(cells, member(text)) for cells, text in table]
    widths = [max(len(cell.text) for cell in column) for column in zip(*(cells for cells, _ in table), strict=True)]
    if not is_terminal():
        for cells, text in table:
            padded = (cell.text.ljust(width) for cell, width in zip(cells, widths, strict=True))
            say("  ".join([*padded, text]).rstrip())
        return
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    console, drawn = _console(), Text()
    left = console.width - sum(widths) - 2 * len(widths)
    own_line = fit and left < _LEAST_TEXT
    left = console.width - len(_INDENT) if own_line else left
    for cells, text in table:
        for cell, width in zip(cells, widths, strict=True):
            drawn.append(cell.text.ljust(width), cell.style or None)
            drawn.append("  ")
        if own_line and text:
            drawn.append(f"\n{_INDENT}")
        if fit and cell_len(text) > left:
            text = set_cell_size(text, left - 1).rstrip() + "…"
        drawn.append(text)
        drawn.append("\n")
    console.print(drawn, end="")


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


def clear_screen() -> None:
    """Take what stands on the terminal away, with what was scrolled out of it."""
    if is_terminal():
        _console().clear()
        sys.stdout.write("\x1b[3J" if os.environ.get("TERM", "dumb") != "dumb" else "")
        sys.stdout.flush()


@contextmanager
def page() -> Iterator[None]:
    """Give a page of its own to what must not stay in what the terminal remembers."""
    with _console(stderr=True).screen(hide_cursor=False):
        yield


# --- time


def when(seconds: int) -> str:
    """Return a point in time as the user writes it."""
    import locale

    form = "%Y-%m-%d %H:%M"
    try:
        if locale.setlocale(locale.LC_TIME, "").partition(".")[0] not in {"C", "POSIX"}:
            form = "%x %X"
    except locale.Error:
        pass
    return member(time.strftime(form, time.localtime(seconds)))


def ago(seconds: int, now: int) -> str:
    """Return roughly how long something is past; what is to come is no minutes past."""
    passed = max(now - seconds, 0)
    for unit, length in (("d", 86_400), ("h", 3_600)):
        if passed >= length:
            return f"{passed // length} {unit}"
    return f"{passed // 60} min"


def instant(seconds: int | None) -> str | None:
    """Return a point in time for machines: RFC 3339, UTC."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


# --- in


def interactive() -> bool:
    """Tell whether someone sits at both ends and can be asked in the middle of a command."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def can_ask() -> bool:
    """Tell whether a passphrase can be typed: at the controlling terminal, also where standard input is a file."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    if os.name != "posix":
        return sys.stderr.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def ask(question: str) -> str:
    """Ask on standard error and return the line that was typed, without blanks around it."""
    sys.stdout.flush()
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


# --- long work


@contextmanager
def spinner(label: str, *, shown: bool) -> Iterator[None]:
    """Show on a terminal that something is going on."""
    if not (shown and sys.stderr.isatty()):
        yield
        return
    with _console(stderr=True).status(label):
        yield


class Bar:
    """A progress bar on a terminal, for work that turns out to take more than a second.

    Args:
        label: What is being done.
        shown: Whether a person reads the answer.
        after: Seconds until it appears.
    """

    def __init__(self, label: str, *, shown: bool, after: float = _BAR_AFTER) -> None:
        self._label = label
        self._known: tuple[int, int] = (0, 0)
        self._drawn: tuple[Progress, TaskID] | None = None
        self._ended = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(after, self._appear) if shown and sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._drawn is not None:
                self._drawn[0].stop()

    def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` are done."""
        with self._lock:
            self._known = (done, total)
            if self._drawn is not None:
                progress, task = self._drawn
                progress.update(task, completed=done, total=total or None)

    def _appear(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

        with self._lock:
            if self._ended:
                return
            done, total = self._known
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            progress = Progress(*columns, console=_console(stderr=True), transient=True)
            self._drawn = progress, progress.add_task(self._label, completed=done, total=total or None)
            progress.start()
