"""Power cuts, full disks, locks, damage: nothing acknowledged is lost, nothing is corrupt, and it goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlcipher3.dbapi2 as sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from taboon_server import calls
from taboon_server.database import READERS, StoreError
from taboon_server.days import Days
from taboon_server.expiry import begin
from taboon_server.notices import Notices
from taboon_server.quotas import Quotas
from taboon_server.settings import Settings
from taboon_server.store import Store, Totals
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob, refused
from tests.server.inside import DAY, inside
from tests.server.signing import CREATE, READ, SIZES, Keys, Receipt, heads, read_receipt

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

KILLS = 5
WRITERS = 6


def database(relay: RelayProcess) -> sqlite.Connection:
    connection = sqlite.connect(str(relay.folder / "relay.db"), timeout=30, isolation_level=None)
    assert isinstance(connection, sqlite.Connection)
    return connection


def test_nothing_acknowledged_is_lost_when_the_relay_is_killed(tmp_path: Path) -> None:
    chance = random.Random(9)
    relay = RelayProcess(tmp_path / "home")
    keys = Keys()
    acknowledged: dict[int, tuple[bytes, Receipt]] = {}
    with relay:
        for _ in range(KILLS):
            goal = len(acknowledged) + chance.randrange(20, 120)
            reached = threading.Event()
            with Caller(relay) as caller, ThreadPoolExecutor(WRITERS) as threads:
                assert caller.create(keys).status_code == 204

                def append_until_killed(
                    caller: Caller = caller, reached: threading.Event = reached, goal: int = goal
                ) -> None:
                    with contextlib.suppress(httpx.TransportError):
                        while True:
                            content = blob()
                            answer = caller.append(keys, content)
                            assert answer.status_code == 200, answer.text
                            receipt = read_receipt(answer.content, caller.relay_id)
                            acknowledged[receipt.number] = content, receipt
                            if len(acknowledged) >= goal:
                                reached.set()

                writing = [threads.submit(append_until_killed) for _ in range(WRITERS)]
                assert reached.wait(60)
                relay.kill()
                for one in writing:
                    one.result(timeout=60)
            relay.start()
        with Caller(relay) as caller:
            blobs = caller.all_blobs(keys)
    assert len(acknowledged) >= 20 * KILLS
    all_heads = heads(keys.mailbox, blobs)
    for number, (content, receipt) in acknowledged.items():
        assert blobs[number - 1] == content
        assert all_heads[number] == receipt.head
    assert len(set(blobs)) == len(blobs)
    with contextlib.closing(database(relay)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (rows,) = connection.execute("SELECT count(*), max(number) FROM blob").fetchall()
        assert rows == (len(blobs), len(blobs))


def test_a_seal_that_was_acknowledged_still_stands_after_a_kill(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        commit = blob()
        receipt = caller.appended(keys, commit, seal=True)
        relay.kill()
        relay.start()
        refused(caller.append(keys, blob(), seal=True), 409, "sealed")
        assert caller.appended(keys, commit, seal=True) == receipt


def test_a_full_relay_refuses_all_but_seals_and_loses_nothing(tmp_path: Path) -> None:
    with (
        RelayProcess(tmp_path / "home", extra_args=["--disk-bytes", str(1 << 20)]) as relay,
        Caller(relay) as caller,
    ):
        keys, other = caller.new_mailbox(), caller.new_mailbox()
        stored: list[bytes] = []
        while (answer := caller.append(keys, content := blob(SIZES[1]))).status_code == 200:
            stored.append(content)
        refused(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0
        assert len(stored) > 20
        refused(caller.append(other, blob()), 503, "busy")
        refused(caller.create(Keys()), 503, "busy")
        assert caller.create(keys).status_code == 204
        assert caller.appended(keys, stored[0]).number == 1
        # However large, and in however many mailboxes: their number was bounded before.
        for mailbox in (keys, other):
            assert caller.appended(mailbox, blob(SIZES[3]), seal=True).seal
        relay.kill()
        relay.start()
        assert caller.all_blobs(keys)[:-1] == stored
        refused(caller.create(Keys()), 503, "busy")


@pytest.mark.anyio
async def test_a_full_relay_takes_more_once_something_expired(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(disk_bytes=1 << 20)) as relay:
        passing, keys = await relay.new_mailbox(0), await relay.new_mailbox(3)
        kept = blob()
        await relay.appended(keys, kept)
        while (await relay.append(passing, blob(SIZES[1]))).status_code == 200:
            pass
        assert (await relay.append(keys, blob(SIZES[1]))).status_code == 503
        relay.pass_days(2)
        await relay.purge()
        more = blob(SIZES[1])
        await relay.appended(keys, more)
        assert (await relay.page(keys)).blobs == [kept, more]


@pytest.mark.anyio
async def test_nobody_uses_up_the_room_for_the_seal_of_another(tmp_path: Path) -> None:
    room = 64 << 10
    async with inside(tmp_path, Settings(disk_bytes=40 * room)) as relay:
        mine, other = await relay.new_mailbox(), await relay.new_mailbox()
        await relay.appended(mine, blob())
        while (await relay.append(other, blob(SIZES[2]))).status_code == 200:
            pass
        assert relay.store.totals().bytes_used <= 39 * room
        assert (await relay.appended(mine, blob(SIZES[2]), seal=True)).seal


@pytest.mark.anyio
@pytest.mark.parametrize("used", [False, True])
async def test_however_many_mailboxes_somebody_makes_others_append(tmp_path: Path, used: bool) -> None:
    async with inside(tmp_path, Settings(disk_bytes=2 << 20, quota_mailboxes=200)) as relay:
        mine = await relay.new_mailbox()
        for _ in range(199):
            theirs = await relay.new_mailbox()
            if used:
                await relay.appended(theirs, blob())
        assert (await relay.call(Keys(), CREATE)).status_code == 503
        await relay.purge()
        await relay.appended(mine, blob(SIZES[-1]))


@pytest.mark.anyio
async def test_no_mailbox_is_made_where_appends_will_soon_have_no_room(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(disk_bytes=2 << 20)) as relay:
        mine = await relay.new_mailbox()
        for _ in range(7):
            await relay.appended(mine, blob(SIZES[-1]))
        assert (await relay.call(Keys(), CREATE)).status_code == 503
        assert (await relay.call(mine, CREATE)).status_code == 204
        await relay.appended(mine, blob())


@pytest.mark.anyio
async def test_a_relay_makes_so_many_mailboxes_a_minute(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(quota_creations=3)) as relay:
        minute = [0.0]
        relay.calls.writer.quotas._seconds = lambda: minute[0]
        mailboxes = [await relay.new_mailbox() for _ in range(3)]
        answer = await relay.call(Keys(), CREATE)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert (await relay.call(mailboxes[0], CREATE)).status_code == 204
        minute[0] = 60.0
        await relay.new_mailbox()


def test_what_is_stored_while_all_is_counted_is_not_forgotten() -> None:
    quotas = Quotas(Settings(), None)
    quotas.add(mailboxes=2, unsealed=1, size=2_048)
    before = quotas.totals
    quotas.add(mailboxes=1, unsealed=1, size=16_384)
    quotas.correct(before, Totals(1, 1, 2_048))
    assert quotas.totals == Totals(2, 2, 18_432)


@pytest.mark.anyio
async def test_a_relay_takes_so_many_mailboxes(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(quota_mailboxes=3)) as relay:
        mailboxes = [await relay.new_mailbox() for _ in range(3)]
        assert (await relay.call(Keys(), CREATE)).status_code == 503
        assert (await relay.call(mailboxes[0], CREATE)).status_code == 204
        await relay.appended(mailboxes[0], blob())


@pytest.mark.anyio
async def test_a_mailbox_takes_so_many_appends_a_minute_and_its_seal(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(quota_minute=3)) as relay:
        minute = [0.0]
        relay.calls.writer.quotas._seconds = lambda: minute[0]
        keys, other = await relay.new_mailbox(), await relay.new_mailbox()
        contents = [blob() for _ in range(3)]
        for content in contents:
            await relay.appended(keys, content)
        answer = await relay.append(keys, blob())
        assert answer.status_code == 503
        assert 0 < int(answer.headers["retry-after"]) <= 60
        await relay.appended(other, blob())
        assert (await relay.appended(keys, contents[0])).number == 1
        minute[0] = 60.0
        await relay.appended(keys, blob())
        for _ in range(2):
            await relay.appended(keys, blob())
        assert (await relay.appended(keys, blob(), seal=True)).number == 7


@pytest.mark.anyio
async def test_a_disk_that_is_nearly_full_is_kept_for_seals(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys, content = await relay.new_mailbox(), blob()
        await relay.appended(keys, content)
    async with inside(tmp_path, Settings(reserve_bytes=1 << 60)) as relay:
        assert (await relay.append(keys, blob())).status_code == 503
        assert (await relay.call(Keys(), 1)).status_code == 503
        assert (await relay.appended(keys, content)).number == 1
        assert (await relay.appended(keys, blob(), seal=True)).seal
        assert relay.notices == ["taboon relay: disk nearly full (1)"]


def test_a_locked_database_answers_busy_within_five_seconds(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller, ThreadPoolExecutor(4) as threads:
        keys, content = caller.new_mailbox(), blob()
        caller.appended(keys, content)
        with contextlib.closing(database(relay)) as other:
            other.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            answers = [threads.submit(caller.append, keys, blob()) for _ in range(4)]
            assert caller.page(keys).blobs == [content]
            for answer in answers:
                refused(answer.result(timeout=30), 503, "busy")
                assert answer.result().headers["retry-after"] == "1"
            assert time.monotonic() - began < 5.5
            other.execute("ROLLBACK")
        assert caller.appended(keys, blob()).number == 2


def start_on(path: Path) -> None:
    store = Store(path)
    try:
        begin(store, Days(lambda: 20_000 * DAY, lambda: 0), Notices())
    finally:
        store.close()


def test_a_damaged_database_is_not_served(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox(retention=3)
        for _ in range(20):
            caller.appended(keys, blob(SIZES[1]))
    path = relay.folder / "relay.db"
    whole = path.read_bytes()
    for damaged in (b"not a database " * 5000, whole[:16384] + bytes(16384) + whole[32768:], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="damaged"):
            start_on(path)
        assert path.read_bytes() == damaged
    with pytest.raises(AssertionError, match=r"the relay did not start: relay\.db cannot be used"):
        RelayProcess(relay.folder).start()
    path.write_bytes(whole)
    with relay, Caller(relay) as caller:
        assert caller.page(keys).last == 20


def test_what_is_acknowledged_has_been_synced_and_what_is_deleted_overwritten(tmp_path: Path) -> None:
    store = Store(tmp_path / "relay.db")
    with store.writing.connect() as connection:
        set_to = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync", "secure_delete")
        }
    store.close()
    full = 2
    assert set_to == {
        "journal_mode": "wal",
        "synchronous": full,
        "fullfsync": 1,
        "checkpoint_fullfsync": 1,
        "secure_delete": 1,
    }


def test_an_sqlite_that_corrupts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(StoreError, match="too old"):
        Store(tmp_path / "relay.db")
    assert not list(tmp_path.iterdir())


def test_the_relay_stops_in_time_whatever_is_connected(tmp_path: Path) -> None:
    with (
        RelayProcess(tmp_path / "home") as relay,
        contextlib.ExitStack() as connections,
        Caller(relay) as caller,
        ThreadPoolExecutor(10) as threads,
    ):
        for position in range(50):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", relay.port)))
            connection.sendall(b"POST /v1/blobs HTTP/1.1\r\nHost: relay\r\nContent-Length: 9\r\n\r\n"[: position + 5])
        keys = caller.new_mailbox()
        readers = [threads.submit(caller.page, keys, 0, 0, 25) for _ in range(10)]
        began = time.monotonic()
        assert relay.stop() == 0
        assert time.monotonic() - began < 6
        for reader in readers:
            # One that waited got its empty page; one that came too late was turned away.
            with contextlib.suppress(httpx.TransportError):
                assert reader.result(timeout=20).blobs == []


def test_a_stop_under_load_loses_nothing_acknowledged(tmp_path: Path) -> None:
    keys = Keys()
    acknowledged: dict[int, bytes] = {}
    started = threading.Event()
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller, ThreadPoolExecutor(WRITERS) as threads:
        assert caller.create(keys).status_code == 204

        def append_until_stopped() -> None:
            with contextlib.suppress(httpx.TransportError):
                while (answer := caller.append(keys, content := blob())).status_code == 200:
                    acknowledged[read_receipt(answer.content, caller.relay_id).number] = content
                    started.set()

        writing = [threads.submit(append_until_stopped) for _ in range(WRITERS)]
        assert started.wait(60)
        assert relay.stop() == 0
        for one in writing:
            one.result(timeout=60)
        relay.start()
        blobs = caller.all_blobs(keys)
    assert all(blobs[number - 1] == content for number, content in acknowledged.items())


@pytest.mark.anyio
async def test_a_disk_that_fails_while_reading_answers_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox()

        def fails(*_: object) -> None:
            raise OperationalError("SELECT secret", {}, sqlite.OperationalError("disk I/O error"))

        with monkeypatch.context() as patched:
            patched.setattr(relay.store, "page", fails)
            assert (await relay.call(keys, READ)).status_code == 503
        assert (await relay.page(keys)).last == 0
        assert relay.notices == ["taboon relay: database OperationalError (1)"]


@pytest.mark.anyio
async def test_a_mistake_while_reading_is_answered_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox()
        with monkeypatch.context() as patched:
            patched.setattr(relay.store, "page", lambda *_: 1 // 0)
            assert (await relay.call(keys, READ)).status_code == 500
        assert (await relay.page(keys)).last == 0
        assert relay.notices == ["taboon relay: reader ZeroDivisionError (1)"]


@pytest.mark.anyio
async def test_a_disk_that_is_taken_away_refuses_appends_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox()
        with monkeypatch.context() as patched:
            patched.setattr(relay.calls.writer.quotas, "_folder", tmp_path / "away")
            for seal in (False, True):
                assert (await relay.append(keys, blob(), seal=seal)).status_code == 503
        assert (await relay.appended(keys, blob())).number == 1
        assert relay.notices == ["taboon relay: database FileNotFoundError (1)"]


@pytest.mark.anyio
async def test_expiry_outlives_whatever_goes_wrong_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = threading.Semaphore(0)

    def fails() -> None:
        tries.release()
        raise PoolTimeoutError

    async with inside(tmp_path, Settings(purge_seconds=0.01)) as relay:
        monkeypatch.setattr(relay.store, "totals", fails)
        for _ in range(3):
            assert await asyncio.to_thread(tries.acquire, timeout=20)
    assert "taboon relay: expiry TimeoutError (1)" in relay.notices


def test_an_operator_who_reads_no_more_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    readable, writable = os.pipe()
    os.close(readable)
    with open(writable, "w", encoding="utf-8") as nobody:  # noqa: PTH123 - a pipe has no path
        monkeypatch.setattr(sys, "stderr", nobody)
        notices = Notices()
        notices.count("trouble")
        with contextlib.suppress(BrokenPipeError):  # what is left in the buffer
            nobody.close()
    assert notices.counts["trouble"] == 1


@pytest.mark.anyio
async def test_writes_beyond_what_may_wait_are_answered_busy_at_once(tmp_path: Path) -> None:
    async with inside(tmp_path, Settings(pending=2), busy_seconds=0.3) as relay:
        keys = await relay.new_mailbox()
        with contextlib.closing(sqlite.connect(str(relay.store.path), isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            answers = await asyncio.gather(*[relay.append(keys, blob()) for _ in range(6)])
            other.execute("ROLLBACK")
        assert [answer.status_code for answer in answers] == [503] * 6
        assert relay.notices == ["taboon relay: database SQLITE_BUSY (1)"]
        assert (await relay.page(keys)).last == 0
        await relay.appended(keys, blob())


@pytest.mark.anyio
async def test_a_database_that_hangs_is_told_by_all_calls_in_bounded_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "_PROBE_PATIENCE", 0.1)
    async with inside(tmp_path) as relay:
        keys, content = await relay.new_mailbox(), blob()
        whole, hung, let_go = relay.store.cursor, threading.Semaphore(0), threading.Event()
        relay.store.patience = 0.1

        def hangs(engine: Engine) -> Any:
            hung.release()
            let_go.wait()
            return whole(engine)

        with monkeypatch.context() as patched:
            patched.setattr(relay.store, "cursor", hangs)
            assert (await relay.append(keys, content)).status_code == 503
            assert (await relay.call(keys, READ)).status_code == 503
            for _ in range(2):  # whoever asks second is not told what was true before
                assert (await relay.http.get("/v1/health")).status_code == 503
            let_go.set()
        relay.store.patience = 60
        monkeypatch.setattr(calls, "_PROBE_PATIENCE", 60)
        monkeypatch.setattr(calls, "_PROBE_SECONDS", 0)
        assert (await relay.append(keys, content)).status_code == 200
        assert (await relay.page(keys)).blobs == [content]
        while (await relay.http.get("/v1/health")).status_code == 503:
            pass


@pytest.mark.anyio
async def test_reads_beyond_what_may_wait_are_answered_busy_and_those_of_who_left_are_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with inside(tmp_path, Settings(pending=3)) as relay:
        mailboxes = [await relay.new_mailbox() for _ in range(12)]
        whole, let_go, begun = relay.store.page, threading.Event(), threading.Semaphore(0)
        looked: list[bytes] = []

        def slow(mailbox: bytes, *arguments: Any) -> Any:
            looked.append(mailbox)
            begun.release()
            let_go.wait()
            return whole(mailbox, *arguments)

        monkeypatch.setattr(relay.store, "page", slow)
        reading = [asyncio.create_task(relay.call(keys, READ)) for keys in mailboxes[:READERS]]
        for _ in reading:
            await asyncio.to_thread(begun.acquire)
        waiting = [asyncio.create_task(relay.call(keys, READ)) for keys in mailboxes[READERS : READERS + 3]]
        while len(relay.calls._asked) < 3:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0)
        assert (await relay.call(mailboxes[-1], READ)).status_code == 503
        waiting[0].cancel()
        while len(relay.calls._asked) == 3:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the thread's queue hears of it
        let_go.set()
        answers = await asyncio.gather(*reading, *waiting[1:])
        assert {answer.status_code for answer in answers} == {200}
        assert mailboxes[READERS].mailbox not in looked
        assert len(looked) == READERS + 2
