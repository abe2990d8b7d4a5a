"""What looks like something that is on the board already is told before it is posted; nothing is decided."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Household, Line, Need, Offer, Status
from taboon_client.views.similar import Similar
from tests.client.views.boards import NOON, item, line

DAY = 86_400
BREAD = item("Bread for six at the school", category="food", sub="bread", area="Hill", household=Household(size="4-6"))


def alike(*board: Any, **fields: Any) -> list[bytes]:
    said: dict[str, Any] = {"title": "bread for SIX, school", "category": "food", "area": "hill", "created": NOON}
    opening = Need(**(said | fields))
    return [one.id for one in Similar(board).to(opening)]


def test_the_same_need_in_other_words_is_found() -> None:
    assert alike(BREAD) == [BREAD.id]
    assert alike(BREAD, title="خبز للمدرسة") == []


def test_the_same_amount_of_the_same_thing_at_the_same_place_is_found_whatever_the_language() -> None:
    lines = (Line(quantity=60, unit="loaf"),)
    known = item("Bread for the school", category="food", sub="bread", area="Hill", lines=(line(60, "loaf"),))
    same = {"title": "خبز للمدرسة", "sub": "bread", "lines": lines}
    assert alike(known, **same) == [known.id]
    assert alike(known, **(same | {"area": "Port"})) == []
    assert alike(known, **(same | {"lines": (Line(quantity=6, unit="loaf"),)})) == []
    assert alike(known, **(same | {"created": NOON - 8 * DAY})) == []


def test_arabic_is_compared_without_marks_and_forms() -> None:
    known = item("أدوية سكري للجدّة", category="med", area="التلة")
    assert alike(known, title="ادويه سكري", category="med", area="التله") == [known.id]


@pytest.mark.parametrize("change", [{"status": Status.WITHDRAWN}, {"kind": "offer"}, {"created": NOON - 8 * DAY}])
def test_what_is_closed_of_another_kind_or_long_past_is_no_double(change: dict[str, Any]) -> None:
    assert alike(item(BREAD.title, category="food", sub="bread", area="Hill", **change)) == []


def test_an_offer_is_held_against_offers() -> None:
    given_away = item(BREAD.title, kind="standing", category="food", area="Hill")
    opening = Offer(title=BREAD.title, category="food", area="Hill", created=NOON)
    assert [one.id for one in Similar([given_away, item("x")]).to(opening)] == [given_away.id]


def test_the_likeliest_comes_first_and_only_a_few_are_told() -> None:
    near = [item(f"{BREAD.title} number {n}", category="food", area="Hill") for n in range(5)]
    found = alike(*near, BREAD, title=BREAD.title)
    assert found[0] == BREAD.id
    assert len(found) == 3


def test_one_shared_word_and_a_place_make_no_double() -> None:
    assert alike(item("Bread", category="food", area="Hill"), title="Bread and a blanket for the baby") == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_is_an_error_and_points_stay_in_their_range(title: str, other: str) -> None:
    opening = Need(title=title or "x", created=NOON)
    for one in Similar([item(other or "y")]).to(opening):
        assert 6 <= one.points <= 13
