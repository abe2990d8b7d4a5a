"""A board's totals as a picture: one SVG that draws bars, in either direction, and a PNG of the same.

The SVG holds no script, no font, no link and no time but the day that it was made on; everything that a member wrote in
it (what the group calls its categories) is cut, freed of what is invisible, and escaped. A report in Arabic is the
mirror of one in English. Each text has an isolate around it, so that a name in another script moves nothing else.
"""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from taboon_client.errors import NotInstalledError
from taboon_client.views.wording import cell_label, report_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.views.numbers import Cell, Numbers

__all__ = ["TABLES", "png_of", "svg_of"]

TABLES: Final = ("by_category", "coverage", "open_by_age", "to_pledge", "to_delivery", "load")
"""The tables of a report, in the order they are shown in."""

_WIDTH, _EDGE, _LABELS, _BARS = 760, 32, 290, 320
_ROW, _BAR, _GAP = 26, 16, 22
_LONGEST: Final = 40
# Names alone, of what most systems have: nothing is fetched.
_FONTS: Final = {
    False: "system-ui, Noto Sans, Segoe UI, Helvetica Neue, DejaVu Sans, Arial, sans-serif",
    True: "system-ui, Noto Sans Arabic, Noto Naskh Arabic, Segoe UI, Geeza Pro, Tahoma, sans-serif",
}
_INK, _DIM, _FILL, _GROUND = "#1c2b33", "#5b6b73", "#1f6f8b", "#ffffff"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ISOLATES: Final = {True: "\u2067", False: "\u2066"}
_END: Final = "\u2069"


class _Paper(NamedTuple):
    """What is drawn so far, and in which direction."""

    parts: list[str]
    rtl: bool

    def text(self, x: float, y: float, text: str, *, size: int = 14, ink: str = _INK, bold: bool = False) -> None:
        """Write a line that starts (in its own direction) at x, counted from the side where reading starts."""
        anchor = "end" if self.rtl else "start"
        weight = ' font-weight="bold"' if bold else ""
        shown = escape(f"{_ISOLATES[self.rtl]}{text}{_END}")
        place = f'x="{self.x(x):g}" y="{y:g}" text-anchor="{anchor}"'
        self.parts.append(f'<text {place} font-size="{size}" fill="{ink}"{weight}>{shown}</text>')

    def bar(self, x: float, y: float, width: float) -> None:
        """Draw a bar that grows from x in the direction of reading."""
        left = self.x(x + width) if self.rtl else x
        self.parts.append(f'<rect x="{left:g}" y="{y:g}" width="{width:g}" height="{_BAR}" rx="3" fill="{_FILL}"/>')

    def x(self, from_start: float) -> float:
        """Return where that is, from the left."""
        return _WIDTH - from_start if self.rtl else from_start


def svg_of(numbers: Numbers, category: Callable[[str], str], language: str, day: str) -> str:
    """Draw the totals of a board.

    Args:
        numbers: Of :func:`.numbers.numbers_of`.
        category: Gives what a code of a category is called.
        language: ``ar`` or ``en``.
        day: ``YYYY-MM-DD``.
    """
    paper = _Paper([], language == "ar")
    title = report_text("title", language)
    paper.text(_EDGE, 52, title, size=24, bold=True)
    needs = f"{report_text('needs', language)}: {_count(numbers.needs, language)}"
    as_of = report_text("as-of", language, day=_ISOLATES[False] + day + _END)
    paper.text(_EDGE, 80, as_of, ink=_DIM)
    paper.text(_EDGE, 104, needs, size=16)
    bottom = 120.0
    for table in TABLES:
        bottom = _table(paper, table, getattr(numbers, table), category, language, bottom)
    paper.text(_EDGE, bottom + 30, report_text("rule", language), size=12, ink=_DIM)
    height = bottom + 52
    size = f'viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" height="{height:g}"'
    whose = f'role="img" xml:lang="{escape(language)}" font-family="{_FONTS[paper.rtl]}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {whose}>',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height:g}" fill="{_GROUND}"/>',
            *paper.parts,
            "</svg>",
            "",
        ]
    )


def png_of(svg: str) -> bytes:
    """Return a picture of :func:`svg_of` as PNG, at twice its size, with the fonts of this system.

    Raises:
        NotInstalledError: The extra ``pictures`` is not installed: it shapes Arabic, as browsers do with SVG.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        raise NotInstalledError(
            "PNG needs a part that is not installed here: pip install 'taboon[pictures]'. SVG needs nothing"
        ) from None
    return bytes(svg_to_bytes(svg_string=svg, zoom=2))


def _table(
    paper: _Paper,
    table: str,
    cells: tuple[Cell, ...],
    category: Callable[[str], str],
    language: str,
    top: float,
) -> float:
    """Draw a table below what is drawn; returns where it ends."""
    y = top + _GAP
    paper.text(_EDGE, y, report_text(table, language), size=16, bold=True)
    y += 12
    if not cells or all(cell.count is None for cell in cells):
        paper.text(_EDGE, y + 18, report_text("nothing", language), ink=_DIM)
        return y + _ROW
    most = max(max(cell.count or 0 for cell in cells), 1)
    for cell in cells:
        paper.text(_EDGE, y + 18, _line(cell_label(table, cell.label, language, category)))
        width = _BARS * (cell.count or 0) / most
        if width:
            paper.bar(_EDGE + _LABELS, y + 5, width)
        paper.text(_EDGE + _LABELS + width + 8, y + 18, _count(cell, language))
        y += _ROW
    return y


def _count(cell: Cell, language: str) -> str:
    return report_text("few", language) if cell.count is None else str(cell.count)


def _line(text: str) -> str:
    """Return a label as one line of seen characters, short enough for its column."""
    seen = "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)
    seen = " ".join(seen.split())
    return seen if len(seen) <= _LONGEST else f"{seen[: _LONGEST - 3]}..."
