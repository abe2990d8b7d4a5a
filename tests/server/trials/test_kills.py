"""Processes that die under load, at moments that chance picks: every acknowledged blob is there once, in order."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import sqlcipher3.dbapi2 as sqlite

from taboon_server import listening
from taboon_server.store import Store
from tests.postgres_server import PostgresServer
from tests.server.caller import Caller, blob
from tests.server.trials.dice import dice
from tests.server.trials.grounds import Ground
from tests.server.trials.load import Load
from tests.soaking import sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.signing import Keys

pytestmark = pytest.mark.grows

KILLS = sample(2, 50)


def assert_whole(ground: Ground) -> None:
    """Let SQLite look through its file."""
    if ground.database is None:
        with contextlib.closing(sqlite.connect(str(ground.home / "relay.db"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def until_it_reads(caller: Caller, keys: Keys) -> None:
    """Let a relay find out that its old connections to the database are dead: each may cost a 503, and no more."""
    assert 200 in [caller.read(keys).status_code for _ in range(8)][-4:]


def test_a_relay_killed_again_and_again_keeps_all_that_it_acknowledged(ground: Ground) -> None:
    chance = dice()
    with ground.relay() as relay:
        with Load([relay], chance.randrange(1 << 30)) as load:
            for _ in range(KILLS):
                load.until_more(chance.randrange(1, 300))
                with load.patient():
                    relay.kill()
                    relay.start()
            load.until_more(10)
        with Caller(relay) as caller:
            load.assert_kept(caller)
    assert load.refusals
    assert_whole(ground)


@pytest.mark.skipif(sys.platform == "win32", reason="a relay that is being started has no address to be known by yet")
def test_a_relay_killed_while_it_starts_keeps_all_that_it_acknowledged(some_ground: Ground) -> None:
    chance = dice()
    relay = some_ground.relay()
    with relay, Load([relay], chance.randrange(1 << 30)) as load:
        load.until_more(200)
        with load.patient():
            relay.kill()
            for _ in range(sample(2, 50)):
                command = [sys.executable, "-m", "taboon_server", "--port", "0", "--folder", str(some_ground.home)]
                starting = subprocess.Popen(
                    command + some_ground.where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                with starting, contextlib.suppress(subprocess.TimeoutExpired):
                    try:
                        starting.wait(chance.random() * 2)
                    finally:
                        starting.kill()
            relay.start()
        load.until_more(10)
    with relay, Caller(relay) as caller:
        load.assert_kept(caller)
    assert_whole(some_ground)


def test_two_relays_go_on_when_a_third_on_their_database_is_killed(tmp_path: Path, postgres: PostgresServer) -> None:
    chance = dice()
    ground = Ground(tmp_path / "home", postgres.new_database())
    with contextlib.ExitStack() as stack:
        relays = [stack.enter_context(ground.relay()) for _ in range(3)]
        with Load(relays, chance.randrange(1 << 30)) as load:
            for _ in range(sample(2, 30)):
                load.until_more(chance.randrange(1, 200))
                victim = chance.choice(relays)
                victim.kill()
                load.until_more(100)
                victim.start()
            load.until_more(10)
        assert load.refusals
        for relay in relays:
            with Caller(relay) as caller:
                load.assert_kept(caller)


def test_relays_wait_for_a_postgresql_that_stops_and_comes_back(tmp_path: Path) -> None:
    chance = dice()
    with PostgresServer() as server, contextlib.ExitStack() as stack:
        ground = Ground(tmp_path / "home", server.new_database())
        relays = [stack.enter_context(ground.relay()) for _ in range(2)]
        with Load(relays, chance.randrange(1 << 30)) as load:
            for mode in ["immediate", "fast"] * sample(1, 20):
                load.until_more(chance.randrange(1, 200))
                server.stop(mode)
                load.until_refused(10)
                server.start()
                load.until_more(10)
        for relay in relays:
            with Caller(relay) as caller:
                until_it_reads(caller, load.mailboxes[0].keys)
                load.assert_kept(caller)
                assert caller.http.get("/v1/health").status_code == 200


def test_readers_who_wait_hear_of_appends_through_another_process(tmp_path: Path, postgres: PostgresServer) -> None:
    ground = Ground(tmp_path / "home", postgres.new_database())
    with contextlib.ExitStack() as stack:
        here, there = (stack.enter_context(Caller(stack.enter_context(ground.relay()))) for _ in range(2))
        keys = here.new_mailbox()
        threads = stack.enter_context(ThreadPoolExecutor(1))
        for turn in range(sample(5, 200)):
            reader = threads.submit(here.page, keys, turn, 3, 25)
            content = blob()
            there.appended(keys, content)
            assert reader.result().blobs == [content]


def test_a_process_hears_of_all_others_and_not_of_itself(postgres: PostgresServer) -> None:
    """Whatever numbers their connections have: after a restart, one process gets those that another had."""
    database = postgres.new_database()
    with (
        contextlib.closing(Store(database)) as own,
        contextlib.closing(Store(database)) as other,
        contextlib.closing(listening._connect(own)) as connection,
    ):
        own.tell_others()
        assert not listening._heard(connection, own.own_name)
        other.tell_others()
        assert listening._heard(connection, own.own_name)
