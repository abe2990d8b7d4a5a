"""Days as people write them: in numbers, in the order of their region, or with the month's name in English or Arabic.

``3/4/2026`` alone does not tell its order: all days of a file together mostly do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from taboon_client.text.folding import fold, plain_digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Numbers", "day_of", "existing", "order_of", "orders_of", "read_day"]

Numbers = tuple[int, int, int]
"""The three numbers of a day, in the order that they are written in."""

_LONGEST: Final = 40
_MOST_DAYS: Final = 31
_NUMBERS: Final = re.compile(r"(\d{1,4})[/.\-](\d{1,2})[/.\-](\d{1,4})\Z")
_NAMED: Final = (
    re.compile(r"(?P<day>\d{1,2})\.? (?:of )?(?P<month>[^\d\s.,]+(?: [^\d\s.,]+)?)\.?,? (?P<year>\d{4})\Z"),
    re.compile(r"(?P<month>[^\d\s.,]+)\.? (?P<day>\d{1,2}),? (?P<year>\d{4})\Z"),
)
# Arabic has two sets of names: those of the Levant and Iraq, and those of Egypt, the Gulf and the Sudan.
_MONTHS: Final = {
    fold(name): number
    for number, names in enumerate(
        (
            ("january", "jan", "كانون الثاني", "يناير"),
            ("february", "feb", "شباط", "فبراير"),
            ("march", "mar", "آذار", "مارس"),
            ("april", "apr", "نيسان", "أبريل"),
            ("may", "أيار", "مايو"),
            ("june", "jun", "حزيران", "يونيو"),
            ("july", "jul", "تموز", "يوليو"),
            ("august", "aug", "آب", "أغسطس"),
            ("september", "sep", "sept", "أيلول", "سبتمبر"),
            ("october", "oct", "تشرين الأول", "أكتوبر"),
            ("november", "nov", "تشرين الثاني", "نوفمبر"),
            ("december", "dec", "كانون الأول", "ديسمبر"),
        ),
        1,
    )
    for name in names
}


def orders_of(days: Iterable[Numbers]) -> tuple[str, ...]:
    """Return the orders that all these days fit, of ``ymd``, ``dmy`` and ``mdy``; none if they fit no single one."""
    days = tuple(days)
    if any(first > _MOST_DAYS for first, _, _ in days):
        return ("ymd",)
    return tuple(order for order in ("dmy", "mdy") if len(existing(days, order)) == len(days))


def existing(days: Sequence[Numbers], order: str) -> list[dt.date]:
    """Return those of the days that exist in this order."""
    found = []
    for numbers in days:
        with contextlib.suppress(ValueError):
            found.append(day_of(numbers, order))
    return found


def day_of(numbers: Numbers, order: str) -> dt.date:
    """Return the day that three numbers in this order are; a year of two digits is one after 2000.

    Raises:
        ValueError: There is no such day.
    """
    named = dict(zip(order, numbers, strict=True))
    year = named["y"] + 2_000 if named["y"] < 100 else named["y"]
    return dt.date(year, named["m"], named["d"])


def order_of(column: Iterable[str]) -> str:
    """Return the order that the days of a column fit, day before month if they do not tell; other texts count not."""
    found = filter(None, map(_numbers, column))
    return next(iter(orders_of(numbers for numbers in found if numbers[0] <= _MOST_DAYS)), "dmy")


def read_day(text: str, order: str = "dmy") -> dt.date | None:
    """Return the day that a text is, ``None`` if it is none.

    Args:
        text: As it was written, with digits of any script.
        order: ``dmy`` or ``mdy``, for what does not begin with the year.
    """
    numbers = _numbers(text)
    try:
        if numbers is not None:
            return day_of(numbers, "ymd" if numbers[0] > _MOST_DAYS else order)
        plain = " ".join(plain_digits(text[:_LONGEST]).split())
        for form in _NAMED:
            found = form.match(plain)
            if found is not None and fold(found["month"]) in _MONTHS:
                return dt.date(int(found["year"]), _MONTHS[fold(found["month"])], int(found["day"]))
    except ValueError:
        pass
    return None


def _numbers(text: str) -> Numbers | None:
    found = _NUMBERS.match(plain_digits(text[:_LONGEST]).strip())
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))
