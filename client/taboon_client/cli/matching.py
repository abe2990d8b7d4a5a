"""Who could help with what: ``match``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taboon_client.cli import reading, shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.looking import codes_of
from taboon_client.cli.people import People
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.blocking import Group
    from taboon_client.views.matching import Helping, Match

__all__ = ["Language", "register"]


class Language(StrEnum):
    """In which language it is said."""

    ENGLISH = "en"
    ARABIC = "ar"


_Item = Annotated[
    str | None, typer.Argument(metavar="ITEM", help="A need: offers for it. An offer: needs that it fits.")
]
_Me = Annotated[bool, typer.Option("--me", help="Needs that I could go for.")]
_Member = Annotated[
    str | None, typer.Option("--member", metavar="MEMBER", help="Needs that fit what somebody else offers.")
]
_Can = Annotated[
    list[str] | None, typer.Option("--can", metavar="C", help="With --me: what I can help with, by code or word.")
]
_Areas = Annotated[list[str] | None, typer.Option("--area", metavar="A", help="With --me: where I can go.")]
_Speak = Annotated[list[str] | None, typer.Option("--speak", metavar="L", help="With --me: a language: ar, en.")]
_Skills = Annotated[
    list[str] | None,
    typer.Option(
        "--skill", metavar="S", help="With --me: vehicle, lifting, woman, medic, language, tools, night, two-people …"
    ),
]
_Hours = Annotated[
    list[str] | None, typer.Option("--hours", metavar="H", help="With --me: when I can come: “mon,wed 18:00-20:30”.")
]
_Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=0, max=1000, help="With --me: pledges I want to hold at most.")
]
_Most = Annotated[int, typer.Option("--most", metavar="N", min=1, max=100, help="How many to show.")]
_Language = Annotated[Language, typer.Option("--language", help="In which language to say why.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "match",
        examples=[
            "taboon match Harbour K7F2                                   offers that fit this need, and why",
            "taboon match Harbour --me --can food --area Hill --speak ar --skill vehicle",
            "taboon match Harbour --me                                   the same again: it is remembered here",
            "taboon match Harbour --member Basil                         needs that fit what Basil offers",
        ],
    )(_match)


def _match(
    errand: Errand,
    group: GroupRef,
    item: _Item = None,
    *,
    me: _Me = False,
    member: _Member = None,
    can: _Can = None,
    area: _Areas = None,
    speak: _Speak = None,
    skill: _Skills = None,
    hours: _Hours = None,
    limit: _Limit = None,
    most: _Most = 10,
    language: _Language = Language.ENGLISH,
) -> Answer:
    """See what fits: offers for a need, or needs for somebody.

    Each with its reasons, the best first. It is worked out on this device. What you say after --me is remembered in
    your vault and sent to nobody; what you offer on the board counts too. Nobody is given a score.
    """
    if (item is not None) + me + (member is not None) != 1:
        raise UsageError("name an item, or take --me or --member: one of the three")
    said: dict[str, Any] = {"categories": can, "areas": area, "languages": speak, "skills": skill, "limit": limit}
    said["hours"] = [reading.hours_of(one) for one in hours if one] if hours is not None else None
    said = {name: value for name, value in said.items() if value is not None}
    if said and not me:
        raise UsageError("what somebody can help with is said with --me")
    place = errand.group(group)
    if said:
        place.set_helping(_helping(place, said))
    matches = _matches(place, item, member, most)
    people = People(place)
    why = _speaker(place, language.value)

    def show() -> None:
        for match in matches:
            one = match.item
            cells = (Cell(f"#{people.code(one)}", "cyan"), Cell(one.kind), Cell(one.urgency or "-"))
            terminal.rows([(cells, one.title)], fit=True)
            for reason in match.reasons:
                terminal.say(f"    {why(reason)}")
        terminal.hint(f"{len(matches)} that fit, the best first." if matches else "Nothing on the board fits.")

    told = [
        {
            "item": shapes.item(match.item, people),
            "points": match.points,
            "reasons": [
                {"id": reason.id, "points": reason.points, "detail": reason.detail, "text": why(reason)}
                for reason in match.reasons
            ],
        }
        for match in matches
    ]
    return Answer({"group": shapes.group_ref(place), "matches": told}, show)


def _matches(place: "Group", item: str | None, member: str | None, most: int) -> "list[Match]":
    if item is None:
        return place.needs_for(place.person(None if member is None else place.member(member).identity), most)
    found = place.item(item)
    if found.kind == "need":
        return place.offers_for(found, most)
    from taboon_client.views.matching import Helping, person_of

    return place.needs_for(person_of(found.author, [found], Helping()), most)


def _helping(place: "Group", said: dict[str, Any]) -> "Helping":
    """Return what was remembered, with what is said now in its place."""
    import msgspec

    from taboon_client.errors import FieldError
    from taboon_client.views.matching import Helping

    given = {name: tuple(filter(None, value)) if isinstance(value, list) else value for name, value in said.items()}
    if isinstance(can := given.get("categories"), tuple):
        given["categories"] = codes_of(can, place.categories())
    try:
        return msgspec.convert(msgspec.to_builtins(place.helping()) | msgspec.to_builtins(given), Helping)
    except msgspec.ValidationError:
        raise FieldError("helping", "at most 30 words of 64 characters each") from None


def _speaker(place: "Group", language: str) -> "Callable[..., str]":
    from taboon_client.views.wording import say_reason

    categories = place.categories()

    def category(code: str) -> str:
        term = categories.now(code)
        return terminal.member(code if term is None else term.label(language))

    return lambda reason: say_reason(reason, language, category, terminal.member)
