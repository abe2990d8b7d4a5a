from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.errors import PassphraseError
from taboon_crypto.passphrase import check_passphrase, estimate_bits, generate_passphrase, normalize_passphrase
from taboon_crypto.words import LANGUAGES, Language, word_list


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_generated_passphrase_is_five_words_of_the_list_and_accepted(language: Language) -> None:
    passphrase = generate_passphrase(language, os.urandom)
    words = passphrase.split(" ")
    assert len(words) == 5
    assert set(words) <= set(word_list(language))
    check_passphrase(passphrase)


def test_the_words_are_the_first_55_random_bits() -> None:
    words = word_list("en")
    drawn = ((1 << 44) + (2 << 33) + (3 << 22) + (4 << 11) + 5) << 9 | 0x1FF
    passphrase = generate_passphrase("en", lambda count: drawn.to_bytes(count, "big"))
    assert passphrase == " ".join(words[index] for index in (1, 2, 3, 4, 5))


@pytest.mark.parametrize(
    "passphrase",
    [
        "1234",
        "123456",
        "19841984",
        "20261123 0123456789",
        "password",
        "Password1!",
        "P@ssw0rd123!",
        "qwertyuiopasdfghjkl",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "lamplamplamplamplamp",
        "lamp lamp lamp lamp lamp",
        "copper lantern willow saddle",
        "abcdefghijklmnopqrstuvwxyz",
        "قلم كتاب بيت شجرة",
        "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "Tr0ub4dor&3",
    ],
)
def test_what_is_soon_guessed_is_refused_with_advice(passphrase: str) -> None:
    with pytest.raises(PassphraseError, match="let Taboon make one"):
        check_passphrase(passphrase)


@pytest.mark.parametrize(
    "passphrase",
    [
        "copper lantern willow saddle orbit",
        "Copper-lantern-willow-saddle-orbit",
        "قلم كتاب بيت شجرة مفتاح",
        "x7Kp2mQz9RtL4vWb8NcY",
        "gr4-Tq9.wL2/zX7=bV5+",
    ],
)
def test_five_words_or_a_long_random_text_are_accepted(passphrase: str) -> None:
    check_passphrase(passphrase)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_weighed_or_refused(text: str) -> None:
    try:
        check_passphrase(text)
    except PassphraseError:
        return
    assert normalize_passphrase(text)


@given(st.sampled_from(["willow", "98452", "?!"]), st.integers(2, 20))
def test_saying_a_thing_again_makes_no_passphrase_stronger(thing: str, times: int) -> None:
    assert estimate_bits(" ".join([thing] * times)) <= estimate_bits(thing) * (times if len(thing) < 3 else 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café au lait", "cafe\u0301 au lait"),
        ("copper lantern", "  copper\t lantern\n"),
        ("copper lantern", "\u200fcopper \u202alantern\u202c"),
        ("copper", "ｃｏｐｐｅｒ"),
        ("أرنب مكتبة", "ارنب مكتبه"),
        ("مصطفى", "مصطفي"),
        ("كتاب", "كِتَابٌ"),
        ("كتاب", "كتـــاب"),
        ("کیک", "كيك"),
        ("بيت ١٢٣", "بيت 123"),
        ("بيت ۴۵۶", "بيت 456"),
        ("مؤشر", "موشر"),
    ],
)
def test_what_two_keyboards_write_differently_is_one_passphrase(one: str, other: str) -> None:
    assert normalize_passphrase(one) == normalize_passphrase(other)


@pytest.mark.parametrize(("one", "other"), [("copper", "Copper"), ("copperlamp", "copper lamp"), ("بيت", "بنت")])
def test_what_is_different_stays_different(one: str, other: str) -> None:
    assert normalize_passphrase(one) != normalize_passphrase(other)


@pytest.mark.parametrize("text", ["", "   ", "\u200f", "\ud800 lantern", "a" * 1_025])
def test_what_is_no_text_is_refused(text: str) -> None:
    with pytest.raises(PassphraseError):
        normalize_passphrase(text)


def test_a_refusal_does_not_repeat_the_passphrase() -> None:
    with pytest.raises(PassphraseError) as caught:
        check_passphrase("hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_word_that_came_twice_is_drawn_again() -> None:
    drawn = [bytes(8), bytes.fromhex("0123456789abcdef")]
    passphrase = generate_passphrase("en", lambda _: drawn.pop(0))
    assert len(set(passphrase.split())) == 5
    assert drawn == []
    check_passphrase(passphrase)
