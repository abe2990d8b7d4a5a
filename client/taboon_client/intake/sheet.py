"""Reading an intake sheet: CSV in, posts out. No clock, no storage, no network; one file is open while it is read.

What belongs here: columns by name, the text of a row as a title and a note, the key that makes a repeated import the
same posts. What does not: posting them. A sheet is read whole before anything is done with it, and what is wrong is
told by line and never quotes what stands there.

The sheet is UTF-8 text with one row of column names. It is read one line of bounded length at a time, so that neither
a huge file nor a huge cell fills the memory.
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

from taboon_client.board.kinds import MAX_QUANTITY, URGENCIES, Line, Need, Offer
from taboon_client.errors import TaboonError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["COLUMNS", "BadSheetError", "Sheet", "read_sheet"]

COLUMNS: Final = (
    "message", "title", "id", "original", "category", "area", "urgency", "quantity", "unit", "kind",
)  # fmt: skip
"""The columns that mean something; others are passed over."""

MAX_ROWS: Final = 50_000
_MAX_LINE: Final = 1 << 17
_MAX_TITLE: Final = 140
_MAX_TEXT: Final = 4_000
_MAX_WORD: Final = 32
_MAX_AREA: Final = 64
_MAX_ID: Final = 200
_MAX_PROBLEMS: Final = 20
_SEPARATORS: Final = (",", ";", "\t")


class BadSheetError(TaboonError):
    """A sheet that cannot be imported as it is.

    Attributes:
        problems: Pairs (line in the file from 1, what is wrong there and what to do), at most 20.
    """

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        told = "\n".join(f"line {line}: {what}" for line, what in problems)
        super().__init__(f"{told}\nNothing was posted.")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was read whole: pairs of a key (16 bytes) and the post that it names, in the order of the rows."""

    posts: tuple[tuple[bytes, Need | Offer], ...] = field(repr=False)


def read_sheet(source: Path | bytes | BinaryIO, *, created: int) -> Sheet:
    """Read a CSV sheet whole.

    A row needs a text, in the column ``message`` (or ``title``). One of at most 140 characters becomes the title; of a
    longer one the title holds the first 139 and an ellipsis, and the note holds all of it. Where a sheet has both
    columns, ``title`` is the title and ``message`` the note.

    Args:
        source: The file, its bytes, or an open binary stream.
        created: Unix seconds that the posts state as their time.

    Raises:
        BadSheetError: Something does not fit; says where and what to do, for the first 20 places.
        OSError: The file cannot be read.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), created)
    if hasattr(source, "open"):
        with source.open("rb") as stream:
            return _read(stream, created)
    return _read(source, created)


def _read(stream: BinaryIO, created: int) -> Sheet:
    lines = _Lines(stream)
    first = lines.peek()
    rows = _Rows(lines, _separator(first))
    header = _header(next(iter(rows), None))
    return _Reader(header, created).read(rows)


class _Lines:
    """The lines of a file as text, of bounded length, counted."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._peeked: str | None = None
        self.number = 0

    def peek(self) -> str:
        """Return the first line, or an empty text, and keep it for the reader."""
        self._peeked = self._next()
        return self._peeked or ""

    def __iter__(self) -> Iterator[str]:
        line = self._peeked
        while line is not None:
            self.number += 1
            yield line
            line = self._next()

    def _next(self) -> str | None:
        raw = self._stream.readline(_MAX_LINE)
        if not raw:
            return None
        number = self.number + 1
        if number == 1:
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise BadSheetError([(1, "this file is UTF-16: save the sheet again as “CSV UTF-8”")])
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if len(raw) >= _MAX_LINE:
            raise BadSheetError(
                [(number, f"is longer than {_MAX_LINE} bytes: a text may have at most {_MAX_TEXT} characters")]
            )
        if b"\0" in raw:
            raise BadSheetError([(number, "holds a NUL byte, so this is no text: save the sheet again as “CSV UTF-8”")])
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"byte {error.start + 1} is not UTF-8"
            raise BadSheetError([(number, f"{where}: save the sheet again as “CSV UTF-8”")]) from None


class _Rows:
    """The rows of a sheet, each with the line that it begins on."""

    def __init__(self, lines: _Lines, separator: str) -> None:
        self._lines = lines
        self._cells = csv.reader(iter(lines), delimiter=separator, strict=True)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            start = self._lines.number + 1
            try:
                cells = next(self._cells, None)
            except csv.Error as error:
                raise BadSheetError([(start, _quoting(str(error)))]) from None
            if cells is None:
                return
            yield start, cells


def _quoting(complaint: str) -> str:
    if "unexpected end of data" in complaint:
        return 'a quote (") that opens here is never closed: close it, or write "" for a quote inside a text'
    if "field limit" in complaint:
        return f'a text that begins here is far longer than {_MAX_TEXT} characters: shorten it, or close its quote (")'
    if "new-line" in complaint:
        return "a line ends without a line feed: save the sheet again as “CSV UTF-8”"
    return 'the quotes (") do not fit: put a text with quotes inside into quotes, and write "" for each inside'


def _separator(first: str) -> str:
    """Tell what stands between the cells: spreadsheets of many countries write a semicolon, some programs a tab."""
    for separator in _SEPARATORS:
        names = {_name(cell) for cell in first.split(separator)}
        if names & {"message", "title"}:
            return separator
    return _SEPARATORS[0]


def _name(cell: str) -> str:
    return cell.strip().strip('"').strip().casefold()


