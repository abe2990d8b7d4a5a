"""The items of a group's board: reading them, and everything that is done about one in the open."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from taboon_client.board import Item, shortest_codes, thread
from taboon_client.board.freshness import Freshness, freshness
from taboon_client.board.item import HOLDING
from taboon_client.library.finding import one_item
from taboon_client.library.held import Held
from taboon_client.values import ImportReport
from taboon_client.vault import board as board_rows
from taboon_client.vault import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.board import Details, ItemComment, ItemFollowUp, ItemPledge, Opening, Pledge
    from taboon_client.board.openings import Edit
    from taboon_client.vault import Connection
    from taboon_client.vault.board import TotalRow

__all__ = ["Items", "Post"]

Post: TypeAlias = "tuple[bytes | str, Opening] | tuple[bytes | str, Opening, Details]"
"""(key, need or offer), or (key, need or offer, its sealed details)."""

_KEY = 16
_BATCH = 200


class Items(Held):
    """The board of one group."""

    async def board(
        self, *, kind: str | None = None, status: str | None = None, category: str | None = None
    ) -> list[Item]:
        """Return the items that pass the filters, most urgent and oldest first."""
        rows = await self._read(
            lambda tx: board_rows.items(tx, self.row_id, kind=kind, status=status, category=category)
        )
        return [Item.decode(row) for row in rows]

    async def item(self, ref: str | bytes) -> Item:
        """Return an item by id, short code (``K7F2``, ``#K7F2``), prefix of the id in hexadecimal, or unique title.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        return await self._read(lambda tx: one_item(tx, self.row_id, ref))

    async def codes(self) -> dict[bytes, str]:
        """Return the shortest code of every item on the board, by id: at least four characters, and no two alike."""
        return await self._read(lambda tx: shortest_codes(board_rows.item_ids(tx, self.row_id)))

    async def freshness(self) -> dict[bytes, Freshness]:
        """Return how fresh every open item is, by id."""
        now = self._desk.now
        rows = await self._read(lambda tx: board_rows.renewals(tx, self.row_id))
        return {item: freshness(renewed=renewed, now=now, urgent=urgent) for item, renewed, urgent in rows}

    async def thread(self, item: Item | str | bytes) -> list[ItemComment]:
        """Return all comments on an item; the item itself holds the latest."""

        def act(tx: Connection) -> list[ItemComment]:
            return list(thread(*self._desk.ledger.graph(tx, self.row_id, self._found(tx, item).id)))

        return await self._read(act)

    async def overtaken(self, item: Item | str | bytes) -> list[tuple[ItemPledge, ItemPledge]]:
        """Return (pledge, the one after it) where a pledge came before one that this device had shown already.

        Whoever releases details should look at it: somebody can pretend to have pledged without seeing the others.
        """

        def act(tx: Connection) -> list[tuple[ItemPledge, ItemPledge]]:
            found = self._found(tx, item)
            came = {name: at for at, name in enumerate(event_rows.arrivals(tx, self.row_id, found.id))}
            ranked = [pledge for pledge in found.pledges if pledge.standing in HOLDING]
            return [
                (before, after)
                for at, before in enumerate(ranked)
                for after in ranked[at + 1 :]
                if before.day == after.day and came[before.name] > came[after.name]
            ]

        return await self._read(act)

    async def merged_into(self, item: Item | str | bytes) -> list[Item]:
        """Return the items that were merged into one; each keeps its texts."""

        def act(tx: Connection) -> list[bytes]:
            return board_rows.merged_into(tx, self.row_id, self._found(tx, item).id)

        return [Item.decode(row) for row in await self._read(act)]

    async def follow_ups(self) -> list[tuple[Item, ItemFollowUp]]:
        """Return whom to ask again, the earliest first."""
        queue = [
            (item, one) for item in await self.board() if not item.closed for one in item.follow_ups if not one.done_by
        ]
        return sorted(queue, key=lambda entry: (entry[1].when, entry[1].name))

    async def outcomes(self) -> list[Item]:
        """Return the items that we have touched and of which somebody has told what became of them."""
        me = self._row.identity
        return [item for item in await self.board() if item.outcomes and me in item.touched]

    async def totals(self) -> list[TotalRow]:
        """Return what stayed of the items that were deleted, the oldest week first."""
        return await self._read(lambda tx: board_rows.totals(tx, self.row_id))

    async def post(self, opening: Opening, key: bytes | str | None = None, *, details: Details | None = None) -> Item:
        """Put a need or an offer on the board. Saved when this returns; the next sync sends it.

        Args:
            opening: What is asked for or on offer. ``created`` 0 means now.
            key: The same key makes the same post once, whoever of the group used it first.
            details: What only those read who must know: sealed to us, to the dispatch circle and, when they are
                released, to whoever goes.

        Raises:
            FieldError: A field does not fit.
            GroupStoppedError: The group does not go on here.
        """
        made, _ = await self._write(lambda tx: self._post(tx, opening, key, details))
        return await self.item(made)

    async def post_all(
        self,
        posts: Sequence[Post],
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportReport:
        """Post many, each under its key: repeating it changes nothing. All of them are saved when this returns.

        Args:
            posts: (key, need or offer), or (key, need or offer, its sealed details).
            progress: Told how many are done, and of how many.

        Raises:
            FieldError: A field of one does not fit; those before it are saved, and are known when it is repeated.
        """
        posted = 0
        for start in range(0, len(posts), _BATCH):
            batch = posts[start : start + _BATCH]

            def act(
                tx: Connection,
                batch: Sequence[Post] = batch,
            ) -> int:
                return sum(self._post(tx, post[1], post[0], post[2] if len(post) == 3 else None)[1] for post in batch)

            posted += await self._write(act)
            if progress is not None:
                progress(start + len(batch), len(posts))
        return ImportReport(rows=len(posts), posted=posted, known=len(posts) - posted)

    def _post(
        self, tx: Connection, opening: Opening, key: bytes | str | None, details: Details | None
    ) -> tuple[bytes, bool]:
        if not opening.created:
            opening = msgspec.structs.replace(opening, created=self._desk.now)
        return self._acts(tx).post(opening, _post_key(key), details)

    # What is done about one; each returns how the item stands then

    async def edit(self, item: Item | str | bytes, edit: Edit) -> Item:
        """Change what an item of yours says."""
        return await self._act(item, lambda acts, found: acts.edit(found, edit))

    async def renew(self, item: Item | str | bytes) -> Item:
        """Say that an item is still so; one that is paused goes on."""
        return await self._act(item, lambda acts, found: acts.renew(found))

    async def pause(self, item: Item | str | bytes, until: int = 0, reason: str = "") -> Item:
        """Ask everyone to wait with an item of yours, until a Unix time or without one."""
        return await self._act(item, lambda acts, found: acts.pause(found, until, reason))

    async def withdraw(self, item: Item | str | bytes, reason: str = "", *, why: str = "") -> Item:
        """Close an item of yours; ``why`` is one of :data:`.board.deeds.CLOSE_REASONS`."""
        return await self._act(item, lambda acts, found: acts.withdraw(found, reason, why))

    async def merge(self, item: Item | str | bytes, into: Item | str | bytes) -> Item:
        """Say that an item is the same as another one, which goes on. Both keep their texts, and it can be undone."""
        return await self._act(item, lambda acts, found: acts.merge(found, self._found(acts.tx, into)))

    async def undo(self, item: Item | str | bytes, event: bytes | None = None) -> Item:
        """Take back an edit, a pause, a withdrawal, a merge or something said; unless told, what closed it."""
        return await self._act(item, lambda acts, found: acts.undo(found, event))

    async def pledge(
        self, item: Item | str | bytes, quantity: int | None = None, *, said: Pledge | None = None
    ) -> Item:
        """Promise to cover an item, part of its only line, or what ``said`` says.

        Raises:
            NotAllowedError: It is closed, or you have pledged there.
        """
        return await self._act(item, lambda acts, found: acts.pledge(found, quantity, said))

    async def release(self, item: Item | str | bytes, reason: str = "", *, day: str = "") -> Item:
        """Give your pledge back, or one day of a pledge for every time; nobody has to say why."""
        return await self._act(item, lambda acts, found: acts.release(found, reason, day))

    async def go(self, item: Item | str | bytes, *, expected: int = 0, lease: int = 0) -> Item:
        """Say that you are on the way; or until when (Unix time) your pledge shall hold."""
        return await self._act(item, lambda acts, found: acts.go(found, expected, lease))

    async def deliver(self, item: Item | str | bytes, note: str = "", *, day: str = "") -> Item:
        """Say that you have handed over what you pledged."""
        return await self._act(item, lambda acts, found: acts.deliver(found, note, day))

    async def confirm(self, item: Item | str | bytes, note: str = "", *, day: str = "") -> Item:
        """Say that what was handed over to you has arrived."""
        return await self._act(item, lambda acts, found: acts.confirm(found, note, day))

    async def reject(
        self, item: Item | str | bytes, pledge: bytes | None = None, reason: str = "", *, day: str = ""
    ) -> Item:
        """Say that what somebody said they had handed over did not arrive: their pledge holds again."""
        return await self._act(item, lambda acts, found: acts.reject(found, pledge, reason, day))

    async def returned(self, item: Item | str | bytes, pledge: bytes | None = None, note: str = "") -> Item:
        """Say that what was borrowed came back."""
        return await self._act(item, lambda acts, found: acts.returned(found, pledge, note))

    async def lapse(self, item: Item | str | bytes, pledge: bytes, reason: str = "") -> Item:
        """Say that the lease of somebody's pledge has lapsed; they may contest it."""
        return await self._act(item, lambda acts, found: acts.lapse(found, pledge, reason))

    async def contest(self, item: Item | str | bytes, reason: str = "") -> Item:
        """Say that you still stand by a pledge of yours that somebody says has lapsed."""
        return await self._act(item, lambda acts, found: acts.contest(found, reason))

    async def comment(self, item: Item | str | bytes, text: str) -> Item:
        """Say something about an item."""
        return await self._act(item, lambda acts, found: acts.comment(found, text))

    async def follow_up(self, item: Item | str | bytes, when: int, note: str = "") -> Item:
        """Ask that somebody asks again at a Unix time."""
        return await self._act(item, lambda acts, found: acts.follow_up(found, when, note))

    async def followed_up(self, item: Item | str | bytes, note: str = "", *, follow_up: bytes | None = None) -> Item:
        """Say that you have asked again, and what the answer was."""
        return await self._act(item, lambda acts, found: acts.followed_up(found, follow_up, note))

    async def outcome(self, item: Item | str | bytes, text: str) -> Item:
        """Tell everyone who touched an item what became of it."""
        return await self._act(item, lambda acts, found: acts.outcome(found, text))


def _post_key(key: bytes | str | None) -> bytes | None:
    if key is None or (isinstance(key, bytes) and len(key) == _KEY):
        return key
    raw = key.encode() if isinstance(key, str) else key
    return hashlib.sha256(b"taboon post key v1" + raw).digest()[:_KEY]
