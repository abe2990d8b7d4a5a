"""Typing in what stands on printed intake sheets, a line for each row; it is looked at before anything is posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.intake.drafts import Drawer
from taboon_client.page import words
from taboon_client.page.faults import sentence_of
from taboon_client.page.language import N_
from taboon_client.page.screens.carrying import previewed
from taboon_client.page.screens.visit import Told
from taboon_client.sharing.paper import Codes, letter_of, read_row

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_EXAMPLES = {"en": "n 3 b 1 20litre Water for the school", "ar": "ح ٣ ب ١ ٢٠لتر ماء للمدرسة"}


async def _enter(visit: Visit) -> Answer:
    place = await visit.place()
    code = visit.language.code
    codes = Codes.of(await place.group.categories(), await place.group.areas())
    return visit.render_in(
        place,
        "enter.html",
        "more",
        categories=[(visit.language.number(at), term.label(code)) for at, term in enumerate(codes.categories, 1)],
        areas=[(letter_of(at, code), term.label(code)) for at, term in enumerate(codes.areas)],
        example=_EXAMPLES[code],
        words=words,
    )


async def _look(visit: Visit) -> Told:
    place = await visit.place()
    codes = Codes.of(await place.group.categories(), await place.group.areas())
    drawer = Drawer(await place.group.row_secret())
    drafts = []
    for at, line in enumerate(visit.asked.text("rows").splitlines(), 1):
        if not line.strip():
            continue
        try:
            drafts.append(drawer.draft(at, read_row(line.strip(), codes, created=visit.now)))
        except FieldError as error:
            what = sentence_of(error, visit.language)
            said = visit.say(N_("Row %(row)s: %(what)s"), row=visit.language.number(at), what=what)
            return Told(say=said, problem=True, field="rows")
    if not drafts:
        raise FieldError("rows", "is empty")
    return Told(show=await previewed(visit, place, drafts, []))


SCREENS = {"/enter-rows": _enter}
ACTS = {"/look-at-rows": _look}
