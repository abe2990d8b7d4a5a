"""The days of what comes again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_client.board.recurrence import MAX_DAYS, days_of, fault_of

MONDAY = date(2026, 11, 23)
YEAR = timedelta(days=365)


def days(rule: str, until: date = MONDAY + YEAR) -> list[str]:
    return [day.isoformat() for day in days_of(rule, MONDAY.isoformat(), MONDAY, until)]


def test_weekly_monthly_and_every_few_days() -> None:
    assert days("FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4") == ["2026-11-23", "2026-11-26", "2026-11-30", "2026-12-03"]
    assert days("FREQ=DAILY;INTERVAL=10;UNTIL=20261220") == ["2026-11-23", "2026-12-03", "2026-12-13"]
    assert days("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2") == ["2026-11-27", "2026-12-25"]
    assert days("FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=3") == ["2026-12-01", "2026-12-15", "2027-01-01"]


def test_a_count_is_counted_from_the_first_day_and_not_from_the_day_asked_for() -> None:
    later = days_of("FREQ=DAILY;COUNT=5", MONDAY.isoformat(), MONDAY + timedelta(days=3), MONDAY + YEAR)
    assert [day.day for day in later] == [26, 27]


@pytest.mark.parametrize(
    "rule",
    [
        *("", "weekly", "FREQ=YEARLY", "FREQ=WEEKLY;FREQ=DAILY", "FREQ=DAILY;COUNT=2;UNTIL=20270101", "INTERVAL=2"),
        *("FREQ=DAILY;UNTIL=20270230", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=WEEKLY;BYDAY=2MO", "FREQ=SECONDLY"),
        *(
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=100000",
            "FREQ=DAILY\n",
            "RRULE:FREQ=DAILY",
            "FREQ=DAILY;BYHOUR=1",
        ),
    ],
)
def test_a_rule_that_is_not_taken_says_why_and_gives_no_days(rule: str) -> None:
    assert fault_of(rule) is not None
    assert days(rule) == []


def test_a_first_day_that_no_calendar_has_or_that_is_ages_ago_gives_no_days() -> None:
    for first in ("", "2026-02-30", "0001-01-01", "2001-01-01", "x"):
        assert days_of("FREQ=DAILY", first, MONDAY, MONDAY + YEAR) == ()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 999),
    st.sampled_from(["", ";BYDAY=5MO;BYMONTHDAY=1", ";BYMONTHDAY=31", ";BYDAY=MO,TU,SU"]),
    st.integers(0, 200_000),
)
def test_however_far_and_however_rarely_the_days_are_bounded_and_in_order(
    freq: str, interval: int, more: str, ahead: int
) -> None:
    until = min(date.max.toordinal(), MONDAY.toordinal() + ahead)
    found = days_of(f"FREQ={freq};INTERVAL={interval}{more}", MONDAY.isoformat(), MONDAY, date.fromordinal(until))
    assert len(found) <= MAX_DAYS
    assert list(found) == sorted(set(found))
    assert all(day >= MONDAY for day in found)
