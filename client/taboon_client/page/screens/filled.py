"""What was filled in about an item: its fields, its lines, answers to the group's questions, sealed details.

A change of an item keeps what the form has no field for: words of the group's own, a rule that only a program writes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taboon_client.board import Answer as Said
from taboon_client.board import Consent, Details, Household, Line
from taboon_client.board.fields import AUDIENCES, FOR_WHOM, HELPER_NEEDS, HOUSEHOLD_SIZES, RISKS, Hours
from taboon_client.errors import FieldError
from taboon_client.page.words import REPEATS, SPOKEN, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Asked as Question
    from taboon_client.page.web import Asked

__all__ = [
    "answers_of",
    "category_of",
    "changed_lines",
    "clock",
    "details_of",
    "fields_of",
    "lines_of",
    "local",
    "moment_of",
]

_DETAILS: Final = ("names", "place", "access", "secret_note", "phone", "best", "reach")
_MOMENT: Final = "%Y-%m-%dT%H:%M"
_HOUR: Final = 60


def fields_of(asked: Asked, old: Item | None = None) -> dict[str, Any]:
    """Return what the form says of an item, by the names that an opening has.

    Args:
        asked: The form.
        old: The item as it is, where it is being changed.

    Raises:
        FieldError: A field does not fit.
    """
    size = asked.text("household_size")
    return {
        "title": asked.text("title"),
        "note": asked.text("note"),
        "urgency": asked.text("urgency"),
        "urgency_reason": asked.text("urgency_reason"),
        "area": asked.text("area"),
        "needed_by": _kept_moment(asked, "needed_by", old.needed_by if old else 0),
        "not_before": _kept_moment(asked, "not_before", old.not_before if old else 0),
        "safe_hours": _hours(asked, old.safe_hours if old else ()),
        "for_whom": _one_of(asked, "for_whom", FOR_WHOM),
        "languages": _some_of(asked, "languages", SPOKEN, old.languages if old else ()),
        "interpreter": bool(asked.text("interpreter")),
        "helper_needs": _some_of(asked, "helper_needs", HELPER_NEEDS, old.helper_needs if old else ()),
        "risk": _one_of(asked, "risk", RISKS),
        "tags": listed(asked.text("tags")),
        "household": Household(
            size=size if size in HOUSEHOLD_SIZES else "",
            children=bool(asked.text("children")),
            elder=bool(asked.text("elder")),
            disability=bool(asked.text("disability")),
        ),
        "consent": Consent(
            asked=bool(asked.text("consent")),
            by=asked.text("asked_by") if asked.text("consent") else "",
            audience=_one_of(asked, "audience", AUDIENCES) if asked.text("consent") else "",
        ),
        "heavy": bool(asked.text("heavy")),
        "repeat": _repeat(asked, old),
        "first": asked.text("first") if asked.text("repeat") else "",
    }


def _one_of(asked: Asked, name: str, words: tuple[str, ...]) -> str:
    return asked.text(name) if asked.text(name) in words else ""


def _some_of(asked: Asked, name: str, words: tuple[str, ...], old: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that were ticked, in the order they had, and those of before that the form does not show."""
    ticked = [word for word in asked.many(name) if word in words]
    stay = [word for word in old if word not in words or word in ticked]
    return (*stay, *(word for word in ticked if word not in stay))


def _repeat(asked: Asked, old: Item | None) -> str:
    chosen = asked.text("repeat")
    return chosen if chosen in REPEATS or (old and chosen == old.repeat) else ""


def _hours(asked: Asked, old: tuple[Hours, ...]) -> tuple[Hours, ...]:
    """Return when somebody can come: the form shows the first of these hours, and keeps the others."""
    start, end = _minutes(asked, "hours_start"), _minutes(asked, "hours_end")
    if start is None and end is None:
        return old[1:]
    if start is None or end is None:
        raise FieldError("hours_end", "goes with the hour from which somebody can come: write both, or none")
    days = tuple(sorted({int(day) for day in asked.many("hours_day") if day in "0123456" and len(day) == 1}))
    return (Hours(start=start % 1_440, end=end or 1_440, days=days), *old[1:])


def _minutes(asked: Asked, name: str) -> int | None:
    written = asked.text(name)
    if not written:
        return None
    hour, colon, minute = written[:5].partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < _HOUR):
        raise FieldError(name, "is an hour such as 18:30")
    return int(hour) * _HOUR + int(minute)


def clock(minutes: int) -> str:
    """Return a minute of the day as a field for hours takes it."""
    return f"{minutes // _HOUR % 24:02}:{minutes % _HOUR:02}"


