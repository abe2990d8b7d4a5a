"""The circles of a group that this device is in, and making one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]


async def _circles(visit: Visit) -> Answer:
    place = await visit.place()
    circles = [await circle.status() for circle in await place.group.circles()]
    inside = bool((await place.group.policy()).parent)
    return visit.render_in(place, "circles.html", "people", circles=circles, inside=inside)


async def _make(visit: Visit) -> Told:
    place = await visit.place()
    me = next(one.name for one in await place.group.members() if one.me)
    made = await place.group.create_circle(visit.asked.text("name"), me=me)
    return Told(go=f"/people?g={made.code}", say=visit.say(N_("The circle is there. Invite those who need to know.")))


SCREENS = {"/circles": _circles}
ACTS = {"/make-circle": _make}
