"""The commands put together, and the one way in and out."""

import copy
import sys
from collections.abc import Sequence

import typer
import typer.main

from taboon_client.cli import (
    circles,
    details,
    device,
    evidence,
    exports,
    groups,
    items,
    joining,
    keys,
    linking,
    lists,
    looking,
    matching,
    numbers,
    page,
    pledges,
    popup,
    relay,
    resting,
    ruling,
    sheets,
    shell,
    syncing,
    talk,
    tending,
    terminal,
    voting,
)
from taboon_client.cli.command import end_with_error, end_with_failure
from taboon_client.cli.errand import Room
from taboon_client.cli.exits import Exit, UsageError

__all__ = ["run_command"]

_HELP = """Taboon: a board of needs and offers for your group, encrypted from end to end.

\b
First steps:
  taboon init                                    make the vault on this device
  taboon join -                                  join with the link that you were given
  taboon board GROUP                             see what is needed and on offer
  taboon pledge GROUP ITEM                       promise to help

GROUP, ITEM and MEMBER take a name, a short code or the beginning of one, if it fits only one. Every command has
examples: taboon COMMAND --help. Exit codes and the forms of --json are described in docs/cli.md.
"""

app = typer.Typer(
    name="taboon",
    help=_HELP,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
)


def _version(shown: bool) -> None:
    if shown:
        from importlib.metadata import version

        terminal.say(f"taboon {version('taboon')}")
        raise typer.Exit


@app.callback()
def _root(
    *, _shown: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version.")
) -> None:
    pass


for _part in (
    device,
    groups,
    circles,
    ruling,
    keys,
    evidence,
    voting,
    lists,
    joining,
    linking,
    looking,
    items,
    pledges,
    tending,
    resting,
    talk,
    details,
    matching,
    numbers,
    sheets,
    exports,
    page,
    popup,
    syncing,
    shell,
    relay,
):
    _part.register(app)


def _only(names: Sequence[str]) -> typer.Typer:
    """Return the app with the command of this name alone, if there is one: Typer draws up all that it has each time."""
    found = [each for each in app.registered_commands if each.name in names]
    if not found:
        return app
    alone = copy.copy(app)
    alone.registered_commands, alone.registered_groups = found, []
    return alone


def run_command(arguments: Sequence[str] | None = None, room: Room | None = None) -> int:
    """Carry out one command and return its exit code.

    Args:
        arguments: What follows the word ``taboon``; those of this process if None.
        room: In the shell, the open vault.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if any("\0" in word for word in given):  # only the shell can be given one
        error = UsageError("what you typed holds a NUL sign: type it again")
        return end_with_error(error, as_json="--json" in given).exit_code
    try:
        typer.main.get_command(_only(given[:1])).main(args=given, prog_name="taboon", obj=room or Room())
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.DONE if end.code is None else Exit.FAILURE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - nobody who needs help at night should be shown a traceback
        return end_with_failure(error, as_json=False).exit_code
    return Exit.DONE
