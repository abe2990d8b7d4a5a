"""Helping: ``pledge``, ``release``, ``deliver``, ``confirm``; and ``comment``, ``withdraw``."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import drawing, shapes, terminal
from taboon_client.cli.arguments import GroupRef, ItemRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.blocking import Group
    from taboon_client.board.item import Item

__all__ = ["register"]

_Quantity = Annotated[
    int | None, typer.Option("--quantity", metavar="N", min=1, help="Only so many; all of it if left out.")
]
_Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, if you want to say (-: input).")]
_Text = Annotated[str, typer.Argument(metavar="TEXT|-", help="What you want to say; - reads it from standard input.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "pledge", examples=["taboon pledge Harbour K7F2", "taboon pledge Harbour K7F2 --quantity 20"])(_pledge)
    command(
        app, "release", examples=["taboon release Harbour K7F2", 'taboon release Harbour K7F2 --reason "road closed"']
    )(_release)
    command(app, "deliver", examples=["taboon deliver Harbour K7F2"])(_deliver)
    command(app, "confirm", examples=["taboon confirm Harbour K7F2"])(_confirm)
    command(
        app,
        "comment",
        examples=['taboon comment Harbour K7F2 "at the blue gate"', "taboon comment Harbour K7F2 - < answer.txt"],
    )(_comment)
    command(app, "withdraw", examples=["taboon withdraw Harbour K7F2", "taboon withdraw Harbour K7F2 --yes"])(_withdraw)


def _act(
    errand: Errand, group: str, ref: str, act: "Callable[[Group, Item], Item]", said: "Callable[[Item, People], str]"
) -> Answer:
    """Find the item, do it, send it, and answer with what the item is then."""
    place = errand.group(group)
    done = act(place, place.item(ref))
    errand.send(place)
    # What came in meanwhile may have changed who is primary.
    done = place.item(done.id)
    people = People(place)
    code = people.code(done)

    def show() -> None:
        terminal.say(f"#{code}  {said(done, people)}: {terminal.member(done.title)}")

    return Answer({"group": shapes.group_ref(place), "item": shapes.item(done, people)}, show)


def _pledge(errand: Errand, group: GroupRef, item: ItemRef, *, quantity: _Quantity = None) -> Answer:
    """Promise to cover an item, or part of it.

    If someone has promised the same before you, you stand by: you go if they do not.
    """
    return _act(errand, group, item, lambda place, found: place.pledge(found, quantity), _where_i_stand)


def _where_i_stand(item: "Item", people: People) -> str:
    mine = [one for one in item.pledges if people.is_me(one.author)]
    # Those that hold come before those that were given back.
    return drawing.my_part(mine[0], item) if mine else "pledged"


def _release(errand: Errand, group: GroupRef, item: ItemRef, *, reason: _Reason = None) -> Answer:
    """Give your pledge back. Nobody has to say why; whoever stands by is told."""
    why = "" if reason is None else errand.text(reason, "Reason")
    return _act(errand, group, item, lambda place, found: place.release(found, why), lambda *_: "you gave it back")


def _deliver(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Say that you have handed over what you pledged."""
    return _act(errand, group, item, lambda place, found: place.deliver(found), lambda *_: "you handed it over")


def _confirm(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Say that what you asked for has arrived."""
    return _act(
        errand, group, item, lambda place, found: place.confirm(found), lambda done, _: f"arrived, {done.status.value}"
    )


def _comment(errand: Errand, group: GroupRef, item: ItemRef, text: _Text) -> Answer:
    """Say something about an item. Everyone in the group reads it."""
    said = errand.text(text, "Comment")
    return _act(errand, group, item, lambda place, found: place.comment(found, said), lambda *_: "you commented")


def _withdraw(errand: Errand, group: GroupRef, item: ItemRef, *, reason: _Reason = None, yes: Yes = False) -> Answer:
    """Close an item of yours for good. Those who pledged are told."""
    why = "" if reason is None else errand.text(reason, "Reason")

    def act(place: "Group", found: "Item") -> "Item":
        errand.confirm(f"Close it for good: {terminal.member(found.title)}?", yes=yes)
        return place.withdraw(found, why)

    return _act(errand, group, item, act, lambda *_: "withdrawn")
