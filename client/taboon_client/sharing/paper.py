"""An intake sheet on paper: printed, filled in by hand where there is no power, and typed in again in seconds.

The sheet numbers the group's categories and letters its areas. A row of it is typed as
``n 3 b 1 20litre Water for the school``: need or offer, category, area, urgency, quantity with its unit, and the text;
``-`` stands for what was left empty. An Arabic sheet has Arabic digits and letters, and no keyboard has to be switched
to type it in: ``ح ٣ ب ١ ٢٠لتر ماء للمدرسة``. A row in either script is taken, whatever the sheet is written in.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taboon_client.board import Line, Need, Offer
from taboon_client.errors import FieldError
from taboon_client.text.folding import fold, plain_digits

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.board.vocabulary import Term, Vocabulary

__all__ = ["Codes", "letter_of", "read_row", "sheet_of"]

_ROWS: Final = 12
_URGENCIES: Final = ("now", "soon", "week", "whenever")
_KINDS: Final = {"n": Need, "o": Offer, "ح": Need, "ع": Offer, "ط": Need, "م": Offer}
"""The letters of both sheets, and those that older Arabic sheets had in mind: طلب and متوفر."""
_SIGNS: Final = {"en": ("no", "1234"), "ar": ("حع", "١٢٣٤")}
_ALPHABETS: Final = {"en": "abcdefghijklmnopqrstuvwxyz", "ar": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ"}
_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_EMPTY: Final = frozenset("-–—−ـ")
"""What a keyboard or a telephone makes of the sign for what was left empty."""
_QUANTITY: Final = re.compile(r"([0-9]{1,9})([^0-9]{0,32})\Z")
_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "Intake sheet",
        "warning": "No names, no addresses, no telephone numbers on this sheet. Burn it once it is typed in.",
        "kind": "Need / offer",
        "category": "Category",
        "area": "Area",
        "urgency": "Urgency",
        "quantity": "How many, of what",
        "text": "What, in a few words",
        "need": "n need",
        "offer": "o offer",
        "now": "1 now",
        "soon": "2 a day or two",
        "week": "3 this week",
        "whenever": "4 whenever",
    },
    "ar": {
        "title": "ورقة تسجيل",
        "warning": "لا أسماء ولا عناوين ولا أرقام هواتف على هذه الورقة. تُحرق بعد إدخالها.",
        "kind": "حاجة / عرض",
        "category": "الفئة",
        "area": "المنطقة",
        "urgency": "الاستعجال",
        "quantity": "الكمية والوحدة",
        "text": "ماذا، بكلمات قليلة",
        "need": "ح حاجة",
        "offer": "ع عرض",
        "now": "١ الآن",
        "soon": "٢ خلال يوم أو يومين",
        "week": "٣ هذا الأسبوع",
        "whenever": "٤ متى أمكن",
    },
}
_STYLE: Final = """
@page { size: A4; margin: 12mm; }
body { font: 10pt/1.25 "DejaVu Sans", "Noto Naskh Arabic", Tahoma, sans-serif; margin: 0; color: #000; }
h1 { font-size: 15pt; margin: 0 0 2mm; }
p { margin: 0 0 2mm; }
h2 { font-size: 9pt; margin: 0 0 0.5mm; }
ul { columns: 4; margin: 0 0 2mm; padding: 0; list-style: none; font-size: 8.5pt; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { border: 0.4pt solid #000; padding: 1mm 1.5mm; text-align: start; vertical-align: top; }
th { font-size: 8.5pt; }
td { height: 11mm; white-space: nowrap; font-size: 8.5pt; }
tr { break-inside: avoid; }
.kind { width: 12%; } .category, .area { width: 10%; } .urgency { width: 17%; } .quantity { width: 14%; }
"""


class Codes(NamedTuple):
    """What the numbers and letters of a sheet stand for: the group's categories and areas, in their order."""

    categories: tuple[Term, ...]
    areas: tuple[Term, ...]

    @classmethod
    def of(cls, categories: Vocabulary, areas: Vocabulary) -> Codes:
        """Return the codes of a group's sheet as its lists are now."""
        return cls(categories.offered(""), areas.offered(""))


def sheet_of(codes: Codes, language: str = "en") -> str:
    """Return a sheet as an HTML document of one A4 page; nothing in it is fetched from anywhere.

    Args:
        codes: Of the group.
        language: ``en`` or ``ar``.
    """
    say = _TEXTS.get(language, _TEXTS["en"])
    direction = "rtl" if language == "ar" else "ltr"
    categories = [f"{_number(at, language)} {term.label(language)}" for at, term in enumerate(codes.categories, 1)]
    areas = [f"{letter_of(at, language)} {term.label(language)}" for at, term in enumerate(codes.areas)]
    urgencies = [say[name] for name in _URGENCIES]
    heads = ("kind", "category", "area", "urgency", "quantity", "text")
    head = "".join(f'<th class="{name}" scope="col">{escape(say[name])}</th>' for name in heads)
    kinds, numbers = _SIGNS.get(language, _SIGNS["en"])
    boxes = {"kind": _boxes(kinds), "urgency": _boxes(numbers)}
    row = "<tr>" + "".join(f'<td class="{name}">{boxes.get(name, "")}</td>' for name in heads) + "</tr>"
    lists = "".join(
        f"<h2>{escape(say[name])}</h2><ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"
        for name, texts in (
            ("kind", [say["need"], say["offer"]]),
            ("category", categories),
            ("area", areas),
            ("urgency", urgencies),
        )
        if texts
    )
    return (
        f'<!doctype html>\n<html lang="{escape(language)}" dir="{direction}"><head><meta charset="utf-8">'
        f"<title>{escape(say['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(say['title'])}</h1><p>{escape(say['warning'])}</p>{lists}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{row * _ROWS}</tbody></table></body></html>\n"
    )


def read_row(text: str, codes: Codes, *, created: int) -> Opening:
    """Return what a row of the sheet says, as it is typed.

    Raises:
        FieldError: A part of it does not fit; says which, and how it is written.
    """
    parts = text.split(None, 5)
    if len(parts) < 6:
        raise FieldError("row", "is typed as: n 3 b 1 20litre Water for the school (- for what is empty)")
    kind, category, area, urgency, quantity = (plain_digits(part) for part in parts[:5])
    if kind.lower() not in _KINDS:
        raise FieldError("row", "begins with n for a need or o for an offer")
    fields: dict[str, Any] = {"title": parts[5], "created": created, "source": "paper"}
    if category not in _EMPTY:
        fields["category"] = _numbered(codes.categories, category).code
    if area not in _EMPTY:
        fields["area"] = _lettered(codes.areas, area).code
    if urgency not in _EMPTY:
        if urgency not in ("1", "2", "3", "4"):
            raise FieldError("urgency", "is 1, 2, 3 or 4, or - where nothing is ticked")
        fields["urgency"] = _URGENCIES[int(urgency) - 1]
    if quantity not in _EMPTY:
        found = _QUANTITY.match(quantity)
        if found is None or not int(found[1]):
            raise FieldError("quantity", "is a number and its unit in one word, as in 20litre, or -")
        fields["lines"] = (Line(quantity=int(found[1]), unit=found[2]),)
    return _KINDS[kind.lower()](**fields)


def _numbered(terms: tuple[Term, ...], text: str) -> Term:
    at = int(text) - 1 if text.isdecimal() and len(text) < 5 else -1
    if not 0 <= at < len(terms):
        raise FieldError("category", f"is 1 to {len(terms)} as the sheet has it, or -")
    return terms[at]


def _lettered(terms: tuple[Term, ...], text: str) -> Term:
    typed = fold(text)
    for at, term in enumerate(terms):
        if typed in (letter_of(at), fold(letter_of(at, "ar"))):
            return term
    raise FieldError("area", f"is a to {letter_of(max(0, len(terms) - 1))} as the sheet has it, or -")


def _number(number: int, language: str) -> str:
    return str(number).translate(_ARABIC_DIGITS) if language == "ar" else str(number)


def _boxes(choices: str) -> str:
    """Return a box to tick for each choice, in the order of the page's direction."""
    return " ".join(f"<bdi>☐&nbsp;{choice}</bdi>" for choice in choices)


def letter_of(place: int, language: str = "en") -> str:
    """Return a, b … z, aa, ab …, or أ، ب، ج …: what a person can write into a small box."""
    alphabet = _ALPHABETS.get(language, _ALPHABETS["en"])
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(alphabet))
        letters = alphabet[rest] + letters
    return letters
