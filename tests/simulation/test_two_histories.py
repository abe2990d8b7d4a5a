"""A relay that shows two parts of a group two histories: it is noticed by any second path, and healed by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client.board import Need
from taboon_client.group.changes import PolicyChange
from taboon_client.group.epoch import mailbox_keys
from taboon_client.group.payload import OtherSidePayload
from taboon_client.session import histories
from taboon_client.session.showing import Showing
from taboon_client.vault import groups, other_sides, outbox
from tests.simulation.holds import check
from tests.simulation.misdeeds import rotation_of
from tests.simulation.world import HOUR

if TYPE_CHECKING:
    from taboon_client.vault.groups import MailboxRow
    from tests.simulation.world import Device, World


async def _post(device: Device, title: str) -> None:
    item = await (await device.group()).post(Need(title=title, created=int(device.world.now), urgency="now"))
    device.posted[item.id] = title


async def _five(world: World) -> list[Device]:
    admin = await world.found("Layla")
    others = [await world.let_in(admin, name) for name in ("Omar", "Rima", "Sami", "Nour")]
    await world.sync(admin, *others)
    await world.together([(admin, (await admin.group()).set_admins(["Layla", "Omar"], wait=600.0))])
    await world.sync(admin, *others)
    await world.sync(admin, *others)
    return [admin, *others]


async def _rotate(world: World, device: Device) -> None:
    await world.together([(device, (await device.group()).rotate(600.0))])


async def _parted(world: World, there: list[Device], here: list[Device]) -> None:
    """The relay shows two parts two histories: each rotates, and one posts in each."""
    world.relay.fork(*(device.name for device in there))
    for part in (here, there):
        await _rotate(world, part[0])
        await world.sync(*part)
        await _post(part[-1], f"said by {part[-1].name}")
        await world.sync(part[-1])
        await world.sync(*part)
    assert there[0].epoch[0] == here[0].epoch[0]
    assert there[0].epoch != here[0].epoch


async def _together_again(world: World, everyone: list[Device]) -> None:
    """The relay shows everyone one history: those of the other side come over with the next syncs."""
    for _ in range(6):
        world.pass_time(HOUR)
        await world.sync(*everyone)
    check(world, everyone)


async def _text(device: Device) -> str:
    return await (await device.group()).seen()


def test_devices_that_compare_come_together_within_two_syncs(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = everyone = await _five(world)
        await _parted(world, [omar, nour], [layla, rima, sami])
        # Omar's text names epochs alone; Layla's answer shows her side, which stands: its author has the lower leaf.
        first = await (await layla.group()).compare(await _text(omar))
        assert first.parted is not None
        assert (first.stands, bool(first.answer), bool(first.proofs)) == (None, True, True)
        second = await (await omar.group()).compare(first.answer or "")
        assert (second.stands, second.answer) == ("there", None)
        before = len(world.relay.seen)
        await _post(omar, "written after he knew")
        await world.sync(omar)
        await world.sync(nour)
        assert omar.row.state == nour.row.state == "astray"
        # He has told his side, in one blob, and said nothing more there; the rest are requests, one for each leaf.
        assert len(world.relay.seen) - before == 4
        world.relay.be_honest()
        await _together_again(world, everyone)

    world.run(story())


def test_a_relay_that_becomes_honest_is_noticed_and_one_text_brings_all_together(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = everyone = await _five(world)
        await _parted(world, [omar, nour], [layla, rima, sami])
        world.relay.be_honest()
        await _hours(world, 6, everyone)
        # A seal alone does not show that anybody lives in the history that it began.
        assert [one.row.state for one in everyone] == ["active"] * 5
        assert await (await omar.group()).proofs()
        told = [line for line in world.trace if "this one stands by" in line]
        assert sum("Omar" in line for line in told) == 1, told
        answer = (await (await layla.group()).compare(await _text(omar))).answer
        assert (await (await omar.group()).compare(answer or "")).stands == "there"
        await _together_again(world, everyone)

    world.run(story())


def test_a_commit_that_lost_a_race_leads_nobody_into_a_history_where_nobody_lives(world: World) -> None:
    async def story() -> None:
        layla, *others = everyone = await _five(world)
        ended, blobs = _mailbox(layla), rotation_of(layla)
        await _rotate(world, others[-1])
        await world.sync(*everyone)
        # The founder's has the lower leaf, is valid, and the relay signs that it had stood.
        _lie(world, ended, blobs)
        await _hours(world, 6, everyone)
        assert [one.row.state for one in everyone] == ["active"] * 5
        check(world, everyone)

    world.run(story())


def test_the_side_that_most_have_spoken_in_stands_and_what_the_other_had_done_is_done_again(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = everyone = await _five(world)
        await _parted(world, [omar, rima, sami], [layla, nour])
        for device in (omar, rima):
            await _post(device, f"also said by {device.name}")
            await world.sync(device)
        await world.sync(omar, rima, sami)
        # On her side the founder, whose leaf is the lowest, removes a member and changes the rules.
        await world.together([(layla, (await layla.group()).remove("Sami", wait=600.0))])
        await world.together(
            [(layla, (await layla.group()).change_policy(PolicyChange(members_invite=True), wait=600.0))]
        )
        await world.sync(nour)
        asked = await (await omar.group()).compare(await _text(layla))
        told = await (await layla.group()).compare(asked.answer or "")
        assert told.stands == "there"
        world.relay.be_honest()
        for _ in range(8):
            world.pass_time(HOUR)
            await world.sync(*everyone)
        assert sami.row.state == "removed"
        left = [layla, omar, rima, nour]
        check(world, left)
        assert [(await (await device.group()).policy()).members_invite for device in left] == [True] * 4

    world.run(story())


def test_a_text_that_shows_less_than_home_has_signed_moves_nobody(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = await _five(world)
        await _parted(world, [omar, nour], [layla, rima, sami])
        epoch = layla.epoch[0] - 1
        grp, there = layla.row_id, omar.row_id
        shown = layla.desk.keeper.read(lambda tx: histories.show(tx, grp, epoch))
        assert shown is not None
        whole = Showing.decode(shown)
        seal = replace(whole, word=whole.word[:-1] + bytes((whole.word[-1] ^ 1,)))
        other = omar.desk.keeper.read(lambda tx: histories.show(tx, there, epoch))
        stolen = replace(whole, word=Showing.decode(other or b"").word)
        changed = replace(whole, parts=((whole.parts[0][0], whole.parts[0][1][:-1] + b"x"),))

        def weighed(raw: bytes) -> str:
            return omar.desk.keeper.write(lambda tx: histories.weigh(tx, there, raw, now=0)).stands

        liars = (replace(whole, word=b""), seal, stolen, changed, replace(whole, epoch=epoch - 1))
        assert weighed(replace(whole, epoch=2**63).encode()) == "nothing"
        assert {weighed(liar.encode()) for liar in liars} == {"here", "nothing"}
        assert omar.desk.keeper.read(lambda tx: other_sides.standing(tx, there)) is None
        assert weighed(shown) == "there"

    world.run(story())


def _mailbox(device: Device) -> MailboxRow:
    grp = device.row_id
    mailbox = device.desk.keeper.read(lambda tx: groups.get_mailbox(tx, grp))
    assert mailbox is not None
    return mailbox


def _lie(world: World, mailbox: MailboxRow, blobs: list[bytes]) -> None:
    """From now on the relay signs that another commit had been the seal of a mailbox."""
    world.relay.boxes[mailbox_keys(mailbox).mailbox_id].blobs[-1:] = blobs


async def _hours(world: World, count: int, devices: list[Device]) -> None:
    for _ in range(count):
        world.pass_time(HOUR)
        await world.sync(*devices)


def test_a_commit_that_a_member_never_sent_moves_nobody_who_went_on_at_a_popup_relay(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = everyone = await _five(world)
        ended, blobs = _mailbox(omar), rotation_of(omar)
        world.relay.reach = lambda _: False
        for one in (rima, sami):
            await world.together([(one, (await one.group()).use_popup(world.popup_address))])
        await world.sync(rima, sami)
        await world.together([(sami, (await sami.group()).rotate(0))])
        await world.sync(sami)
        await world.sync(rima, sami)
        assert rima.epoch[0] == sami.epoch[0] == ended.epoch + 1
        world.relay.reach = lambda _: True
        await world.sync(rima, sami)
        await world.sync(layla, omar, nour)
        for one in (rima, sami):
            await world.together([(one, (await one.group()).end_popup())])
        await _hours(world, 2, everyone)
        # Of two that home has not signed for Rima and Sami, Omar's has the lower leaf.
        said = OtherSidePayload(Showing.of(ended.epoch, b"", blobs, ended.blob_key, ()).encode()).encode()
        grp = omar.row_id
        omar.desk.keeper.write(lambda tx: outbox.queue_payload(tx, grp, said))
        await _hours(world, 2, everyone)
        assert [one.row.state for one in everyone] == ["active"] * 5
        check(world, everyone)

    world.run(story())


def test_whoever_was_removed_takes_nobody_along_with_the_relays_help(world: World) -> None:
    async def story() -> None:
        layla, omar, rima, sami, nour = await _five(world)
        left = [layla, omar, sami, nour]
        ended, blobs = _mailbox(rima), rotation_of(rima)
        await _rotate(world, sami)
        await world.sync(*left)
        await world.together([(layla, (await layla.group()).remove("Rima", wait=600.0))])
        await world.sync(*left)
        # An older epoch, in which Rima was a member: hers has the lower leaf, and home has signed both.
        _lie(world, ended, blobs)
        await _hours(world, 6, left)
        assert [one.row.state for one in left] == ["active"] * 4
        check(world, left)

    world.run(story())
