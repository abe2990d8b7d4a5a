"""Items for other programs: CSV with a row of HXL tags (hxlstandard.org), and JSON. ``taboon import`` reads the CSV."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any, Final

from taboon_client.text.contacts import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item

__all__ = ["COLUMNS", "csv_of", "json_of", "rows_of"]

COLUMNS: Final = {
    "id": "#meta+id",
    "kind": "#activity+type",
    "status": "#status",
    "urgency": "#severity",
    "title": "#item+name",
    "message": "#description",
    "original": "#description+original",
    "category": "#sector",
    "subcategory": "#subsector",
    "area": "#loc+name",
    "quantity": "#item+num",
    "unit": "#item+unit",
    "open": "#item+num+open",
    "delivered": "#item+num+delivered",
    "created": "#date+created",
    "needed by": "#date+needed",
}
"""The columns of the CSV, each with its tag."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_of(items: Iterable[Item]) -> str:
    """Return items as CSV: names of columns, a row of HXL tags, a row for each line of an item.

    What a spreadsheet would take for a formula gets an apostrophe in front.
    """
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerow(COLUMNS.values())
    for item in items:
        for place, line in enumerate(item.lines):
            name, title = _named(item, place)
            row = {
                "id": name,
                "kind": item.kind,
                "status": item.status.value,
                "urgency": item.urgency,
                "title": title,
                "message": _plain(item.note),
                "original": _plain(item.original),
                "category": item.category,
                "subcategory": item.sub,
                "area": item.area,
                "quantity": str(line.quantity),
                "unit": line.unit,
                "open": str(line.open),
                "delivered": str(line.delivered),
                "created": _day(item.created),
                "needed by": _day(item.needed_by),
            }
            writer.writerow([_harmless(row[name]) for name in COLUMNS])
    return output.getvalue()


def rows_of(items: Iterable[Item]) -> frozenset[tuple[str, str]]:
    """Return id and title of every row that the CSV of these items has: both together tell that a row is from here."""
    return frozenset(_named(item, place) for item in items for place in range(len(item.lines)))


def json_of(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return the public fields of items as plain values: nothing of who posted, pledged or said what."""
    return [
        {
            "id": item.code,
            "kind": item.kind,
            "status": item.status.value,
            "urgency": item.urgency,
            "title": _plain(item.title),
            "message": _plain(item.note),
            "original": _plain(item.original),
            "category": item.category,
            "subcategory": item.sub,
            "area": item.area,
            "lines": [
                {
                    "quantity": line.quantity,
                    "unit": line.unit,
                    "name": line.name,
                    "people": line.people,
                    "open": line.open,
                    "delivered": line.delivered,
                }
                for line in item.lines
            ],
            "helper_needs": list(item.helper_needs),
            "languages": list(item.languages),
            "repeat": item.repeat,
            "created": _day(item.created) or None,
            "needed_by": _day(item.needed_by) or None,
        }
        for item in items
    ]


def _named(item: Item, place: int) -> tuple[str, str]:
    line = item.lines[place]
    title = " – ".join(filter(None, (item.title, line.name if len(item.lines) > 1 else "")))
    return item.code if place == 0 else f"{item.code}-{place + 1}", _plain(title)


def _plain(text: str) -> str:
    return redact(text).text


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds)) if seconds else ""
