"""The board: from events to items, cold, warm and in a vault; its memory; what a newcomer is given.

``python -m bench.board [--quick] [--json]``: N is 1,000, 10,000 and 100,000 events; a quick run leaves 100,000 out.

    fold_cold_N      decode every event, fold and store every item; microseconds an event, without signatures
    fold_warm_N      one more event on a board of N: decode it, fold its item; milliseconds. Shall not grow with N
    fold_busy_N      the same where all N are on one item
    vault_warm_N     one more event into a vault of N: read, signature checked, saved, folded, not yet on the disk
    memory_N         what a board of N takes, bytes an event, its raw bytes included
    snapshot_1000    1,000 open items for a newcomer: milliseconds from the vault to finished blobs
    snapshot_1000_bytes   and their bytes
    cli_first_line_10000  `taboon board` on 1,000 items of 10 events: a new process to its first line, ms,
                     without Argon2's own time

Floors: of fold_cold two CBOR decodings and a hash for each event, of the warm ones the same for one event (with a
signature check for the vault), of memory the raw bytes, of the snapshot its events' bytes, of the command a process
that imports the libraries it cannot do without.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import tracemalloc
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import cbor2
from tests.support import PASSPHRASE

from bench.boards.histories import busy_item, epoch_of, events
from bench.harness import Stopwatch, main
from bench.job import cold_start
from taboon_client.board import Comment, Event, Graph, History, ItemFold, Need
from taboon_client.group.desk import Desk
from taboon_client.group.founding import found_group
from taboon_client.group.settings import SUITE
from taboon_client.group.snapshot import queue_snapshot
from taboon_client.session.outbox import next_blobs
from taboon_client.vault import Vault, outbox
from taboon_client.vault import events as event_rows
from taboon_client.vault import groups as group_rows
from taboon_crypto.primitives import sodium
from taboon_crypto.slots import SMALL_COST

if TYPE_CHECKING:
    from bench.boards.histories import Writer
    from bench.harness import Options, Samples
    from taboon_client.board import Judge
    from taboon_client.vault import Connection

_MICRO, _MILLI = 1e6, 1e3
_WARM = 101
_VAULT_WARM = 31
_ITEMS = 1_000
_STARTS = 5


class _Board:
    """Every item of a history, folded."""

    def __init__(self, writers: list[Writer], raws: list[bytes]) -> None:
        self.judge = History([epoch_of(writers)]).judge_by(lambda _: None)
        self.folds: dict[bytes | str, ItemFold] = {}
        for raw in raws:
            self.add(raw)
        for fold in self.folds.values():
            fold.fold(self.judge)

    def add(self, raw: bytes) -> ItemFold:
        event = Event.parse(raw)
        fold = self.folds.get(event.home)
        if fold is None:
            fold = self.folds[event.home] = ItemFold(Graph(event.home))
        fold.graph.add(event)
        return fold


def _cold(samples: Samples, count: int) -> None:
    writers, made = events(count)
    raws = [event.raw for event in made]
    with Stopwatch() as floor:
        for raw in raws:
            cbor2.loads(cbor2.loads(raw)[0])
            sha256(raw).digest()
    # As the vault has them: by place. One after the other is folded and put back.
    places: dict[bytes | str, list[bytes]] = {}
    for event in made:
        places.setdefault(event.home, []).append(event.raw)
    judge = History([epoch_of(writers)]).judge_by(lambda _: None)
    with Stopwatch() as cold:
        items = [_item(place, held, judge) for place, held in places.items()]
    assert len(items) == -(-count // 10)
    samples.add(f"fold_cold_{count}", "µs", cold.seconds / count * _MICRO, floor=floor.seconds / count * _MICRO)
    board = _Board(writers, raws)
    _warm(samples, f"fold_warm_{count}", board, writers, made)


def _item(place: bytes | str, raws: list[bytes], judge: Judge) -> bytes:
    graph = Graph(place)
    for raw in raws:
        graph.add(Event.parse(raw))
    item = ItemFold(graph).fold(judge)
    assert item is not None
    return item.encode()


def _warm(samples: Samples, name: str, board: _Board, writers: list[Writer], made: list[Event]) -> None:
    took, least = [], []
    for turn in range(_WARM):
        last = made[-1 - turn * 10 % len(made)]
        writer = writers[turn % len(writers)]
        raw = writer.make("comment", {"text": f"one more: {turn}"}, last.home, last.name).raw  # type: ignore[arg-type] # items alone
        started = time.perf_counter()
        cbor2.loads(cbor2.loads(raw)[0])
        sha256(raw).digest()
        least.append(time.perf_counter() - started)
        started = time.perf_counter()
        item = board.add(raw).fold(board.judge)
        took.append(time.perf_counter() - started)
        assert item is not None
    samples.add(name, "ms", median(took) * _MILLI, floor=median(least) * _MILLI)


def _busy(samples: Samples, count: int) -> None:
    writers, made = busy_item(count)
    board = _Board(writers, [event.raw for event in made])
    _warm(samples, f"fold_busy_{count}", board, writers, made[-1:])


def _memory(samples: Samples, count: int) -> None:
    writers, made = events(count)
    raws = [event.raw for event in made]
    del made
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    board = _Board(writers, raws)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert board.folds
    size = sum(map(len, raws))
    samples.add(f"memory_{count}", "bytes", (after - before + size) / count, floor=size / count)


class _Vault:
    """A vault with a group of one member."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault.create(folder, PASSPHRASE, cost=SMALL_COST)
        self.desk = Desk(self.vault, os.urandom, time.time)
        self.grp = self.desk.keeper.write(self._found)

    def _found(self, tx: Connection) -> int:
        return found_group(
            tx,
            self.desk.keeper,
            self.desk.ledger,
            name="Harbour",
            own_name="Layla",
            relay_url="http://127.0.0.1:1",
            relay_id=bytes(32),
            suite=SUITE,
            random=os.urandom,
            now=self.desk.now,
        )

    def post(self, count: int) -> list[bytes]:
        """Post so many needs; returns their ids."""
        ledger = self.desk.ledger

        def act(tx: Connection) -> list[bytes]:
            needs = (Need(title=f"Drinking water for house {n}", created=self.desk.now) for n in range(count))
            return [ledger.make(tx, self.grp, need, None, ()).name for need in needs]

        return self.desk.keeper.write(act)


