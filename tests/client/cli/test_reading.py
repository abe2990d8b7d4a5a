"""What people type for times, hours, lines, households and details: read as it is meant, or told how it is written."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.cli import reading
from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_780_000_000


def fault(read: Callable[[], object]) -> str | None:
    """What is said of a text that does not fit; None of one that does."""
    try:
        read()
    except UsageError as error:
        return str(error)
    return None


@pytest.mark.parametrize(("text", "seconds"), [("+90m", 5_400), ("+3h", 10_800), ("+2d", 172_800), ("+1w", 604_800)])
def test_a_plus_counts_from_now(text: str, seconds: int) -> None:
    assert reading.moment(text, NOW, "--by") == NOW + seconds


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_the_day_is_the_next_one(hour: int, minute: int) -> None:
    found = reading.moment(f"{hour}:{minute:02}", NOW, "--by")
    assert NOW < found <= NOW + 90_000
    assert (time.localtime(found).tm_hour, time.localtime(found).tm_min) == (hour, minute)


@given(st.text(max_size=24))
def test_what_is_no_time_is_told_with_the_option_and_an_example(text: str) -> None:
    told = fault(lambda: reading.moment(text, NOW, "--by"))
    assert told is None or told.startswith("--by takes a time such as 18:00")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_hours_lines_and_households(text: str) -> None:
    for read in (reading.hours_of, reading.line_of, reading.household_of):
        told = fault(partial(read, text))
        assert told is None or "takes" in told


def test_a_line_says_how_much_of_what_and_for_how_many() -> None:
    line = reading.line_of("20 litre: drinking water for 5")
    assert (line.quantity, line.unit, line.name, line.people) == (20, "litre", "drinking water", 5)
    assert reading.line_of("3").quantity == 3
    pens = reading.line_of("2 box: insulin for 3; Category: chronic ;form: pens, 100 units")
    assert (pens.name, pens.people, pens.form, pens.category) == ("insulin", 3, "pens, 100 units", "chronic")
    with pytest.raises(UsageError, match="quantity first"):
        reading.line_of("0 litre")


def test_hours_have_days_in_the_order_of_the_week() -> None:
    hours = reading.hours_of("wed,mon 18:00-20:30")
    assert (hours.start, hours.end, hours.days) == (1_080, 1_230, (0, 2))
    with pytest.raises(UsageError, match="--hours"):
        reading.hours_of("noon 18:00-20:30")


def test_a_household_has_one_size() -> None:
    home = reading.household_of("4-6, children,elder")
    assert (home.size, home.children, home.elder, home.disability) == ("4-6", True, True, False)
    with pytest.raises(UsageError, match="one size"):
        reading.household_of("1,2-3")


def test_details_are_read_as_they_are_written() -> None:
    text = "names: Um Ali\nplace: 3 Mill Lane\nphone: 0599 123 456\npeople: 5\nnote: ring twice\nnote: then wait"
    details = reading.details_of(text)
    assert "\n".join(f"{name}: {said}" for name, said in reading.write_details(details)) == text
    assert reading.details_of("behind the school, the blue door: ring").note == "behind the school, the blue door: ring"


@pytest.mark.parametrize("text", ["people: many", "\n".join(f"way{n}: {n}" for n in range(5))])
def test_details_that_do_not_fit_are_told_without_what_they_say(text: str) -> None:
    with pytest.raises(UsageError) as error:
        reading.details_of(text)
    assert "many" not in str(error.value)
    assert "way0" not in str(error.value)
