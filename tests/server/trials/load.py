"""Clients that append as fast as they can and remember everything that a relay told them."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx

from tests.server.caller import Caller
from tests.server.signing import SIZES, Keys, Receipt, heads, read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from tests.relay_process import RelayProcess

PATIENCE = 120.0


@dataclass
class Mailbox:
    """A mailbox, what was sent to it, and which receipts came back."""

    keys: Keys = field(default_factory=Keys)
    sent: set[bytes] = field(default_factory=set)
    receipts: list[tuple[bytes, Receipt]] = field(default_factory=list)


class Load:
    """Appends to a few mailboxes until it is left, seals one now and then, and goes on in a new one.

    What is not answered, or answered with 503, is sent again, to the next relay where there are several: whoever gets
    a receipt in the end must find the blob stored once. A context manager; leaving it raises what a client found wrong.

    Args:
        relays: who is called.
        seed: what the clients do by chance comes from it.
        clients: how many call at once.
        mailboxes: how many are in use at once.
    """

    def __init__(self, relays: Sequence[RelayProcess], seed: int, *, clients: int = 8, mailboxes: int = 3) -> None:
        self.relays = relays
        self.mailboxes: list[Mailbox] = []
        self.refusals = 0
        self._seed = seed
        self._clients = clients
        self._in_use: list[Mailbox] = [Mailbox() for _ in range(mailboxes)]
        self._news = threading.Condition()
        self._acknowledged = 0
        self._up = threading.Event()
        self._up.set()
        self._stop = False
        self._failed = False
        self._threads = ThreadPoolExecutor(clients)
        self._running: list[Future[None]] = []

    def __enter__(self) -> Self:
        with Caller(self.relays[0]) as caller:
            for mailbox in self._in_use:
                assert caller.create(mailbox.keys).status_code == 204
        self.mailboxes += self._in_use
        self._running = [self._threads.submit(self._guarded, number) for number in range(self._clients)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._news:
            self._stop = True
            self._news.notify_all()
        self._up.set()
        self._threads.shutdown()
        if kind is None:
            for one in self._running:
                one.result()

    @contextlib.contextmanager
    def patient(self) -> Iterator[None]:
        """Let clients who find nobody wait until this is left, and leave the machine to whoever starts."""
        self._up.clear()
        try:
            yield
        finally:
            self._up.set()

    def until_more(self, count: int) -> None:
        """Wait until so many more appends have been acknowledged; fails if they are not, or a client found a fault."""
        with self._news:
            goal = self._acknowledged + count
            reached = self._news.wait_for(lambda: self._failed or self._acknowledged >= goal, PATIENCE)
            assert reached, f"only {count - (goal - self._acknowledged)} of {count} appends were acknowledged"
        for one in self._running if self._failed else ():
            if one.done():
                one.result()

    def until_refused(self, count: int) -> None:
        """Wait until so many more appends have come to nothing."""
        with self._news:
            goal = self.refusals + count
            assert self._news.wait_for(lambda: self._failed or self.refusals >= goal, PATIENCE), "nothing was refused"

    def assert_kept(self, caller: Caller) -> None:
        """Hold every mailbox against what was sent to it and acknowledged."""
        for mailbox in self.mailboxes:
            blobs = caller.all_blobs(mailbox.keys)
            chain = heads(mailbox.keys.mailbox, blobs)
            assert len(set(blobs)) == len(blobs), "a blob stands twice"
            assert set(blobs) <= mailbox.sent, "a blob that nobody sent"
            for content, receipt in mailbox.receipts:
                assert receipt.number <= len(blobs), "an acknowledged blob is lost"
                assert blobs[receipt.number - 1] == content, "an acknowledged blob moved"
                assert chain[receipt.number] == receipt.head, "something before an acknowledged blob changed"
            seals = {receipt.number for _, receipt in mailbox.receipts if receipt.seal}
            assert seals <= {len(blobs)}, "something stands behind a seal"
            assert not seals or caller.page(mailbox.keys, len(blobs)).sealed

    def _guarded(self, number: int) -> None:
        try:
            self._call(number)
        except BaseException:
            with self._news:
                self._failed = True
                self._news.notify_all()
            raise

    def _call(self, number: int) -> None:
        chance = random.Random(self._seed + number)
        callers = [Caller(relay) for relay in self.relays]
        try:
            while not self._stop:
                slot = chance.randrange(len(self._in_use))
                self._append(callers, number, slot, seal=chance.random() < 0.01)
        finally:
            for caller in callers:
                caller.http.close()

    def _append(self, callers: list[Caller], number: int, slot: int, *, seal: bool) -> None:
        mailbox, content = self._in_use[slot], os.urandom(SIZES[0])
        mailbox.sent.add(content)
        turn = number
        while not self._stop:
            turn += 1
            caller = callers[turn % len(callers)]
            try:
                answer = caller.append(mailbox.keys, content, seal=seal)
            except httpx.TransportError:
                self._note_refusal()
                self._up.wait(PATIENCE)
                continue
            if answer.status_code == 503:
                assert answer.headers["retry-after"]
                self._note_refusal()
                continue
            if answer.status_code == 409 and b"sealed" in answer.content:
                self._go_on_elsewhere(callers, slot, mailbox)
                return
            assert answer.status_code == 200, (answer.status_code, answer.text)
            receipt = read_receipt(answer.content, caller.relay_id)
            assert receipt.mailbox == mailbox.keys.mailbox
            assert not seal or receipt.seal
            with self._news:
                mailbox.receipts.append((content, receipt))
                self._acknowledged += 1
                self._news.notify_all()
            return

    def _note_refusal(self) -> None:
        with self._news:
            self.refusals += 1
            self._news.notify_all()

    def _go_on_elsewhere(self, callers: list[Caller], slot: int, sealed: Mailbox) -> None:
        fresh = Mailbox()
        for turn in range(1_000_000):
            if self._stop:
                return
            try:
                answer = callers[turn % len(callers)].create(fresh.keys)
            except httpx.TransportError:
                self._up.wait(PATIENCE)
                continue
            if answer.status_code == 204:
                break
            assert answer.status_code == 503, answer.text
        with self._news:
            if self._in_use[slot] is sealed:
                self._in_use[slot] = fresh
                self.mailboxes.append(fresh)
