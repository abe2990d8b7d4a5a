"""Looking at a group's board, without ``async``: see :mod:`taboon_client.library.looking`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.board import Item, Opening
    from taboon_client.views.filters import View
    from taboon_client.views.matching import Helping, Match, Person
    from taboon_client.views.numbers import Numbers
    from taboon_client.views.similar import Alike

__all__ = ["Looking"]


class Looking:
    """The board of one group, looked at."""

    _group: library.Group

    def look(self, view: View) -> list[Item]:
        """Return the items of a view, in its order."""
        return now(self._group.look(view))

    def views(self) -> dict[str, View]:
        """Return the saved views, by name, in the order of the names."""
        return now(self._group.views())

    def view(self, name: str) -> View:
        """Return a saved view."""
        return now(self._group.view(name))

    def save_view(self, name: str, view: View) -> None:
        """Save a view under a name, over one that was."""
        return now(self._group.save_view(name, view))

    def delete_view(self, name: str) -> None:
        """Forget a saved view."""
        return now(self._group.delete_view(name))

    def offers_for(self, item: Item | str | bytes, most: int = 10) -> list[Match]:
        """Return the offers that fit a need, the best first, each with its reasons."""
        return now(self._group.offers_for(item, most))

    def needs_for(self, person: Person, most: int = 10) -> list[Match]:
        """Return the needs that a person could go for, the best first, each with its reasons."""
        return now(self._group.needs_for(person, most))

    def person(self, identity: bytes | None = None) -> Person:
        """Return what is known of what a member can do: for us what we said and offer, for others what they offer."""
        return now(self._group.person(identity))

    def helping(self) -> Helping:
        """Return what we said that we can help with in this group."""
        return now(self._group.helping())

    def set_helping(self, helping: Helping) -> None:
        """Remember what we can help with in this group; on this device alone."""
        return now(self._group.set_helping(helping))

    def alike(self, opening: Opening, most: int = 3) -> list[Alike]:
        """Return what is on the board that may be the same as what is about to be posted, the likeliest first."""
        return now(self._group.alike(opening, most))

    def numbers(self) -> Numbers:
        """Return the totals of the board, with those of deleted needs; no number from 1 to 4 is in them."""
        return now(self._group.numbers())
