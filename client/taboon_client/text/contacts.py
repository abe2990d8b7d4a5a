"""Finding in free text what must not stand on the board: numbers to call, addresses, links, places on a map.

Sheets, chats and pasted texts carry them in the middle of sentences. `redact` cuts them out, so that they can become
sealed details; a person looks at both before anything is posted. It rather cuts too much than too little: what is cut
is not lost, it is only sealed. No rule of this kind finds everything, and nothing here may claim so.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taboon_client.text.folding import plain_digits

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GAP", "Redacted", "redact"]

GAP: Final = "[…]"
"""What stands where something was cut out."""

_FEWEST_DIGITS: Final = 7  # the shortest numbers that people call and that are no quantity of anything
_MOST_DIGITS: Final = 17

_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+|\b(?:wa\.me|t\.me|goo\.gl|maps\.app)/[^\s<>\"]+", re.IGNORECASE
)
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_HANDLE: Final = re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}\b")
_POINT: Final = re.compile(r"[-+]?\d{1,3}\.\d{3,}°?\s?[NSns]?\s?[,،;\s]\s?[-+]?\d{1,3}\.\d{3,}°?\s?[EWew]?")
_PLUS_CODE: Final = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.])(?:\+|00)?\(?\d(?:[\s().‑–-]{0,2}\d){6,16}(?![\w])")

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
    plain = plain_digits(text)
    found: list[tuple[int, int]] = []
    for pattern in (_LINK, _MAIL, _POINT, _PLUS_CODE, _HANDLE):
        found.extend(match.span() for match in pattern.finditer(plain))
    found.extend(match.span() for match in _NUMBER.finditer(plain) if _is_to_call(match.group()))
    found.extend(_addresses(plain))
    return _cut(text, _joined(found))


def _is_to_call(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return False
    return not _is_day(written)


def _is_day(written: str) -> bool:
    parts = re.fullmatch(r"(\d{1,4})[-.](\d{1,2})[-.](\d{1,4})", written)
    if parts is None:
        return False
    first, month, last = map(int, parts.groups())
    year, day = (first, last) if first > last else (last, first)
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
