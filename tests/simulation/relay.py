"""A relay in the same process: it answers as `RelayClient` does, and fails as networks and hostile relays do."""

from __future__ import annotations

import copy
import hashlib
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from taboon_client.errors import (
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayMisbehavedError,
    RelayRolledBackError,
    RelayUnreachableError,
)
from taboon_client.relay.answers import Limits, Page, Receipt
from taboon_client.relay.cursor import Cursor
from taboon_client.relay.proof import SIZE_CLASSES
from taboon_crypto.mailbox import RetentionClass
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.proof import MailboxSigner
    from tests.simulation.world import Device, World

DAY = 86_400
_PAGE_BLOBS = 128


@dataclass(slots=True)
class Box:
    """One mailbox at the relay."""

    id: bytes
    days: int
    last_day: int
    blobs: list[bytes] = field(default_factory=list)
    sealed: bool = False

    def cursor(self, number: int) -> Cursor:
        cursor = Cursor.start(self.id)
        for blob in self.blobs[:number]:
            cursor = cursor.after(hashlib.sha256(blob).digest())
        return cursor


@dataclass(slots=True)
class Faults:
    """How often, of a hundred calls, something goes wrong; and what the relay holds back."""

    unheard: int = 0
    """The call does not reach the relay."""
    unanswered: int = 0
    """The call is done and its answer is lost."""
    late: int = 0
    """A read shows the mailbox as it was some blobs ago."""
    repeated: int = 0
    """An append leaves an older blob of any mailbox behind the new one, too."""
    swallowed: int = 0
    """An append is acknowledged, and the blob is gone all the same."""
    replayed: int = 0
    """A read is answered with what was an answer to another request."""


class Relay:
    """The relay's whole state, and its clock."""

    def __init__(self, seed: bytes, day: Callable[[], int]) -> None:
        self._key, self._secret = ed25519_expand_seed(seed)
        self.id = hashlib.sha256(self._key).digest()
        self.boxes: dict[bytes, Box] = {}
        self.seen: list[bytes] = []
        self.faults = Faults()
        self.reach: Callable[[Device], bool] = lambda _: True
        """Who can reach it now, of those who are not in the dark."""
        self._copy: list[Box] = []
        self._day = day
        self._apart: tuple[frozenset[str], Relay] | None = None

    def fork(self, *names: str) -> None:
        """From now on show some devices another history: each part of the group gets a disk of its own."""
        other = copy.copy(self)
        other.boxes = copy.deepcopy(self.boxes)
        self._apart = frozenset(names), other

    def shown_to(self, name: str) -> Relay:
        """The relay as a device sees it."""
        return self._apart[1] if self._apart is not None and name in self._apart[0] else self

    def be_honest(self) -> None:
        """Show everyone one disk again: this one, with the mailboxes that only the other one had."""
        if self._apart is not None:
            self.boxes = {**self._apart[1].boxes, **self.boxes}
            self._apart = None

    def lose_disk(self) -> None:
        self.boxes.clear()

    def copy_disk(self) -> None:
        """Make a copy of the disk."""
        self._copy = [replace(box, blobs=list(box.blobs)) for box in self.boxes.values()]

    def roll_back(self) -> None:
        """Go back to the copy of the disk."""
        self.boxes = {box.id: replace(box, blobs=list(box.blobs)) for box in self._copy}

    def create(self, mailbox_id: bytes, retention: int) -> None:
        if self._find(mailbox_id) is None:
            self.boxes[mailbox_id] = Box(mailbox_id, RetentionClass(retention).days, self._day())

    def append(self, mailbox_id: bytes, blob: bytes, *, seal: bool, expected: int | None) -> Receipt:
        assert len(blob) in SIZE_CLASSES
        box = self._find(mailbox_id)
        if box is None:
            raise MailboxUnknownError("unknown")
        if blob in box.blobs:
            number = box.blobs.index(blob) + 1
        else:
            if box.sealed:
                raise MailboxSealedError("sealed")
            number = len(box.blobs) + 1
            if expected is not None and expected != number:
                raise MailboxMovedError("moved", number)
            box.blobs.append(blob)
            box.sealed = seal
            box.last_day = self._day()
            self.seen.append(blob)
        is_seal = box.sealed and number == len(box.blobs)
        return Receipt(number=number, head=box.cursor(number).head, seal=is_seal, signed=b"")

    def swallow(self, mailbox_id: bytes) -> None:
        """Lose what a mailbox got last."""
        box = self.boxes[mailbox_id]
        box.blobs.pop()
        box.sealed = False

    def read(self, mailbox_id: bytes, cursor: Cursor, *, page_class: int, hidden: int = 0) -> Page:
        """Read as a relay does that hides the last blobs of a mailbox, as many as whoever asks has not read."""
        box = self._find(mailbox_id)
        if box is None:
            raise MailboxUnknownError("unknown")
        last = max(len(box.blobs) - hidden, min(cursor.number, len(box.blobs)))
        sealed = box.sealed and last == len(box.blobs)
        if cursor.number > last or box.cursor(cursor.number).head != cursor.head:
            raise RelayRolledBackError("rolled back")
        room = SIZE_CLASSES[page_class]
        blobs: list[bytes] = []
        for blob in box.blobs[cursor.number : last][:_PAGE_BLOBS]:
            if blobs and len(blob) > room:
                break
            room -= len(blob)
            blobs.append(blob)
        behind = box.cursor(cursor.number + len(blobs))
        return Page(tuple(blobs), last, sealed=sealed, cursor=behind, signed=self._signed(box, last, sealed=sealed))

    def _signed(self, box: Box, last: int, *, sealed: bool) -> bytes:
        """The signed part of a page, as docs/protocol.md, section 1.4, has it."""
        head = struct.pack(">BB14x32s8xQ32s32x32s", 1, sealed, box.id, last, box.cursor(last).head, self._key)
        signature = ed25519_sign(bytes(self._secret), b"taboon page v1" + head + bytes(32))
        return head + signature + bytes(32)

    def _find(self, mailbox_id: bytes) -> Box | None:
        box = self.boxes.get(mailbox_id)
        if box is not None and self._day() > box.last_day + box.days:
            del self.boxes[mailbox_id]
            return None
        return box


