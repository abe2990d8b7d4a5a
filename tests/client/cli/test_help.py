"""Help teaches, and whatever a document or a help text shows can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from taboon_client.cli.app import app

ROOT = Path(__file__).resolve().parents[3]
TREE: Any = typer.main.get_command(app)


def commands() -> dict[str, Any]:
    """Every command by what people type, `group create` as two words."""
    found: dict[str, Any] = {}
    for name, command in TREE.commands.items():
        inner = getattr(command, "commands", None)
        found |= {f"{name} {one}": sub for one, sub in inner.items()} if inner else {name: command}
    return found


COMMANDS = commands()
_LISTED = (ROOT / "docs" / "cli.md").read_text("utf-8").split("```")[1]
DOCUMENTED = re.findall(r"taboon ((?:circle |device |group |popup )?[a-z-]+)", _LISTED)


def examples(command: Any) -> list[str]:
    """The lines that a command's help shows."""
    return [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]


def shown_in(document: str) -> list[str]:
    """The commands that a document shows in its code, without placeholders in brackets."""
    text = (ROOT / document).read_text("utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    found = []
    for block in blocks:
        found += re.findall(r"(?:\$ |^)(taboon [^\n]*?)(?=  |$)", block, re.MULTILINE)
    return [line for line in found if "[" not in line]


def check(line: str) -> None:
    """Make sure that a line which is shown is a command that exists, with options that it has."""
    typed = re.split(r"\s{2,}|\s[|<]\s|─", line)[0]
    words = shlex.split(typed.replace("…", "x"))
    words = words[words.index("taboon") + 1 :]
    name = " ".join(words[:2]) if words[0] in {"circle", "device", "group", "popup"} else words[0]
    if name in {"--help", "COMMAND", "relay"}:  # the relay's options are the relay's
        return
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    for word in words:
        if word.startswith("--"):
            assert word in options, f"{line}: {word}"


def test_the_document_lists_every_command() -> None:
    assert set(DOCUMENTED) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"relay"}))
def test_every_command_explains_itself_with_examples_that_can_be_typed(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    first = command.help.split("\n\n")[0].split(". ")[0]
    assert len(first) <= 64, "the first sentence stands in the list of commands, which is cut there"
    assert examples(command)
    for line in examples(command):
        assert f"taboon {name}" in line
        check(line)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"relay"}))
def test_every_parameter_is_explained(name: str) -> None:
    for parameter in COMMANDS[name].params:
        assert parameter.help, parameter.name


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"relay"}))
def test_every_command_answers_machines(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--passphrase-file"} <= options
    if name not in {"init", "lock", "open", "passphrase", "shell"}:
        assert {"--offline", "--wait"} <= options


@pytest.mark.parametrize("document", ["README.md", "docs/cli.md"])
def test_what_a_document_shows_can_be_typed(document: str) -> None:
    lines = shown_in(document)
    assert lines
    for line in lines:
        check(line)


def test_no_secret_is_ever_an_argument_or_a_variable() -> None:
    for command in COMMANDS.values():
        for parameter in command.params:
            assert not getattr(parameter, "envvar", None)
            assert parameter.name not in {"passphrase", "password", "secret", "key"}
