"""Items that look like the one about to be posted, so that it can be changed instead.

Nothing is decided here: whoever posts sees the likely doubles and says. Every word is looked up in an index, so that a
sheet of thousands of rows can be held against a board of thousands of items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from taboon_client.text.folding import fold, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client.board import Item, Opening

__all__ = ["Alike", "Similar"]

_WEEK: Final = 7 * 86_400
_LIKELY: Final = 6
_SAME_SUB: Final = 3
_SAME_CATEGORY: Final = 1
_SAME_AREA: Final = 2
_SAME_HOUSEHOLD: Final = 1
_SAME_WORDS: Final = 6
_SAME_AMOUNT: Final = 2
_COMMON: Final = 200  # a word of more items than this says nothing
_FEWEST_WORDS: Final = 2
_ASKED: Final = frozenset({"need"})


class Alike(NamedTuple):
    """An item that may be the same thing: its id, and how much speaks for it (6 to 13)."""

    id: bytes
    points: int


_Amount = tuple[str, str, str, int]


def _amounts(said: Item | Opening) -> set[_Amount]:
    """Return what an item asks for and how much of it, where, if it says all of that."""
    if not said.sub or not said.area:
        return set()
    return {
        (said.sub, fold(said.area), fold(line.unit), line.quantity)
        for line in said.lines
        if line.unit and line.quantity > 1
    }


class _Known(NamedTuple):
    item: Item
    words: frozenset[str]


class Similar:
    """The open items of a board, ready to be held against what is about to be posted."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._known: list[_Known] = []
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        # What is asked for twice in two languages shares no word.
        self._by_amount: defaultdict[_Amount, list[int]] = defaultdict(list)
        for item in items:
            if not item.closed:
                self._add(item)

    def _add(self, item: Item) -> None:
        said = _words(item.title, item.note)
        for word in said:
            self._by_word[word].append(len(self._known))
        for amount in _amounts(item):
            self._by_amount[amount].append(len(self._known))
        self._known.append(_Known(item, said))

    def to(self, opening: Opening, most: int = 3) -> Sequence[Alike]:
        """Return the likeliest doubles of what is about to be posted, the likeliest first."""
        said = _words(opening.title, opening.note)
        shared: Counter[int] = Counter()
        for word in said:
            holders = self._by_word.get(word, ())
            if len(holders) <= _COMMON:
                shared.update(holders)
        found = []
        for place, count in shared.items():
            known = self._known[place]
            points = _points(opening, known, count, len(said | known.words))
            if points >= _LIKELY and count >= min(_FEWEST_WORDS, len(said)):
                found.append(Alike(known.item.id, points))
        for place in {place for amount in _amounts(opening) for place in self._by_amount.get(amount, ())[:_COMMON]}:
            known = self._known[place]
            points = _SAME_AMOUNT + _points(opening, known, 0, 1)
            if place not in shared and points > _SAME_AMOUNT:
                found.append(Alike(known.item.id, points))
        return sorted(found, key=lambda alike: (-alike.points, alike.id))[:most]


def _points(opening: Opening, known: _Known, shared: int, together: int) -> int:
    item = known.item
    if (opening.kind in _ASKED) != (item.kind in _ASKED):
        return 0
    if opening.created and item.created and abs(opening.created - item.created) > _WEEK:
        return 0
    points = round(_SAME_WORDS * shared / together)
    if opening.category and opening.category == item.category:
        points += _SAME_SUB if opening.sub and opening.sub == item.sub else _SAME_CATEGORY
    if opening.area and fold(opening.area) == fold(item.area):
        points += _SAME_AREA
    if opening.household.size and opening.household.size == item.household.size:
        points += _SAME_HOUSEHOLD
    return points


def _words(title: str, note: str) -> frozenset[str]:
    return frozenset(word for word in words(f"{title}\n{note}") if len(word) > 1)
