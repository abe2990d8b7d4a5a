"""Readers that wait for a next blob, bounded by mailbox and in total."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

Waiter = asyncio.Future[None]


class Waiters:
    """Who waits on which mailbox. Where too many wait, the oldest is let go: it gets its empty page early.

    Args:
        by_mailbox: readers that may wait on one mailbox.
        total: readers that may wait in total.
    """

    def __init__(self, by_mailbox: int, total: int) -> None:
        self._by_mailbox, self._total = by_mailbox, total
        self._waiting: dict[bytes, dict[Waiter, int]] = {}
        self._all: dict[Waiter, bytes] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def watch(self, mailbox: bytes, after: int = 0) -> Iterator[Waiter]:
        """Yield what is done with the next append to this mailbox, or when waiting must end.

        Args:
            mailbox: the mailbox to watch.
            after: the number that the reader has read to.
        """
        waiter: Waiter = asyncio.get_running_loop().create_future()
        if self._closed:
            waiter.set_result(None)
        else:
            if len(here := self._waiting.get(mailbox, {})) >= self._by_mailbox:
                self.let_go(next(iter(here)))
            if len(self._all) >= self._total:
                self.let_go(next(iter(self._all)))
            self._waiting.setdefault(mailbox, {})[waiter] = after
            self._all[waiter] = mailbox
        try:
            yield waiter
        finally:
            self.let_go(waiter)

    def wake(self, mailboxes: Iterable[bytes]) -> None:
        """Wake all who wait on any of these mailboxes."""
        for mailbox in mailboxes:
            for waiter in list(self._waiting.get(mailbox, ())):
                self.let_go(waiter)

    def waiting(self) -> dict[bytes, int]:
        """Return the mailboxes that are waited on, each with the lowest number that a reader there has read to."""
        return {mailbox: min(here.values()) for mailbox, here in self._waiting.items()}

    def close(self) -> None:
        """Wake everyone and let nobody wait any more."""
        self._closed = True
        self.wake(list(self._waiting))

    def let_go(self, waiter: Waiter) -> None:
        """Wake this one."""
        if not waiter.done():
            waiter.set_result(None)
        mailbox = self._all.pop(waiter, None)
        if mailbox is not None:
            here = self._waiting[mailbox]
            del here[waiter]
            if not here:
                del self._waiting[mailbox]
