"""Talking about an item: in the open, about asking again, and to a few."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import drawing, reading, shapes, terminal
from taboon_client.cli.acting import act, pledge_by
from taboon_client.cli.arguments import GroupRef, ItemRef, MemberRef, Reason
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board.item import Item

__all__ = ["register"]

_Text = Annotated[str, typer.Argument(metavar="TEXT|-", help="What you want to say; - reads it from standard input.")]
_Answered = Annotated[
    str, typer.Argument(metavar="[TEXT|-]", help="What the answer was; - reads it from standard input.")
]
_When = Annotated[str, typer.Argument(metavar="TIME", help="When: 2026-03-01, “2026-03-01 18:00”, +2d.")]
_Lift = Annotated[bool, typer.Option("--lift", help="They may be sent after all.")]
_Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What to ask (-: standard input).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "comment",
        examples=['taboon comment Harbour K7F2 "at the blue gate"', "taboon comment Harbour K7F2 - < answer.txt"],
    )(_comment)
    command(app, "thread", examples=["taboon thread Harbour K7F2"])(_thread)
    command(app, "outcome", examples=['taboon outcome Harbour K7F2 "the tank is back, thank you all"'])(_outcome)
    command(app, "follow-up", examples=['taboon follow-up Harbour K7F2 +2d --note "did the insulin last?"'])(_follow_up)
    command(app, "asked", examples=['taboon asked Harbour K7F2 "yes, until Friday"'])(_asked)
    command(app, "follow-ups", examples=["taboon follow-ups Harbour"])(_follow_ups)
    command(app, "thanks", examples=['taboon thanks Harbour K7F2 Basil "you came at night"'])(_thanks)
    command(app, "no-show", examples=['taboon no-show Harbour K7F2 Basil --reason "nobody came on Tuesday"'])(_no_show)
    command(
        app,
        "not-with",
        examples=[
            "taboon not-with Harbour K7F2 Basil",
            "taboon not-with Harbour K7F2 Basil --reason - < why.txt",
            "taboon not-with Harbour K7F2 Basil --lift",
        ],
    )(_not_with)
    command(app, "notes", examples=["taboon notes Harbour K7F2"])(_notes)


def _comment(errand: Errand, group: GroupRef, item: ItemRef, text: _Text) -> Answer:
    """Say something about an item. Everyone in the group reads it."""
    said = errand.text(text, "Comment")
    return act(errand, group, item, lambda place, found: place.comment(found, said), lambda *_: "you commented")


def _thread(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Read all that was said about an item, the oldest first."""
    place = errand.group(group)
    found = place.item(item)
    said = place.thread(found)
    people = People(place)

    def show() -> None:
        for comment in said:
            drawing.comment(comment, people, errand.now)
        if not said:
            terminal.hint("Nobody has said anything yet.")

    comments = [shapes.comment(comment, people) for comment in said]
    return Answer({"group": shapes.group_ref(place), "code": people.code(found), "comments": comments}, show)


def _outcome(errand: Errand, group: GroupRef, item: ItemRef, text: _Text) -> Answer:
    """Tell everyone who touched an item what became of it."""
    said = errand.text(text, "Outcome")
    return act(errand, group, item, lambda place, found: place.outcome(found, said), lambda *_: "you told what became")


def _follow_up(errand: Errand, group: GroupRef, item: ItemRef, when: _When, *, note: _Note = None) -> Answer:
    """Ask that somebody asks again on a day. “taboon follow-ups” lists them."""
    at = reading.moment(when, errand.now, "TIME")
    said = errand.optional(note, "Note")
    return act(
        errand,
        group,
        item,
        lambda place, found: place.follow_up(found, at, said),
        lambda *_: f"to be asked again {terminal.when(at)}",
    )


def _asked(errand: Errand, group: GroupRef, item: ItemRef, text: _Answered = "") -> Answer:
    """Say that you have asked again, and what the answer was."""
    said = errand.text(text, "Answer")
    return act(errand, group, item, lambda place, found: place.followed_up(found, said), lambda *_: "asked again")


