"""Taking a rest: give back what one holds, and be reminded of nothing until a day. Nobody else is told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.page.language import N_
from taboon_client.page.screens.filled import moment_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_WEEK = 7


async def _rest_screen(visit: Visit) -> Answer:
    place = await visit.place()
    today = time.localtime(visit.now)
    # The Sunday to come; on a Sunday the next one.
    ahead = _WEEK - (today.tm_wday + 1) % _WEEK
    sunday = time.strftime("%Y-%m-%d", time.localtime(visit.now + ahead * 86_400))
    return visit.render_in(
        place, "rest.html", "more", held=await place.group.held(), until=await place.group.resting(), sunday=sunday
    )


async def _rest(visit: Visit) -> Told:
    place = await visit.place()
    day = visit.asked.text("until")
    if not day:
        raise FieldError("until", "is empty: say until which day")
    chosen = [one for one in await place.group.held() if one.id.hex() in visit.asked.many("give")]
    await place.group.rest(moment_of(f"{day[:10]}T23:59", "until"), chosen)
    visit.house.send_soon(place.group)
    said = N_("Rest well. The others see what has become open, and nothing else.")
    return Told(go=f"/rest?g={place.code}", say=visit.say(said))


async def _back(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.end_rest()
    return Told(go=f"/board?g={place.code}", say=visit.say(N_("Good that you are back.")))


SCREENS = {"/rest": _rest_screen}
ACTS = {"/do-rest": _rest, "/end-rest": _back}
