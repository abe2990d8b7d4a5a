"""Disks that are full or fail, a database that somebody else has locked: 503, nothing corrupt, and on by itself."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import sqlcipher3.dbapi2 as sqlite

from tests.server.caller import Caller, blob, refused
from tests.server.signing import SIZES, Keys, heads
from tests.server.trials.dice import dice
from tests.server.trials.grounds import Ground
from tests.server.trials.load import Load
from tests.server.trials.test_kills import assert_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20
TRIES = 20_000


def until_refused(caller: Caller, keys: Keys, stored: list[bytes]) -> None:
    """Append until the relay is busy; what it took is added to `stored`."""
    for _ in range(TRIES):
        content = blob(SIZES[3])
        answer = caller.append(keys, content)
        if answer.status_code != 200:
            refused(answer, 503, "busy")
            assert int(answer.headers["retry-after"]) > 0
            return
        stored.append(content)
    pytest.fail("the disk never was full")


def until_taken(caller: Caller, keys: Keys, stored: list[bytes]) -> None:
    """Append until the relay takes it."""
    content = blob()
    for _ in range(TRIES):
        answer = caller.append(keys, content)
        if answer.status_code == 200:
            stored.append(content)
            return
        refused(answer, 503, "busy")
    pytest.fail("the relay never recovered")


def until_healthy(caller: Caller) -> None:
    assert any(caller.http.get("/v1/health").status_code == 200 for _ in range(TRIES)), "the relay never recovered"


def assert_holds(caller: Caller, keys: Keys, stored: list[bytes]) -> None:
    assert caller.all_blobs(keys) == stored
    assert caller.page(keys, len(stored)).head == heads(keys.mailbox, stored)[-1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for 72 MiB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can make a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={144 * MIB}", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("this system mounts no small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_disk_that_somebody_else_fills_stops_appends_and_nothing_more(small_disk: Path) -> None:
    ground, ballast = Ground(small_disk / "home"), small_disk / "ballast"
    stored = [blob()]
    with ground.relay() as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        caller.appended(keys, stored[0])
        fill(ballast)
        until_refused(caller, keys, stored)
        refused(caller.create(Keys()), 503, "busy")
        refused(caller.http.get("/v1/health"), 503, "busy")
        assert_holds(caller, keys, stored)
        assert caller.appended(keys, stored[0]).number == 1
        ballast.unlink()
        until_taken(caller, keys, stored)
        until_healthy(caller)
        assert_holds(caller, keys, stored)
        relay.kill()
        relay.start()
        assert_holds(caller, keys, stored)
    assert_whole(ground)


def test_a_relay_that_is_killed_on_a_full_disk_reads_on_and_recovers(small_disk: Path) -> None:
    ground, ballast = Ground(small_disk / "home"), small_disk / "ballast"
    stored: list[bytes] = []
    with ground.relay() as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        for _ in range(30):
            stored.append(blob(SIZES[1]))
            caller.appended(keys, stored[-1])
        fill(ballast)
        until_refused(caller, keys, stored)
        relay.kill()
        fill(ballast)
        relay.start()
        assert_holds(caller, keys, stored)
        until_refused(caller, keys, stored)
        ballast.unlink()
        until_taken(caller, keys, stored)
        assert_holds(caller, keys, stored)
    assert_whole(ground)


def test_a_seal_that_a_full_disk_refuses_gets_in_later(small_disk: Path) -> None:
    ground, ballast = Ground(small_disk / "home"), small_disk / "ballast"
    with ground.relay() as relay, Caller(relay) as caller:
        boxes = [caller.new_mailbox() for _ in range(64)]
        commits = [blob(SIZES[3]) for _ in boxes]
        fill(ballast)
        answers = [caller.append(keys, commit, seal=True) for keys, commit in zip(boxes, commits, strict=True)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert answers[-1].status_code == 503
        ballast.unlink()
        until_healthy(caller)
        for keys, commit in zip(boxes, commits, strict=True):
            assert caller.appended(keys, commit, seal=True).number == 1
            assert caller.page(keys, 1).sealed
    assert_whole(ground)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux sets the limits of a running process")
def test_a_disk_that_fails_while_writing_loses_nothing_and_comes_back(tmp_path: Path) -> None:
    """No file may grow beyond what it is now: what needs room fails, and not with `disk full`."""
    import resource

    ground = Ground(tmp_path / "home")
    stored: list[bytes] = []
    with ground.relay() as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        for _ in range(20):
            stored.append(blob(SIZES[1]))
            caller.appended(keys, stored[-1])
        for _ in range(3):
            size = max(file.stat().st_size for file in ground.home.iterdir())
            resource.prlimit(relay.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            until_refused(caller, keys, stored)
            assert_holds(caller, keys, stored)
            resource.prlimit(relay.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            until_taken(caller, keys, stored)
            until_healthy(caller)
        assert_holds(caller, keys, stored)
        relay.kill()
        relay.start()
        assert_holds(caller, keys, stored)
    assert_whole(ground)


def test_a_database_that_is_locked_under_load_delays_appends_and_no_reads(tmp_path: Path) -> None:
    chance = dice()
    ground = Ground(tmp_path / "home")
    with ground.relay() as relay, Caller(relay) as caller:
        with Load([relay], chance.randrange(1 << 30)) as load:
            load.until_more(50)
            with contextlib.closing(sqlite.connect(str(ground.home / "relay.db"), timeout=60)) as other:
                other.isolation_level = None
                other.execute("BEGIN IMMEDIATE")
                load.until_refused(8)
                for mailbox in load.mailboxes:
                    caller.all_blobs(mailbox.keys)
                other.execute("ROLLBACK")
            load.until_more(50)
        load.assert_kept(caller)
    assert_whole(ground)
