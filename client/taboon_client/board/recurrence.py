"""How often an item comes again: a part of iCalendar's recurrence rules (RFC 5545, section 3.3.10), by days.

Taken are FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY (with an ordinal for MONTHLY), BYMONTHDAY, COUNT and UNTIL (a
day). Days have no time of day and no zone: safe hours say when. The rule and its days are worked out by ``dateutil``.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DAYS", "days_of", "fault_of"]

MAX_DAYS = 400
"""The most days that are worked out at once."""

_PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY",
    "INTERVAL": r"[1-9][0-9]{0,2}",
    "BYDAY": r"(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)){0,6}",
    "BYMONTHDAY": r"(?:-1|[1-9]|[12][0-9]|3[01])(?:,(?:-1|[1-9]|[12][0-9]|3[01])){0,9}",
    "COUNT": r"[1-9][0-9]{0,2}",
    "UNTIL": r"[0-9]{8}",
}
_TOO_LONG = timedelta(days=3_660)
_SHOWN = "FREQ=WEEKLY;BYDAY=MO,TH"


def fault_of(rule: str) -> str | None:
    """Return what is wrong with a rule, ``None`` if nothing is."""
    parts = _parts(rule)
    if parts is None:
        return f"is a rule of days such as {_SHOWN}"
    if "FREQ" not in parts:
        return f"says how often: {_SHOWN}"
    if "COUNT" in parts and "UNTIL" in parts:
        return "has COUNT or UNTIL, not both"
    if parts["FREQ"] != "MONTHLY" and ("BYMONTHDAY" in parts or re.search("[0-9]", parts.get("BYDAY", ""))):
        return "names days of the month only with FREQ=MONTHLY"
    if "UNTIL" in parts and _day(parts["UNTIL"]) is None:
        return "ends on a day that no calendar has"
    return None


def days_of(rule: str, first: str, since: date, until: date) -> tuple[date, ...]:
    """Return the days of a rule from one day to another, both included, at most :data:`MAX_DAYS`.

    Args:
        rule: As an item has it; one that this version does not know gives no days.
        first: First day of all, ``YYYY-MM-DD``; one that no calendar has, or that is ten years past, gives none.
        since: First day asked for.
        until: Last day asked for.
    """
    parts = _parts(rule)
    start = _day(first.replace("-", ""))
    # A rule may name days that never come, or have begun in the year 1: the search is bounded on both sides.
    if start is None or parts is None or fault_of(rule) is not None or since - start > _TOO_LONG or start > until:
        return ()
    last = min(until, since + _TOO_LONG, _day(parts.get("UNTIL", "")) or until)
    count = int(parts.get("COUNT", 0)) or None
    return tuple(islice((day for day in islice(_days(parts, start, last), count) if day >= since), MAX_DAYS))


def _days(parts: dict[str, str], start: date, last: date) -> Iterator[date]:
    from dateutil.rrule import rrulestr

    rule = ";".join(f"{name}={value}" for name, value in parts.items() if name not in ("COUNT", "UNTIL"))
    found = rrulestr(f"{rule};UNTIL={last:%Y%m%d}", dtstart=datetime.combine(start, time()))
    for moment in found:
        yield moment.date()


def _parts(rule: str) -> dict[str, str] | None:
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name in parts or name not in _PARTS or re.fullmatch(_PARTS[name], value) is None:
            return None
        parts[name] = value
    return parts


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
