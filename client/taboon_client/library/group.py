"""One group as programs hold it: everything that can be done with it, and how it stands.

Reading the board shall be quick: what loads MLS, HTTP or an event loop is imported where it is used.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taboon_client.board import ADMIN
from taboon_client.board.epochs import person_in
from taboon_client.errors import GroupStoppedError, NotAllowedError
from taboon_client.library.carrying import Carrying
from taboon_client.library.devices import Devices
from taboon_client.library.inviting import Inviting
from taboon_client.library.items import Items
from taboon_client.library.looking import Looking
from taboon_client.library.popup import Popups
from taboon_client.library.resting import Resting
from taboon_client.library.sealing import Sealing
from taboon_client.library.syncing import COMMIT_WAIT, DEFAULT_WAIT
from taboon_client.library.telling import Telling
from taboon_client.library.voting import Voting
from taboon_client.relay.address import RelayAddress
from taboon_client.values import GroupState, GroupStatus
from taboon_client.vault import groups as group_rows
from taboon_client.vault import outbox as outbox_rows
from taboon_client.vault import popups as popup_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from taboon_client.values import SyncReport
    from taboon_client.vault import Connection

__all__ = ["COMMIT_WAIT", "DEFAULT_WAIT", "Group"]


class Group(Items, Looking, Telling, Resting, Carrying, Sealing, Inviting, Devices, Voting, Popups):
    """One group on this device. Get it from :class:`Taboon`."""

    def __repr__(self) -> str:
        return f"<Group {self.code}>"

    @property
    def name(self) -> str:
        """How the group was called when this object was made."""
        return self._row.name

    @property
    def code(self) -> str:
        """Short code that tells groups of one name apart: eight hexadecimal digits of the group id."""
        return self._row.group_id.hex()[:8]

    # Circles

    async def create_circle(self, name: str, *, me: str, wait: float = COMMIT_WAIT) -> Group:
        """Make a circle: a group inside a group, at the same relay, with keys and mailboxes of its own.

        It is a group like any other, with you as its first member and admin; but only members of the parent can join,
        and whoever leaves the parent, or is removed from it, leaves the circle. Nobody is told that it exists.

        Args:
            name: 1 to 80 characters; only members of the circle see it.
            me: How you want to be called in it, 1 to 40 characters.
            wait: Seconds that the relay may take; 0 sends it with the next sync.

        Raises:
            GroupStoppedError: This group does not go on here.
            NotAllowedError: This group is a circle itself.
            FieldError: A name does not fit.
        """
        from taboon_client.group.epoch import policy_of
        from taboon_client.group.founding import found_group

        desk = self._desk

        def act(tx: Connection) -> int:
            row = group_rows.get_group(tx, self.row_id)
            if row.state != "active":
                raise GroupStoppedError(row.problem or "this group does not go on here")
            group = desk.keeper.load(tx, row.id)
            policy = policy_of(group)
            if policy.parent:
                raise NotAllowedError("a circle has no circles of its own: make one in the group that it is in")
            return found_group(
                tx,
                desk.keeper,
                desk.ledger,
                name=name,
                own_name=me,
                relay_url=row.relay_url,
                relay_id=row.relay_id,
                relay_pass=policy.home.pass_,
                suite=group.suite,
                random=desk.random,
                now=desk.now,
                parent=row,
            )

        made = await self._other(await self._write(act))
        if wait:
            await made.sync(wait)
        return made

    async def circles(self) -> list[Group]:
        """Return the circles of this group that are on this device."""
        from taboon_client.session import pending

        def act(tx: Connection) -> list[int]:
            group_id = group_rows.get_group(tx, self.row_id).group_id
            active = [row.id for row in group_rows.all_groups(tx) if row.state == "active"]
            return [grp for grp in active if pending.policy_here(self._desk, tx, grp).parent == group_id]

        return [await self._other(grp) for grp in await self._read(act)]

    async def _other(self, grp: int) -> Group:
        return Group(self._desk, self._runner, await self._read(lambda tx: group_rows.get_group(tx, grp)))

    # How it stands

    async def status(self) -> GroupStatus:
        """Return how the group stands on this device."""

        def act(tx: Connection) -> GroupStatus:
            row = group_rows.get_group(tx, self.row_id)
            record = self._desk.ledger.history(tx, self.row_id).last
            members = record.members if record is not None else {}
            away = popup_rows.get(tx, self.row_id)
            return GroupStatus(
                name=row.name,
                code=self.code,
                state=GroupState(row.state),
                problem=row.problem,
                epoch=record.number if record is not None else 0,
                members=len({person_in(who, roles) or who for who, roles in members.items()}),
                admin=ADMIN in members.get(row.identity, frozenset()),
                relay=RelayAddress(row.relay_url, row.relay_id).format(),
                unsent=outbox_rows.unsent(tx, self.row_id),
                wishes=tuple(wish.kind for wish in group_rows.wishes(tx, self.row_id)),
                missing=self._desk.ledger.missing(tx, self.row_id),
                synced=row.synced,
                popup=None if away is None or away.over else RelayAddress(away.url, away.relay_id).format(),
            )

        return await self._read(act)

    async def watch(self, seconds: float | None = None) -> AsyncIterator[SyncReport]:
        """Sync, and go on reading as news comes; yields a report whenever something changed, and the first at once.

        Args:
            seconds: For how long; None for ever.
        """
        import asyncio

        end = None if seconds is None else time.monotonic() + seconds
        syncer = self._syncer()
        report = await syncer.group(self.row_id, deadline=None)
        yield report
        pause = 1.0
        while end is None or time.monotonic() < end:
            left = 20.0 if end is None else min(20.0, end - time.monotonic())
            report = await syncer.group(self.row_id, deadline=left + 30.0, wait=max(0, int(left)))
            if report.received or report.sent or report.notices:
                yield report
            if report.reached and (await self.status()).state is GroupState.ACTIVE:
                pause = 1.0
                continue
            if report.reached:
                return
            yield report
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60.0)
