"""The board: ``post``, ``board``, ``show``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import drawing, shapes, terminal
from taboon_client.cli.arguments import GroupRef, ItemRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.people import People

if TYPE_CHECKING:
    from taboon_client.board.item import Item

__all__ = ["Kind", "StatusName", "Urgency", "register"]


class Kind(StrEnum):
    """What is posted."""

    NEED = "need"
    OFFER = "offer"


class Urgency(StrEnum):
    """How long it can wait."""

    NOW = "now"
    SOON = "soon"
    WEEK = "week"
    WHENEVER = "whenever"


class StatusName(StrEnum):
    """How far an item has come."""

    OPEN = "open"
    PARTLY = "partly"
    COVERED = "covered"
    DELIVERED = "delivered"
    DONE = "done"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


_KindArgument = Annotated[Kind, typer.Argument(metavar="need|offer", help="What it is.")]
_Title = Annotated[
    str, typer.Option("--title", metavar="T", help="What, in a line that everyone in the group may read (-: input).")
]
_Category = Annotated[
    str | None, typer.Option("--category", metavar="C", help="food, water, med, shelter, move … or the group's own.")
]
_Quantity = Annotated[int | None, typer.Option("--quantity", metavar="N", min=1, help="How many or how much.")]
_Unit = Annotated[str | None, typer.Option("--unit", metavar="U", help="Of what: litre, box, bed.")]
_UrgencyOption = Annotated[Urgency | None, typer.Option("--urgency", help="How long it can wait.")]
_Area = Annotated[
    str | None, typer.Option("--area", metavar="A", help="Roughly where, in the group's own words. Never an address.")
]
_Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="More about it (-: standard input).")]
_KindFilter = Annotated[Kind | None, typer.Option("--kind", help="Only needs, or only offers.")]
_StatusFilter = Annotated[
    StatusName | None, typer.Option("--status", metavar="S", help="Only those that have come so far.")
]
_CategoryFilter = Annotated[str | None, typer.Option("--category", metavar="C", help="Only those of one category.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "post",
        examples=[
            'taboon post Harbour need --title "Water" --category water --quantity 60 --unit litre --urgency now',
            'taboon post Harbour offer --title "A van, evenings" --category move --area "North side"',
            "taboon post Harbour need --title -              reads the title from standard input",
        ],
    )(_post)
    command(
        app,
        "board",
        examples=[
            "taboon board Harbour",
            "taboon board Harbour --kind need --status open",
            "taboon board Harbour --offline --json",
        ],
    )(_board)
    command(app, "show", examples=["taboon show Harbour K7F2", 'taboon show Harbour "Water for"'])(_show)


def _post(
    errand: Errand,
    group: GroupRef,
    kind: _KindArgument,
    *,
    title: _Title,
    category: _Category = None,
    quantity: _Quantity = None,
    unit: _Unit = None,
    urgency: _UrgencyOption = None,
    area: _Area = None,
    note: _Note = None,
) -> Answer:
    """Post a need or an offer.

    Everyone in the group reads all of it: no names, addresses or diagnoses. It is saved at once, and goes out when the
    relay answers.
    """
    from taboon_client.board.kinds import Line, Need, Offer

    if unit is not None and quantity is None:
        raise UsageError("--unit says of what --quantity is: give both, or none")
    made = (Need if kind is Kind.NEED else Offer)(
        title=errand.text(title, "Title"),
        note="" if note is None else errand.text(note, "Note"),
        category=category or "",
        area=area or "",
        urgency="" if urgency is None else urgency.value,
        lines=() if quantity is None else (Line(quantity=quantity, unit=unit or ""),),
        created=errand.now,
    )
    place = errand.group(group)
    item = place.post(made)
    errand.send(place)
    people = People(place)

    def show() -> None:
        terminal.say(f"#{people.code(item)}  {item.kind} on the board: {terminal.member(item.title)}")

    return Answer({"group": shapes.group_ref(place), "item": shapes.item(item, people)}, show)


def _board(
    errand: Errand,
    group: GroupRef,
    *,
    kind: _KindFilter = None,
    status: _StatusFilter = None,
    category: _CategoryFilter = None,
) -> Answer:
    """See what is needed and on offer.

    The most urgent comes first, and of these the oldest.
    """
    place = errand.group(group)
    items = place.board(
        kind=None if kind is None else kind.value, status=None if status is None else status.value, category=category
    )
    people = People(place)

    def show() -> None:
        drawing.board(items, people, errand.now)
        terminal.hint(_count(items))

    return Answer({"group": shapes.group_ref(place), "items": [shapes.item(one, people) for one in items]}, show)


def _count(items: "list[Item]") -> str:
    if not items:
        return "Nothing here."
    counts: dict[str, int] = {}
    for one in items:
        counts[one.status.value] = counts.get(one.status.value, 0) + 1
    told = ", ".join(f"{counts[name.value]} {name.value}" for name in StatusName if name.value in counts)
    return f"{len(items)} item{'s' * (len(items) != 1)}: {told}."


def _show(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """See one item whole.

    What was written, who pledged what, what became of it, and what was said about it.
    """
    place = errand.group(group)
    found = place.item(item)
    people = People(place)

    def show() -> None:
        drawing.item(found, people, errand.now)

    return Answer({"group": shapes.group_ref(place), "item": shapes.item(found, people)}, show)
