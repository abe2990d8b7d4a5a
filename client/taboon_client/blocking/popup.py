"""A pop-up relay beside home, without ``async``: see :mod:`taboon_client.library.popup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now, waiting
from taboon_client.library import DEFAULT_WAIT

if TYPE_CHECKING:
    from taboon_client import library
    from taboon_client.values import Popup, SyncReport

__all__ = ["Popups"]


class Popups:
    """Going on at a pop-up relay, and coming home."""

    _group: library.Group

    def use_popup(self, address: str, wait: float = DEFAULT_WAIT) -> SyncReport:
        """Go on at a pop-up relay as well."""
        return waiting(self._group.use_popup(address, wait))

    def end_popup(self, wait: float = DEFAULT_WAIT) -> SyncReport:
        """Ask the pop-up relay no more."""
        return waiting(self._group.end_popup(wait))

    def popup(self) -> Popup | None:
        """Return the pop-up relay that the group uses on this device."""
        return now(self._group.popup())
