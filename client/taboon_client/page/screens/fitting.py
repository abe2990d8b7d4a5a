"""What somebody can help with, kept on this device alone, and the needs that fit, each with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.board.fields import HELPER_NEEDS
from taboon_client.errors import FieldError
from taboon_client.page import words
from taboon_client.page.language import N_
from taboon_client.page.render import isolated
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.keys import member_named
from taboon_client.page.screens.visit import Told
from taboon_client.views.matching import Helping
from taboon_client.views.wording import say_reason

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_MOST = 10


async def _fits(visit: Visit) -> Answer:
    place = await visit.place()
    group, code, digits = place.group, visit.language.code, visit.language.digits
    who = member_named(place, visit.asked.query["who"]) if visit.asked.query.get("who") else None
    names = await names_of(visit, place)
    helping = await group.helping()
    other = None if who is None or who.me else who
    resting = 0 if other else await group.resting()
    person = await group.person(other.identity if other else None)
    found = [] if resting else await group.needs_for(person, _MOST)
    areas = [(term.code, term.label(code)) for term in names.areas.offered()]
    return visit.render_in(
        place,
        "fits.html",
        "more",
        who=other,
        helping=helping,
        resting=resting,
        said=helping != Helping(),
        matches=[
            (one.item, [digits(say_reason(why, code, names.category_code, isolated)) for why in one.reasons])
            for one in found
        ],
        members=[one for one in await group.members() if not one.me],
        categories=[(term.code, term.label(code)) for term in names.categories.offered("")],
        areas=areas,
        other_areas=[one for one in helping.areas if one not in {area for area, _ in areas}],
        languages=[(one, visit.language.spoken(one)) for one in words.SPOKEN],
        other_skills=[one for one in helping.skills if one not in HELPER_NEEDS],
        words=words,
    )


async def _say(visit: Visit) -> Told:
    place = await visit.place()
    asked = visit.asked
    limit = asked.text("limit") or "0"
    if not limit.isdecimal() or len(limit) > 3:
        raise FieldError("limit", "is a whole number")
    before = await place.group.helping()
    said = {
        "categories": asked.many("categories"),
        "areas": (*asked.many("areas"), *words.listed(asked.text("other_areas"))),
        # What the form does not show was said at the command line, and stays.
        "languages": (*asked.many("languages"), *(one for one in before.languages if one not in words.SPOKEN)),
        "skills": (*asked.many("skills"), *words.listed(asked.text("other_skills"))),
        "limit": int(limit),
        "hours": msgspec.to_builtins(before.hours),
    }
    try:
        helping = msgspec.convert(said, Helping)
    except msgspec.ValidationError:
        raise FieldError("other_skills", "is too long") from None
    await place.group.set_helping(helping)
    return Told(go=f"/fits?g={place.code}", say=visit.say(N_("Kept on this device.")))


SCREENS = {"/fits": _fits}
ACTS = {"/say-helping": _say}
