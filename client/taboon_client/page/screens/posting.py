"""Posting a need or an offer, and changing one. What only a few may read goes into the sealed details."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client.board import Answer as Said
from taboon_client.board import Consent, Contact, Details, Household, Line, LoanOffer, Need, Offer, StandingOffer
from taboon_client.board.fields import FOR_WHOM, HELPER_NEEDS, HOUSEHOLD_SIZES, URGENCIES
from taboon_client.board.openings import Edit
from taboon_client.errors import FieldError
from taboon_client.page import words
from taboon_client.page.language import N_
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item, Opening
    from taboon_client.board.vocabulary import Asked as Question
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer, Asked

__all__ = ["ACTS", "SCREENS"]

_OPENINGS: dict[str, type[Opening]] = {"need": Need, "offer": Offer, "standing": StandingOffer, "loan": LoanOffer}
_DETAILS = ("names", "place", "access", "secret_note", "phone", "best")


async def _form(visit: Visit) -> Answer:
    place = await visit.place()
    kind = visit.asked.query.get("kind", "need")
    return await _posting(visit, "post.html", kind=kind if kind in _OPENINGS else "need", item=None, place=place)


async def _change_form(visit: Visit) -> Answer:
    place = await visit.place()
    item = await place.group.item(visit.asked.query.get("i", ""))
    return await _posting(visit, "post.html", kind=item.kind, item=item, place=place)


async def _posting(visit: Visit, template: str, *, kind: str, item: Item | None, place: Any) -> Answer:
    names = await names_of(visit, place)
    code = visit.language.code
    categories = [
        (term.code, term.label(code), [(sub.code, sub.label(code)) for sub in names.categories.offered(term.code)])
        for term in names.categories.offered("")
    ]
    return visit.render_in(
        place,
        template,
        "post",
        kind=kind,
        item=item,
        categories=categories,
        areas=[(term.code, term.label(code)) for term in names.areas.offered()],
        questions=[] if item else [one for one in await place.group.questions() if not one.about or kind in one.about],
        words=words,
        urgencies=URGENCIES,
        sizes=HOUSEHOLD_SIZES,
    )


async def _post(visit: Visit) -> Told:
    place = await visit.place()
    asked = visit.asked
    kind = _OPENINGS.get(asked.text("kind"), Need)
    fields = _fields(asked)
    categories = await place.group.categories()
    fields |= _category(asked, {term.code: term.under for term in categories.offered()})
    fields["answers"] = _answers(asked, await place.group.questions())
    opening = kind(created=0, source="app", lines=_lines(asked), **fields)
    item = await place.group.post(opening, asked.text("key") or None, details=_details(asked))
    visit.house.send_soon(place.group)
    asks = [visit.say(_ASKS[field]) for field in opening.asks() if field in _ASKS]
    said = " ".join([visit.say(N_("Posted.")), *asks])
    return Told(go=f"/item?g={place.code}&i={item.id.hex()}", say=said)


_ASKS = {
    "urgency_reason": N_("Say why it is for now, so that others can judge: change it or add a comment."),
    "consent": N_("Ask your neighbour whether this may be told, and note it."),
}


async def _change(visit: Visit) -> Told:
    place = await visit.place()
    asked = visit.asked
    item = await place.group.item(asked.text("i"))
    categories = await place.group.categories()
    wanted = _fields(asked) | _category(asked, {term.code: term.under for term in categories.offered()})
    changed = {name: value for name, value in wanted.items() if getattr(item, name) != value}
    lines = _changed_lines(item, asked)
    if lines is not None:
        changed["lines"] = lines
    if changed:
        await place.group.edit(item, Edit(**changed))
        visit.house.send_soon(place.group)
    details = _details(asked)
    if details is not None:
        await place.group.change_details(item, details)
    return Told(go=f"/item?g={place.code}&i={item.id.hex()}", say=visit.say(N_("Changed.")))


def _fields(asked: Asked) -> dict[str, Any]:
    size = asked.text("household_size")
    return {
        "title": asked.text("title"),
        "note": asked.text("note"),
        "urgency": asked.text("urgency"),
        "urgency_reason": asked.text("urgency_reason"),
        "area": asked.text("area"),
        "needed_by": _moment(asked.text("needed_by"), "needed_by"),
        "for_whom": asked.text("for_whom") if asked.text("for_whom") in FOR_WHOM else "",
        "helper_needs": tuple(word for word in asked.many("helper_needs") if word in HELPER_NEEDS),
        "household": Household(
            size=size if size in HOUSEHOLD_SIZES else "",
            children=bool(asked.text("children")),
            elder=bool(asked.text("elder")),
            disability=bool(asked.text("disability")),
        ),
        "consent": Consent(asked=bool(asked.text("consent"))),
        "heavy": bool(asked.text("heavy")),
        "repeat": {"week": "FREQ=WEEKLY", "day": "FREQ=DAILY"}.get(asked.text("repeat"), ""),
        "first": asked.text("first") if asked.text("repeat") else "",
    }


def _answers(asked: Asked, questions: Iterable[Question]) -> tuple[Said, ...]:
    """Return what was answered to the group's own questions; one that should not be left out may be, as everywhere."""
    given = ((one, asked.many(f"answer-{one.version.hex()}")) for one in questions)
    return tuple(Said(question=one.version, value=_answer(one, said)) for one, said in given if said)


