"""The relay under load: ``python -m bench.relay [--quick] [--json]``; all of it with TABOON_SOAK=1 in the environment.

Relays are processes of their own on loopback, at their defaults. Requests are signed before anything is measured and
sent by one thread, so that the two cores of a small machine are the relay's. Blobs are 2 KiB.

    append_64       durable signed appends a second, SQLite, one process, 64 clients with a mailbox each. Floor: the
                    same program answering the same requests with no storage (bench/load/no_storage.py)
    append_64_p99   how long the slowest of a hundred of them takes; floor: the same
    append_1        one client, one append at a time, median; floor: the same
    …_tls           each of these three over TLS, as anywhere but on loopback; floor: the same over TLS
    read_page       pages of 50 blobs a second, 8 clients. Floor: as many bytes from the plain application
    wake_500        500 readers who wait on one mailbox: from the append to the slowest but five. Floor: as many readers
                    who ask for the same page at once, with nothing to wait for
    postgres_1, 2   as append_64, on PostgreSQL, by one process and by two. Floor: raw commits of 64
    postgres_2_to_1 how many times as many two store as one
    rss_idle        memory of a relay that has answered one call; rss_first: of one that made its database before that
    rss_100k        memory with 100,000 mailboxes of 20 blobs, after 300,000 calls (quick: 1,000 and 5,000)
    append_flat     how much slower the slowest is of relays with 10, 1,000 and 100,000 mailboxes, and with 1e4, 1e6
                    (quick: 1e5) and, in the whole run, 1e7 blobs, than the fastest; appends_… are their rates

For scale: echo_64 is the plain application under the relay's web server, sqlite_commits and postgres_commits are rows
a second in raw commits of 64. What floors and relay do is measured in turns, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.postgres_server import PostgresServer
from tests.relay_process import RelayProcess
from tests.server.signing import Keys, unb64
from tests.soaking import soaking

from bench.harness import main
from bench.load import commits
from bench.load.driving import Connections, percentile
from bench.load.echo import echoing
from bench.load.filling import fill
from bench.load.requests import Signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.harness import Options, Samples

_APPENDS = "appends/s"
_CLIENTS = 64
_READERS = 500
_PAGE_BLOBS = 50
_NO_STORAGE = "bench.load.no_storage"


class RelayLoad:
    """Measures everything once for each call, but what takes long only in the first."""

    def __init__(self) -> None:
        self._grown = False

    def __call__(self, samples: Samples, options: Options) -> None:
        """Measure once."""
        size = 1 if options.quick else 4
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            for tls in (False, True):
                _appends(samples, folder, 1_000 * size, 4, tls=tls)
            _pages(samples, folder, 500 * size)
            _wake(samples, folder, 2 * size)
            _postgres(samples, folder, 1_000 * size, 3)
            samples.add("sqlite_commits", "rows/s", commits.sqlite_rate(folder, 25 * size))
            if not self._grown:
                self._grown = True
                _memory(samples, folder, *((1_000, 5_000) if options.quick else (100_000, 300_000)))
                _flat(samples, folder, options)


def _say(what: str) -> None:
    print(f"relay: {what} …", file=sys.stderr, flush=True)


@contextmanager
def _relay(
    folder: Path, module: str = "taboon_server", database: str | None = None, *, tls: bool = False
) -> Iterator[RelayProcess]:
    """Run a relay on a folder, at its defaults."""
    where = [] if database is None else ["--database", database]
    with RelayProcess(folder, module=module, tls=tls, extra_args=where) as relay:
        yield relay


def _signer(relay: RelayProcess) -> Signer:
    return Signer(relay.port, unb64(relay.relay_id))


def _mailboxes(connections: Connections, signer: Signer, count: int = _CLIENTS) -> list[Keys]:
    keys = [Keys() for _ in range(count)]
    connections.drive([signer.create(one) for one in keys])
    return keys


def _appends(samples: Samples, folder: Path, count: int, turns: int, *, tls: bool) -> None:
    """Append by 64 clients and by one, with storage and without, in turns."""
    kind = "_tls" if tls else ""
    _say(f"appends{kind}")
    rates: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}
    singles: dict[str, list[float]] = {}
    with ExitStack() as stack:
        relays = {
            name: stack.enter_context(_relay(folder / f"{name}{kind}", module, tls=tls))
            for name, module in (("stored", "taboon_server"), ("floor", _NO_STORAGE))
        }
        many = {
            name: stack.enter_context(Connections([relay.port] * _CLIENTS, tls=tls)) for name, relay in relays.items()
        }
        boxes = {name: _mailboxes(many[name], _signer(relay)) for name, relay in relays.items()}
        echo = stack.enter_context(echoing())
        for _ in range(turns):
            for name, relay in relays.items():
                requests = _signer(relay).appends(boxes[name], count)
                driven = many[name].drive(requests)
                rates.setdefault(name, []).append(driven.rate)
                latencies.setdefault(name, []).extend(driven.latencies)
                with Connections([relay.port], tls=tls) as one:
                    alone = one.drive(_signer(relay).appends(boxes[name], 100))
                singles.setdefault(name, []).extend(alone.latencies)
            with Connections([echo] * _CLIENTS) as plain:
                rates.setdefault("echo", []).append(plain.drive(requests).rate)
    samples.add(f"append_64{kind}", _APPENDS, median(rates["stored"]), floor=median(rates["floor"]))
    p99 = {name: percentile(found, 99) * 1_000 for name, found in latencies.items()}
    samples.add(f"append_64_p99{kind}", "ms", p99["stored"], floor=p99["floor"])
    samples.add(f"append_1{kind}", "ms", median(singles["stored"]) * 1_000, floor=median(singles["floor"]) * 1_000)
    if not tls:
        samples.add("echo_64", "answers/s", median(rates["echo"]))


def _pages(samples: Samples, folder: Path, count: int) -> None:
    """Read one mailbox of 50 blobs, again and again."""
    _say("pages")
    with ExitStack() as stack:
        relay = stack.enter_context(_relay(folder / "pages"))
        clients = stack.enter_context(Connections([relay.port] * 8))
        signer = _signer(relay)
        (keys,) = _mailboxes(clients, signer, 1)
        clients.drive(signer.appends([keys], _PAGE_BLOBS))
        driven = clients.drive([signer.read(keys) for _ in range(count)])
        assert driven.answers[0][2] == _PAGE_BLOBS
        echo = stack.enter_context(Connections([stack.enter_context(echoing())] * 8))
        plain = b"GET /%d HTTP/1.1\r\nHost: relay\r\n\r\n" % len(driven.answers[0])
        floor = echo.drive([plain] * count)
        samples.add("read_page", "pages/s", driven.rate, floor=floor.rate)


def _wake(samples: Samples, folder: Path, turns: int) -> None:
    """Let 500 wait on one mailbox, append, and see when each has its page."""
    _say("readers who wait")
    with _relay(folder / "wake") as relay, Connections([relay.port] * _READERS) as readers:
        signer = _signer(relay)
        with Connections([relay.port]) as writer:
            (keys,) = _mailboxes(writer, signer, 1)
            for turn in range(turns):
                waits = [signer.read(keys, turn, answer=0, wait=25) for _ in range(_READERS)]
                asks = [signer.read(keys, turn, answer=0) for _ in range(_READERS)]
                append = signer.append(keys)
                readers.send_only(waits)
                # Nothing tells whether all of them wait; who comes late would only be served later.
                time.sleep(2)
                began = time.perf_counter()
                writer.send_only([append])
                woken = [moment - began for moment in readers.collect()]
                writer.collect()
                assert all(body[2] == 1 for body in readers.bodies)
                began = time.perf_counter()
                readers.send_only(asks)
                asked = [moment - began for moment in readers.collect()]
                samples.add("wake_500", "ms", percentile(woken, 99) * 1_000, floor=percentile(asked, 99) * 1_000)


def _postgres(samples: Samples, folder: Path, count: int, turns: int) -> None:
    """Append by one process and by two, in turns, on one server."""
    _say("PostgreSQL")
    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer())
        raw = commits.postgres_rate(server.new_database(), count // 40)
        database = server.new_database()
        relays = [stack.enter_context(_relay(folder / "postgres", database=database)) for _ in range(2)]
        signer = _signer(relays[0])
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(turns):
            for processes, found in rates.items():
                ports = [relays[place % processes].port for place in range(_CLIENTS)]
                with Connections(ports) as clients:
                    boxes = _mailboxes(clients, signer)
                    found.append(clients.drive(signer.appends(boxes, count)).rate)
        one, two = median(rates[1]), median(rates[2])
        samples.add("postgres_1", _APPENDS, one, floor=raw)
        samples.add("postgres_2", _APPENDS, two, floor=raw)
        samples.add("postgres_2_to_1", "times/s", two / one)
        samples.add("postgres_commits", "rows/s", raw)


def _memory(samples: Samples, folder: Path, mailboxes: int, calls: int) -> None:
    """Read the resident memory of a relay that is idle, and of one that has much and has done much."""
    if sys.platform != "linux":
        samples.note("memory is read from /proc, which only Linux has")
        return
    _say(f"memory, with {mailboxes:,} mailboxes and {calls:,} calls")
    known = [Keys() for _ in range(1_000)]
    home = folder / "memory"
    for name in ("rss_first", "rss_idle"):
        with _relay(home) as relay, Connections([relay.port]) as one:
            one.drive([b"GET /v1/health HTTP/1.1\r\nHost: relay\r\n\r\n"])
            samples.add(name, "MB", _resident(relay))
    fill(home / "relay.db", mailboxes, 20, known)
    with _relay(home) as relay, Connections([relay.port] * _CLIENTS) as clients:
        signer = _signer(relay)
        step = 5_000
        for done in range(0, calls, step):
            print(f"relay: {done:,} of {calls:,} calls …", file=sys.stderr, end="\r")
            clients.drive(signer.appends(known, step // 5 * 4))
            clients.drive([signer.read(keys, 18) for keys in known])
        samples.add("rss_100k", "MB", _resident(relay))
    if mailboxes != 100_000:
        samples.note(f"rss_100k was measured with {mailboxes:,} mailboxes of 20 blobs and {calls:,} calls")


def _flat(samples: Samples, folder: Path, options: Options) -> None:
    """Append to relays of different sizes, in turns of one after the other."""
    grid = [(10, 1_000), (1_000, 10), (100_000, 1)] if not options.quick else [(10, 1_000), (1_000, 10)]
    grid += [(1_000, 100)] if options.quick else [(1_000, 1_000)]
    if soaking():
        grid.append((1_000, 10_000))
    else:
        samples.note("append_flat was measured without 1e7 blobs; TABOON_SOAK=1 takes them in (30 GB of disk)")
    samples.note("the databases of rss_100k and append_flat were filled by SQL, past the relay")
    rates: list[float] = []
    with ExitStack() as stack:
        relays: list[tuple[int, int, RelayProcess, Sequence[Keys]]] = []
        for mailboxes, blobs in grid:
            _say(f"a relay with {mailboxes:,} mailboxes of {blobs:,} blobs")
            known = [Keys() for _ in range(min(mailboxes, 1_000))]
            home = folder / f"flat-{mailboxes}-{blobs}"
            with _relay(home):
                pass
            fill(home / "relay.db", mailboxes, blobs, known)
            relays.append((mailboxes, blobs, stack.enter_context(_relay(home)), known))
        found: dict[int, list[float]] = {}
        for turn in range(4):
            for place, (_, _, relay, boxes) in enumerate(relays):
                with Connections([relay.port] * _CLIENTS) as clients:
                    driven = clients.drive(_signer(relay).appends(boxes, 1_000 if options.quick else 3_000))
                if turn:  # the first finds cold caches
                    found.setdefault(place, []).append(driven.rate)
        for place, (count, blobs, _, _) in enumerate(relays):
            rates.append(median(found[place]))
            samples.add(f"appends_{count}_of_{blobs}", _APPENDS, rates[-1])
    samples.add("append_flat", "percent", (1 - min(rates) / max(rates)) * 100)


def _resident(relay: RelayProcess) -> float:
    """Return the memory that a process has in use, in MB."""
    status = Path(f"/proc/{relay.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1_024 / 1e6


if __name__ == "__main__":
    sys.exit(main("relay", "The relay under load, against its floors.", RelayLoad()))
