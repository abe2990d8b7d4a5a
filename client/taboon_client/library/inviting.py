"""Bringing somebody into a group: invites, requests, approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board.register_kinds import Accept, Agreement, Vouch
from taboon_client.board.registers import MEMBERS, PEOPLE, SETTINGS
from taboon_client.library.lists import Lists
from taboon_client.library.ruling import Ruling
from taboon_client.library.syncing import COMMIT_WAIT

if TYPE_CHECKING:
    from taboon_client.values import Invite, JoinRequest, Outcome, Returning
    from taboon_client.vault import Connection

__all__ = ["Inviting"]


class Inviting(Ruling, Lists):
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

    async def revoke(self, ref: str) -> None:
        """End an invite: nobody is let in with it any more, and whoever asked is told.

        Args:
            ref: Its code.

        Raises:
            NotFoundError: There is no open invite of that code.
            NotAllowedError: It is somebody else's and you are no admin, or it was answered.
        """
        from taboon_client.joining import admission

        await self._write(lambda tx: admission.revoke_invite(self._desk, tx, self.row_id, ref))

    async def vouch_for_request(self, ref: str, text: str = "") -> None:
        """Say to the admins, before they let somebody in, that you know who asks.

        Args:
            ref: Code or name of the request.
            text: From where.
        """
        from taboon_client.joining import admission

        (code,) = {one.code for one in await self.requests() if ref in (one.name, one.code)} or {ref}
        found = next((one for one in await self.requests() if one.code == code), None)

        def act(tx: Connection) -> None:
            admission.request_of(tx, self.row_id, ref)
            if found is not None:
                body = Vouch(member=found.identity, text=text, created=self._desk.now)
                self._desk.ledger.make(tx, self.row_id, body, MEMBERS, ())

        await self._write(act)

    async def agreement(self) -> str:
        """Return what everyone who joins agrees to; empty for nothing."""
        return await self._read(lambda tx: self._desk.ledger.agreement(tx, self.row_id))

    async def set_agreement(self, text: str) -> None:
        """Say, as an admin, what everyone who joins agrees to: they read it before anything else of the group."""
        await self._say(Agreement(text=text, created=self._desk.now), SETTINGS)

    async def accept_agreement(self) -> None:
        """Accept what the group agreed on, as a member."""
        from taboon_client.joining.messages import agreement_name

        def act(tx: Connection) -> None:
            self._acts(tx)
            text = self._desk.ledger.agreement(tx, self.row_id)
            if text:
                body = Accept(agreement=agreement_name(text), created=self._desk.now)
                self._desk.ledger.make(tx, self.row_id, body, PEOPLE, ())

        await self._write(act)

    async def accepted(self) -> frozenset[bytes]:
        """Return the identity keys of those who have accepted what the group agreed on now."""
        from taboon_client.joining.messages import agreement_name

        def act(tx: Connection) -> frozenset[bytes]:
            name = agreement_name(self._desk.ledger.agreement(tx, self.row_id))
            return frozenset(who for who, what in self._desk.ledger.accepted(tx, self.row_id).items() if what == name)

        return await self._read(act)

    async def requests(self) -> list[JoinRequest]:
        """Return who asks to join with one of our invites; a sync brings them."""
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.requests(self._desk, self.row_id))

    async def returns(self) -> list[Returning]:
        """Return which members ask to come back with an older leaf: an old backup, or a thief. For an admin."""
        from taboon_client.session import older_leaves

        return await self._read(lambda tx: older_leaves.returns(self._desk, tx, self.row_id))

    async def approve(self, ref: str, wait: float = COMMIT_WAIT, *, compared: bool = False) -> Outcome:
        """Let somebody in who asks to join. Compare the safety code with them first.

        Args:
            ref: Code or name of the request; or the code of one of :meth:`returns`.
            wait: Seconds that the relay may take; 0 saves the wish for the next sync.
            compared: The safety code was compared: the newcomer's key counts as checked on this device.

        Raises:
            NotFoundError: Nobody asks under that name or code.
            AmbiguousError: Several do.
            NotAllowedError: You are no admin of the group.
        """
        from taboon_client.joining import admission
        from taboon_client.session import older_leaves

        back = any(one.code == ref for one in await self.returns())

        def act(tx: Connection) -> int:
            if back:
                return older_leaves.wish_to_bring_back(self._desk, tx, self.row_id, ref)
            return admission.wish_to_admit(self._desk, tx, self.row_id, ref, compared=compared)

        return await self._wish(act, wait)
