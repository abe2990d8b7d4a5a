"""Members who try to keep others out of the group, or from changing it: suspension, coming back, wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taboon_client.group.leaf import LeafKeys
from taboon_client.group.rules import BrokenRuleError, check_commit
from taboon_client.session import coming_back
from taboon_client.vault import groups
from taboon_crypto.mls.tree.kem import FreshPath
from tests.simulation.holds import check
from tests.simulation.misdeeds import leaving_out
from tests.simulation.world import DAY, HOUR

if TYPE_CHECKING:
    import pytest

    from taboon_client.vault import Connection
    from tests.simulation.world import Device, World


async def _four(world: World) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in ("Omar", "Rima", "Sami")]
    await world.sync(admin, *others)
    return [admin, *others]


async def _say_at_risk(world: World, whom: str, *by: Device) -> None:
    for device in by:
        await (await device.group()).say_at_risk(whom)
    await world.sync(*by)


async def _a_day(world: World, *devices: Device) -> None:
    for _ in range(8):
        world.pass_time(5 * HOUR)
        await world.sync(*devices)
    await world.sync(*devices)


async def _leave_out_layla(world: World, omar: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as hostile:
        hostile.setattr(FreshPath, "encrypt", leaving_out(omar, 0, 0))
        await world.together([(omar, (await omar.group()).rotate(600.0))])


def _wishes(device: Device) -> list[str]:
    grp = device.row_id
    return [wish.kind for wish in device.desk.keeper.read(lambda tx: groups.wishes(tx, grp))]


def test_two_members_do_not_put_the_only_admin_out_for_good(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        await _say_at_risk(world, "Layla", omar, sami)
        await world.sync(layla, rima, omar, sami)
        keys = await (await rima.group()).keys()
        assert [one.suspended for one in keys.members if one.identity == layla.row.identity] == [True]
        assert any("recover" in said for said in keys.advice)
        assert not any("--lift" in said for said in keys.advice)
        await _leave_out_layla(world, omar, monkeypatch)
        await world.sync(layla, rima, sami)
        assert layla.row.state == "astray"
        await _a_day(world, layla, rima, omar, sami)
        assert (await (await layla.group()).status()).admin
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_whom_another_admin_can_decide_about_is_not_brought_back_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        await world.together([(layla, (await layla.group()).set_admins(["Layla", "Rima"], wait=600.0))])
        await world.sync(omar, rima, sami)
        await _say_at_risk(world, "Layla", omar, sami)
        await world.sync(layla, rima, omar, sami)
        assert any("--lift" in said for said in (await (await rima.group()).keys()).advice)
        await _leave_out_layla(world, omar, monkeypatch)
        await world.sync(layla, rima, sami)
        await _a_day(world, layla, rima, omar, sami)
        assert layla.row.state == "astray"
        await (await rima.group()).lift_risk("Layla")
        await _a_day(world, rima, layla, omar, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_request_to_come_back_with_a_leaf_that_breaks_a_rule_stands_in_nobodys_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        world.pass_time(2 * DAY)
        await world.sync(layla, omar, rima)
        grp, honest = sami.row_id, LeafKeys.generate

        def as_rima(*args: Any, **said: Any) -> LeafKeys:
            return honest(*args, **{**said, "person": rima.row.identity})

        def ask(tx: Connection) -> None:
            groups.set_state(tx, grp, "astray", "x")
            coming_back.ask(tx, sami.desk.keeper, grp, "x", now=sami.desk.now, random=sami.desk.random)

        with monkeypatch.context() as hostile:
            hostile.setattr(LeafKeys, "generate", as_rima)
            sami.desk.keeper.write(ask)
        await world.sync(sami)
        for _ in range(8):
            world.pass_time(6 * HOUR)
            await world.sync(layla)
            assert "return" not in _wishes(layla)
        await world.together([(layla, (await layla.group()).remove("Sami", wait=600.0))])
        assert "Sami" not in {one.name for one in await (await layla.group()).members()}

    world.run(story())


def test_a_wish_that_cannot_come_about_fails_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        layla, _, rima, _ = await _four(world)

        def never_rima(group: Any, staged: Any, **known: Any) -> Any:
            if any(one.signature_key == rima.row.identity for one in staged.removed):
                raise BrokenRuleError("for this test")
            return check_commit(group, staged, **known)

        monkeypatch.setattr("taboon_client.session.commits.check_commit", never_rima)
        group = await layla.group()
        await group.remove("Rima", wait=0)
        await group.remove("Sami", wait=0)
        await world.sync(layla)
        assert {one.name for one in await group.members()} == {"Layla", "Omar", "Rima"}
        assert _wishes(layla) == []

    world.run(story())
