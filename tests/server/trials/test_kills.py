"""Processes that die under load, at moments that chance picks: every acknowledged blob is there once, in order."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import sqlcipher3.dbapi2 as sqlite

from tests.server.caller import Caller
from tests.server.trials.dice import dice
from tests.server.trials.load import Load
from tests.soaking import sample

if TYPE_CHECKING:
    from tests.server.trials.grounds import Ground

pytestmark = pytest.mark.grows

KILLS = sample(3, 50)


def assert_whole(ground: Ground) -> None:
    """Let SQLite look through its file."""
    if ground.database is None:
        with contextlib.closing(sqlite.connect(str(ground.home / "relay.db"))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


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
def test_a_relay_killed_while_it_starts_keeps_all_that_it_acknowledged(ground: Ground) -> None:
    chance = dice()
    relay = ground.relay()
    with relay, Load([relay], chance.randrange(1 << 30)) as load:
        load.until_more(200)
        with load.patient():
            relay.kill()
            for _ in range(sample(3, 50)):
                command = [sys.executable, "-m", "taboon_server", "--port", "0", "--folder", str(ground.home)]
                starting = subprocess.Popen(
                    command + ground.where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
    assert_whole(ground)
