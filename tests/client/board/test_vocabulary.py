"""The group's own words: what they mean now, what they meant to whoever posted, and how they are found in a text."""

from __future__ import annotations

import pytest

from taboon_client.board import (
    AREAS,
    CATEGORIES,
    QUESTIONS,
    SETTINGS,
    SUBCATEGORIES,
    TAXONOMY,
    Keep,
    category,
    fold_keep,
)
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Keeping, Question
from taboon_client.board.vocabulary import (
    BUILT_IN,
    Vocabulary,
    asked_now,
    decode_questions,
    encode_questions,
    fold_areas,
    fold_questions,
    fold_taxonomy,
)
from taboon_client.errors import FormatError
from taboon_client.text import folding
from tests.client.board.worlds import Device, group_of


def taxonomy(device: Device) -> Vocabulary:
    return fold_taxonomy(device.board.graph(TAXONOMY), device.board.counts)


def test_every_group_begins_with_two_levels_in_both_languages() -> None:
    assert len(CATEGORIES) == 17
    upper = {entry.code for entry in CATEGORIES}
    assert {entry.under for entry in SUBCATEGORIES} == upper - {"other"}
    codes = [entry.code for entry in (*CATEGORIES, *SUBCATEGORIES)]
    assert len(codes) == len(set(codes))
    assert all(entry.english and entry.arabic for entry in (*CATEGORIES, *SUBCATEGORIES))
    assert all(entry.aliases for entry in SUBCATEGORIES)
    assert category("bread") is not None


def test_no_word_of_the_lower_level_means_two_things() -> None:
    seen: dict[str, str] = {}
    for term in BUILT_IN:
        if term.under:
            for word in {folding.fold(word) for word in (*term.labels.values(), *term.aliases)}:
                assert seen.setdefault(word, term.code) == term.code, word


def test_an_admin_adds_changes_and_retires_categories_and_nobody_else() -> None:
    amal, rami = group_of("amal", "rami")
    before = taxonomy(amal)
    rami.post(CategoryTerm(code="oven", labels={"en": "Not by an admin"}), TAXONOMY)
    amal.hear(rami)
    assert taxonomy(amal).terms == before.terms
    amal.post(CategoryTerm(code="oven", labels={"en": "The oven", "ar": "الفرن"}, aliases=("clay oven",)), TAXONOMY)
    amal.post(CategoryTerm(code="animal", labels={"en": "Animals"}, retired=True), TAXONOMY)
    words = taxonomy(amal)
    assert [term.code for term in words.offered("")][-2:] == ["other", "oven"]
    assert "animal" not in {term.code for term in words.offered()}
    (oven,) = words.find("Clay  OVEN")
    assert (oven.label("ar"), oven.label("fr")) == ("الفرن", "The oven")


def test_what_was_posted_before_a_word_changed_keeps_its_meaning() -> None:
    (amal,) = group_of("amal")
    event = amal.post(CategoryTerm(code="bread", under="power", labels={"en": "Firewood"}), TAXONOMY)
    words = taxonomy(amal)
    now, before = words.now("bread"), words.meant("bread", b"")
    assert now is not None
    assert before is not None
    assert (now.label("en"), now.sense) == ("Firewood", event.name)
    assert (before.label("en"), before.under) == ("Bread", "food")
    assert words.meant("bread", event.name) == now
    assert words.meant("unknown", b"") is None


def test_words_are_found_in_a_text_whatever_the_spelling() -> None:
    words = Vocabulary(BUILT_IN)
    assert [term.code for term in words.in_text("محتاجين مياه شرب و حفاضات للأطفال")][:2] == ["drinking", "diapers"]
    assert [term.code for term in words.in_text("Baby MILK, urgently!")] == ["infant"]
    assert words.in_text("") == ()
    assert [term.code for term in words.find("انسولين")] == ["chronic"]
    assert [term.code for term in words.find("خُبْـز")] == ["bread"]


def test_areas_are_the_groups_own_and_nothing_to_begin_with() -> None:
    (amal,) = group_of("amal")
    assert fold_areas(amal.board.graph(AREAS), amal.board.counts).offered() == ()
    amal.post(AreaTerm(code="upper", labels={"en": "Upper school side", "ar": "جهة المدرسة"}), AREAS)
    areas = fold_areas(amal.board.graph(AREAS), amal.board.counts)
    assert [term.code for term in areas.find("upper SCHOOL side")] == ["upper"]


def test_a_changed_question_is_another_version_and_the_old_one_stays_readable() -> None:
    (amal,) = group_of("amal")
    first = amal.post(Question(code="stairs", labels={"en": "Are there stairs?"}, type="yes-no"), QUESTIONS)
    second = amal.post(Question(code="stairs", labels={"en": "How many stairs?"}, type="number"), QUESTIONS)
    amal.post(Question(code="dog", labels={"en": "Is there a dog?"}, order=1, retired=True), QUESTIONS)
    questions = fold_questions(amal.board.graph(QUESTIONS), amal.board.counts)
    assert [(asked.version, asked.type) for asked in questions][:2] == [(first.name, "yes-no"), (second.name, "number")]
    assert [asked.version for asked in asked_now(questions)] == [second.name]
    assert decode_questions(encode_questions(questions)) == questions


def test_how_long_items_stay_is_what_an_admin_said_last() -> None:
    amal, rami = group_of("amal", "rami")
    amal.post(Keeping(open_days=20, closed_days=0), SETTINGS)
    rami.hear(amal)
    rami.post(Keeping(open_days=1), SETTINGS)
    amal.hear(rami)
    assert fold_keep(amal.board.graph(SETTINGS), amal.board.counts) == Keep(20, 0)
    assert fold_keep(rami.board.graph("members"), rami.board.counts) == Keep(30, 7)


def test_a_stored_list_reads_as_it_was_and_another_versions_is_refused() -> None:
    words = Vocabulary(BUILT_IN)
    assert Vocabulary.decode(words.encode()).terms == words.terms
    for damage in (b"", b"\x00", b"\x01", b"\x02" + words.encode()[1:], words.encode()[:-1]):
        with pytest.raises(FormatError, match="fold it again"):
            Vocabulary.decode(damage)
        with pytest.raises(FormatError, match="fold it again"):
            decode_questions(damage)
