"""Keeps MLS groups between vault and memory. One keeper for each open vault; all of it runs on the vault's thread.

State in memory is used only if its version row, read inside the same transaction, is unchanged: another process
may have moved the group meanwhile. After a transaction that failed, memory is forgotten, so it never runs ahead of
the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from taboon_client.vault import groups as rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.vault import Connection, Vault
    from taboon_crypto import mls

__all__ = ["Keeper"]

T = TypeVar("T")


class Keeper:
    """Loads, saves and forgets the MLS state of the groups in one vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._groups: dict[int, tuple[int, mls.Group]] = {}

    def write(self, act: Callable[[Connection], T]) -> T:
        """Run one transaction that may move groups; whatever it raises leaves vault and memory as they were."""
        try:
            return self._vault.write(act)
        except BaseException:
            self._groups.clear()
            raise

    def read(self, act: Callable[[Connection], T]) -> T:
        """Run one transaction that moves nothing."""
        return self._vault.read(act)

    def load(self, tx: Connection, grp: int) -> mls.Group:
        """Return the MLS group as the vault has it now."""
        version = rows.version_of(tx, grp)
        known = self._groups.get(grp)
        if known is not None and known[0] == version:
            return known[1]
        from taboon_client.group.settings import LIMITS
        from taboon_crypto import mls

        group = mls.Group.load(rows.mls_parts(tx, grp), limits=LIMITS)
        self._groups[grp] = (version, group)
        return group

    def save(self, tx: Connection, grp: int, group: mls.Group) -> None:
        """Write the parts of a group that moved. Must come before anything made with it leaves the transaction."""
        changed, removed = group.changed_parts(), group.removed_parts()
        if not changed and not removed:
            return
        version = rows.save_parts(tx, grp, changed, removed)
        group.mark_saved()
        self._groups[grp] = (version, group)

    def forget(self, grp: int) -> None:
        """Drop a group from memory."""
        self._groups.pop(grp, None)
