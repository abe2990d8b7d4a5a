"""Clocks that jump, both ways, while a relay runs and while it does not: no mailbox vanishes that should stay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.server.caller import Caller, blob, refused
from tests.server.signing import Keys, read_page, read_receipt
from tests.server.trials.dice import dice
from tests.soaking import sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.relay_process import RelayProcess
    from tests.server.trials.grounds import Ground

pytestmark = pytest.mark.grows

DAY = 86_400
YEAR = 365 * DAY


class Clock:
    """The clock of a relay's machine, and calls by members whose clocks go as wrong as it does."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.wrong_by = 0.0
        self.set_wrong_by(0)

    def set_wrong_by(self, seconds: float) -> None:
        self.wrong_by = seconds
        written = self.file.with_suffix(".new")
        written.write_text(str(seconds), encoding="ascii")
        written.replace(self.file)

    @property
    def unit(self) -> int:
        return int(time.time() + self.wrong_by) // 300

    def relay(self, ground: Ground) -> RelayProcess:
        return ground.relay(module="tests.server.trials.shifted", env={"TABOON_TEST_CLOCK": str(self.file)})

    def append(self, caller: Caller, keys: Keys) -> bytes:
        content = blob()
        answer = caller.append(keys, content, unit=self.unit)
        assert answer.status_code == 200, answer.text
        read_receipt(answer.content, caller.relay_id)
        return content

    def new_mailbox(self, caller: Caller, retention: int) -> Keys:
        keys = Keys(retention=retention)
        assert caller.create(keys, unit=self.unit).status_code == 204
        return keys

    def blobs(self, caller: Caller, keys: Keys) -> int:
        """Return how many blobs there are; -1 for a mailbox that is unknown."""
        answer = caller.read(keys, unit=self.unit)
        if answer.status_code == 404:
            return -1
        assert answer.status_code == 200, answer.text
        page = read_page(answer.content, caller.relay_id)
        assert bool(page.blobs) == bool(page.last)
        return page.last


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def test_a_clock_that_jumps_while_the_relay_runs_makes_nothing_vanish(some_ground: Ground, clock: Clock) -> None:
    chance = dice()
    with clock.relay(some_ground) as relay, Caller(relay) as caller:
        boxes = [clock.new_mailbox(caller, retention) for retention in range(4)]
        count = 0
        for _ in range(sample(8, 200)):
            clock.set_wrong_by(
                chance.choice([-1, 1]) * chance.choice([0, 600, DAY, 3 * DAY, 40 * DAY, YEAR, 20 * YEAR])
            )
            count += 1
            for keys in boxes:
                clock.append(caller, keys)
                assert clock.blobs(caller, keys) == count
        clock.set_wrong_by(0)
        for keys in boxes:
            assert clock.blobs(caller, keys) == count


def test_members_learn_the_time_of_a_relay_whose_clock_is_wrong(some_ground: Ground, clock: Clock) -> None:
    with clock.relay(some_ground) as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        for wrong_by in (YEAR, -YEAR, 3_600, -3_600):
            clock.set_wrong_by(wrong_by)
            told = refused(caller.append(keys, blob()), 401, "clock")["unit"]
            assert abs(told - clock.unit) <= 1
            assert caller.append(keys, blob(), unit=told).status_code == 200


def test_a_clock_that_was_behind_when_the_relay_started_takes_nothing_old_away(
    some_ground: Ground, clock: Clock
) -> None:
    relay = clock.relay(some_ground)
    with relay, Caller(relay) as caller:
        old = clock.new_mailbox(caller, 2)
        clock.append(caller, old)
    clock.set_wrong_by(-20 * YEAR)
    with relay.start(), Caller(relay) as caller:
        clock.append(caller, old)
        assert clock.blobs(caller, old) == 2
    clock.set_wrong_by(0)
    with relay.start(), Caller(relay) as caller:
        assert clock.blobs(caller, old) == 2


def test_what_came_while_the_clock_was_behind_is_kept_once_it_is_right(some_ground: Ground, clock: Clock) -> None:
    clock.set_wrong_by(-20 * YEAR)
    relay = clock.relay(some_ground)
    with relay, Caller(relay) as caller:
        young = clock.new_mailbox(caller, 3)
        clock.append(caller, young)
        clock.set_wrong_by(0)
        clock.append(caller, young)
        assert clock.blobs(caller, young) == 2
    with relay.start(), Caller(relay) as caller:
        assert clock.blobs(caller, young) == 2


def test_a_clock_that_is_ahead_when_the_relay_starts_makes_nothing_vanish(some_ground: Ground, clock: Clock) -> None:
    relay = clock.relay(some_ground)
    with relay, Caller(relay) as caller:
        boxes = [clock.new_mailbox(caller, retention) for retention in range(4)]
        for keys in boxes:
            clock.append(caller, keys)
    clock.set_wrong_by(20 * YEAR)
    for _ in range(2):
        with relay.start(), Caller(relay) as caller:
            assert [clock.blobs(caller, keys) for keys in boxes] == [1] * 4
    clock.set_wrong_by(0)
    with relay.start(), Caller(relay) as caller:
        assert [clock.blobs(caller, keys) for keys in boxes] == [1] * 4
