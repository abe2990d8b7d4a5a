"""The local page from the terminal: ``open`` and ``lock``."""

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from taboon_client.cli import terminal
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import Exit, UsageError

if TYPE_CHECKING:
    from taboon_client.page.parent import Parent

__all__ = ["register"]

_IDLE_MINUTES: Final = 10

_Idle = Annotated[int, typer.Option("--idle", min=1, max=240, metavar="MINUTES", help="Lock after so long unused.")]
_NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Open no browser: only show the address and a code.")]
_Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; any that is free unless told.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "open",
        relay=False,
        examples=[
            "taboon open                                 opens the page in the browser",
            "taboon open --no-browser                    shows its address and a code to type there",
        ],
    )(_open)
    command(
        app, "lock", relay=False, examples=["taboon lock                                 locks every page and shell"]
    )(_lock)


def _open(errand: Errand, *, idle: _Idle = _IDLE_MINUTES, no_browser: _NoBrowser = False, port: _Port = 0) -> None:
    """Open the local page: Taboon in the browser of this device.

    Everything can be done there. The page is for this device alone. The browser gets in with a code of eight
    characters that works once, for two
    minutes. It locks after some time without use, with “Lock” on the page, with “taboon lock” and with Ctrl-C here.
    """
    from taboon_client.blocking import vault_folder
    from taboon_client.page.parent import Parent

    if not errand.human:
        raise UsageError("the page is for people: leave --json away")
    try:
        parent = Parent(vault_folder(), idle=idle * 60, port=port, tell=_tell)
    except OSError as error:
        raise UsageError(f"the page cannot listen on 127.0.0.1: {error.strerror}") from None
    _show_code(parent, browser=not no_browser and _has_desktop())
    if terminal.interactive():
        threading.Thread(target=_new_codes, args=(parent,), daemon=True).start()
    try:
        code = parent.run()
    except KeyboardInterrupt:
        parent.stop()
        terminal.hint("\nLocked.")
        raise typer.Exit(Exit.DONE) from None
    if code:
        terminal.hint("The page's process cannot be kept running.")
        raise typer.Exit(Exit.FAILURE)


def _show_code(parent: "Parent", *, browser: bool) -> None:
    code = parent.new_code()
    terminal.say(f"The page: {parent.url}")
    terminal.say(f"The code: {code[:4]}-{code[4:]}")
    terminal.hint("The code works once, for two minutes. Press Enter here for a new one, Ctrl-C to lock and end.")
    sys.stdout.flush()
    if browser:
        import webbrowser

        # An address in an argument could be read by every user of this device: the browser is given a file's name.
        with suppress(OSError, webbrowser.Error):
            webbrowser.open(parent.start_file().as_uri())


def _tell(word: str) -> None:
    said = {
        "entered": "The page is open.",
        "shut": "Too many wrong codes: no code is taken any more. Press Enter for a new one.",
        "locked": "Locked. The page goes on at its lock screen; for another page, press Enter for a new code.",
    }.get(word)
    if said:
        terminal.hint(said)


def _new_codes(parent: "Parent") -> None:
    for _ in sys.stdin:
        _show_code(parent, browser=False)


def _has_desktop() -> bool:
    """Whether a browser with windows can be opened; one in the terminal would be in the way."""
    return os.name == "nt" or sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _lock(_errand: Errand) -> Answer:
    """Lock every page and shell of this device, at once."""
    from taboon_client.blocking import has_vault, vault_folder
    from taboon_client.errors import VaultMissingError
    from taboon_client.vault.locking import lock_everything

    if not has_vault():
        raise VaultMissingError(f"there is no vault in {vault_folder()}")
    try:
        lock_everything(vault_folder())
    except OSError as error:
        raise UsageError(f"the vault's folder cannot be written: {error.strerror}") from None
    return Answer({"locked": True}, lambda: terminal.say("Locked."))
