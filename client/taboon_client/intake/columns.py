"""What the columns of somebody's spreadsheet mean: guessed from their names, corrected by a person, then drafts."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, Any, Final

from taboon_client.board import Contact, Line, Need, Offer
from taboon_client.intake.days import order_of, read_day
from taboon_client.intake.drafts import Draft, Drafts, Drawer
from taboon_client.intake.table import BadSheetError
from taboon_client.text.folding import fold, plain_digits

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from taboon_client.board.vocabulary import Vocabulary
    from taboon_client.intake.table import Row, Table

__all__ = ["FIELDS", "OUR_NAMES", "drafts_of_table", "guess"]

OUR_NAMES: Final = (
    "message", "title", "id", "original", "category", "area", "urgency", "quantity", "unit", "kind",
)  # fmt: skip
"""Names of columns that nobody needs to guess at: a sheet that has them alone was written for Taboon."""

FIELDS: Final = (
    *("title", "message", "original", "id", "kind", "category", "area", "urgency", "quantity", "unit", "by"),
    *("language", "names", "phone", "place", "people"),
)
"""What a column can be; every other one is passed over."""

_SEALED: Final = ("names", "phone", "place", "people")
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": (
        *("title", "subject", "what", "item", "request", "need", "needs", "needed", "what they need", "what is needed"),
        *("الطلب", "الاحتياج", "الاحتياجات", "المطلوب", "الحاجة", "ماذا يحتاجون"),
    ),
    "message": (
        *("message", "text", "description", "details", "note", "notes", "comment", "comments"),
        *("الرسالة", "النص", "الوصف", "التفاصيل", "ملاحظات", "ملاحظة"),
    ),
    "original": ("original", "original text", "النص الأصلي"),
    "id": ("id", "no", "no.", "nr", "ref", "reference", "#", "رقم", "الرقم", "م"),
    "kind": ("kind", "need/offer", "need or offer", "طلب او عرض"),
    "category": ("category", "type", "sector", "kind of need", "الفئة", "النوع", "التصنيف", "القطاع"),
    "area": (
        *("area", "district", "neighbourhood", "neighborhood", "city", "town", "camp", "zone", "village"),
        *("المنطقة", "الحي", "المدينة", "المخيم", "القرية"),
    ),
    "urgency": (*("urgency", "priority", "urgent", "how urgent", "الأولوية", "الاستعجال", "درجة الاستعجال", "عاجل"),),
    "quantity": ("quantity", "qty", "amount", "count", "how many", "how much", "number", "الكمية", "العدد", "كم"),
    "unit": ("unit", "units", "الوحدة"),
    "by": ("needed by", "by", "deadline", "date needed", "when", "الموعد", "مطلوب قبل", "التاريخ المطلوب"),
    "language": ("language", "اللغة"),
    "names": ("name", "names", "full name", "contact name", "contact person", "الاسم", "اسم", "الاسم الكامل"),
    "phone": (
        *("phone", "phone number", "mobile", "tel", "telephone", "whatsapp", "contact", "number to call"),
        *("الهاتف", "هاتف", "رقم الهاتف", "الجوال", "جوال", "موبايل", "تلفون", "واتساب"),
    ),
    "place": (
        *("address", "street", "where", "location", "exact location", "gps", "coordinates"),
        *("العنوان", "الموقع", "الشارع", "أين", "المكان"),
    ),
    "people": ("people", "persons", "family size", "family members", "household", "عدد الأفراد", "الأفراد"),
}
_FIELD_OF: Final = {fold(word): field for field, words in _WORDS.items() for word in (field, *words)}
_URGENCY: Final = {
    fold(word): urgency
    for urgency, words in {
        "now": ("now", "urgent", "critical", "emergency", "1", "عاجل", "عاجل جدا", "طارئ", "الآن"),
        "soon": ("soon", "high", "today", "2", "قريبا", "مرتفع", "عالية"),
        "week": ("week", "medium", "normal", "this week", "3", "متوسط", "متوسطة", "هذا الأسبوع"),
        "whenever": ("whenever", "low", "4", "منخفض", "منخفضة", "عادي"),
    }.items()
    for word in words
}
_OFFERS: Final = frozenset(map(fold, ("offer", "have", "available", "عرض", "متوفر")))
_NEEDS: Final = frozenset(map(fold, ("need", "needs", "request", "طلب", "احتياج", "حاجة")))
_QUANTITY: Final = re.compile(r"\s*(\d{1,9})\s*(.*?)\s*\Z", re.DOTALL)
_MOST_WORD, _MOST_AREA, _MOST_CONTACT, _MOST_CONTACTS = 32, 64, 120, 4


def guess(header: Sequence[str]) -> dict[str, str]:
    """Return the field of every column whose name tells what it is; each field once, the first column that fits."""
    found: dict[str, str] = {}
    for name in header:
        field = _FIELD_OF.get(fold(name).strip(" :*?؟"))
        if field is not None and field not in found.values():
            found[name] = field
    return found


def drafts_of_table(
    table: Table,
    fields: Mapping[str, str],
    *,
    vocabulary: Vocabulary,
    secret: bytes,
    created: int,
    ours: Collection[tuple[str, str]] = (),
) -> Drafts:
    """Return what the rows of a table would post.

    Args:
        table: As it was read.
        fields: By column, which of :data:`FIELDS` it is.
        vocabulary: The group's categories.
        secret: As :class:`.Drawer` has it.
        created: Unix seconds that the posts state as their time.
        ours: Id and title of rows that an export of this very board has; they are counted and not drawn up again.

    Raises:
        BadSheetError: No column holds the text, or rows have none.
    """
    if not {"title", "message"} & set(fields.values()):
        advice = "no column is the text: say which, as in --map “What they need=title”"
        raise BadSheetError([(1, advice)])
    places = [(place, fields[name]) for place, name in enumerate(table.header) if name in fields]
    order = order_of(row.cells[place] for place, field in places if field == "by" for row in table.rows)
    reader = _Reader(Drawer(secret), vocabulary, created, order)
    drafts = []
    passed = known = 0
    for row in table.rows:
        said = {field: _cell(row.cells[place], field) for place, field in places}
        if (said.get("id"), said.get("title")) in ours:
            known += 1
            continue
        drawn = reader.draft(row, said)
        if drawn is None:
            passed += 1
            continue
        if drawn.says_nothing:
            passed += 1
            reader.notes.append((row.line, "a text that is nothing but a number: what is needed?"))
            continue
        drafts.append(drawn)
        if drawn.cut:
            reader.notes.append((row.line, "the end of what is too long to seal or to post"))
    return Drafts(tuple(drafts), passed, tuple(reader.notes), known)


def _cell(text: str, field: str) -> str:
    """Return what a cell says; texts stay as they were written, to the last blank."""
    return text if field in ("title", "message", "original") else text.strip()


class _Reader:
    def __init__(self, drawer: Drawer, vocabulary: Vocabulary, created: int, order: str) -> None:
        self._drawer = drawer
        self._vocabulary = vocabulary
        self._created = created
        self._order = order
        self.notes: list[tuple[int, str]] = []

    def draft(self, row: Row, said: dict[str, str]) -> Draft | None:
        title, message = said.get("title", ""), said.get("message", "")
        if not title.strip() and not message.strip():
            return None
        if not title.strip():
            title, message = message, ""
        kind = fold(said.get("kind", ""))
        if kind and kind not in _OFFERS | _NEEDS:
            self._note(row, "the kind is neither a need nor an offer")
        fields: dict[str, Any] = self._category(said.get("category", "")) | {
            "area": said.get("area", "")[:_MOST_AREA],
            "urgency": self._urgency(row, said.get("urgency", "")),
            "needed_by": self._day(row, said.get("by", "")),
            "lines": self._lines(row, said),
            "original": said.get("original", ""),
        }
        made = Offer if kind in _OFFERS else Need
        # The title may be longer than one is here: what draws it shortens it.
        opening = made(title=title, note=message, created=self._created, source="csv", **fields)
        return self._drawer.draft(
            row.line,
            opening,
            identity=said.get("id", ""),
            names=said.get("names", ""),
            place=said.get("place", ""),
            people=self._number(row, said.get("people", ""), 1_000),
            contacts=self._contacts(row, said.get("phone", "")),
        )

    def _contacts(self, row: Row, text: str) -> tuple[Contact, ...]:
        numbers = [part.strip() for part in re.split(r"[,;/،؛\n]", text) if part.strip()]
        if len(numbers) > _MOST_CONTACTS:
            self._note(row, f"there are more than {_MOST_CONTACTS} telephone numbers")
        return tuple(Contact(channel="phone", value=one[:_MOST_CONTACT]) for one in numbers[:_MOST_CONTACTS])

    def _note(self, row: Row, what: str) -> None:
        self.notes.append((row.line, what))

    def _category(self, text: str) -> dict[str, str]:
        found = self._vocabulary.find(text) if text else ()
        if not found:
            return {"category": text[:_MOST_WORD]}
        return {"category": found[0].under or found[0].code, "sub": found[0].code if found[0].under else ""}

    def _urgency(self, row: Row, text: str) -> str:
        if not text:
            return ""
        if fold(text) not in _URGENCY:
            self._note(row, "the urgency is none of now, soon, week, whenever")
        return _URGENCY.get(fold(text), "")

    def _day(self, row: Row, text: str) -> int:
        if not text:
            return 0
        day = read_day(text, self._order)
        if day is not None:
            with contextlib.suppress(OverflowError):
                return max(0, int(time.mktime(day.timetuple())))
        self._note(row, "the day is not written as 2026-03-31, 31/03/2026 or 31 March 2026")
        return 0

    def _lines(self, row: Row, said: dict[str, str]) -> tuple[Line, ...]:
        text = plain_digits(said.get("quantity", ""))
        if not text:
            return ()
        found = _QUANTITY.match(text)
        if found is None or not int(found[1]):
            self._note(row, "the quantity begins with no number")
            return ()
        return (Line(quantity=int(found[1]), unit=(said.get("unit") or found[2])[:_MOST_WORD]),)

    def _number(self, row: Row, text: str, most: int) -> int:
        plain = plain_digits(text)
        if not plain:
            return 0
        if not plain.isdecimal() or int(plain[:9]) > most:
            self._note(row, "how many people is no number")
            return 0
        return int(plain[:9])
