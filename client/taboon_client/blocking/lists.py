"""The lists that a group keeps, without ``async``: see :mod:`taboon_client.library.lists`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.board import Keep
    from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Question
    from taboon_client.board.vocabulary import Asked, Vocabulary

__all__ = ["Lists"]


class Lists:
    """The lists of one group."""

    _group: library.Group

    def categories(self) -> Vocabulary:
        """Return the categories of two levels: the built-in ones, and what the group made of them."""
        return now(self._group.categories())

    def areas(self) -> Vocabulary:
        """Return the areas that the group has named; without any, an item's area is free text."""
        return now(self._group.areas())

    def questions(self) -> tuple[Asked, ...]:
        """Return the questions that the group asks now, in their order."""
        return now(self._group.questions())

    def all_questions(self) -> dict[bytes, Asked]:
        """Return every version of every question, by the name that answers give."""
        return now(self._group.all_questions())

    def keep(self) -> Keep:
        """Return for how long the group keeps items."""
        return now(self._group.keep())

    def set_category(self, term: CategoryTerm) -> None:
        """Add a category or give a code another meaning; by an admin. What was posted before keeps its meaning."""
        return now(self._group.set_category(term))

    def set_area(self, term: AreaTerm) -> None:
        """Add an area, or retire one; by an admin."""
        return now(self._group.set_area(term))

    def ask(self, question: Question) -> None:
        """Ask a question with every post, or a new version of one; by an admin. Old answers keep the old version."""
        return now(self._group.ask(question))

    def set_keep(self, keep: Keep) -> None:
        """Say for how long the group keeps items; by an admin."""
        return now(self._group.set_keep(keep))

    def dispatch(self) -> frozenset[bytes]:
        """Return the identity keys of the dispatch circle."""
        return now(self._group.dispatch())
