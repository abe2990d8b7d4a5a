"""A spreadsheet saved as text: which characters, which separator, which rows. What the columns mean is `columns.py`.

UTF-8 and UTF-16, with and without a mark, and the old Windows code page of Arabic are read; separators are commas,
semicolons or tabs. A row of tags of the Humanitarian Exchange Language is passed over.
"""

from __future__ import annotations

import codecs
import csv
import io
from typing import Final, NamedTuple

from taboon_client.errors import TaboonError

__all__ = ["BadSheetError", "Row", "Table", "read_table"]

MAX_BYTES: Final = 32 << 20
MAX_ROWS: Final = 50_000
_MAX_COLUMNS: Final = 200
_MAX_CELL: Final = 16_384
_SEPARATORS: Final = (",", ";", "\t")
_ESCAPED: Final = ("'=", "'+", "'-", "'@", "'\t", "'\r")


class BadSheetError(TaboonError):
    """A sheet that cannot be imported as it is.

    Attributes:
        problems: Pairs (line in the file from 1, what is wrong there and what to do), at most 20.
    """

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        told = "\n".join(f"line {line}: {what}" for line, what in problems)
        super().__init__(f"{told}\nNothing was posted.")
        self.problems = tuple(problems)


class Row(NamedTuple):
    """One row: the line it begins on, from 1, and its cells, as many as there are columns."""

    line: int
    cells: tuple[str, ...]


class Table(NamedTuple):
    """A table: the names of its columns as they are written, and its rows."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(data: bytes) -> Table:
    """Read a table whole.

    Raises:
        BadSheetError: It is none, is empty, or too large; says where and what to do.
    """
    if len(data) > MAX_BYTES:
        raise BadSheetError([(1, f"this file is larger than {MAX_BYTES >> 20} MiB: split it")])
    text = _text(data)
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(begins, cells)
                continue
            if all(not cell.strip() or cell.strip().startswith("#") for cell in cells):
                continue  # tags, for machines
            if len(rows) == MAX_ROWS:
                raise BadSheetError([(begins, f"a sheet has at most {MAX_ROWS} rows: split it")])
            rows.append(_row(begins, cells, len(header)))
    except csv.Error:
        advice = 'the quotes (") do not fit here: put a text with quotes inside into quotes, and write "" for each'
        raise BadSheetError([(line, advice)]) from None
    if not rows:
        raise BadSheetError([(1, "there is no row below the names of the columns")])
    return Table(header, tuple(rows))


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        names: tuple[str, ...] = ("utf-16",)
    else:  # without a mark, UTF-16 is what has NUL bytes beside its line feeds
        names = ("utf-16-le", "utf-16-be") if b"\0" in data else ("utf-8-sig", "cp1256")
    for name in names:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and ("\n" in text or name not in ("utf-16-le", "utf-16-be")):
            return text
    raise BadSheetError([(1, "this is no text: save the sheet again as “CSV UTF-8”")])


def _header(line: int, cells: list[str]) -> tuple[str, ...]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > _MAX_COLUMNS:
        raise BadSheetError([(line, f"a sheet has at most {_MAX_COLUMNS} columns: take some out")])
    return tuple(name or f"column {place}" for place, name in enumerate(names, 1))


def _row(line: int, cells: list[str], columns: int) -> Row:
    if len(cells) > columns and any(cell.strip() for cell in cells[columns:]):
        what = f"has {len(cells)} cells for {columns} columns: put texts with separators inside into quotes"
        raise BadSheetError([(line, what)])
    longest = max(map(len, cells), default=0)
    if longest > _MAX_CELL:
        raise BadSheetError([(line, f"holds a text of {longest} characters: at most {_MAX_CELL} fit")])
    kept = [cell[1:] if cell.startswith(_ESCAPED) else cell for cell in cells[:columns]]
    return Row(line, tuple(kept + [""] * (columns - len(kept))))
