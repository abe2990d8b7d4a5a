"""What somebody agreed to, wishes for or said of leaving is taken back before it comes about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board.register_kinds import POLICY, REMOVE, Approve
from taboon_client.board.registers import ACTS
from taboon_client.errors import NotAllowedError, NotFoundError
from taboon_client.group.approvals_held import Held, approvals_held
from taboon_client.group.changes import PolicyChange

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from tests.simulation.world import Device, World


async def _four(world: World) -> list[Device]:
    """Three admins, of whom two must agree to a removal, and somebody else."""
    layla = await world.found("Layla")
    others = [await world.let_in(layla, name) for name in ("Omar", "Rima", "Sami")]
    await world.sync(layla, *others)
    group = await layla.group()
    await world.together([(layla, group.set_admins(["Layla", "Omar", "Rima"], wait=600.0))])
    await world.together([(layla, group.change_policy(PolicyChange(removal_approvals=2), 600.0))])
    await world.sync(layla, *others)
    return [layla, *others]


async def _settle(world: World, *devices: Device) -> None:
    """Everybody reads what the others have said."""
    for _ in range(2):
        await world.sync(*devices)


def _say(device: Device, said: Approve) -> None:
    grp = device.row_id
    device.desk.keeper.write(lambda tx: device.desk.ledger.make(tx, grp, said, ACTS, ()))


async def _names(device: Device) -> set[str]:
    return {member.name for member in await (await device.group()).members()}


def test_an_approval_that_was_taken_back_is_carried_by_nobody(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, _ = devices = await _four(world)
        await (await layla.group()).remove("Sami", 0)
        await _settle(world, layla, omar, rima)
        (act,) = await (await omar.group()).acts()
        assert (act.mine, len(act.agreed)) == (True, 1)
        await (await layla.group()).decline(act.code, "it was a mistake", 0)
        await _settle(world, layla, omar, rima)
        # Nothing is proposed any more, and one admin who wishes for it proposes it anew.
        assert await (await omar.group()).acts() == []
        with pytest.raises(NotFoundError):
            await (await omar.group()).agree(act.code, 0)
        await (await omar.group()).remove("Sami", 0)
        await _settle(world, *devices)
        assert "Sami" in await _names(rima)
        (act,) = await (await rima.group()).acts()
        assert (len(act.agreed), len(act.declined)) == (1, 1)
        # Whoever changes their mind once more agrees again.
        await (await layla.group()).agree(act.code, 0)
        await _settle(world, *devices)
        assert "Sami" not in await _names(rima)

    world.run(story())


def test_an_admin_says_no_and_somebody_else_cannot(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = devices = await _four(world)
        await (await layla.group()).remove("Sami", 0)
        await _settle(world, *devices)
        (act,) = await (await sami.group()).acts()
        with pytest.raises(NotAllowedError, match="not yours"):
            await (await sami.group()).decline(act.code, wait=0)
        await (await omar.group()).decline(act.code, wait=0)
        await _settle(world, omar, layla, rima)
        (act,) = await (await layla.group()).acts()
        assert (len(act.agreed), len(act.declined), act.wished) == (1, 1, True)
        assert (await (await rima.group()).acts())[0].mine

    world.run(story())


def test_a_wish_that_waits_for_the_relay_is_seen_and_taken_back(world: World) -> None:
    async def story() -> None:
        layla, *others = await _four(world)
        layla.online = False
        await (await layla.group()).change_policy(PolicyChange(rotation_days=30), 0)
        (act,) = await (await layla.group()).acts()
        assert (act.kind, act.agreed, act.wished) == ("policy", (), True)
        await (await layla.group()).decline(act.code, wait=0)
        assert await (await layla.group()).acts() == []
        layla.online = True
        await _settle(world, layla, *others)
        assert (await (await layla.group()).policy()).rotation_days == 7

    world.run(story())


def test_whoever_said_that_they_leave_stays_after_all(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        group = await sami.group()
        with pytest.raises(NotAllowedError, match="nothing to take back"):
            await group.stay(0)
        await group.leave(0)
        await world.sync(sami)
        assert await group.leaving()
        await group.stay(0)
        await _settle(world, sami, layla, omar, rima)
        assert not await group.leaving()
        assert "Sami" in await _names(layla)
        await group.leave(0)
        await _settle(world, sami, layla)
        assert "Sami" not in await _names(layla)

    world.run(story())


def test_a_flood_of_approvals_is_looked_at_in_part(world: World) -> None:
    async def story() -> None:
        layla = await world.found("Layla")
        grp = (await layla.group()).row_id
        own = (await (await layla.group()).members())[0].identity

        def flood(tx: Connection) -> list[Held]:
            for number in range(300):
                said = Approve(act=REMOVE, target=number.to_bytes(32), first=0, last=9)
                layla.desk.ledger.make(tx, grp, said, ACTS, ())
            assert approvals_held(tx, grp, [bytes(32)]) == []
            return approvals_held(tx, grp, [own])

        held = layla.desk.keeper.write(flood)
        assert (len(held), held[-1].said.target) == (256, (299).to_bytes(32))

    world.run(story())


@pytest.mark.parametrize("world", [1], indirect=True)
def test_an_approval_that_does_not_fit_hides_from_nobody_what_is_proposed(world: World) -> None:
    async def story() -> None:
        *admins, plain = devices = await _four(world)
        # What is said is looked at by author: whoever proposes comes before Sami, who has no say in it.
        first, second, _ = sorted(admins, key=lambda device: device.row.identity)
        assert first.row.identity < plain.row.identity
        change = PolicyChange(policy_approvals=2, add_approvals=2)
        await world.together([(first, (await first.group()).change_policy(change, 600.0))])
        await world.sync(*devices)
        await (await first.group()).change_policy(PolicyChange(rotation_days=30), 0)
        await _settle(world, *devices)
        (act,) = await (await second.group()).acts()
        here = plain.epoch[0]
        _say(plain, Approve(act=POLICY, target=act.target, first=here, last=999, policy=b"nonsense"))
        await _settle(world, *devices)
        (still,) = await (await second.group()).acts()
        assert (still.code, still.changes) == (act.code, act.changes)
        await (await second.group()).agree(act.code, 0)
        await _settle(world, *devices)
        assert (await (await plain.group()).policy()).rotation_days == 30

    world.run(story())
