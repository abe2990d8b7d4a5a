"""Finding in free text what must not stand on the board: numbers to call, addresses, links, places on a map.

Sheets, chats and pasted texts carry them in the middle of sentences. `redact` cuts them out, so that they can become
sealed details; a person looks at both before anything is posted. It rather cuts too much than too little: what is cut
is not lost, it is only sealed. No rule of this kind finds everything, and nothing here may claim so.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GAP", "Redacted", "redact"]

GAP: Final = "[…]"
"""What stands where something was cut out."""

_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|\b(?:wa\.me|t\.me|goo\.gl|maps\.app)/[^\s<>\"]+", re.IGNORECASE
)
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HANDLE: Final = re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")
_POINT: Final = re.compile(
    r"[-+]?\d{1,3}\.\d{3,}°?\s?[NSns]?\s?[,،;\s]\s?(?:[^\W\d]{1,12}[\s:=]{1,3})?[-+]?\d{1,3}\.\d{3,}°?\s?[EWew]?"
)
_DEGREES: Final = re.compile(
    r"\d{1,3}\s?°\s?\d{1,2}(?:\.\d+)?\s?['′’](?:\s?\d{1,2}(?:\.\d+)?\s?(?:''|[\"″”]))?\s?[NSEWnsew]?"
)
_PLUS_CODE: Final = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b", re.IGNORECASE)
# From seven digits on, wherever they stand: the shortest numbers that people call and that are no quantity of anything.
# What begins as numbers to call do may have anything but letters between its digits.
_NUMBER: Final = re.compile(
    r"(?<!\d)(?:(?:\+|0)\d?(?:[\W_]{0,4}\d){6,}|\(?\d(?:[\s().\u2010-\u2015\u2212-]{0,3}\d){6,})"
)
_ACCOUNT: Final = re.compile(r"(?<![A-Z])[A-Z]{2}\d{2}(?:\s?[A-Z0-9]){11,30}(?![A-Z0-9])")
_DAY: Final = re.compile(r"(?<!\d)(?<!\d[-./])(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?![-./]?\d)")
_TIME: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!:?\d)")
_YEARS: Final = range(1900, 2101)

# A word of one of these kinds makes the rest of its clause an address. Arabic joins "and", "in", "the" to the word.
_LATIN_PLACES: Final = (
    "street|str\\.|st\\.|road|rd\\.|avenue|ave\\.|lane|alley|boulevard|building|bldg|block|floor|apartment|apt|flat|house"
    "|address|rue|impasse|ruelle"
)
_ARABIC_PLACES: Final = "شارع|بناية|بنايه|عمارة|عماره|مبنى|طابق|دور|شقة|شقه|منزل رقم|بيت رقم|حارة|حاره|زقاق|جادة|عنوان"
_PLACE: Final = re.compile(
    rf"(?<!\w)(?:(?:{_LATIN_PLACES})|[وفبلك]?(?:ال|لل)?(?:{_ARABIC_PLACES}))(?!\w)", re.IGNORECASE
)
_LEADING: Final = re.compile(
    r"(?<!\w)(?:at|in|on|near|behind|opposite|address|a|à|في|عند|قرب|مقابل|خلف|جنب|بجانب)(?!\w)", re.IGNORECASE
)
_CLAUSE: Final = re.compile(r"[^.,;:!?\n،؛؟]+(?:\.(?=\S)[^.,;:!?\n،؛؟]+)*")
_WORDS_BEFORE: Final = 3


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text and what was cut out of it.

    Attributes:
        text: The text with `GAP` where something stood.
        found: What stood there, in order, as it was written.
    """

    text: str = field(repr=False)
    found: tuple[str, ...] = field(repr=False)


def redact(text: str) -> Redacted:
    """Cut numbers to call, mail addresses, links, handles, map points and street addresses out of a text."""
    plain = "".join(map(_plain, text))
    found: list[tuple[int, int]] = []
    for pattern in (_LINK, _MAIL, _POINT, _DEGREES, _PLUS_CODE, _HANDLE, _ACCOUNT):
        found.extend(match.span() for match in pattern.finditer(plain))
    found.extend(match.span() for match in _NUMBER.finditer(_without_times(plain)))
    found.extend(_addresses(plain))
    return _cut(text, _joined(found))


def _plain(letter: str) -> str:
    """Return the digit that a letter stands for, also a raised or encircled one; what nobody sees as a dash."""
    value = unicodedata.digit(letter, None)
    if value is not None:
        return str(value)
    if letter == "٫":
        return "."
    return "-" if unicodedata.category(letter) in ("Cf", "Mn", "Me") else letter


def _without_times(plain: str) -> str:
    """Return a text of the same length in which no day and no time of day can be taken for a number to call."""
    for pattern in (_DAY, _TIME):
        plain = pattern.sub(lambda match: "x" * len(match[0]) if _is_time(match) else match[0], plain)
    return plain


def _is_time(match: re.Match[str]) -> bool:
    if match.re is _TIME:
        return True
    first, month, last = map(int, match.groups())
    year, day = (first, last) if first > last else (last, first)
    if year < 100 and len(match[1]) < 3:
        year += 2_000
    if year not in _YEARS:
        return False
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def _addresses(text: str) -> Iterable[tuple[int, int]]:
    for clause in _CLAUSE.finditer(text):
        place = _PLACE.search(clause.group())
        if place is not None:
            yield clause.start() + _address_start(clause.group(), place.start()), clause.end()


def _address_start(clause: str, place: int) -> int:
    """Tell where in a clause an address begins: after what leads to it, or a few words before its own word."""
    leading = [match.end() for match in _LEADING.finditer(clause, 0, place)]
    if leading:
        return leading[-1]
    starts = [match.start() for match in re.finditer(r"\S+", clause[:place])]
    before = [start for start in starts[-_WORDS_BEFORE:] if clause[start].isdigit() or clause[start].isupper()]
    return before[0] if before else place


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cut(text: str, spans: list[tuple[int, int]]) -> Redacted:
    kept: list[str] = []
    found: list[str] = []
    position = 0
    for start, end in spans:
        piece = text[start:end]
        lead, tail = len(piece) - len(piece.lstrip()), len(piece) - len(piece.rstrip())
        kept += [text[position : start + lead], GAP, text[end - tail : end]]
        found.append(piece.strip())
        position = end
    return Redacted("".join([*kept, text[position:]]), tuple(found))
