"""Imports into one group, without ``async``: see :mod:`taboon_client.library.carrying`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.blocking.running import now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taboon_client import library

__all__ = ["Carrying"]


class Carrying:
    """Imports into one group."""

    _group: library.Group

    def row_secret(self) -> bytes:
        """Return the 32 bytes under which this device names imported entries that have something sealed in them."""
        return now(self._group.row_secret())

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return what the columns of a sheet with this header were said to be; nothing if that was never said."""
        return now(self._group.columns(header))

    def remember_columns(self, header: Sequence[str], fields: Mapping[str, str]) -> None:
        """Remember what the columns of a sheet are, for the next one with the same header."""
        now(self._group.remember_columns(header, fields))
