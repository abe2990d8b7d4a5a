"""Days in spreadsheets: numbers in either order, and names of months in two languages."""

from __future__ import annotations

import datetime as dt

import pytest

from taboon_client.intake.days import order_of, read_day

SPRING = dt.date(2026, 3, 31)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-03-31", "31/03/2026", "31.3.2026", "31-03-26", "٣١/٠٣/٢٠٢٦", "2026/3/31"),
        *("31 March 2026", "31. Mar 2026", "March 31, 2026", "mar. 31 2026", "31 آذار 2026", "٣١ مارس ٢٠٢٦"),
    ],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_day(text) == SPRING


def test_the_days_of_a_column_tell_their_order_together() -> None:
    assert order_of(["3/4/2026", "", "soon", "3/31/2026"]) == "mdy"
    assert read_day("3/4/2026", "mdy") == dt.date(2026, 3, 4)
    assert order_of(["3/4/2026", "2026-12-31"]) == "dmy"
    assert read_day("2026-12-31", "mdy") == dt.date(2026, 12, 31)
    assert order_of(["31/3/2026", "3/31/2026"]) == "dmy"


def test_months_of_two_words_are_read() -> None:
    assert read_day("5 كانون الثاني 2026") == dt.date(2026, 1, 5)
    assert read_day("5 تشرين الأول 2026") == dt.date(2026, 10, 5)


@pytest.mark.parametrize("text", ["", "soon", "31/02/2026", "40 March 2026", "5 Marchember 2026", "9" * 5_000, "1/2"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text) is None
