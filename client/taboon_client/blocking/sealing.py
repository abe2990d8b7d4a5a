"""Sealed details and private notes, without ``async``: see :mod:`taboon_client.library.sealing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client import library
    from taboon_client.board import Details, Item, PrivateNote

__all__ = ["Sealing"]


class Sealing:
    """The sealed details and private notes of one group."""

    _group: library.Group

    def open_details(self, item: Item | str | bytes) -> Details:
        """Return the sealed details of an item. Everyone will see that you opened them, unless they are your own."""
        return now(self._group.open_details(item))

    def can_open_details(self, item: Item | str | bytes) -> bool:
        """Tell whether the sealed details of an item are sealed to you, without opening them."""
        return now(self._group.can_open_details(item))

    def why_closed(self, item: Item | str | bytes) -> str:
        """Return why you cannot open the sealed details of an item, and what you can do about it."""
        return now(self._group.why_closed(item))

    def change_details(self, item: Item | str | bytes, details: Details) -> Item:
        """Put other details in the place of the sealed ones; who can open them stays."""
        return now(self._group.change_details(item, details))

    def release_details(
        self, item: Item | str | bytes, pledge: bytes | None = None, *, first: bool = False, reason: str = ""
    ) -> Item:
        """Release the details to whoever goes; look at :meth:`overtaken` before."""
        return now(self._group.release_details(item, pledge, first=first, reason=reason))

    def share_details(self, item: Item | str | bytes) -> int:
        """Seal the details to those of the dispatch circle who do not have them. Returns how many those were."""
        return now(self._group.share_details(item))

    def private_note(self, item: Item | str | bytes, note: PrivateNote, recipients: Sequence[bytes] = ()) -> Item:
        """Say something about an item to a few: a no-show, whom not to send, thanks."""
        return now(self._group.private_note(item, note, recipients))

    def private_notes(self, item: Item | str | bytes) -> list[tuple[bytes, PrivateNote]]:
        """Return (identity key of its author, note) of every private note about an item that is for you."""
        return now(self._group.private_notes(item))
