"""An item as a card: what, how much is still open, where, how urgent, how old, who goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client.board.explain import about_item
from taboon_client.board.freshness import Freshness
from taboon_client.board.sentences import say
from taboon_client.page import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Vocabulary
    from taboon_client.page.language import Language
    from taboon_client.page.screens.visit import Place

__all__ = ["Card", "Names", "card_of", "who_goes"]

_MOST_LINES = 4


class Names(NamedTuple):
    """What the codes of a group's lists are called in one language."""

    categories: Vocabulary
    areas: Vocabulary
    language: Language

    def category(self, item: Item) -> str:
        """Return what an item's category is called, the lower level where there is one."""
        code = item.sub or item.category
        term = self.categories.meant(code, item.sense) if code else None
        return term.label(self.language.code) if term else code

    def category_code(self, code: str) -> str:
        """Return what a code is called now."""
        term = self.categories.now(code)
        return term.label(self.language.code) if term else code

    def area(self, item: Item) -> str:
        """Return where an item is."""
        term = self.areas.now(item.area) if item.area else None
        return term.label(self.language.code) if term else item.area


class Card(NamedTuple):
    """One item on the board."""

    code: str
    kind: str
    title: str
    category: str
    area: str
    urgency: str
    status: str
    created: int
    amounts: tuple[tuple[int, int, str, str], ...]
    coverage: tuple[tuple[int, int, int], ...]
    goes: tuple[str, ...]
    fresh: str
    mine: bool
    sealed: bool
    heavy: bool


def card_of(
    item: Item, place: Place, names: Names, freshness: Mapping[bytes, Freshness], *, coverage: bool = False
) -> Card:
    """Return the card of an item, with how far each of its lines has come where that is asked for."""
    fresh = freshness.get(item.id, Freshness.FRESH)
    return Card(
        code=place.item_code(item.id),
        kind=item.kind,
        title=item.title,
        category=names.category(item),
        area=names.area(item),
        urgency=item.urgency if item.urgency in words.URGENCIES else "",
        status=item.status.value,
        created=item.created,
        amounts=tuple(
            (line.open, line.quantity, line.unit, line.name)
            for line in item.lines[:_MOST_LINES]
            if line.quantity > 1 or line.unit or line.name
        ),
        coverage=tuple((line.pledged, line.delivered, line.confirmed) for line in item.lines[:_MOST_LINES] if coverage),
        goes=who_goes(item, place, names.language),
        fresh="" if fresh is Freshness.FRESH or item.closed else fresh.value,
        mine=item.author == place.me or any(one.author == place.me for one in item.pledges),
        sealed=bool(item.sealed),
        heavy=item.heavy,
    )


def who_goes(item: Item, place: Place, language: Language) -> tuple[str, ...]:
    """Return who goes and why, as sentences."""
    return tuple(
        language.digits(said) if not (message.who or message.other) else said
        for message in about_item(item)
        for said in (say(message, language.code, place.called),)
    )
