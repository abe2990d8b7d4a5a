"""The open vault: its groups, our requests to join, and the sync of all of them.

Reading the board shall be quick: what loads MLS, HTTP or an event loop is imported where it is used.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Self, TypeVar

from taboon_client.group.desk import Desk
from taboon_client.library.finding import one_group
from taboon_client.library.group import COMMIT_WAIT, DEFAULT_WAIT, Group
from taboon_client.relay.address import RelayAddress
from taboon_client.runner import ThreadRunner
from taboon_client.values import Knock
from taboon_client.vault import Vault, default_folder
from taboon_client.vault import groups as group_rows
from taboon_client.vault import rendezvous as rendezvous_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from taboon_client.runner import Runner
    from taboon_client.sync import Syncer
    from taboon_client.values import Joining, SyncReport
    from taboon_client.vault import Connection
    from taboon_crypto.slots import Cost

__all__ = ["Taboon"]

T = TypeVar("T")
_JOINING = "joining"
_POLL = 5.0
"""Seconds between two rounds of a watch over everything."""


class Taboon:
    """An open vault. Use :meth:`create` or :meth:`open`, and close it, best by ``async with``."""

    def __init__(self, desk: Desk, runner: Runner) -> None:
        self._desk = desk
        self._runner = runner

    @classmethod
    async def create(
        cls, passphrase: str, folder: Path | None = None, *, cost: Cost | None = None, runner: Runner | None = None
    ) -> Self:
        """Make a vault and open it.

        Args:
            passphrase: At least five words, or as hard to guess.
            folder: TABOON_HOME or the system's place for such things unless told.
            cost: What one guess at the passphrase shall cost; 256 MiB and 3 passes unless told.
            runner: Where the vault is used; a thread of its own unless told.

        Raises:
            VaultError: By its subclass: there is one already, the passphrase is weak, the disk is full.
        """
        own = runner or ThreadRunner()
        vault = await own(lambda: Vault.create(folder or default_folder(), passphrase, cost=cost))
        return cls(Desk(vault, os.urandom, time.time), own)

    @classmethod
    async def open(cls, passphrase: str, folder: Path | None = None, *, runner: Runner | None = None) -> Self:
        """Open a vault.

        Raises:
            VaultError: By its subclass: there is none, the passphrase is wrong, it is damaged.
        """
        own = runner or ThreadRunner()
        vault = await own(lambda: Vault.open(folder or default_folder(), passphrase))
        desk = Desk(vault, os.urandom, time.time)
        await own(desk.refresh)
        return cls(desk, own)

    async def close(self) -> None:
        """Close the vault."""
        await self._runner(self._desk.vault.close)
        self._runner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def mark(self) -> tuple[int, int]:
        """Return two numbers that are others once anything in the vault has changed, here or in another process."""
        return await self._runner(self._desk.vault.mark)

    async def change_passphrase(self, old: str, new: str) -> None:
        """Let another passphrase open the vault.

        Raises:
            VaultError: The old one is wrong, or the new one is weak.
        """
        await self._runner(lambda: self._desk.vault.change_passphrase(old, new))

    # Groups

    async def groups(self) -> list[Group]:
        """Return all groups on this device, oldest first."""
        rows = await self._read(group_rows.all_groups)
        return [Group(self._desk, self._runner, row) for row in rows]

    async def group(self, ref: str) -> Group:
        """Return a group by name, code or unique prefix of either.

        Raises:
            NotFoundError: There is none.
            AmbiguousError: There are several.
        """
        return one_group(await self.groups(), ref)

    async def create_group(
        self,
        name: str,
        *,
        relay: str,
        me: str,
        post_quantum: bool = False,
        relay_pass: bytes = b"",
        wait: float = COMMIT_WAIT,
    ) -> Group:
        """Make a group at a relay, with you as its first member and admin.

        Args:
            name: 1 to 80 characters; only members see it.
            relay: The relay's address as it printed it.
            me: How you want to be called, 1 to 40 characters.
            post_quantum: Use the hybrid cipher suite, which also holds against whoever records now and has a quantum
                computer later. Commits and Welcomes are larger; docs/post-quantum.md says how much. For good: a group
                does not change its suite.
            relay_pass: Where the relay asks for one, at most 64 bytes. Every member gets it.
            wait: Seconds that the relay may take.

        Raises:
            RelayAddressError: The address is none, or is not safe.
            RelayPassError: The relay asks for a pass, and this is none of its. Nothing was made.
            RelayError: The relay did not answer, or is none. Nothing was made.
            FieldError: A name does not fit.
        """
        from taboon_client.group.founding import found_group
        from taboon_client.group.settings import POST_QUANTUM, SUITE
        from taboon_client.relay.client import RelayClient
        from taboon_crypto.mailbox import MailboxKeys, RetentionClass

        address = RelayAddress.parse(relay)
        async with RelayClient(address, random=self._desk.random, clock=self._desk.clock, timeout=wait) as client:
            limits = await client.limits()
            address = address.with_id(limits.relay_id)
            if limits.needs_pass:
                # With a mailbox that nobody will use: a group whose pass is not good could not go on.
                await client.create(MailboxKeys.of_rendezvous(self._desk.random(32), RetentionClass.DAY), relay_pass)
        desk = self._desk
        grp = await self._write(
            lambda tx: found_group(
                tx,
                desk.keeper,
                desk.ledger,
                name=name,
                own_name=me,
                relay_url=address.base_url,
                relay_id=limits.relay_id,
                relay_pass=relay_pass if limits.needs_pass else b"",
                suite=POST_QUANTUM if post_quantum else SUITE,
                random=desk.random,
                now=desk.now,
            )
        )
        group = await self._group(grp)
        await group.sync(wait)
        return group

    # Joining

    async def knock(self, link: str, wait: float = COMMIT_WAIT) -> Knock:
        """Return what the group behind an invite asks whoever wants to join, and changes nothing.

        Raises:
            BadLinkError: It is no invite link, or damaged.
            RelayError: The relay did not answer: ask later, or join without answers.
        """
        from taboon_client.errors import MailboxUnknownError
        from taboon_client.joining import guest
        from taboon_client.joining.link import InvitePayload
        from taboon_client.relay.client import RelayClient
        from taboon_client.relay.cursor import Cursor

        payload = InvitePayload.parse(link)
        address = RelayAddress(payload.relay_url, payload.relay_id)
        start = Cursor.start(payload.mailbox.mailbox_id)
        async with RelayClient(address, random=self._desk.random, clock=self._desk.clock, timeout=wait) as client:
            try:
                page = await client.read(payload.mailbox, start, page_class=2)
            except MailboxUnknownError:
                return Knock((), "")
        asks = guest.asked(payload, page.blobs)
        return Knock(tuple((one.version, dict(one.labels), one.required) for one in asks.questions), asks.agreement)

    async def join(
        self,
        link: str,
        *,
        me: str,
        answers: Mapping[bytes, str] | None = None,
        agreement: str = "",
        wait: float = COMMIT_WAIT,
    ) -> Joining:
        """Ask to join a group with an invite link. The request is saved at once and goes out when the relay is there.

        Args:
            link: As it was given to you.
            me: How you want to be called, 1 to 40 characters.
            answers: To what the group asks, by the names that :meth:`knock` gave.
            agreement: The text of the agreement that you accept.
            wait: Seconds that the relay may take; 0 sends nothing now.

        Raises:
            BadLinkError: It is no invite link, or damaged.
            InviteEndedError: It has expired, or was used here.
            FieldError: The name does not fit.
        """
        from taboon_client.joining import admission
        from taboon_client.joining.messages import agreement_name

        said = {name: text for name, text in (answers or {}).items() if text}
        if agreement:
            said[agreement_name(agreement)] = ""
        joining = await self._runner(lambda: admission.ask_to_join(self._desk, link, me, said))
        if wait:
            await self._syncer().joinings(deadline=wait)
        return await self._joining(joining)

    async def take_back(self, code: str, wait: float = COMMIT_WAIT) -> bool:
        """Take a request to join back: its keys are deleted here, so no answer can be used.

        Args:
            code: Of the request.
            wait: Seconds that the relay may take.

        Returns:
            Whether the group could be told; if not, an admin may still approve, and nobody comes in.

        Raises:
            NotFoundError: No request of that code waits.
        """
        from taboon_client.errors import NotFoundError, RelayError
        from taboon_client.joining import guest
        from taboon_client.relay.client import RelayClient

        rows = await self._read(rendezvous_rows.joinings)
        found = [row for row in rows if row.state == "waiting" and code and row.digest.hex().startswith(code.lower())]
        if len(found) != 1:
            raise NotFoundError("request", "no request of yours of that code waits. “taboon groups” lists them")
        told = await self._write(lambda tx: guest.withdraw(tx, found[0].id, self._desk.random))
        if told is None or not wait:
            return False
        payload, blob = told
        address = RelayAddress(payload.relay_url, payload.relay_id)
        try:
            async with RelayClient(address, random=self._desk.random, clock=self._desk.clock, timeout=wait) as client:
                await client.append(payload.mailbox, blob)
        except RelayError:
            return False
        return True

    async def joinings(self) -> list[Joining]:
        """Return our requests to join, oldest first."""
        rows = await self._read(rendezvous_rows.joinings)
        return [await self._joining(row.id) for row in rows]

    async def _joining(self, joining: int) -> Joining:
        from taboon_client.joining import admission

        return await self._runner(lambda: admission.joining_of(self._desk, joining))

    # Sync

    async def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> dict[str, SyncReport]:
        """Sync our requests to join and all groups; returns the reports by name of group (and ``joining``).

        Groups of one name carry their code.

        Args:
            wait: Seconds that all of it may take; None for as long as it takes.
            progress: Told how much of our outbox the relay has taken.
        """
        import asyncio

        reports: dict[str, SyncReport] = {}
        rows = await self._read(rendezvous_rows.joinings)
        if any(row.state == "waiting" for row in rows):
            reports[_JOINING] = await self._syncer().joinings(deadline=wait)
        groups = await self.groups()
        found = await asyncio.gather(*(group.sync(wait, progress) for group in groups))
        now = [await self._group(group.row_id) for group in groups]
        taken = Counter([_JOINING, *(group.name for group in now)])
        names = [group.name if taken[group.name] == 1 else f"{group.name} ({group.code})" for group in now]
        reports.update(zip(names, found, strict=True))
        return reports

    async def watch(self, seconds: float | None = None) -> AsyncIterator[tuple[str, SyncReport]]:
        """Sync everything again and again; yields (name of group or ``joining``, report) of what changed.

        Args:
            seconds: For how long; None for ever.
        """
        import asyncio

        end = None if seconds is None else time.monotonic() + seconds
        told: dict[str, str | None] = {}
        while True:
            for name, report in (await self.sync(wait=30.0)).items():
                if name not in told or report.received or report.sent or report.notices or told[name] != report.problem:
                    yield name, report
                told[name] = report.problem
            if end is not None and time.monotonic() >= end:
                return
            await asyncio.sleep(_POLL)

    def _syncer(self) -> Syncer:
        from taboon_client.sync import Syncer

        return Syncer(self._desk, self._runner)

    async def _group(self, grp: int) -> Group:
        return Group(self._desk, self._runner, await self._read(lambda tx: group_rows.get_group(tx, grp)))

    async def _read(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.read(act))

    async def _write(self, act: Callable[[Connection], T]) -> T:
        return await self._runner(lambda: self._desk.keeper.write(act))
