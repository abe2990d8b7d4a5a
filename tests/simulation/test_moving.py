"""A group moves to another home: who is left behind at the old one is looked for there, and forks end as all do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Need
from tests.simulation.holds import check
from tests.simulation.world import DAY, HOUR

if TYPE_CHECKING:
    from tests.simulation.world import Device, World


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=int(device.world.now)))
    device.posted[item.id] = title


async def _four(world: World) -> list[Device]:
    layla = await world.found("Layla")
    everyone = [layla, *[await world.let_in(layla, name) for name in ("Omar", "Rima", "Sami")]]
    for _ in range(2):
        await world.sync(*everyone)
    return everyone


async def _move(world: World, device: Device, address: str) -> None:
    await world.together([(device, (await device.group()).move(address, wait=600.0))])


async def _days(world: World, count: int, *devices: Device) -> None:
    for _ in range(count):
        world.pass_time(DAY)
        await world.sync(*devices)


def test_whoever_was_away_for_too_long_is_brought_back_from_the_home_that_the_group_has_left(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        sami.online = False
        await _post(sami, "written in the dark")
        await _days(world, 20, layla, omar, rima)
        other, address = world.popup, world.popup_address
        await _move(world, layla, address)
        await world.sync(layla, omar, rima)
        await _days(world, 15, layla, omar, rima)
        # What had stood at the old home is gone, the seal with it: he can follow nothing.
        world.relay.lose_disk()
        sami.online = True
        await world.sync(sami)
        assert sami.row.state == "astray"
        for _ in range(10):
            world.pass_time(5 * HOUR)
            await world.sync(layla, omar, rima, sami)
        assert sami.row.relay_id == other.id
        await world.sync(layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_home_that_is_gone_keeps_nobody_at_the_new_one(world: World) -> None:
    async def story() -> None:
        everyone = layla, omar, rima, sami = await _four(world)
        address = world.popup_address
        await _move(world, layla, address)
        for _ in range(2):
            await world.sync(*everyone)
        world.relay.reach = lambda _: False
        await _post(omar, "Water")
        await _days(world, 40, *everyone)
        await _post(sami, "Bread")
        for _ in range(2):
            await world.sync(*everyone)
        check(world, [layla, omar, rima, sami])
        for device in everyone:
            left = device.desk.keeper.read(lambda tx: tx.execute("SELECT count(*) FROM former_home").fetchone()[0])
            assert left == 0

    world.run(story())


def test_a_group_that_moves_home_again_looks_back_at_nothing_there(world: World) -> None:
    async def story() -> None:
        everyone = layla, omar, rima, sami = await _four(world)
        other, address = world.popup, world.popup_address
        await _move(world, layla, address)
        await world.sync(*everyone)
        await _post(rima, "Water")
        await _move(world, layla, world.address)
        for _ in range(3):
            await world.sync(*everyone)
        for device in (layla, omar, rima, sami):
            assert device.row.relay_id == world.relay.id
            left = device.desk.keeper.read(
                lambda tx: [row[0] for row in tx.execute("SELECT relay_id FROM former_home")]
            )
            assert left == [other.id]
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_home_that_was_left_and_lost_its_disk_gets_the_move_again_for_whoever_is_behind(world: World) -> None:
    async def story() -> None:
        everyone = layla, omar, rima, sami = await _four(world)
        sami.online = False
        await _move(world, layla, world.popup_address)
        await world.sync(layla, omar, rima)
        world.relay.lose_disk()
        sami.online = True
        # He begins the mailbox anew, and speaks in an epoch that has ended.
        await _post(sami, "Water")
        await world.sync(sami)
        assert sami.row.relay_id == world.relay.id
        for _ in range(6):
            world.pass_time(2 * HOUR)
            await world.sync(*everyone)
        assert sami.row.relay_id == world.popup.id
        check(world, [layla, omar, rima, sami])

    world.run(story())
