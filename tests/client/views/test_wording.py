"""Reasons and reports are whole sentences in both languages, with the right plural, whatever members wrote."""

from __future__ import annotations

from string import Formatter

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board.fields import HELPER_NEEDS
from taboon_client.board.sentences import LANGUAGES
from taboon_client.views.matching import Reason
from taboon_client.views.numbers import OTHERS, SPAN
from taboon_client.views.wording import REASONS, REPORT, SKILLS, cell_label, plural, report_text, say_reason

FORMS = {"en": {"one", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"}}


@given(st.integers(0, 2_000), st.sampled_from(LANGUAGES))
def test_plurals_are_those_of_the_unicode_tables(number: int, language: str) -> None:
    assert plural(number, language) == Locale(language).plural_form(number)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_said_in_every_language_with_all_plural_forms(reason: str) -> None:
    english, arabic = REASONS[reason]
    assert isinstance(english, dict) == isinstance(arabic, dict)
    for language, text in (("en", english), ("ar", arabic)):
        if isinstance(text, dict):
            assert set(text) == FORMS[language]
            assert all(
                {name for _, name, _, _ in Formatter().parse(form) if name} <= {"number"} for form in text.values()
            )
        else:
            # What a member wrote stands last, so that it moves nothing.
            assert "{" not in text.removesuffix("{detail}")


def test_matching_gives_no_reason_that_cannot_be_said() -> None:
    from pathlib import Path
    from re import findall

    from taboon_client.views import matching

    given_there = set(findall(r'Reason\("([a-z-]+)"', Path(matching.__file__ or "").read_text("utf-8")))
    assert given_there | {"urgent-now", "urgent-soon", "urgent-week", "offer-stale", "offer-faded"} == set(REASONS)


def test_reasons_say_categories_skills_and_numbers_in_the_readers_words() -> None:
    def said(reason: Reason, language: str = "en") -> str:
        return say_reason(reason, language, {"water": "الماء"}.__getitem__, str.upper)

    assert said(Reason("can-do", 1, "water")) == "something you help with: الماء"
    assert said(Reason("has-skill", 1, "vehicle, forge")) == "has what it takes: A VEHICLE, FORGE"
    assert said(Reason("same-area", 1, "hill")) == "in the same area: HILL"
    assert said(Reason("waits", 1, "1")) == "waiting for a day"
    assert said(Reason("waits", 2, "2"), "ar") == "ينتظر منذ يومين"
    assert said(Reason("busy", 3, "3"), "ar") == "لديه 3 تعهّدات أخرى"
    assert said(Reason("urgent-now", 1), "fr") == "needed within hours"


def test_all_words_for_helpers_are_called_something() -> None:
    assert set(SKILLS) == set(HELPER_NEEDS)


def test_a_category_that_is_called_like_a_state_is_still_a_category() -> None:
    assert cell_label("by_category", "open", "en", str.upper) == "OPEN"
    assert cell_label("by_category", OTHERS, "en", str.upper) == REPORT[OTHERS][0]
    assert cell_label("coverage", f"open{SPAN}covered", "ar", str.upper) == "من «مطلوب» إلى «متعهَّد به كله»"
    assert report_text("as-of", "en", day="2026-11-24") == "As of 2026-11-24"
