"""From the outbox to finished blobs: packs, encrypts, and keeps the result before anyone may send it.

Called only after the mailbox has been read to its head over the connection that will be sent on; a vault that was
restored from an old copy learns there that it is one, before a key could be used twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.group.payload import write_events
from taboon_client.vault import groups as rows
from taboon_client.vault import outbox
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.padding import CONTENT_LIMITS

if TYPE_CHECKING:
    from taboon_client.group.keeper import Keeper
    from taboon_client.vault import Connection
    from taboon_crypto.mls import Random

__all__ = ["blobs_for", "next_blobs", "say"]

# What MLS puts around a payload, in bytes, rounded up: group id, epoch, encrypted sender, signature, tags, lengths.
_MLS_OVERHEAD = 320
_SMALL, _LARGE = (limit - _MLS_OVERHEAD for limit in CONTENT_LIMITS[:2])
# Three small blobs cost less than a large one; beyond that events fill large ones.
_MANY = 3 * _SMALL
_BATCH = 512


def blobs_for(kind: Kind, body: bytes, blob_key: bytes, random: Random) -> list[bytes]:
    """Return the blob that carries a message, or several where it travels in parts."""
    return [seal_blob(blob_key, content, random) for content in split(kind, body, random)]


def say(tx: Connection, keeper: Keeper, grp: int, payload: bytes, random: Random) -> list[bytes]:
    """Return finished blobs that carry one payload and nothing else, saved and ready to be appended."""
    mailbox = rows.get_mailbox(tx, grp)
    if mailbox is None:
        return []
    group = keeper.load(tx, grp)
    message = group.encrypt(payload, random=random)
    keeper.save(tx, grp, group)
    blobs = blobs_for(Kind.MESSAGE, message, mailbox.blob_key, random)
    for blob in blobs:
        outbox.add_blob(tx, grp, hashlib.sha256(blob).digest(), blob, [])
    return blobs


def next_blobs(tx: Connection, keeper: Keeper, grp: int, random: Random, *, most: int = 8) -> list[bytes]:
    """Return blobs that are saved and ready to be appended, oldest first; empty when nothing waits.

    Those that were finished before and have no receipt yet come first, as the same bytes. Otherwise up to ``most``
    new ones are made: the moved ratchet and the blobs are saved in this transaction.
    """
    finished = outbox.unsent_blobs(tx, grp)
    if finished:
        return finished
    mailbox = rows.get_mailbox(tx, grp)
    if mailbox is None:
        return []
    if mailbox.lost:
        outbox.drop_carried(tx, grp, mailbox.epoch)
    waiting = outbox.waiting(tx, grp, _BATCH)
    if not waiting:
        return []
    room = _LARGE if outbox.waiting_size(tx, grp) > _MANY else _SMALL
    group = keeper.load(tx, grp)
    made = []
    for payload, carried in _packed(waiting, room)[:most]:
        message = group.encrypt(payload, random=random)
        keeper.save(tx, grp, group)
        blobs = blobs_for(Kind.MESSAGE, message, mailbox.blob_key, random)
        for blob in blobs[:-1]:
            outbox.add_blob(tx, grp, hashlib.sha256(blob).digest(), blob, [])
        outbox.add_blob(tx, grp, hashlib.sha256(blobs[-1]).digest(), blobs[-1], carried)
        made.extend(blobs)
    return made


def _packed(waiting: list[tuple[int, bytes | None, bytes | None]], room: int) -> list[tuple[bytes, list[int]]]:
    """Put events together as long as they fit; a payload of its own stands alone. Order is kept."""
    packed: list[tuple[bytes, list[int]]] = []
    events: list[bytes] = []
    carried: list[int] = []
    size = 0

    def close() -> None:
        nonlocal size
        if events:
            packed.append((write_events(events), list(carried)))
            events.clear()
            carried.clear()
            size = 0

    for row, event, payload in waiting:
        if payload is not None:
            close()
            packed.append((payload, [row]))
            continue
        if event is None:
            # Its bytes are gone (deleted since): there is nothing to send any more.
            packed.append((cbor.encode(["events", []]), [row]))
            continue
        if size + len(event) + 5 > room - 16:
            close()
        events.append(event)
        carried.append(row)
        size += len(event) + 5
    close()
    return packed
