"""Helping: ``pledge``, ``release``, ``going``, ``deliver``, ``confirm``, ``reject``, ``returned``, ``lapse``."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import drawing, reading
from taboon_client.cli.acting import act, pledge_by
from taboon_client.cli.arguments import GroupRef, ItemRef, MemberRef, Reason
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People

if TYPE_CHECKING:
    from taboon_client.board.item import Item

__all__ = ["register"]

_Quantity = Annotated[
    int | None, typer.Option("--quantity", metavar="N", min=1, help="Only so many; all of it if left out.")
]
_Day = Annotated[
    str, typer.Option("--day", metavar="DAY", help="Of what comes again: the one day it is for, as in 2026-03-01.")
]
_By = Annotated[str | None, typer.Option("--by", metavar="TIME", help="When you mean to hand over: 18:00, +2d.")]
_Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Until when it holds unless you say more; then others may step in."),
]
_Hours = Annotated[list[str] | None, typer.Option("--hours", metavar="H", help="When you can travel: 18:00-20:00.")]
_Company = Annotated[bool, typer.Option("--company", help="You would rather not go alone.")]
_Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="More about it (-: standard input).")]
_Whose = Annotated[
    str, typer.Argument(metavar="[MEMBER]", help="Whose pledge, where several said so: a name, a tag, the beginning.")
]
_Borrower = Annotated[str | None, typer.Option("--from", metavar="MEMBER", help="Who had borrowed it, if several did.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "pledge",
        examples=[
            "taboon pledge Harbour K7F2",
            "taboon pledge Harbour K7F2 --quantity 20 --by 18:00",
            "taboon pledge Harbour K7F2 --day 2026-03-01",
        ],
    )(_pledge)
    command(
        app, "release", examples=["taboon release Harbour K7F2", 'taboon release Harbour K7F2 --reason "road closed"']
    )(_release)
    command(app, "going", examples=["taboon going Harbour K7F2", "taboon going Harbour K7F2 --by +2h"])(_going)
    command(app, "deliver", examples=["taboon deliver Harbour K7F2"])(_deliver)
    command(app, "confirm", examples=["taboon confirm Harbour K7F2"])(_confirm)
    command(
        app,
        "reject",
        examples=["taboon reject Harbour K7F2", 'taboon reject Harbour K7F2 Basil --reason "nobody came"'],
    )(_reject)
    command(app, "returned", examples=["taboon returned Harbour K7F2", "taboon returned Harbour K7F2 --from Basil"])(
        _returned
    )
    command(app, "lapse", examples=['taboon lapse Harbour K7F2 Basil --reason "two days without a word"'])(_lapse)
    command(app, "contest", examples=["taboon contest Harbour K7F2"])(_contest)


def _pledge(
    errand: Errand,
    group: GroupRef,
    item: ItemRef,
    *,
    quantity: _Quantity = None,
    day: _Day = "",
    by: _By = None,
    until: _Until = None,
    hours: _Hours = None,
    company: _Company = False,
    note: _Note = None,
) -> Answer:
    """Promise to cover an item, or part of it.

    If someone has promised the same before you, you stand by: you go if they do not.
    """
    from taboon_client.board import Pledge

    said = Pledge(
        day=day,
        expected=0 if by is None else reading.moment(by, errand.now, "--by"),
        lease=0 if until is None else reading.moment(until, errand.now, "--until"),
        hours=tuple(map(reading.hours_of, hours or ())),
        company=company,
        note="" if note is None else errand.text(note, "Note"),
    )
    return act(
        errand, group, item, lambda place, found: place.pledge(found, quantity, said=said), _where_i_stand, _whom_to_ask
    )


def _where_i_stand(item: "Item", people: People) -> str:
    mine = [one for one in item.pledges if people.is_me(one.author)]
    # Those that hold come before those that were given back.
    return drawing.my_part(mine[0], item) if mine else "pledged"


def _whom_to_ask(item: "Item", people: People) -> str:
    mine = [one for one in item.pledges if people.is_me(one.author)]
    if people.is_me(item.author) or not mine or not mine[0].taken or mine[0].granted:
        return ""
    return "You go. Names and address are released by whoever posted it or the dispatch circle: they read your pledge."


def _release(errand: Errand, group: GroupRef, item: ItemRef, *, day: _Day = "", reason: Reason = None) -> Answer:
    """Give your pledge back. Nobody has to say why; whoever stands by is told."""
    why = errand.optional(reason, "Reason")
    return act(
        errand, group, item, lambda place, found: place.release(found, why, day=day), lambda *_: "you gave it back"
    )


def _going(errand: Errand, group: GroupRef, item: ItemRef, *, by: _By = None, until: _Until = None) -> Answer:
    """Say that you are on the way. The others then leave it to you."""
    expected = 0 if by is None else reading.moment(by, errand.now, "--by")
    lease = 0 if until is None else reading.moment(until, errand.now, "--until")
    return act(
        errand, group, item, lambda place, found: place.go(found, expected=expected, lease=lease), _where_i_stand
    )


def _deliver(errand: Errand, group: GroupRef, item: ItemRef, *, day: _Day = "", note: _Note = None) -> Answer:
    """Say that you have handed over what you pledged."""
    said = errand.optional(note, "Note")
    return act(
        errand, group, item, lambda place, found: place.deliver(found, said, day=day), lambda *_: "you handed it over"
    )


def _confirm(errand: Errand, group: GroupRef, item: ItemRef, *, day: _Day = "", note: _Note = None) -> Answer:
    """Say that what you asked for has arrived."""
    said = errand.optional(note, "Note")
    return act(
        errand,
        group,
        item,
        lambda place, found: place.confirm(found, said, day=day),
        lambda done, _: f"arrived, {done.status.value}",
    )


def _reject(
    errand: Errand,
    group: GroupRef,
    item: ItemRef,
    member: _Whose = "",
    *,
    day: _Day = "",
    reason: Reason = None,
) -> Answer:
    """Say that what was said to be handed over did not arrive.

    Whoever posted it and the dispatch circle can say that, until it is confirmed. The pledge then holds as before, and
    counts as handed over again only when you confirm it.
    """
    why = errand.optional(reason, "Reason")
    return act(
        errand,
        group,
        item,
        lambda place, found: place.reject(
            found, pledge_by(place, found, member).name if member else None, why, day=day
        ),
        lambda done, _: f"nothing arrived, {done.status.value}",
    )


def _returned(
    errand: Errand, group: GroupRef, item: ItemRef, *, borrower: _Borrower = None, note: _Note = None
) -> Answer:
    """Say that what was borrowed came back. It is free again."""
    said = errand.optional(note, "Note")
    return act(
        errand,
        group,
        item,
        lambda place, found: place.returned(
            found, None if borrower is None else pledge_by(place, found, borrower).name, said
        ),
        lambda *_: "it came back",
    )


def _lapse(errand: Errand, group: GroupRef, item: ItemRef, member: MemberRef, *, reason: Reason = None) -> Answer:
    """Say that somebody's pledge has lapsed. Whoever stands by then goes.

    No clock does that: whoever posted it, the dispatch circle or whoever stands by says so, and the one whose pledge
    it was may contest it.
    """
    why = errand.optional(reason, "Reason")
    return act(
        errand,
        group,
        item,
        lambda place, found: place.lapse(found, pledge_by(place, found, member).name, why),
        lambda *_: "that pledge has lapsed",
    )


def _contest(errand: Errand, group: GroupRef, item: ItemRef, *, reason: Reason = None) -> Answer:
    """Say that your pledge still stands, though it was said to lapse."""
    why = errand.optional(reason, "Reason")
    return act(errand, group, item, lambda place, found: place.contest(found, why), _where_i_stand)
