"""Posting a need or an offer, and changing one. What only a few may read goes into the sealed details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from taboon_client.board import Details, LoanOffer, Need, Offer, StandingOffer
from taboon_client.board.asking import asked_of, left_out, parted
from taboon_client.board.fields import HOUSEHOLD_SIZES, URGENCIES
from taboon_client.board.openings import Edit, Opening
from taboon_client.page import words
from taboon_client.page.language import N_
from taboon_client.page.render import isolated
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.filled import (
    answers_of,
    category_of,
    changed_lines,
    clock,
    details_of,
    fields_of,
    lines_of,
    local,
)
from taboon_client.page.screens.visit import Told
from taboon_client.views.exposed import exposed

if TYPE_CHECKING:
    from taboon_client.board import Answer as Said
    from taboon_client.board import Item, SealedAnswer
    from taboon_client.board.vocabulary import Asked as Question
    from taboon_client.page.screens.cards import Names
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_OPENINGS: dict[str, type[Opening]] = {"need": Need, "offer": Offer, "standing": StandingOffer, "loan": LoanOffer}
_FURTHER_LINES = 4
"""Empty rows for further things, folded away."""


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
        **await _questions(place, kind, names, item),
        words=words,
        further=range(_FURTHER_LINES),
        languages=[(one, visit.language.spoken(one)) for one in words.SPOKEN],
        days=[(at, visit.language.weekdays[at]) for at in visit.language.week],
        local=local,
        clock=clock,
        urgencies=URGENCIES,
        sizes=HOUSEHOLD_SIZES,
    )


async def _post(visit: Visit) -> Told:
    place = await visit.place()
    asked = visit.asked
    kind = _OPENINGS.get(asked.text("kind"), Need)
    fields = fields_of(asked)
    categories = await place.group.categories()
    fields |= category_of(asked, {term.code: term.under for term in categories.offered()})
    codes = (fields["category"], fields["sub"])
    answered = await _answered(visit, place, kind.kind, codes)
    opening = kind(created=0, source="app", lines=lines_of(asked), answers=answered.open, **fields)
    doubts = await _doubts(visit, place, opening)
    if doubts:
        return Told(show=doubts)
    details = details_of(asked)
    if answered.sealed:
        details = msgspec.structs.replace(details or Details(), answers=answered.sealed)
    item = await place.group.post(opening, asked.text("key") or None, details=details)
    visit.house.send_soon(place.group)
    asks = [visit.say(_ASKS[field]) for field in opening.asks() if field in _ASKS]
    if answered.missing:
        labels = [
            isolated(one.labels.get(visit.language.code) or next(iter(one.labels.values()))) for one in answered.missing
        ]
        asks.append(
            visit.say(N_("The group also asks this, and it was left out: %(questions)s"), questions=" ".join(labels))
        )
    said = " ".join([visit.say(N_("Posted.")), *asks])
    return Told(go=f"/item?g={place.code}&i={item.id.hex()}", say=said)


async def _questions(place: Place, kind: str, names: Names, item: Item | None) -> dict[str, Any]:
    """Return what the form needs to ask the group's questions, each where and after what it is asked."""
    if item is not None:
        return {"questions": [], "after": {}, "only_for": {}}
    every, now = await place.group.all_questions(), await place.group.questions()
    fields = {one.code: f"answer-{one.version.hex()}" for one in now}
    asked = [one for one in now if not one.about or kind in one.about]
    below = {
        one.category: [term.code for term in names.categories.offered(one.category)] for one in asked if one.category
    }
    return {
        "questions": asked,
        "after": {one.version: fields.get(every[one.only_if].code, "") for one in asked if one.only_if in every},
        "only_for": {one.version: " ".join((one.category, *below[one.category])) for one in asked if one.category},
    }


class _Answered(NamedTuple):
    """What was answered: what everyone reads, what is sealed, and which questions should not have been left out."""

    open: tuple[Said, ...]
    sealed: tuple[SealedAnswer, ...]
    missing: tuple[Question, ...]


async def _answered(visit: Visit, place: Place, kind: str, codes: tuple[str, str]) -> _Answered:
    """Return the answers of the form to the questions that are asked of such a post; of others none counts."""
    every = await place.group.all_questions()
    given = answers_of(visit.asked, await place.group.questions())
    asked = asked_of(every.values(), kind, codes, given)
    versions = {one.version for one in asked}
    given = tuple(one for one in given if one.question in versions)
    return _Answered(*parted(every, given), left_out(asked, given))


async def _doubts(visit: Visit, place: Place, said: Opening | Edit) -> str:
    """Return what somebody should see before it is posted; empty if there is nothing, or they have seen it."""
    if visit.asked.text("sure"):
        return ""
    found = exposed(said)
    alike = [one.id for one in await place.group.alike(said)] if isinstance(said, Opening) else []
    if not found and not alike:
        return ""
    items = {item.id: item for item in await place.group.board()} if alike else {}
    return visit.fragment("doubts.html", place=place, exposed=found, alike=[items[one] for one in alike])


_ASKS = {
    "urgency_reason": N_("Say why it is for now, so that others can judge: change it or add a comment."),
    "consent": N_("Ask your neighbour whether this may be told, and note it."),
}


async def _change(visit: Visit) -> Told:
    place = await visit.place()
    asked = visit.asked
    item = await place.group.item(asked.text("i"))
    categories = await place.group.categories()
    wanted = fields_of(asked, item) | category_of(asked, {term.code: term.under for term in categories.offered()})
    changed = {name: value for name, value in wanted.items() if getattr(item, name) != value}
    lines = changed_lines(item, asked)
    if lines is not None:
        changed["lines"] = lines
    if changed:
        edit = Edit(**changed)
        doubts = await _doubts(visit, place, edit)
        if doubts:
            return Told(show=doubts)
        await place.group.edit(item, edit)
        visit.house.send_soon(place.group)
    details = details_of(asked)
    if details is not None:
        if item.sealed:
            # Whose item it is reads them without a trace; anybody else who changes a part of them has opened them.
            old = await place.group.open_details(item)
            if asked.text("anew"):  # but for what no form changes
                old = Details(answers=old.answers, household=old.household)
            details = details_of(asked, old) or details
        await place.group.change_details(item, details)
    return Told(go=f"/item?g={place.code}&i={item.id.hex()}", say=visit.say(N_("Changed.")))


SCREENS = {"/post": _form, "/change": _change_form}
ACTS = {"/do-post": _post, "/do-change": _change}
