"""Items: ``post``, ``edit``, ``show``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from taboon_client.cli import drawing, guide, shapes, terminal
from taboon_client.cli.arguments import GroupRef, ItemRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.fields import said_of, with_fields
from taboon_client.cli.people import People
from taboon_client.errors import NotAllowedError

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Opening
    from taboon_client.board.item import Item
    from taboon_client.board.openings import Edit
    from taboon_client.cli.answers import Answered

__all__ = ["Kind", "StatusName", "register"]

_YES: Final = ("y", "yes")
_ASKS: Final = {
    "urgency_reason": "Say why it is for now, so that others can judge: “taboon edit … --why”.",
    "consent": "Ask them whether this may be told, and note it: “taboon edit … --agreed”.",
}


class Kind(StrEnum):
    """What is posted."""

    NEED = "need"
    OFFER = "offer"
    STANDING = "standing"
    LOAN = "loan"


class Language(StrEnum):
    """In which language who goes is said."""

    ENGLISH = "en"
    ARABIC = "ar"


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


_KindArgument = Annotated[
    Kind,
    typer.Argument(
        metavar="need|offer|standing|loan",
        help="What it is: a need, an offer, one that stands again and again, or something to borrow.",
    ),
]
_Title = Annotated[
    str | None,
    typer.Option(
        "--title", metavar="T", help="What, in a line that all in the group may read (-: input). Without it: questions."
    ),
]
_NewTitle = Annotated[str | None, typer.Option("--title", metavar="T", help="Another title (-: standard input).")]
_Details = Annotated[
    str | None,
    typer.Option(
        "--details",
        metavar="FILE|-",
        help="What only those read who must know, from a file or standard input: names, place, access, phone, note.",
    ),
]

_Original = Annotated[
    str | None,
    typer.Option("--original", metavar="TEXT", help="The text as it came, in its own language (-: standard input)."),
]
_Language = Annotated[Language, typer.Option("--language", help="Say who goes and why in English or Arabic.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "post",
        examples=[
            "taboon post Harbour need                        asks for what matters, a question at a time",
            'taboon post Harbour need --title "Water" --category water --quantity 60 --unit litre --urgency now',
            'taboon post Harbour offer --title "A van, evenings" --category move --area "North side"',
            'taboon post Harbour need --title "Insulin" --line "2 box: insulin" --line "20 box: needles" --details -',
            "taboon post Harbour need --title -              reads the title from standard input",
        ],
    )(with_fields(_post))
    command(
        app,
        "edit",
        examples=["taboon edit Harbour K7F2 --quantity 40 --urgency soon", 'taboon edit Harbour K7F2 --area "Hill"'],
    )(with_fields(_edit))
    command(
        app,
        "show",
        examples=[
            "taboon show Harbour K7F2",
            'taboon show Harbour "Water for"',
            "taboon show Harbour K7F2 --language ar",
        ],
    )(_show)


def _post(
    errand: Errand,
    group: GroupRef,
    kind: _KindArgument,
    *,
    title: _Title = None,
    details: _Details = None,
    original: _Original = None,
    yes: Yes = False,
    **fields: Any,
) -> Answer:
    """Post a need or an offer.

    Everyone in the group reads all of it, but for the details: names, addresses and diagnoses belong there. They are
    lines such as “names: Um Ali”, “place: 3 Mill Lane, second floor”, “phone: 0599 123 456”. It is saved at once, and
    goes out when the relay answers.
    """
    from taboon_client.board.openings import LoanOffer, Need, Offer, StandingOffer
    from taboon_client.cli.answers import Answered

    kinds: dict[Kind, type[Opening]] = {
        Kind.NEED: Need,
        Kind.OFFER: Offer,
        Kind.STANDING: StandingOffer,
        Kind.LOAN: LoanOffer,
    }
    place = errand.group(group)
    if title is None:
        titled = guide.ask_for_title(errand, kind.value)
        fields = guide.ask_for_fields(errand, place, kind.value, titled, fields)
        if details is None and errand.ask("Is there a name, an address or a phone to seal? [y/N] ").lower() in _YES:
            details = "-"
    else:
        titled = errand.text(title, "Title")
    answered = Answered(place, fields.get("answers") or ())
    came = errand.optional(original, "Original")
    made = kinds[kind](title=titled, created=errand.now, original=came, **said_of(errand, place, fields))
    sealed = errand.details(details, place)
    made = _asked(errand, made, answered)
    sealed = answered.into(sealed)
    missing = answered.missing(made)
    found = _exposed(errand, made, yes=yes)
    alike = _alike(place, made)
    if alike:
        codes = People(place)
        for one in alike:
            terminal.hint(f"Looks like #{codes.code(one)}: {terminal.member(one.title)}") if errand.human else None
        errand.confirm("Post it all the same? (“taboon edit” updates the other one)", yes=yes)
    item = place.post(made, details=sealed)
    errand.send(place)
    people = People(place)

    def show() -> None:
        terminal.say(f"#{people.code(item)}  {item.kind} on the board: {terminal.member(item.title)}")
        for asked in filter(None, map(_ASKS.get, made.asks())):
            terminal.hint(asked)
        for one in missing:
            label = terminal.member(one.labels.get("en") or next(iter(one.labels.values())))
            terminal.hint(f"Left out, and the group asks it (“taboon edit … --answer {one.code}=…”): {label}")
        if made.category and not place.categories().find(made.category):
            terminal.hint("The group has no such category: “taboon categories” shows them, “taboon edit” changes it.")

    data = {
        "item": shapes.item(item, people),
        "alike": [people.code(one) for one in alike],
        "exposed": len(found),
        "asks": [*made.asks(), *(f"answers.{one.code}" for one in missing)],
    }
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _asked(errand: Errand, made: "Opening", answered: "Answered") -> "Opening":
    """Ask at a terminal for what should not be left out; nothing is refused for lack of it."""
    import msgspec

    from taboon_client.board.fields import Consent

    if errand.human and terminal.interactive():
        if "urgency_reason" in made.asks():
            made = msgspec.structs.replace(made, urgency_reason=errand.ask("Why now, and what happens otherwise? "))
        if "consent" in made.asks() and errand.ask("Were they asked, and did they agree? [y/N] ").lower() in _YES:
            made = msgspec.structs.replace(made, consent=Consent(asked=True))
        answered.ask(errand, made)
    return msgspec.structs.replace(made, answers=answered.open)


def _exposed(errand: Errand, said: "Opening | Edit", *, yes: bool) -> tuple[str, ...]:
    """Show what everybody in the group could call or find somebody by, before it is posted."""
    from taboon_client.views.exposed import exposed

    found = exposed(said)
    if found and errand.human:
        for piece in found:
            terminal.hint(f"Everybody in the group would read: {terminal.member(piece)}")
        terminal.hint("Numbers and addresses belong into the sealed details: --details, or “taboon change-details”.")
        errand.confirm("Leave it in the open?", yes=yes)
    return found


def _alike(place: "Group", made: "Opening") -> "list[Item]":
    found = place.alike(made)
    items = {item.id: item for item in place.board()} if found else {}
    return [items[one.id] for one in found]


def _edit(
    errand: Errand, group: GroupRef, item: ItemRef, *, title: _NewTitle = None, yes: Yes = False, **fields: Any
) -> Answer:
    """Change what an item of yours says.

    What you leave out stays as it is. Of the lines none goes: --quantity and --line change the first ones in their
    order.
    """
    from taboon_client.board.openings import Edit
    from taboon_client.cli.answers import Answered

    place = errand.group(group)
    found = place.item(item)
    titled = {} if title is None else {"title": errand.text(title, "Title")}
    answered = Answered(place, fields.get("answers") or ())
    said = titled | said_of(errand, place, fields)
    if answered.open:
        said["answers"] = answered.beside(found)
    if not said and not answered.sealed:
        raise UsageError("say what is to be another: --title, --quantity, --area … (“taboon edit --help”)")
    if "lines" in said:
        said["lines"] = _lines_after(found, said["lines"])
    people = People(place)
    if answered.sealed and not people.is_me(found.author):
        if not place.can_open_details(found):
            raise NotAllowedError(place.why_closed(found))
        errand.confirm("That answer is sealed. Everyone will see that you opened the details. Go on?", yes=yes)
    done = found
    if said:
        edit = Edit(**said)
        _exposed(errand, edit, yes=yes)
        done = place.edit(found, edit)
    if answered.sealed:
        changed = answered.into(place.open_details(found))
        assert changed is not None  # noqa: S101 - it has the answer that was given
        done = place.change_details(found, changed)
    errand.send(place)

    def show() -> None:
        terminal.say(f"#{people.code(done)}  changed: {terminal.member(done.title)}")

    return Answer({"group": shapes.group_ref(place), "item": shapes.item(place.item(done.id), people)}, show)


def _lines_after(item: "Item", wanted: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an item's lines with the first ones changed; what an option does not say of a line stays."""
    from taboon_client.board import Line

    lines = [
        Line(
            quantity=old.quantity,
            unit=old.unit,
            name=old.name,
            form=old.form,
            category=old.category,
            people=old.people,
        )
        for old in item.lines
    ]
    for place, new in enumerate(wanted):
        if place == len(lines):
            lines.append(new)
            continue
        old = lines[place]
        lines[place] = Line(
            quantity=new.quantity,
            unit=new.unit or old.unit,
            name=new.name or old.name,
            form=new.form or old.form,
            category=new.category or old.category,
            people=new.people or old.people,
        )
    return tuple(lines)


def _show(errand: Errand, group: GroupRef, item: ItemRef, *, language: _Language = Language.ENGLISH) -> Answer:
    """See one item whole.

    What was written, who goes and why, what became of it, and what was said about it.
    """
    place = errand.group(group)
    found = place.item(item)
    people = People(place)
    around = drawing.Around.of(place, found, people)

    def show() -> None:
        drawing.item(found, people, errand.now, around, language.value)

    data = shapes.item(found, people) | {
        "explained": drawing.explained(found, people, language.value),
        "merged": [people.code(one) for one in around.merged],
        "overtaken": [
            {"before": people.data(before.author), "after": people.data(after.author)}
            for before, after in around.overtaken
        ],
    }
    return Answer({"group": shapes.group_ref(place), "item": data}, show)
