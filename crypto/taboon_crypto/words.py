"""The two lists of 2,048 words that passphrases and safety codes are spoken in. One word stands for eleven bits."""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import Final, Literal

__all__ = ["BITS_PER_WORD", "LANGUAGES", "Language", "word_list", "words_of"]

Language = Literal["en", "ar"]

LANGUAGES: Final[tuple[Language, ...]] = ("en", "ar")

BITS_PER_WORD: Final = 11

_FILES: Final[dict[Language, str]] = {"en": "words/english.txt", "ar": "words/arabic.txt"}


@cache
def word_list(language: Language) -> tuple[str, ...]:
    """Return the 2,048 words of a language, in the order that gives them their numbers."""
    data = pkgutil.get_data("taboon_crypto", _FILES[language])
    words = tuple((data or b"").decode("utf-8").split())
    if len(words) != 1 << BITS_PER_WORD:
        raise RuntimeError(f"the list of words {_FILES[language]} is not whole: install Taboon again")
    return words


def words_of(number: int, count: int, language: Language) -> tuple[str, ...]:
    """Return ``number`` as ``count`` words, the highest eleven bits first.

    Raises:
        ValueError: The number is negative or needs more words.
    """
    if number < 0 or number >> (BITS_PER_WORD * count):
        raise ValueError(f"the number does not fit into {count} words")
    words = word_list(language)
    places = range(BITS_PER_WORD * (count - 1), -1, -BITS_PER_WORD)
    return tuple(words[number >> place & len(words) - 1] for place in places)
