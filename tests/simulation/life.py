"""A run: what people do in these days, what breaks meanwhile, the calm after it, and whether all holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Need
from taboon_client.errors import TaboonError
from taboon_client.group.changes import PolicyChange
from tests.simulation.holds import check, holds_event
from tests.simulation.misdeeds import MISDEEDS, requests_of
from tests.simulation.relay import Faults
from tests.simulation.thief import Thief
from tests.simulation.world import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from taboon_client.library.group import Group
    from taboon_client.values import PendingAct
    from tests.simulation.days import Days
    from tests.simulation.world import Device, World

__all__ = ["Life", "live"]

_LIT = 2
"""Honest devices that are never all in the dark: after everyone was away, an admin has to decide whether to go on."""
_CALM = 24
"""Times twelve hours that everything works, at most, before all must hold."""
_OLD = 20
"""Days after which nobody puts back a copy of a vault: the others look for older leaves for 30."""
_TITLES = ("insulin", "blankets", "a lift", "bread", "water", "a bed", "batteries", "milk")


class Life:
    """The people of one run."""

    def __init__(self, world: World, days: Days) -> None:
        self.world = world
        self.days = days
        self.members: list[Device] = []
        """Who is in, or should be."""
        self.gone: dict[str, Thief] = {}
        """Who has left or is to be removed."""
        self.guests: dict[str, Device] = {}
        """Who asks to join."""
        self._until: dict[str, float] = {}
        self._copies: dict[str, tuple[float, Path]] = {}
        self._home_back = 0.0
        self._posts = 0

    # Beginning

    async def begin(self) -> None:
        world, days = self.world, self.days
        admin = await world.found("m0")
        for number in range(1, days.members):
            await world.let_in(admin, f"m{number}", honest=number < days.members - days.liars)
        self.members = list(world.devices.values())
        await world.sync(*self.members)
        names = [device.name for device in self.members[: days.admins]]
        if days.admins > 1:
            await world.together([(admin, (await admin.group()).set_admins(names, wait=600.0))])
            await world.sync(*self.members)
        if days.approvals > 1:
            count = days.approvals
            change = PolicyChange(add_approvals=count, removal_approvals=count, policy_approvals=count)
            await world.together([(admin, (await admin.group()).change_policy(change, 600.0))])
            await world.sync(*self.members)
        if days.circle:
            await self._begin_circle(admin)

    async def _begin_circle(self, admin: Device) -> None:
        world = self.world
        await world.together([(admin, (await admin.group()).create_circle("Medics", me=admin.name, wait=600.0))])
        for device in self.members[1:4]:
            circle = await _circle(admin)
            assert circle is not None
            link = (await circle.invite()).link
            await world.together([(device, device.taboon.join(link, me=device.name, wait=600.0))])
            await world.sync(admin)
            await world.together([(admin, circle.approve(device.name, wait=600.0))])
            await world.sync(device)

    @property
    def honest(self) -> list[Device]:
        return [device for device in self.members if device.honest]

    def person(self, name: str) -> str:
        """Return the name of whose device it is."""
        return name.removesuffix("'s laptop")

    # The storm

    async def storm(self) -> None:
        world, days = self.world, self.days
        world.relay.faults = world.popup.faults = days.faults
        world.relay.copy_disk()
        world.dying = days.dying
        for _ in range(days.steps):
            world.pass_time(world.random.randrange(1, days.hours) * HOUR)
            self._weather()
            await self._change_who_is_here()
            awake = [device for device in self._everyone() if device.online and world.chance(60)]
            await world.together([(device, self._do(device)) for device in awake])
        world.relay.faults = world.popup.faults = Faults()
        world.dying = 0

    def _weather(self) -> None:
        world, days = self.world, self.days
        for device in self.members:
            lit = sum(one.online for one in self.honest) - (device.online and device.honest)
            if not device.online and world.now >= self._until[device.name]:
                device.online = True
                world.note(f"{device.name}: is back")
            elif device.online and world.chance(days.dark) and lit >= _LIT:
                device.online = False
                self._until[device.name] = world.now + world.random.randrange(1, days.dark_days * 24) * HOUR
                world.note(f"{device.name}: goes dark")
        if world.chance(days.loses_disk):
            world.note("the relay loses its disk")
            world.relay.lose_disk()
        if days.rolls_back and world.chance(20):
            world.relay.copy_disk()
        elif world.chance(days.rolls_back):
            world.note("the relay goes back to an old copy of its disk")
            world.relay.roll_back()
        if world.chance(days.clocks):
            device = world.random.choice(self.members)
            wrong = world.random.randrange(-days.wrong * HOUR, days.wrong * HOUR)
            world.note(f"{device.name}: the clock is wrong by {wrong / HOUR:+.1f} hours")
            device.set_clock(wrong, world.random.randrange(-300, 300))
        if self._home_back and world.now >= self._home_back:
            self._home_comes_back()
        elif not self._home_back and world.chance(days.popup):
            self._home_goes()
        self._put_back_copies()

    def _home_goes(self) -> None:
        """The internet is away for some days; some of the members are in one place, and have a relay there."""
        world = self.world
        here = {device.name for device in self.members if world.chance(60)}
        world.note(f"home goes away; at the pop-up relay: {', '.join(sorted(here)) or 'nobody'}")
        self._home_back = world.now + world.random.randrange(6, 96) * HOUR
        world.relay.reach = lambda _: False
        world.popup.reach = lambda device: device.name in here

    def _home_comes_back(self) -> None:
        self.world.note("home is back")
        self._home_back = 0.0
        self.world.relay.reach = lambda _: True

    def _put_back_copies(self) -> None:
        world = self.world
        if not self.days.restores:
            return
        device = world.random.choice(self.members)
        if world.chance(30) and device.row.state == "active":
            target = device.folder.with_name(f"{device.name}.copy")
            device.backup().replace(target) if not target.exists() else None
            self._copies[device.name] = (world.now, target)
        elif device.name in self._copies and world.chance(self.days.restores):
            at, copy = self._copies.pop(device.name)
            if world.now - at < _OLD * DAY:
                device.restore(copy)
                self._forget_what_only_they_had(device)

    def _forget_what_only_they_had(self, device: Device) -> None:
        """What was on that disk alone is gone with it."""
        others = [one for one in self.members if one is not device]
        device.posted = {
            item: title
            for item, title in device.posted.items()
            if holds_event(device, item) or any(holds_event(one, item) for one in others)
        }

    async def _change_who_is_here(self) -> None:
        world, days = self.world, self.days
        world.dying = 0
        await self._let_people_come_and_go()
        world.dying = days.dying

    async def _let_people_come_and_go(self) -> None:
        world, days = self.world, self.days
        admins = [device for device in self.honest if device.online and await _is_admin(device)]
        if not admins:
            return
        admin = world.random.choice(admins)
        if world.chance(days.joins):
            await self._invite(admin, f"n{len(world.devices)}")
        if world.chance(days.devices):
            first = world.random.choice(self.honest)
            if f"{first.name}'s laptop" not in world.devices and not first.name.endswith("laptop"):
                await self._invite(admin, f"{first.name}'s laptop", first.name)
        if world.chance(days.removals):
            await self._say_who_goes(admin)
        if world.chance(days.leaves):
            await self._leave()

    async def _invite(self, admin: Device, name: str, person: str | None = None) -> None:
        group = await admin.group()
        try:
            invite = await (group.invite() if person is None else group.link_device(member=person))
        except TaboonError as error:
            self.world.note(f"{admin.name}: cannot invite {name}: {error}")
            return
        device = self.world.devices.get(name) or self.world.device(name)
        self.world.note(f"{admin.name}: invites {name}")
        self.guests[name] = device
        await device.taboon.join(invite.link, me=name, wait=0)

    async def _may_go(self) -> list[Device]:
        """Return who can be spared: as many honest admins stay as an act needs, and two honest members."""
        admins = [device for device in self.honest if await _is_admin(device)]
        spared = [device for device in self.members if device not in admins and device.grp is not None]
        if len(admins) > self.days.approvals:
            spared += admins[1:]
        spared = [device for device in spared if not device.name.endswith("laptop")]
        return [one for one in spared if len({*self.honest} - {one}) >= _LIT]

    async def _say_who_goes(self, admin: Device) -> None:
        found = [device for device in await self._may_go() if device is not admin]
        if not found:
            return
        device = self.world.random.choice(found)
        try:
            await (await admin.group()).remove(device.name, wait=0)
        except TaboonError as error:
            self.world.note(f"{admin.name}: cannot remove {device.name}: {error}")
            return
        self.world.note(f"{admin.name}: wishes to remove {device.name}")
        self._part_with(device)

    async def _leave(self) -> None:
        found = [device for device in await self._may_go() if device.row.state == "active" and device.honest]
        if not found:
            return
        device = self.world.random.choice(found)
        try:
            await (await device.group()).leave(wait=0)
        except TaboonError:
            return
        self.world.note(f"{device.name}: leaves")
        self._part_with(device)

    def _part_with(self, device: Device) -> None:
        for one in [other for other in self.members if self.person(other.name) == device.name]:
            self.members.remove(one)
            self.gone[one.name] = Thief(one)
        self.guests.pop(f"{device.name}'s laptop", None)

    # What people do

    async def _do(self, device: Device) -> None:
        """One person looks at the device, does something perhaps, and syncs."""
        if device.grp is not None and device.row.state == "active":
            if not device.honest and self.world.chance(50):
                await self._misbehave(device)
            elif device.name not in self.gone:
                await self._quietly(device, self._act(device))
                await self._quietly(device, self._duties(device))
            await self._quietly(device, self._place(device))
        await self._sync(device)

    async def _quietly(self, device: Device, act: Awaitable[object]) -> None:
        try:
            await act
        except TaboonError as error:
            self.world.note(f"{device.name}: cannot: {error}")

    async def _misbehave(self, device: Device) -> None:
        if self.days.misdeeds:
            await self._quietly(device, MISDEEDS[self.world.random.choice(self.days.misdeeds)](device))

    async def _place(self, device: Device) -> None:
        """Use the pop-up relay while home is away, as whoever is in that place does."""
        if not self.days.popup:
            return
        group = await device.group()
        used = await group.popup()
        if used is None and self._home_back and self.world.popup.reach(device) and device.online:
            self.world.note(f"{device.name}: uses the pop-up relay")
            await group.use_popup(self.world.popup_address)
        elif used is not None and not used.over and not self._home_back:
            self.world.note(f"{device.name}: ends the use of the pop-up relay")
            await group.end_popup()

    async def _act(self, device: Device) -> None:
        world, group = self.world, await device.group()
        circle = await _circle(device) if self.days.circle else None
        if circle is not None and world.chance(30):
            await circle.post(Need(title="for the circle", created=int(world.now)))
        dice = world.random.randrange(100)
        if dice < 40:
            self._posts += 1
            title = f"{world.random.choice(_TITLES)} {self._posts}"
            item = await group.post(Need(title=title, created=int(world.now)))
            device.posted[item.id] = title
            world.note(f"{device.name}: posts {title}")
        elif dice < 40 + self.days.rotations:
            world.note(f"{device.name}: wishes to rotate")
            await group.rotate(0)
        elif dice < 95:
            await self._about_an_item(device, group)
        if world.chance(self.days.risks):
            await self._speak_of_risk(group)

    async def _about_an_item(self, device: Device, group: Group) -> None:
        board = await group.board()
        if not board:
            return
        item = self.world.random.choice(board)
        match self.world.random.randrange(6):
            case 0 | 1 | 2:
                await group.pledge(item.id)
            case 3:
                await group.comment(item.id, f"{device.name} was here")
            case 4:
                await group.deliver(item.id)
            case _:
                if item.id in device.posted:
                    self.world.note(f"{device.name}: withdraws {device.posted.pop(item.id)}")
                    await group.withdraw(item.id)

    async def _speak_of_risk(self, group: Group) -> None:
        """Say it of members who are no admins: of the only one, nobody could decide otherwise."""
        others = [one for one in await group.members() if not one.admin and not one.me]
        if others:
            member = self.world.random.choice(others)
            self.world.note(f"{member.name} is said to be at risk")
            await group.say_at_risk(member)

    # What admins do

    async def _duties(self, device: Device) -> None:
        group = await device.group()
        if not (await group.status()).admin:
            return
        for request in await group.requests():
            if not request.approved and request.name in self.guests:
                self.world.note(f"{device.name}: approves {request.name}")
                await group.approve(request.code, wait=0)
        for act in await group.acts():
            if act.mine and self._is_agreed(act):
                self.world.note(f"{device.name}: agrees to {act.kind} {act.name}")
                await group.agree(act.code, wait=0)
        honest = {one.row.identity: one for one in self.honest if one.grp is not None}
        for back in await group.returns():
            if back.identity in honest:
                self.world.note(f"{device.name}: lets {honest[back.identity].name} come back with an older leaf")
                await group.approve(back.code, wait=0)

    def _is_agreed(self, act: PendingAct) -> bool:
        if act.kind == "remove":
            leaving = {one.identity for one in self.gone.values()}
            return leaving.issuperset(act.members)
        return act.kind == "add" and (not act.name or act.name in self.guests)

    # Syncing

    async def _sync(self, device: Device) -> None:
        if device.name in self.gone:
            self.gone[device.name].copy()
        await self.world.sync_one(device)
        if device.grp is not None:
            self.world.requests += [one for one in requests_of(device) if one not in self.world.requests]
        if device.name in self.guests and device.grp is not None:
            self.world.note(f"{device.name}: is in")
            del self.guests[device.name]
            self.members.append(device)
            device.posted = {}

    # The calm

    async def calm(self) -> None:
        """Everything works again: some days in which every device syncs twice a day, and admins do what waits."""
        world = self.world
        for device in self.members:
            device.online = True
            device.set_clock(world.random.randrange(-600, 600), 0)
            device.spoils_paths = False
        for one in self.gone.values():
            one.device.online = world.chance(50)
        self._home_comes_back()
        world.note("calm")
        for turn in range(_CALM):
            world.pass_time(12 * HOUR)
            for guest in list(self.guests.values()):
                await self._ask_again(guest)
            await world.together([(device, self._look_after(device)) for device in self._everyone()])
            if turn > 5 and self._settled():
                break
        # What a device does by itself (keys made anew on schedule) may come in the very last sync.
        for _ in range(3):
            await world.together([(device, self._sync(device)) for device in self._everyone()])

    def _everyone(self) -> list[Device]:
        return [*self.members, *(one.device for one in self.gone.values()), *self.guests.values()]

    async def _look_after(self, device: Device) -> None:
        if device.grp is not None and device.row.state == "active" and device.honest and device.name not in self.gone:
            await self._quietly(device, self._lift(device))
            await self._quietly(device, self._duties(device))
            await self._quietly(device, self._remove_again(device))
            await self._quietly(device, self._place(device))
        await self._sync(device)

    async def _ask_again(self, device: Device) -> None:
        """Whoever was to be let in, and whose invite has ended, is given another one."""
        waiting = [one for one in await device.taboon.joinings() if one.state == "waiting"]
        if waiting:
            return
        for admin in self.honest:
            if admin.grp is not None and await _is_admin(admin):
                first = self.person(device.name)
                await self._invite(admin, device.name, first if first != device.name else None)
                return

    async def _lift(self, device: Device) -> None:
        group = await device.group()
        if (await group.status()).admin:
            people = await group.people()
            for one in (await group.keys()).members:
                if one.suspended and not people[one.identity].me:
                    await group.lift_risk(people[one.identity])

    async def _remove_again(self, device: Device) -> None:
        """An admin sees somebody who was to go, and whose removal nobody wishes any more: it was lost with a vault."""
        group = await device.group()
        status = await group.status()
        if not status.admin or status.wishes:
            return
        leaving = {one.identity for one in self.gone.values()}
        for member in await group.members():
            if member.identity in leaving and not member.me:
                self.world.note(f"{device.name}: removes {member.name}, who is still there")
                await group.remove(member, wait=0)

    def _settled(self) -> bool:
        if self.guests or any(device.grp is None or device.row.state != "active" for device in self.honest):
            return False
        return len({device.epoch for device in self.honest}) == 1

    # The end

    def check(self) -> None:
        honest = self.honest
        assert not self.guests, f"never let in: {list(self.guests)}\n{self.world.story()}"
        check(self.world, honest, self.gone.values())
        if self.days.circle:
            check(self.world, honest, circle=True)


async def _is_admin(device: Device) -> bool:
    if device.grp is None or device.row.state != "active":
        return False
    return (await (await device.group()).status()).admin


async def _circle(device: Device) -> Group | None:
    found = await (await device.group()).circles()
    return found[0] if found else None


def live(world: World, days: Days) -> None:
    """Live a run through, and check that everything holds."""
    world.kind = str(days)
    life = Life(world, days)

    async def all_of_it() -> None:
        await life.begin()
        await life.storm()
        await life.calm()

    world.run(all_of_it())
    life.check()
