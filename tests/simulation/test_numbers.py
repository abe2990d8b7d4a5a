"""How many have to agree: the numbers fall when people go, and everyone is told that nobody decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taboon_client.group.changes import PolicyChange

if TYPE_CHECKING:
    from tests.simulation.world import Device, World

ALL_THREE = PolicyChange(add_approvals=3, removal_approvals=3, policy_approvals=3)


async def _told(device: Device) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    deeds = await (await device.group()).deeds()
    return [(one.kind, {rule: (before, after) for rule, before, after in one.changes}) for one in deeds]


async def _leaves(world: World, gone: Device, *others: Device) -> None:
    await (await gone.group()).leave(0)
    await world.sync(gone)
    await world.sync(*others)


async def _three(world: World, **admins: Any) -> list[Device]:
    layla = await world.found("Layla")
    omar, rima = [await world.let_in(layla, name) for name in ("Omar", "Rima")]
    await world.sync(layla, omar, rima)
    group = await layla.group()
    await world.together([(layla, group.set_admins(**admins, wait=600.0))])
    await world.together([(layla, group.change_policy(ALL_THREE, 600.0))])
    await world.sync(layla, omar, rima)
    assert (await group.policy()).removal_approvals == 3
    return [layla, omar, rima]


def test_when_admins_leave_it_is_told_that_fewer_must_agree(world: World) -> None:
    async def story() -> None:
        layla, omar, rima = await _three(world, add=["Layla", "Omar", "Rima"])
        await _leaves(world, rima, layla, omar)
        for device in (layla, omar):
            left, numbers = (await _told(device))[-2:]
            assert left[0] == "left"
            assert numbers[0] == "follows"
            assert numbers[1]["removal_approvals"] == numbers[1]["policy_approvals"] == ("3", "2")
        await _leaves(world, omar, layla)
        assert (await _told(layla))[-1][1]["policy_approvals"] == ("2", "1")

    world.run(story())


def test_where_all_are_admins_whoever_commits_that_somebody_leaves_has_not_changed_the_rules(world: World) -> None:
    async def story() -> None:
        layla, omar, rima = await _three(world, everyone=True)
        await _leaves(world, rima, layla, omar)
        for device in (layla, omar):
            assert [kind for kind, _ in (await _told(device))[-2:]] == ["left", "follows"]

    world.run(story())
