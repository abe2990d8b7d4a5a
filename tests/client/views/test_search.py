"""What people type finds what others wrote, in Arabic and Latin letters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import ItemComment, code_of
from taboon_client.board.vocabulary import BUILT_IN, Term, Vocabulary
from taboon_client.views.search import Search
from tests.client.views.boards import AMAL, BASIL, ZAHRA, item, line, pledge

CATEGORIES = Vocabulary(BUILT_IN)
AREAS = Vocabulary(
    (
        Term(
            code="hill",
            sense=b"",
            labels={"en": "The hill", "ar": "التلّة"},
            under="",
            aliases=(),
            retired=False,
            into="",
        ),
    )
)
NAMES = {AMAL: "أمل", BASIL: "Basil"}


def finds(query: str, **fields: Any) -> bool:
    return Search(query, CATEGORIES, AREAS).finds(item(**fields), NAMES)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("خبز", "خُبْزٌ طازج"),
        ("خبز", "خـــبـز"),
        ("خبز", "محتاجين الخبز اليوم"),
        ("الخبز", "خبز للمخيم"),
        ("خبز", "ماء وخبز"),
        ("خبز", "حليب والخبز"),
        ("مخيم", "خبز للمخيم"),
        ("انسولين", "إنسولين"),
        ("أدوية", "ادويه"),
        ("مستشفي", "مستشفى الشفاء"),
        ("مدرسه", "قرب المدرسة"),
        ("12", "١٢ ربطة"),
        ("١٢", "12 loaves"),
        ("۱۲", "١٢ ربطة"),
        ("cafe", "the Café"),
        ("CAFÉ", "cafe"),
        ("wat", "Water"),
        ("water hill", "Up the hill: water"),
        ("  water,  now! ", "Now water"),
    ],
)
def test_a_word_is_found_however_it_is_written(query: str, written: str) -> None:
    assert finds(query, title=written)
    assert finds(query, title="x", note=written)


@pytest.mark.parametrize(
    ("query", "written"),
    [("water bread", "Water"), ("ater", "Water"), ("خبر", "خبز"), ("ود", "وقود"), ("ال", "خبز"), ("no", "Water")],
)
def test_another_word_is_not_found(query: str, written: str) -> None:
    assert not finds(query, title=written)


def test_everything_that_an_item_says_is_searched() -> None:
    said: dict[str, Any] = {
        "note": "behind the mosque",
        "original": "خلف المسجد",
        "area": "hill",
        "tags": ("ramadan",),
        "lines": (line(2, "crate", "tomatoes"),),
        "comments": (ItemComment(name=b"", author=BASIL, text="the key is with me", created=0),),
        "pledges": (pledge(BASIL, note="after prayers"),),
    }
    for query in ("mosque", "مسجد", "تلة", "ramadan", "crate", "tomato", "key", "prayers", "basil", "امل"):
        assert finds(query, **said), query
        assert not finds(query, author=ZAHRA), query


def test_a_word_of_a_category_finds_its_items_in_the_other_language_too() -> None:
    assert finds("ماء", title="Three tanks", category="water")
    assert finds("infant formula", title="حليب", category="food", sub="infant")
    assert finds("food", title="حليب", category="food", sub="infant")
    assert not finds("ماء", title="Three tanks", category="food")


def test_a_code_finds_its_item_and_four_letters_may_be_a_word_too() -> None:
    made = item("Bread")
    code = code_of(made.id, 4)
    for typed in (code, f"#{code.lower()}", f"#{code[:2]}"):
        assert Search(typed, CATEGORIES, AREAS).finds(made, {})
    assert finds("soap", title="Soap")


@given(st.text(max_size=300))
def test_nothing_that_anybody_types_is_an_error(query: str) -> None:
    finds(query, title="ماء Water ١٢", note=query[:50])


@given(st.text(alphabet="ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ", min_size=3, max_size=12))
def test_every_arabic_word_finds_itself_with_and_without_the_article(word: str) -> None:
    assert finds(word, title=word)
    assert finds(word, title=f"ال{word}")
    assert finds(f"ال{word}", title=f"وال{word}")
