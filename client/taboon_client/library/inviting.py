"""Bringing somebody into a group: invites, requests, approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.library.ruling import Ruling
from taboon_client.library.syncing import COMMIT_WAIT

if TYPE_CHECKING:
    from taboon_client.values import Invite, JoinRequest, Outcome

__all__ = ["Inviting"]


class Inviting(Ruling):
    """The door of one group."""

    async def invite(self, hours: int = 72) -> Invite:
        """Make an invite for one person. Hand the link over by a channel that you trust.

        Args:
            hours: For how long it can be used, 1 to 168.

        Raises:
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.create_invite(self._desk, self.row_id, hours))

    async def invites(self) -> list[Invite]:
        """Return our invites that are open or being answered."""
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.invites(self._desk, self.row_id))

    async def requests(self) -> list[JoinRequest]:
        """Return who asks to join with one of our invites; a sync brings them."""
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.requests(self._desk, self.row_id))

    async def approve(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Let somebody in who asks to join. Compare the safety code with them first.

        Args:
            ref: Code or name of the request.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.

        Raises:
            NotFoundError: Nobody asks under that name or code.
            AmbiguousError: Several do.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission

        return await self._wish(lambda tx: admission.wish_to_admit(self._desk, tx, self.row_id, ref), wait)
