"""A pop-up relay that a group uses while its own cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.library.syncing import DEFAULT_WAIT, Syncing

if TYPE_CHECKING:
    from taboon_client.values import Popup, SyncReport

__all__ = ["Popups"]


class Popups(Syncing):
    """Going on at a pop-up relay, and coming home."""

    async def use_popup(self, address: str, wait: float = DEFAULT_WAIT) -> SyncReport:
        """Go on at a pop-up relay as well, from now on until :meth:`end_popup`.

        Every sync tries home first, then the pop-up relay, and carries to each what only the other has. What was said
        in the present epoch and may not have reached everyone is said there again. Members in one place do the same.

        Args:
            address: As that relay prints it.
            wait: Seconds that it may take to answer.

        Returns:
            What the first sync came to.

        Raises:
            RelayAddressError: The address is none, or is not safe.
            RelayError: The relay did not answer, or is none. Nothing changed.
            GroupStoppedError: The group does not go on here.
            NotAllowedError: It is the group's own relay.
        """
        from taboon_client.relay.address import RelayAddress
        from taboon_client.relay.client import RelayClient
        from taboon_client.session import popup

        place = RelayAddress.parse(address)
        async with RelayClient(place, random=self._desk.random, clock=self._desk.clock, timeout=wait) as client:
            limits = await client.limits()
        await self._write(lambda tx: popup.use(self._desk, tx, self.row_id, place, limits.relay_id))
        return await self.sync(None)

    async def end_popup(self, wait: float = DEFAULT_WAIT) -> SyncReport:
        """Ask the pop-up relay no more. What was said there comes home with the first sync that reaches home."""
        from taboon_client.session import popup

        await self._write(lambda tx: popup.end(tx, self.row_id))
        return await self.sync(wait)

    async def popup(self) -> Popup | None:
        """Return the pop-up relay that the group uses on this device, None if it uses none."""
        from taboon_client.session import popup

        return await self._read(lambda tx: popup.in_use(tx, self.row_id))
