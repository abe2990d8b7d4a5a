"""New keys every hour for a month, while a third of the members are in the dark: nobody is stranded."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from tests.simulation.holds import check
from tests.simulation.world import HOUR
from tests.soaking import sample

if TYPE_CHECKING:
    from tests.simulation.world import Device, World

MONTH = sample(24, 720)


async def _group(world: World, count: int) -> list[Device]:
    admin = await world.found("m0")
    devices = [admin, *[await world.let_in(admin, f"m{number}") for number in range(1, count)]]
    await world.sync(*devices)
    return devices


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=int(device.world.now), urgency="now"))
    device.posted[item.id] = title


async def _rotate_hourly(world: World, hours: int, *lit: Device) -> None:
    """One after the other makes new keys, and all who are there follow within the hour."""
    for hour, device in zip(range(hours), cycle(lit), strict=False):
        world.pass_time(HOUR)
        await world.together([(device, (await device.group()).rotate(600.0))])
        if hour % 24 == 0:
            await _post(device, f"on day {hour // 24}")
        await world.sync(*lit)


async def _all_are_back(world: World, devices: list[Device]) -> None:
    for device in devices:
        device.online = True
    for _ in range(2):
        world.pass_time(HOUR)
        await world.sync(*devices)


@pytest.mark.grows
def test_whoever_was_dark_all_the_while_follows_every_commit_and_has_what_was_said(world: World) -> None:
    async def story() -> None:
        devices = await _group(world, 6)
        dark, lit = devices[:1] + devices[-1:], devices[1:-1]
        for device in dark:
            await _post(device, f"{device.name} said in the dark")
            device.online = False
        before = lit[0].epoch[0]
        await _rotate_hourly(world, MONTH, *lit)
        assert lit[0].epoch[0] >= before + MONTH * 9 // 10
        await _all_are_back(world, devices)
        check(world, devices)

    world.run(story())


@pytest.mark.grows
def test_another_third_is_dark_every_few_days_and_everyone_goes_on_rotating(world: World) -> None:
    async def story() -> None:
        devices = await _group(world, 6)
        stretch = MONTH // 6
        for turn in range(6):
            dark = [devices[turn], devices[(turn + 3) % 6]]
            lit = [device for device in devices if device not in dark]
            for device in devices:
                device.online = device in lit
            for device in dark:
                # They wish for new keys as well, and get them when they are back.
                await (await device.group()).rotate(0)
            await _rotate_hourly(world, stretch, *lit)
        await _all_are_back(world, devices)
        check(world, devices)

    world.run(story())
