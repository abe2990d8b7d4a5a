"""What must hold once the storm is over, whatever the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Item
from taboon_client.vault import board
from taboon_crypto.blob import open_blob
from taboon_crypto.errors import CryptoError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault import Connection
    from tests.simulation.world import Device, World

__all__ = ["Knowledge", "board_of", "check"]


class Knowledge:
    """The blob keys that a device holds when it is removed, and what the relay had up to the commit that removes it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        found = device.desk.keeper.read(lambda tx: tx.execute("SELECT blob_key FROM mailbox").fetchall())
        self._keys = [bytes(row[0]) for row in found]
        self._before: set[bytes] = set()

    def ends_with(self, world: World) -> None:
        """The commit stands: what the relay has by now may be read with these keys."""
        self._before = set(world.relay.seen)

    def opens(self, world: World) -> int:
        """Return how many blobs that came after the removal this device can open."""
        return sum(_opens(key, blob) for key in self._keys for blob in world.relay.seen if blob not in self._before)


def _opens(key: bytes, blob: bytes) -> bool:
    try:
        open_blob(key, blob)
    except CryptoError:
        return False
    return True


def board_of(device: Device) -> dict[bytes, bytes]:
    """The board as it is folded on a device."""
    grp = device.row.id

    def act(tx: Connection) -> dict[bytes, bytes]:
        folded = [(item, board.folded_item(tx, item)) for item in board.open_item_ids(tx, grp)]
        return {item: bytes(stored) for item, stored in folded if stored is not None}

    return device.desk.keeper.read(act)


def _events_unsent(tx: Connection) -> int:
    return int(tx.execute("SELECT count(*) FROM outbox WHERE event IS NOT NULL").fetchone()[0])


def _deleted(device: Device) -> set[bytes]:
    return device.desk.keeper.read(lambda tx: {bytes(row[0]) for row in tx.execute("SELECT id FROM gone_item")})


def check(world: World, members: Iterable[Device], removed: Iterable[Knowledge] = ()) -> None:
    """Check every invariant; what fails says so with the story of the run."""
    present = list(members)
    for device in present:
        state = device.row.state
        states = {one.name: one.row.state for one in present}
        assert state == "active", f"{device.name} is stranded: {states}: {device.row.problem}\n{world.story()}"
        unsent = device.desk.keeper.read(
            lambda tx: tx.execute("SELECT count(*) FROM outbox WHERE event IS NOT NULL").fetchone()[0]
        )
        assert not unsent, f"{device.name} has {unsent} unsent\n{world.story()}"
    epochs = {device.name: device.epoch for device in present}
    assert len(set(epochs.values())) == 1, f"epochs differ: {epochs}\n{world.story()}"
    boards = {device.name: board_of(device) for device in present}
    titles = {name: sorted(Item.decode(item).title for item in found.values()) for name, found in boards.items()}
    # Each deletes by its own clock: what one has deleted already, others may still show.
    gone = {device.name: _deleted(device) for device in present}
    anywhere = set().union(*gone.values())
    shown = [{item: folded for item, folded in found.items() if item not in anywhere} for found in boards.values()]
    assert all(found == shown[0] for found in shown), f"boards differ: {titles}\n{world.story()}"
    for device in present:
        missing = device.posted.keys() - boards[device.name].keys() - gone[device.name]
        lost = [device.posted[item] for item in missing]
        assert not lost, f"posted by {device.name} and lost: {lost}\n{world.story()}"
    for known in removed:
        opened = known.opens(world)
        assert not opened, f"{known.device.name} was removed and opens {opened} blobs\n{world.story()}"
    assert not world.uses.twice, f"keys used twice: {world.uses.twice}\n{world.story()}"
