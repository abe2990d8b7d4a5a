"""The options by which an item is described: the same for ``post`` and ``edit``."""

from __future__ import annotations

import inspect
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from taboon_client.cli import reading
from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.blocking import Group
    from taboon_client.cli.errand import Errand

__all__ = ["Urgency", "said_of", "with_fields"]


class Urgency(StrEnum):
    """How long it can wait."""

    NOW = "now"
    SOON = "soon"
    WEEK = "week"
    WHENEVER = "whenever"


class ForWhom(StrEnum):
    """On whose behalf."""

    SELF = "self"
    HOUSEHOLD = "household"
    NEIGHBOUR = "neighbour"
    GROUP = "group"


class Audience(StrEnum):
    """How far they agreed to be told of."""

    GROUP = "group"
    NEIGHBOURS = "neighbours"
    ALLIES = "allies"
    TEXT = "text"


class RiskWord(StrEnum):
    """What to mind on the way; never why."""

    CAREFUL = "careful"
    TWO_PEOPLE = "two-people"


def _option(kind: Any, *names: str, metavar: str | None = None, what: str, **more: Any) -> Any:
    return Annotated[kind, typer.Option(*names, metavar=metavar, help=what, **more)]


_OPTIONS: Final[dict[str, Any]] = {
    "category": _option(str | None, "--category", metavar="C", what="food, water, insulin … or the group's own."),
    "quantity": _option(int | None, "--quantity", metavar="N", min=1, what="How many or how much."),
    "unit": _option(str | None, "--unit", metavar="U", what="Of what: litre, box, bed."),
    "line": _option(
        list[str] | None,
        "--line",
        metavar="L",
        what="One of several things: “20 litre: water for 5”, “2 box: insulin; form: pens; category: chronic” (again).",
    ),
    "urgency": _option(Urgency | None, "--urgency", what="How long it can wait."),
    "urgency_reason": _option(str | None, "--why", metavar="TEXT", what="Why now, and what happens otherwise."),
    "needed_by": _option(str | None, "--by", metavar="TIME", what="Needed by: 18:00, 2026-03-01, +2d."),
    "not_before": _option(str | None, "--from", metavar="TIME", what="Not before."),
    "safe_hours": _option(
        list[str] | None, "--hours", metavar="H", what="When somebody can safely come: 18:00-20:00 (again for more)."
    ),
    "area": _option(
        str | None, "--area", metavar="A", what="Roughly where, in the group's own words. Never an address."
    ),
    "household": _option(
        str | None, "--household", metavar="H", what="Who lives there: 1, 2-3, 4-6 or 7+, children, elder, disability."
    ),
    "for_whom": _option(ForWhom | None, "--for", what="On whose behalf."),
    "consent": _option(Audience | None, "--agreed", what="They were asked, and agreed to be told of so far."),
    "asked_by": _option(str | None, "--asked-by", metavar="NICK", what="By whom they were asked."),
    "languages": _option(
        list[str] | None, "--language", metavar="CODE", what="Spoken there: ar, en … (again for each)."
    ),
    "interpreter": _option(bool | None, "--interpreter/--no-interpreter", what="Somebody must interpret."),
    "helper_needs": _option(
        list[str] | None,
        "--needs",
        metavar="WORD",
        what="What the helper needs: vehicle, lifting, woman, medic, two-people, language, tools, night (again).",
    ),
    "risk": _option(RiskWord | None, "--risk", what="What to mind on the way; never why."),
    "heavy": _option(bool | None, "--heavy/--not-heavy", what="The story is hard to read."),
    "repeat": _option(str | None, "--repeat", metavar="RULE", what="It comes again: FREQ=WEEKLY;BYDAY=MO,TH."),
    "first": _option(str | None, "--first", metavar="DAY", what="The first day of what comes again: 2026-03-01."),
    "answers": _option(
        list[str] | None, "--answer", metavar="CODE=TEXT", what="Answer to a question of the group's own (again)."
    ),
    "language": _option(str | None, "--text-language", metavar="CODE", what="In which the texts are: ar, en …"),
    "tags": _option(list[str] | None, "--tag", metavar="WORD", what="A word to find it by (again for each)."),
    "note": _option(str | None, "--note", metavar="TEXT", what="More about it (-: standard input)."),
}
_AS_THEY_ARE: Final = (
    "urgency_reason",
    "area",
    "interpreter",
    "risk",
    "heavy",
    "repeat",
    "first",
    "for_whom",
    "language",
)
_LISTS: Final = ("languages", "helper_needs", "tags")


def with_fields(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command whose last parameter is ``**fields`` one option for each of them."""
    own = inspect.signature(function, eval_str=True)
    parameters = [one for one in own.parameters.values() if one.kind is not one.VAR_KEYWORD]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]
    function.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined] # what inspect documents
    return function


def said_of(errand: Errand, place: Group, given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an opening or an edit that somebody gave as options; those left out are left out.

    Raises:
        UsageError: One of them does not fit; it says how it is written.
        NotFoundError: An answer is to no question of the group's.
    """
    given = {name: value for name, value in given.items() if value is not None}
    said: dict[str, Any] = {name: str(given[name]) for name in _AS_THEY_ARE if isinstance(given.get(name), str)}
    said |= {name: given[name] for name in _AS_THEY_ARE if isinstance(given.get(name), bool)}
    said |= {name: tuple(given[name]) for name in _LISTS if name in given}
    if "urgency" in given:
        said["urgency"] = given["urgency"].value
    if "note" in given:
        said["note"] = errand.text(given["note"], "Note")
    for name, option in (("needed_by", "--by"), ("not_before", "--from")):
        if name in given:
            said[name] = reading.moment(given[name], errand.now, option)
    if "safe_hours" in given:
        said["safe_hours"] = tuple(map(reading.hours_of, given["safe_hours"]))
    if "household" in given:
        said["household"] = reading.household_of(given["household"])
    if "category" in given:
        said |= _category(place, given["category"])
    if lines := _lines(place, given):
        said["lines"] = lines
    if "consent" in given or "asked_by" in given:
        from taboon_client.board.fields import Consent

        audience = given["consent"].value if "consent" in given else ""
        said["consent"] = Consent(asked=True, by=given.get("asked_by", ""), audience=audience)
    return said


def _lines(place: Group, given: dict[str, Any]) -> tuple[Any, ...]:
    import msgspec

    from taboon_client.board import Line

    if "unit" in given and "quantity" not in given:
        raise UsageError("--unit says of what --quantity is: give both, or none")
    lines = [reading.line_of(one) for one in given.get("line", ())]
    if "quantity" in given:
        lines.insert(0, Line(quantity=given["quantity"], unit=given.get("unit", "")))
    return tuple(
        msgspec.structs.replace(one, category=found["sub"] or found["category"])
        if one.category and (found := _category(place, one.category))
        else one
        for one in lines
    )


def _category(place: Group, text: str) -> dict[str, str]:
    """Return the codes that somebody means by a code, a label or another word; what nothing knows stays as it is."""
    found = place.categories().find(text)
    if not found:
        return {"category": text, "sub": ""}
    return {"category": found[0].under or found[0].code, "sub": found[0].code if found[0].under else ""}
