"""What was filled in about an item: its fields, its lines, answers to the group's questions, sealed details.

A change of an item keeps what the form has no field for: words of the group's own, a rule that only a program writes.
"""

from __future__ import annotations

import time
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from taboon_client.board import Answer as Said
from taboon_client.board import Consent, Contact, Details, Household, Line
from taboon_client.board.fields import AUDIENCES, FOR_WHOM, HELPER_NEEDS, HOUSEHOLD_SIZES, RISKS, Hours
from taboon_client.errors import FieldError
from taboon_client.page.words import SPOKEN, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item, ItemLine
    from taboon_client.board.vocabulary import Asked as Question
    from taboon_client.page.web import Asked

__all__ = [
    "answers_of",
    "category_of",
    "changed_lines",
    "clock",
    "details_of",
    "fields_of",
    "hours_of",
    "lines_of",
    "local",
    "moment_of",
]

_DETAILS: Final = {"names": "names", "place": "place", "access": "access", "secret_note": "note"}
"""The fields of the form, and what they are called in the details."""
_ROW: Final = ("quantity", "unit", "what", "form", "people")
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
        "safe_hours": hours_of(asked),
        "for_whom": _one_of(asked, "for_whom", FOR_WHOM),
        "languages": _words_of(asked, "languages", "other_languages", SPOKEN, old.languages if old else ()),
        "interpreter": bool(asked.text("interpreter")),
        "helper_needs": _words_of(asked, "helper_needs", "other_needs", HELPER_NEEDS, old.helper_needs if old else ()),
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
        "repeat": asked.text("rule") or asked.text("repeat"),
        "first": asked.text("first") if asked.text("rule") or asked.text("repeat") else "",
    }


def _one_of(asked: Asked, name: str, words: tuple[str, ...]) -> str:
    return asked.text(name) if asked.text(name) in words else ""


def _words_of(asked: Asked, name: str, others: str, words: tuple[str, ...], old: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that were ticked and those that were typed, in the order that they had before."""
    wanted = [*(word for word in asked.many(name) if word in words), *listed(asked.text(others))]
    stay = [word for word in old if word in wanted]
    return tuple(dict.fromkeys((*stay, *wanted)))


def hours_of(asked: Asked) -> tuple[Hours, ...]:
    """Return when somebody can come, or go: a row that is empty is none.

    Raises:
        FieldError: An hour is none, or stands alone.
    """
    columns = [[one.strip() for one in asked.form.get(name, ())] for name in ("hours_start", "hours_end")]
    rows = zip_longest(*columns, fillvalue="")
    return tuple(_hours(asked, at, start, end) for at, (start, end) in enumerate(rows) if start or end)


def _hours(asked: Asked, at: int, start: str, end: str) -> Hours:
    if not (start and end):
        raise FieldError("hours_end", "goes with the hour from which somebody can come: write both, or none")
    days = tuple(sorted({int(day) for day in asked.many(f"hours_day_{at}") if day in tuple("0123456")}))
    return Hours(start=_minutes("hours_start", start) % 1_440, end=_minutes("hours_end", end) or 1_440, days=days)


def _minutes(name: str, written: str) -> int:
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


class _Row(NamedTuple):
    """A row of the form about one line of an item, as it was written."""

    quantity: str
    unit: str
    what: str
    form: str
    people: str

    def line(self, old: ItemLine | None = None) -> Line:
        """Return the line that it says, with what no row says from the line that it was."""
        return Line(
            quantity=_whole(self.quantity, "quantity") or 1,
            unit=self.unit,
            name=self.what,
            form=self.form,
            category=old.category if old else "",
            people=_whole(self.people, "people"),
        )


def _rows(asked: Asked) -> list[_Row]:
    """Return the rows of the form, filled in or not."""
    columns = [[one.strip() for one in asked.form.get(name, ())] for name in _ROW]
    return [_Row(*row) for row in zip_longest(*columns, fillvalue="")]


def lines_of(asked: Asked) -> tuple[Line, ...]:
    """Return the lines of a new item: a row that is empty is none.

    Raises:
        FieldError: A quantity is no number.
    """
    return tuple(row.line() for row in _rows(asked) if any(row))


def changed_lines(item: Item, asked: Asked) -> tuple[Line, ...] | None:
    """Return the lines of an item as the form has them, further ones behind; None if they are as before.

    Raises:
        FieldError: A quantity is no number, or one of the item's lines was emptied: none can go.
    """
    rows = _rows(asked)
    if not rows:
        return None
    if any(not row.quantity for row in rows[: len(item.lines)]):
        raise FieldError("quantity", "stays: a line that was there is changed, and not left out")
    lines = [row.line(old) for row, old in zip(rows, item.lines, strict=False)]
    lines += [row.line() for row in rows[len(item.lines) :] if any(row)]
    before = [(line.quantity, line.unit, line.name, line.form, line.people) for line in item.lines]
    return (
        None if [(one.quantity, one.unit, one.name, one.form, one.people) for one in lines] == before else tuple(lines)
    )


def _whole(written: str, field: str) -> int:
    if not (written or "0").isdecimal() or len(written) > 10:
        raise FieldError(field, "is a whole number")
    return int(written or "0")


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


def details_of(asked: Asked, old: Details | None = None) -> Details | None:
    """Return the sealed details of the form; None if none of its fields is filled in.

    Args:
        asked: The form.
        old: What they were: what is left empty stays so. The ways to reach somebody stay or go together.

    Raises:
        FieldError: They are too long.
    """
    said: dict[str, Any] = {field: text for name, field in _DETAILS.items() if (text := asked.text(name))}
    columns = [[one.strip() for one in asked.form.get(name, ())] for name in ("channel", "reach", "best")]
    ways = [row for row in zip_longest(*columns, fillvalue="") if row[1] or row[2]]
    if ways:
        said["contacts"] = tuple(Contact(channel=way, value=value, best=best) for way, value, best in ways)
    if people := _whole(asked.text("inhabitants"), "inhabitants"):
        said["people"] = people
    if not said:
        return None
    found = msgspec.structs.replace(old or Details(), **said)
    try:
        return msgspec.convert(msgspec.to_builtins(found, builtin_types=(bytes,)), Details, builtin_types=(bytes,))
    except msgspec.ValidationError:
        raise FieldError("place", "is too long") from None
