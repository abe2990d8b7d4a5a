"""A list to paste into a messenger: codes, what, how much is open and roughly where, without numbers and addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board import Status
from taboon_client.text.contacts import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Vocabulary

__all__ = ["list_of"]

_KINDS: Final = {
    "en": {"need": "Needed", "offer": "On offer", "standing": "On offer, again and again", "loan": "To borrow"},
    "ar": {"need": "مطلوب", "offer": "متوفر", "standing": "متوفر دائمًا", "loan": "للإعارة"},
}
_URGENT: Final = {"en": "now", "ar": "الآن"}
# Beside Arabic digits a dot in the middle would be read as a zero.
_BETWEEN: Final = {"en": " · ", "ar": " – "}
_ARABIC_DIGITS: Final = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def list_of(items: Iterable[Item], *, categories: Vocabulary, areas: Vocabulary, language: str = "en") -> str:
    """Return what is still open as lines under a heading for each kind.

    Args:
        items: In the order in which they shall stand; what is closed, paused or already covered is left out.
        categories: Of the group.
        areas: Of the group.
        language: ``en`` or ``ar``, of what is ours in it.
    """
    headings, between = _KINDS.get(language, _KINDS["en"]), _BETWEEN.get(language, _BETWEEN["en"])
    told: dict[str, list[str]] = {}
    for item in items:
        if item.kind not in headings or not _is_open(item):
            continue
        term = categories.meant(item.sub or item.category, item.sense)
        area = areas.now(item.area)
        open_lines = [
            _much(line.open, f"{line.unit} {line.name}".strip(), language)
            for line in item.lines
            if line.open and (line.quantity > 1 or line.unit or line.name)
        ]
        parts = [
            _URGENT.get(language, "now") if item.urgency == "now" else "",
            _plain(item.title),
            *map(_plain, open_lines),
            term.label(language) if term is not None else _plain(item.category),
            area.label(language) if area is not None else _plain(item.area),
        ]
        told.setdefault(item.kind, []).append(
            f"{_code(item.code, language)} " + between.join(part for part in parts if part)
        )
    return "\n\n".join("\n".join((headings[kind], *told[kind])) for kind in headings if kind in told)


def _is_open(item: Item) -> bool:
    return not item.closed and item.status is not Status.PAUSED and any(line.open for line in item.lines)


def _code(code: str, language: str) -> str:
    """Return a code that neither turns around beside Arabic nor takes a number behind it along."""
    return f"\u2066#{code}\u2069" if language == "ar" else f"#{code}"


def _much(number: int, what: str, language: str) -> str:
    """Return so many of something; a unit stays as somebody wrote it."""
    if language == "ar":
        counted = str(number).translate(_ARABIC_DIGITS)
        return f"{what} × {counted}" if what else counted
    return f"{number} × {what}" if what else str(number)


def _plain(text: str) -> str:
    return " ".join(redact(text).text.split())