def _header(row: tuple[int, list[str]] | None) -> list[str]:
    if row is None:
        raise BadSheetError([(1, "the sheet is empty: its first line names the columns, one of them “message”")])
    line, cells = row
    names = [_name(cell) for cell in cells]
    if not {"message", "title"} & set(names):
        advice = f"no column is called “message” or “title”: name the columns in the first line ({', '.join(COLUMNS)})"
        raise BadSheetError([(line, advice)])
    twice = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if twice:
        raise BadSheetError([(line, f"the column “{twice[0]}” is there twice: keep one")])
    if "unit" in names and "quantity" not in names:
        raise BadSheetError([(line, "there is a column “unit” and none “quantity”: add it, or take “unit” out")])
    return names


class _Reader:
    """Rows into posts; collects what is wrong instead of stopping at the first."""

    def __init__(self, header: list[str], created: int) -> None:
        self._header = header
        self._created = created
        self._problems: list[tuple[int, str]] = []
        self._ids: dict[str, int] = {}
        self._ordinals: dict[str, int] = {}

    def read(self, rows: _Rows) -> Sheet:
        posts: list[tuple[bytes, Need | Offer]] = []
        for line, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if len(posts) == MAX_ROWS:
                self._note(line, f"a sheet has at most {MAX_ROWS} rows: split it")
                break
            post = self._post(line, cells)
            if post is not None:
                posts.append(post)
            elif len(self._problems) >= _MAX_PROBLEMS:
                break
        if not posts and not self._problems:
            self._note(1, "there is no row below the names of the columns")
        if self._problems:
            raise BadSheetError(self._problems[:_MAX_PROBLEMS])
        return Sheet(tuple(posts))

    def _note(self, line: int, what: str) -> None:
        self._problems.append((line, what))

    def _post(self, line: int, cells: list[str]) -> tuple[bytes, Need | Offer] | None:
        """Return the post of one row, or None after noting what is wrong with it."""
        if len(cells) > len(self._header):
            self._note(
                line,
                f"has {len(cells)} cells for {len(self._header)} columns: put texts with separators inside into quotes",
            )
            return None
        before = len(self._problems)
        row = dict(zip(self._header, cells, strict=False))
        text = row.get("message") or row.get("title", "")
        title, note = _title_and_note(row.get("title", ""), row.get("message", ""))
        original = row.get("original", "")
        if not text.strip():
            self._note(line, "has no text: write one, or take the row out")
        for column, limit in (("message", _MAX_TEXT), ("original", _MAX_TEXT), ("area", _MAX_AREA),
                              ("category", _MAX_WORD), ("unit", _MAX_WORD), ("id", _MAX_ID)):  # fmt: skip
            if (length := len(row.get(column, ""))) > limit:
                self._note(line, f"“{column}” has {length} characters: at most {limit} fit")
        if len(note) > _MAX_TEXT and not row.get("message"):
            self._note(line, f"“title” has {len(note)} characters: at most {_MAX_TEXT} fit")
        if len(title) > _MAX_TITLE:
            self._note(
                line, f"“title” has {len(title)} characters: at most {_MAX_TITLE} fit, the rest goes to “message”"
            )
        urgency = row.get("urgency", "").strip().casefold()
        if urgency and urgency not in URGENCIES:
            self._note(line, f"“urgency” is one of {', '.join(URGENCIES)}, or empty")
        kind = row.get("kind", "").strip().casefold() or "need"
        if kind not in ("need", "offer"):
            self._note(line, "“kind” is need or offer, or empty for need")
        lines = self._lines(line, row)
        # Where a sheet has both columns, both say which row it is; NUL stands in neither.
        both = "\0".join(filter(None, (row.get("title"), row.get("message"))))
        key = self._key(line, row.get("id", "").strip(), both)
        if len(self._problems) > before:
            return None
        made = (Offer if kind == "offer" else Need)(
            title=title,
            note=note,
            original=original,
            category=row.get("category", "").strip(),
            area=row.get("area", "").strip(),
            urgency=urgency,
            lines=lines,
            created=self._created,
            key=key,
        )
        return key, made

    def _lines(self, line: int, row: dict[str, str]) -> tuple[Line, ...]:
        quantity, unit = row.get("quantity", "").strip(), row.get("unit", "").strip()
        if not quantity:
            if unit:
                self._note(line, "has a unit and no quantity: write both or none")
            return ()
        # The length first: Python refuses to read very long numbers, in its own words.
        if len(quantity) > len(str(MAX_QUANTITY)) or not quantity.isdecimal() or not 1 <= int(quantity) <= MAX_QUANTITY:
            self._note(line, f"“quantity” is a whole number from 1 to {MAX_QUANTITY}, or empty")
            return ()
        return (Line(quantity=int(quantity), unit=unit),)

    def _key(self, line: int, identity: str, text: str) -> bytes:
        """Name a row so that importing it again is the same post: by its id and text, else by its text."""
        if identity:
            if (first := self._ids.setdefault(identity, line)) != line:
                self._note(line, f"has the id of line {first}: give each row its own, or take the column “id” out")
            return _row_key(b"id", identity.encode(), text)
        # Of equal texts without ids, the first is the first again next time.
        ordinal = self._ordinals[text] = self._ordinals.get(text, 0) + 1
        return _row_key(b"ordinal", str(ordinal).encode(), text)


def _title_and_note(title: str, message: str) -> tuple[str, str]:
    if title and message:
        return title, message
    text = title or message
    return (text, "") if len(text) <= _MAX_TITLE else (text[: _MAX_TITLE - 1] + "…", text)


def _row_key(how: bytes, which: bytes, text: str) -> bytes:
    digest = hashlib.sha256(b"taboon import v1")
    for part in (how, which, text.encode()):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()[:16]
