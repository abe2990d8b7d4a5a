"""Sync: reads mailboxes to their heads, then sends, over the same connection. The only part that waits for a relay.

Everything between two calls to the relay is one step on the vault (`session/steps.py`). A relay that is down, slow or
lying ends a sync with a sentence in its report and never with an exception: what was made is kept and sent later.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from taboon_client.errors import (
    MailboxFullError,
    MailboxMovedError,
    MailboxSealedError,
    MailboxUnknownError,
    RelayError,
    RelayMisbehavedError,
    RelayRolledBackError,
    RelayUnreachableError,
)
from taboon_client.joining import steps as joining_steps
from taboon_client.moving import unfit
from taboon_client.relay.client import RelayClient
from taboon_client.relay.cursor import Cursor
from taboon_client.returning import bring, come_back, help_others, look_again, other_side
from taboon_client.session import left_homes, reading_back, steps
from taboon_client.session import popup as popup_steps
from taboon_client.session.passes import relay_pass
from taboon_client.values import SyncReport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from taboon_client.group.desk import Desk
    from taboon_client.joining.steps import Waiting
    from taboon_client.relay.address import RelayAddress
    from taboon_client.relay.answers import Page
    from taboon_client.runner import Runner
    from taboon_client.session.commits import Seal
    from taboon_client.session.inbox import Applied
    from taboon_client.session.steps import Position, Work
    from taboon_client.values import Popup
    from taboon_crypto.mailbox import MailboxKeys

__all__ = ["Syncer"]

_PAGE = 2
"""Size class of the pages asked for: 64 KiB. Larger pages come when more waits."""
_LARGE_PAGE = 3
_MAX_TURNS = 10_000
"""Bounds one sync against a relay that always has one more thing to do."""
_MAX_RESTARTS = 2
_MAX_RENDEZVOUS = 8 * 1024 * 1024
"""Bytes that are read of a rendezvous in one sync: more than any Welcome has."""
_LOST = (
    "the relay had lost what this group's mailbox held; what is held here was posted again. If somebody was removed in "
    "these days, ask an admin whether you have heard of it before you post anything that they must not read"
)
_HEAR = 8.0
"""Seconds for which home may be silent before a sync goes to the pop-up relay, at most."""
_PATIENCE = 8.0
"""Seconds for which a sync asks homes that the group has left, at most."""
_AWAY = (
    "the group's own relay cannot be reached. This was synced at the pop-up relay, and comes home with the first sync "
    "that reaches home"
)
_NO_POPUP = "the pop-up relay cannot be reached, but the group's own relay can. “taboon popup end GROUP” ends its use"
_NEITHER = "neither the group's own relay nor the pop-up relay can be reached. What you made is kept"
_SLOW = "the relay did not answer in time. What you made is kept and goes out with the next sync"


@dataclass(slots=True)
class _Tally:
    received: int = 0
    sent: int = 0
    problem: str | None = None
    notices: list[str] = field(default_factory=list)
    restarts: int = 0
    moved: bool = False

    def restart(self) -> None:
        """Count a mailbox that is read from its beginning: often enough, and the relay is making fun of us."""
        self.restarts += 1
        if self.restarts > _MAX_RESTARTS:
            raise RelayMisbehavedError("The relay loses this group's mailbox again and again. What you made is kept.")


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

    async def _create(self, client: RelayClient, relay: RelayAddress, grp: int | None, keys: MailboxKeys) -> None:
        """Create a mailbox, with the pass that the group has for this relay; a guest of no group yet has none."""
        known = b"" if grp is None else await self._run(lambda: relay_pass(self._desk, grp, relay))
        await client.create(keys, known)

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

        async def everything() -> None:
            away = await self._popup(grp)
            if away is None:
                await self._at_home(grp, tally, progress, wait)
                tally.notices += await bring(self._desk, self._run, self._client, grp, away=True)
            else:
                await self._at_both(grp, tally, progress, wait, deadline, over=away.over)

        began = asyncio.get_running_loop().time()
        await _bounded(everything(), deadline, tally)
        left = _PATIENCE if deadline is None else deadline - asyncio.get_running_loop().time() + began
        if tally.problem is None and left > 0:
            await self._at_former_homes(grp, tally, min(left, _PATIENCE))
        unsent, when = await self._run(lambda: steps.unsent(self._desk, grp))
        stopped = await self._run(lambda: steps.stopped(self._desk, grp))
        return SyncReport(
            reached=tally.problem is None,
            received=tally.received,
            sent=tally.sent,
            unsent=unsent,
            synced=when,
            problem=tally.problem,
            notices=tuple(dict.fromkeys(tally.notices)),
            stopped=stopped,
        )

    async def _at_home(self, grp: int, tally: _Tally, progress: Callable[[int, int], None] | None, wait: int) -> None:
        await self._rendezvous_of(grp, tally)
        tally.notices += await bring(self._desk, self._run, self._client, grp, away=False)
        await self._group(grp, tally, progress, wait)
        await self._read_back(grp, tally)
        tally.notices += await look_again(self._desk, self._run, self._client, grp)
        tally.notices += await come_back(self._desk, self._run, self._client, grp)
        tally.notices += await help_others(self._desk, self._run, self._client, grp)
        # A commit that stood may have made an answer to a request.
        await self._rendezvous_of(grp, tally)

    async def _at_both(
        self,
        grp: int,
        tally: _Tally,
        progress: Callable[[int, int], None] | None,
        wait: int,
        deadline: float | None,
        *,
        over: bool,
    ) -> None:
        """Sync at home and at the pop-up relay, whichever answers, and carry to each what only the other has."""
        home = await self._hear(grp, deadline)
        if home:
            await self._at_home(grp, tally, progress, 0)
        else:
            await self._run(lambda: popup_steps.speak_again(self._desk, grp))
        there = False
        if not over:
            try:
                tally.notices += await bring(self._desk, self._run, self._client, grp, away=True)
                await self._group(grp, tally, progress, 0 if home else wait, popup=True)
                there = True
            except RelayUnreachableError:
                tally.notices += [_NO_POPUP] if home else []
        if there and await self._popup(grp) is None:
            # The group has moved: that relay is home now.
            await self._at_home(grp, tally, progress, 0)
            return
        if home and there:
            # What was only there until now goes home at once.
            tally.notices += await bring(self._desk, self._run, self._client, grp, away=False)
            await self._group(grp, tally, progress, 0)
        await self._run(lambda: popup_steps.settle(self._desk, grp, home=home, away=there))
        if not (home or there):
            tally.problem = _NEITHER
        elif not home:
            tally.notices.append(_AWAY)

    async def _at_former_homes(self, grp: int, tally: _Tally, patience: float) -> None:
        """Look back at homes that the group has left, for those who are behind. That one is gone is no news."""
        for relay in await self._run(lambda: left_homes.due(self._desk, grp)):
            told: list[str] = []
            try:
                async with asyncio.timeout(patience):
                    await self._rendezvous_of(grp, tally, relay)
                    for look in (partial(bring, away=False), look_again, other_side, help_others):
                        told += await look(self._desk, self._run, self._client, grp, former=relay)
                    await self._read_back(grp, tally, relay)
            except (TimeoutError, RelayError):
                await self._run(partial(left_homes.postpone, self._desk, grp, relay))
            tally.notices += told
        await self._run(lambda: popup_steps.settle_left(self._desk, grp))

    async def _hear(self, grp: int, deadline: float | None) -> bool:
        """Tell whether home answers, without waiting for long."""
        at = await self._position(grp)
        if at is None:
            # The group may be coming back: that is asked for at home.
            return True
        patience = _HEAR if deadline is None else min(_HEAR, deadline / 3)
        client = RelayClient(at.relay, random=self._desk.random, clock=self._desk.clock, timeout=patience)
        async with client:
            try:
                await client.limits()
            except RelayUnreachableError:
                return False
        return True

    async def joinings(self, *, deadline: float | None) -> SyncReport:
        """Look at every rendezvous where we wait to be let in, and at all our invites."""
        tally = _Tally()
        await _bounded(self._rendezvous_of(None, tally), deadline, tally)
        return SyncReport(reached=tally.problem is None, problem=tally.problem, notices=tuple(tally.notices))

    async def _group(
        self,
        grp: int,
        tally: _Tally,
        progress: Callable[[int, int], None] | None,
        wait: int,
        *,
        popup: bool = False,
    ) -> None:
        position = await self._position(grp, popup=popup)
        if position is None:
            return
        total, _ = await self._run(lambda: steps.unsent(self._desk, grp))
        tries = 0
        async with AsyncExitStack() as line:
            client, epoch = None, -1
            for _ in range(_MAX_TURNS):
                if client is None or position.epoch != epoch:
                    # One connection for one mailbox: two on one would tell the relay that they belong together.
                    await line.aclose()
                    client, epoch = await line.enter_async_context(self._client(position.relay)), position.epoch
                at = None
                if not position.spoiled:
                    at = await self._read(client, grp, position.epoch, tally, wait, popup=popup)
                elif not await self._own_mailboxes(grp, position.epoch, tally, tries):
                    break
                wait = 0
                if at is None:
                    following = await self._position(grp, popup=popup)
                    if following is None:
                        return
                    position = following
                    continue
                work = await self._work(grp, at, tries)
                if work is None:
                    continue
                if work.seal is not None:
                    if await self._unfit(grp, work.seal):
                        continue
                    if not await self._seal(client, grp, at, work.seal, tally):
                        tries += 1
                elif work.blobs:
                    await self._append(client, grp, at, work.blobs, tally)
                    if progress is not None:
                        progress(min(tally.sent, total), total)
                elif (
                    not popup
                    and (told := await other_side(self._desk, self._run, self._client, grp))
                    and tally.restarts == 0
                ):
                    tally.restart()
                    tally.notices += told
                    following = await self._position(grp)
                    if following is None:
                        return
                    position = following
                else:
                    break
        if not popup:
            await self._run(lambda: steps.synced(self._desk, grp))
        if tally.moved:
            # Keys of ended epochs are deleted; now they leave the write-ahead log as well.
            await self._run(self._desk.vault.tidy)

    async def _read(
        self, client: RelayClient, grp: int, epoch: int, tally: _Tally, wait: int, *, popup: bool
    ) -> Position | None:
        """Read the mailbox of an epoch to its head; None if the group is in another one now, or does not go on here."""
        page_class = _PAGE
        while (at := await self._position(grp, popup=popup)) is not None and at.epoch == epoch and not at.spoiled:
            try:
                page = await client.read(at.keys, at.cursor, page_class=page_class, wait=wait)
            except MailboxUnknownError:
                if not await self._lost(grp, at, tally):
                    continue
                await self._create(client, at.relay, grp, at.keys)
                if not popup:
                    # In this order: whoever follows a commit that was brought back finds the next mailbox.
                    tally.notices += await bring(self._desk, self._run, self._client, grp, away=False)
                if not at.cursor.number:
                    return at
                continue
            except RelayRolledBackError:
                # It lost its disk, or went back to an old copy: keys that were spent stay spent, so reading anew does
                # no harm, and what it lost and we hold comes back.
                if await self._lost(grp, at, tally) and not popup:
                    tally.notices += await bring(self._desk, self._run, self._client, grp, away=False)
                continue
            wait = 0
            if page.sealed and page.complete and not page.blobs:
                # The seal is behind us: it was shown as an ordinary blob before. It is looked at again, as what it is.
                tally.restart()
                await self._run(lambda: steps.rewind(self._desk, grp, at))
                continue
            applied = await self._apply(grp, at, page)
            tally.received += applied.received
            tally.sent += applied.sent
            tally.notices += applied.notices
            tally.moved = tally.moved or applied.moved
            if not page.complete:
                page_class = _LARGE_PAGE
            elif not (applied.moved or applied.stale):
                here = await self._position(grp, popup=popup)
                return here if here is not None and here.epoch == epoch else None
        return None

    async def _own_mailboxes(self, grp: int, epoch: int, tally: _Tally, tries: int) -> bool:
        """Read the own mailboxes of a spoiled epoch to their heads, then send in ours. False if nothing is left to do.

        All are read before anything is said: what a second copy of this vault has said is in ours, and what an admin
        has sealed in theirs.
        """
        own: Position | None = None
        for at in await self._run(lambda: steps.own_positions(self._desk, grp)):
            async with self._client(at.relay) as client:
                read = await self._read_own(client, grp, at, tally)
            if read is None or read.epoch != epoch:
                return True
            own = read if read.keys.append_seed is not None else None
        if own is None:
            return False
        work = await self._work(grp, own, tries)
        if work is None:
            return True
        if work.seal is None and not work.blobs:
            return False
        async with self._client(own.relay) as client:
            await self._create(client, own.relay, grp, own.keys)
            if work.seal is not None and not await self._unfit(grp, work.seal):
                await self._seal(client, grp, own, work.seal, tally)
            elif work.blobs:
                await self._append(client, grp, own, work.blobs, tally)
        return True

    async def _unfit(self, grp: int, seal: Seal) -> bool:
        """Tell whether our staged commit would move the group to where it could not live; then it is not sent."""
        problem = None if seal.move is None else await unfit(self._client, seal.move, self._desk.random)
        if problem is None:
            return False
        await self._run(lambda: steps.refuse_move(self._desk, grp, seal, problem))
        return True

    async def _read_own(self, client: RelayClient, grp: int, at: Position, tally: _Tally) -> Position | None:
        """Read an own mailbox to its head; None if the group reads on elsewhere now."""
        while True:
            try:
                page = await client.read(at.keys, at.cursor, page_class=_PAGE)
            except MailboxUnknownError:
                # Most members never write in theirs. But it may also have expired.
                goes_on = await self._lost(grp, at, tally)
                return None if at.cursor.number or not goes_on else at
            except RelayRolledBackError:
                await self._lost(grp, at, tally)
                return None
            applied = await self._apply(grp, at, page)
            tally.received += applied.received
            tally.sent += applied.sent
            tally.notices += applied.notices
            tally.moved = tally.moved or applied.moved
            if applied.moved or applied.stale or await self._position(grp) is None:
                return None
            at = replace(at, cursor=page.cursor)
            if page.complete:
                return at

    async def _append(
        self, client: RelayClient, grp: int, position: Position, blobs: tuple[bytes, ...], tally: _Tally
    ) -> None:
        """Send blobs of ours. What the mailbox does not take any more is encrypted anew in the next epoch."""
        receipts: list[tuple[bytes, Cursor]] = []
        try:
            for blob in blobs:
                receipt = await client.append(position.keys, blob)
                receipts.append((blob, Cursor(receipt.number, receipt.head)))
        except (MailboxSealedError, MailboxUnknownError):
            pass
        finally:
            # What was taken is noted whatever came then; a process that dies before it sends the same bytes again.
            if receipts:
                tally.sent += await self._acknowledge(grp, position, receipts)

    async def _seal(self, client: RelayClient, grp: int, position: Position, seal: Seal, tally: _Tally) -> bool:
        """Send our staged commit. False if it has to be made anew; reading on tells whether it stood."""
        try:
            for blob in seal.blobs[:-1]:
                await client.append(position.keys, blob)
            receipt = await client.append(position.keys, seal.blobs[-1], seal=True, expected=seal.expected)
        except (MailboxSealedError, MailboxUnknownError):
            return True
        except MailboxMovedError:
            await self._run(lambda: steps.retire_staged(self._desk, grp, seal.blobs[-1]))
            return False
        tally.notices += await self._run(lambda: steps.keep_signed(self._desk, grp, position, receipt.signed))
        return True

    async def _read_back(self, grp: int, tally: _Tally, former: RelayAddress | None = None) -> None:
        """Read removals of ours once more, each over a connection of its own, and see who has followed."""
        for at in await self._run(lambda: reading_back.unread(self._desk, grp, former)):
            cursor, blobs = at.cursor, list[bytes]()
            async with self._client(at.relay) as client:
                try:
                    while True:
                        page = await client.read(at.keys, cursor, page_class=_PAGE)
                        cursor, blobs = page.cursor, [*blobs, *page.blobs][-1:]
                        if page.complete:
                            break
                except (MailboxUnknownError, RelayRolledBackError):
                    tally.notices.append(reading_back.HIDDEN)
                    continue
            tally.notices += await self._run(partial(reading_back.note, self._desk, grp, at, blobs, sealed=page.sealed))
        tally.notices += await self._run(lambda: reading_back.confirm(self._desk, grp))

    async def _rendezvous_of(self, grp: int | None, tally: _Tally, former: RelayAddress | None = None) -> None:
        """Look at rendezvous mailboxes, all at once: one that makes trouble keeps neither the others nor the group."""
        found = await self._run(lambda: joining_steps.waiting(self._desk, grp, former))
        await asyncio.gather(*(self._one_rendezvous(waiting, tally, quiet=grp is not None) for waiting in found))

    async def _one_rendezvous(self, waiting: Waiting, tally: _Tally, *, quiet: bool) -> None:
        async with self._client(waiting.relay) as client:
            try:
                await self._rendezvous(client, waiting, tally)
            except RelayUnreachableError as error:
                # The group's own mailbox is at the same relay, and says so better.
                if not quiet:
                    tally.problem = str(error)
            except RelayError as error:
                if quiet:
                    tally.notices.append(f"an invite could not be looked at. {error}")
                else:
                    tally.problem = str(error)

    async def _rendezvous(self, client: RelayClient, at: Waiting, tally: _Tally) -> None:
        cursor, blobs = at.cursor, list[bytes]()
        try:
            while True:
                page = await client.read(at.keys, cursor, page_class=_PAGE if not blobs else _LARGE_PAGE)
                cursor = page.cursor
                blobs += page.blobs
                if page.complete or sum(map(len, blobs)) > _MAX_RENDEZVOUS:
                    break
        except MailboxUnknownError:
            await self._create(client, at.relay, at.grp, at.keys)
            await self._run(lambda: joining_steps.restart(self._desk, at))
        except RelayRolledBackError:
            await self._run(lambda: joining_steps.restart(self._desk, at))
        else:
            tally.notices += await self._run(lambda: joining_steps.apply(self._desk, at, after=cursor, blobs=blobs))
        left = [blob for blob in at.blobs if blob not in blobs]
        try:
            for blob in left:
                await client.append(at.keys, blob)
        except (MailboxSealedError, MailboxFullError):
            tally.notices += await self._run(lambda: joining_steps.closed(self._desk, at))
        else:
            if at.blobs:
                await self._run(lambda: joining_steps.sent(self._desk, at))

    # Steps on the vault

    async def _popup(self, grp: int) -> Popup | None:
        return await self._run(lambda: self._desk.keeper.read(lambda tx: popup_steps.in_use(tx, grp)))

    async def _position(self, grp: int, *, popup: bool = False) -> Position | None:
        return await self._run(lambda: steps.position(self._desk, grp, popup=popup))

    async def _work(self, grp: int, at: Position, tries: int) -> Work | None:
        return await self._run(lambda: steps.work(self._desk, grp, at, tries=tries))

    async def _apply(self, grp: int, at: Position, page: Page) -> Applied:
        sealed = page.sealed and page.complete
        return await self._run(
            lambda: steps.apply_page(
                self._desk, grp, at, after=page.cursor, blobs=page.blobs, sealed=sealed, signed=page.signed
            )
        )

    async def _acknowledge(self, grp: int, at: Position, receipts: list[tuple[bytes, Cursor]]) -> int:
        return await self._run(lambda: steps.acknowledge(self._desk, grp, at, receipts))

    async def _lost(self, grp: int, at: Position, tally: _Tally) -> bool:
        """Begin a mailbox anew that the relay has lost. False if the group does not go on here for it."""
        if at.cursor.number:
            tally.restart()
            if not at.popup:
                tally.notices.append(_LOST)
        return await self._run(lambda: steps.lost_mailbox(self._desk, grp, at))


async def _bounded(work: Coroutine[Any, Any, None], deadline: float | None, tally: _Tally) -> None:
    """Finish some work with the relay within a deadline; what goes wrong with the relay becomes a sentence."""
    try:
        async with asyncio.timeout(deadline):
            await work
    except TimeoutError:
        tally.problem = _SLOW
    except RelayError as error:
        tally.problem = str(error)
