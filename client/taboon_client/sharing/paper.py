"""An intake sheet on paper: printed, filled in by hand where there is no power, and typed in again in seconds.

The sheet numbers the group's categories and letters its areas. A row of it is typed as
``n 3 b 1 20litre Water for the school``: need or offer, category, area, urgency, quantity with its unit, and the text;
``-`` stands for what was left empty.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taboon_client.board import Line, Need, Offer
from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.board.vocabulary import Term, Vocabulary

__all__ = ["Codes", "letter_of", "read_row", "sheet_of"]

_ROWS: Final = 12
_URGENCIES: Final = ("now", "soon", "week", "whenever")
_KINDS: Final = {"n": Need, "o": Offer, "ط": Need, "م": Offer}
_QUANTITY: Final = re.compile(r"(\d{1,9})(\D{0,32})\Z")
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
        "kind": "طلب / عرض",
        "category": "الفئة",
        "area": "المنطقة",
        "urgency": "الاستعجال",
        "quantity": "كم ومن ماذا",
        "text": "ماذا، بكلمات قليلة",
        "need": "n طلب",
        "offer": "o عرض",
        "now": "1 الآن",
        "soon": "2 خلال يوم أو يومين",
        "week": "3 هذا الأسبوع",
        "whenever": "4 متى أمكن",
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
    categories = [f"{number} {term.label(language)}" for number, term in enumerate(codes.categories, 1)]
    areas = [f"{letter_of(place)} {term.label(language)}" for place, term in enumerate(codes.areas)]
    urgencies = [say[name] for name in _URGENCIES]
    heads = ("kind", "category", "area", "urgency", "quantity", "text")
    head = "".join(f'<th class="{name}" scope="col">{escape(say[name])}</th>' for name in heads)
    boxes = {"kind": _boxes("no"), "urgency": _boxes("1234")}
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
    kind, category, area, urgency, quantity, title = parts
    if kind.lower() not in _KINDS:
        raise FieldError("row", "begins with n for a need or o for an offer")
    fields: dict[str, Any] = {"title": title, "created": created, "source": "paper"}
    if category != "-":
        fields["category"] = _term(codes.categories, category, "category", number=True).code
    if area != "-":
        fields["area"] = _term(codes.areas, area, "area", number=False).code
    if urgency != "-":
        if urgency not in ("1", "2", "3", "4"):
            raise FieldError("urgency", "is 1, 2, 3 or 4, or - where nothing is ticked")
        fields["urgency"] = _URGENCIES[int(urgency) - 1]
    if quantity != "-":
        found = _QUANTITY.match(quantity)
        if found is None or not int(found[1]):
            raise FieldError("quantity", "is a number and its unit in one word, as in 20litre, or -")
        fields["lines"] = (Line(quantity=int(found[1]), unit=found[2]),)
    return _KINDS[kind.lower()](**fields)


def _term(terms: tuple[Term, ...], text: str, field: str, *, number: bool) -> Term:
    if number:
        place = int(text) - 1 if text.isdecimal() and len(text) < 5 else -1
    else:
        place = next((at for at in range(len(terms)) if letter_of(at) == text.lower()), -1)
    if not 0 <= place < len(terms):
        most = str(len(terms)) if number else letter_of(max(0, len(terms) - 1))
        raise FieldError(field, f"is {'1' if number else 'a'} to {most} as the sheet has it, or -")
    return terms[place]


def _boxes(choices: str) -> str:
    """Return a box to tick for each choice, in the order of the page's direction."""
    return " ".join(f"<bdi>☐&nbsp;{choice}</bdi>" for choice in choices)


def letter_of(place: int) -> str:
    """Return a, b … z, aa, ab …: what a person can write into a small box."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
