"""What relays stand on: one SQLite file and one process, or one PostgreSQL and several."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.relay_process import RelayProcess
from tests.server.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Ground:
    """A database, and relays on it.

    Args:
        home: the relays' folder; they share one key.
        database: URL of the database, None for the file in the folder.
        processes: how many relays run on it.
    """

    def __init__(self, home: Path, database: str | None = None, processes: int = 1) -> None:
        self.home = home
        self.database = database
        self.processes = processes
        self.where = [] if database is None else ["--database", database]

    def relay(self, extra_args: Sequence[str] = (), **options: object) -> RelayProcess:
        """Return one more relay on this database; it has not been started."""
        return RelayProcess(self.home, extra_args=[*self.where, *extra_args], **options)  # type: ignore[arg-type] # passed on

    @contextmanager
    def callers(self, extra_args: Sequence[str] = ()) -> Iterator[list[Caller]]:
        """Run the relays, and yield somebody who calls each of them."""
        with ExitStack() as stack:
            relays = [stack.enter_context(self.relay(extra_args)) for _ in range(self.processes)]
            yield [stack.enter_context(Caller(relay)) for relay in relays]