def answers_of(asked: Asked, questions: Iterable[Question]) -> tuple[Said, ...]:
    """Return what was answered to the group's own questions; one that should not be left out may be, as everywhere.

    Raises:
        FieldError: An answer does not fit its question.
    """
    given = ((one, asked.many(f"answer-{one.version.hex()}")) for one in questions)
    return tuple(Said(question=one.version, value=_answer(one, said)) for one, said in given if said)


def _answer(question: Question, said: tuple[str, ...]) -> str | int | bool | tuple[str, ...]:
    field = f"answer-{question.version.hex()}"
    if question.options and not set(said) <= set(question.options):
        raise FieldError(field, "is one of those that are shown")
    if question.type == "many-of":
        return said
    text = said[-1]
    if question.type == "yes-no":
        return text == "yes"
    if question.type in {"number", "people"}:
        if not text.removeprefix("-").isdecimal() or len(text) > 10:
            raise FieldError(field, "is a whole number")
        return int(text)
    if len(text) > 1_000:
        raise FieldError(field, "is too long")
    return text


def category_of(asked: Asked, under: dict[str, str]) -> dict[str, str]:
    """Return both levels for the one code that was chosen."""
    code = asked.text("category")
    above = under.get(code, "")
    return {"category": above, "sub": code} if above else {"category": code, "sub": ""}


def _rows(asked: Asked) -> list[tuple[str, str, str]]:
    """Return the rows of the form, filled in or not: how many, unit, of what."""
    columns = [[one.strip() for one in asked.form.get(name, ())] for name in ("quantity", "unit", "what")]
    longest = max(map(len, columns))
    return [(one[0], one[1], one[2]) for one in zip(*(c + [""] * (longest - len(c)) for c in columns), strict=True)]


def lines_of(asked: Asked) -> tuple[Line, ...]:
    """Return the lines of a new item: a row that is empty is none.

    Raises:
        FieldError: A quantity is no number.
    """
    return tuple(
        Line(quantity=_quantity(written), unit=unit, name=name) for written, unit, name in filter(any, _rows(asked))
    )


def changed_lines(item: Item, asked: Asked) -> tuple[Line, ...] | None:
    """Return the lines of an item as the form has them, further ones behind; None if they are as before.

    Raises:
        FieldError: A quantity is no number, or one of the item's lines was emptied: none can go.
    """
    rows = _rows(asked)
    if not rows:
        return None
    lines = []
    for at, (written, unit, name) in enumerate(rows):
        if at < len(item.lines):
            if not written:
                raise FieldError("quantity", "stays: a line that was there is changed, and not left out")
            old = item.lines[at]
            lines.append(
                Line(
                    quantity=_quantity(written),
                    unit=unit,
                    name=name,
                    form=old.form,
                    category=old.category,
                    people=old.people,
                )
            )
        elif written or unit or name:
            lines.append(Line(quantity=_quantity(written), unit=unit, name=name))
    before = [(line.quantity, line.unit, line.name) for line in item.lines]
    return None if [(line.quantity, line.unit, line.name) for line in lines] == before else tuple(lines)


def _quantity(written: str) -> int:
    written = written or "1"
    if not written.isdecimal() or len(written) > 10:
        raise FieldError("quantity", "is a whole number")
    return int(written)


def moment_of(written: str, field: str) -> int:
    """Return the Unix time of a local ``YYYY-MM-DDTHH:MM``, 0 for none.

    Raises:
        FieldError: It is none.
    """
    if not written:
        return 0
    try:
        return max(0, int(time.mktime(time.strptime(written[:16], _MOMENT))))
    except (ValueError, OverflowError):
        raise FieldError(field, "is a day and an hour") from None


def local(seconds: int) -> str:
    """Return a Unix time as a field for a day and an hour takes it; empty for 0."""
    return time.strftime(_MOMENT, time.localtime(seconds)) if seconds else ""


def _kept_moment(asked: Asked, name: str, old: int) -> int:
    # The field knows no seconds: what nobody touched stays as it was.
    written = asked.text(name)
    return old if old and written[:16] == local(old) else moment_of(written, name)


def details_of(asked: Asked) -> Details | None:
    """Return the sealed details of the form; None if none of its fields is filled in.

    Raises:
        FieldError: They are too long.
    """
    if not any(asked.text(name) for name in _DETAILS):
        return None
    contacts = []
    if asked.text("phone") or asked.text("best"):
        contacts.append(("phone", asked.text("phone"), asked.text("best")))
    if asked.text("reach"):
        contacts.append((asked.text("channel"), asked.text("reach"), ""))
    try:
        return msgspec.convert(
            {
                "names": asked.text("names"),
                "place": asked.text("place"),
                "access": asked.text("access"),
                "note": asked.text("secret_note"),
                "contacts": [{"channel": way, "value": value, "best": best} for way, value, best in contacts],
            },
            Details,
        )
    except msgspec.ValidationError:
        raise FieldError("place", "is too long") from None
