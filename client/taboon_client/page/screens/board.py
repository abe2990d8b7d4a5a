"""The board: cards that can be filtered and searched, and the line that says how the group stands."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from taboon_client.board.fields import URGENCIES
from taboon_client.board.sentences import say
from taboon_client.page import words
from taboon_client.page.language import N_
from taboon_client.page.screens.cards import Names, card_of
from taboon_client.page.screens.visit import Told
from taboon_client.views.filters import Now, Order, View, choose
from taboon_client.views.search import Search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.board import Item
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS", "names_of"]

_SHOWN = 20
"""Cards on one screen: 20 are about 25 kB."""
_NEWS = 12
_CLOSED = ("done", "withdrawn", "merged")


async def names_of(visit: Visit, place: Place) -> Names:
    """Return what the group's codes are called."""
    return Names(await place.group.categories(), await place.group.areas(), visit.language)


def view_of(query: Mapping[str, str]) -> View:
    """Return the view that the filters ask for; what is none of them is passed over."""
    kind, urgency, order, status = (query.get(name, "") for name in ("kind", "urgency", "order", "status"))
    return View(
        text=query.get("text", "")[:200],
        kinds=(kind,) if kind in words.KINDS else (),
        statuses=_CLOSED if status == "closed" else (status,) if status in words.STATUSES else (),
        categories=(query["category"],) if query.get("category") else (),
        areas=(query["area"],) if query.get("area") else (),
        urgencies=(urgency,) if urgency in URGENCIES else (),
        order=Order(order) if order in words.ORDERS else Order.URGENCY,
        languages=(query["language"],) if query.get("language") in words.SPOKEN else (),
        mine=query.get("mine") == "1",
        pledged=query.get("pledged") == "1",
        unpledged=query.get("unpledged") == "1",
        stale=query.get("stale") == "1",
        nobody=query.get("nobody") == "1",
        due=query.get("due") == "1",
    )


async def _board(visit: Visit) -> Answer:
    place = await visit.place()
    names = await names_of(visit, place)
    query = visit.asked.query
    view = await place.group.view(query["view"]) if query.get("view") else view_of(query)
    items = await place.group.board()
    freshness = await place.group.freshness()
    called = {identity: member.name for identity, member in place.people.items()}
    search = Search(view.text, names.categories, names.areas) if view.text.strip() else None
    found = choose(items, view, Now(visit.now, place.me, freshness, called), search)
    page = max(0, int(query["page"])) if query.get("page", "").isdecimal() else 0
    shown = found[page * _SHOWN : (page + 1) * _SHOWN]
    kept = {name: value for name, value in query.items() if value and name != "page"}
    areas = names.areas.offered()
    return visit.render_in(
        place,
        "board.html",
        "board",
        cards=[card_of(item, place, names, freshness) for item in shown],
        found=len(found),
        total=len(items),
        page=page,
        pages=-(-len(found) // _SHOWN),
        view=view,
        filtered=len(kept) > 1,
        status="closed" if view.statuses == _CLOSED else next(iter(view.statuses), ""),
        asked={name: value for name, value in kept.items() if name not in ("g", "view")},
        saved=tuple(await place.group.views()),
        named=query.get("view", ""),
        here="/board?" + urlencode(kept),
        categories=[(term.code, term.label(visit.language.code)) for term in names.categories.offered("")],
        areas=[(term.code, term.label(visit.language.code)) for term in areas]
        or sorted({(item.area, item.area) for item in items if item.area and not item.closed})[:60],
        languages=[(one, visit.language.spoken(one)) for one in words.SPOKEN],
        words=words,
        news=await _news(visit, place),
    )


async def _news(visit: Visit, place: Place) -> list[tuple[Item, str]]:
    """Return what is new for whoever looks, each with the item that it is about."""
    told = await place.group.news()
    return [(one.item, say(one.message, visit.language.code, place.called)) for one in told[:_NEWS]]


async def _news_read(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.news_shown((await place.group.news())[:_NEWS])
    return Told(go=f"/board?g={place.code}")


async def _save_view(visit: Visit) -> Told:
    place = await visit.place()
    name = visit.asked.text("name")
    await place.group.save_view(name, view_of({field: visit.asked.text(field) for field in visit.asked.form}))
    return Told(go=f"/board?{urlencode({'g': place.code, 'view': name})}", say=visit.say(N_("Kept on this device.")))


async def _forget_view(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.delete_view(visit.asked.text("name"))
    return Told(go=f"/board?g={place.code}", say=visit.say(N_("Forgotten.")))


async def _sync(visit: Visit) -> Told:
    place = await visit.place()
    await visit.house.sync_now(place.group)
    report = visit.house.report(place.code)
    reached = report is not None and report.reached
    said = N_("Up to date.") if reached else N_("The relay did not answer. Everything is kept here and goes out later.")
    return Told(say=visit.say(said), problem=not reached, go=visit.asked.text("back"))


async def _read(visit: Visit) -> Told:
    place = await visit.place()
    visit.house.forget_notices(place.code)
    return Told(go=visit.asked.text("back"))


async def _outbox(visit: Visit) -> Answer:
    place = await visit.place()
    return visit.render_in(place, "outbox.html", "more", wishes=place.status.wishes)


SCREENS = {"/board": _board, "/outbox": _outbox}
ACTS = {
    "/save-view": _save_view,
    "/forget-view": _forget_view,
    "/sync": _sync,
    "/notices-read": _read,
    "/news-read": _news_read,
}
