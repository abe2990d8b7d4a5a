"""The lists that a group keeps: ``categories``, ``areas``, ``questions``, ``keep``, ``dispatch``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.people import People
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board.register_kinds import Question
    from taboon_client.board.vocabulary import Asked, Term, Vocabulary

__all__ = ["register"]


class QuestionType(StrEnum):
    """What answers a question."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    YES_NO = "yes-no"
    ONE_OF = "one-of"
    MANY_OF = "many-of"
    DATE = "date"
    TIME_RANGE = "time-range"
    PEOPLE = "people"
    PLACE = "place"


_Set = Annotated[
    str | None, typer.Option("--set", metavar="CODE", help="Add the entry of this code, or give it another meaning.")
]
_Label = Annotated[
    list[str] | None, typer.Option("--label", metavar="LANG=TEXT", help="What it is called: en=Bread (again: ar=…).")
]
_Alias = Annotated[
    list[str] | None, typer.Option("--alias", metavar="WORD", help="Another word for it, in any language (again).")
]
_Under = Annotated[str, typer.Option("--under", metavar="CODE", help="The entry above it.")]
_Retire = Annotated[bool, typer.Option("--retire", help="Offer it no longer. What has it keeps it.")]
_Into = Annotated[str, typer.Option("--into", metavar="CODE", help="The entry that took its place.")]
_Ask = Annotated[
    str | None, typer.Option("--ask", metavar="CODE", help="Ask under this code; a code that is there: a new version.")
]
_Type = Annotated[QuestionType | None, typer.Option("--type", help="What answers it.")]
_Choice = Annotated[
    list[str] | None, typer.Option("--option", metavar="TEXT", help="What can be chosen (again for each).")
]
_Required = Annotated[bool | None, typer.Option("--required/--optional", help="It should not be left out.")]
_Sealed = Annotated[
    bool | None, typer.Option("--sealed/--open", help="Answers go into the sealed details; or everyone reads them.")
]
_OnlyIf = Annotated[
    str | None,
    typer.Option("--only-if", metavar="CODE=TEXT", help="Only after this answer to another one (-: always)."),
]
_About = Annotated[
    list[str] | None, typer.Option("--about", metavar="KIND", help="Only for need, offer, standing or loan (again).")
]
_OnlyCategory = Annotated[str | None, typer.Option("--category", metavar="C", help="Only for this category.")]
_Order = Annotated[int | None, typer.Option("--order", metavar="N", min=0, max=1000, help="Where it stands.")]
_Stop = Annotated[bool, typer.Option("--stop", help="Ask it no longer.")]
_OpenDays = Annotated[
    int | None, typer.Option("--open", metavar="DAYS", min=1, max=3650, help="Open items, since they were renewed.")
]
_ClosedDays = Annotated[
    int | None, typer.Option("--closed", metavar="DAYS", min=0, max=3650, help="Closed ones, since they were closed.")
]
_Add = Annotated[list[str] | None, typer.Option("--add", metavar="MEMBER", help="Of the circle from now on (again).")]
_Drop = Annotated[list[str] | None, typer.Option("--drop", metavar="MEMBER", help="Of the circle no longer (again).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "categories",
        examples=[
            "taboon categories Harbour",
            'taboon categories Harbour --set bread --under food --label "en=Bread" --label "ar=خبز" --alias loaf',
        ],
    )(_categories)
    command(
        app,
        "areas",
        examples=["taboon areas Harbour", 'taboon areas Harbour --set hill --label "en=The hill" --label "ar=التلة"'],
    )(_areas)
    command(
        app,
        "questions",
        examples=[
            "taboon questions Harbour",
            'taboon questions Harbour --ask stairs --type yes-no --label "en=Are there stairs?"',
            'taboon questions Harbour --ask floor --only-if stairs=yes --required --label "en=Which floor?"',
            'taboon questions Harbour --ask ill --sealed --label "en=What do they have?"',
        ],
    )(_questions)
    command(app, "keep", examples=["taboon keep Harbour", "taboon keep Harbour --open 30 --closed 7"])(_keep)
    command(
        app,
        "dispatch",
        commit=True,
        examples=["taboon dispatch Harbour", "taboon dispatch Harbour --add Noor --add Sami"],
    )(_dispatch)


def _categories(
    errand: Errand,
    group: GroupRef,
    *,
    code: _Set = None,
    label: _Label = None,
    alias: _Alias = None,
    under: _Under = "",
    retire: _Retire = False,
    into: _Into = "",
) -> Answer:
    """See the group's categories, or change them (an admin).

    What was posted before keeps the meaning that it had.
    """
    from taboon_client.board.register_kinds import CategoryTerm

    place = errand.group(group)
    if code is not None:
        known = place.categories().now(code)
        place.set_category(CategoryTerm(code=code, **_entry(known, label, alias, under), retired=retire, into=into))
        errand.send(place)
    return _terms(shapes.group_ref(place), "categories", place.categories())


def _areas(
    errand: Errand,
    group: GroupRef,
    *,
    code: _Set = None,
    label: _Label = None,
    alias: _Alias = None,
    under: _Under = "",
    retire: _Retire = False,
    into: _Into = "",
) -> Answer:
    """See the group's areas, or change them (an admin).

    Areas are rough, and named by the group: never streets, never coordinates. Once there is one, every item is in one.
    """
    from taboon_client.board.register_kinds import AreaTerm

    place = errand.group(group)
    if code is not None:
        known = place.areas().now(code)
        place.set_area(AreaTerm(code=code, **_entry(known, label, alias, under), retired=retire, into=into))
        errand.send(place)
    return _terms(shapes.group_ref(place), "areas", place.areas())


def _entry(known: "Term | None", label: list[str] | None, alias: list[str] | None, under: str) -> dict[str, Any]:
    """Return what an entry says: what was given, and else what it said before."""
    return {
        "labels": _labels(label, known),
        "aliases": tuple(alias) if alias is not None else known.aliases if known is not None else (),
        "under": under or (known.under if known is not None else ""),
    }


def _labels(given: list[str] | None, known: "Term | Asked | None") -> dict[str, str]:
    labels = dict(known.labels) if known is not None else {}
    for one in given or ():
        language, equals, text = one.partition("=")
        if not equals or not text.strip() or not 2 <= len(language.strip()) <= 12:
            raise UsageError("--label takes a language and a text, as in “en=Bread”")
        labels[language.strip()] = text.strip()
    if not labels:
        raise UsageError("say what it is called: --label “en=…”, and the same in the group's other languages")
    return labels


def _terms(group: dict[str, object], name: str, terms: "Vocabulary") -> Answer:
    offered = terms.offered()

    def show() -> None:
        rows = []
        for above in (term for term in offered if not term.under):
            rows.append(((Cell(above.code, "cyan"), Cell("")), _called(above)))
            below = (term for term in offered if term.under == above.code)
            rows += [((Cell(""), Cell(term.code, "cyan")), _called(term)) for term in below]
        if rows:
            terminal.rows(rows)
        else:
            terminal.hint("None yet: an item's area is what whoever posts it writes.")

    told = [
        {
            "code": term.code,
            "under": term.under,
            "labels": dict(term.labels),
            "aliases": list(term.aliases),
            "own": bool(term.sense),
        }
        for term in offered
    ]
    return Answer({"group": group, name: told}, show)


def _called(term: "Term") -> str:
    return " / ".join(dict.fromkeys(filter(None, (term.label("en"), term.labels.get("ar", "")))))


def _questions(
    errand: Errand,
    group: GroupRef,
    *,
    code: _Ask = None,
    label: _Label = None,
    kind: _Type = None,
    option: _Choice = None,
    required: _Required = None,
    sealed: _Sealed = None,
    about: _About = None,
    category: _OnlyCategory = None,
    only_if: _OnlyIf = None,
    order: _Order = None,
    stop: _Stop = False,
) -> Answer:
    """See what the group asks with every post, or ask something.

    Only an admin asks. A question that is changed is another one: old answers keep the one that they answered. What
    you leave out of a change stays as it was.
    """
    place = errand.group(group)
    if code is not None:
        # Also one that is asked no longer: what was sealed does not come back open.
        known = {one.code: one for one in place.all_questions().values()}.get(code)
        given = {
            "type": kind.value if kind is not None else None,
            # Another type begins without the choices of the old one.
            "options": tuple(option) if option is not None else () if kind is not None else None,
            "required": required,
            "sealed": sealed,
            "about": tuple(about) if about is not None else None,
            "category": category,
            "order": order,
        }
        if only_if is not None:
            given |= _condition(place, only_if)
        place.ask(_question(known, code, _labels(label, known), given, stop=stop))
        errand.send(place)
    asked = place.questions()
    every = place.all_questions()
    after = {one.code: every[one.only_if].code for one in asked if one.only_if in every}

    def show() -> None:
        if not asked:
            terminal.hint("The group asks nothing of its own.")
            return
        terminal.rows(
            [
                (
                    (
                        Cell(one.code, "cyan"),
                        Cell(one.type),
                        Cell(" ".join(("required",) * one.required + ("sealed",) * one.sealed)),
                    ),
                    " / ".join(one.labels.values())
                    + (f" ({', '.join(one.options)})" if one.options else "")
                    + (f" (only if {after[one.code]}={one.is_value})" if one.code in after else ""),
                )
                for one in asked
            ]
        )

    told = [
        {
            "code": one.code,
            "labels": dict(one.labels),
            "type": one.type,
            "options": list(one.options),
            "required": one.required,
            "about": list(one.about),
            "category": one.category,
            "sealed": one.sealed,
            "only_if": {"code": after[one.code], "value": one.is_value} if one.code in after else None,
            "order": one.order,
        }
        for one in asked
    ]
    return Answer({"group": shapes.group_ref(place), "questions": told}, show)


def _question(
    known: "Asked | None", code: str, labels: dict[str, str], given: dict[str, Any], *, stop: bool
) -> "Question":
    """Return a question as it was given; what was not said of one that is asked already stays."""
    from taboon_client.board.register_kinds import Question

    fields = (*given, "only_if", "is_value")
    kept = {} if known is None else {name: getattr(known, name) for name in fields}
    said = kept | {name: value for name, value in given.items() if value is not None}
    # An empty name is none.
    said["only_if"] = said.get("only_if") or None
    return Question(code=code, labels=labels, retired=stop, **said)


def _condition(place: "Group", text: str) -> dict[str, Any]:
    """Return after which answer a question is asked, from ``CODE=TEXT``; ``-`` is after any."""
    if text == "-":
        return {"only_if": b"", "is_value": ""}
    code, equals, value = (part.strip() for part in text.partition("="))
    before = next((one for one in place.questions() if one.code == code), None)
    if not equals or before is None:
        raise UsageError(
            "--only-if takes the code of a question and an answer to it, as in stairs=yes, or - for always"
        )
    return {"only_if": before.version, "is_value": value}


def _keep(errand: Errand, group: GroupRef, *, open_days: _OpenDays = None, closed_days: _ClosedDays = None) -> Answer:
    """See for how long the group keeps items, or change it.

    Only an admin changes it. Deleted means gone, from every member's device. What was counted stays; who it was does
    not.
    """
    from taboon_client.board import Keep

    place = errand.group(group)
    keep = place.keep()
    if open_days is not None or closed_days is not None:
        keep = Keep(
            keep.open_days if open_days is None else open_days,
            keep.closed_days if closed_days is None else closed_days,
        )
        place.set_keep(keep)
        errand.send(place)

    def show() -> None:
        terminal.say(f"Open items are kept for {keep.open_days} days since they were renewed,")
        terminal.say(f"closed ones for {keep.closed_days} days since they were closed.")

    data = {"open_days": keep.open_days, "closed_days": keep.closed_days}
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _dispatch(errand: Errand, group: GroupRef, *, add: _Add = None, drop: _Drop = None) -> Answer:
    """See the dispatch circle, or change it (an admin).

    They read the details of every item and act for whoever posted it. While it names nobody, the admins are it.
    """
    place = errand.group(group)
    if add or drop:
        members = {one.identity: one for one in place.members()}
        wanted = {identity for identity in place.dispatch() if identity in members}
        wanted |= {place.member(one, whole=True).identity for one in add or ()}
        wanted -= {place.member(one, whole=True).identity for one in drop or ()}
        done = place.set_dispatch([members[identity] for identity in sorted(wanted)], errand.wait)
        return outcome(errand, place, done, {}, said="the dispatch circle was changed")
    people = People(place)
    circle = sorted(place.dispatch(), key=people.tag)

    def show() -> None:
        terminal.rows(
            [((Cell(people.tag(one)), Cell("you" if people.is_me(one) else "")), people.name(one)) for one in circle]
        )

    return Answer({"group": shapes.group_ref(place), "dispatch": [people.data(one) for one in circle]}, show)