def _vault(samples: Samples, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        held = _Vault(Path(folder) / "home")
        desk, grp = held.desk, held.grp
        items = held.post(count)
        own = desk.keeper.read(lambda tx: group_rows.get_group(tx, grp))
        private = sodium.ed25519_expand_seed(own.identity_seed)[1]
        epoch = desk.keeper.read(lambda tx: desk.ledger.history(tx, grp).epochs()[-1].epoch_id)

        def more(turn: int) -> Event:
            item = items[turn * (len(items) // _VAULT_WARM)]
            # As another member would make it: its author is the only one whose events count here.
            return Event.make(
                sign=lambda message: sodium.ed25519_sign(private, message),
                group_id=own.group_id,
                author=own.identity,
                number=1 + turn,
                previous=None if turn == 0 else bytes(32),
                place=item,
                parents=[item],
                epoch=epoch,
                kind="comment",
                body={"text": f"one more: {turn}"},
            )

        def act(tx: Connection) -> tuple[list[float], list[float]]:
            took, least = [], []
            for turn in range(_VAULT_WARM):
                event = more(turn)
                started = time.perf_counter()
                Event.read(event.raw, own.group_id)
                least.append(time.perf_counter() - started)
                started = time.perf_counter()
                desk.ledger.take(tx, grp, [event.raw], 0)
                took.append(time.perf_counter() - started)
            return took, least

        took, least = desk.keeper.write(act)
        samples.add(f"vault_warm_{count}", "ms", median(took) * _MILLI, floor=median(least) * _MILLI)
        held.vault.close()


def _snapshot(samples: Samples) -> None:
    with tempfile.TemporaryDirectory() as folder:
        held = _Vault(Path(folder) / "home")
        desk, grp = held.desk, held.grp
        items = held.post(_ITEMS)

        def size(tx: Connection) -> int:
            return sum(len(raw) for item in items for _, raw in event_rows.events_of_place(tx, grp, item))

        least = desk.keeper.read(size)

        def act(tx: Connection) -> int:
            # What was posted is at the relay; only the snapshot waits.
            tx.execute("DELETE FROM outbox WHERE grp = ?", (grp,))
            with Stopwatch() as watch:
                queue_snapshot(tx, desk.ledger, grp, desk.keeper.load(tx, grp))
                size = 0
                while blobs := next_blobs(tx, desk.keeper, grp, os.urandom, most=512):
                    size += sum(map(len, blobs))
                    for blob in blobs:
                        outbox.acknowledge(tx, grp, sha256(blob).digest(), 0)
            samples.add(f"snapshot_{_ITEMS}", "ms", watch.seconds * _MILLI)
            return size

        size_of = desk.keeper.write(act)
        samples.add(f"snapshot_{_ITEMS}_bytes", "bytes", float(size_of), floor=float(least))
        held.vault.close()


def _first_line(samples: Samples) -> None:
    """Measure `taboon board` from the start of its process to its first line, on 1,000 items of 10 events each."""
    with tempfile.TemporaryDirectory() as folder:
        home, words = Path(folder) / "home", Path(folder) / "words"
        held = _Vault(home)
        items = held.post(_ITEMS)

        def talk(tx: Connection) -> None:
            for item in items:
                for turn in range(9):
                    held.desk.ledger.make(tx, held.grp, Comment(text=f"{turn} more", created=held.desk.now), item, ())

        held.desk.keeper.write(talk)
        held.vault.close()
        words.touch(mode=0o600)
        words.write_text(PASSPHRASE, encoding="utf-8")
        command = ("board", "Harbour", "--offline")
        cold_start.first_line_ms(command, home, words)  # compiles, if anything must
        took = median(cold_start.first_line_ms(command, home, words) for _ in range(_STARTS))
        least = median(cold_start.start_ms() for _ in range(_STARTS))
        samples.add(f"cli_first_line_{10 * _ITEMS}", "ms", took, floor=least)


def measure(samples: Samples, options: Options) -> None:
    """Measure once."""
    counts = (1_000, 10_000) if options.quick else (1_000, 10_000, 100_000)
    for count in counts:
        _cold(samples, count)
        _busy(samples, count)
        _memory(samples, count)
    for count in counts[:2]:
        _vault(samples, count)
    _snapshot(samples)
    _first_line(samples)


if __name__ == "__main__":
    sys.exit(main("board", "what the board takes: folding, memory, a newcomer's snapshot", measure))
