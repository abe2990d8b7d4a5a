"""What expires is gone: from the answers at once, from the files at the next purge."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from typing import TYPE_CHECKING

import pytest

from taboon_server import expiry, store
from taboon_server.days import Days
from taboon_server.expiry import begin, look_at_all
from taboon_server.notices import Notices
from taboon_server.settings import Settings
from taboon_server.store import Store
from tests.server.inside import DAY, Clock, Inside, inside
from tests.server.signing import CREATE, READ, SIZES, Keys, heads

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

DAYS_OF_CLASS = [1, 7, 30, 120]


def marked(size: int = SIZES[0]) -> tuple[bytes, bytes]:
    """Return a blob, and a mark that it is full of."""
    mark = secrets.token_bytes(16)
    return mark * (size // 16), mark


def on_disk(folder: Path) -> bytes:
    """Return every byte of every file of the database."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("relay.db*")))


async def is_gone(relay: Inside, keys: Keys) -> bool:
    return (await relay.call(keys, READ)).status_code == 404


@pytest.mark.parametrize("retention", [0, 1, 2, 3])
async def test_a_mailbox_is_kept_for_its_class_after_the_day_of_its_last_append(tmp_path: Path, retention: int) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(retention)
        await relay.appended(keys, marked()[0])
        relay.pass_days(DAYS_OF_CLASS[retention])
        assert not await is_gone(relay, keys)
        await relay.appended(keys, marked()[0])
        relay.pass_days(DAYS_OF_CLASS[retention])
        assert not await is_gone(relay, keys)
        relay.pass_days(1)
        assert await is_gone(relay, keys)
        assert (await relay.append(keys, marked()[0])).status_code == 404
        assert (await relay.append(keys, marked()[0], seal=True)).status_code == 404


