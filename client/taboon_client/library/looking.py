"""Looking at a group's board: views and their saved ones, matching, doubles, totals.

All of it is worked out on this device from what the vault holds. What is set up here (saved views, what its owner can
help with) stays in the vault and goes to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.board import AREAS, TAXONOMY, Item
from taboon_client.board.freshness import Freshness, freshness
from taboon_client.errors import FieldError, GroupStoppedError, NotFoundError
from taboon_client.library.held import Held
from taboon_client.vault import board as board_rows
from taboon_client.vault import own_settings

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.vault import Connection
    from taboon_client.views.filters import View
    from taboon_client.views.matching import Helping, Match, Person
    from taboon_client.views.numbers import Numbers
    from taboon_client.views.similar import Alike

__all__ = ["Looking"]

_VIEW: Final = "view"
_PERSON: Final = "person"
_LONGEST_NAME: Final = 64
_MOST_VIEWS: Final = 100


def _fresh(tx: Connection, grp: int, now: int) -> dict[bytes, Freshness]:
    rows = board_rows.renewals(tx, grp)
    return {one: freshness(renewed=renewed, now=now, urgent=urgent) for one, renewed, urgent in rows}


class Looking(Held):
    """The board of one group, looked at."""

    async def look(self, view: View) -> list[Item]:
        """Return the items of a view, in its order."""
        from taboon_client.views.filters import Now, choose
        from taboon_client.views.search import Search

        now, me = self._desk.now, self._row.identity

        def act(tx: Connection) -> list[Item]:
            fresh, called, search = {}, {}, None
            if view.stale:
                fresh = _fresh(tx, self.row_id, now)
            if view.text.strip():
                lists = (self._desk.ledger.vocabulary(tx, self.row_id, name) for name in (TAXONOMY, AREAS))
                search = Search(view.text, *lists)
                called = board_rows.people(tx, self.row_id)
            items = self._items(tx, open_only=not view.closed and not view.statuses)
            return choose(items, view, Now(now, me, fresh, called), search)

        return await self._read(act)

    # Saved views

    async def views(self) -> dict[str, View]:
        """Return the saved views, by name, in the order of the names.

        Raises:
            FormatError: One of them was saved by another version.
        """
        from taboon_client.views.filters import View

        saved = await self._read(lambda tx: own_settings.settings(tx, self.row_id, _VIEW))
        return {name: View.decode(value) for name, value in saved.items()}

    async def view(self, name: str) -> View:
        """Return a saved view.

        Raises:
            NotFoundError: None is saved under that name.
        """
        found = (await self.views()).get(name.strip())
        if found is None:
            raise _no_view(name)
        return found

    async def save_view(self, name: str, view: View) -> None:
        """Save a view under a name, over one that was.

        Raises:
            FieldError: The name is empty or longer than 64 characters, or there are 100 views.
        """
        name = name.strip()
        if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise FieldError("name", f"a view's name has 1 to {_LONGEST_NAME} characters")

        def act(tx: Connection) -> None:
            known = own_settings.settings(tx, self.row_id, _VIEW)
            if name not in known and len(known) >= _MOST_VIEWS:
                raise FieldError("name", f"{_MOST_VIEWS} views are saved: delete one first")
            own_settings.set_setting(tx, self.row_id, _VIEW, name, view.encode())

        await self._write(act)

    async def delete_view(self, name: str) -> None:
        """Forget a saved view.

        Raises:
            NotFoundError: None is saved under that name.
        """
        if not await self._write(lambda tx: own_settings.drop_setting(tx, self.row_id, _VIEW, name.strip())):
            raise _no_view(name)

    # Who could help with what

    async def offers_for(self, item: Item | str | bytes, most: int = 10) -> list[Match]:
        """Return the offers that fit a need, the best first, each with its reasons."""
        from taboon_client.views.matching import offers_for

        now = self._desk.now
        not_with = await self._not_with()

        def act(tx: Connection) -> list[Match]:
            fresh = _fresh(tx, self.row_id, now)
            items = self._items(tx, open_only=True)
            return offers_for(self._found(tx, item), items, most, now=now, fresh=fresh, not_with=not_with)

        return await self._read(act)

    async def needs_for(self, person: Person, most: int = 10) -> list[Match]:
        """Return the needs that a person could go for, the best first, each with its reasons."""
        from taboon_client.views.matching import needs_for

        now = self._desk.now
        not_with = await self._not_with()
        return await self._read(
            lambda tx: needs_for(person, self._items(tx, open_only=True), now, most, not_with=not_with)
        )

    async def _not_with(self) -> dict[bytes, frozenset[bytes]]:
        """Return whom not to send, by the item's id, as far as those who may say so have told us."""

        def act(tx: Connection) -> dict[bytes, frozenset[bytes]]:
            # Where nobody has noted anything, no cipher is loaded.
            from taboon_client.group.secret_acts import SecretActs

            acts = self._acts(tx)
            secret = SecretActs(acts)
            noted = (item for item in self._items(tx, open_only=True) if item.private and acts.is_side(item))
            return {item.id: found for item in noted if (found := secret.not_with(item))}

        # Where nobody has noted anything, nothing is locked.
        noted = await self._read(lambda tx: any(item.private for item in self._items(tx, open_only=True)))
        try:
            return await self._write(act) if noted else {}
        except GroupStoppedError:
            # Nobody is sent from a device that is not in the group any more.
            return {}

    async def person(self, identity: bytes | None = None) -> Person:
        """Return what is known of what a member can do: for us what we said and offer, for others what they offer."""
        from taboon_client.views.matching import Helping, person_of

        def act(tx: Connection) -> Person:
            me = self._row.identity
            helping = self._helping(tx) if identity in (None, me) else Helping()
            return person_of(identity or me, self._items(tx, open_only=True), helping)

        return await self._read(act)

    async def helping(self) -> Helping:
        """Return what we said that we can help with in this group."""
        return await self._read(self._helping)

    async def set_helping(self, helping: Helping) -> None:
        """Remember what we can help with in this group; on this device alone."""
        await self._write(lambda tx: own_settings.set_setting(tx, self.row_id, _PERSON, "", helping.encode()))

    async def alike(self, opening: Opening, most: int = 3) -> list[Alike]:
        """Return what is on the board that may be the same as what is about to be posted, the likeliest first."""
        from taboon_client.views.similar import Similar

        return await self._read(lambda tx: list(Similar(self._items(tx, open_only=True)).to(opening, most)))

    # Totals

    async def numbers(self) -> Numbers:
        """Return the totals of the board, with those of deleted needs; no number from 1 to 4 is in them."""
        from taboon_client.views.numbers import numbers_of

        now = self._desk.now

        def act(tx: Connection) -> Numbers:
            ledger = self._desk.ledger
            record = ledger.history(tx, self.row_id).last
            return numbers_of(
                self._items(tx),
                board_rows.totals(tx, self.row_id),
                () if record is None else record.members,
                ledger.vocabulary(tx, self.row_id, TAXONOMY),
                now,
            )

        return await self._read(act)

    # Inside a transaction

    def _items(self, tx: Connection, *, open_only: bool = False) -> list[Item]:
        return [Item.decode(row) for row in board_rows.items(tx, self.row_id, open_only=open_only)]

    def _helping(self, tx: Connection) -> Helping:
        from taboon_client.views.matching import Helping

        saved = own_settings.settings(tx, self.row_id, _PERSON).get("")
        return Helping() if saved is None else Helping.decode(saved)


def _no_view(name: str) -> NotFoundError:
    return NotFoundError("view", f"no view is saved as “{name.strip()}”: `taboon views` lists them")
