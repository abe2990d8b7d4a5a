"""Readers that wait for a next blob, bounded by mailbox and in total."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Waiters:
    """Who waits on which mailbox. Where too many wait, the oldest is let go: it gets its empty page early.

    Args:
        by_mailbox: readers that may wait on one mailbox.
        total: readers that may wait in total.
    """

    def __init__(self, by_mailbox: int, total: int) -> None:
        self._by_mailbox = by_mailbox
        self._total = total
        self._waiting: dict[bytes, dict[asyncio.Event, int]] = {}
        self._all: dict[asyncio.Event, bytes] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def watch(self, mailbox: bytes, after: int = 0) -> Iterator[asyncio.Event]:
        """Yield an event that is set by the next append to this mailbox, or when waiting must end.

        Args:
            mailbox: the mailbox to watch.
            after: the number that the reader has read to.
        """
        woken = asyncio.Event()
        if self._closed:
            woken.set()
        else:
            here = self._waiting.setdefault(mailbox, {})
            if len(here) >= self._by_mailbox:
                self._let_go(next(iter(here)))
            if len(self._all) >= self._total:
                self._let_go(next(iter(self._all)))
            self._waiting.setdefault(mailbox, {})[woken] = after
            self._all[woken] = mailbox
        try:
            yield woken
        finally:
            self._let_go(woken)

    def wake(self, mailboxes: Iterable[bytes]) -> None:
        """Wake all who wait on any of these mailboxes."""
        for mailbox in mailboxes:
            for woken in list(self._waiting.get(mailbox, ())):
                self._let_go(woken)

    def waiting(self) -> dict[bytes, int]:
        """Return the mailboxes that are waited on, each with the lowest number that a reader there has read to."""
        return {mailbox: min(here.values()) for mailbox, here in self._waiting.items()}

    def close(self) -> None:
        """Wake everyone and let nobody wait any more."""
        self._closed = True
        self.wake(list(self._waiting))

    def _let_go(self, woken: asyncio.Event) -> None:
        woken.set()
        mailbox = self._all.pop(woken, None)
        if mailbox is not None:
            here = self._waiting[mailbox]
            del here[woken]
            if not here:
                del self._waiting[mailbox]
