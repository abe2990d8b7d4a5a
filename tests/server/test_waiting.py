"""Readers that wait for the next blob."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from taboon_server.waiters import Waiters
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, refused
from tests.server.inside import inside
from tests.server.signing import READ, header

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path

    from tests.server.signing import Keys, Page


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool


def waiting(threads: ThreadPoolExecutor, caller: Caller, keys: Keys, after: int = 0, seconds: int = 25) -> Future[Page]:
    """Start a read that waits; the request has been sent, at the latest, when the relay has answered a later one."""
    return threads.submit(caller.page, keys, after, 3, seconds)


def test_an_append_wakes_everyone_who_waits(caller: Caller, threads: ThreadPoolExecutor) -> None:
    keys = caller.new_mailbox()
    content = blob()
    readers = [waiting(threads, caller, keys) for _ in range(10)]
    caller.appended(keys, content)
    # A read that came after the append finds it at once; one that came before was woken. Neither waits 25 seconds.
    assert [reader.result(timeout=20).blobs for reader in readers] == [[content]] * 10


def test_a_seal_ends_the_waiting(caller: Caller, threads: ThreadPoolExecutor) -> None:
    keys = caller.new_mailbox()
    reader = waiting(threads, caller, keys)
    commit = blob()
    caller.appended(keys, commit, seal=True)
    assert reader.result(timeout=20).sealed
    assert waiting(threads, caller, keys, after=1).result(timeout=20).blobs == []


def test_an_append_elsewhere_wakes_nobody(caller: Caller, threads: ThreadPoolExecutor) -> None:
    keys, other = caller.new_mailbox(), caller.new_mailbox()
    reader = waiting(threads, caller, keys, seconds=1)
    caller.appended(other, blob())
    page = reader.result(timeout=20)
    assert (page.blobs, page.last) == ([], 0)


def test_what_is_there_already_is_not_waited_for(caller: Caller, threads: ThreadPoolExecutor) -> None:
    keys = caller.new_mailbox()
    content = blob()
    caller.appended(keys, content)
    assert waiting(threads, caller, keys).result(timeout=20).blobs == [content]


@pytest.mark.anyio
async def test_those_who_wait_are_woken_after_the_commit(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys, other = await relay.new_mailbox(), await relay.new_mailbox()
        readers = [asyncio.create_task(relay.page(keys, wait=25)) for _ in range(50)]
        elsewhere = asyncio.create_task(relay.page(other, wait=25))
        while len(relay.calls.waiters) < 51:  # noqa: ASYNC110 - the relay tells nobody when a reader begins to wait
            await asyncio.sleep(0)
        content = blob()
        await relay.appended(keys, content)
        pages = await asyncio.wait_for(asyncio.gather(*readers), 20)
        assert [page.blobs for page in pages] == [[content]] * 50
        assert len(relay.calls.waiters) == 1
        assert not elsewhere.done()
        relay.calls.waiters.close()
        assert (await asyncio.wait_for(elsewhere, 20)).blobs == []


def test_waiting_on_an_unknown_mailbox_ends_at_once(caller: Caller) -> None:
    keys = caller.new_mailbox()
    other = type(keys)()
    refused(caller.read(other, wait=25), 404, "unknown-mailbox")


@pytest.mark.anyio
async def test_a_reader_that_hangs_up_gives_its_place_back(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox()
        proof = keys.proof(relay.relay_id, READ, wait=25, unit=int(relay.clock()) // 300)
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v1/blobs",
            "raw_path": b"/v1/blobs",
            "query_string": b"",
            "headers": [(b"authorization", header(proof).encode())],
        }
        hung_up = asyncio.Event()
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, object]:
            if messages:
                return messages.pop()
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            assert message["type"] != "http.response.start" or message["status"] == 400

        reading = asyncio.create_task(relay.app(scope, receive, send))
        while not len(relay.calls.waiters):  # noqa: ASYNC110 - the relay tells nobody when a reader begins to wait
            await asyncio.sleep(0)
        hung_up.set()
        await asyncio.wait_for(reading, 20)
        assert len(relay.calls.waiters) == 0


def test_too_many_waiting_readers_let_the_oldest_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("waiters") / "home"
    with (
        RelayProcess(home, extra_args=["--waiters-by-mailbox", "2"]) as relay,
        ThreadPoolExecutor(8) as threads,
        Caller(relay) as caller,
    ):
        keys = caller.new_mailbox()
        readers = [waiting(threads, caller, keys) for _ in range(5)]
        done = threading.Semaphore(0)
        for reader in readers:
            reader.add_done_callback(lambda _: done.release())
        for _ in range(3):
            assert done.acquire(timeout=20)
        assert [reader.result().blobs for reader in readers if reader.done()] == [[]] * 3
        content = blob()
        caller.appended(keys, content)
        assert sorted(len(reader.result(timeout=20).blobs) for reader in readers) == [0, 0, 0, 1, 1]


@pytest.mark.anyio
async def test_waiters_are_bounded_by_mailbox_and_in_total() -> None:
    waiters = Waiters(by_mailbox=2, total=3)
    with waiters.watch(b"a") as first, waiters.watch(b"a") as second, waiters.watch(b"a") as third:
        assert [woken.done() for woken in (first, second, third)] == [True, False, False]
        with waiters.watch(b"b") as fourth, waiters.watch(b"c") as fifth:
            assert [woken.done() for woken in (second, third, fourth, fifth)] == [True, False, False, False]
            assert len(waiters) == 3
            waiters.wake([b"a", b"nobody waits here"])
            assert [woken.done() for woken in (third, fourth, fifth)] == [True, False, False]
            waiters.close()
            assert fourth.done()
            assert fifth.done()
        with waiters.watch(b"d") as late:
            assert late.done()
    assert len(waiters) == 0


@pytest.mark.anyio
async def test_a_reader_that_went_away_leaves_nothing_behind() -> None:
    waiters = Waiters(by_mailbox=1, total=1)
    for _ in range(3):
        with waiters.watch(b"a") as woken:
            assert not woken.done()
    assert len(waiters) == 0
