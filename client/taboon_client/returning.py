"""Coming back, and helping others back: what waits for the relay. The steps are in `session`.

Every mailbox here has a connection of its own, so that the relay is not told that they belong together.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from taboon_client.errors import MailboxFullError, MailboxSealedError, MailboxUnknownError, RelayRolledBackError
from taboon_client.relay.cursor import Cursor
from taboon_client.session import bringing, coming_back, evidence, forks, histories, inbox, watching
from taboon_client.session.passes import relay_pass

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.group.desk import Desk
    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.client import RelayClient
    from taboon_client.runner import Runner
    from taboon_client.session.bringing import EndedThere
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["bring", "come_back", "help_others", "look_again", "other_side"]

_PAGE = 2
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
            await client.create(keys, await run(lambda: relay_pass(desk, grp, at.relay)))
            with suppress(MailboxSealedError, MailboxFullError):
                for blob in request:
                    await client.append(keys, blob)
    return []


async def help_others(
    desk: Desk,
    run: Runner,
    connect: Callable[[RelayAddress], RelayClient],
    grp: int,
    former: RelayAddress | None = None,
) -> list[str]:
    """Bring answers to those who come back, and look whether somebody asks to. Returns sentences for the user.

    Args:
        desk: Of the vault.
        run: Runs a step on the vault's thread.
        connect: Connects to a relay.
        grp: The group.
        former: At this home that the group has left; else at home.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    for reply in await run(lambda: watching.replies(desk, grp, former)):
        async with connect(reply.relay) as client:
            if not (reply.once and watching.is_said(reply, await _all_of(client, reply.keys))):
                await client.create(reply.keys, await run(partial(relay_pass, desk, grp, reply.relay)))
                with suppress(MailboxSealedError, MailboxFullError):
                    # That is their own doing: they ask again.
                    for blob in reply.blobs:
                        await client.append(reply.keys, blob)
        await run(partial(watching.replied, desk, reply))
    told = []
    for look in await run(lambda: watching.looks(desk, grp, former)):
        async with connect(look.relay) as client:
            blobs = await _all_of(client, look.keys)
        if blobs:
            told += await run(partial(watching.take, desk, grp, look, blobs))
    return told


async def other_side(
    desk: Desk,
    run: Runner,
    connect: Callable[[RelayAddress], RelayClient],
    grp: int,
    former: RelayAddress | None = None,
) -> list[str]:
    """Look for another seal of an epoch that ended in own mailboxes; change over if it stands before ours.

    Args:
        desk: Of the vault.
        run: Runs a step on the vault's thread.
        connect: Connects to a relay.
        grp: The group.
        former: Of an epoch in which this relay was home; else of one whose home is home still.

    Returns:
        Sentences for the user; empty if nothing changed.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    for box in await run(lambda: forks.other_boxes(desk, grp, former)):
        async with connect(box.relay) as client:
            blobs, sealed = await _read(client, box.keys)
        if blobs and (sealed or box.claims):
            found = await run(partial(forks.take, desk, grp, box, blobs, partial(inbox.follow, desk, grp)))
            if found.changed:
                return list(found.told)
    await run(lambda: forks.looked(desk, grp, former))
    return []


async def look_again(
    desk: Desk,
    run: Runner,
    connect: Callable[[RelayAddress], RelayClient],
    grp: int,
    former: RelayAddress | None = None,
) -> list[str]:
    """Ask home once more for the seal of an ended epoch. Returns sentences, where it shows another one now.

    Args:
        desk: Of the vault.
        run: Runs a step on the vault's thread.
        connect: Connects to a relay.
        grp: The group.
        former: Ask this relay, which was home then; else home.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    again = await run(lambda: histories.look_again(desk, grp, former))
    if again is None:
        return []
    async with connect(again.relay) as client:
        try:
            page = await client.read(again.keys, again.cursor, page_class=_PAGE)
            if not page.complete or not page.sealed or page.blobs[-1:] == (again.seal,):
                return []
        except (MailboxUnknownError, RelayRolledBackError):
            pass
        blobs, sealed, signed = await _read_signed(client, again.keys)
    if not sealed and former is not None:
        # It lost its disk, and nobody reads there any more who would notice: whoever is behind must find the seal.
        await run(partial(bringing.lost, desk, grp, former))
    if not blobs or not sealed or blobs[-1] == again.seal:
        return []
    told = await run(lambda: desk.keeper.write(lambda tx: evidence.keep(tx, grp, again.epoch, signed, now=desk.now)))
    return told + await run(partial(histories.take_page, desk, grp, again, blobs, signed))


