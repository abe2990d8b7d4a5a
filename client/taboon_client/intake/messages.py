"""Needs and offers in texts that nobody wrote for a board: an exported chat, a pasted list.

Whether somebody asks or offers is told by their words, where they tell it. What tells nothing is left to a person: it
is in the drafts, undecided, and the counts add up.
"""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Any, Final

from taboon_client.board import Need, Offer
from taboon_client.intake.drafts import Drafts, Drawer
from taboon_client.intake.table import BadSheetError
from taboon_client.text.folding import fold

if TYPE_CHECKING:
    from taboon_client.board.vocabulary import Vocabulary
    from taboon_client.intake.chat import Chat

__all__ = ["drafts_of_chat", "drafts_of_text"]

_OLDEST: Final = 7 * 86_400
_MOST: Final = 20_000
_MOST_TEXT: Final = 1 << 20
_ASKING: Final = tuple(
    map(
        fold,
        (
            *("need", "needs", "needed", "looking for", "does anyone have", "is there any", "please help", "urgent"),
            *("we lack", "ran out", "running out", "without water", "without food", "require", "requires"),
            *("نحتاج", "محتاج", "محتاجين", "محتاجة", "بحاجة", "بدنا", "نريد", "ينقصنا", "عاجل", "ساعدونا", "مين عنده"),
        ),
    )
)
_OFFERING: Final = tuple(
    map(
        fold,
        (
            *("i have", "we have", "can give", "can offer", "can bring", "available", "i can drive", "to give away"),
            *("donating", "distribution", "free of charge"),
            *("عندي", "عندنا", "متوفر", "متوفرة", "يوجد لدينا", "استطيع", "نستطيع", "توزيع", "مجانا", "اقدر اساعد"),
        ),
    )
)


def drafts_of_chat(chat: Chat, *, vocabulary: Vocabulary, secret: bytes, now: int) -> Drafts:
    """Return what the messages of an exported chat would post. Who wrote them is in none of it.

    Args:
        chat: As it was read.
        vocabulary: The group's categories.
        secret: As :class:`.Drawer` has it.
        now: Unix seconds. What was written long ago is posted as of a week ago: somebody has just brought it in, and
            it shall neither seem stale nor be deleted at once.
    """
    drawer = Drawer(secret)
    drafts = []
    passed = chat.skipped
    for message in chat.messages:
        fields, decided = _sorted(message.text, vocabulary)
        made = Offer if fields.pop("offer") else Need
        written = min(max(calendar.timegm(message.at.timetuple()), now - _OLDEST), now)
        opening = made(title=message.text, created=written, source="whatsapp", **fields)
        identity = f"{message.at.isoformat()} {message.author}"
        draft = drawer.draft(message.line, opening, identity=identity, decided=decided)
        if draft.says_nothing:
            passed += 1
        else:
            drafts.append(draft)
    return Drafts(tuple(drafts), passed)


def drafts_of_text(text: str, *, vocabulary: Vocabulary, secret: bytes, created: int) -> Drafts:
    """Return what a pasted text would post: one entry for each paragraph, or for each line where none is empty.

    Raises:
        BadSheetError: There is nothing in it, or too much.
    """
    if len(text) > _MOST_TEXT:
        raise BadSheetError([(1, f"this text has more than {_MOST_TEXT} characters: split it")])
    lines = text.replace("\r\n", "\n").split("\n")
    apart = any(not line.strip() for line in "\n".join(lines).strip().split("\n"))
    entries: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, 1):
        said = line.strip().lstrip("-*•–").strip()
        if not said:
            entries.append((number, []))
        elif apart and entries and entries[-1][1]:
            entries[-1][1].append(said)
        else:
            entries.append((number, [said]))
    drawer = Drawer(secret)
    drafts = []
    for number, said_lines in entries:
        if not said_lines:
            continue
        said = "\n".join(said_lines)
        fields, decided = _sorted(said, vocabulary)
        made = Offer if fields.pop("offer") else Need
        drafts.append(drawer.draft(number, made(title=said, created=created, **fields), decided=decided))
    saying = tuple(draft for draft in drafts if not draft.says_nothing)
    if not saying or len(drafts) > _MOST:
        raise BadSheetError([(1, f"this text holds nothing, or more than {_MOST} entries")])
    return Drafts(saying, len(drafts) - len(saying))


def _sorted(text: str, vocabulary: Vocabulary) -> tuple[dict[str, Any], bool]:
    """Return what a text tells of itself, and whether it is certain that it asks or offers."""
    plain = f" {fold(text)} "
    asks = any(f" {word}" in plain for word in _ASKING)
    offers = any(f" {word}" in plain for word in _OFFERING)
    found = vocabulary.in_text(text)
    fields: dict[str, Any] = {"offer": offers and not asks}
    if found:
        fields["category"] = found[0].under or found[0].code
        fields["sub"] = found[0].code if found[0].under else ""
    return fields, asks != offers
