"""How old is too old."""

from __future__ import annotations

import pytest

from taboon_client.board.freshness import STALE, STALE_URGENT, Freshness, Times, freshness

HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("urgent", "age", "expected"),
    [
        (True, 48 * HOUR - 1, Freshness.FRESH),
        (True, 48 * HOUR, Freshness.STALE),
        (True, 96 * HOUR, Freshness.FADED),
        (False, 14 * DAY - 1, Freshness.FRESH),
        (False, 14 * DAY, Freshness.STALE),
        (False, 28 * DAY, Freshness.FADED),
        (True, -50 * DAY, Freshness.FRESH),
    ],
)
def test_an_urgent_item_grows_stale_in_two_days_and_another_in_two_weeks(
    urgent: bool, age: int, expected: Freshness
) -> None:
    assert freshness(renewed=1_000_000_000, now=1_000_000_000 + age, urgent=urgent) is expected
    assert (STALE_URGENT, STALE) == (2 * DAY, 14 * DAY)


def test_nobody_keeps_an_item_alive_by_a_date_in_the_future() -> None:
    assert Times.of(stated=9_999, received=500, closed=0).renewed == 500
    assert Times.of(stated=400, received=500, closed=0).renewed == 400
    assert Times.of(stated=0, received=500, closed=7) == Times(500, 7)
