"""Reading an exported WhatsApp chat: text in, messages out. No clock, no storage, no network.

Android writes ``31/12/2023, 21:15 - Name: text``, iOS ``[31/12/2023, 21:15:42] Name: text``; days come in the order of
the phone's region, with Arabic digits and direction marks on an Arabic phone, and AM or PM in its language. A line that
begins otherwise goes on with the message above it. What is no message of a person (pictures left out, deletions, who
joined) is counted and passed over.

The exports name no time zone: times are those of the phone's clock.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taboon_client.errors import TaboonError
from taboon_client.intake.days import Numbers, day_of, existing, orders_of
from taboon_client.text.folding import plain_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BadChatError", "Chat", "Message", "read_chat"]

MAX_BYTES: Final = 16 << 20
MAX_MESSAGES: Final = 50_000
_MAX_TEXT: Final = 65_536
_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"))
_SPACES: Final = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u2009": " "})

_DAY: Final = r"(?P<a>\d{1,4})[/.\-](?P<b>\d{1,2})[/.\-](?P<c>\d{1,4})"
_HOUR: Final = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:\s?(?P<half>[AaPp]\.?\s?[Mm]\.?|ص|م))?"
)
_IOS: Final = re.compile(rf"\[{_DAY}[,،]?\s{{1,2}}{_HOUR}\]\s(?P<rest>.*)")
_ANDROID: Final = re.compile(rf"{_DAY}[,،]?\s{{1,2}}{_HOUR}\s[-–]\s(?P<rest>.*)")
_AUTHOR: Final = re.compile(r"(?P<author>[^:]{1,100}):(?:\s(?P<text>.*))?")

# What stands in the place of a text when there is none to read.
_NO_TEXT: Final = re.compile(
    r"<[^<>]*(?:omitted|attached|استبعاد|مرفق|حذف)[^<>]*>"
    r"|(?:image|video|audio|sticker|gif|document|contact card) omitted|تم استبعاد .{1,40}"
    r"|.*\((?:file attached|الملف مرفق|ملف مرفق)\)"
    r"|(?:this message was deleted|you deleted this message)\.?"
    r"|(?:تم حذف|لقد حذفت|حذفت) هذه الرسالة\.?"
    r"|(?:missed (?:voice|video) call|مكالمة (?:صوتية|فيديو) فائتة).*"
    r"|null",
    re.IGNORECASE,
)
_EDITED: Final = re.compile(r"<(?:this message was edited|تم تعديل هذه الرسالة)>\Z", re.IGNORECASE)
_LONGEST_NOTICE: Final = 300


class BadChatError(TaboonError):
    """A text that is no exported chat, or too large; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one person wrote.

    Attributes:
        line: Line in the file, from 1.
        at: When, by the phone's clock; no time zone is known.
        author: Name or number as the exporting phone showed it. Never to be shown to a group.
        text: The text, line breaks included.
    """

    line: int
    at: dt.datetime
    author: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chat:
    """An exported chat.

    Attributes:
        messages: What people wrote, in the order of the file.
        skipped: How many entries held no text of a person.
    """

    messages: tuple[Message, ...] = field(repr=False)
    skipped: int


@dataclass(slots=True)
class _Entry:
    """One dated entry of the file, its lines still apart, its day not yet understood."""

    line: int
    numbers: Numbers
    time: dt.time
    lines: list[str]


def read_chat(data: bytes) -> Chat:
    """Read an exported chat whole.

    Raises:
        BadChatError: It is not UTF-8, holds no dated message, a date that does not exist, or is too large.
    """
    if len(data) > MAX_BYTES:
        raise BadChatError(f"This chat is larger than {MAX_BYTES >> 20} MiB: export it without media, or split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadChatError("This is no text in UTF-8: take the .txt file from WhatsApp's “Export chat”.") from None
    entries = list(_entries(text))
    if not entries:
        raise BadChatError(
            "No line begins with a date as in an exported WhatsApp chat: take the .txt file from “Export chat”."
        )
    order = _order([entry.numbers for entry in entries])
    messages: list[Message] = []
    for entry in entries:
        message = _message(entry, order)
        if message is None:
            continue
        if len(messages) == MAX_MESSAGES:
            raise BadChatError(f"This chat has more than {MAX_MESSAGES} messages: split it.")
        messages.append(message)
    return Chat(tuple(messages), len(entries) - len(messages))


def _entries(text: str) -> Iterator[_Entry]:
    current: _Entry | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        begun = _begin(number, line)
        if begun is not None:
            if current is not None:
                yield current
            current = begun
        elif current is not None:
            current.lines.append(line)
    if current is not None:
        yield current


def _begin(number: int, line: str) -> _Entry | None:
    """Return the entry that a line begins, or None if it goes on with the one above."""
    plain = plain_digits(line[:200]).translate(_MARKS).translate(_SPACES)
    match = _IOS.match(plain) or _ANDROID.match(plain)
    if match is None:
        return None
    hour, half = int(match["hour"]), (match["half"] or "")[:1].casefold()
    if half:
        hour = hour % 12 + (12 if half in ("p", "م") else 0)
    try:
        time = dt.time(hour, int(match["minute"]), int(match["second"] or 0))
    except ValueError:
        return None
    # The rest as it was written, digits and all: its beginning is found again by its length.
    rest = line.translate(_MARKS).translate(_SPACES)[match.start("rest") :]
    return _Entry(number, (int(match["a"]), int(match["b"]), int(match["c"])), time, [rest])


def _message(entry: _Entry, order: str) -> Message | None:
    match = _AUTHOR.fullmatch(entry.lines[0])
    if match is None:
        return None  # who joined, whose number changed: no text of a person
    lines = [match["text"] or "", *entry.lines[1:]]
    first = lines[0].translate(_MARKS).strip()
    if len(first) <= _LONGEST_NOTICE and _NO_TEXT.fullmatch(first):
        lines[0] = ""  # what was written below a picture stays
    text = "\n".join(lines).translate(_MARKS).strip()
    if len(text) > _MAX_TEXT:
        raise BadChatError(f"Line {entry.line} begins a message of more than {_MAX_TEXT} characters: split it.")
    text = _EDITED.sub("", text).rstrip()
    if not text:
        return None
    try:
        day = day_of(entry.numbers, order)
    except ValueError:
        raise BadChatError(f"Line {entry.line} begins with a day that does not exist.") from None
    return Message(entry.line, dt.datetime.combine(day, entry.time), match["author"].strip(), text)


def _order(days: list[Numbers]) -> str:
    """Tell in which order day, month and year stand, from all days of the file: a chat is written in order of time."""
    fitting = orders_of(days) or ("dmy",)
    return min(fitting, key=lambda order: _steps_back(days, order))


def _steps_back(days: list[Numbers], order: str) -> int:
    return sum(later < earlier for earlier, later in itertools.pairwise(existing(days, order)))
