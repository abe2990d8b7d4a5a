"""What a tired person types finds what another one wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.text.folding import fold, plain_digits, words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("احمد", "أحمد"),
        ("اسعاف", "إسعاف"),
        ("ان", "آن"),
        ("مستشفي", "مستشفى"),
        ("ادويه", "أدوية"),
        ("خبز", "خُبْزٌ"),
        ("ماء", "مـــاء"),
        ("حليب اطفال", "حليب  أطفال"),
        ("10", "١٠"),
        ("10", "۱۰"),
        ("leogane", "Léogâne"),
        ("strasse", "Straße"),
        ("KITCHEN", "kitchen"),
        ("water now", "\u200fwater\u200e  now "),
    ],
)
def test_different_ways_to_write_a_word_are_equal(typed: str, written: str) -> None:
    assert fold(typed) == fold(written)


@pytest.mark.parametrize(("one", "other"), [("خبز", "خبر"), ("ماء", "دواء"), ("bread", "broad")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=80))
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=80))
def test_digits_are_made_plain_in_their_places(text: str) -> None:
    assert len(plain_digits(text)) == len(text)


def test_words_are_runs_of_letters_and_digits() -> None:
    assert words("Bread, ٤ loaves/day (أطفال)") == ["bread", "4", "loaves", "day", "اطفال"]
