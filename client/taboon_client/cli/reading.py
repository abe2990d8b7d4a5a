"""Reading what people type for times, hours, lines and sealed details. What does not fit is told with an example."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Details, Household, Line
    from taboon_client.board.fields import Hours
    from taboon_client.board.vocabulary import Asked

__all__ = ["answer_of", "details_of", "hours_of", "household_of", "line_of", "moment", "write_details"]

_LATER: Final = re.compile(r"\+(\d{1,4})\s*([mhdw])\Z")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})\Z")
_UNITS: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS: Final = re.compile(r"(?:([a-z]{3}(?:,[a-z]{3})*)\s+)?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\Z")
_LINE: Final = re.compile(r"(\d{1,10})\s*([^:]*?)\s*(?::\s*(.*?))?(?:\s+for\s+(\d{1,7}))?\Z", re.DOTALL)
_LINE_KEYS: Final = re.compile(r"\s*;\s*(form|category)\s*:", re.IGNORECASE)
_ANSWER: Final = re.compile(r"answer ([a-z0-9-]{1,32})\Z")
_YES: Final = ("yes", "y", "true", "1", "نعم")
_LONGEST_NUMBER: Final = 10
_HOUSEHOLD_WORDS: Final = ("children", "elder", "disability")


def moment(text: str, now: int, option: str) -> int:
    """Return the Unix time that somebody means: ``18:00``, ``2026-03-01``, ``2026-03-01 18:00``, ``+3h``, ``+2d``.

    A time of the day is the next one that comes; a day alone is its beginning, in local time.

    Raises:
        UsageError: It is none.
    """
    if later := _LATER.match(text):
        return now + int(later[1]) * _UNITS[later[2]]
    if clock := _CLOCK.match(text):
        today = time.strftime("%Y-%m-%d", time.localtime(now))
        seconds = _local(f"{today} {clock[1].zfill(2)}:{clock[2]}", "%Y-%m-%d %H:%M")
        if seconds is not None:
            return seconds if seconds > now else seconds + 86_400
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        seconds = _local(text, form)
        if seconds is not None:
            return seconds
    raise UsageError(f"{option} takes a time such as 18:00, 2026-03-01, “2026-03-01 18:00”, +3h or +2d")


def _local(text: str, form: str) -> int | None:
    try:
        return max(0, int(time.mktime(time.strptime(text, form))))
    except (ValueError, OverflowError):
        return None


def hours_of(text: str) -> Hours:
    """Return the hours that somebody means: ``18:00-20:30``, or ``mon,wed 18:00-20:30``.

    Raises:
        UsageError: They are none.
    """
    from taboon_client.board.fields import Hours

    found = _HOURS.match(text.strip().lower())
    days = found[1].split(",") if found and found[1] else []
    if found and set(days) <= set(_DAYS):
        start, end = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
        if start < 1_440 and 1 <= end <= 1_440:
            return Hours(start=start, end=end, days=tuple(sorted({_DAYS.index(day) for day in days})))
    raise UsageError("--hours takes hours such as 18:00-20:30, or “mon,wed 18:00-20:30”")


def line_of(text: str) -> Line:
    """Return the line that somebody means: ``20``, ``20 litre``, ``2 box: insulin``, ``20 litre: water for 5``.

    ``; form: …`` and ``; category: …`` may follow, as in ``2 box: insulin for 3; form: pens; category: chronic``.

    Raises:
        UsageError: It is none.
    """
    from taboon_client.board import Line

    said, *more = _LINE_KEYS.split(text.strip())
    further = dict(zip(map(str.lower, more[::2]), map(str.strip, more[1::2]), strict=True))
    found = _LINE.match(said)
    if found is None or not int(found[1]):
        raise UsageError("--line takes a quantity first, as in “20 litre”, “2 box: insulin” or “20 litre: water for 5”")
    return Line(
        quantity=int(found[1]),
        unit=found[2] or "",
        name=found[3] or "",
        form=further.get("form", ""),
        category=further.get("category", ""),
        people=int(found[4] or 0),
    )


def household_of(text: str) -> Household:
    """Return the household that somebody means: ``4-6``, ``4-6,children,elder``.

    Raises:
        UsageError: A word of it is none.
    """
    from taboon_client.board.fields import HOUSEHOLD_SIZES, Household

    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    sizes = [word for word in words if word in HOUSEHOLD_SIZES]
    if len(sizes) > 1 or not set(words) <= {*HOUSEHOLD_SIZES, *_HOUSEHOLD_WORDS}:
        allowed = ", ".join((*HOUSEHOLD_SIZES, *_HOUSEHOLD_WORDS))
        raise UsageError(f"--household takes one size and what is true of somebody there: {allowed}")
    return Household(
        size=sizes[0] if sizes else "",
        children="children" in words,
        elder="elder" in words,
        disability="disability" in words,
    )


def answer_of(asked: Asked, text: str) -> str | int | bool | tuple[str, ...]:
    """Return an answer as its question's type says.

    Raises:
        UsageError: It is none.
    """
    text = text.strip()
    read: str | int | bool | tuple[str, ...] = text
    if asked.type in ("number", "people"):
        if not text.removeprefix("-").isdecimal() or len(text) > _LONGEST_NUMBER:
            raise UsageError(f"the answer to {asked.code} is a number")
        read = int(text)
    elif asked.type == "yes-no":
        read = text.lower() in _YES
    elif asked.type == "many-of":
        read = tuple(part.strip() for part in text.split(","))
    if asked.options and not {*(read if isinstance(read, tuple) else (read,))} <= set(asked.options):
        raise UsageError(f"the answer to {asked.code} is of: {', '.join(asked.options)}")
    return read


def details_of(text: str, questions: Iterable[Asked] = ()) -> Details:
    """Return sealed details from lines ``names: …``, ``place: …``, ``access: …``, ``people: …``; others are a contact.

    ``answer CODE: …`` answers a question of the group's whose answers are sealed.

    ``phone: 0599…``, ``signal: …`` and whatever else stands before a colon is a way to reach somebody. A line without a
    colon belongs to the note.

    Raises:
        UsageError: There are more than four contacts, people are no number, or an answer is none.
    """
    from taboon_client.board import Contact, Details, SealedAnswer
    from taboon_client.board.details import REFERENCE

    sealed = {one.code: one for one in questions if one.sealed}
    said: dict[str, str] = {}
    note: list[str] = []
    answers = []
    contacts = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not line.strip():
            continue
        if name in ("name", "names", "place", "address", "access", "people"):
            said[{"name": "names", "address": "place"}.get(name, name)] = value
        elif (found := _ANSWER.match(name)) and found[1] in sealed:
            asked = sealed[found[1]]
            answers.append(SealedAnswer(question=asked.version[:REFERENCE], value=answer_of(asked, value)))
        elif name == "note" or not colon or len(name) > 32 or (" " in name.strip() and len(name.split()) > 2):
            note.append(value if name == "note" else line.strip())
        else:
            contacts.append(Contact(channel=name, value=value))
    if len(contacts) > 4:
        raise UsageError("the details take four ways to reach somebody, and no more")
    people = said.pop("people", "0")
    if not people.isdecimal():
        raise UsageError("in the details, “people:” takes a number")
    return Details(
        names=said.get("names", ""),
        place=said.get("place", ""),
        access=said.get("access", ""),
        people=int(people),
        contacts=tuple(contacts),
        note="\n".join(note),
        answers=tuple(answers),
    )


def write_details(details: Details, questions: Iterable[Asked] = ()) -> list[tuple[str, str]]:
    """Return what sealed details say as pairs (word of ours, text of a member): what :func:`details_of` reads."""
    from taboon_client.board.asking import answer_text, opened

    told = [("names", details.names), ("place", details.place), ("access", details.access)]
    told += [(one.channel or "contact", " ".join(filter(None, (one.value, one.best)))) for one in details.contacts]
    if details.people:
        told.append(("people", str(details.people)))
    told += [("note", line) for line in details.note.splitlines()]
    for asked, value in opened(questions, details):
        told.append((f"answer {asked.code}" if asked is not None else "answer", answer_text(value)))
    return [(name, text) for name, text in told if text]
