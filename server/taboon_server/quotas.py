"""What the relay takes of one mailbox, and in all. No quota ever refuses a seal."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from taboon_server import problems
from taboon_server.problems import Problem
from taboon_server.settings import Settings
from taboon_server.store import Totals

DISK_RETRY: Final = 60
"""Seconds after which trying again makes sense when there is no room."""

SEAL_ROOM: Final = 65_536
"""Bytes set aside for the seal of each mailbox in use that has none yet, so that nobody uses up another's room."""

_SHARE: Final = 8
"""At most one part in so many is set aside, however many mailboxes somebody makes; as much again is left by creations.
"""

_SLOTS: Final = 1 << 16


class Quotas:
    """Counts what is taken, in the writer's thread.

    Args:
        settings: the limits.
        folder: the folder whose disk fills, None where the database is elsewhere.
        seconds: seconds that never step.
    """

    def __init__(self, settings: Settings, folder: Path | None, seconds: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._folder = folder
        self._seconds = seconds
        self._free: int | None = None
        self._minute = 0
        # One count for all mailboxes that fall together under Python's keyed hash: bounded, and nobody can aim.
        self._counts = [0] * _SLOTS
        self._made = 0
        self.totals = Totals()

    @property
    def is_low(self) -> bool:
        """Whether the disk has less room than what is kept for seals."""
        return self._is_low(0)

    @property
    def _share(self) -> int:
        bounds = [] if self._settings.disk_bytes is None else [self._settings.disk_bytes]
        if self._free is not None:
            bounds.append(self._free + self.totals.bytes_used)
        return min(bounds, default=0) // _SHARE

    @property
    def _aside(self) -> int:
        return min(SEAL_ROOM * self.totals.unsealed, self._share)

    @property
    def takes_mailboxes(self) -> bool:
        """Whether there is room for one more mailbox, and more of it than appends need."""
        few = self.totals.mailboxes < self._settings.quota_mailboxes and self._made < self._settings.quota_creations
        return few and self._has_room(self._share)

    def _is_low(self, more: int) -> bool:
        return self._free is not None and self._free < self._settings.reserve_bytes + self._aside + more

    def _has_room(self, more: int = 0) -> bool:
        most = self._settings.disk_bytes
        return not self._is_low(more) and (most is None or self.totals.bytes_used + self._aside + more < most)

    def look(self) -> None:
        """Look at the clock and at the disk; called before each batch."""
        now = self._seconds()
        if now // 60 != self._minute:
            self._minute = int(now // 60)
            self._counts, self._made = [0] * _SLOTS, 0
        if self._folder is not None:
            self._free = shutil.disk_usage(self._folder).free

    def refusal(self, mailbox: bytes, number: int, used: int, size: int, *, seal: bool) -> Problem | None:
        """Say why a blob of `size` bytes is refused by a mailbox that has `number` blobs of `used` bytes."""
        slot = hash(mailbox) % _SLOTS
        if seal:
            # No quota refuses it. A large one must leave what is set aside for the others, while the disk is low.
            large = size > SEAL_ROOM and self.is_low and (self._free or 0) < self._aside + size
            return problems.busy(DISK_RETRY) if large else None
        if not self._has_room():
            return problems.busy(DISK_RETRY)
        if number >= self._settings.quota_blobs or used + size > self._settings.quota_bytes:
            return problems.full()
        if self._counts[slot] >= self._settings.quota_minute:
            return problems.busy(60 - int(self._seconds() % 60))
        self._counts[slot] += 1
        return None

    def add(self, *, mailboxes: int, unsealed: int, size: int) -> None:
        """Count what was just stored."""
        self._made += mailboxes
        self.totals = self.totals.plus(mailboxes, unsealed, size)

    def correct(self, before: Totals, counted: Totals) -> None:
        """Take over what was counted since the totals were those `before`, and keep what was stored meanwhile."""
        new = self.totals
        self.totals = counted.plus(
            new.mailboxes - before.mailboxes, new.unsealed - before.unsealed, new.bytes_used - before.bytes_used
        )
