"""``taboon relay``: found by its entry point, so that the client never imports the relay."""

import typer
import typer.main

from taboon_client.cli import terminal
from taboon_client.cli.exits import Exit

__all__ = ["register"]

_GROUP = "taboon.commands"
_MISSING = "The relay is not installed here. Get it with: pip install 'taboon[relay]'"


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command(
        "relay",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
    )(_relay)


def _relay(context: typer.Context) -> None:
    """Run a relay: it stores encrypted blobs, and learns nothing. See taboon relay --help."""
    from importlib.metadata import entry_points

    found = entry_points(group=_GROUP, name="relay")
    if not found:
        terminal.hint(_MISSING)
        raise typer.Exit(Exit.NOT_INSTALLED)
    try:
        app = next(iter(found)).load()
    except ImportError:
        terminal.hint(_MISSING)
        raise typer.Exit(Exit.NOT_INSTALLED) from None
    typer.main.get_command(app).main(args=list(context.args), prog_name="taboon relay")
