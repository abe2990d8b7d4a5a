"""The items of a group's board, without ``async``: see :mod:`taboon_client.library.items`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client import library
    from taboon_client.board import Details, Freshness, Item, ItemComment, ItemFollowUp, ItemPledge, Opening, Pledge
    from taboon_client.board.openings import Edit
    from taboon_client.library.items import Post
    from taboon_client.values import ImportReport
    from taboon_client.vault.board import TotalRow

__all__ = ["Items"]


class Items:
    """The board of one group."""

    _group: library.Group

    def board(self, *, kind: str | None = None, status: str | None = None, category: str | None = None) -> list[Item]:
        """Return the items that pass the filters, most urgent and oldest first."""
        return now(self._group.board(kind=kind, status=status, category=category))

    def item(self, ref: str | bytes) -> Item:
        """Return an item by id, short code (``K7F2``, ``#K7F2``), prefix of the id in hexadecimal, or unique title."""
        return now(self._group.item(ref))

    def codes(self) -> dict[bytes, str]:
        """Return the shortest code of every item on the board, by id: at least four characters, and no two alike."""
        return now(self._group.codes())

    def freshness(self) -> dict[bytes, Freshness]:
        """Return how fresh every open item is, by id."""
        return now(self._group.freshness())

    def thread(self, item: Item | str | bytes) -> list[ItemComment]:
        """Return all comments on an item; the item itself holds the latest."""
        return now(self._group.thread(item))

    def overtaken(self, item: Item | str | bytes) -> list[tuple[ItemPledge, ItemPledge]]:
        """Return (pledge, the one after it) where a pledge came before one that this device had shown already."""
        return now(self._group.overtaken(item))

    def merged_into(self, item: Item | str | bytes) -> list[Item]:
        """Return the items that were merged into one; each keeps its texts."""
        return now(self._group.merged_into(item))

    def follow_ups(self) -> list[tuple[Item, ItemFollowUp]]:
        """Return whom to ask again, the earliest first."""
        return now(self._group.follow_ups())

    def outcomes(self) -> list[Item]:
        """Return the items that we have touched and of which somebody has told what became of them."""
        return now(self._group.outcomes())

    def totals(self) -> list[TotalRow]:
        """Return what stayed of the items that were deleted, the oldest week first."""
        return now(self._group.totals())

    def post(self, opening: Opening, key: bytes | str | None = None, *, details: Details | None = None) -> Item:
        """Put a need or an offer on the board. Saved when this returns; the next sync sends it."""
        return now(self._group.post(opening, key, details=details))

    def post_all(self, posts: Sequence[Post], progress: Callable[[int, int], None] | None = None) -> ImportReport:
        """Post many, each under its key: repeating it changes nothing. All of them are saved when this returns."""
        return now(self._group.post_all(posts, progress))

    def edit(self, item: Item | str | bytes, edit: Edit) -> Item:
        """Change what an item of yours says."""
        return now(self._group.edit(item, edit))

    def renew(self, item: Item | str | bytes) -> Item:
        """Say that an item is still so; one that is paused goes on."""
        return now(self._group.renew(item))

    def pause(self, item: Item | str | bytes, until: int = 0, reason: str = "") -> Item:
        """Ask everyone to wait with an item of yours, until a Unix time or without one."""
        return now(self._group.pause(item, until, reason))

    def withdraw(self, item: Item | str | bytes, reason: str = "", *, why: str = "") -> Item:
        """Close an item of yours; ``why`` is one of :data:`.board.deeds.CLOSE_REASONS`."""
        return now(self._group.withdraw(item, reason, why=why))

    def merge(self, item: Item | str | bytes, into: Item | str | bytes) -> Item:
        """Say that an item is the same as another one, which goes on. Both keep their texts, and it can be undone."""
        return now(self._group.merge(item, into))

    def undo(self, item: Item | str | bytes, event: bytes | None = None) -> Item:
        """Take back an edit, a pause, a withdrawal, a merge or something said; unless told, what closed it."""
        return now(self._group.undo(item, event))

    def pledge(self, item: Item | str | bytes, quantity: int | None = None, *, said: Pledge | None = None) -> Item:
        """Promise to cover an item, part of its only line, or what ``said`` says."""
        return now(self._group.pledge(item, quantity, said=said))

    def release(self, item: Item | str | bytes, reason: str = "", *, day: str = "") -> Item:
        """Give your pledge back, or one day of a pledge for every time; nobody has to say why."""
        return now(self._group.release(item, reason, day=day))

    def go(self, item: Item | str | bytes, *, expected: int = 0, lease: int = 0) -> Item:
        """Say that you are on the way; or until when (Unix time) your pledge shall hold."""
        return now(self._group.go(item, expected=expected, lease=lease))

    def deliver(self, item: Item | str | bytes, note: str = "", *, day: str = "") -> Item:
        """Say that you have handed over what you pledged."""
        return now(self._group.deliver(item, note, day=day))

    def confirm(self, item: Item | str | bytes, note: str = "", *, day: str = "") -> Item:
        """Say that what was handed over to you has arrived."""
        return now(self._group.confirm(item, note, day=day))

    def reject(self, item: Item | str | bytes, pledge: bytes | None = None, reason: str = "", *, day: str = "") -> Item:
        """Say that what somebody said they had handed over did not arrive: their pledge holds again."""
        return now(self._group.reject(item, pledge, reason, day=day))

    def returned(self, item: Item | str | bytes, pledge: bytes | None = None, note: str = "") -> Item:
        """Say that what was borrowed came back."""
        return now(self._group.returned(item, pledge, note))

    def lapse(self, item: Item | str | bytes, pledge: bytes, reason: str = "") -> Item:
        """Say that the lease of somebody's pledge has lapsed; they may contest it."""
        return now(self._group.lapse(item, pledge, reason))

    def contest(self, item: Item | str | bytes, reason: str = "") -> Item:
        """Say that you still stand by a pledge of yours that somebody says has lapsed."""
        return now(self._group.contest(item, reason))

    def comment(self, item: Item | str | bytes, text: str) -> Item:
        """Say something about an item."""
        return now(self._group.comment(item, text))

    def follow_up(self, item: Item | str | bytes, when: int, note: str = "") -> Item:
        """Ask that somebody asks again at a Unix time."""
        return now(self._group.follow_up(item, when, note))

    def followed_up(self, item: Item | str | bytes, note: str = "", *, follow_up: bytes | None = None) -> Item:
        """Say that you have asked again, and what the answer was."""
        return now(self._group.followed_up(item, note, follow_up=follow_up))

    def outcome(self, item: Item | str | bytes, text: str) -> Item:
        """Tell everyone who touched an item what became of it."""
        return now(self._group.outcome(item, text))
