"""Groups, an unreliable relay, and time: one seed gives one run, and a failing one prints what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation.days import Days, live
from tests.simulation.world import World
from tests.soaking import first_seed, sample

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(first_seed(), first_seed() + sample(2, 1_000))


@pytest.mark.grows
@pytest.mark.parametrize("world", SEEDS, indirect=True)
def test_a_group_comes_through_lost_answers_and_deaths_at_any_step(world: World) -> None:
    live(world, Days())


@pytest.mark.grows
@pytest.mark.parametrize("world", SEEDS, indirect=True)
def test_a_group_comes_through_months_with_members_in_the_dark_for_weeks(world: World) -> None:
    live(world, Days(steps=30, hours=96, dark=6, dark_days=45, removals=0))


@pytest.mark.grows
@pytest.mark.parametrize("world", SEEDS, indirect=True)
def test_a_group_of_two_admins_comes_through_spoiled_seals(world: World) -> None:
    live(world, Days(spoils=8, admins=2, removals=0))


@pytest.mark.soak
@pytest.mark.parametrize("world", range(first_seed(), first_seed() + 5), indirect=True)
def test_a_large_group_comes_through_lost_answers_and_spoiled_seals(world: World) -> None:
    live(world, Days(members=40, steps=10, spoils=1, admins=3, removals=0))


def test_one_seed_gives_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = []
    for number in range(2):
        with monkeypatch.context() as patch:
            world = World(5, tmp_path / str(number), patch)
            try:
                live(world, Days(members=3, steps=6))
                stories.append(world.story())
            finally:
                world.close()
    assert stories[0] == stories[1]
