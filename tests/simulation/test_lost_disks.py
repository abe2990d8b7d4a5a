"""A relay that loses its disk: nothing acknowledged is lost, and who is behind does not go on in an ended epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Need
from tests.simulation.holds import check
from tests.simulation.world import HOUR

if TYPE_CHECKING:
    from tests.simulation.world import Device, World


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=int(device.world.now)))
    device.posted[item.id] = title


async def _four(world: World) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in ("Omar", "Rima", "Sami")]
    await world.sync(admin, *others)
    await world.sync(admin, *others)
    return [admin, *others]


def test_who_had_not_read_a_commit_that_the_relay_lost_gets_it_from_who_had(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        await world.together([(layla, (await layla.group()).rotate(600.0))])
        await world.sync(layla, omar, rima)
        await _post(omar, "in the new epoch")
        await world.sync(omar)
        await world.sync(layla, rima)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        # Sami still is in the epoch that ended, and speaks there before anyone has brought back what ended it.
        await _post(sami, "in the ended epoch")
        await world.sync(sami)
        await world.sync(layla)
        for _ in range(3):
            await world.sync(layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_removal_that_the_relay_lost_reaches_who_had_not_read_it(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        await world.together([(layla, (await layla.group()).remove("Omar", wait=600.0))])
        await _post(layla, "not for Omar")
        await world.sync(layla)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        await world.sync(layla)
        for _ in range(3):
            await world.sync(layla, omar, rima, sami)
        assert omar.row.state == "removed"
        check(world, [layla, rima, sami])

    world.run(story())


def test_what_a_relay_lost_is_posted_again_by_who_comes_first_and_not_by_everyone(world: World) -> None:
    async def story() -> None:
        devices = await _four(world)
        for device in devices:
            for number in range(5):
                await _post(device, f"{device.name} {number}")
            await world.sync(device)
        for device in devices:
            await world.sync(device)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        await world.sync(devices[0])
        once = len(world.relay.seen)
        for device in devices[1:]:
            await world.sync(device)
        assert len(world.relay.seen) == once
        check(world, devices)

    world.run(story())


def test_what_was_said_in_an_ended_epoch_that_the_relay_lost_is_asked_for_and_given(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        await _post(omar, "said in time")
        await world.sync(omar)
        await world.together([(layla, (await layla.group()).rotate(600.0))])
        await world.sync(layla, omar, rima)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        await _post(omar, "said later")
        await world.sync(omar)
        await world.sync(layla)
        for _ in range(4):
            world.pass_time(2 * HOUR)
            await world.sync(layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_somebody_behind_who_goes_on_from_an_epoch_that_the_relay_lost_is_noticed_and_comes_over(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        before = sami.epoch[0]
        await world.together([(layla, (await layla.group()).rotate(600.0))])
        await _post(layla, "in the new epoch")
        await world.sync(layla)
        await world.sync(omar, rima)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        # Sami comes first, and ends once more the epoch that has ended.
        await world.together([(sami, (await sami.group()).rotate(600.0))])
        await _post(sami, "on the other side")
        await world.sync(sami)
        assert sami.epoch[0] == layla.epoch[0] == before + 1
        assert sami.epoch != layla.epoch
        await world.sync(layla)
        await world.sync(rima)
        told = [line for line in world.trace if "another history" in line]
        assert ["Layla" in line or "Rima" in line for line in told] == [True, True]
        compared = await (await layla.group()).compare(await (await sami.group()).seen())
        assert compared.parted == before + 1
        for _ in range(2):
            await world.sync(sami, layla, omar, rima)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_commit_that_the_relay_lost_and_somebody_has_brought_back_alarms_nobody(world: World) -> None:
    async def story() -> None:
        layla, omar, *_ = await _four(world)
        await world.together([(layla, (await layla.group()).rotate(600.0))])
        await _post(layla, "in the new epoch")
        await world.sync(layla)
        await world.sync(omar)
        world.relay.lose_disk()
        world.pass_time(HOUR)
        await world.sync(layla)
        await world.sync(omar)
        assert any("had lost" in line for line in world.trace)
        assert not any("another history" in line for line in world.trace)

    world.run(story())
