"""What every command does alike while it works: open the vault, sync before and after, read texts, answer."""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import typer

from taboon_client.cli import passphrases, terminal
from taboon_client.cli.exits import Exit, UsageError
from taboon_client.errors import NotFoundError, VaultMissingError

if TYPE_CHECKING:
    from taboon_client.blocking import Group, Taboon
    from taboon_client.board import Details
    from taboon_client.values import SyncReport

__all__ = ["SYNC_SECONDS", "Answer", "Errand", "Room"]

SYNC_SECONDS: Final = 3.0
"""How long a sync before or after a command takes at most, unless told."""
_NEWS: Final = 12
"""News that are shown with one answer."""
_TEXT_LIMIT: Final = 65_536


class Answer(NamedTuple):
    """What a command found out: for machines, and how to write it for people."""

    data: Mapping[str, object]
    show: Callable[[], None]


@dataclass(slots=True)
class Room:
    """What outlives one command; outside the shell, nothing does.

    Attributes:
        taboon: The open vault.
        in_shell: Whether commands are lines of standard input, so that texts are too.
        waiting: Wraps every wait for someone to type.
    """

    taboon: "Taboon | None" = None
    in_shell: bool = False
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


class Errand:
    """One command at work.

    Attributes:
        human: Whether a person reads the answer; False with ``--json``.
        offline: Whether the relay is left alone.
        wait: Seconds to wait for the relay at most, each time.
        now: Unix seconds at which the command began.
    """

    def __init__(
        self,
        room: Room,
        *,
        as_json: bool = False,
        offline: bool = False,
        wait: float = SYNC_SECONDS,
        passphrase_file: Path | None = None,
    ) -> None:
        self.human = not as_json
        self.offline = offline
        self.wait = 0.0 if offline else wait
        self.now = int(time.time())
        self.room = room
        self._passphrase_file = passphrase_file
        self._own: Taboon | None = None
        self._reports: list[SyncReport] = []
        self._synced_group: Group | None = None
        self._stdin_taken = passphrase_file is not None and str(passphrase_file) == "-"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    # --- the vault

    @property
    def taboon(self) -> "Taboon":
        """The open vault; the passphrase is asked for when it is first needed."""
        if self.room.taboon is not None:
            return self.room.taboon
        if self._own is None:
            self._own = self._open("Passphrase: ")[1]
        return self._own

    def open_with_passphrase(self, prompt: str) -> "tuple[str, Taboon]":
        """Ask for the passphrase also where the vault is open, and return it with the vault."""
        passphrase, opened = self._open(prompt)
        self._own = opened
        return passphrase, opened

    def _open(self, prompt: str) -> "tuple[str, Taboon]":
        from taboon_client.blocking import Taboon, has_vault, vault_folder

        # Nobody should type a passphrase for nothing.
        if not has_vault():
            raise VaultMissingError(f"there is no vault in {vault_folder()} yet: make one with “taboon init”")
        passphrase = self.passphrase(prompt)
        with terminal.spinner("Opening the vault …", shown=self.human):
            return passphrase, Taboon.open(passphrase)

    def passphrase(self, prompt: str) -> str:
        """Return the passphrase, from the file that was named or typed at the terminal."""
        if self._passphrase_file is not None:
            return passphrases.from_file(self._passphrase_file, warn=self.human)
        with self.room.waiting():
            return passphrases.typed(prompt)

    @property
    def has_passphrase_file(self) -> bool:
        """Whether the passphrase comes from a file."""
        return self._passphrase_file is not None

    # --- sync

    def group(self, ref: str, *, sync: bool = True) -> "Group":
        """Find a group, and bring it up to date as far as the relay answers in time.

        Raises:
            NotFoundError, AmbiguousError: No group, or more than one, has that name, code or prefix.
        """
        try:
            group = self.taboon.group(ref)
        except NotFoundError:
            # We may have been let in since: only a sync tells.
            if self.offline or not self.taboon.joinings():
                raise
            self.sync_all()
            group = self.taboon.group(ref)
        if sync:
            self._synced_group = group
            if not self.offline:
                self._sync(group)
        return group

    def send(self, group: "Group") -> None:
        """Sync again after something was done, unless the relay was away a moment ago."""
        if not self.offline and self._reports and self._reports[-1].reached:
            self._sync(group)

    def note_report(self, report: "SyncReport") -> None:
        """Keep what a call of the library told about its own sync."""
        self._reports.append(report)

    def _sync(self, group: "Group") -> None:
        with terminal.Bar("Syncing", shown=self.human) as bar:
            self._reports.append(group.sync(self.wait, progress=bar))

    def sync_all(self) -> "dict[str, SyncReport]":
        """Sync every group, and every request to join, as far as the relays answer in time."""
        if self.offline:
            return {}
        with terminal.Bar("Syncing", shown=self.human) as bar:
            return self.taboon.sync(self.wait, progress=bar)

    # --- texts

    def text(self, given: str, what: str) -> str:
        """Return a text that was given as an argument, or read from standard input for ``-``.

        Raises:
            UsageError: A second text was to come from standard input, or it is too long or not UTF-8.
        """
        if given != "-":
            return given
        if self.room.in_shell:
            return self.ask(f"{what}: ")
        if self._stdin_taken:
            raise UsageError("only one text can come from standard input: give the other in another way")
        self._stdin_taken = True
        if sys.stdin.isatty():
            return self.ask(f"{what}: ")
        raw = sys.stdin.buffer.read(_TEXT_LIMIT + 1)
        if len(raw) > _TEXT_LIMIT:
            raise UsageError(f"the text on standard input is longer than {_TEXT_LIMIT} bytes")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError("the text on standard input is not UTF-8") from None
        return text.removesuffix("\n").removesuffix("\r")

    def optional(self, given: str | None, what: str) -> str:
        """Return a text that may be left out."""
        return "" if given is None else self.text(given, what)

    def details(self, given: str | None, place: "Group") -> "Details | None":
        """Return sealed details from a file or standard input, None if none were given.

        Args:
            given: Path of the file, or ``-``.
            place: Whose questions may be answered there.

        Raises:
            UsageError: The file cannot be read, or something in it does not fit.
        """
        if given is None:
            return None
        from taboon_client.cli import reading

        if given != "-":
            try:
                return reading.details_of(Path(given).read_text(encoding="utf-8-sig"), place.questions())
            except (OSError, UnicodeDecodeError):
                raise UsageError("the file of the details cannot be read as text in UTF-8") from None
        if self.room.in_shell or sys.stdin.isatty():
            asked = ((name, self.ask(f"{name}: ")) for name in ("names", "place", "access", "phone", "note"))
            return reading.details_of("\n".join(f"{name}: {text}" for name, text in asked if text))
        return reading.details_of(self.text("-", "Details"), place.questions())

    def ask(self, question: str) -> str:
        """Ask for one line at the terminal."""
        with self.room.waiting():
            return terminal.ask(question)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be taken back. Without a terminal, the command itself is the answer.

        Raises:
            typer.Exit: The answer was not yes.
        """
        if yes or not self.human or not terminal.interactive():
            return
        if self.ask(f"{question} [y/N] ").casefold() not in {"y", "yes"}:
            terminal.hint("Nothing was done.")
            raise typer.Exit(Exit.INTERRUPTED)

    # --- the answer

    def answer(self, answer: Answer) -> None:
        """Write the answer, and what the syncs have told."""
        if not self.human:
            data = dict(answer.data)
            if self._synced_group is not None:
                data["sync"] = self._sync_data(self._synced_group)
            terminal.answer_json(data)
            return
        answer.show()
        if self._synced_group is not None:
            self._tell_sync(self._synced_group)
            self.tell_news(self._synced_group)

    def news_data(self, group: "Group") -> list[dict[str, object]]:
        """Return what is new for us on a group's board, for machines: it stays until a person was shown it."""
        told = group.news()
        if not told:
            return []
        from taboon_client.cli import shapes
        from taboon_client.cli.people import People

        return [shapes.news(one, People(group)) for one in told]

    def tell_news(self, group: "Group") -> None:
        """Write what is new for us on a group's board, once."""
        told = group.news()
        if not told:
            return
        from taboon_client.cli import drawing
        from taboon_client.cli.people import People

        shown = told[:_NEWS]
        drawing.news(shown, People(group))
        if len(told) > len(shown):
            terminal.hint(f"And {len(told) - len(shown)} more; they come with the next answer.")
        group.news_shown(shown)

    def tell_reports(self, reports: "Mapping[str, SyncReport]") -> None:
        """Write what a sync of several groups has told, and where the answer may be old."""
        for name, report in reports.items():
            for told in (*report.notices, *([report.problem] if report.problem else [])):
                where = "" if name == "joining" else f" ({terminal.member(name)})"
                terminal.hint(f"{terminal.sentence(told)}{where}")
        if self.offline:
            terminal.hint("Offline: this is what the vault holds.")

    def _sync_data(self, group: "Group") -> dict[str, object]:
        last = self._reports[-1] if self._reports else None
        return {
            "offline": self.offline,
            "reached": last is not None and last.reached,
            "received": sum(report.received for report in self._reports),
            "sent": sum(report.sent for report in self._reports),
            "unsent": group.unsent(),
            "synced": terminal.instant(group.status().synced),
            "problem": last.problem if last is not None else None,
            "notices": [notice for report in self._reports for notice in report.notices],
            "news": self.news_data(group),
        }

    def _tell_sync(self, group: "Group") -> None:
        for report in self._reports:
            for notice in report.notices:
                terminal.hint(terminal.sentence(notice))
        last = self._reports[-1] if self._reports else None
        if last is not None and last.problem:
            terminal.hint(terminal.sentence(last.problem))
        if last is None or not last.reached:
            synced = group.status().synced
            if synced is None:
                age = "the relay has not been read yet"
            else:
                age = f"as of {terminal.when(synced)} ({terminal.ago(synced, self.now)} ago)"
            terminal.hint(f"{'Offline' if self.offline else 'Without the relay'}: {age}.")
        if unsent := group.unsent():
            waiting = "1 event is" if unsent == 1 else f"{unsent} events are"
            terminal.hint(f"{waiting} saved here and will go out with a later sync.")
