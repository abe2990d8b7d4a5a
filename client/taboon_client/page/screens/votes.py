"""What the group decides together: what is proposed, how everybody votes, and closing what one has proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.errors import FieldError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_DAY: Final = 86_400
_DAYS: Final = ("3", "7", "14", "30")
_CHOICES: Final = {"yes": N_("yes"), "no": N_("no"), "abstain": N_("I abstain")}


async def _votes(visit: Visit) -> Answer:
    place = await visit.place()
    motions = tuple(reversed(await place.group.motions()))
    return visit.render_in(place, "votes.html", "more", motions=motions, choices=_CHOICES, days=_DAYS)


async def _propose(visit: Visit) -> Told:
    place = await visit.place()
    days = visit.asked.text("days")
    if days not in _DAYS:
        raise FieldError("days", "is one of the numbers of days that are shown")
    await place.group.propose(visit.asked.text("text"), visit.now + int(days) * _DAY)
    visit.house.send_soon(place.group)
    return Told(go=f"/votes?g={place.code}", say=visit.say(N_("Proposed: who is a member now can vote.")))


async def _vote(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.vote(visit.asked.text("motion"), visit.asked.text("choice"), visit.asked.text("why"))
    visit.house.send_soon(place.group)
    return Told(go=f"/votes?g={place.code}", say=visit.say(N_("Your vote is counted.")))


async def _close(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.close_motion(visit.asked.text("motion"))
    visit.house.send_soon(place.group)
    return Told(go=f"/votes?g={place.code}", say=visit.say(N_("The vote is closed.")))


SCREENS = {"/votes": _votes}
ACTS = {"/propose": _propose, "/vote": _vote, "/close-vote": _close}
