"""Whom to ask again, and the board on paper: codes and boxes to tick, nothing that a found sheet would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.cards import card_of
from taboon_client.views.filters import Now, View, choose

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["SCREENS"]

_MOST_ROWS = 200


async def _follow_ups(visit: Visit) -> Answer:
    place = await visit.place()
    resting = await place.group.resting()
    queue = [] if resting else await place.group.follow_ups()
    return visit.render_in(
        place, "follow_ups.html", "more", queue=queue, outcomes=await place.group.outcomes(), resting=resting
    )


async def _sheet(visit: Visit) -> Answer:
    place = await visit.place()
    names = await names_of(visit, place)
    freshness = await place.group.freshness()
    items = choose(await place.group.board(), View(kinds=("need",)), Now(visit.now, place.me, freshness, {}))
    cards = [card_of(item, place, names, freshness) for item in items[:_MOST_ROWS]]
    return visit.render_in(place, "sheet.html", "more", cards=cards)


SCREENS = {"/follow-ups": _follow_ups, "/sheet": _sheet}
