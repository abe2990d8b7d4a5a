"""Devices that were dark, lost their way or are an old copy come back by themselves, with new keys and one board."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from taboon_client import cbor
from taboon_client.board import Need
from taboon_client.errors import NotAllowedError
from taboon_client.group.commit_data import CommitData, psk_id
from taboon_client.group.rejoining import ReturnRequest
from taboon_client.session import coming_back as coming_back_steps
from taboon_client.session.watching import contents
from taboon_client.vault import coming_back
from taboon_crypto import mls
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.mailbox import rendezvous_blob_key
from taboon_crypto.primitives.secret import Secret
from tests.simulation.holds import check
from tests.simulation.misdeeds import requests_of, seal_epoch_with, signed_by
from tests.simulation.world import DAY, HOUR

if TYPE_CHECKING:
    from taboon_crypto.mailbox import MailboxKeys
    from tests.simulation.world import Device, World


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=int(device.world.now), urgency="now"))
    device.posted[item.id] = title


async def _group(world: World) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in ("Omar", "Rima", "Sami")]
    await world.sync(admin, *others)
    await world.sync(admin, *others)
    return [admin, *others]


async def _days(world: World, count: int, *devices: Device) -> None:
    """Days in which some devices sync, and make their keys anew when it is time."""
    for _ in range(count):
        world.pass_time(DAY)
        await world.sync(*devices)


async def _come_back(world: World, *devices: Device) -> None:
    """Two days in which everybody syncs now and then."""
    for _ in range(10):
        world.pass_time(5 * HOUR)
        await world.sync(*devices)
    await world.sync(*devices)


@pytest.mark.parametrize("dark", [3, 30, 120])
def test_a_device_that_was_dark_comes_back_by_itself_with_the_board_and_what_it_wrote(world: World, dark: int) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await _post(sami, "written in the dark")
        await _post(omar, "said meanwhile")
        await _days(world, dark, layla, omar, rima)
        sami.online = True
        await world.sync(sami)
        await _come_back(world, layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_a_device_that_was_dark_for_a_year_comes_back_too(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        for _ in range(25):
            world.pass_time(15 * DAY)
            await world.sync(layla, omar, rima)
        sami.online = True
        await _come_back(world, layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_the_only_admin_comes_back_with_the_role_by_what_the_others_do(world: World) -> None:
    async def story() -> None:
        layla, *others = await _group(world)
        layla.online = False
        await _days(world, 50, *others)
        layla.online = True
        await _come_back(world, layla, *others)
        check(world, [layla, *others])
        assert (await (await layla.group()).status()).admin

    world.run(story())


def test_an_old_copy_of_a_vault_freezes_and_comes_back_without_using_a_key_twice(world: World) -> None:
    async def story() -> None:
        layla, omar, *others = await _group(world)
        copy = omar.backup()
        await _post(omar, "after the copy")
        await world.sync(omar)
        await world.sync(layla, *others)
        omar.restore(copy)
        await world.sync(omar)
        assert omar.row.state == "frozen"
        await _come_back(world, layla, omar, *others)
        await _post(omar, "back again")
        await world.sync(omar)
        await world.sync(layla, *others)
        check(world, [layla, omar, *others])

    world.run(story())


def test_whoever_has_come_back_still_looks_where_an_older_leaf_may_ask(world: World) -> None:
    async def story() -> None:
        layla = await world.found("Layla")
        omar = await world.let_in(layla, "Omar")
        copy_of_omar = omar.backup()
        await world.together([(omar, (await omar.group()).rotate(600.0))])
        # Of the leaf that Omar had before Rima never hears, and by her Layla has to come back.
        rima = await world.let_in(layla, "Rima")
        await world.sync(layla, omar, rima)
        copy_of_layla = layla.backup()
        await _post(layla, "after the copy")
        await world.sync(layla)
        await world.sync(omar, rima)
        layla.restore(copy_of_layla)
        omar.restore(copy_of_omar)
        await _come_back(world, layla, rima)
        assert layla.row.state == "active"
        await world.sync(omar)
        assert omar.row.state == "frozen"
        await _come_back(world, layla, omar, rima)
        (asks,) = await (await layla.group()).returns()
        await world.together([(layla, (await layla.group()).approve(asks.code, 600.0))])
        await world.sync(omar, rima)
        await world.sync(layla, omar, rima)
        check(world, [layla, omar, rima])

    world.run(story())


def test_a_request_to_come_back_is_answered_though_devices_die_at_any_step(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await _days(world, 40, layla, omar, rima)
        sami.online = True
        world.dying = 3
        for _ in range(6):
            await _come_back(world, layla, omar, rima, sami)
        world.dying = 0
        await _come_back(world, layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def test_keys_of_a_request_are_gone_once_it_was_answered(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await _days(world, 40, layla, omar, rima)
        sami.online = True
        await world.sync(sami)
        grp = sami.row_id
        assert sami.desk.keeper.read(lambda tx: coming_back.get_coming(tx, grp)) is not None
        await _come_back(world, layla, omar, rima, sami)
        assert sami.desk.keeper.read(lambda tx: coming_back.get_coming(tx, grp)) is None

    world.run(story())


def _told_of_removal(device: Device) -> bool:
    return "was removed" in (device.row.problem or "")


async def _until_told(world: World, device: Device, *others: Device) -> None:
    for _ in range(20):
        if _told_of_removal(device):
            return
        world.pass_time(8 * HOUR)
        await world.sync(*others, device)
    raise AssertionError(world.story())


@pytest.mark.parametrize("dark", [40, 150])
def test_who_was_removed_while_dark_is_told_so_with_the_day_and_nothing_else(world: World, dark: int) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await world.together([(layla, (await layla.group()).remove("Sami", wait=600.0))])
        day = int(layla.desk.now) // DAY
        await world.sync(omar, rima)
        await _days(world, dark, layla, omar, rima)
        sami.online = True
        await world.sync(sami)
        (answering,) = _answers_of(sami)
        await _until_told(world, sami, layla, omar, rima)
        assert str(date(1970, 1, 1) + timedelta(days=day)) in (sami.row.problem or "")
        assert sami.row.state != "active"
        said = world.relay.boxes[answering.mailbox_id].blobs
        words = contents(rendezvous_blob_key(_coming(sami).answering), said)
        assert {(word.kind, word.body) for word in words} == {(Kind.GONE, cbor.encode([day]))}
        check(world, [layla, omar, rima])

    world.run(story())


def test_somebody_who_is_told_wrongly_that_they_were_removed_comes_back_all_the_same(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await _days(world, 40, layla, omar, rima)
        sami.online = True
        await world.sync(sami)
        (answering,) = _answers_of(sami)
        key = rendezvous_blob_key(_coming(sami).answering)
        world.relay.create(answering.mailbox_id, answering.retention)
        for content in split(Kind.GONE, cbor.encode([20_000]), world.bytes):
            blob = seal_blob(key, content, world.bytes)
            world.relay.append(answering.mailbox_id, blob, seal=False, expected=None)
        await world.sync(sami)
        assert _told_of_removal(sami)
        await _come_back(world, layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())


def _answers_of(device: Device) -> tuple[MailboxKeys, ...]:
    asking = coming_back_steps.asking(device.desk, device.row_id)
    assert asking is not None
    return asking.answering


def test_a_request_that_was_answered_brings_nobody_back_a_second_time(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        sami.online = False
        await _days(world, 40, layla, omar, rima)
        sami.online = True
        await world.sync(sami)
        (request,) = requests_of(sami)
        await _come_back(world, layla, omar, rima, sami)

        def again(group: mls.Group) -> bytes:
            leaf = next(one.leaf for one in group.members() if one.signature_key == sami.row.identity)
            package = ReturnRequest.read(group.group_id, group.suite, request).package
            psk = mls.ExternalPsk(psk_id=psk_id(bytes(32)))
            data = CommitData(psks={psk.psk_id: Secret(bytes(32))}, returns=(request,))
            staged = group.commit(
                add=(package,),
                remove=(leaf,),
                psks=((psk, bytes(32)),),
                by_reference=False,
                path=True,
                authenticated_data=data.encode(),
                random=world.bytes,
                now=int(world.now),
            )
            return staged.message or b""

        assert seal_epoch_with(omar, signed_by(omar, again))
        await world.sync(layla, rima, sami)
        await world.sync(layla, rima, sami)
        assert [line for line in world.trace if "without being a valid commit is signed by Omar" in line]
        check(world, [layla, rima, sami])

    world.run(story())


def _coming(device: Device) -> coming_back.ComingBackRow:
    grp = device.row_id
    row = device.desk.keeper.read(lambda tx: coming_back.get_coming(tx, grp))
    assert row is not None
    return row


async def _away(world: World, days: int, *devices: Device) -> None:
    """Everyone is away for so long; then each syncs, and asks to come back."""
    for device in devices:
        device.online = False
    world.pass_time(days * DAY)
    for device in devices:
        device.online = True
    await world.sync(*devices)


def test_after_everyone_was_away_for_too_long_an_admin_goes_on_and_the_others_come_back(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        await _post(omar, "said before")
        await world.sync(omar, layla, rima, sami)
        sami.online = False
        await world.together([(layla, (await layla.group()).rotate(600.0))])
        await world.sync(layla, omar, rima)
        everyone = [layla, omar, rima, sami]
        await _away(world, 40, *everyone)
        await _come_back(world, *everyone)
        assert {device.row.state for device in everyone} == {"astray"}
        with pytest.raises(NotAllowedError, match="only an admin"):
            await (await omar.group()).go_on(600.0)
        await world.together([(layla, (await layla.group()).go_on(600.0))])
        await _post(layla, "going on")
        await _come_back(world, *everyone)
        check(world, everyone)

    world.run(story())


def test_nobody_goes_on_alone_from_a_group_that_goes_on(world: World) -> None:
    async def story() -> None:
        layla, *_ = await _group(world)
        with pytest.raises(NotAllowedError, match="not how it stands"):
            await (await layla.group()).go_on(0)

    world.run(story())


def test_an_admin_who_went_on_alone_goes_back_to_those_who_had_gone_on_before(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami = await _group(world)
        layla.online = False
        await _post(layla, "said in the dark")
        await _days(world, 40, omar, rima, sami)
        for device in (omar, rima, sami):
            device.online = False
        layla.online = True
        await world.sync(layla)
        assert layla.row.state == "astray"
        await world.together([(layla, (await layla.group()).go_on(600.0))])
        await _post(layla, "said alone")
        await _days(world, 3, layla)
        for device in (omar, rima, sami):
            device.online = True
        await _come_back(world, layla, omar, rima, sami)
        check(world, [layla, omar, rima, sami])

    world.run(story())
