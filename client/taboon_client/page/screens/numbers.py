"""Totals as pictures: nobody is named in them, and no small number tells of a household."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client.page.screens.board import names_of
from taboon_client.views.numbers import numbers_of
from taboon_client.views.picture import TABLES
from taboon_client.views.wording import cell_label, report_text

if TYPE_CHECKING:
    from taboon_client.page.screens.cards import Names
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer
    from taboon_client.views.numbers import Cell

__all__ = ["SCREENS"]


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
    code = visit.language.code
    pictures = [(report_text(table, code), _bars(getattr(told, table), table, names)) for table in TABLES]
    return visit.render_in(
        place,
        "numbers.html",
        "more",
        needs=told.needs.count,
        pictures=pictures,
        nothing=report_text("nothing", code),
        followed=followed,
        members=len(keys.members),
        epoch=keys.epoch,
    )


def _bars(cells: tuple[Cell, ...], table: str, names: Names) -> list[_Bar]:
    most = max((cell.count or 0 for cell in cells), default=0)
    return [
        _Bar(
            names.language.digits(cell_label(table, cell.label, names.language.code, names.category_code)),
            cell.count,
            round(100 * cell.count / most) if cell.count and most else 0,
        )
        for cell in cells
    ]


SCREENS = {"/numbers": _numbers}
