"""Circles, groups inside a group: ``circle create``, ``circle list``."""

from typing import Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Nick
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.terminal import Cell

__all__ = ["register"]

_Name = Annotated[
    str, typer.Argument(metavar="NAME", help="What the circle is called; - reads it from standard input.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    circle = typer.Typer(
        help="Make a smaller group inside a group: taboon circle create.", rich_markup_mode=None, no_args_is_help=True
    )
    app.add_typer(circle, name="circle")
    command(
        circle,
        "create",
        commit=True,
        examples=["taboon circle create Harbour Medics", "taboon circle create Harbour Dispatch --as Amal"],
    )(_create)
    command(circle, "list", examples=["taboon circle list Harbour"])(_list)


def _create(errand: Errand, group: GroupRef, name: _Name, *, nick: Nick = None) -> Answer:
    """Make a circle: a group in a group, for those who need to know.

    It has a board, keys and mailboxes of its own, and every command takes its name as that of a group. Only members of
    the group around it can join: bring them in with “taboon invite” as into any group, and they join with “taboon
    join”. Whoever leaves the group, or is removed from it, goes from its circles by themselves, as soon as an admin of
    the circle has synced. The others of the group are not told that there is a circle.
    """
    place = errand.group(group)
    called = errand.text(name, "Name of the circle")
    me = nick or next(one.name for one in place.members() if one.me)
    made = place.create_circle(called, me=me, wait=0 if errand.offline else errand.wait)

    def show() -> None:
        terminal.say(f"Made the circle {made.code}: {terminal.member(made.name)}")
        terminal.hint(f"Next: “taboon invite {made.code}” brings someone of the group in.")

    return Answer({"group": shapes.group_ref(place), "circle": shapes.group_ref(made)}, show)


def _list(errand: Errand, group: GroupRef) -> Answer:
    """List the circles of a group that you are in."""
    place = errand.group(group)
    states = [circle.status() for circle in place.circles()]

    def show() -> None:
        if not states:
            terminal.hint("You are in no circle of this group: “taboon circle create” makes one.")
        table = []
        for one in states:
            members = f"{one.members} member" if one.members == 1 else f"{one.members} members"
            table.append(((Cell(one.code, "cyan"), Cell(members), Cell("admin" if one.admin else "member")), one.name))
        terminal.rows(table)

    return Answer({"group": shapes.group_ref(place), "circles": [shapes.status(one) for one in states]}, show)
