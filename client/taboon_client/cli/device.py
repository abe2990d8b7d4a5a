"""The vault on this device: ``init`` and ``passphrase``."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from taboon_client.cli import passphrases, terminal
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.errors import VaultExistsError, WeakPassphraseError

__all__ = ["register"]

_TRIES: Final = 3


class Language(StrEnum):
    """The language of generated words."""

    EN = "en"
    AR = "ar"


_LanguageOption = Annotated[Language, typer.Option("--language", help="Language of a passphrase that Taboon makes.")]
_NewFile = Annotated[
    Path | None,
    typer.Option("--new-passphrase-file", metavar="FILE", help="Read the new passphrase from a file's first line."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "init",
        relay=False,
        examples=[
            "taboon init                                 asks for a passphrase, or makes one",
            "taboon init --language ar                   makes one of Arabic words",
            "TABOON_HOME=/media/card/oven taboon init    the vault goes to another folder",
        ],
    )(_init)
    command(
        app,
        "passphrase",
        relay=False,
        examples=["taboon passphrase                           asks for the old one and the new one"],
    )(_passphrase)


def _init(errand: Errand, *, language: _LanguageOption = Language.EN) -> Answer:
    """Make the vault, the encrypted store on this device.

    It opens with a passphrase. Press Enter when asked, and Taboon makes one of five words: write it down, away from
    this device. Without it nobody gets in, and nobody can help.
    """
    from taboon_client.blocking import Taboon, has_vault, vault_folder

    folder = vault_folder()
    if has_vault():
        raise VaultExistsError(f"there is a vault already, in {folder}: nothing was changed")
    if errand.has_passphrase_file:
        passphrase = errand.passphrase("")
    else:
        passphrase = _ask_new("Passphrase (Enter: Taboon makes one): ", language)
    with terminal.spinner("Making the vault …", shown=errand.human):
        Taboon.create(passphrase).close()

    def show() -> None:
        terminal.say(f"The vault is in {terminal.member(str(folder))}")
        terminal.hint("Next: “taboon join -” with the link that you were given, or “taboon group create”.")

    return Answer({"vault": str(folder)}, show)


def _passphrase(
    errand: Errand, *, language: _LanguageOption = Language.EN, new_passphrase_file: _NewFile = None
) -> Answer:
    """Change the passphrase of the vault. The old one then opens nothing on this device.

    A copy of the vault's folder from before still opens with the old one.
    """
    old, taboon = errand.open_with_passphrase("Old passphrase: ")
    if new_passphrase_file is not None:
        new = passphrases.from_file(new_passphrase_file, warn=errand.human)
    else:
        new = _ask_new("New passphrase (Enter: Taboon makes one): ", language)
    with terminal.spinner("Changing the passphrase …", shown=errand.human):
        taboon.change_passphrase(old, new)
    return Answer({"changed": True}, lambda: terminal.say("The passphrase is changed."))


def _ask_new(prompt: str, language: Language) -> str:
    """Ask for a new passphrase until one is good enough and was typed alike twice."""
    from taboon_client.blocking import check_passphrase, generate_passphrase

    for _ in range(_TRIES):
        passphrase = passphrases.typed(prompt)
        if not passphrase.strip():
            return _generated(generate_passphrase(language.value))
        try:
            check_passphrase(passphrase)
        except WeakPassphraseError as error:
            terminal.hint(terminal.sentence(str(error)))
            continue
        if passphrases.typed("Once more: ") == passphrase:
            return passphrase
        terminal.hint("The two are not alike.")
    raise UsageError("no passphrase was chosen, and nothing was changed")


def _generated(passphrase: str) -> str:
    """Show a generated passphrase once, and ask for it, so that nobody is locked out by a slip of the pen."""
    if not sys.stderr.isatty():
        raise UsageError("a passphrase is shown at a terminal only: type one yourself, or name a file")
    with terminal.page():
        terminal.hint("This is your passphrase. Write it down, away from this device. It is shown only now.\n")
        terminal.hint(f"    {passphrase}\n")
        terminal.ask("Press Enter when you have it. ")
    for _ in range(_TRIES):
        if passphrases.typed("Type it: ").split() == passphrase.split():
            return passphrase
        terminal.hint("That is another one.")
    raise UsageError("the passphrase was not typed as it was shown, and nothing was changed: start again for a new one")
