"""What a member who wishes ill, or the relay, does to a group, with the keys that it rightly holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from taboon_client.group.epoch import mailbox_keys
from taboon_client.session import steps
from taboon_client.vault import groups as rows
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.mls.tree.kem import FreshPath

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from taboon_client.vault import Connection
    from taboon_crypto import mls
    from taboon_crypto.mailbox import MailboxKeys
    from taboon_crypto.mls.tree.kem import UpdatePath
    from tests.simulation.world import Device

__all__ = ["leaving_out", "noise", "seal_epoch_with", "seal_own_with", "signed_by"]


def noise(device: Device) -> list[bytes]:
    """A blob that opens for nobody."""
    return [device.world.bytes(2048)]


def signed_by(device: Device, make: Callable[[mls.Group], bytes]) -> list[bytes]:
    """The blobs of an MLS message that a device would never send; it goes on as if it had not."""
    grp = device.row.id

    def act(tx: Connection) -> list[bytes]:
        mailbox = rows.get_mailbox(tx, grp)
        assert mailbox is not None
        message = make(device.desk.keeper.load(tx, grp))
        return [
            seal_blob(mailbox.blob_key, content, device.world.bytes)
            for content in split(Kind.MESSAGE, message, device.world.bytes)
        ]

    blobs = device.desk.keeper.read(act)
    device.desk.keeper.forget(grp)
    return blobs


def leaving_out(device: Device, node: int, place: int) -> Callable[[FreshPath, bytes, Collection[int]], UpdatePath]:
    """What takes the place of ``FreshPath.encrypt``: of a device's commits, one secret of one node opens for nobody."""
    grp, honest = device.row_id, FreshPath.encrypt
    leaf = device.desk.keeper.read(lambda tx: device.desk.keeper.load(tx, grp).own_leaf)

    def encrypt(path: FreshPath, context: bytes, newcomers: Collection[int] = ()) -> UpdatePath:
        made = honest(path, context, newcomers)
        if path.private.leaf != leaf:
            return made
        nodes = list(made.nodes)
        sealed = list(nodes[node].encrypted_path_secret)
        sealed[place] = replace(sealed[place], ciphertext=device.world.bytes(len(sealed[place].ciphertext)))
        nodes[node] = replace(nodes[node], encrypted_path_secret=tuple(sealed))
        return replace(made, nodes=tuple(nodes))

    return encrypt


def seal_epoch_with(device: Device, blobs: list[bytes]) -> bool:
    """Seal the mailbox of the epoch that a device is in. False if it was sealed before, or is not there."""
    grp = device.row_id
    mailbox = device.desk.keeper.read(lambda tx: rows.get_mailbox(tx, grp))
    assert mailbox is not None
    return _seal(device, mailbox_keys(mailbox), blobs)


def seal_own_with(device: Device, blobs: list[bytes]) -> bool:
    """Seal a device's own mailbox in a spoiled epoch."""
    own = steps.own_positions(device.desk, device.row_id)[-1]
    assert own.keys.append_seed is not None
    device.world.relay.create(own.keys.mailbox_id, own.keys.retention)
    return _seal(device, own.keys, blobs)


def _seal(device: Device, keys: MailboxKeys, blobs: list[bytes]) -> bool:
    relay = device.world.relay
    box = relay.boxes.get(keys.mailbox_id)
    if box is None or box.sealed:
        return False
    device.world.note(f"{device.name}: seals {keys.mailbox_id.hex()[:6]} with what is no commit")
    for blob in blobs[:-1]:
        relay.append(keys.mailbox_id, blob, seal=False, expected=None)
    relay.append(keys.mailbox_id, blobs[-1], seal=True, expected=None)
    return True
