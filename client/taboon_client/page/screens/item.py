"""One item: everything about it, and what whoever looks at it can do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from taboon_client.board.explain import about_pledge
from taboon_client.board.freshness import Freshness
from taboon_client.board.item import HANDED, HOLDING, PledgeStanding, Status
from taboon_client.board.recurrence import days_of
from taboon_client.board.sentences import say
from taboon_client.page import words
from taboon_client.page.render import isolated
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.cards import card_of
from taboon_client.page.screens.filled import clock
from taboon_client.views.wording import say_reason

if TYPE_CHECKING:
    from taboon_client.board import Item, ItemPledge
    from taboon_client.board.fields import Hours
    from taboon_client.library import Group
    from taboon_client.page.language import Language
    from taboon_client.page.screens.cards import Names
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer

__all__ = ["SCREENS", "Can", "Days", "can_do", "days_for"]

_COMMENTS = 30
_MATCHES = 5
_BACK = timedelta(days=14)
_AHEAD = timedelta(days=60)
_MOST_DAYS = 8
_FULL = frozenset({Status.COVERED, Status.DELIVERED})


class Can(NamedTuple):
    """What whoever looks at an item may do about it."""

    act_for_it: bool
    pledge: bool
    go: bool
    deliver: bool
    release: bool
    confirm: bool
    renew: bool
    pause: bool
    close: bool
    reopen: bool
    merge: bool
    bring_back: bool
    stand_in: bool


def can_do(item: Item, place: Place, dispatch: frozenset[bytes]) -> Can:
    """Return what the rules of the board let us do; the library decides again when it is done."""
    side = item.author == place.me or place.me in dispatch
    mine = [one for one in item.pledges if one.author == place.me]
    holding = [one for one in mine if one.standing in HOLDING]
    whole = [one for one in mine if one.standing in HOLDING | HANDED and not (item.repeat and one.day)]
    standings = {one.standing for one in item.pledges} | {
        standing for day in item.rounds for _, standing, _ in day.pledges
    }
    return Can(
        act_for_it=side,
        # Whoever asked needs nobody to stand by for themselves.
        pledge=not item.closed and not whole and not (item.author == place.me and item.status in _FULL),
        go=any(one.standing is PledgeStanding.PRIMARY for one in mine),
        deliver=bool(holding),
        release=bool(holding),
        confirm=side and PledgeStanding.HANDED_OVER in standings,
        renew=side and not item.closed,
        pause=side and not item.closed and item.status is not Status.PAUSED,
        close=side and not item.closed,
        merge=side and not item.closed,
        reopen=side and bool(item.closing) and item.status is not Status.DONE,
        bring_back=item.kind == "loan" and side and any(one.standing in HANDED for one in item.pledges),
        stand_in=bool(holding) and not item.closed,
    )


class Days(NamedTuple):
    """Of what comes again, the days for which something can be done, as ``YYYY-MM-DD``.

    Attributes:
        pledge: To come.
        deliver: That whoever looks has pledged and not handed over yet.
        release: That they have pledged, and are to come.
        confirm: On which something was handed over.
    """

    pledge: tuple[str, ...] = ()
    deliver: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()


def days_for(item: Item, me: bytes, today: date) -> Days:
    """Return the days of an item for which something can be done; none where it does not come again."""
    if not item.repeat:
        return Days()
    near = [str(one) for one in days_of(item.repeat, item.first, today - _BACK, today + _AHEAD)]
    ahead = [day for day in near if day >= str(today)][:_MOST_DAYS]
    held = [one for one in item.pledges if one.author == me and one.standing in HOLDING]
    own = {one.day for one in held if one.day}
    if any(not one.day for one in held):
        own.update(day for day in near if day < str(today) or day in ahead)
    names = {one.name for one in item.pledges if one.author == me}
    over = {
        day.day
        for day in item.rounds
        if any(name in names and standing not in HOLDING for name, standing, _ in day.pledges)
    }
    left = tuple(sorted(own - over))
    return Days(
        pledge=tuple(ahead),
        deliver=left,
        release=tuple(day for day in left if day >= str(today)),
        confirm=tuple(
            day.day
            for day in item.rounds
            if any(standing is PledgeStanding.HANDED_OVER for _, standing, _ in day.pledges)
        ),
    )


def hours_said(hours: tuple[Hours, ...], language: Language) -> str:
    """Return when somebody can come, as it is written."""
    days = language.weekdays
    return "; ".join(
        " ".join(
            filter(
                None,
                (
                    language.listed(days[day] for day in language.week if day in one.days),
                    f"{clock(one.start)}–{clock(one.end)}",
                ),
            )
        )
        for one in hours
    )


class _PledgeShown(NamedTuple):
    pledge: ItemPledge
    sentence: str
    who: str
    amounts: tuple[tuple[int, str, str], ...]
    name: str
    mine: bool


async def _item(visit: Visit) -> Answer:
    place = await visit.place()
    group = place.group
    item = await group.item(visit.asked.query.get("i", ""))
    names = await names_of(visit, place)
    dispatch = await group.dispatch()
    freshness = await group.freshness()
    comments = await group.thread(item)
    questions = await group.all_questions() if item.answers else {}
    can = can_do(item, place, dispatch)
    every = visit.asked.query.get("all") == "1"
    return visit.render_in(
        place,
        "item.html",
        "board",
        item=item,
        card=card_of(item, place, names, freshness),
        can=can,
        pledges=[_shown(item, one, place, visit) for one in item.pledges],
        days=days_for(item, place.me, datetime.fromtimestamp(visit.now).astimezone().date()),
        weekdays=[(at, visit.language.weekdays[at]) for at in visit.language.week],
        clock=clock,
        said=lambda hours: visit.language.digits(hours_said(hours, visit.language)),
        comments=comments if every else comments[-_COMMENTS:],
        older=0 if every else max(0, len(comments) - _COMMENTS),
        opens=bool(item.sealed) and await group.can_open_details(item),
        overtaken=await group.overtaken(item) if can.act_for_it else [],
        notes=await group.private_notes(item) if item.private else [],
        merged=await group.merged_into(item),
        answers=[(questions.get(one.question), one.value) for one in item.answers],
        matches=await _matches(item, group, names) if item.kind == "need" and not item.closed else [],
        fading=freshness.get(item.id, Freshness.FRESH) is not Freshness.FRESH,
        words=words,
    )


def _shown(item: Item, pledge: ItemPledge, place: Place, visit: Visit) -> _PledgeShown:
    return _PledgeShown(
        pledge=pledge,
        sentence=say(about_pledge(item, pledge), visit.language.code, place.called),
        who=place.who(pledge.author),
        amounts=tuple(
            (quantity, item.lines[at].unit, item.lines[at].name)
            for at, quantity in pledge.taken or pledge.promised
            if at < len(item.lines) and (quantity > 1 or item.lines[at].unit or item.lines[at].name)
        ),
        name=pledge.name.hex(),
        mine=pledge.author == place.me,
    )


async def _matches(item: Item, group: Group, names: Names) -> list[tuple[Item, tuple[str, ...]]]:
    """Return the offers that could fit a need, each with its reasons."""
    code, digits = names.language.code, names.language.digits
    return [
        (match.item, tuple(digits(say_reason(one, code, names.category_code, isolated)) for one in match.reasons))
        for match in await group.offers_for(item, _MATCHES)
    ]


SCREENS = {"/item": _item}