def _follow_ups(errand: Errand, group: GroupRef) -> Answer:
    """See whom to ask again, the earliest first."""
    place = errand.group(group)
    queue = place.follow_ups()
    people = People(place)

    def show() -> None:
        terminal.rows(
            [
                (
                    (
                        terminal.Cell(f"#{people.code(item)}", "cyan"),
                        terminal.Cell(terminal.when(one.when)),
                        terminal.Cell("due" if one.when <= errand.now else "", "yellow"),
                    ),
                    " – ".join(filter(None, (item.title, one.note))),
                )
                for item, one in queue
            ]
        ) if queue else terminal.hint("Nobody is to be asked again.")

    told = [
        {
            "item": shapes.item(item, people),
            "when": terminal.instant(one.when),
            "note": one.note,
            "author": people.data(one.author),
        }
        for item, one in queue
    ]
    return Answer({"group": shapes.group_ref(place), "follow_ups": told}, show)


def _thanks(errand: Errand, group: GroupRef, item: ItemRef, member: MemberRef, text: _Text) -> Answer:
    """Thank somebody for their help. Only they read it."""
    from taboon_client.board import PrivateNote
    from taboon_client.library.finding import one_member

    said = errand.text(text, "Thanks")

    def do(place: "Group", found: "Item") -> "Item":
        who = one_member(list(place.people().values()), member).identity
        pledge = next((pledge.name for pledge in found.pledges if pledge.author == who), b"")
        return place.private_note(found, PrivateNote(about="thanks", text=said, pledge=pledge), [who])

    return act(errand, group, item, do, lambda *_: "you thanked them")


def _no_show(errand: Errand, group: GroupRef, item: ItemRef, member: MemberRef, *, reason: Reason = None) -> Answer:
    """Say that somebody did not come. Whoever posted it and the dispatch circle read it, and nobody else.

    It is for those who send people out, not for blame: their pledge stays as it is until it lapses or is released.
    """
    from taboon_client.board import PrivateNote

    why = errand.optional(reason, "Reason")

    def do(place: "Group", found: "Item") -> "Item":
        pledge = pledge_by(place, found, member)
        note = PrivateNote(about="no-show", text=why, pledge=pledge.name, people=(pledge.author,))
        return place.private_note(found, note)

    return act(errand, group, item, do, lambda *_: "noted, for those who send people out")


def _not_with(
    errand: Errand, group: GroupRef, item: ItemRef, member: MemberRef, *, reason: Reason = None, lift: _Lift = False
) -> Answer:
    """Say whom not to send. Whoever posted it and the dispatch circle read it, without the one it is about.

    Their devices recommend that one no longer for this item, and say nothing of why. It counts from whoever posted the
    item and from the dispatch circle.
    """
    from taboon_client.board import PrivateNote
    from taboon_client.board.details import MAY_GO, NOT_WITH

    why = errand.optional(reason, "Reason")

    def do(place: "Group", found: "Item") -> "Item":
        who = place.member(member, whole=True).identity
        return place.private_note(found, PrivateNote(about=MAY_GO if lift else NOT_WITH, text=why, people=(who,)))

    return act(errand, group, item, do, lambda *_: "noted, for those who send people out")


def _notes(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Read what was said about an item for you alone."""
    place = errand.group(group)
    found = place.item(item)
    notes = place.private_notes(found)
    people = People(place)

    def show() -> None:
        for author, note in notes:
            about = f", about {' '.join(drawing.who(one, people) for one in note.people)}" if note.people else ""
            terminal.say(f"{note.about}{about}, by {drawing.who(author, people)}")
            terminal.say(terminal.paragraph(note.text, "    ")) if note.text else None
        if not notes:
            terminal.hint("Nothing here is for you alone.")

    told = [
        {
            "about": note.about,
            "text": note.text,
            "author": people.data(author),
            "people": [people.data(one) for one in note.people],
        }
        for author, note in notes
    ]
    return Answer({"group": shapes.group_ref(place), "code": people.code(found), "notes": told}, show)
