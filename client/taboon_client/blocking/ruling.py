"""The rules of a group, without ``async``: see :mod:`taboon_client.library.ruling`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now, soon, waiting
from taboon_client.library import COMMIT_WAIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client import library
    from taboon_client.group.changes import PolicyChange
    from taboon_client.group.policy import Policy, RelayEntry
    from taboon_client.values import Member, Outcome, PendingAct, SyncReport

__all__ = ["Ruling"]


class Ruling:
    """The rules of one group."""

    _group: library.Group

    def policy(self) -> Policy:
        """Return the rules that every member's device enforces."""
        return now(self._group.policy())

    def change_policy(self, change: PolicyChange, wait: float = COMMIT_WAIT) -> Outcome:
        """Change the rules, or propose it where several admins must agree."""
        return soon(self._group.change_policy(change, wait), wait)

    def relay_at(self, address: str, relay_pass: bytes = b"", wait: float = COMMIT_WAIT) -> RelayEntry:
        """Ask a relay whether the group could live there, and return it as the rules name it."""
        return waiting(self._group.relay_at(address, relay_pass, wait))

    def move(self, address: str, relay_pass: bytes = b"", wait: float = COMMIT_WAIT) -> Outcome:
        """Move the group to another home relay, or propose it where several admins must agree."""
        return waiting(self._group.move(address, relay_pass, wait))

    def set_admins(
        self,
        add: Iterable[Member | str] = (),
        drop: Iterable[Member | str] = (),
        *,
        everyone: bool | None = None,
        wait: float = COMMIT_WAIT,
    ) -> Outcome:
        """Make members admins, and admins members."""
        return soon(self._group.set_admins(add, drop, everyone=everyone, wait=wait), wait)

    def set_dispatch(self, members: Sequence[Member | str], wait: float = COMMIT_WAIT) -> Outcome:
        """Say who is of the dispatch circle."""
        return soon(self._group.set_dispatch(members, wait), wait)

    def acts(self) -> list[PendingAct]:
        """Return what is proposed and still lacks somebody's agreement."""
        return now(self._group.acts())

    def agree(self, ref: str, wait: float = COMMIT_WAIT) -> Outcome:
        """Agree to what somebody proposed; with the last agreement it is done."""
        return soon(self._group.agree(ref, wait), wait)

    def decline(self, ref: str, reason: str = "", wait: float = COMMIT_WAIT) -> SyncReport:
        """Say no to what is proposed, or take back that you agreed."""
        return soon(self._group.decline(ref, reason, wait), wait)

    def recover(
        self, admins: Iterable[Member | str], remove: Iterable[Member | str] = (), wait: float = COMMIT_WAIT
    ) -> Outcome:
        """Give the group other admins when those it has are gone."""
        return soon(self._group.recover(admins, remove, wait), wait)
