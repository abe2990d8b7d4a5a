"""How old is too old: when an item grows stale, fades, and is deleted (docs/protocol.md, section 3.5).

The clock decides what is shown and what is kept on this device, and nothing else. A time that somebody states is taken
only as far as it is not later than when the event first came here, so that nobody keeps an item alive by a date.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["STALE", "STALE_URGENT", "Freshness", "Keep", "Times", "freshness"]

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


def freshness(*, renewed: int, now: int, urgent: bool) -> Freshness:
    """Return how fresh an open item is.

    Args:
        renewed: Of its :class:`Times`.
        now: Unix seconds.
        urgent: It is.
    """
    age = now - renewed
    limit = STALE_URGENT if urgent else STALE
    if age >= _FADES * limit:
        return Freshness.FADED
    return Freshness.STALE if age >= limit else Freshness.FRESH
