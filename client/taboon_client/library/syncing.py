"""Sync of one group, and wishes for a commit, which a sync brings about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import GroupStoppedError, NotAllowedError, RelayUnreachableError
from taboon_client.library.held import Held
from taboon_client.values import Outcome, SyncReport
from taboon_client.vault import groups as group_rows
from taboon_client.vault import outbox as outbox_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from taboon_client.sync import Syncer
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import GroupRow

__all__ = ["COMMIT_WAIT", "DEFAULT_WAIT", "Syncing"]

DEFAULT_WAIT = 3.0
"""Seconds that a sync before or after something else may take."""
COMMIT_WAIT = 10.0
"""Seconds that a commit may take."""


class Syncing(Held):
    """What one group has to do with its relay."""

    async def unsent(self) -> int:
        """Return how much is saved and not yet known to be at the relay."""
        return await self._read(lambda tx: outbox_rows.unsent(tx, self.row_id))

    async def sync(
        self, wait: float | None = DEFAULT_WAIT, progress: Callable[[int, int], None] | None = None
    ) -> SyncReport:
        """Read what is new and send what waits. A relay that is down is told in the report, not raised.

        Args:
            wait: Seconds that it may take; None for as long as it takes.
            progress: Told how much of our outbox the relay has taken.
        """
        return await self._syncer().group(self.row_id, deadline=wait, progress=progress)

    async def flush(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Wait until the relay has everything that is saved.

        Raises:
            RelayUnreachableError: It could not be brought there now; it is kept.
        """
        report = await self.sync(None, progress)
        if report.problem is not None or report.unsent:
            raise RelayUnreachableError(report.problem or "not everything could be sent. It is kept: try again later")

    async def _wish(self, act: Callable[[Connection], int], wait: float) -> Outcome:
        from taboon_client.session import pending

        wish = await self._write(act)
        report = await self.sync(wait) if wait else SyncReport(reached=False, unsent=await self.unsent())

        def end(tx: Connection) -> tuple[bool, str | None, GroupRow, int]:
            stands, problem = group_rows.end_wish(tx, wish)
            others = pending.lacking(self._desk, tx, self.row_id, wish) if stands else 0
            return stands, problem, group_rows.get_group(tx, self.row_id), others

        stands, problem, row, lacking = await self._write(end)
        if row.state != "active":
            raise GroupStoppedError(row.problem or "this group does not go on here")
        if problem is not None:
            raise NotAllowedError(problem)
        return Outcome(done=not stands, report=report, lacking=lacking)

    def _syncer(self) -> Syncer:
        from taboon_client.sync import Syncer

        return Syncer(self._desk, self._runner)
