"""Giving out: ``export`` of the board as a list, a table or JSON, and ``paper``, an intake sheet to print."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.fields import Audience
from taboon_client.cli.writing import write_file

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Item

__all__ = ["register"]


class Form(StrEnum):
    """What an export is."""

    LIST = "list"
    CSV = "csv"
    JSON = "json"


class Language(StrEnum):
    """In which language what is ours in it is written."""

    EN = "en"
    AR = "ar"


_File = Annotated[Path, typer.Argument(metavar="FILE|-", help="Where it goes; - is standard output.")]
_Form = Annotated[Form, typer.Option("--as", help="A list for a messenger, a table with HXL tags, or JSON.")]
_LanguageOption = Annotated[Language, typer.Option("--language", help="Of the words that are ours.")]
_All = Annotated[bool, typer.Option("--all", help="Closed items too; a list never has them.")]
_Readers = Annotated[Audience, typer.Option("--readers", help="Who is going to read it; text means anybody.")]

_READERS = {Audience.TEXT: "anybody", Audience.ALLIES: "allies", Audience.NEIGHBOURS: "neighbouring groups"}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "export",
        examples=[
            "taboon export Harbour -                        a list to paste into a messenger",
            "taboon export Harbour board.csv --as csv",
            "taboon export Harbour list.txt --language ar",
            "taboon export Harbour own.csv --as csv --readers group     all of it, for nobody outside",
        ],
    )(_export)
    command(
        app, "paper", examples=["taboon paper Harbour sheet.html", "taboon paper Harbour sheet.html --language ar"]
    )(_paper)


def _export(
    errand: Errand,
    group: GroupRef,
    file: _File,
    *,
    form: _Form = Form.LIST,
    language: _LanguageOption = Language.EN,
    every: _All = False,
    readers: _Readers = Audience.TEXT,
    yes: Yes = False,
) -> Answer:
    """Write the board into a file, for other people or programs.

    Sealed details and names of members are in none of it, and numbers and addresses are cut out of what was written
    in the open. It is then a file like any other: whoever finds it reads what the board says. So nobody is in it who
    did not agree to be told of so far, nor anybody on whose behalf something was posted without asking them.
    """
    from taboon_client.sharing.consent import may_be_read_by

    place = errand.group(group)
    wanted = [item for item in place.board() if every or not item.closed]
    items = may_be_read_by(readers.value, wanted)
    text = _text(place, items, form, language.value)
    write_file(errand, file, text.encode(), yes=yes)
    left_out = len(wanted) - len(items)

    def show() -> None:
        if str(file) != "-":
            terminal.say(f"{len(items)} items written.")
        if left_out:
            terminal.hint(f"{left_out} left out: nobody agreed that they are told of to {_READERS[readers]}.")

    data = {"items": len(items), "left_out": left_out, "file": None if str(file) == "-" else str(file)}
    if str(file) == "-" and not errand.human:
        data["text"] = text
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _text(place: "Group", items: "list[Item]", form: Form, language: str) -> str:
    if form is Form.LIST:
        from taboon_client.sharing.lists import list_of

        return list_of(items, categories=place.categories(), areas=place.areas(), language=language) + "\n"
    if form is Form.CSV:
        from taboon_client.sharing.tables import csv_of

        return csv_of(items)
    from taboon_client.sharing.tables import json_of

    return json.dumps(json_of(items), ensure_ascii=False, indent=1) + "\n"


def _paper(
    errand: Errand, group: GroupRef, file: _File, *, language: _LanguageOption = Language.EN, yes: Yes = False
) -> Answer:
    """Make an intake sheet of paper, to fill in by hand.

    Open the file in a browser and print it: one A4 page. It has the group's categories and areas as numbers and
    letters; “taboon enter” takes its rows.
    """
    from taboon_client.sharing.paper import Codes, sheet_of

    place = errand.group(group)
    text = sheet_of(Codes.of(place.categories(), place.areas()), language.value)
    write_file(errand, file, text.encode(), yes=yes)

    def show() -> None:
        if str(file) != "-":
            terminal.say("The sheet is written.")

    data: dict[str, object] = {"file": None if str(file) == "-" else str(file)}
    if str(file) == "-" and not errand.human:
        data["text"] = text
    return Answer({"group": shapes.group_ref(place), **data}, show)
