"""Taking a rest from a group: ``rest``."""

from typing import Annotated

import typer

from taboon_client.cli import reading, shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.people import People

__all__ = ["register"]

_Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Rest until then: 2026-03-01, +3d.")]
_Keep = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="ITEM", help="A pledge that you do not give back (again for each)."),
]
_End = Annotated[bool, typer.Option("--end", help="Be there again.")]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    command(
        app,
        "rest",
        examples=[
            "taboon rest Harbour                        what you hold, and until when you rest",
            "taboon rest Harbour --until +3d            gives your pledges back, for others to take",
            "taboon rest Harbour --until +3d --keep K7F2",
            "taboon rest Harbour --end",
        ],
    )(_rest)


def _rest(
    errand: Errand, group: GroupRef, *, until: _Until = None, keep: _Keep = None, end: _End = False, yes: Yes = False
) -> Answer:
    """Rest until a day, and give back what you hold.

    Nobody has to say why, and nobody is told that you rest: the others see what has become open, and nothing else.
    """
    if end and until is not None:
        raise UsageError("--end and --until do not go together")
    if keep and until is None:
        raise UsageError("--keep goes with --until")
    place = errand.group(group)
    held = place.held()
    given = []
    if until is not None:
        kept = {place.item(one).id for one in keep or ()}
        given = [item for item in held if item.id not in kept]
        if given:
            errand.confirm(f"Give back your pledges on {len(given)}?", yes=yes)
        place.rest(reading.moment(until, errand.now, "--until"), given)
        errand.send(place)
    elif end:
        place.end_rest()
    resting, left, people = place.resting(), place.held(), People(place)

    def show() -> None:
        for item in given:
            terminal.say(f"#{people.code(item)}  you gave it back: {terminal.member(item.title)}")
        for item in left:
            terminal.say(f"#{people.code(item)}  you hold it: {terminal.member(item.title)}")
        terminal.hint(f"You rest until {terminal.when(resting)}." if resting else "You do not rest.")

    data = {
        "until": terminal.instant(resting) if resting else None,
        "given_back": [people.code(item) for item in given],
        "held": [people.code(item) for item in left],
    }
    return Answer({"group": shapes.group_ref(place), **data}, show)
