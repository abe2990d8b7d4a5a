"""Devices, a relay and time, all of one seed.

Every device runs the real library over a real vault. All of them run in one event loop, and wait for their turn before
and after every call to the relay: whose turn it is, the seed says. A device can die at any turn, and before and after
every transaction; it then comes back with what its vault holds.
"""

from __future__ import annotations

import asyncio
import shutil
from contextvars import ContextVar
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, cast

from taboon_client import cbor
from taboon_client.errors import TaboonError
from taboon_client.group.desk import Desk
from taboon_client.group.epoch import mailbox_keys
from taboon_client.group.own_mailbox import keys_of
from taboon_client.group.rejoining import asking_mailbox
from taboon_client.joining.link import InvitePayload
from taboon_client.library.taboon import Taboon
from taboon_client.relay.address import RelayAddress
from taboon_client.vault import Vault, coming_back, own_boxes, rendezvous
from taboon_client.vault import groups as rows
from taboon_crypto.mailbox import MailboxKeys, RetentionClass
from tests.simulation.determined import KeyUses, make_determined
from tests.simulation.holds import Chronicle
from tests.simulation.misdeeds import let_paths_be_spoiled
from tests.simulation.relay import DAY, Relay
from tests.support import FAST_COST, PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from pathlib import Path

    import pytest

    from taboon_client.library.group import Group
    from taboon_client.vault import Connection

__all__ = ["DAY", "CrashError", "Device", "World"]

T = TypeVar("T")
Blob = bytes
"""In `World` the word `bytes` is its source of randomness."""
_BEGIN = 1_800_000_000
_SHOWN = 400
HOUR = 3_600
HOME = "Harbour"


_LIFE: ContextVar[int] = ContextVar("life")
"""Which life of its device the present task belongs to."""
AT_WORK: ContextVar[Device] = ContextVar("device")
"""Whose task the present one is."""


class CrashError(BaseException):
    """The device died here."""


async def _living(device: Device, work: Coroutine[Any, Any, T]) -> T:
    _LIFE.set(device.life)
    AT_WORK.set(device)
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
        self.spoils_paths = False
        """Whether what it commits next opens for some of the others alone."""
        self.rate = 0.0
        """Seconds by which its clock goes wrong in a day."""
        self._wrong = world.random.randrange(-600, 600)
        self._set = world.now
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
        now = self.world.now
        return now + self._wrong + (now - self._set) / DAY * self.rate

    def set_clock(self, wrong: int, rate: float) -> None:
        """Set the clock: by how many seconds it is wrong now, and by how many more after a day."""
        self._wrong, self.rate, self._set = wrong, rate, self.world.now

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
        """The row of the one group, or of the parent of the circles."""
        return self.desk.keeper.read(rows.all_groups)[0]

    @property
    def groups(self) -> list[rows.GroupRow]:
        """The rows of the group and of its circles."""
        return self.desk.keeper.read(rows.all_groups)

    async def group(self) -> Group:
        """Return the one group, or the parent of the circles."""
        return (await self.taboon.groups())[0]

    @property
    def epoch(self) -> tuple[int, bytes]:
        """Number and id of the epoch that this device is in."""
        return self.epoch_of(self.row.id)

    def epoch_of(self, grp: int) -> tuple[int, bytes]:
        """Number and id of the epoch that this device is in, in one of its groups."""
        records = self.desk.keeper.read(lambda tx: self.desk.ledger.history(tx, grp).epochs())
        return (records[-1].number, records[-1].epoch_id) if records else (-1, b"")


