"""``import``: an intake sheet onto the board."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError

__all__ = ["register"]

_File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="The sheet, as CSV in UTF-8; - reads standard input.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    command(
        app,
        "import",
        commit=True,
        examples=[
            "taboon import Harbour intake.csv",
            "taboon import Harbour intake.csv --offline     saved; goes out with the next sync",
        ],
    )(_import)


def _import(errand: Errand, group: GroupRef, file: _File) -> Answer:
    """Post every row of an intake sheet.

    The first line names the columns: message (or title), and as you have them id, original, category, area, urgency,
    quantity, unit, kind. The sheet is read whole before anything is posted; what does not fit is told by line.
    Importing it again posts only what is new.
    """
    from taboon_client.intake.sheet import read_sheet

    try:
        sheet = read_sheet(sys.stdin.buffer if str(file) == "-" else file, created=errand.now)
    except OSError as error:
        raise UsageError(f"the sheet cannot be read: {error.strerror}") from None
    place = errand.group(group)
    with terminal.Bar("Importing", shown=errand.human) as bar:
        report = place.post_all(sheet.posts, progress=bar)
    errand.send(place)

    def show() -> None:
        terminal.say(f"{report.rows} rows read, {report.posted} posted, {report.known} on the board already.")

    data = {"rows": report.rows, "posted": report.posted, "known": report.known}
    return Answer({"group": shapes.group_ref(place), **data}, show)
