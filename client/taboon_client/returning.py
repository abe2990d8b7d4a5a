"""Coming back, and helping others back: what waits for the relay. The steps are in `session`.

Every mailbox here has a connection of its own, so that the relay is not told that they belong together.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from taboon_client.errors import MailboxFullError, MailboxSealedError, MailboxUnknownError
from taboon_client.relay.cursor import Cursor
from taboon_client.session import coming_back, forks, steps, watching
from taboon_client.session.passes import relay_pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.group.desk import Desk
    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.client import RelayClient
    from taboon_client.runner import Runner
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["come_back", "help_others", "other_side"]

_PAGE = 2
_ANOTHER = (
    "the relay had lost an older epoch of this group, and somebody has ended it with another commit than the one "
    "that stands here. Whoever went on from there is in another history and hears nothing from here: ask all members "
    "whether they see your posts, and compare with “taboon evidence GROUP”"
)
_MOST = 8 * 1024 * 1024
"""Bytes that are read of one of these mailboxes."""


async def come_back(desk: Desk, run: Runner, connect: Callable[[RelayAddress], RelayClient], grp: int) -> list[str]:
    """Ask to come back into a group that does not go on here, and take the answer. Returns sentences for the user.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    at = await run(lambda: coming_back.asking(desk, grp))
    if at is None:
        return []
    for answering in at.answering:
        async with connect(at.relay) as client:
            blobs = await _all_of(client, answering)
        told = await run(partial(coming_back.take_answer, desk, grp, blobs)) if blobs else []
        if told:
            return told
    for keys, request in at.asking:
        async with connect(at.relay) as client:
            await client.create(keys, await run(lambda: relay_pass(desk, grp)))
            with suppress(MailboxSealedError, MailboxFullError):
                for blob in request:
                    await client.append(keys, blob)
    return []


async def help_others(desk: Desk, run: Runner, connect: Callable[[RelayAddress], RelayClient], grp: int) -> list[str]:
    """Bring answers to those who come back, and look whether somebody asks to. Returns sentences for the user.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    for reply in await run(lambda: watching.replies(desk, grp)):
        async with connect(reply.relay) as client:
            await client.create(reply.keys, await run(lambda: relay_pass(desk, grp)))
            with suppress(MailboxSealedError, MailboxFullError):
                # That is their own doing: they ask again.
                for blob in reply.blobs:
                    await client.append(reply.keys, blob)
        await run(partial(watching.replied, desk, reply))
    told = []
    for look in await run(lambda: watching.looks(desk, grp)):
        async with connect(look.relay) as client:
            blobs = await _all_of(client, look.keys)
        if blobs:
            told += await run(partial(watching.take, desk, grp, look.row, blobs))
    return told


async def other_side(desk: Desk, run: Runner, connect: Callable[[RelayAddress], RelayClient], grp: int) -> list[str]:
    """Look for another seal of an epoch that ended in own mailboxes; change over if it stands before ours.

    Returns:
        Sentences for the user; empty if nothing changed.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    for box in await run(lambda: forks.other_boxes(desk, grp)):
        async with connect(box.relay) as client:
            blobs, sealed = await _read(client, box.keys)
        told = await run(partial(forks.take, desk, grp, box, blobs)) if sealed else []
        if told:
            return told
    return []


async def mend(desk: Desk, run: Runner, connect: Callable[[RelayAddress], RelayClient], grp: int) -> list[str]:
    """Give a relay that has lost its disk the commits that ended the latest epochs, for those who are behind.

    Returns:
        Sentences for the user: whether somebody went on from an older epoch before.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    told = []
    for relay, keys, blobs in await run(lambda: steps.ended_mailboxes(desk, grp)):
        async with connect(relay) as client:
            there, sealed = await _read(client, keys)
            if sealed:
                # Somebody was first, or it was not lost. In parts, the same commit is brought back as other blobs.
                if len(blobs) == 1 and there[-1] != blobs[-1]:
                    told.append(_ANOTHER)
                continue
            await client.create(keys, await run(lambda: relay_pass(desk, grp)))
            with suppress(MailboxSealedError, MailboxFullError):
                for blob in blobs[:-1]:
                    await client.append(keys, blob)
                await client.append(keys, blobs[-1], seal=True)
    return told


async def _all_of(client: RelayClient, keys: MailboxKeys) -> list[bytes]:
    """Return what lies in a mailbox, nothing where there is none."""
    return (await _read(client, keys))[0]


async def _read(client: RelayClient, keys: MailboxKeys) -> tuple[list[bytes], bool]:
    """Return what lies in a mailbox, nothing where there is none, and whether the last of it is the seal."""
    cursor, blobs = Cursor.start(keys.mailbox_id), list[bytes]()
    try:
        while True:
            page = await client.read(keys, cursor, page_class=_PAGE)
            cursor = page.cursor
            blobs += page.blobs
            if page.complete or sum(map(len, blobs)) > _MOST:
                return blobs, page.sealed and page.complete
    except MailboxUnknownError:
        return [], False
