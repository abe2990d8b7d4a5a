"""The lists that a group keeps: categories, areas, questions, for how long items stay, what everyone agrees on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from taboon_client.board import Keep
from taboon_client.board.register_kinds import QUESTION_TYPES, AreaTerm, CategoryTerm, Question
from taboon_client.errors import FieldError, NotFoundError
from taboon_client.page import words
from taboon_client.page.language import LANGUAGES, N_
from taboon_client.page.screens.visit import Told
from taboon_client.text.folding import fold

if TYPE_CHECKING:
    from collections.abc import Collection

    from taboon_client.board.vocabulary import Asked, Vocabulary
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_TYPES: Final = {
    "text": N_("a line of text"),
    "long-text": N_("a longer text"),
    "number": N_("a number"),
    "yes-no": N_("yes or no"),
    "one-of": N_("one of several"),
    "many-of": N_("some of several"),
    "date": N_("a day"),
    "time-range": N_("from one hour to another"),
    "people": N_("a number of people"),
    "place": N_("a place, roughly"),
}
_CODE: Final = 32
_LONGEST_LANGUAGE: Final = 12
T = TypeVar("T")


async def _lists(visit: Visit) -> Answer:
    place = await visit.place()
    group = place.group
    accepted = await group.accepted()
    return visit.render_in(
        place,
        "lists.html",
        "more",
        categories=(await group.categories()).offered(),
        areas=(await group.areas()).offered(),
        questions=await group.questions(),
        every=await group.all_questions(),
        keep=await group.keep(),
        agreement=await group.agreement(),
        accepted=sum(one.identity in accepted for one in await group.members()),
        mine=place.me in accepted,
        types={code: label for code, label in _TYPES.items() if code in QUESTION_TYPES},
        words=words,
    )


async def _entry_screen(visit: Visit) -> Answer:
    """One category or area, to be changed."""
    place = await visit.place()
    which = "areas" if visit.asked.query.get("list") == "areas" else "categories"
    known = await (place.group.areas() if which == "areas" else place.group.categories())
    entry = known.now(visit.asked.query.get("code", ""))
    if entry is None:
        raise NotFoundError("entry", "that entry is not in the list any more")
    others = [one for one in known.offered() if one.code != entry.code]
    return visit.render_in(place, "entry.html", "more", list=which, entry=entry, others=others)


def _labels(visit: Visit) -> dict[str, str]:
    labels = {code: said for code in LANGUAGES if (said := visit.asked.text(f"label-{code}"))}
    other, said = visit.asked.text("label-code").lower(), visit.asked.text("label-other")
    if other or said:
        if not (said and 2 <= len(other) <= _LONGEST_LANGUAGE):
            raise FieldError("label-other", "goes with the code of its language, such as tl: write both, or none")
        labels[other] = said
    if not labels:
        raise FieldError(f"label-{visit.language.code}", "is empty")
    return labels


def _new_code(labels: dict[str, str], known: Collection[str]) -> str:
    """Return a code that means nothing yet: from the English name where there is one, else a number."""
    letters = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in fold(labels.get("en", "")))
    stem = "-".join(filter(None, letters.split("-")))[: _CODE - 5] or "own"
    return next(code for code in (stem, *(f"{stem}-{at}" for at in range(2, 9_999))) if code not in known)


def _entry(visit: Visit, known: Vocabulary) -> dict[str, Any]:
    """Return what the form says of an entry of a list: a new one, or another meaning for one that is there."""
    asked = visit.asked
    old = known.now(asked.text("code"))
    if old is not None and asked.text("retire"):
        kept = {"code": old.code, "labels": old.labels, "under": old.under, "aliases": old.aliases}
        return kept | {"retired": True, "into": asked.text("into")}
    labels = _labels(visit)
    return {
        "code": old.code if old is not None else _new_code(labels, {one.code for one in known.terms}),
        "labels": (old.labels if old is not None else {}) | labels,
        "under": asked.text("under") if old is None else old.under,
        "aliases": words.listed(asked.text("aliases")),
    }


async def _category(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.set_category(_checked(CategoryTerm, _entry(visit, await place.group.categories())))
    return _done(visit, place)


async def _area(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.set_area(_checked(AreaTerm, _entry(visit, await place.group.areas())))
    return _done(visit, place)


async def _question(visit: Visit) -> Told:
    place = await visit.place()
    asked, known = visit.asked, await place.group.questions()
    old = next((one for one in known if one.code == asked.text("code")), None)
    if old is not None:
        await place.group.ask(_stopped(old))
        return _done(visit, place)
    labels = _labels(visit)
    every = {one.code for one in (await place.group.all_questions()).values()}
    options = tuple(line.strip() for line in asked.text("options").splitlines() if line.strip())
    question = {
        "code": _new_code(labels, every),
        "labels": labels,
        "type": asked.text("type"),
        "options": options if asked.text("type") in {"one-of", "many-of"} else (),
        "required": bool(asked.text("required")),
        "about": tuple(kind for kind in asked.many("about") if kind in words.KINDS),
        "category": asked.text("category"),
        "order": _order(visit, min(len(known), 1_000)),
        "sealed": bool(asked.text("sealed")),
        **_condition(visit),
    }
    await place.group.ask(_checked(Question, question))
    return _done(visit, place)


def _condition(visit: Visit) -> dict[str, Any]:
    """Return after which answer a question is asked: one that was chosen, or one that was written."""
    chosen, equals, value = visit.asked.text("only_if").partition("=")
    if not equals:
        return {}
    try:
        return {"only_if": bytes.fromhex(chosen), "is_value": value or visit.asked.text("is_value")}
    except ValueError:
        raise FieldError("only_if", "is one of those that are shown") from None


def _order(visit: Visit, last: int) -> int:
    """Return where a question stands among the others: behind them unless somebody said it."""
    written = visit.asked.text("order") or str(last)
    if not written.isdecimal() or len(written) > 4 or int(written) > 1_000:
        raise FieldError("order", "is a number from 0 to 1000")
    return int(written)


def _stopped(old: Asked) -> Question:
    return Question(
        code=old.code,
        labels=old.labels,
        type=old.type,
        options=old.options,
        required=old.required,
        about=old.about,
        category=old.category,
        only_if=old.only_if or None,
        is_value=old.is_value,
        order=old.order,
        retired=True,
        sealed=old.sealed,
    )


def _checked(kind: type[T], fields: dict[str, Any]) -> T:
    """Return an event's body from what a form holds; which field is too long or of no known kind is told."""
    try:
        return msgspec.convert(fields, kind, strict=True)
    except msgspec.ValidationError as error:
        name = next((one for one in fields if f"`$.{one}" in str(error)), "label-en")
        raise FieldError(name, "is too long, or not as it should be") from None


async def _keep(visit: Visit) -> Told:
    place = await visit.place()
    days = []
    for name, least in (("open_days", 1), ("closed_days", 0)):
        written = visit.asked.text(name)
        if not written.isdecimal() or len(written) > 4 or not least <= int(written) <= 3_650:
            raise FieldError(name, "is a number of days")
        days.append(int(written))
    await place.group.set_keep(Keep(*days))
    return _done(visit, place)


async def _agreement(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.set_agreement(visit.asked.text("text"))
    return _done(visit, place)


async def _accept(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.accept_agreement()
    return _done(visit, place)


def _done(visit: Visit, place: Place) -> Told:
    visit.house.send_soon(place.group)
    return Told(go=f"/lists?g={place.code}", say=visit.say(N_("Noted for the whole group.")))


SCREENS = {"/lists": _lists, "/entry": _entry_screen}
ACTS = {
    "/set-category": _category,
    "/set-area": _area,
    "/ask-question": _question,
    "/set-keep": _keep,
    "/set-agreement": _agreement,
    "/accept-agreement": _accept,
}
