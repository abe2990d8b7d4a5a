"""What must hold once the storm is over, whatever the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Item
from taboon_client.vault import board
from taboon_client.vault import groups as rows
from taboon_crypto.blob import open_blob
from taboon_crypto.errors import CryptoError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault import Connection
    from tests.simulation.thief import Thief
    from tests.simulation.world import Device, World

__all__ = ["Chronicle", "board_of", "check", "check_removed", "holds_event"]


class Chronicle:
    """Of every epoch that an honest device was in: its number, its blob key, and who was a member."""

    def __init__(self) -> None:
        self.epochs: dict[bytes, tuple[int, bytes, frozenset[bytes]]] = {}

    def note(self, device: Device) -> None:
        """Write down the epoch that a device is in."""
        grp = device.grp
        if grp is None:
            return

        def act(tx: Connection) -> None:
            mailbox, record = rows.get_mailbox(tx, grp), device.desk.ledger.history(tx, grp).last
            if mailbox is not None and record is not None and record.number == mailbox.epoch:
                key = bytes(mailbox.blob_key)
                self.epochs.setdefault(record.epoch_id, (record.number, key, frozenset(record.members)))

        device.desk.keeper.read(act)


def board_of(device: Device, grp: int | None = None) -> dict[bytes, bytes]:
    """The board as it is folded on a device."""
    row = device.row.id if grp is None else grp

    def act(tx: Connection) -> dict[bytes, bytes]:
        folded = [(item, board.folded_item(tx, item)) for item in board.open_item_ids(tx, row)]
        return {item: bytes(stored) for item, stored in folded if stored is not None}

    return device.desk.keeper.read(act)


def holds_event(device: Device, name: bytes) -> bool:
    """Tell whether a device holds an event."""
    query = "SELECT 1 FROM event WHERE name = ?"
    return device.desk.keeper.read(lambda tx: tx.execute(query, (name,)).fetchone() is not None)


def _events_unsent(device: Device) -> int:
    query = "SELECT count(*) FROM outbox WHERE event IS NOT NULL"
    return device.desk.keeper.read(lambda tx: int(tx.execute(query).fetchone()[0]))


def _deleted(device: Device) -> set[bytes]:
    return device.desk.keeper.read(lambda tx: {bytes(row[0]) for row in tx.execute("SELECT id FROM gone_item")})


def _closed(device: Device) -> set[bytes]:
    """Items that are closed: whoever came later was not given them."""
    grp = device.row.id

    def act(tx: Connection) -> set[bytes]:
        query = "SELECT id FROM item WHERE grp = ?"
        return {bytes(row[0]) for row in tx.execute(query, (grp,))} - set(board.open_item_ids(tx, grp))

    return device.desk.keeper.read(act)


def check(world: World, members: Iterable[Device], removed: Iterable[Thief] = (), *, circle: bool = False) -> None:
    """Check every invariant; what fails says so with the story of the run.

    Args:
        world: That has been lived through.
        members: Everyone who should be in the group.
        removed: Everyone who was removed, with all that they keep.
        circle: Whether it is about the circle: then about those of the members who are in it.
    """
    present = [device for device in members if not circle or len(device.groups) > 1]
    held = {device: device.groups[1] if circle else device.row for device in present}
    for device in present:
        states = {one.name: row.state for one, row in held.items()}
        problem = held[device].problem
        assert held[device].state == "active", f"{device.name} is stranded: {states}: {problem}\n{world.story()}"
        unsent = _events_unsent(device)
        assert not unsent, f"{device.name} has {unsent} unsent\n{world.story()}"
    epochs = {device.name: device.epoch_of(row.id) for device, row in held.items()}
    assert len(set(epochs.values())) <= 1, f"epochs differ: {epochs}\n{world.story()}"
    boards = {device.name: board_of(device, row.id) for device, row in held.items()}
    titles = {name: sorted(Item.decode(item).title for item in found.values()) for name, found in boards.items()}
    # Each deletes by its own clock: what one has deleted already, others may still show.
    gone = {device.name: _deleted(device) for device in present}
    anywhere = set().union(*gone.values())
    shown = [{item: folded for item, folded in found.items() if item not in anywhere} for found in boards.values()]
    assert all(found == shown[0] for found in shown), f"boards differ: {_differences(titles, shown)}\n{world.story()}"
    for device in present if not circle else ():
        missing = device.posted.keys() - boards[device.name].keys() - anywhere - _closed(device)
        lost = [device.posted[item] for item in missing]
        assert not lost, f"posted by {device.name} and lost: {lost}\n{world.story()}"
    assert not world.uses.twice, f"keys used twice: {world.uses.twice}\n{world.story()}"
    check_removed(world, present, removed)


def _differences(titles: dict[str, list[str]], shown: list[dict[bytes, bytes]]) -> str:
    anywhere = set().union(*(found.items() for found in shown))
    apart = sorted(
        {Item.decode(item).title for _, item in anywhere if any((_, item) not in one.items() for one in shown)}
    )
    return f"{apart} in {titles}"


def check_removed(world: World, members: Iterable[Device], removed: Iterable[Thief]) -> None:
    """Check that whoever was removed can make nothing of what was sent in the epochs after it."""
    chain: dict[bytes, int] = {}
    for device in list(members)[:1]:
        grp = device.row.id
        records = device.desk.keeper.read(lambda tx: device.desk.ledger.history(tx, grp).epochs())  # noqa: B023 - called here
        chain = {record.epoch_id: record.number for record in records}
    for thief in removed:
        later = {
            epoch: key
            for epoch, (number, key, present) in world.chronicle.epochs.items()
            if epoch in chain and number > thief.last(world, chain) and thief.identity not in present
        }
        loot = thief.loot(world)
        reached = [chain[epoch] for epoch in later.keys() & loot.epochs]
        assert not reached, f"{thief.name} was removed and gets into epochs {reached}\n{world.story()}"
        opened = [blob for blob in world.seen if any(_opens(key, blob) for key in later.values())]
        read = sum(any(_opens(key, blob) for key in loot.keys) for blob in opened)
        assert not read, f"{thief.name} was removed and opens {read} blobs\n{world.story()}"


def _opens(key: bytes, blob: bytes) -> bool:
    try:
        open_blob(key, blob)
    except CryptoError:
        return False
    return True
