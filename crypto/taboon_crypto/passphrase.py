"""Passphrases: one spelling for each, five words that nobody chose, and a refusal of what is soon guessed."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from taboon_crypto.errors import PassphraseError
from taboon_crypto.words import BITS_PER_WORD, Language, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ENOUGH_BITS",
    "ENOUGH_WORDS",
    "check_passphrase",
    "estimate_bits",
    "generate_passphrase",
    "normalize_passphrase",
]

ENOUGH_BITS: Final = 60
ENOUGH_WORDS: Final = 5

_LONGEST: Final = 1_024
_SHORTEST_WORD: Final = 3
_LONGEST_WORD: Final = 8
_PREDICTABLE_BITS: Final = 2.0
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "01234567890",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
)
_ARABIC: Final = str.maketrans(
    dict(zip("أإآٱىئؤةیک", "ااااييوهيك", strict=True))
    | dict(zip("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2, strict=True))
    | dict.fromkeys(("ء", "ـ", "\u0670", *map(chr, range(0x064B, 0x0660))), "")
)
_RUNS: Final = re.compile(r"[^\W\d_]+|\d+|[\W_]+")


def normalize_passphrase(text: str) -> bytes:
    """Return the one spelling of a passphrase that is stretched, in UTF-8.

    NFKC, single spaces, no invisible marks. Two keyboards write the same text in different code points, and what was
    pasted may carry direction marks. In Arabic script, what people write one way or the other counts as one: hamza on
    its carriers, alef maqsura and ya, ta marbuta and ha, vowel signs, Arabic and Persian letters and digits.

    Raises:
        PassphraseError: It is empty, longer than 1,024 characters, or no text.
    """
    if len(text) > _LONGEST:
        raise PassphraseError(f"a passphrase has at most {_LONGEST} characters")
    visible = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    words = " ".join(visible.translate(_ARABIC).split())
    if not words:
        raise PassphraseError("the passphrase is empty")
    try:
        return words.encode("utf-8")
    except UnicodeEncodeError:
        raise PassphraseError("the passphrase is not valid UTF-8 text") from None


def generate_passphrase(language: Language, random: Callable[[int], bytes]) -> str:
    """Return five different random words, with single spaces between them: 55 bits, less a hundredth of one.

    Args:
        language: "en" or "ar".
        random: Gives that many random bytes.
    """
    bits = ENOUGH_WORDS * BITS_PER_WORD
    while True:
        number = int.from_bytes(random(8), "big") >> (64 - bits)
        words = words_of(number, ENOUGH_WORDS, language)
        # One time in two hundred a word comes twice, and such a passphrase is refused as what people make up.
        if len(set(words)) == ENOUGH_WORDS:
            return " ".join(words)


def check_passphrase(text: str) -> None:
    """Refuse a passphrase that would be guessed too soon once the device is taken.

    Accepted are five different words, or what :func:`estimate_bits` counts as 60 bits or more.

    Raises:
        PassphraseError: It is too weak; the message says what to do.
    """
    bits, words = _weigh(normalize_passphrase(text).decode("utf-8"))
    if bits < ENOUGH_BITS and words < ENOUGH_WORDS:
        raise PassphraseError(
            "this passphrase could be guessed: let Taboon make one, or take five or more different words that do not "
            "belong together"
        )


def estimate_bits(text: str) -> float:
    """Return a cautious guess of how many bits a passphrase is worth to someone who knows how people choose them.

    No dictionary is asked. A run of letters counts as words, eleven bits for each eight letters begun; one or two
    letters among other signs four bits each; a digit three, and a number no more than twenty; another sign three;
    a repetition, or a row of the alphabet or the keyboard, next to nothing.

    Raises:
        PassphraseError: It is empty, too long, or no text.
    """
    return _weigh(normalize_passphrase(text).decode("utf-8"))[0]


def _weigh(text: str) -> tuple[float, int]:
    """Return the estimated bits of a normalized passphrase, and how many different words it has."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(sign))
    bits, words, seen = 0.0, 0, set()
    for run in _RUNS.findall(bare):
        if run == " " or (run in seen and len(run) >= _SHORTEST_WORD):
            continue
        seen.add(run)
        if _is_predictable(run):
            bits += _PREDICTABLE_BITS
        elif run.isdigit():
            bits += min(3.0 * len(run), 20.0)
        elif not run.isalpha():
            bits += 3.0 * len(set(run) - {" "})
        elif len(run) < _SHORTEST_WORD:
            bits += 4.0 * len(run)
        else:
            bits += BITS_PER_WORD * -(-len(run) // _LONGEST_WORD)
            words += 1
    return bits, words


def _is_predictable(run: str) -> bool:
    if len(run) < _SHORTEST_WORD:
        return False
    return len(set(run)) == 1 or any(run in row or run in row[::-1] for row in _ROWS)
