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
    from collections.abc import Collection

    from taboon_client.board import Item
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer, Asked

__all__ = ["ACTS", "SCREENS", "names_of"]

_SHOWN = 20
"""Cards on one screen: 20 are about 25 kB."""
_NEWS = 12
_CLOSED = ("done", "withdrawn", "merged")
_ONLY = ("mine", "pledged", "unpledged", "stale", "nobody", "due")
WITHIN = ("1", "2", "7", "30")
"""Days within which something is needed."""
_DAY = 86_400
_MOST, _LONGEST = 30, 64


async def names_of(visit: Visit, place: Place) -> Names:
    """Return what the group's codes are called."""
    return Names(await place.group.categories(), await place.group.areas(), visit.language)


def view_of(asked: Asked) -> View:
    """Return the view that the filters ask for; what is none of them is passed over."""
    statuses = asked.several("status")
    order, within = (one[0] if (one := asked.several(name)) else "" for name in ("order", "needed_within"))
    return View(
        text=" ".join(asked.several("text"))[:200],
        kinds=_known(asked, "kind", words.KINDS),
        statuses=(*(one for one in statuses if one in words.STATUSES), *(_CLOSED if "closed" in statuses else ())),
        closed="every" in statuses,
        categories=_few(asked, "category"),
        areas=_few(asked, "area"),
        urgencies=_known(asked, "urgency", URGENCIES),
        order=Order(order) if order in words.ORDERS else Order.URGENCY,
        languages=_known(asked, "language", words.SPOKEN),
        needed_within=int(within) * _DAY if within in WITHIN else 0,
        **{name: asked.several(name) == ("1",) for name in _ONLY},
    )


def _known(asked: Asked, name: str, known: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in asked.several(name) if one in known)


def _few(asked: Asked, name: str) -> tuple[str, ...]:
    return tuple(one[:_LONGEST] for one in asked.several(name)[:_MOST])


async def _board(visit: Visit) -> Answer:
    place = await visit.place()
    names = await names_of(visit, place)
    query = visit.asked.query
    view = await place.group.view(query["view"]) if query.get("view") else view_of(visit.asked)
    items = await place.group.board()
    freshness = await place.group.freshness()
    called = {identity: member.name for identity, member in place.people.items()}
    search = Search(view.text, names.categories, names.areas) if view.text.strip() else None
    found = choose(items, view, Now(visit.now, place.me, freshness, called), search)
    page = max(0, int(query["page"])) if query.get("page", "").isdecimal() else 0
    coverage = query.get("coverage") == "1"
    shown = found[page * _SHOWN : (page + 1) * _SHOWN]
    kept = {name: value for name, value in query.items() if value and name != "page"}
    areas = names.areas.offered()
    return visit.render_in(
        place,
        "board.html",
        "board",
        cards=[card_of(item, place, names, freshness, coverage=coverage) for item in shown],
        coverage=coverage,
        found=len(found),
        total=len(items),
        page=page,
        pages=-(-len(found) // _SHOWN),
        view=view,
        filtered=len(kept) > 1,
        statuses=("every",) if view.closed else ("closed",) if view.statuses == _CLOSED else view.statuses,
        within=[(one, visit.language.number(int(one)), view.needed_within == int(one) * _DAY) for one in WITHIN],
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
    await place.group.save_view(name, view_of(visit.asked))
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
