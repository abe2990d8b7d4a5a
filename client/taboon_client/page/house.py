"""The open vault behind the page: its groups kept in sync, and word of every change for whoever looks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from taboon_client.errors import TaboonError, VaultMissingError
from taboon_client.values import GroupState, InviteState, JoiningState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

    from taboon_client.intake.drafts import Draft
    from taboon_client.library import Group, Taboon
    from taboon_client.values import SyncReport

__all__ = ["House"]

_LOOK: Final = 0.3
"""Seconds between two looks at whether the vault has changed."""
_ASK: Final = 2.0
"""Seconds between two looks for requests to join, while somebody waits for an answer."""
_PING: Final = 10.0
"""Seconds after which a line goes to every open page though there is no news, so that one that is gone is noticed."""
_PATIENCE: Final = 30.0
_MOST_NOTICES: Final = 20


class House:
    """What the child process holds: one vault, open or not."""

    def __init__(self, folder: Path, *, idle: float) -> None:
        self.folder = folder
        self.idle_minutes = max(1, round(idle / 60))
        """After how long without use the process locks."""
        self._taboon: Taboon | None = None
        self._news = 0
        self._told = asyncio.Condition()
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._rest: list[asyncio.Task[None]] = []
        self._reports: dict[str, SyncReport] = {}
        self._notices: dict[str, list[str]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self.drafts: dict[str, tuple[Draft, ...]] = {}
        """An import that somebody looks at, by the name that its form has; only the last one is kept."""

    @property
    def is_open(self) -> bool:
        """Whether the vault is open."""
        return self._taboon is not None

    @property
    def taboon(self) -> Taboon:
        """The open vault.

        Raises:
            VaultMissingError: It is not open.
        """
        if self._taboon is None:
            raise VaultMissingError("the vault is locked")
        return self._taboon

    @property
    def news(self) -> int:
        """A number that goes up with every change."""
        return self._news

    async def unlock(self, passphrase: str) -> None:
        """Open the vault and begin to sync.

        Raises:
            VaultError: By its subclass.
        """
        from taboon_client.library import Taboon

        if self._taboon is None:
            self._begin(await Taboon.open(passphrase, self.folder))

    async def create(self, passphrase: str) -> None:
        """Make a vault, open it, begin.

        Raises:
            VaultError: By its subclass.
        """
        from taboon_client.library import Taboon

        self._begin(await Taboon.create(passphrase, self.folder))

    def _begin(self, taboon: Taboon) -> None:
        self._taboon = taboon
        self._rest = [asyncio.create_task(self._look(taboon)), asyncio.create_task(self._ask(taboon))]

    async def close(self) -> None:
        """Stop everything and close the vault."""
        tasks = [*self._rest, *self._watchers.values(), *self._sending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._taboon is not None:
            await self._taboon.close()
            self._taboon = None

    # What is known of the way to the relay

    def report(self, code: str) -> SyncReport | None:
        """Return what the last sync of a group told, None if there was none yet."""
        return self._reports.get(code)

    def notices(self, code: str) -> list[str]:
        """Return what syncs told that is worth reading, the newest first."""
        return self._notices.get(code, [])

    def forget_notices(self, code: str) -> None:
        """Somebody has read them."""
        self._notices.pop(code, None)
        self._changed()

    def send_soon(self, group: Group) -> None:
        """Sync a group in the background: something was done."""
        self._later(self._sync(group))

    async def sync_now(self, group: Group) -> None:
        """Sync a group, and tell what came of it."""
        await self._sync(group)

    async def stream(self) -> AsyncIterator[bytes]:
        """Go on telling the number of the news, one a line, whenever it has changed."""
        seen = -1
        while True:
            if seen == self._news:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PING), self._told:
                        await self._told.wait()
            seen = self._news
            yield b"%d\n" % seen

    # Work in the background

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def _changed(self) -> None:
        self._news += 1
        self._later(self._tell())

    async def _tell(self) -> None:
        async with self._told:
            self._told.notify_all()

    async def _sync(self, group: Group) -> None:
        with suppress(TaboonError):
            self.note(group.code, await group.sync(_PATIENCE))

    def note(self, code: str, report: SyncReport) -> None:
        """Keep what a sync of a group has told, whoever asked for it."""
        self._reports[code] = report
        if report.notices:
            known = self._notices.setdefault(code, [])
            known[:0] = [notice for notice in report.notices if notice not in known]
            del known[_MOST_NOTICES:]
        self._changed()

    async def _look(self, taboon: Taboon) -> None:
        """Notice what changed in the vault, by whichever process, and keep every group watched."""
        mark = None
        while True:
            found = await taboon.mark()
            if found != mark:
                mark = found
                await self._watch_all(taboon)
                self._changed()
            await asyncio.sleep(_LOOK)

    async def _watch_all(self, taboon: Taboon) -> None:
        for group in await taboon.groups():
            running = self._watchers.get(group.code)
            if running is None or running.done():
                status = await group.status()
                if status.state is GroupState.ACTIVE:
                    self._watchers[group.code] = asyncio.create_task(self._watch(group))

    async def _watch(self, group: Group) -> None:
        with suppress(TaboonError):
            async for report in group.watch():
                self.note(group.code, report)

    async def _ask(self, taboon: Taboon) -> None:
        """Look at rendezvous more often than a group's sync does, while somebody waits behind one."""
        while True:
            with suppress(TaboonError):
                if any(one.state is JoiningState.WAITING for one in await taboon.joinings()):
                    await taboon.sync(_PATIENCE)
                for group in await taboon.groups():
                    invites = await group.invites()
                    if any(one.state in {InviteState.OPEN, InviteState.APPROVED} for one in invites):
                        await self._sync(group)
            await asyncio.sleep(_ASK)
