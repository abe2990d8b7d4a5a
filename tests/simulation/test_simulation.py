"""Groups, an unreliable relay, and time: one seed gives one run, and a failing one prints what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.simulation.days import Days, drawn
from tests.simulation.life import live
from tests.simulation.world import World
from tests.soaking import first_seed, sample

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = sample([0, 2, 4, 5, 7, 11, 15, 16, 26, 29], [*range(first_seed(), first_seed() + 3_000)])
"""In `make test` a few that differ in as much as can be: between them they have all there is but large groups."""
FEW = range(first_seed(), first_seed() + sample(1, 200))


@pytest.mark.grows
@pytest.mark.parametrize("world", SEEDS, indirect=True)
def test_a_group_comes_through_whatever_the_seed_has_in_store(world: World) -> None:
    days = drawn(world.seed)
    live(world, replace(days, steps=sample(10, days.steps)))


@pytest.mark.grows
@pytest.mark.parametrize("world", FEW, indirect=True)
def test_a_group_comes_through_months_with_members_in_the_dark_for_weeks(world: World) -> None:
    live(world, Days(steps=30, hours=96, dark=6, dark_days=45))


@pytest.mark.grows
@pytest.mark.parametrize("world", FEW, indirect=True)
def test_a_group_of_two_admins_comes_through_spoiled_seals(world: World) -> None:
    live(world, Days(liars=1, misdeeds=("noise", "own"), admins=2))


@pytest.mark.soak
@pytest.mark.parametrize("members", [40, 100, 200])
@pytest.mark.parametrize("world", [first_seed()], indirect=True)
def test_a_large_group_comes_through_lost_answers_and_spoiled_seals(world: World, members: int) -> None:
    live(world, Days(members=members, steps=10, admins=3, liars=2, misdeeds=("noise", "path")))


def test_one_seed_gives_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = []
    for number in range(2):
        with monkeypatch.context() as patch:
            world = World(7, tmp_path / str(number), patch)
            try:
                live(world, replace(drawn(7), steps=6))
                stories.append(world.story(whole=True))
            finally:
                world.close()
    assert stories[0] == stories[1]
