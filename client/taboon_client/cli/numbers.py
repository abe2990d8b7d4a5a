"""Totals of a board for people who look at it from outside: ``stats``."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.matching import Language
from taboon_client.cli.terminal import Cell
from taboon_client.cli.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.views.numbers import Cell as Number

__all__ = ["register"]

_BAR = 24
_Svg = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write a picture that every browser shows.")]
_Png = Annotated[
    Path | None, typer.Option("--png", metavar="FILE", help="Write the same as PNG (needs taboon[pictures]).")
]
_Language = Annotated[
    Language, typer.Option("--language", help="Of the report: English, or Arabic from right to left.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "stats",
        examples=[
            "taboon stats Harbour",
            "taboon stats Harbour --svg report.svg",
            "taboon stats Harbour --language ar --png report.png",
            "taboon stats Harbour --json",
        ],
    )(_stats)


def _stats(
    errand: Errand,
    group: GroupRef,
    *,
    svg: _Svg = None,
    png: _Png = None,
    language: _Language = Language.ENGLISH,
    yes: Yes = False,
) -> Answer:
    """See totals that name nobody.

    Needs by category and age, how far they have come, how long pledges and hand-overs took, how the load is spread.
    Numbers from 1 to 4 are put together with others, so that none tells of a household; the group and its members are
    not named. Whoever has the reports of two days can subtract them: do not give one away every day.
    """
    place = errand.group(group)
    numbers = place.numbers()
    categories = place.categories()

    def category(code: str) -> str:
        term = categories.now(code)
        return terminal.member(code if term is None else term.label(language.value))

    from taboon_client.views.picture import TABLES, png_of, svg_of
    from taboon_client.views.wording import cell_label, report_text

    files: list[tuple[Path, bytes]] = []
    if svg is not None or png is not None:
        day = time.strftime("%Y-%m-%d", time.localtime(errand.now))
        drawn = svg_of(numbers, category, language.value, day)
        files += [(svg, drawn.encode())] if svg is not None else []
        files += [(png, png_of(drawn))] if png is not None else []
    for path, drawing in files:
        write_file(errand, path, drawing, yes=yes)

    def named(table: str, label: str) -> str:
        return cell_label(table, label, language.value, category)

    def show() -> None:
        terminal.say(f"{report_text('needs', language.value)}: {_count(numbers.needs, language.value)}")
        for table in TABLES:
            terminal.say()
            terminal.say(report_text(table, language.value))
            _draw(getattr(numbers, table), language.value, partial(named, table))
        terminal.say()
        terminal.say(report_text("rule", language.value))
        for path, _ in files:
            terminal.hint(f"Written: {terminal.member(str(path))}")

    told: dict[str, object] = {"needs": numbers.needs.count}
    for table in TABLES:
        cells: tuple[Number, ...] = getattr(numbers, table)
        told[table] = [{"label": one.label, "name": named(table, one.label), "count": one.count} for one in cells]
    written = [str(path) for path, _ in files]
    return Answer({"group": shapes.group_ref(place), "numbers": told, "written": written}, show)


def _draw(cells: "tuple[Number, ...]", language: str, named: "Callable[[str], str]") -> None:
    from taboon_client.views.wording import report_text

    if not cells or all(cell.count is None for cell in cells):
        terminal.say(f"  {report_text('nothing', language)}")
        return
    most = max(max(cell.count or 0 for cell in cells), 1)
    rows = []
    for cell in cells:
        bar = "#" * round(_BAR * (cell.count or 0) / most)
        rows.append(((Cell(f"  {_count(cell, language)}".rjust(8)), Cell(bar.ljust(_BAR), "cyan")), named(cell.label)))
    terminal.rows(rows)


def _count(cell: "Number", language: str) -> str:
    from taboon_client.views.wording import report_text

    return report_text("few", language) if cell.count is None else str(cell.count)