async def bring(
    desk: Desk,
    run: Runner,
    connect: Callable[[RelayAddress], RelayClient],
    grp: int,
    *,
    away: bool,
    former: RelayAddress | None = None,
) -> list[str]:
    """Bring to a relay the commits that ended epochs, where it may not have them; read what was said there meanwhile.

    That is a relay that has lost its disk, or one of two that are in use.

    Args:
        desk: Of the vault.
        run: Runs a step on the vault's thread.
        connect: Connects to a relay.
        grp: The group.
        away: To the pop-up relay, or to a new home for those who could not follow from the old one; else home.
        former: To this home that the group has left.

    Returns:
        Sentences for the user. Where another commit was found, the group may go on from an older epoch after this.

    Raises:
        RelayError: The relay cannot be reached, or misbehaves.
    """
    told: list[str] = []
    for one in await run(lambda: bringing.to_bring(desk, grp, away=away, former=former)):
        known = await run(partial(relay_pass, desk, grp, one.relay))
        async with connect(one.relay) as client:
            try:
                there, sealed = await _read(client, one.keys, one.cursor)
            except RelayRolledBackError:
                there, sealed = await _read(client, one.keys)
            said = there[:-1] if sealed else there
            if said:
                await run(partial(forks.take_late, desk, grp, one.epoch, said))
            if sealed and there:
                follow = partial(inbox.follow, desk, grp, popup=away)
                found = await run(partial(forks.other_seal, desk, grp, one.epoch, there, follow, popup=away))
                told += found.told
                if found.changed:
                    return told
                if found.told and not away:
                    await _claim(connect, one, known)
            elif not sealed:
                await client.create(one.keys, known)
                try:
                    for blob in (*([one.stood] if one.stood else []), *one.blobs[:-1]):
                        await client.append(one.keys, blob)
                    await client.append(one.keys, one.blobs[-1], seal=True)
                except MailboxSealedError:
                    # Somebody was first. What it is, the next sync sees.
                    return told
                except MailboxFullError:
                    continue
        await run(partial(bringing.brought, desk, grp, one.epoch, away=away))
    return told


async def _claim(connect: Callable[[RelayAddress], RelayClient], one: EndedThere, known: bytes) -> None:
    """Say, where only we can write, which commit had ended an epoch before somebody else has ended it once more."""
    if one.claim is None or one.stood is None:
        return
    async with connect(one.relay) as client:
        await client.create(one.claim, known)
        with suppress(MailboxSealedError, MailboxFullError):
            for blob in (one.stood, *one.blobs):
                await client.append(one.claim, blob)


async def _all_of(client: RelayClient, keys: MailboxKeys) -> list[bytes]:
    """Return what lies in a mailbox, nothing where there is none."""
    return (await _read(client, keys))[0]


async def _read(client: RelayClient, keys: MailboxKeys, cursor: Cursor | None = None) -> tuple[list[bytes], bool]:
    """Return what lies in a mailbox, nothing where there is none, and whether the last of it is the seal."""
    blobs, sealed, _ = await _read_signed(client, keys, cursor)
    return blobs, sealed


async def _read_signed(
    client: RelayClient, keys: MailboxKeys, cursor: Cursor | None = None
) -> tuple[list[bytes], bool, bytes]:
    """Return what lies in a mailbox, whether the last of it is the seal, and what the relay has signed of it."""
    cursor, blobs = cursor or Cursor.start(keys.mailbox_id), list[bytes]()
    try:
        while True:
            page = await client.read(keys, cursor, page_class=_PAGE)
            cursor = page.cursor
            blobs += page.blobs
            if page.complete or sum(map(len, blobs)) > _MOST:
                return blobs, page.sealed and page.complete, page.signed
    except MailboxUnknownError:
        return [], False, b""