def _places_of(device: Device, tx: Connection) -> Iterator[tuple[bytes, str]]:
    """Tell what a device calls the mailboxes that it knows."""
    found = rows.all_groups(tx)
    for row in found:
        circle = "" if row is found[0] else " of the circle"
        mailbox, coming = rows.get_mailbox(tx, row.id), coming_back.get_coming(tx, row.id)
        if mailbox is not None:
            number = f"epoch {mailbox.epoch}{circle}"
            yield mailbox_keys(mailbox).mailbox_id, number
            for box in own_boxes.to_read(tx, row.id):
                keys = keys_of(box, mailbox.retention, None)
                yield keys.mailbox_id, f"own mailbox {box.count} of leaf {box.leaf} in {number}"
        if coming is not None:
            for secret, seed, retention, _ in cbor.decode(coming.asking):
                yield asking_mailbox(secret, seed, retention).mailbox_id, f"where {device.name} asks to come back"
                answer = MailboxKeys.of_rendezvous(coming.answering, RetentionClass(retention))
                yield answer.mailbox_id, f"where {device.name} is answered"
        for invite in rendezvous.invites(tx, row.id):
            yield InvitePayload.decode(invite.payload).mailbox.mailbox_id, f"an invite{circle}"
    for joining in rendezvous.joinings(tx):
        if joining.payload:
            yield InvitePayload.decode(joining.payload).mailbox.mailbox_id, "an invite"


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
        self.chronicle = Chronicle()
        self.requests: list[Blob] = []
        """Requests to come back that members have made: whoever wishes ill has kept them."""
        self.kind = ""
        """What kind of days they are, for who reads the story."""
        self.trace: list[str] = []
        self._places: dict[Blob, str] = {}
        self.devices: dict[str, Device] = {}
        self._waiting: list[asyncio.Future[None]] = []
        make_determined(patch, self.bytes, self.uses)
        let_paths_be_spoiled(patch, lambda: AT_WORK.get(None), self)
        self.relay = Relay(self.bytes(32), self._day)
        self.popup = Relay(self.bytes(32), self._day)
        self.address = RelayAddress("http://127.0.0.1:1", self.relay.id).format()
        self.popup_address = RelayAddress("http://127.0.0.1:2", self.popup.id).format()
        self._runner = asyncio.Runner()

    # What the seed says

    def bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def chance(self, of_a_hundred: int) -> bool:
        return of_a_hundred > 0 and self.random.randrange(100) < of_a_hundred

    def _day(self) -> int:
        return int(self.now) // DAY

    def relay_of(self, address: RelayAddress) -> Relay:
        """Return the relay that an address is of."""
        return self.popup if address.relay_id == self.popup.id else self.relay

    @property
    def seen(self) -> list[Blob]:
        """Every blob that any relay ever had."""
        return [*self.relay.seen, *self.popup.seen]

    # Telling

    def note(self, line: str) -> None:
        self.trace.append(f"day {(self.now - _BEGIN) / DAY:7.3f}  {line}")

    def story(self, *, whole: bool = False) -> str:
        """Return what happened, for a person to read: the last of it, or all."""
        shown = self.trace if whole else self.trace[-_SHOWN:]
        before = len(self.trace) - len(shown)
        told = [f"seed {self.seed}: {self.kind}"] + [f"({before} lines before)"] * bool(before)
        return "\n".join([*told, *shown])

    def place_of(self, device: Device, mailbox_id: Blob) -> str:
        """Return how a mailbox is called in the story; the device that uses it knows what it is."""
        if mailbox_id not in self._places:
            self._places.update(device.desk.keeper.read(lambda tx: dict(_places_of(device, tx))))
        return f"{self._places.get(mailbox_id, 'another mailbox')} [{mailbox_id.hex()[:4]}]"

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

        await self.together([(device, self.sync_one(device)) for device in devices])

    async def sync_one(self, device: Device) -> None:
        """Let a device sync, and tell what it says."""
        reports = await device.taboon.sync(None)
        if device.honest:
            self.chronicle.note(device)
        for report in reports.values():
            for notice in report.notices:
                self.note(f"{device.name}: is told: {notice}")
            if report.problem:
                self.note(f"{device.name}: {report.problem}")

    # Beginning

    def device(self, name: str, *, honest: bool = True) -> Device:
        device = self.devices[name] = Device(self, name, honest=honest)
        return device

    async def found(self, name: str) -> Device:
        device = self.device(name)
        await self.together([(device, device.taboon.create_group(HOME, relay=self.address, me=name, wait=600.0))])
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
