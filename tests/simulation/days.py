"""Random days of a group: what people do, what breaks meanwhile, and the calm after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client.board import Need
from taboon_client.errors import TaboonError
from tests.simulation.holds import Knowledge, check
from tests.simulation.misdeeds import noise, seal_epoch_with
from tests.simulation.relay import Faults
from tests.simulation.world import HOUR

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from tests.simulation.world import Device, World

__all__ = ["Days", "live"]


@dataclass(frozen=True, slots=True)
class Days:
    """What one run is made of.

    Attributes:
        members: At the beginning.
        steps: Steps of the storm; each is some hours, and some devices do something in it.
        dying: Of a hundred ends of steps and calls, how many a device dies at.
        faults: Of the relay and the way to it.
        dark, dark_days: Of a hundred, how often a device goes out of reach; for how many days at most.
        rotations: Of a hundred acts, how many make new keys.
        removals: Whether somebody may be removed at the end.
        loses_disk: Of a hundred steps, how often the relay loses its disk.
        spoils: Of a hundred acts, how often the epoch is sealed with noise.
        hours: Of a step, at most.
        admins: How many members are admins.
    """

    members: int = 4
    steps: int = 20
    dying: int = 1
    faults: Faults = field(default_factory=lambda: Faults(unheard=3, unanswered=3, late=5, repeated=3))
    dark: int = 3
    dark_days: int = 3
    rotations: int = 15
    removals: int = 3
    loses_disk: int = 0
    spoils: int = 0
    hours: int = 12
    admins: int = 1


_LIT = 2
"""Members who are never all in the dark: after everyone was away, an admin has to decide whether to go on."""


class _Life:
    def __init__(self, world: World, days: Days) -> None:
        self.world = world
        self.days = days
        self.members: list[Device] = []
        self.removed: list[Knowledge] = []
        self._until: dict[str, float] = {}
        self._posts = 0

    async def begin(self) -> None:
        admin = await self.world.found("m0")
        for number in range(1, self.days.members):
            await self.world.let_in(admin, f"m{number}")
        self.members = list(self.world.devices.values())
        await self.world.sync(*self.members)
        if self.days.admins > 1:
            names = [device.name for device in self.members[: self.days.admins]]
            await self.world.together([(admin, (await admin.group()).set_admins(names, wait=600.0))])
            await self.world.sync(*self.members)

    async def storm(self) -> None:
        world, days = self.world, self.days
        world.relay.faults, world.dying = days.faults, days.dying
        for _ in range(days.steps):
            world.pass_time(world.random.randrange(1, days.hours) * HOUR)
            self._weather()
            awake = [device for device in self.members if device.online and world.chance(60)]
            await world.together([(device, self._do(device)) for device in awake])
        world.relay.faults, world.dying = Faults(), 0

    def _weather(self) -> None:
        world = self.world
        for device in self.members:
            if not device.online and world.now >= self._until[device.name]:
                device.online = True
                world.note(f"{device.name}: is back")
            elif device.online and world.chance(self.days.dark) and sum(one.online for one in self.members) > _LIT:
                device.online = False
                self._until[device.name] = world.now + world.random.randrange(1, self.days.dark_days * 24) * HOUR
                world.note(f"{device.name}: goes dark")
        if world.chance(self.days.loses_disk):
            world.note("the relay loses its disk")
            world.relay.lose_disk()

    async def _do(self, device: Device) -> None:
        """One person looks at the device, does something perhaps, and syncs."""
        group = await device.group()
        if (await group.status()).state == "active":
            if self.world.chance(self.days.spoils):
                seal_epoch_with(device, noise(device))
            await self._act(device)
        await self._sync(device)

    async def _act(self, device: Device) -> None:
        world, group = self.world, await device.group()
        dice = world.random.randrange(100)
        if dice < 50:
            self._posts += 1
            title = f"need {self._posts}"
            item = await group.post(Need(title=title, created=int(world.now)))
            device.posted[item.id] = title
            world.note(f"{device.name}: posts {title}")
        elif dice < 50 + self.days.rotations:
            world.note(f"{device.name}: wishes to rotate")
            await group.rotate(0)
        elif dice < 50 + self.days.rotations + 15:
            board = await group.board()
            if board:
                item = world.random.choice(board)
                await self._quietly(group.pledge(item.id))

    async def _quietly(self, act: Coroutine[Any, Any, object]) -> None:
        try:
            await act
        except TaboonError:
            return

    async def _sync(self, device: Device) -> None:
        for report in (await device.taboon.sync(None)).values():
            for notice in report.notices:
                self.world.note(f"{device.name}: is told: {notice}")
            if report.problem:
                self.world.note(f"{device.name}: {report.problem}")

    async def remove(self, admin: Device, gone: Device) -> None:
        """Take somebody out, in a calm moment."""
        world = self.world
        known = Knowledge(gone)
        self.members.remove(gone)
        await world.together([(admin, (await admin.group()).remove(gone.name, wait=600.0))])
        known.ends_with(world)
        self.removed.append(known)

    async def calm(self) -> None:
        """Everything works again: a few days in which every device syncs twice a day."""
        for device in self.members:
            device.online = True
        for _ in range(8):
            self.world.pass_time(12 * HOUR)
            await self.world.sync(*self.members)
        # What a device does by itself (keys made anew on schedule) may come in the very last sync.
        for _ in range(3):
            await self.world.sync(*self.members)


def live(world: World, days: Days) -> None:
    """Live a run through, and check that everything holds."""
    life = _Life(world, days)

    async def all_of_it() -> None:
        await life.begin()
        await life.storm()
        await life.calm()
        if days.removals and len(life.members) > 2 and world.chance(50):
            admin, *others = life.members
            await life.remove(admin, world.random.choice(others))
            await life.calm()

    world.run(all_of_it())
    check(world, life.members, life.removed)
