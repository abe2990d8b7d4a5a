"""Meeting in person: each shows the other a code and takes the other's; and the code that one group shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.page.language import N_
from taboon_client.page.screens.joining import picture_of
from taboon_client.page.screens.people import drawn
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]


async def _meeting(visit: Visit) -> Answer:
    place = await visit.place()
    code = await place.group.meeting_code()
    epoch, safety = await place.group.epoch_code()
    return visit.render_in(place, "meeting.html", "people", code=code, picture=drawn(code), epoch=epoch, safety=safety)


async def _meet(visit: Visit) -> Told:
    place = await visit.place()
    text = picture_of(visit.asked, "picture") or visit.asked.text("text")
    if not text:
        raise FieldError("text", "is empty: choose a picture of their code, or paste it")
    member = await place.group.meet(text)
    said = visit.say(
        N_("The key of %(name)s counts as checked in person, on this device."), name=place.called(member.identity)
    )
    return Told(go=f"/meeting?g={place.code}", say=said)


SCREENS = {"/meeting": _meeting}
ACTS = {"/meet": _meet}