async def test_a_repeated_append_does_not_keep_a_mailbox(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys, content = await relay.new_mailbox(0), marked()[0]
        await relay.appended(keys, content)
        relay.pass_days(1)
        await relay.appended(keys, content)
        relay.pass_days(1)
        assert await is_gone(relay, keys)


async def test_a_mailbox_that_never_got_a_blob_goes_after_a_day(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(3)
        relay.pass_days(1)
        assert not await is_gone(relay, keys)
        relay.pass_days(1)
        assert await is_gone(relay, keys)


async def test_an_expired_mailbox_can_be_made_again_and_is_empty(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(0)
        await relay.appended(keys, marked()[0], seal=True)
        relay.pass_days(2)
        assert (await relay.call(keys, CREATE)).status_code == 204
        page = await relay.page(keys)
        assert (page.last, page.sealed, page.head) == (0, False, heads(keys.mailbox, [])[0])
        assert (await relay.appended(keys, marked()[0])).number == 1


async def test_expired_blobs_vanish_from_the_database_and_its_log(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys, kept = await relay.new_mailbox(0), await relay.new_mailbox(3)
        blobs = [marked(size) for size in (*SIZES, *[SIZES[0]] * 150)]
        remaining, mark_of_remaining = marked()
        for content, _ in blobs:
            await relay.appended(keys, content)
        await relay.appended(kept, remaining)
        disk = on_disk(tmp_path)
        assert all(mark in disk for _, mark in blobs)
        assert keys.mailbox in disk
        relay.pass_days(2)
        assert await relay.purge()
        disk = on_disk(tmp_path)
        assert not [mark for _, mark in blobs if mark in disk]
        assert keys.mailbox not in disk
        assert not any(receipt in disk for receipt in heads(keys.mailbox, [content for content, _ in blobs]))
        assert (tmp_path / "relay.db-wal").stat().st_size == 0
        assert mark_of_remaining in disk
        assert (await relay.page(kept)).blobs == [remaining]
        assert not relay.notices


async def test_the_log_which_tells_the_order_of_all_appends_is_emptied_by_itself(tmp_path: Path) -> None:
    log = tmp_path / "relay.db-wal"
    async with inside(tmp_path, Settings(purge_seconds=0.2)) as relay, asyncio.timeout(30):
        for _ in range(2):
            await relay.appended(await relay.new_mailbox(), marked()[0])
            while log.stat().st_size:  # noqa: ASYNC110 - nobody is told of it
                await asyncio.sleep(0.01)


async def test_what_expired_while_the_relay_was_off_vanishes_at_its_start(tmp_path: Path) -> None:
    clock = Clock()
    async with inside(tmp_path, clock=clock) as relay:
        keys, kept = await relay.new_mailbox(0), await relay.new_mailbox(2)
        blobs = [marked() for _ in range(200)]
        for content, _ in blobs:
            await relay.appended(keys, content)
        remaining = marked()[0]
        await relay.appended(kept, remaining)
    size = (tmp_path / "relay.db").stat().st_size
    clock.now += 20 * DAY
    opened = Store(tmp_path / "relay.db")
    notices: list[str] = []
    begin(opened, Days(clock, lambda: 0), Notices(notices.append))
    disk = on_disk(tmp_path)
    opened.close()
    assert not notices
    assert not [mark for _, mark in blobs if mark in disk]
    assert keys.mailbox not in disk
    assert kept.mailbox in disk
    assert (tmp_path / "relay.db").stat().st_size < size / 2


async def test_a_large_database_is_served_without_being_written_anew_and_what_expired_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "_MOST_REWRITTEN", 1 << 20)
    clock = Clock()
    async with inside(tmp_path, clock=clock) as relay:
        keys = await relay.new_mailbox(0)
        blobs = [marked(SIZES[-1]) for _ in range(8)]
        for content, _ in blobs:
            await relay.appended(keys, content)
    size = (tmp_path / "relay.db").stat().st_size
    clock.now += 20 * DAY
    opened = Store(tmp_path / "relay.db")
    notices: list[str] = []
    begin(opened, Days(clock, lambda: 0), Notices(notices.append))
    disk = on_disk(tmp_path)
    assert (tmp_path / "relay.db").stat().st_size == size
    assert all(mark in disk for _, mark in blobs)  # the relay's first look deletes it, while it serves
    opened.purge(int(clock()) // DAY)
    opened.truncate_log()
    disk = on_disk(tmp_path)
    assert (tmp_path / "relay.db").stat().st_size == size
    opened.tidy()
    opened.close()
    assert notices == ["taboon relay: large database not written anew; `taboon relay tidy` does that (1)"]
    assert not [mark for _, mark in blobs if mark in disk]
    assert keys.mailbox not in disk
    assert (tmp_path / "relay.db").stat().st_size < size / 2


async def test_a_purge_leaves_alone_what_is_not_expired(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        mailboxes = [await relay.new_mailbox(retention) for retention in (0, 1, 2, 3) for _ in range(3)]
        contents = [marked()[0] for _ in mailboxes]
        for keys, content in zip(mailboxes, contents, strict=True):
            await relay.appended(keys, content)
        relay.pass_days(8)
        assert await relay.purge()
        left = [(keys, content) for keys, content in zip(mailboxes, contents, strict=True) if keys.retention > 1]
        assert [await is_gone(relay, keys) for keys in mailboxes] == [True] * 6 + [False] * 6
        assert [(await relay.page(keys)).blobs for keys, _ in left] == [[content] for _, content in left]


async def test_a_clock_that_steps_back_makes_no_mailbox_older(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(0)
        relay.clock.now -= 3 * DAY
        await relay.appended(keys, marked()[0])
        relay.pass_days(4)
        assert not await is_gone(relay, keys)


class Seconds:
    def __init__(self, now: float = 0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_clock_that_leaps_ahead_is_believed_after_a_day() -> None:
    wall, running = Seconds(20_000 * DAY), Seconds()
    days = Days(wall, running)
    wall.now += 400 * DAY
    assert (days.today(), days.leapt) == (20_000, True)
    running.now += DAY - 1
    assert (days.today(), days.leapt) == (20_000, True)
    running.now += 1
    assert (days.today(), days.leapt) == (20_400, False)


def test_a_clock_that_leaps_and_comes_back_expires_nothing() -> None:
    wall, running = Seconds(20_000 * DAY), Seconds()
    days = Days(wall, running)
    for _ in range(3):
        wall.now += 400 * DAY
        assert days.today() == 20_000
        running.now += DAY / 2
        wall.now -= 400 * DAY
        assert (days.today(), days.leapt) == (20_000, False)
        running.now += DAY
    wall.now -= 5 * DAY
    assert days.today() == 19_995


async def test_a_leap_of_the_clock_expires_nothing_and_is_told(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(0)
        await relay.appended(keys, marked()[0])
        relay.clock.now += 400 * DAY
        assert await relay.purge()
        assert not await is_gone(relay, keys)
        assert relay.calls.days.leapt


async def test_whoever_makes_an_expired_mailbox_again_is_answered_as_for_an_unknown_one(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys, marks = await relay.new_mailbox(0), []
        for _ in range(12):  # more than one step deletes
            content, mark = marked(SIZES[-1])
            await relay.appended(keys, content)
            marks.append(mark)
        relay.pass_days(2)
        assert (await relay.call(keys, CREATE)).status_code == 204
        assert (await relay.page(keys)).blobs == []
        await relay.purge()
        disk = on_disk(tmp_path)
        assert not [mark for mark in marks if mark in disk]


async def test_a_clock_that_steps_back_brings_no_half_of_a_mailbox_back(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        keys = await relay.new_mailbox(0)
        for _ in range(12):
            await relay.appended(keys, marked(SIZES[-1])[0])
        relay.pass_days(2)
        today = relay.calls.days.today()
        assert relay.store.purge_step(today)
        assert 0 < relay.store.totals().bytes_used < 12 * SIZES[-1]
        relay.clock.now -= 2 * DAY
        assert await is_gone(relay, keys)
        assert (await relay.append(keys, marked()[0], seal=True)).status_code == 404
        assert await relay.purge()
        assert (await relay.call(keys, CREATE)).status_code == 204
        assert (await relay.page(keys)).last == 0


def test_a_clock_far_ahead_at_the_start_is_believed_after_a_day() -> None:
    wall, running = Seconds(20_400 * DAY), Seconds()
    days = Days(wall, running, 20_000)
    assert (days.today(), days.leapt, days.keeping()) == (20_000, True, 20_400)
    running.now += DAY
    assert (days.today(), days.leapt) == (20_400, False)


def test_a_relay_that_was_off_for_a_week_believes_its_clock() -> None:
    assert Days(Seconds(20_007 * DAY), Seconds(), 20_000).today() == 20_007
    assert Days(Seconds(20_008 * DAY), Seconds(), 20_000).today() == 20_000
    assert Days(Seconds(20_400 * DAY), Seconds(), 0).today() == 20_400


def test_a_clock_far_back_at_the_start_keeps_as_long_as_a_right_one() -> None:
    days = Days(Seconds(0), Seconds(), 20_000)
    assert (days.today(), days.keeping()) == (0, 20_000)


async def test_a_wrong_clock_at_the_start_deletes_nothing_and_is_told(tmp_path: Path) -> None:
    clock = Clock()
    async with inside(tmp_path, clock=clock) as relay:
        keys, content = await relay.new_mailbox(0), marked()[0]
        await relay.appended(keys, content)
        relay.store.note_run(relay.calls.days.today())
    clock.now += 400 * DAY
    async with inside(tmp_path, clock=clock) as relay:
        notices: list[str] = []
        begin(relay.store, relay.calls.days, Notices(notices.append))
        assert notices == ["taboon relay: clock leapt ahead; nothing more expires for a day (1)"]
        assert (await relay.page(keys)).blobs == [content]
        # What is taken meanwhile is kept for its class by the new clock, which may well be right.
        other = await relay.new_mailbox(1)
        await relay.appended(other, content)
        relay.calls.days._monotonic = lambda: 1e9
        assert relay.calls.days.today() == int(clock()) // DAY
        assert await is_gone(relay, keys)
        assert (await relay.page(other)).blobs == [content]
    async with inside(tmp_path, Settings(believe_clock=True), clock=clock) as relay:
        assert not relay.calls.days.leapt


async def test_a_step_of_deleting_is_bounded_by_bytes(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        for size in (SIZES[-1], SIZES[0]):
            keys = await relay.new_mailbox(0)
            for _ in range(10):
                await relay.appended(keys, marked(size)[0])
        relay.pass_days(2)
        used, steps = [relay.store.totals().bytes_used], 0
        while relay.store.purge_step(relay.calls.days.today()):
            used.append(relay.store.totals().bytes_used)
            steps += 1
        assert used[-1] == 0
        assert all(before - after <= 1 << 20 for before, after in itertools.pairwise(used))
        assert steps <= 4


async def test_many_mailboxes_that_nobody_used_go_in_a_few_steps(tmp_path: Path) -> None:
    async with inside(tmp_path) as relay:
        for _ in range(300):
            await relay.new_mailbox()
        relay.pass_days(2)
        steps = 0
        while relay.store.purge_step(relay.calls.days.today()):
            steps += 1
        assert steps <= 3
        assert relay.store.totals().mailboxes == 0


async def test_emptying_the_log_does_not_wait_for_a_reader_as_for_a_lock(tmp_path: Path) -> None:
    hour = 3_600
    async with inside(tmp_path, busy_seconds=hour) as relay:
        keys = await relay.new_mailbox()
        other = Store(tmp_path / "relay.db")  # a copy that is being made
        try:
            with other.reading.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM mailbox").all()
                await relay.appended(keys, marked()[0])
                assert not await relay.purge()
                await relay.appended(keys, marked()[0])
        finally:
            other.close()
        assert await relay.purge()
        with relay.store.plainly() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 1_000 * hour


@pytest.mark.parametrize("off", [False, True])
async def test_a_clock_that_was_ahead_keeps_no_mailbox_for_longer_once_it_is_right(tmp_path: Path, off: bool) -> None:
    clock = Clock()
    today = int(clock()) // DAY

    def kept(relay: Inside) -> list[int]:
        with relay.store.reading.begin() as connection:
            return sorted(connection.exec_driver_sql("SELECT kept_until FROM mailbox").scalars())

    async def append_in_the_wrong_year(relay: Inside) -> None:
        await relay.appended(await relay.new_mailbox(3), marked()[0])
        relay.store.note_run(relay.calls.days.latest)
        clock.now += 400 * DAY
        await relay.appended(await relay.new_mailbox(1), marked()[0])
        await relay.new_mailbox(3)
        await look_at_all(relay.store, relay.calls.writer, relay.calls.days)
        assert kept(relay) == [today + 120, today + 401, today + 407]
        clock.now -= 400 * DAY

    async with inside(tmp_path, clock=clock) as relay:
        await append_in_the_wrong_year(relay)
        if not off:
            await look_at_all(relay.store, relay.calls.writer, relay.calls.days)
            assert kept(relay) == [today + 1, today + 7, today + 120]
    async with inside(tmp_path, clock=clock) as relay:
        await look_at_all(relay.store, relay.calls.writer, relay.calls.days)
        assert kept(relay) == [today + 1, today + 7, today + 120]


async def test_a_clock_that_is_behind_shortens_nothing(tmp_path: Path) -> None:
    clock = Clock()
    today = int(clock()) // DAY
    for behind in (0, 9_000, 9_000, 0):
        clock.now = (today - behind) * DAY
        async with inside(tmp_path, clock=clock) as relay:
            if not behind:
                await relay.appended(await relay.new_mailbox(1), marked()[0])
            relay.calls.days.today()
            relay.store.note_run(relay.calls.days.latest)
            await look_at_all(relay.store, relay.calls.writer, relay.calls.days)
            with relay.store.reading.begin() as connection:
                kept = connection.exec_driver_sql("SELECT kept_until FROM mailbox").scalars().all()
            assert set(kept) == {today + 7}


async def test_a_start_does_not_wait_until_all_that_expired_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_ALONE", 1)
    async with inside(tmp_path) as relay:
        for _ in range(2):
            keys = await relay.new_mailbox(0)
            for _ in range(4):
                await relay.appended(keys, marked(SIZES[-1])[0])
        relay.pass_days(2)
        relay.store.purge(relay.calls.days.today(), seconds=0)
        assert relay.store.totals().mailboxes == 1
