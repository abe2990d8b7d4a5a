"""What a hostile member or relay can do with the keys it rightly holds, for stories that show what comes of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from typing import TYPE_CHECKING, Any

from taboon_client.board.event import Event
from taboon_client.group.epoch import mailbox_keys
from taboon_client.joining.link import InvitePayload
from taboon_client.relay.address import RelayAddress
from taboon_client.relay.client import RelayClient
from taboon_client.vault import groups as rows
from taboon_crypto.blob import Kind, seal_blob, split
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from taboon_crypto import mls
    from tests.relay_process import RelayProcess
    from tests.scenarios.conftest import Person


def desk_of(person: Person) -> Desk:
    """The desk of a person's open vault."""
    return person.taboon._taboon._desk


def row_of(person: Person) -> int:
    """The row of a person's one group."""
    return person.group._group.row_id


def append(person: Person, blobs: Sequence[bytes], *, seal: bool = False) -> None:
    """Append raw blobs to the mailbox of the present epoch, as any member can."""
    desk, grp = desk_of(person), row_of(person)
    row, mailbox = desk.keeper.read(lambda tx: (rows.get_group(tx, grp), rows.get_mailbox(tx, grp)))
    assert mailbox is not None
    keys = mailbox_keys(mailbox)

    async def send() -> None:
        address = RelayAddress(row.relay_url, row.relay_id)
        async with RelayClient(address, random=os.urandom, clock=time.time) as client:
            for number, blob in enumerate(blobs, 1):
                await client.append(keys, blob, seal=seal and number == len(blobs))

    asyncio.run(send())


def send_message(person: Person, make: Callable[[mls.Group], bytes], *, seal: bool = False) -> None:
    """Append an MLS message that a member's own device would never send."""
    desk, grp = desk_of(person), row_of(person)

    def act(tx: Connection) -> tuple[bytes, bytes]:
        group = desk.keeper.load(tx, grp)
        message = make(group)
        desk.keeper.save(tx, grp, group)
        mailbox = rows.get_mailbox(tx, grp)
        assert mailbox is not None
        return message, mailbox.blob_key

    message, key = desk.keeper.write(act)
    append(
        person, [seal_blob(key, content, os.urandom) for content in split(Kind.MESSAGE, message, os.urandom)], seal=seal
    )


def event_of(person: Person, place: bytes | str | None, kind: str, body: dict[str, Any]) -> Event:
    """An event signed by a member, of any kind in any place."""
    desk, grp = desk_of(person), row_of(person)

    def act(tx: Connection) -> Event:
        own = rows.get_group(tx, grp)
        private = sodium.ed25519_expand_seed(own.identity_seed)[1]
        return Event.make(
            sign=lambda message: sodium.ed25519_sign(private, message),
            group_id=own.group_id,
            author=own.identity,
            number=own.next_number,
            previous=own.previous,
            place=place,
            parents=(),
            epoch=desk.ledger.history(tx, grp).epochs()[-1].epoch_id,
            kind=kind,
            body=body,
        )

    return desk.keeper.read(act)


def at_rendezvous(link: str, contents: Sequence[bytes], *, seal: bool = False) -> None:
    """Leave something at the rendezvous of an invite, as whoever holds the link can."""
    payload = InvitePayload.parse(link)

    async def send() -> None:
        address = RelayAddress(payload.relay_url, payload.relay_id)
        async with RelayClient(address, random=os.urandom, clock=time.time) as client:
            await client.create(payload.mailbox)
            for content in contents:
                await client.append(payload.mailbox, seal_blob(payload.blob_key, content, os.urandom), seal=seal)

    asyncio.run(send())


def lose_disk(relay: RelayProcess) -> None:
    """Let a relay lose its database, and keep its key."""
    relay.stop()
    for file in list(relay.folder.iterdir()):
        if file.read_bytes()[:15] == b"SQLite format 3" or file.name.endswith(("-wal", "-shm")):
            file.unlink()
    relay.start()


def swap_disk(relay: RelayProcess, spare: Path) -> None:
    """Let a relay go on from its other disk: to whom it shows which, it decides, and its key is the same."""
    relay.stop()
    here, other = relay.folder, spare.with_name(spare.name + "-kept")
    if not spare.exists():
        shutil.copytree(here, spare)
    here.rename(other)
    spare.rename(here)
    other.rename(spare)
    relay.start()