def _answer(question: Question, said: tuple[str, ...]) -> str | int | bool | tuple[str, ...]:
    field = f"answer-{question.version.hex()}"
    if question.options and not set(said) <= set(question.options):
        raise FieldError(field, "is one of those that are shown")
    if question.type == "many-of":
        return said
    text = said[-1]
    if question.type == "yes-no":
        return text == "yes"
    if question.type in {"number", "people"}:
        if not text.removeprefix("-").isdecimal() or len(text) > 10:
            raise FieldError(field, "is a whole number")
        return int(text)
    if len(text) > 1_000:
        raise FieldError(field, "is too long")
    return text


def _category(asked: Asked, under: dict[str, str]) -> dict[str, str]:
    """Return both levels for the one code that was chosen."""
    code = asked.text("category")
    above = under.get(code, "")
    return {"category": above, "sub": code} if above else {"category": code, "sub": ""}


def _lines(asked: Asked) -> tuple[Line, ...]:
    """Return the lines of the form: the first from its own fields, further ones from those that are filled in."""
    quantities, units, what = (asked.form.get(name, ()) for name in ("quantity", "unit", "what"))
    lines = []
    for at, written in enumerate(quantities):
        unit = units[at].strip() if at < len(units) else ""
        name = what[at].strip() if at < len(what) else ""
        if written.strip() or unit or name:
            lines.append(Line(quantity=_quantity(written), unit=unit, name=name))
    return tuple(lines)


def _changed_lines(item: Item, asked: Asked) -> tuple[Line, ...] | None:
    """Return the lines with the quantities of the form, or None if they are as before."""
    wanted = _lines(asked)
    before = tuple((line.quantity, line.unit, line.name) for line in item.lines)
    if not wanted or tuple((line.quantity, line.unit, line.name) for line in wanted) == before:
        return None
    return tuple(
        msgspec.structs.replace(
            line,
            form=item.lines[at].form if at < len(item.lines) else "",
            category=item.lines[at].category if at < len(item.lines) else "",
            people=item.lines[at].people if at < len(item.lines) else 0,
        )
        for at, line in enumerate(wanted)
    )


def _quantity(written: str) -> int:
    written = written.strip() or "1"
    if not written.isdecimal() or len(written) > 10:
        raise FieldError("quantity", "is a whole number")
    return int(written)


def _moment(written: str, field: str) -> int:
    """Return the Unix time of a local ``YYYY-MM-DDTHH:MM``, 0 for none."""
    if not written:
        return 0
    try:
        return int(time.mktime(time.strptime(written[:16], "%Y-%m-%dT%H:%M")))
    except (ValueError, OverflowError):
        raise FieldError(field, "is a day and an hour") from None


def _details(asked: Asked) -> Details | None:
    """Return the sealed details of the form; None if none of its fields is filled in."""
    if not any(asked.text(name) for name in _DETAILS):
        return None
    contacts = (Contact(channel="phone", value=asked.text("phone"), best=asked.text("best")),)
    try:
        return Details(
            names=asked.text("names"),
            place=asked.text("place"),
            access=asked.text("access"),
            note=asked.text("secret_note"),
            contacts=contacts if asked.text("phone") or asked.text("best") else (),
        )
    except (TypeError, msgspec.ValidationError):
        raise FieldError("place", "is too long") from None


SCREENS = {"/post": _form, "/change": _change_form}
ACTS = {"/do-post": _post, "/do-change": _change}
