"""Devices, a relay and time, all of one seed.

Every device runs the real library over a real vault. All of them run in one event loop, and wait for their turn before
and after every call to the relay: whose turn it is, the seed says. A device can die at any turn, and before and after
every transaction; it then comes back with what its vault holds.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from contextvars import ContextVar
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, cast

from taboon_client.errors import TaboonError
from taboon_client.group.desk import Desk
from taboon_client.library.taboon import Taboon
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import Vault
from taboon_client.vault import groups as rows
from tests.simulation.determined import KeyUses, make_determined
from tests.simulation.relay import DAY, Relay
from tests.support import FAST_COST, PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from pathlib import Path

    import pytest

    from taboon_client.library.group import Group

__all__ = ["DAY", "CrashError", "Device", "World"]

T = TypeVar("T")
_BEGIN = 1_800_000_000
_TRACE = 400
HOUR = 3_600


_LIFE: ContextVar[int] = ContextVar("life")
"""Which life of its device the present task belongs to."""


class CrashError(BaseException):
    """The device died here."""


async def _living(device: Device, work: Coroutine[Any, Any, T]) -> T:
    _LIFE.set(device.life)
    return await work


class Runner:
    """Runs a device's steps, and lets it die before or after one."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def __call__(self, step: Callable[[], T]) -> T:
        self._device.may_die("before a step")
        result = step()
        self._device.may_die("after a step")
        return result

    def close(self) -> None:
        """Nothing to end."""


class Device:
    """Somebody's device: a vault in a folder, a clock of its own, and a process that may die."""

    def __init__(self, world: World, name: str, *, honest: bool = True) -> None:
        self.world = world
        self.name = name
        self.honest = honest
        self.online = True
        self.drift = world.random.randrange(-600, 600)
        self.folder = world.folder / name
        self._life = 0
        self._waiting: list[asyncio.Future[None]] = []
        self.posted: dict[bytes, str] = {}
        self._vault = Vault.create(self.folder, PASSPHRASE, cost=FAST_COST, random=world.bytes)
        self._start()

    def _start(self) -> None:
        self.taboon = Taboon(Desk(self._vault, self.world.bytes, self.clock), Runner(self))
        self.desk = self.taboon._desk
        self.desk.refresh()

    def clock(self) -> float:
        """Unix seconds, as this device has them."""
        return self.world.now + self.drift

    # Dying

    def may_die(self, where: str) -> None:
        if _LIFE.get(self._life) != self._life:
            # Work of a process that has died goes no further.
            raise CrashError
        if self.world.chance(self.world.dying):
            self.world.note(f"{self.name}: dies {where}")
            self._life += 1
            raise CrashError

    async def turn(self, what: str) -> None:
        """Wait for the world to say that it is this device's turn."""
        self.may_die(f"at {what}")
        await self.world.wait()
        self.may_die(f"at {what}")

    def revive(self) -> None:
        """Start a new process on the same vault."""
        self._start()

    @property
    def life(self) -> int:
        return self._life

    # Copies of the disk

    def backup(self) -> Path:
        """Copy the vault as it is on the disk."""
        self._vault.tidy()
        target = self.folder.with_name(f"{self.name}.backup")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target)
        return target

    def restore(self, copy: Path) -> None:
        """Put an old copy of the vault in the place of the present one."""
        self.world.note(f"{self.name}: an old copy of the vault is put back")
        self._vault.close()
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        self._vault = Vault.open(self.folder, PASSPHRASE)
        self._start()

    def close(self) -> None:
        self._vault.close()

    # Looking

    @property
    def grp(self) -> int | None:
        """The row of the one group, None before it is there."""
        found = self.desk.keeper.read(rows.all_groups)
        return found[0].id if found else None

    @property
    def row_id(self) -> int:
        return self.row.id

    @property
    def row(self) -> rows.GroupRow:
        (row,) = self.desk.keeper.read(rows.all_groups)
        return row

    async def group(self) -> Group:
        (group,) = await self.taboon.groups()
        return group

    @property
    def epoch(self) -> tuple[int, bytes]:
        """Number and id of the epoch that this device is in."""
        grp = self.row.id
        records = self.desk.keeper.read(lambda tx: self.desk.ledger.history(tx, grp).epochs())
        return (records[-1].number, records[-1].epoch_id) if records else (-1, b"")


