"""MLS by itself: messages, commits, joining and saving in groups of 2 to 10,000, beside their floors and ts-mls.

``python -m bench.mls [--quick] [--json]``, suite 0x0003, all trees full (groups/world.py). Names are the operation,
then the number of members:

    encrypt_256b, encrypt_4k    an application message, from the sender's second one on; decrypt_… its reader
    create_commit_update        an empty commit, with a path; by the leftmost member
    create_commit_add           adds one member, without a path (none is needed); its Welcome included
    create_commit_remove        removes the rightmost member, with a path
    process_commit_…            receiving and merging it, by the committer's neighbour: no member derives more
    join                        a Welcome with the tree in it, for the last member
    save_message                what is written after one message was read, with its size in bytes: save_message_bytes
    load                        from saved parts until a first message of another member is decrypted
    state_bytes                 all that is saved of a group

The floors are explained in groups/floors.py: primitives that the RFC makes unavoidable, at what each costs in this
process. Those of load are the same for the message alone, that of state_bytes is the tree as it travels, that of
save_message_bytes a generation and a secret. The peer is ts-mls (groups/peer.py), as the last member of a group of the
same size and shape, in sizes that it can do.

All times are of the processor: nothing here waits for anything, and so what else the machine does counts for little.
Of messages they are the median of many, of everything else, and of the primitives, the least of several.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.harness import main
from bench.trees.floors import Costs, Shape
from bench.trees.peer import Peer, PeerMissingError
from bench.trees.world import LIMITS, World, newcomer
from taboon_crypto import mls
from taboon_crypto.mls.messages.envelope import wrap
from taboon_crypto.mls.tree import indices as ix

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness import Options, Samples

_PAYLOADS = {"256b": 256, "4k": 4096}
_TALKING = (2, 100, 1_000)
_COMMITTING = (10, 100, 1_000, 10_000)
_JOINING = (100, 1_000, 10_000)
_QUICK_MOST = 1_000
_PEER_MOST = 1_000
_PEER_QUICK_MOST = 100
_MESSAGES = 60
_TIMES = 15
_FEW = 3
_GENERATION_AND_SECRET = 8 + 32


class MlsBench:
    """Measures every row once for each call; the groups are made in the first one."""

    def __init__(self) -> None:
        self._worlds: dict[int, World] = {}

    def __call__(self, samples: Samples, options: Options) -> None:
        """Measure all rows."""
        costs = Costs()
        most = _QUICK_MOST if options.quick else max(_COMMITTING)
        peer = self._peer_figures(samples, _PEER_QUICK_MOST if options.quick else _PEER_MOST)
        rows = _Rows(samples, costs, peer)
        for size in sorted({*_TALKING, *_COMMITTING, *_JOINING}):
            if size > most:
                continue
            _say(f"a group of {size:,}")
            if size not in self._worlds:
                self._worlds[size] = World(size)
            world = self._worlds[size]
            if size in _TALKING:
                _talk(rows, world)
            if size in _COMMITTING:
                _commit(rows, world)
            if size in _JOINING:
                _join(rows, world)
                _save(rows, world)

    def _peer_figures(self, samples: Samples, most: int) -> dict[str, float]:
        """Return what ts-mls takes, in milliseconds, by the names of the rows."""
        found: dict[str, float] = {}
        try:
            for size in sorted({*_TALKING, *_COMMITTING, *_JOINING}):
                if size <= most:
                    _say(f"ts-mls in a group of {size:,}")
                    with Peer() as peer:
                        found |= _peer_rows(peer, size)
        except PeerMissingError as missing:
            samples.note(str(missing))
        return found


class _Rows:
    """Notes figures, each with its floor and its peer."""

    def __init__(self, samples: Samples, costs: Costs, peer: dict[str, float]) -> None:
        self.costs = costs
        self._samples = samples
        self._peer = peer

    def ms(self, name: str, seconds: float, floor: float | None) -> None:
        """Note a time."""
        least = None if floor is None else floor * 1_000
        self._samples.add(name, "ms", seconds * 1_000, floor=least, peer=self._peer.get(name))

    def bytes(self, name: str, size: int, floor: int) -> None:
        """Note a size."""
        self._samples.add(name, "bytes", size, floor=floor)


# --- ours -------------------------------------------------------------------------------------------------------------


def _talk(rows: _Rows, world: World) -> None:
    for name, length in _PAYLOADS.items():
        writing, reading = _conversation(world.group(0), world.group(1), length)
        rows.ms(f"encrypt_{name}_{world.size}", writing, rows.costs.encrypt(length))
        rows.ms(f"decrypt_{name}_{world.size}", reading, rows.costs.decrypt(length))


def _conversation(speaker: mls.Group, listener: mls.Group, length: int) -> tuple[float, float]:
    """Return the median seconds of writing and of reading a message; the first one counts for neither."""
    messages: list[bytes] = []
    writing = _each(lambda: messages.append(speaker.encrypt(bytes(length), random=os.urandom)), _MESSAGES)
    waiting = iter(messages)
    reading = _each(lambda: listener.receive(next(waiting)), _MESSAGES)
    return median(writing[1:]), median(reading[1:])


def _commit(rows: _Rows, world: World) -> None:
    key_package, _ = newcomer()
    wishes: dict[str, dict[str, Any]] = {
        "update": {},
        "add": {"add": [key_package], "now": int(time.time())},
        "remove": {"remove": [world.size - 1]},
    }
    for name, wish in wishes.items():
        make = partial(_stage, world, wish)
        staged = make()
        shape = _shape(staged)
        checking = rows.costs.check_key_package() if name == "add" else 0.0
        welcome = rows.costs.welcome(len(staged.welcome)) if staged.welcome else 0.0
        least = rows.costs.create(shape) + checking + welcome
        rows.ms(f"create_commit_{name}_{world.size}", _usual(make), least)
        follow = partial(_follow, world, staged.message or b"")
        rows.ms(f"process_commit_{name}_{world.size}", _usual(follow), rows.costs.process(shape) + checking)


def _stage(world: World, wish: dict[str, Any]) -> mls.StagedCommit:
    return world.group(0).commit(random=os.urandom, **wish)


def _follow(world: World, message: bytes) -> None:
    group = world.group(1)
    staged = group.receive(message)
    assert isinstance(staged, mls.StagedCommit)
    group.merge(staged)


def _shape(staged: mls.StagedCommit) -> Shape:
    """Count what a commit of the leftmost member does, as its neighbour sees it."""
    tree = staged.after
    filtered = tree.filtered_direct_path(staged.sender_leaf) if staged.has_path else []
    return Shape(
        depth=len(ix.direct_path(staged.sender_leaf, tree.leaf_count)),
        path=len(filtered),
        ciphertexts=sum(len(tree.resolution(beside)) for _, beside in filtered),
        climbed=len(filtered),
        bytes=len(staged.message or b""),
    )


def _join(rows: _Rows, world: World) -> None:
    key_package, secrets = newcomer()
    staged = world.group(0).commit(add=[key_package], random=os.urandom, now=int(time.time()))
    welcome = staged.welcome or b""
    taken = _usual(
        lambda: mls.Group.join(welcome, key_package, secrets, limits=LIMITS), _FEW if world.size > _QUICK_MOST else 5
    )
    rows.ms(f"join_{world.size}", taken, rows.costs.join(world.size + 1, len(welcome), 0))


def _save(rows: _Rows, world: World) -> None:
    parts = world.group(1).parts()
    speaker = world.group(0)
    messages = [speaker.encrypt(bytes(256), random=os.urandom) for _ in range(_MESSAGES)]

    def load() -> mls.Group:
        group = mls.Group.load(parts, limits=LIMITS)
        group.receive(messages[0])
        return group

    depth = len(ix.direct_path(0, 1 << (world.size - 1).bit_length()))
    rows.ms(f"load_{world.size}", _usual(load), rows.costs.decrypt(256) + rows.costs.first_keys(depth))
    group = load()
    group.mark_saved()
    taken = []
    for message in messages[1:]:
        group.receive(message)
        start = time.thread_time()
        written = group.changed_parts()
        group.mark_saved()
        taken.append(time.thread_time() - start)
    rows.ms(f"save_message_{world.size}", min(taken), None)
    rows.bytes(f"save_message_bytes_{world.size}", sum(map(len, written.values())), _GENERATION_AND_SECRET)
    rows.bytes(f"state_bytes_{world.size}", sum(map(len, parts.values())), len(group.ratchet_tree))


def _usual(act: Callable[[], object], times: int = _TIMES) -> float:
    """Return the least seconds of a few times, after one that is not counted."""
    act()
    return min(_each(act, times))


def _each(act: Callable[[], object], times: int) -> list[float]:
    """Return the seconds of each time. What is left of the time before is cleared away first."""
    gc.collect()
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append(time.thread_time() - start)
    return taken


# --- ts-mls -----------------------------------------------------------------------------------------------------------


def _peer_rows(peer: Peer, size: int) -> dict[str, float]:
    """Let ts-mls do every row in a group of a size; milliseconds by name."""
    few = 1 if size >= _PEER_MOST else _FEW
    found: dict[str, float] = {}
    group = World(size - 1, room_at_the_end=True).group(0)
    now = int(time.time())
    taken = mls.KeyPackage.decode(peer.key_package()[4:])
    staged = group.commit(add=[taken], path=True, random=os.urandom, now=now)
    group.merge(staged)
    found[f"join_{size}"] = peer.join(staged.welcome or b"", times=few)
    found[f"create_commit_update_{size}"], update = peer.commit(keep=True, times=few)
    received = group.receive(update)
    assert isinstance(received, mls.StagedCommit)
    group.merge(received)
    for name, length in _PAYLOADS.items():
        messages = [group.encrypt(bytes(length), random=os.urandom) for _ in range(_MESSAGES)]
        found[f"encrypt_{name}_{size}"] = peer.encrypt(length, times=_MESSAGES)
        found[f"decrypt_{name}_{size}"] = peer.decrypt(messages)
    if size not in _COMMITTING:
        return found
    key_package, _ = newcomer()
    found[f"create_commit_add_{size}"], _ = peer.commit(add=wrap(key_package), times=few)
    found[f"create_commit_remove_{size}"], _ = peer.commit(remove=1, times=few)
    for name, made in (
        ("update", group.commit(random=os.urandom)),
        ("add", group.commit(add=[key_package], random=os.urandom, now=now)),
        ("remove", group.commit(remove=[1], random=os.urandom)),
    ):
        found[f"process_commit_{name}_{size}"] = peer.process(made.message or b"", times=few)
    return found


def _say(text: str) -> None:
    print(f"mls: {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main("mls", "MLS by itself, beside its floors and ts-mls.", MlsBench()))
