"""Looking at the board: ``board``, ``views``, ``search``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import drawing, reading, shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.fields import Urgency
from taboon_client.cli.items import Kind, StatusName
from taboon_client.cli.people import People

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Vocabulary
    from taboon_client.views.filters import View

__all__ = ["Sort", "codes_of", "register"]


class Sort(StrEnum):
    """What comes first."""

    URGENCY = "urgency"
    OLDEST = "oldest"
    NEWEST = "newest"
    LATEST = "latest"
    NEEDED = "needed"


_Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="Only needs, offers, standing offers or loans.")]
_Statuses = Annotated[
    list[StatusName] | None,
    typer.Option("--status", metavar="S", help="Only those that have come so far: open, partly, covered, done."),
]
_All = Annotated[bool, typer.Option("--all", help="Those that are closed, too.")]
_Categories = Annotated[
    list[str] | None, typer.Option("--category", metavar="C", help="Only of this category, by code or word.")
]
_Areas = Annotated[list[str] | None, typer.Option("--area", metavar="A", help="Only in this area.")]
_Urgencies = Annotated[list[Urgency] | None, typer.Option("--urgency", help="Only what can wait so long.")]
_Languages = Annotated[
    list[str] | None, typer.Option("--language", metavar="L", help="Only where this is spoken or written: ar, en.")
]
_Mine = Annotated[bool, typer.Option("--mine", help="Only what I posted or pledged for.")]
_Pledged = Annotated[bool, typer.Option("--pledged", help="Only what I pledged for.")]
_Open = Annotated[bool, typer.Option("--open", help="Only where something is still to be pledged.")]
_Unanswered = Annotated[bool, typer.Option("--unanswered", help="Only what nobody has answered.")]
_Stale = Annotated[bool, typer.Option("--stale", help="Only what nobody has confirmed lately.")]
_Due = Annotated[bool, typer.Option("--due", help="Only where somebody is to ask again by now.")]
_NeededBy = Annotated[
    str | None, typer.Option("--needed-by", metavar="TIME", help="Only what is needed by then: 18:00, +2d.")
]
_Text = Annotated[str | None, typer.Option("--text", metavar="TEXT", help="Only what speaks of this (-: input).")]
_Sort = Annotated[Sort | None, typer.Option("--sort", help="What comes first; needed: what is due first.")]
_Coverage = Annotated[bool, typer.Option("--coverage", help="Show how much of each line is pledged and delivered.")]
_View = Annotated[str | None, typer.Option("--view", metavar="NAME", help="The view that was saved as that.")]
_Save = Annotated[
    str | None, typer.Option("--save", metavar="NAME", help="Save these filters as a view, on this device.")
]
_Delete = Annotated[str | None, typer.Option("--delete", metavar="NAME", help="Forget this view.")]
_Query = Annotated[
    list[str], typer.Argument(metavar="TEXT", help="Words in any order, or the beginning of them (-: input).")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "board",
        examples=[
            "taboon board Harbour",
            "taboon board Harbour --kind need --open --sort oldest       open needs by age",
            "taboon board Harbour --category med --area Hill --save clinic",
            "taboon board Harbour --view clinic --coverage",
            "taboon board Harbour --stale --mine                         what I should say again",
            "taboon board Harbour --offline --json",
        ],
    )(_board)
    command(app, "views", examples=["taboon views Harbour", "taboon views Harbour --delete clinic"])(_views)
    command(
        app,
        "search",
        examples=["taboon search Harbour insulin", "taboon search Harbour خبز", "taboon search Harbour -"],
    )(_search)


def _board(
    errand: Errand,
    group: GroupRef,
    *,
    kind: _Kinds = None,
    status: _Statuses = None,
    closed: _All = False,
    category: _Categories = None,
    area: _Areas = None,
    urgency: _Urgencies = None,
    language: _Languages = None,
    mine: _Mine = False,
    pledged: _Pledged = False,
    unpledged: _Open = False,
    unanswered: _Unanswered = False,
    stale: _Stale = False,
    due: _Due = False,
    needed_by: _NeededBy = None,
    text: _Text = None,
    sort: _Sort = None,
    coverage: _Coverage = False,
    view: _View = None,
    save: _Save = None,
) -> Answer:
    """See what is needed and on offer.

    The most urgent comes first, and of these the oldest. What is closed is left out. An option can be given again for
    more of the same: --category med --category food. Filters are added to those of --view. A saved view stays on this
    device; one with --needed-by +2d means two days from whenever you look.
    """
    from taboon_client.views.filters import Order, View

    words = None if text is None else errand.text(text, "Search for")
    when = None if needed_by is None else reading.moment(needed_by, errand.now, "--needed-by")
    relative = needed_by is not None and needed_by.startswith("+")
    place = errand.group(group)
    base = View() if view is None else place.view(view)
    given = {
        "kinds": _values(kind),
        "statuses": _values(status),
        "categories": codes_of(category, place.categories()) if category else (),
        "areas": codes_of(area, place.areas()) if area else (),
        "urgencies": _values(urgency),
        "languages": tuple(language or ()),
        "closed": closed,
        "mine": mine,
        "pledged": pledged,
        "unpledged": unpledged,
        "nobody": unanswered,
        "stale": stale,
        "due": due,
        "needed_by": 0 if relative or when is None else when,
        "needed_within": when - errand.now if relative and when is not None else 0,
        "text": words or "",
        "order": None if sort is None else Order(sort.value),
    }
    wanted = _changed(base, {name: value for name, value in given.items() if value})
    if save is not None:
        place.save_view(save, wanted)
    items = place.look(wanted)
    people = People(place)
    fresh = place.freshness()

    def show() -> None:
        if coverage:
            drawing.coverage(items, people)
        else:
            drawing.board(items, people, errand.now, fresh)
        terminal.hint(_count(items))
        if save is not None:
            terminal.hint(f"Saved: taboon board {terminal.member(group)} --view {terminal.member(save.strip())}")

    data = _told(errand, items, people)
    if save is not None:
        data["view"] = shapes.view(save.strip(), wanted)
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _told(errand: Errand, items: "list[Item]", people: People) -> dict[str, object]:
    """Return the items for machines, where one asks: of a long board they take as long as all the rest."""
    return {} if errand.human else {"items": [shapes.item(one, people) for one in items]}


def _changed(base: "View", given: "dict[str, object]") -> "View":
    import msgspec

    return msgspec.structs.replace(base, **given)


def _values(chosen: "Iterable[StrEnum] | None") -> tuple[str, ...]:
    return tuple(one.value for one in chosen or ())


def codes_of(typed: "Iterable[str]", terms: "Vocabulary") -> tuple[str, ...]:
    """Return the codes that somebody may mean, and what they typed: an older item may say just that."""
    codes = []
    for text in filter(None, typed):
        found = terms.find(text) or terms.find(f"ال{text}")
        codes += [text, *(term.code for term in found)]
    return tuple(dict.fromkeys(codes))


def _count(items: "list[Item]") -> str:
    if not items:
        return "Nothing here."
    counts: dict[str, int] = {}
    for one in items:
        counts[one.status.value] = counts.get(one.status.value, 0) + 1
    told = ", ".join(f"{counts[name.value]} {name.value}" for name in StatusName if name.value in counts)
    return f"{len(items)} item{'s' * (len(items) != 1)}: {told}."


def _views(errand: Errand, group: GroupRef, *, delete: _Delete = None) -> Answer:
    """See the saved views of the board, or forget one.

    “taboon board GROUP --save NAME” saves one. They are kept in the vault of this device. No other member is told.
    """
    place = errand.group(group, sync=False)
    if delete is not None:
        place.delete_view(delete)
    saved = place.views()

    def show() -> None:
        if not saved:
            terminal.hint("No view is saved. “taboon board GROUP --stale --save checking” saves one.")
        for name, view in saved.items():
            terminal.say(terminal.member(name))
            for option, value in shapes.view_filters(view).items():
                words = (
                    value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else ""
                )
                terminal.say(f"    {option.replace('_', ' ')}{': ' if words else ''}{terminal.member(words)}")

    told = [shapes.view(name, view) for name, view in saved.items()]
    return Answer({"group": shapes.group_ref(place), "views": told}, show)


def _search(errand: Errand, group: GroupRef, text: _Query) -> Answer:
    """Find items by what they say, also closed ones.

    Words may stand in any order and be cut short. Arabic is found with and without vowel marks, article and hamza, and
    with either kind of digits; a category's name in one language finds its items in all.
    """
    from taboon_client.views.filters import View

    words = errand.text(text[0], "Search for") if len(text) == 1 else " ".join(text)
    place = errand.group(group)
    items = place.look(View(text=words[:200], closed=True))
    people = People(place)

    def show() -> None:
        drawing.board(items, people, errand.now, place.freshness())
        terminal.hint(_count(items))

    return Answer({"group": shapes.group_ref(place), **_told(errand, items, people)}, show)
