"""How old is too old: when an item grows stale, fades, and is deleted (docs/protocol.md, section 3.5).

The clock decides what is shown and what is kept on this device, and nothing else. A time that somebody states is taken
only as far as it is not later than when the event first came here, so that nobody keeps an item alive by a date.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from taboon_client.board.item import Item

__all__ = ["STALE", "STALE_URGENT", "Freshness", "Keep", "Times", "deletes_at", "freshness", "stale_at"]

_HOUR: Final = 3_600
_DAY: Final = 86_400
STALE_URGENT: Final = 48 * _HOUR
"""Seconds after which an urgent item is stale."""
STALE: Final = 14 * _DAY
"""Seconds after which every other item is stale."""
_FADES: Final = 2
"""How many times that until it fades."""


class Freshness(StrEnum):
    """How far to believe that an item is still so."""

    FRESH = "fresh"
    STALE = "stale"
    FADED = "faded"


class Keep(NamedTuple):
    """For how many days a group keeps items: open ones since their last renewal, closed ones since they were closed."""

    open_days: int = 30
    closed_days: int = 7


class Times(NamedTuple):
    """The times that count for one item, Unix seconds: of its last renewal, and of its closing (0 while it is open)."""

    renewed: int
    closed: int

    @classmethod
    def of(cls, *, stated: int, received: int, closed: int) -> Times:
        """Return the times of an item.

        Args:
            stated: What the last renewal (at first the opening) says.
            received: When that event first came here.
            closed: When the event that closed it first came here, 0 if it is open.
        """
        # Who states no time, or one before any computer, is taken at the time it came.
        return cls(min(stated, received) if stated else received, closed)


def stale_at(item: Item, times: Times) -> int:
    """Return when an item grows stale, Unix seconds."""
    return times.renewed + (STALE_URGENT if item.urgent else STALE)


def freshness(item: Item, times: Times, now: int) -> Freshness:
    """Return how fresh an open item is."""
    age = now - times.renewed
    limit = STALE_URGENT if item.urgent else STALE
    if age >= _FADES * limit:
        return Freshness.FADED
    return Freshness.STALE if age >= limit else Freshness.FRESH


def deletes_at(item: Item, times: Times, keep: Keep) -> int | None:
    """Return when an item is deleted, Unix seconds; ``None`` for an open urgent one that nobody has answered."""
    if item.closed:
        return (times.closed or times.renewed) + keep.closed_days * _DAY
    if item.urgent and not item.answered:
        return None
    return times.renewed + keep.open_days * _DAY
