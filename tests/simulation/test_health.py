"""How the keys of a group stand over weeks: removals, silence, and who is about to be left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Need
from taboon_client.values import Following, Health, RemovalState
from tests.simulation.world import DAY

if TYPE_CHECKING:
    from taboon_client.values import GroupKeys, MemberKeys
    from tests.simulation.world import Device, World


async def _group(world: World, *names: str) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in names]
    await world.sync(admin, *others)
    await world.sync(admin, *others)
    return [admin, *others]


async def _keys(device: Device) -> GroupKeys:
    return await (await device.group()).keys()


async def _keys_of(device: Device, other: Device) -> MemberKeys:
    return next(one for one in (await _keys(device)).members if one.identity == other.row.identity)


async def _days(world: World, count: int, *devices: Device) -> None:
    for _ in range(count):
        world.pass_time(DAY)
        await world.sync(*devices)


def test_a_removal_is_confirmed_by_others_than_whoever_removed(world: World) -> None:
    async def story() -> None:
        layla, omar, _ = await _group(world, "Omar", "Sami")
        omar.online = False
        await world.together([(layla, (await layla.group()).remove("Sami", wait=600.0))])
        await world.sync(layla)
        (removal,) = (await _keys(layla)).removals
        assert (removal.state, removal.seen, removal.of) == (RemovalState.MADE, 0, 1)
        omar.online = True
        await world.sync(omar)
        await world.sync(layla)
        (removal,) = (await _keys(layla)).removals
        assert (removal.state, removal.seen, removal.of) == (RemovalState.CONFIRMED, 1, 1)

    world.run(story())


def test_a_removal_after_which_nobody_else_is_left_needs_nobody_to_confirm_it(world: World) -> None:
    async def story() -> None:
        layla, _ = await _group(world, "Sami")
        await world.together([(layla, (await layla.group()).remove("Sami", wait=600.0))])
        await world.sync(layla)
        assert [one.state for one in (await _keys(layla)).removals] == [RemovalState.CONFIRMED]

    world.run(story())


def test_who_hears_of_few_others_for_days_is_told_to_compare_by_another_way(world: World) -> None:
    async def story() -> None:
        layla, *others = await _group(world, "Omar", "Rima", "Sami")
        await _days(world, 10, layla, *others)
        assert not (await _keys(layla)).silent
        # The relay shows her nothing of what the others do.
        await _days(world, 8, layla)
        keys = await _keys(layla)
        assert keys.silent
        assert keys.health is Health.LOOK
        assert any("“taboon code”" in said and "“taboon evidence”" in said for said in keys.advice)
        await _days(world, 2, layla, *others)
        assert not (await _keys(layla)).silent

    world.run(story())


def test_who_was_dark_itself_is_not_told_of_silence(world: World) -> None:
    async def story() -> None:
        layla, *_ = await _group(world, "Omar", "Rima", "Sami")
        world.pass_time(20 * DAY)
        assert not (await _keys(layla)).silent

    world.run(story())


def test_a_newcomer_is_not_told_of_silence(world: World) -> None:
    async def story() -> None:
        layla, *_ = await _group(world, "Omar", "Rima", "Sami")
        world.pass_time(10 * DAY)
        await world.sync(layla)
        noor = await world.let_in(layla, "Noor")
        await _days(world, 2, noor)
        assert not (await _keys(noor)).silent

    world.run(story())


def test_it_is_said_of_whom_the_relay_soon_has_not_what_they_miss(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world, "Omar", "Rima", "Sami")
        await (await sami.group()).post(Need(title="Here", created=0))
        await world.sync(sami)
        await _days(world, 15, layla, omar, rima)
        behind = await _keys_of(layla, sami)
        assert (behind.following, behind.soon_lost) == (Following.BEHIND, False)
        await _days(world, 10, layla, omar, rima)
        behind = await _keys_of(layla, sami)
        assert (behind.following, behind.soon_lost) == (Following.BEHIND, True)
        assert 4 * DAY < (behind.lost_at or 0) - layla.desk.now < 6 * DAY
        assert any("soon not have" in said for said in (await _keys(layla)).advice)
        await _days(world, 6, layla, omar, rima)
        away = await _keys_of(layla, sami)
        assert (away.following, away.soon_lost) == (Following.AWAY, False)

    world.run(story())
