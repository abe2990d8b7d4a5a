"""A real relay in a process of its own, and two people with a vault each: one posts, the other reads."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from tests.relay_process import RelayProcess
from tests.support import PASSPHRASE

from bench.job.counting_proxy import CountingProxy
from taboon_client.blocking import Group, Taboon
from taboon_crypto.slots import SMALL_COST

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from taboon_client.values import SyncReport

__all__ = ["Person", "World", "size_of"]

_GROUP = "Harbour"


class Person:
    """Somebody with a vault, opened at the least cost that the program accepts: any command can open it too."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.taboon = Taboon.create(PASSPHRASE, folder, cost=SMALL_COST)

    @property
    def group(self) -> Group:
        """The group that the job is done in."""
        return self.taboon.group(_GROUP)

    def sync(self) -> None:
        """Sync everything, for as long as it takes.

        Raises:
            RuntimeError: Something did not get through.
        """
        for report in self.taboon.sync(wait=None).values():
            check(report)

    def size_on_disk(self) -> int:
        """Return the bytes of the vault's folder as it is when no process uses it, and open the vault again."""
        self.taboon.close()
        size = size_of(self.folder)
        self.taboon = Taboon.open(PASSPHRASE, self.folder)
        return size


class World:
    """A relay, whoever posts (an admin) and whoever reads, both in one group. A context manager.

    Args:
        folder: An empty folder.
        counting: Whether both reach the relay through a proxy that counts.
    """

    def __init__(self, folder: Path, *, counting: bool = False) -> None:
        self._folder = folder
        self._counting = counting
        self._stack = ExitStack()
        self.proxy: CountingProxy | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.relay = stack.enter_context(RelayProcess(self._folder / "relay"))
            url = self.relay.url
            if self._counting:
                self.proxy = stack.enter_context(CountingProxy("127.0.0.1", self.relay.port))
                url = url.replace(f":{self.relay.port}/", f":{self.proxy.port}/")
            self.url = url
            self.poster = Person("Layla", self._folder / "poster")
            stack.callback(lambda: self.poster.taboon.close())
            self.reader = Person("Sami", self._folder / "reader")
            stack.callback(lambda: self.reader.taboon.close())
            self._let_in()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def relay_size_on_disk(self) -> int:
        """Return the bytes of the relay's folder as it is when it is stopped, and start the relay again."""
        self.relay.stop()
        size = size_of(self.relay.folder)
        self.relay.start()
        return size

    def _let_in(self) -> None:
        self.poster.taboon.create_group(_GROUP, relay=self.url, me=self.poster.name)
        invite = self.poster.group.invite()
        self.reader.taboon.join(invite.link, me=self.reader.name)
        self.poster.sync()
        (request,) = self.poster.group.requests()
        if not self.poster.group.approve(request.code).done:
            raise RuntimeError("the second member was not let in")
        # What newcomers say of themselves is at both ends when the job begins.
        for person in (self.reader, self.reader, self.poster):
            person.sync()


def check(report: SyncReport) -> None:
    """Refuse to measure a job that was not done.

    Raises:
        RuntimeError: The sync had a problem, or something is left to send.
    """
    if report.problem is not None or report.unsent:
        raise RuntimeError(report.problem or f"{report.unsent} events were not sent")


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
