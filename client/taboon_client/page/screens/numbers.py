"""Totals as pictures: nobody is named in them, and no small number tells of a household."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client.page import words
from taboon_client.page.language import N_
from taboon_client.page.screens.board import names_of
from taboon_client.views.numbers import OTHERS, SPAN, numbers_of

if TYPE_CHECKING:
    from taboon_client.page.screens.cards import Names
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer
    from taboon_client.views.numbers import Cell

__all__ = ["SCREENS"]

_LABELS = {
    "under-1-day": N_("under a day"),
    "1-3-days": N_("1 to 3 days"),
    "3-7-days": N_("3 to 7 days"),
    "1-4-weeks": N_("1 to 4 weeks"),
    "under-1-hour": N_("under an hour"),
    "1-6-hours": N_("1 to 6 hours"),
    "6-24-hours": N_("6 to 24 hours"),
    "longer": N_("longer"),
    "not-stated": N_("not said"),
    OTHERS: N_("others"),
    "0": N_("none"),
    "1": N_("one"),
    "2": N_("two"),
    "3-5": N_("3 to 5"),
    "6+": N_("6 or more"),
}


class _Bar(NamedTuple):
    label: str
    number: int | None
    width: int


async def _numbers(visit: Visit) -> Answer:
    place = await visit.place()
    names = await names_of(visit, place)
    members = [identity for identity, member in place.people.items() if not member.former]
    told = numbers_of(await place.group.board(), await place.group.totals(), members, names.categories, visit.now)
    keys = await place.group.keys()
    followed = sum(one.following.value == "current" for one in keys.members)
    pictures = [
        (N_("Needs by category"), _bars(visit, names, told.by_category)),
        (N_("Needs that are still open, by age"), _bars(visit, names, told.open_by_age)),
        (N_("How far the needs have come"), _bars(visit, names, told.coverage)),
        (N_("Time from the post to the first pledge"), _bars(visit, names, told.to_pledge)),
        (N_("Time from the post to the first hand-over"), _bars(visit, names, told.to_delivery)),
        (N_("Members by how many pledges they hold"), _bars(visit, names, told.load)),
    ]
    return visit.render_in(
        place,
        "numbers.html",
        "more",
        needs=told.needs.count,
        pictures=pictures,
        followed=followed,
        members=len(keys.members),
        epoch=keys.epoch,
    )


def _bars(visit: Visit, names: Names, cells: tuple[Cell, ...]) -> list[_Bar]:
    most = max((cell.count or 0 for cell in cells), default=0)
    return [
        _Bar(_label(visit, names, cell.label), cell.count, round(100 * cell.count / most) if cell.count and most else 0)
        for cell in cells
    ]


def _label(visit: Visit, names: Names, label: str) -> str:
    """Return what a cell is called; of cells that were put together, the first and the last."""
    parts = []
    for part in label.split(SPAN):
        term = names.categories.now(part)
        if part in _LABELS:
            parts.append(visit.say(_LABELS[part]))
        elif part in words.STATUSES:
            parts.append(visit.say(words.STATUSES[part]))
        else:
            parts.append(term.label(visit.language.code) if term else part)
    return " … ".join(parts)


SCREENS = {"/numbers": _numbers}