class World:
    """Everything there is in one run.

    Args:
        seed: Of everything.
        folder: For the vaults.
        patch: Undone by the test.
    """

    def __init__(self, seed: int, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.folder = folder
        self.now = float(_BEGIN)
        self.dying = 0
        self.uses = KeyUses()
        self.trace: deque[str] = deque(maxlen=_TRACE)
        self.devices: dict[str, Device] = {}
        self._waiting: list[asyncio.Future[None]] = []
        make_determined(patch, self.bytes, self.uses)
        self.relay = Relay(self.bytes(32), lambda: int(self.now) // DAY)
        self.address = RelayAddress("http://127.0.0.1:1", self.relay.id).format()
        self._runner = asyncio.Runner()

    # What the seed says

    def bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def chance(self, of_a_hundred: int) -> bool:
        return of_a_hundred > 0 and self.random.randrange(100) < of_a_hundred

    def note(self, line: str) -> None:
        self.trace.append(f"{(self.now - _BEGIN) / DAY:8.3f}  {line}")

    def story(self) -> str:
        return f"seed {self.seed}\n" + "\n".join(self.trace)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    # Running

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the world's event loop."""
        return self._runner.run(work)

    async def wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    async def together(self, works: Iterable[tuple[Device, Coroutine[Any, Any, object]]]) -> None:
        """Let several devices work at once; the seed says whose turn it is. Who dies is started again afterwards."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        tasks: dict[asyncio.Task[object], Device] = {}
        for device, work in works:
            tasks[loop.create_task(_living(device, work))] = device
        while not all(task.done() for task in tasks):
            await self._quiet()
            if self._waiting:
                turn = self._waiting.pop(self.random.randrange(len(self._waiting)))
                if not turn.done():
                    turn.set_result(None)
        await self._quiet()
        while self._waiting:
            self._waiting.pop().cancel()
        await self._quiet()
        for task, device in tasks.items():
            error = task.exception()
            if isinstance(error, CrashError):
                device.revive()
            elif isinstance(error, TaboonError):
                self.note(f"{device.name}: refused: {error}")
            elif error is not None:
                raise error

    async def _quiet(self) -> None:
        """Wait until every task waits for its turn."""
        ready = cast("Any", asyncio.get_running_loop())._ready
        await asyncio.sleep(0)
        while ready:  # noqa: ASYNC110 - nothing tells that all others wait; the loop's own list does
            await asyncio.sleep(0)

    async def sync(self, *devices: Device) -> None:
        """Let devices sync, all at once."""

        async def one(device: Device) -> None:
            reports = await device.taboon.sync(None)
            for report in reports.values():
                for notice in report.notices:
                    self.note(f"{device.name}: is told: {notice}")
                if report.problem:
                    self.note(f"{device.name}: {report.problem}")

        await self.together([(device, one(device)) for device in devices])

    # Beginning

    def device(self, name: str, *, honest: bool = True) -> Device:
        device = self.devices[name] = Device(self, name, honest=honest)
        return device

    async def found(self, name: str) -> Device:
        device = self.device(name)
        await self.together([(device, device.taboon.create_group("Harbour", relay=self.address, me=name, wait=600.0))])
        return device

    async def let_in(self, admin: Device, name: str, *, honest: bool = True) -> Device:
        """Somebody new, in a calm moment."""
        device = self.device(name, honest=honest)
        link = (await (await admin.group()).invite()).link
        await self.together([(device, device.taboon.join(link, me=name, wait=600.0))])
        await self.sync(admin)
        await self.together([(admin, (await admin.group()).approve(name, wait=600.0))])
        await self.sync(device)
        return device

    def close(self) -> None:
        for device in self.devices.values():
            device.close()
        self._runner.close()
