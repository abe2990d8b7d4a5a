"""Sealed details: ``details``, ``change-details``, ``release-details``, ``share-details``."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from taboon_client.cli import drawing, reading, shapes, terminal
from taboon_client.cli.acting import act, pledge_by
from taboon_client.cli.arguments import GroupRef, ItemRef, Reason, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People
from taboon_client.errors import NotAllowedError

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board.item import Item

__all__ = ["register"]

_File = Annotated[
    str,
    typer.Argument(metavar="FILE|-", help="Lines such as “names: …”, “place: …”, “phone: …”; - is standard input."),
]
_To = Annotated[str | None, typer.Option("--to", metavar="MEMBER", help="To whom; whoever goes if left out.")]
_First = Annotated[bool, typer.Option("--first", help="Their pledge comes before every other from now on.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "details", examples=["taboon details Harbour K7F2"])(_details)
    command(
        app,
        "change-details",
        examples=["taboon change-details Harbour K7F2 -", "taboon change-details Harbour K7F2 where.txt"],
    )(_change)
    command(
        app,
        "release-details",
        examples=["taboon release-details Harbour K7F2", "taboon release-details Harbour K7F2 --to Basil --first"],
    )(_release)
    command(app, "share-details", examples=["taboon share-details Harbour K7F2"])(_share)


def _details(errand: Errand, group: GroupRef, item: ItemRef, *, yes: Yes = False) -> Answer:
    """Open the sealed details of an item: names, address, phone.

    Everyone in the group sees that you did, and when. Your own are opened without a trace.
    """
    place = errand.group(group)
    found = place.item(item)
    people = People(place)
    if not people.is_me(found.author):
        if not place.can_open_details(found):
            raise NotAllowedError(place.why_closed(found))
        errand.confirm("Everyone will see that you opened them. Open?", yes=yes)
    details = place.open_details(found)
    errand.send(place)
    questions = place.all_questions().values() if details.answers else ()
    told = reading.write_details(details, questions)
    asks = {f"answer {one.code}": one.labels.get("en") or next(iter(one.labels.values())) for one in questions}

    def show() -> None:
        for name, text in told:
            if name in asks:
                terminal.say(f"the group asks: {terminal.member(asks[name])}")
            terminal.say(f"{name}: {terminal.member(text)}")
        if not told:
            terminal.hint("The details say nothing.")

    data = {"code": people.code(found), "details": [list(pair) for pair in told]}
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _change(errand: Errand, group: GroupRef, item: ItemRef, file: _File, *, yes: Yes = False) -> Answer:
    """Put other details in the place of the sealed ones. Whoever could open the old ones can open these.

    Answers to the group's questions stay, unless there are others among the new ones: “answer stairs: yes”.
    """

    def do(place: "Group", found: "Item") -> "Item":
        details = errand.details(file, place)
        assert details is not None  # noqa: S101 - a file was named
        if not details.answers and any(one.sealed for one in place.all_questions().values()):
            if not People(place).is_me(found.author) and place.can_open_details(found):
                errand.confirm(
                    "To keep the answers in them you open the details. Everyone will see it. Go on?", yes=yes
                )
            if place.can_open_details(found):
                details = msgspec.structs.replace(details, answers=place.open_details(found).answers)
        return place.change_details(found, details)

    return act(errand, group, item, do, lambda *_: "details changed")


def _release(
    errand: Errand,
    group: GroupRef,
    item: ItemRef,
    *,
    to: _To = None,
    first: _First = False,
    reason: Reason = None,
    yes: Yes = False,
) -> Answer:
    """Release the details to whoever goes. From then on it is certain who that is.

    Before, it shows whose pledge came in late and yet stands first: nobody can prove when they pledged.
    """
    why = errand.optional(reason, "Reason")

    def do(place: "Group", found: "Item") -> "Item":
        people = People(place)
        for before, after in place.overtaken(found) if errand.human else ():
            late, early = drawing.who(before.author, people), drawing.who(after.author, people)
            terminal.hint(f"Look: this one came in later and stands before the other: {late}; {early}")
        pledge = None if to is None else pledge_by(place, found, to)
        errand.confirm(f"Release the details of: {terminal.member(found.title)}?", yes=yes)
        return place.release_details(found, None if pledge is None else pledge.name, first=first, reason=why)

    def said(done: "Item", people: People) -> str:
        given = [one.author for one in done.pledges if one.granted]
        return f"details released to {people.called(given[0])}" if given else "details released"

    return act(errand, group, item, do, said)


def _share(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Seal the details to those of the dispatch circle who lack them. A sync does it by itself, if it can."""
    place = errand.group(group)
    found = place.item(item)
    count = place.share_details(found)
    errand.send(place)

    def show() -> None:
        terminal.say(f"Sealed to {count} more of the dispatch circle." if count else "All of the circle have them.")

    return Answer({"group": shapes.group_ref(place), "code": People(place).code(found), "shared": count}, show)
