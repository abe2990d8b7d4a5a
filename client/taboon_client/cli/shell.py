"""``taboon shell``: the passphrase once, then every command without the word ``taboon``.

Locking ends the process, since Python cannot wipe memory that it has copied. No history is written, and none is kept
past the lock.
"""

import os
import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import typer

from taboon_client.cli import terminal
from taboon_client.cli.command import command
from taboon_client.cli.errand import Errand, Room
from taboon_client.cli.exits import Exit, UsageError

__all__ = ["converse", "register"]

_IDLE_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.25
_PROMPT: Final = "taboon> "
_ENDS: Final = frozenset({"lock", "exit", "quit"})
_ELSEWHERE: Final = frozenset({"shell", "init", "relay"})


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    command(
        app,
        "shell",
        relay=False,
        examples=["taboon shell", "taboon shell --passphrase-file words < commands.txt"],
    )(_shell)


def _shell(errand: Errand) -> None:
    """Type the passphrase once, then many commands.

    Every command works as elsewhere, without the word taboon before it.

    It locks after five minutes without a command, on “lock” and at the end of input, and clears the terminal. It writes
    no history. Where the commands come from a file, the first one that fails ends it, with that exit code.
    """
    raise typer.Exit(converse(errand, idle_seconds=_IDLE_SECONDS))


def converse(errand: Errand, *, idle_seconds: float) -> int:
    """Take commands until the lock; return the exit code of the command that ended it, or 0.

    Args:
        errand: The command at work; opens the vault.
        idle_seconds: After how long without a command the process ends itself.
    """
    person = terminal.interactive()
    idle = _Idle(idle_seconds, person=person)
    room = Room(taboon=errand.taboon, in_shell=True, waiting=idle.waiting)
    threading.Thread(target=idle.watch, daemon=True).start()
    try:
        return _take_commands(room, idle, person=person)
    finally:
        idle.over.set()


def _take_commands(room: Room, idle: "_Idle", *, person: bool) -> int:
    if person:
        _edit_lines()
        terminal.hint("Open. Type a command without the word taboon, or help, or lock.")
    while (line := _next_line(idle, person=person)) is not None:
        words = _words(line)
        if words is None:
            code: int = Exit.USAGE
            terminal.hint("A quote is not closed.")
        elif not words:
            continue
        elif words[0] in _ENDS:
            break
        else:
            code = _carry_out(words, room)
        if code != Exit.DONE and not person:
            return code
    if person:
        terminal.clear_screen()
        terminal.hint("Locked.")
    return Exit.DONE


def _edit_lines() -> None:
    """Let a line be edited before it is sent, where the system can; nothing of it reaches a file."""
    with suppress(ImportError):
        import readline  # noqa: F401 - importing it is what does it


class _Idle:
    """Ends the process when nothing is typed for too long. Only waiting counts: work that takes long is not idle."""

    def __init__(self, seconds: float, *, person: bool) -> None:
        self._seconds = seconds
        self._person = person
        self._terminal = _terminal_settings() if person else None
        self.over = threading.Event()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While this is open, the time runs."""
        timer = threading.Timer(self._seconds, self._lock)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def watch(self) -> None:
        """End the process when somebody locks the vault elsewhere (``taboon lock``, or the page's own way)."""
        from taboon_client.blocking import vault_folder
        from taboon_client.vault.locking import lock_number

        folder = vault_folder()
        before = lock_number(folder)
        while lock_number(folder) == before:
            if self.over.wait(_LOOK_SECONDS):
                return
        self._lock("Locked.")

    def _lock(self, said: str = "Locked: nothing was typed for a while.") -> None:
        # The main thread is inside a read that no portable call interrupts, so the process ends here. Whatever a
        # command has saved was saved before it ended.
        if self._person:
            _restore_terminal(self._terminal)
            terminal.clear_screen()
        terminal.hint(said)
        os._exit(Exit.DONE)


def _terminal_settings() -> list[Any] | None:
    if sys.platform == "win32":
        return None
    import termios

    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        return None


def _restore_terminal(settings: list[Any] | None) -> None:
    """Give back what a line editor or a prompt without echo has changed."""
    if sys.platform == "win32" or settings is None:
        return
    import termios

    termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, settings)


def _next_line(idle: _Idle, *, person: bool) -> str | None:
    """Return the next line, or None at the end of input."""
    while True:
        try:
            with idle.waiting():
                return input(_PROMPT) if person else sys.stdin.readline() or None
        except EOFError:
            return None
        except UnicodeDecodeError:
            raise UsageError("the commands are not UTF-8 text") from None
        except KeyboardInterrupt:
            if not person:
                raise
            terminal.hint("")


def _words(line: str) -> list[str] | None:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if os.name == "nt":
        lexer.escape = ""  # a backslash stands in paths there
    try:
        words = list(lexer)
    except ValueError:
        return None
    return words[1:] if words[:1] == ["taboon"] else words


def _carry_out(words: list[str], room: Room) -> int:
    from taboon_client.cli.app import run_command

    if words[0] == "help":
        words = [*words[1:], "--help"]
    if words[0] in _ELSEWHERE:
        terminal.hint(f"“{words[0]}” is for outside this shell: lock first.")
        return Exit.USAGE
    return run_command(words, room)
