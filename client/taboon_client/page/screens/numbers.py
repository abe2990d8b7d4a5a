"""Totals as pictures: nobody is named in them, and no small number tells of a household."""

from __future__ import annotations

import time
from base64 import b64encode
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from taboon_client.page.language import LANGUAGES, N_, language
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.visit import Told
from taboon_client.views.numbers import numbers_of
from taboon_client.views.picture import TABLES, png_of, svg_of
from taboon_client.views.wording import cell_label, report_text

if TYPE_CHECKING:
    from taboon_client.page.screens.cards import Names
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer
    from taboon_client.views.numbers import Cell, Numbers

__all__ = ["ACTS", "SCREENS"]


class _Bar(NamedTuple):
    label: str
    number: int | None
    width: int


async def _numbers(visit: Visit) -> Answer:
    place = await visit.place()
    names = await names_of(visit, place)
    told = await _told(visit, place, names)
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
        draws_png=find_spec("resvg_py") is not None,
    )


async def _told(visit: Visit, place: Place, names: Names) -> Numbers:
    members = [identity for identity, member in place.people.items() if not member.former]
    return numbers_of(await place.group.board(), await place.group.totals(), members, names.categories, visit.now)


async def _report(visit: Visit) -> Told:
    """Return the same as one picture, to hand over."""
    place = await visit.place()
    asked = visit.asked.text("language")
    code = asked if asked in LANGUAGES else visit.language.code
    names = (await names_of(visit, place))._replace(language=language(code))
    day = time.strftime("%Y-%m-%d", time.localtime(visit.now))
    drawn = svg_of(await _told(visit, place, names), names.category_code, code, day)
    if visit.asked.text("form") == "png":
        file = {"name": "report.png", "type": "image/png", "text": b64encode(png_of(drawn)).decode(), "coded": "base64"}
    else:
        file = {"name": "report.svg", "type": "image/svg+xml", "text": drawn}
    return Told(download=file, say=visit.say(N_("Saved as %(name)s."), name=file["name"]))


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
ACTS = {"/download-report": _report}
