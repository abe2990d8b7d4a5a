"""Going on: at a pop-up relay while the group's own cannot be reached; and when everyone was away for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]


async def _popup(visit: Visit) -> Answer:
    place = await visit.place()
    return visit.render_in(place, "popup.html", "more", popup=await place.group.popup())


async def _use(visit: Visit) -> Told:
    place = await visit.place()
    address = visit.asked.text("address")
    if not address:
        raise FieldError("address", "is empty: it is what that relay shows")
    visit.house.note(place.code, await place.group.use_popup(address))
    return Told(go=f"/popup?g={place.code}", say=visit.say(N_("The group goes on at the pop-up relay.")))


async def _end(visit: Visit) -> Told:
    place = await visit.place()
    visit.house.note(place.code, await place.group.end_popup())
    said = N_("The pop-up relay is asked no more. What was said there comes home with the next sync.")
    return Told(go=f"/popup?g={place.code}", say=visit.say(said))


async def _away(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "away.html", "more")


async def _go_on(visit: Visit) -> Told:
    place = await visit.place()
    visit.house.note(place.code, await place.group.go_on())
    said = N_("The group goes on from here. The others' devices come back with their next syncs.")
    return Told(go=f"/board?g={place.code}", say=visit.say(said))


SCREENS = {"/popup": _popup, "/away": _away}
ACTS = {"/use-popup": _use, "/end-popup": _end, "/go-on": _go_on}