class SimulatedClient:
    """What the session takes for a `RelayClient`. Which device it is of, it knows by the clock that it is given."""

    def __init__(
        self, address: RelayAddress, *, random: Callable[[int], bytes], clock: Callable[[], float], timeout: float = 0
    ) -> None:
        self.address = address
        device: Device = clock.__self__  # type: ignore[attr-defined]  # a bound method of the device
        self._device = device
        self._world: World = device.world
        self._relay = device.world.relay_of(address)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def limits(self) -> Limits:
        self._hear()
        return Limits(self._relay.id, SIZE_CLASSES, (1, 7, 30, 120), 25, 1 << 20, 1 << 30, needs_pass=False)

    async def create(self, keys: MailboxSigner, pass_: bytes = b"") -> None:
        keys.sign_append(b"")
        await self._call("create", keys, lambda relay: relay.create(keys.mailbox_id, keys.retention))

    async def append(
        self, keys: MailboxSigner, blob: bytes, *, seal: bool = False, expected: int | None = None
    ) -> Receipt:
        keys.sign_append(b"")

        def act(relay: Relay) -> Receipt:
            receipt = relay.append(keys.mailbox_id, blob, seal=seal, expected=expected)
            if relay.seen and not receipt.seal and self._world.chance(relay.faults.repeated):
                relay.append(keys.mailbox_id, self._world.random.choice(relay.seen), seal=False, expected=None)
            elif self._world.chance(relay.faults.swallowed) and relay.boxes[keys.mailbox_id].blobs[-1] == blob:
                self._world.note(f"{self._device.name}: the relay acknowledges that, and drops it")
                relay.swallow(keys.mailbox_id)
            return receipt

        receipt: Receipt = await self._call("seal" if seal else "append", keys, act)
        return receipt

    async def read(self, keys: MailboxSigner, cursor: Cursor, *, page_class: int = 2, wait: int = 0) -> Page:
        keys.sign_read(b"")

        def act(relay: Relay) -> Page:
            if self._world.chance(relay.faults.replayed):
                # As `parse_page` has it: another request's nonce.
                raise RelayMisbehavedError("The relay's answer is to another request.")
            hidden = self._world.random.choice((1, 1, 2, 5)) if self._world.chance(relay.faults.late) else 0
            return relay.read(keys.mailbox_id, cursor, page_class=page_class, hidden=hidden)

        page: Page = await self._call("read", keys, act)
        return page

    def _hear(self) -> None:
        if not (self._device.online and self._relay.reach(self._device)):
            raise RelayUnreachableError("nobody answered")

    async def _call(self, what: str, keys: MailboxSigner, act: Callable[[Relay], Any]) -> Any:
        world, device = self._world, self._device
        relay = self._relay.shown_to(device.name)
        where = world.place_of(device, keys.mailbox_id)
        await device.turn(f"{what} {where}")
        self._hear()
        if world.chance(relay.faults.unheard):
            raise RelayUnreachableError("nobody answered")
        try:
            answer = act(relay)
        except MailboxUnknownError:
            if what != "read" or "another" not in where:
                # Looks for who wishes to come back are many, and most find nothing.
                world.note(f"{device.name}: {what} {where}: there is none")
            raise
        except Exception as error:
            world.note(f"{device.name}: {what} {where}: {_said(error)}")
            raise
        if what != "read" or answer.blobs:
            said = f": {len(answer.blobs)} of {answer.last}{', sealed' * answer.sealed}" if what == "read" else ""
            world.note(f"{device.name}: {what} {where}{said}")
        if world.chance(relay.faults.unanswered):
            world.note(f"{device.name}: the answer to that is lost")
            raise RelayUnreachableError("the answer was lost")
        await device.turn(f"{what} answered")
        return answer


def _said(error: Exception) -> str:
    return {
        MailboxMovedError: "it has moved on",
        MailboxSealedError: "it is sealed",
        RelayRolledBackError: "it is not what was read before",
        RelayMisbehavedError: "that is an old answer",
    }.get(type(error), type(error).__name__)
