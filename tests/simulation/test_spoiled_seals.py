"""A seal that is no commit of the group: noise, or a commit that breaks a rule. The group goes on within two syncs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.session import steps
from taboon_crypto.mls.tree.kem import FreshPath
from tests.simulation.holds import check
from tests.simulation.misdeeds import leaving_out, noise, seal_epoch_with, seal_own_with, signed_by
from tests.simulation.world import HOUR

if TYPE_CHECKING:
    from taboon_crypto import mls
    from tests.simulation.world import Device, World


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=0))
    device.posted[item.id] = title


async def _four(world: World) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in ("Omar", "Rima", "Sami")]
    await world.sync(admin, *others)
    return [admin, *others]


def _read_only(device: Device) -> bool:
    """Let a device follow the mailbox of its epoch, and send nothing."""
    at = steps.position(device.desk, device.row_id)
    assert at is not None
    page = device.world.relay.read(at.keys.mailbox_id, at.cursor, page_class=2)
    applied = steps.apply_page(
        device.desk, device.row_id, at, after=page.cursor, blobs=page.blobs, sealed=page.sealed and page.complete
    )
    return applied.moved


def _own_seal(device: Device) -> list[bytes]:
    """Let a device make the commit with which it would end a spoiled epoch now."""
    own = steps.own_positions(device.desk, device.row_id)[-1]
    work = steps.work(device.desk, device.row_id, own, tries=0)
    assert work is not None
    assert work.seal is not None
    return list(work.seal.blobs)


def _told(world: World, what: str) -> list[str]:
    return [line for line in world.trace if what in line]


def test_noise_as_a_seal_holds_a_group_up_for_two_syncs_at_most(world: World) -> None:
    async def story() -> None:
        layla, omar, *others = await _four(world)
        await _post(omar, "before")
        await world.sync(omar)
        before = layla.epoch[0]
        assert seal_epoch_with(others[1], noise(others[1]))
        await _post(omar, "after")
        await world.sync(omar)
        await world.sync(layla)
        assert layla.epoch[0] == before + 1
        await world.sync(layla, omar, *others)
        await world.sync(layla, omar, *others)
        check(world, [layla, omar, *others])

    world.run(story())


def test_what_everyone_said_in_own_mailboxes_is_on_every_board_though_nobody_waited_for_them(world: World) -> None:
    async def story() -> None:
        layla, *others = await _four(world)
        assert seal_epoch_with(others[0], noise(others[0]))
        await world.sync(*others)
        for device in others:
            await _post(device, f"of {device.name}")
        # An admin makes the next epoch while they write: it has not read all of it.
        await world.sync(layla, *others)
        for _ in range(2):
            await world.sync(layla, *others)
        check(world, [layla, *others])

    world.run(story())


def test_a_commit_that_breaks_a_rule_is_spoiled_and_its_author_is_named(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)

        def remove_the_admin(group: mls.Group) -> bytes:
            leaf = next(m.leaf for m in group.members() if m.signature_key == layla.row.identity)
            staged = group.commit(remove=(leaf,), path=True, random=world.bytes, now=int(world.now))
            return staged.message or b""

        assert seal_epoch_with(omar, signed_by(omar, remove_the_admin))
        await world.sync(layla, rima, sami)
        assert _told(world, "Layla: is told: what ended an epoch without being a valid commit is signed by Omar")
        await world.sync(layla, rima, sami)
        check(world, [layla, rima, sami])

    world.run(story())


def test_who_spoils_an_own_mailbox_too_is_named_and_goes_on_in_the_next(world: World) -> None:
    async def story() -> None:
        layla, omar, *others = await _four(world)
        assert seal_epoch_with(omar, noise(omar))
        # Her device has only read that; its own mailbox is sealed with noise before it can make a commit.
        await world.sync(omar, *others)
        assert _read_only(layla)
        assert seal_own_with(layla, noise(layla))
        await world.sync(omar, *others)
        assert _told(world, "is told: the mailbox in which only Layla can write")
        await world.sync(layla)
        await world.sync(omar, *others)
        check(world, [layla, omar, *others])

    world.run(story())


def test_a_seal_in_the_own_mailbox_of_a_member_who_is_no_admin_counts_for_nothing(world: World) -> None:
    async def story() -> None:
        layla, omar, *others = await _four(world)
        assert seal_epoch_with(omar, noise(omar))
        await world.sync(omar)

        def rotate(group: mls.Group) -> bytes:
            return group.commit(path=True, random=world.bytes, now=int(world.now)).message or b""

        assert seal_own_with(omar, signed_by(omar, rotate))
        await world.sync(*others)
        await world.sync(layla, *others)
        await world.sync(*others)
        await world.sync(layla, *others)
        check(world, [layla, *others])

    world.run(story())


def test_of_two_admins_who_seal_an_epoch_at_once_one_stands_on_every_device(world: World) -> None:
    async def story() -> None:
        layla, omar, *others = await _four(world)
        await world.together([(layla, (await layla.group()).set_admins(["Layla", "Omar"], wait=600.0))])
        await world.sync(layla, omar, *others)
        await world.sync(layla, omar, *others)
        assert seal_epoch_with(others[0], noise(others[0]))
        # Each reads the noise, and makes its commit before it can see the other's.
        for device in (layla, omar):
            assert _read_only(device)
        await world.sync(others[0])
        staged = [_own_seal(device) for device in (layla, omar)]
        for device, blobs in zip((layla, omar), staged, strict=True):
            assert seal_own_with(device, blobs)
        await _post(omar, "on one side or the other")
        await world.sync(omar)
        await world.sync(others[1])
        for _ in range(3):
            await world.sync(layla, omar, *others)
        assert _told(world, "two commits had ended one epoch")
        check(world, [layla, omar, *others])

    world.run(story())


@pytest.mark.parametrize(("node", "place", "victim"), [(-1, -1, "Sami"), (0, 0, "Layla")])
def test_whom_a_member_leaves_out_of_a_path_is_told_by_whom_and_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch, node: int, place: int, victim: str
) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _four(world)
        with monkeypatch.context() as hostile:
            hostile.setattr(FreshPath, "encrypt", leaving_out(omar, node, place))
            await world.together([(omar, (await omar.group()).rotate(600.0))])
        await world.sync(layla, rima, sami)
        left_out = next(device for device in (layla, sami) if device.name == victim)
        assert [device.name for device in (layla, rima, sami) if device.row.state != "active"] == [victim]
        assert _told(world, f"{victim}: is told: the commit that this device cannot follow is signed by Omar")
        for _ in range(12):
            world.pass_time(5 * HOUR)
            await world.sync(layla, omar, rima, sami)
        for _ in range(2):
            await world.sync(layla, omar, rima, sami)
        assert left_out.row.state == "active"
        assert (await (await layla.group()).status()).admin
        check(world, [layla, omar, rima, sami])

    world.run(story())
