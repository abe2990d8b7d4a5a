"""Finding items by what they say, as people type it: any order of words, parts of words, Arabic or Latin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taboon_client.board import code_of, read_code
from taboon_client.board.codes import CODE_LENGTH
from taboon_client.text.folding import fold, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Vocabulary

__all__ = ["Search"]

_MOST_WORDS: Final = 20
# “the”, “and the”, “for the” …; or “and” alone before a word that is still one without it.
_ARTICLE: Final = re.compile("(?:[وف]?[بك]?ال|[وف]?لل)(?=..)|و(?=...)")


class Search:
    """One search, read once and put to many items.

    Args:
        query: What somebody typed. Every word of it must stand in the item, at the beginning of a word there; a word of
            the group's categories also finds the items of that category; a short code finds its item.
        taxonomy: The group's categories.
        areas: The group's areas.
    """

    def __init__(self, query: str, taxonomy: Vocabulary, areas: Vocabulary) -> None:
        self._taxonomy = taxonomy
        self._areas = areas
        self._words = words(query)[:_MOST_WORDS]
        self._categories = {word: _codes(taxonomy, word) for word in self._words}
        self._phrase = _codes(taxonomy, query)
        code = read_code(query) or ""
        # Four characters may be a word as well; fewer are a code only behind the sign for it.
        self._code = code if len(code) >= CODE_LENGTH or query.strip().startswith("#") else ""

    def finds(self, item: Item, called: Mapping[bytes, str]) -> bool:
        """Tell whether an item is meant.

        Args:
            item: The item.
            called: What members are called, by identity key.
        """
        if self._code and code_of(item.id, len(self._code)) == self._code:
            return True
        if self._phrase and self._phrase & {item.category, item.sub}:
            return True
        said = _text_of(item, self._taxonomy, self._areas, called)
        return all(
            any(f" {form}" in said for form in _forms(word)) or self._categories[word] & {item.category, item.sub}
            for word in self._words
        )


def _text_of(item: Item, taxonomy: Vocabulary, areas: Vocabulary, called: Mapping[bytes, str]) -> str:
    """Return everything that an item says on the board, folded: each word, in each of its forms, behind a space."""
    said = words("\n".join(_said(item, taxonomy, areas, called)))
    return " " + " ".join(form for word in said for form in _forms(word))


def _forms(word: str) -> tuple[str, ...]:
    """Return an Arabic word with and without the article and the particles that are written onto it."""
    found = _ARTICLE.match(word)
    return (word, word[found.end() :]) if found else (word,)


def _said(item: Item, taxonomy: Vocabulary, areas: Vocabulary, called: Mapping[bytes, str]) -> Iterable[str]:
    yield from (item.title, item.note, item.original, item.urgency_reason, item.area, *item.tags, *item.helper_needs)
    for code in (item.category, item.sub):
        term = taxonomy.meant(code, item.sense)
        if term is not None:
            yield from term.labels.values()
    area = areas.now(item.area)
    if area is not None:
        yield from area.labels.values()
    for line in item.lines:
        yield from (line.name, line.unit, line.form)
    for comment in item.comments:
        yield comment.text
    yield called.get(item.author, "")
    for pledge in item.pledges:
        yield from (called.get(pledge.author, ""), pledge.note)


def _codes(taxonomy: Vocabulary, phrase: str) -> frozenset[str]:
    found = taxonomy.find(phrase) if fold(phrase) else ()
    return frozenset(term.code for term in found)
