"""What only a few read: the sealed details of items, and private notes about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from taboon_client.library.held import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.board import Details, Item, PrivateNote
    from taboon_client.group.secret_acts import SecretActs
    from taboon_client.vault import Connection

__all__ = ["Sealing"]

T = TypeVar("T")


class Sealing(Held):
    """The sealed details and private notes of one group."""

    async def open_details(self, item: Item | str | bytes) -> Details:
        """Return the sealed details of an item. Everyone will see that you opened them, unless they are your own.

        Raises:
            NotAllowedError: They are sealed to others.
        """
        return await self._secretly(item, lambda acts, found: acts.open(found))

    async def can_open_details(self, item: Item | str | bytes) -> bool:
        """Tell whether the sealed details of an item are sealed to you, without opening them."""
        return await self._secretly(item, lambda acts, found: acts.can_open(found))

    async def why_closed(self, item: Item | str | bytes) -> str:
        """Return why you cannot open the sealed details of an item, and what you can do about it."""
        return await self._secretly(item, lambda acts, found: acts.closed_to_us(found))

    async def change_details(self, item: Item | str | bytes, details: Details) -> Item:
        """Put other details in the place of the sealed ones; who can open them stays."""
        return await self._sealed(item, lambda acts, found: acts.change(found, details))

    async def release_details(
        self, item: Item | str | bytes, pledge: bytes | None = None, *, first: bool = False, reason: str = ""
    ) -> Item:
        """Release the details to whoever goes; look at :meth:`overtaken` before.

        Args:
            item: Of which; one of yours, or you are of the dispatch circle.
            pledge: Name of the pledge; that of the primary unless told.
            first: Put this pledge before every other.
            reason: Told to everyone.

        Raises:
            NotAllowedError: You cannot open them, or somebody goes before that pledge.
        """
        return await self._sealed(item, lambda acts, found: acts.grant(found, pledge, first=first, reason=reason))

    async def share_details(self, item: Item | str | bytes) -> int:
        """Seal the details to those of the dispatch circle who do not have them. Returns how many those were.

        A sync does it by itself for two of those who can; this is for when both are away.
        """
        return await self._secretly(item, lambda acts, found: acts.share(found))

    async def private_note(self, item: Item | str | bytes, note: PrivateNote, recipients: Sequence[bytes] = ()) -> Item:
        """Say something about an item to a few: a no-show, whom not to send, thanks.

        Args:
            item: About which.
            note: What.
            recipients: Identity keys, at most 8; its author and the dispatch circle unless told.
        """
        return await self._sealed(item, lambda acts, found: acts.note(found, note, list(recipients)))

    async def private_notes(self, item: Item | str | bytes) -> list[tuple[bytes, PrivateNote]]:
        """Return (identity key of its author, note) of every private note about an item that is for you."""

        def read(acts: SecretActs, found: Item) -> list[tuple[bytes, PrivateNote]]:
            return [(event.author, note) for event, note in acts.notes(found)]

        return await self._secretly(item, read)

    async def _sealed(self, item: Item | str | bytes, act: Callable[[SecretActs, Item], object]) -> Item:
        from taboon_client.group.secret_acts import SecretActs

        return await self._act(item, lambda acts, found: act(SecretActs(acts), found))

    async def _secretly(self, item: Item | str | bytes, act: Callable[[SecretActs, Item], T]) -> T:
        from taboon_client.group.secret_acts import SecretActs

        def step(tx: Connection) -> T:
            return act(SecretActs(self._acts(tx)), self._found(tx, item))

        return await self._write(step)
