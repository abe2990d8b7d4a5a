"""Which day it is, for expiry, by a clock that may be wrong."""

from collections.abc import Callable
from typing import Final

_DAY: Final = 86_400


class Days:
    """The day that expiry goes by.

    A clock that leaps ahead while the relay runs would expire everything at once, so a leap of more than a day is
    believed only after the relay has run on for a day. A clock that steps back does no harm and is believed at once.

    Args:
        wall: Unix time in seconds.
        monotonic: seconds that never step.
    """

    def __init__(self, wall: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._believed = int(wall()) // _DAY
        self._leapt_at: float | None = None

    @property
    def leapt(self) -> bool:
        """Whether the clock is ahead in a way that is not believed yet."""
        return self._leapt_at is not None

    def today(self) -> int:
        """Return the day, counted in UTC from 1970-01-01."""
        day = int(self._wall()) // _DAY
        if day <= self._believed + 1:
            self._leapt_at = None
            self._believed = day
            return day
        now = self._monotonic()
        if self._leapt_at is None:
            self._leapt_at = now
        elif now - self._leapt_at >= _DAY:
            self._leapt_at = None
            self._believed = day
        return self._believed
