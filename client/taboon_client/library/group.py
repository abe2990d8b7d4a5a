"""One group as programs hold it: everything that can be done with it, and how it stands.

Reading the board shall be quick: what loads MLS, HTTP or an event loop is imported where it is used.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taboon_client.board import ADMIN
from taboon_client.board.epochs import person_in
from taboon_client.library.carrying import Carrying
from taboon_client.library.devices import Devices
from taboon_client.library.inviting import Inviting
from taboon_client.library.items import Items
from taboon_client.library.looking import Looking
from taboon_client.library.sealing import Sealing
from taboon_client.library.syncing import COMMIT_WAIT, DEFAULT_WAIT
from taboon_client.library.voting import Voting
from taboon_client.relay.address import RelayAddress
from taboon_client.values import GroupState, GroupStatus
from taboon_client.vault import groups as group_rows
from taboon_client.vault import outbox as outbox_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from taboon_client.values import SyncReport
    from taboon_client.vault import Connection

__all__ = ["COMMIT_WAIT", "DEFAULT_WAIT", "Group"]


class Group(Items, Looking, Carrying, Sealing, Inviting, Devices, Voting):
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

    # How it stands

    async def status(self) -> GroupStatus:
        """Return how the group stands on this device."""

        def act(tx: Connection) -> GroupStatus:
            row = group_rows.get_group(tx, self.row_id)
            record = self._desk.ledger.history(tx, self.row_id).last
            members = record.members if record is not None else {}
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
