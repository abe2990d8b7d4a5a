"""Changes of a group: what a device takes for them, through a real relay, at 10, 100 and 1,000 members.

``python -m bench.groups [--quick] [--json]``: a quick run leaves 1,000 members and 100 commits out.

    rotate_N         fresh keys: staged, saved, sealed at the relay, read back, merged; milliseconds
    add_N            somebody approved is let in: the same, with the Welcome brought to the rendezvous
    enter_N          the newcomer's sync that takes the Welcome and is in the group
    remove_N         somebody is removed
    catch_up_K_N     a member's sync that follows K rotations
    …_bytes          what went through the wire for it, both ways, HTTP included

Floors: what MLS alone takes for the same commits on the same tree in the same run, without saving, signing of requests
or network; of bytes, the MLS messages. Every parent node of the tree is set, as when all members have rotated.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.relay_process import RelayProcess
from tests.support import PASSPHRASE

from bench.harness import Stopwatch, main
from bench.job.counting_proxy import CountingProxy
from bench.job.people import check
from bench.trees.town import GROUP, Town
from bench.trees.world import newcomer
from taboon_client.blocking import Taboon
from taboon_crypto.slots import SMALL_COST

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness import Options, Samples
    from taboon_client.blocking import Group
    from taboon_crypto import mls

_SIZES = (10, 100, 1_000)
_COMMITS = (1, 10, 100)
_MILLI = 1e3
_LONG = 60.0
"""Seconds that a commit may take here: a slow machine is measured, not refused."""


class _Line:
    """Notes the time and the bytes of what a device does, next to what MLS alone takes."""

    def __init__(self, samples: Samples, proxy: CountingProxy, size: int) -> None:
        self._samples = samples
        self._proxy = proxy
        self._size = size

    def note(self, name: str, act: Callable[[], object], floor: tuple[float, int]) -> None:
        """Do something and note it under a name."""
        self._proxy.taken()
        with Stopwatch() as watch:
            act()
        seconds, length = floor
        name = f"{name}_{self._size}"
        self._samples.add(name, "ms", watch.seconds * _MILLI, floor=seconds * _MILLI)
        self._samples.add(f"{name}_bytes", "bytes", self._proxy.taken(), floor=length)


class _Alone:
    """The same commits by MLS alone: seconds, and bytes of its messages."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def rotate(self) -> tuple[float, int]:
        """Commit a fresh path."""
        return self._commit(self._town.world.group(0))

    def add(self) -> tuple[float, int]:
        """Add a newcomer."""
        package, _ = newcomer(self._town.fresh_profile())
        return self._commit(self._town.world.group(0), add=(package,))

    def enter(self) -> tuple[float, int]:
        """Join by a Welcome."""
        package, secrets = newcomer(self._town.fresh_profile())
        group = self._town.world.group(0)
        staged = self._staged(group, add=(package,))
        welcome = staged.welcome or b""
        with Stopwatch() as watch:
            type(group).join(welcome, package, secrets, signed_generations=True)
        return watch.seconds, len(welcome)

    def remove(self) -> tuple[float, int]:
        """Remove somebody."""
        return self._commit(self._town.world.group(0), remove=(2,))

    def follow(self, commits: int) -> tuple[float, int]:
        """Follow so many rotations."""
        admin, reader = self._town.world.group(0), self._town.world.group(1)
        watch, length = Stopwatch(), 0
        for _ in range(commits):
            staged = self._staged(admin)
            message = staged.message or b""
            admin.merge(staged)
            with watch:
                received = reader.receive(message)
                reader.merge(received)  # type: ignore[arg-type] # a commit is received as one
            length += len(message)
        return watch.seconds, length

    def _staged(self, group: mls.Group, **wanted: object) -> mls.StagedCommit:
        return group.commit(
            path=True,
            by_reference=False,
            leaf_extensions=self._town.fresh_leaf(0),
            random=os.urandom,
            now=int(time.time()),
            **wanted,  # type: ignore[arg-type] # arguments of commit
        )

    def _commit(self, group: mls.Group, **wanted: object) -> tuple[float, int]:
        with Stopwatch() as watch:
            staged = self._staged(group, **wanted)
            group.merge(staged)
        return watch.seconds, len(staged.message or b"") + len(staged.welcome or b"")


def _measure(samples: Samples, options: Options) -> None:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        relay = stack.enter_context(RelayProcess(folder / "relay"))
        proxy = stack.enter_context(CountingProxy("127.0.0.1", relay.port))
        url = relay.url.replace(f":{relay.port}/", f":{proxy.port}/")
        for size in _SIZES[: 2 if options.quick else None]:
            home = folder / str(size)
            home.mkdir()
            _one_size(_Line(samples, proxy, size), Town(size, url), home, _COMMITS[: 2 if options.quick else None])


def _one_size(line: _Line, town: Town, folder: Path, commits: tuple[int, ...]) -> None:
    alone = _Alone(town)
    with (
        closing(town.device(0, folder / "admin")) as admin,
        closing(town.device(1, folder / "reader")) as reader,
        closing(Taboon.create(PASSPHRASE, folder / "newcomer", cost=SMALL_COST)) as joiner,
    ):
        group, reading = admin.group(GROUP), reader.group(GROUP)
        _sync(group)
        _sync(reading)
        line.note("rotate", lambda: _done(group.rotate(_LONG).done), alone.rotate())
        for count in commits:
            _sync(reading)
            for _ in range(count):
                _done(group.rotate(_LONG).done)
            line.note(f"catch_up_{count}", lambda: _sync(reading), alone.follow(count))
        joiner.join(group.invite().link, me="Newcomer")
        _sync(group)
        (request,) = group.requests()
        line.note("add", lambda: _done(group.approve(request.code, _LONG).done), alone.add())
        line.note("enter", lambda: _entered(joiner), alone.enter())
        gone = next(member for member in group.members() if not member.me and member.name.startswith("member "))
        line.note("remove", lambda: _done(group.remove(gone, _LONG).done), alone.remove())


def _sync(group: Group) -> None:
    check(group.sync(None))


def _entered(joiner: Taboon) -> None:
    for report in joiner.sync(wait=None).values():
        check(report)
    _done(bool(joiner.groups()))


def _done(done: bool) -> None:
    if not done:
        raise RuntimeError("a change of the group was not done")


if __name__ == "__main__":
    sys.exit(main("groups", "What changes of a group take, next to MLS alone.", _measure))
