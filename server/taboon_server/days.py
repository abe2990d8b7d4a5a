"""Which day it is, by a clock that may be wrong: one day to expire by, and one to keep by."""

from collections.abc import Callable
from typing import Final

_DAY: Final = 86_400
OFF_DAYS: Final = 7
"""Days that a relay may have been off before the clock at its start is taken for one that leapt."""


class Days:
    """The days that expiry goes by.

    A clock that leaps ahead would expire everything at once. So a leap of more than a day (at the start: of more than
    `OFF_DAYS` since the relay last ran) is believed only after the relay has run on for a day. A clock that steps back
    is believed at once, but nothing is kept for a shorter time because of it: `latest` is the last day ever believed.

    Args:
        wall: Unix time in seconds.
        monotonic: seconds that never step.
        last_run: the day on which the relay last ran, 0 if it never did or the clock is known to be right.
    """

    def __init__(self, wall: Callable[[], float], monotonic: Callable[[], float], last_run: int = 0) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._leapt_at: float | None = None
        day = self._day()
        off_for_long = last_run and day > last_run + OFF_DAYS
        self._believed = last_run if off_for_long else day
        self.latest = max(last_run, self._believed)

    @property
    def leapt(self) -> bool:
        """Whether the clock is ahead in a way that is not believed yet."""
        return self._leapt_at is not None

    @property
    def in_order(self) -> bool:
        """Whether the clock is believed, and not behind a day that was believed before."""
        return not self.leapt and self._believed == self.latest

    def today(self) -> int:
        """Return the day to expire by, counted in UTC from 1970-01-01."""
        day = self._day()
        if day <= self._believed + 1:
            self._leapt_at = None
            self._believed = day
        elif self._leapt_at is None:
            self._leapt_at = self._monotonic()
        elif self._monotonic() - self._leapt_at >= _DAY:
            self._leapt_at = None
            self._believed = day
        self.latest = max(self.latest, self._believed)
        return self._believed

    def keeping(self) -> int:
        """Return the day from which to count how long something is kept: rather too late than too early."""
        return max(self._day(), self.latest)

    def _day(self) -> int:
        return int(self._wall()) // _DAY
