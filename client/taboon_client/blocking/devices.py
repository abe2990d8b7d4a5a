"""Several devices of one member, without ``async``: see :mod:`taboon_client.library.devices`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now, soon
from taboon_client.library import COMMIT_WAIT

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.values import Device, Invite, Member, Outcome

__all__ = ["Devices"]


class Devices:
    """The devices of the members of one group."""

    _group: library.Group

    def link_device(self, hours: int = 24, member: Member | str | None = None) -> Invite:
        """Make an invite for a further device, of yours or of a member."""
        return now(self._group.link_device(hours, member))

    def devices(self, member: Member | str | None = None) -> list[Device]:
        """Return the devices of a member; your own with None."""
        return now(self._group.devices(member))

    def confirm_device(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Say on your first device that another one is yours."""
        return soon(self._group.confirm_device(ref, wait), wait)

    def revoke_device(self, ref: str, wait: float = COMMIT_WAIT, member: Member | str | None = None) -> Outcome:
        """Remove one device."""
        return soon(self._group.revoke_device(ref, wait, member), wait)
