"""Text made comparable: what a tired person types finds what another one wrote.

Arabic is written with and without vowel marks, with three forms of alef and two of ya, and with digits of its own;
Latin scripts with and without accents. Folding takes all of these differences away. It is for comparing alone: folded
text is never shown and never sent.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["fold", "plain_digits", "words"]

# What Unicode's decompositions leave apart: letters that people type for one another.
_LETTERS: Final = str.maketrans(
    {
        "ٱ": "ا",  # alef wasla; the forms with madda and hamza decompose by themselves
        "ى": "ي",  # alef maksura
        "ی": "ي",  # Farsi yeh
        "ې": "ي",
        "ک": "ك",  # keheh
        "ة": "ه",  # teh marbuta
        "ۀ": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ـ": None,  # tatweel: it only stretches a word
        "ß": "ss",
        "ı": "i",
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "’": "'",
    }
)
_APART: Final = frozenset({"Mn", "Me", "Cf"})  # marks, and controls that nobody sees


def fold(text: str) -> str:
    """Return `text` without case, accents, vowel marks, letter variants, bidi controls and foreign digits.

    Folding what is folded changes nothing. Runs of white space become one space.
    """
    # Twice: what a compatibility form stands for may have a case of its own, and a case a form.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(_digit(letter) for letter in apart if unicodedata.category(letter) not in _APART)
    return " ".join(unicodedata.normalize("NFC", bare.translate(_LETTERS)).split())


def plain_digits(text: str) -> str:
    """Return `text` with each decimal digit of any script as 0 to 9, and nothing else changed, length included."""
    return "".join(map(_digit, text))


def words(text: str) -> list[str]:
    """Return the folded words of a text, in order: runs of letters and digits."""
    return "".join(letter if letter.isalnum() else " " for letter in fold(text)).split()


def _digit(letter: str) -> str:
    value = unicodedata.decimal(letter, None)
    return letter if value is None else str(value)
