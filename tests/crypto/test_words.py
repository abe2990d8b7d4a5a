from __future__ import annotations

import re
import unicodedata

import pytest

from taboon_crypto.passphrase import normalize_passphrase
from taboon_crypto.words import LANGUAGES, Language, word_list, words_of

# Pairs that a listener cannot tell apart. Of none of them may the list hold either.
HOMOPHONES = """
ad add aid aide air heir aisle isle ant aunt ate eight bare bear base bass beach beech be bee been bean beat
beet berry bury billed build blew blue board bored bow bough boy buoy brake break bread bred buy by bye
ceiling sealing cell sell cent scent sent cereal serial chord cord cite site sight coarse course creak creek
dear deer dew due die dye doe dough dual duel ewe you fair fare feat feet fir fur flea flee flew flu flour
flower for four fore foul fowl gait gate grate great groan grown hail hale hair hare hall haul heal heel hear
here heard herd hi high him hymn hoarse horse hole whole holy wholly hour our key quay knead need knew new
knight night knot not know no knows nose lead led leak leek lesson lessen loan lone made maid mail male main
mane maize maze meat meet medal meddle metal mettle miner minor moose mousse morning mourning muscle mussel
naval navel none nun oar ore one won paced paste pail pale pain pane pair pear palate palette pause paws pea
pee peace piece peak peek pearl purl pedal peddle peer pier plain plane pole poll poor pour pore praise prays
principal principle profit prophet rain reign rein raise rays rap wrap read red reed real reel right rite
write ring wring road rode role roll root route rose rows rung wrung sail sale scene seen sea see seam seem
sew sow so shake sheik shoe shoo side sighed slay sleigh soar sore sole soul some sum son sun stair stare
stake steak stationary stationery steal steel suite sweet tail tale tea tee team teem tear tier their there
threw through throne thrown thyme time tide tied tire tyre to too two toe tow vain vein vale veil wail whale
waist waste wait weight war wore ware wear where warn worn way weigh weak week weather whether which witch
wood would
"""


def arabic_form(word: str) -> str:
    """What stays of a word when people write it as they like."""
    return normalize_passphrase(word).decode()


def arabic_sound(word: str) -> str:
    """What stays of a word over a bad line, and in the mouth of somebody from another region."""
    return arabic_form(word).translate(str.maketrans("صطضظذثقح", "ستدززسكه"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_2048_different_words_in_a_fixed_order(language: Language) -> None:
    words = word_list(language)
    assert len(words) == len(set(words)) == 2_048
    assert list(words) == sorted(words)


def test_english_words_are_plain_letters() -> None:
    assert [word for word in word_list("en") if not re.fullmatch(r"[a-z]{3,8}", word)] == []


def test_four_letters_tell_an_english_word() -> None:
    assert len({word[:4] for word in word_list("en")}) == 2_048


def test_no_english_word_sounds_like_another_word() -> None:
    assert set(HOMOPHONES.split()) & set(word_list("en")) == set()


def test_arabic_words_are_plain_letters_without_signs() -> None:
    letters = re.compile(r"[ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآؤئءىة]{3,8}")
    words = word_list("ar")
    assert [word for word in words if not letters.fullmatch(word)] == []
    assert [word for word in words if unicodedata.normalize("NFKC", word) != word] == []


def test_arabic_words_differ_however_they_are_written_and_pronounced() -> None:
    assert len({arabic_form(word) for word in word_list("ar")}) == 2_048
    assert len({arabic_sound(word) for word in word_list("ar")}) == 2_048


def one_letter_apart(words: list[str]) -> set[str]:
    """Return the words that an exchanged, missing or additional letter turns into another one of them."""
    found = set()
    owners: dict[str, str] = {word: word for word in words}
    for word in words:
        for at in range(len(word)):
            # Two words share a gap where one letter stands between the same others in both.
            for key in (f"{word[:at]}?{word[at + 1 :]}", word[:at] + word[at + 1 :]):
                other = owners.setdefault(key, word) if "?" in key else owners.get(key, word)
                if other != word:
                    found |= {word, other}
    return found


def test_a_letter_exchanged_missing_or_added_is_one_letter_apart() -> None:
    assert one_letter_apart(["cat", "bat"]) == {"cat", "bat"}
    assert one_letter_apart(["cart", "cat"]) == {"cart", "cat"}
    assert one_letter_apart(["cat", "cat's", "dog", "coat"]) == {"cat", "coat"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_words_are_one_letter_apart(language: Language) -> None:
    words = [arabic_sound(word) if language == "ar" else word for word in word_list(language)]
    assert one_letter_apart(words) == set()


def test_a_number_is_said_highest_bits_first() -> None:
    words = word_list("en")
    assert words_of((1 << 22) + (2 << 11) + 3, 3, "en") == (words[1], words[2], words[3])
    assert words_of(0, 2, "en") == (words[0], words[0])
    assert words_of((1 << 22) - 1, 2, "en") == (words[-1], words[-1])


@pytest.mark.parametrize("number", [-1, 1 << 22])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        words_of(number, 2, "en")
