"""Sync: reads mailboxes to their heads, then sends, over the same connection. The only part that waits for a relay.

Everything between two calls to the relay is one step on the vault (`group/steps.py`). A relay that is down, slow or
lying ends a sync with a sentence in its report and never with an exception: what was made is kept and sent later.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taboon_client.errors import (
    MailboxFullError,
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayError,
    RelayRolledBackError,
)
from taboon_client.group import steps
from taboon_client.relay.client import RelayClient
from taboon_client.values import SyncReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.group.commits import Seal
    from taboon_client.group.desk import Desk
    from taboon_client.group.steps import Position, Waiting
    from taboon_client.relay.address import RelayAddress
    from taboon_client.runner import Runner

__all__ = ["Syncer"]

_PAGE = 2
"""Size class of the pages asked for: 64 KiB. Larger pages come when more waits."""
_LARGE_PAGE = 3
_MAX_TURNS = 10_000
"""Bounds one sync against a relay that always has one more thing to do."""
_LOST = "the relay had lost what this group's mailbox held; what is held here was posted again"
_SLOW = "the relay did not answer in time. What you made is kept and goes out with the next sync"


@dataclass(slots=True)
class _Tally:
    received: int = 0
    sent: int = 0
    notices: list[str] = field(default_factory=list)


class Syncer:
    """Syncs the groups and rendezvous of one vault.

    Args:
        desk: Of the vault.
        run: Runs a step on the vault's thread.
        timeout: Seconds that one call to a relay may take in all.
    """

    def __init__(self, desk: Desk, run: Runner, *, timeout: float = 30.0) -> None:
        self._desk = desk
        self._run = run
        self._timeout = timeout

    def _client(self, relay: RelayAddress) -> RelayClient:
        return RelayClient(relay, random=self._desk.random, clock=self._desk.clock, timeout=self._timeout)

    async def group(
        self, grp: int, *, deadline: float | None, progress: Callable[[int, int], None] | None = None, wait: int = 0
    ) -> SyncReport:
        """Sync one group and its invites.

        Args:
            grp: The group.
            deadline: Seconds that all of it may take; None for as long as it takes.
            progress: Told what has been sent.
            wait: Seconds to wait for news before the reading ends, 0 to 25.
        """
        tally = _Tally()
        problem: str | None = None
        try:
            async with asyncio.timeout(deadline):
                await self._rendezvous_of(grp, tally)
                await self._group(grp, tally, progress, wait)
                # A commit that stood may have made an answer to a request.
                await self._rendezvous_of(grp, tally)
        except TimeoutError:
            problem = _SLOW
        except RelayError as error:
            problem = str(error)
        unsent, when = await self._run(lambda: steps.unsent(self._desk, grp))
        return SyncReport(
            reached=problem is None,
            received=tally.received,
            sent=tally.sent,
            unsent=unsent,
            synced=when,
            problem=problem,
            notices=tuple(tally.notices),
        )

    async def joinings(self, *, deadline: float | None) -> SyncReport:
        """Look at every rendezvous where we wait to be let in, and at all our invites."""
        tally = _Tally()
        problem: str | None = None
        try:
            async with asyncio.timeout(deadline):
                await self._rendezvous_of(None, tally)
        except TimeoutError:
            problem = _SLOW
        except RelayError as error:
            problem = str(error)
        return SyncReport(reached=problem is None, problem=problem, notices=tuple(tally.notices))

    async def _group(self, grp: int, tally: _Tally, progress: Callable[[int, int], None] | None, wait: int) -> None:
        position = await self._run(lambda: steps.position(self._desk, grp))
        if position is None:
            return
        total, _ = await self._run(lambda: steps.unsent(self._desk, grp))
        tries = 0
        async with self._client(position.relay) as client:
            for _ in range(_MAX_TURNS):
                position = await self._read(client, grp, tally, wait)
                if position is None:
                    return
                wait = 0
                current = tries
                work = await self._run(lambda: steps.work(self._desk, grp, tries=current))
                if work.seal is not None:
                    if not await self._seal(client, grp, position, work.seal):
                        tries += 1
                elif work.blobs:
                    await self._append(client, grp, position, work.blobs, tally)
                    if progress is not None:
                        progress(min(tally.sent, total), total)
                else:
                    break
        await self._run(lambda: steps.synced(self._desk, grp))

    async def _read(self, client: RelayClient, grp: int, tally: _Tally, wait: int) -> Position | None:
        """Read to the head of the mailbox of the latest epoch there is; None if the group does not go on here."""
        page_class = _PAGE
        restarted = False
        while True:
            position = await self._run(lambda: steps.position(self._desk, grp))
            if position is None:
                return None
            at = position
            try:
                page = await client.read(at.keys, at.cursor, page_class=page_class, wait=wait)
            except MailboxUnknownError:
                await client.create(at.keys)
                if not at.cursor.number:
                    return at
                tally.notices.append(_LOST)
                await self._run(lambda: steps.restart_mailbox(self._desk, grp, at))  # noqa: B023 - awaited here
                continue
            except RelayRolledBackError:
                # It lost its disk, or went back to an old copy: keys that were spent stay spent, so reading anew does
                # no harm, and what it lost and we hold comes back. Once in a sync; a relay that goes on is told.
                if restarted:
                    raise
                restarted = True
                tally.notices.append(_LOST)
                await self._run(lambda: steps.restart_mailbox(self._desk, grp, at))  # noqa: B023 - awaited here
                continue
            sealed = page.sealed and page.complete
            applied = await self._run(
                lambda: steps.apply_page(
                    self._desk,
                    grp,
                    at,
                    after=page.cursor,
                    blobs=page.blobs,
                    sealed=sealed,  # noqa: B023 - awaited here
                )
            )
            tally.received += applied.received
            tally.sent += applied.sent
            tally.notices += applied.notices
            wait = 0
            if not page.complete:
                page_class = _LARGE_PAGE
            elif not (applied.moved or applied.stale):
                return await self._run(lambda: steps.position(self._desk, grp))

    async def _append(
        self, client: RelayClient, grp: int, position: Position, blobs: tuple[bytes, ...], tally: _Tally
    ) -> None:
        at = position
        for blob in blobs:
            try:
                receipt = await client.append(at.keys, blob)
            except MailboxSealedError:
                return
            except MailboxUnknownError:
                return
            here = at
            sent, at = await self._run(
                lambda: steps.acknowledge(self._desk, grp, here, blob, receipt.number, receipt.head)  # noqa: B023
            )
            tally.sent += sent

    async def _seal(self, client: RelayClient, grp: int, position: Position, seal: Seal) -> bool:
        """Send our staged commit. False if it has to be made anew; reading on tells whether it stood."""
        try:
            for blob in seal.blobs[:-1]:
                await client.append(position.keys, blob)
            await client.append(position.keys, seal.blobs[-1], seal=True, expected=seal.expected)
        except (MailboxSealedError, MailboxUnknownError):
            return True
        except MailboxMovedError:
            await self._run(lambda: steps.drop_staged(self._desk, grp, seal.blobs[-1]))
            return False
        return True

    async def _rendezvous_of(self, grp: int | None, tally: _Tally) -> None:
        for waiting in await self._run(lambda: steps.rendezvous_waiting(self._desk, grp)):
            async with self._client(waiting.relay) as client:
                await self._rendezvous(client, waiting, tally)

    async def _rendezvous(self, client: RelayClient, waiting: Waiting, tally: _Tally) -> None:
        at = waiting
        try:
            page = await client.read(at.keys, at.cursor, page_class=_PAGE)
        except MailboxUnknownError:
            await client.create(at.keys)
        else:
            here = at
            tally.notices += await self._run(
                lambda: steps.apply_rendezvous(self._desk, here, after=page.cursor, blobs=page.blobs)
            )
        if at.blobs:
            try:
                for blob in at.blobs:
                    await client.append(at.keys, blob)
            except MailboxFullError:
                tally.notices.append("the meeting place of an invite is full: end the invite and make a new one")
                return
            await self._run(lambda: steps.rendezvous_sent(self._desk, at))
