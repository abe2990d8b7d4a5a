"""Bringing somebody into a group, without ``async``: see :mod:`taboon_client.library.inviting`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now, soon
from taboon_client.library import COMMIT_WAIT

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.values import Invite, JoinRequest, Outcome, Returning

__all__ = ["Inviting"]


class Inviting:
    """The door of one group."""

    _group: library.Group

    def invite(self, hours: int = 72) -> Invite:
        """Make an invite for one person."""
        return now(self._group.invite(hours))

    def invites(self) -> list[Invite]:
        """Return the invites that are open or being answered."""
        return now(self._group.invites())

    def revoke(self, ref: str) -> None:
        """End an invite."""
        now(self._group.revoke(ref))

    def requests(self) -> list[JoinRequest]:
        """Return who asks to join."""
        return now(self._group.requests())

    def returns(self) -> list[Returning]:
        """Return which members ask to come back with an older leaf: for an admin to decide."""
        return now(self._group.returns())

    def vouch_for_request(self, ref: str, text: str = "") -> None:
        """Say to the admins that you know who asks to join."""
        now(self._group.vouch_for_request(ref, text))

    def approve(self, ref: str, wait: float = COMMIT_WAIT, *, compared: bool = False) -> Outcome:
        """Let somebody in who asks to join."""
        return soon(self._group.approve(ref, wait, compared=compared), wait)

    def agreement(self) -> str:
        """Return what everyone who joins agrees to; empty for nothing."""
        return now(self._group.agreement())

    def set_agreement(self, text: str) -> None:
        """Say, as an admin, what everyone who joins agrees to."""
        now(self._group.set_agreement(text))

    def accept_agreement(self) -> None:
        """Accept what the group agreed on, as a member."""
        now(self._group.accept_agreement())

    def accepted(self) -> frozenset[bytes]:
        """Return the identity keys of those who have accepted what the group agreed on now."""
        return now(self._group.accepted())
