"""People who type commands, each with a vault of their own; all in this process, where the KDF can be cheap."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taboon_client.cli import main
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["Done", "People"]

NEEDS_NO_VAULT = frozenset({"relay", "--help", "--version"})


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        assert self.out.isascii()
        [line] = self.out.splitlines()
        value = json.loads(line)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> dict[str, Any]:
        """The error that a command with ``--json`` told."""
        error = self.json["error"]
        assert isinstance(error, dict)
        assert error["code"] == self.code
        assert self.err == ""
        return error


class _Stream(io.TextIOWrapper):
    """A standard stream that a test reads, or says is a terminal."""

    def __init__(self, data: bytes = b"", *, terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(data), encoding=encoding, newline="\n", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


class People:
    """Everyone who types in a test.

    Args:
        folder: Where vaults and passphrase files go.
        patch: Sets the environment of a command.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = patch
        self._words = folder / "words"
        self._words.write_text(PASSPHRASE + "\n", encoding="utf-8")
        self._words.chmod(0o600)

    def home(self, name: str) -> Path:
        """The folder of somebody's vault."""
        return self.folder / name

    def type(
        self,
        name: str,
        *words: str,
        given: str | bytes = "",
        terminal: bool = False,
        encoding: str = "utf-8",
        words_file: bool = True,
    ) -> Done:
        """Carry out one command of somebody's and tell what came of it.

        Args:
            name: Who types.
            words: What follows the word ``taboon``.
            given: What comes from standard input.
            terminal: Whether all three streams are a terminal.
            encoding: Of standard output and error.
            words_file: Whether the passphrase comes from a file, where the command needs one.
        """
        self._patch.setenv("TABOON_HOME", str(self.home(name)))
        out, err = (_Stream(terminal=terminal, encoding=encoding) for _ in range(2))
        data = given.encode() if isinstance(given, str) else given
        self._patch.setattr(sys, "stdin", _Stream(data, terminal=terminal))
        arguments = list(words)
        if words_file and not NEEDS_NO_VAULT & set(words) and "--passphrase-file" not in words:
            arguments += ["--passphrase-file", str(self._words)]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return Done(code, out.text(), err.text())

    def json(self, name: str, *words: str, given: str | bytes = "") -> dict[str, Any]:
        """Carry out one command with ``--json`` that must succeed, and return its answer."""
        done = self.type(name, *words, "--json", given=given)
        assert done.code == 0, done
        assert done.err == ""
        return done.json

    def found(self, name: str, relay: str, group: str = "Harbour") -> None:
        """Somebody makes a vault and founds a group."""
        self.json(name, "init")
        self.json(name, "group", "create", group, "--relay", relay, "--as", name)

    def bring_in(self, admin: str, name: str, group: str = "Harbour", called: str | None = None) -> None:
        """Somebody makes a vault and is let in, all the way."""
        self.json(name, "init")
        link = self.json(admin, "invite", group)["invite"]["link"]
        self.json(name, "join", "-", "--as", called or name, given=link)
        [request] = self.json(admin, "requests", group)["requests"]
        assert self.json(admin, "approve", group, request["code"])["done"]
        assert len(self.json(name, "groups")["groups"]) == 1
