"""The main job: an intake sheet of 2,000 messages from one vault, through a real relay, into another.

``python -m bench.main_job [--quick] [--json]``. The job is done as the program does it: `posts_of`, `post_all`, a
sync of whoever posts, a sync of whoever reads; the relay is a process of its own, plain HTTP on loopback. Four phases
make up all of it and leave nothing out, in messages (rows of the sheet) a second:

    encrypt     from needs to saved blobs: events signed, saved and folded, packed, encrypted twice, saved
    append      the poster's sync without the above: requests, receipts checked and saved
    fetch       the reader's sync without the below: requests, pages checked
    decrypt     from pages to the board: opened twice, signatures checked, saved, folded

``import`` and ``outbox`` are the two halves of encrypt (before and during the sync); ``open`` is decrypt without saving
and folding; ``whole`` is everything from the sheet's bytes to the other's board. The floors:

    encrypt     an Ed25519 signature for each event and each MLS message, two AEAD sealings for each message
    import      the events' signatures, and SQLCipher commits of the same bytes in the same batches
    outbox      the messages' signatures and AEADs, and SQLCipher commits of the same blobs
    append      the same blobs POSTed to a bare web server that commits each one durably, and does nothing else
    fetch       the same pages from that server, out of memory
    decrypt     the Ed25519 verifications of events and MLS messages, two AEAD openings for each message; open: the same
    whole       the floors of encrypt, append, fetch and decrypt together

Sizes are bytes for each message, taken in one more job (they do not vary): ``wire_bytes``, all that went between both
members and the relay, HTTP included (floor: the texts twice, to the relay and from it), and of it ``wire_bytes_read``
of the reader; what the job added to the files of the reader's vault (``vault_bytes``), the poster's
(``vault_bytes_posted``) and the relay (``relay_bytes``), each closed (floor: the texts).

``cli_board`` is a new process that runs `taboon board GROUP --offline` on 40 items, less the time that Argon2 takes in
that process (a stopwatch around the one call); ``cli_board_all`` the same on all the messages, ``cli_board_sync`` on 40
with a sync. Floor: a Python process that imports the libraries no such command can do without (cold_start.py).
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.support import PASSPHRASE

from bench.harness import Stopwatch, main
from bench.job import cold_start, floors
from bench.job.bare_server import BareServer
from bench.job.floors import Carried
from bench.job.people import World, check
from bench.job.sheet import posts_of, read_intake
from bench.job.watching import watched
from taboon_client.board import Event
from taboon_client.relay.client import RelayClient
from taboon_client.relay.exchange import Exchange
from taboon_client.session import inbox, steps
from taboon_crypto import mls

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.harness import Options, Samples
    from bench.job.sheet import Intake

_RATE = "messages/s"
_BYTES = "bytes/message"
_QUICK_ROWS = 500
_BOARD_ROWS = 40
_STARTS = 3
_FLOORS = 3
_IMPORT_BATCH = 200
_OUTBOX_BATCH = 8
# Not a fixed day: what is older than the group keeps things would be gone from the board.
_CREATED = int(time.time())


@dataclass(slots=True)
class _Phases:
    """Stopwatches of one job, and what was seen going by."""

    importing: Stopwatch = field(default_factory=Stopwatch)
    sending: Stopwatch = field(default_factory=Stopwatch)
    packing: Stopwatch = field(default_factory=Stopwatch)
    receiving: Stopwatch = field(default_factory=Stopwatch)
    applying: Stopwatch = field(default_factory=Stopwatch)
    opening: Stopwatch = field(default_factory=Stopwatch)
    whole: Stopwatch = field(default_factory=Stopwatch)
    carried: Carried = field(default_factory=Carried)
    appended: list[tuple[str, int]] = field(default_factory=list)
    fetched: list[tuple[str, int]] = field(default_factory=list)


class MainJob:
    """Does the job once for each call, and in the first call once more for the sizes."""

    def __init__(self) -> None:
        self._sized = False

    def __call__(self, samples: Samples, options: Options) -> None:
        """Measure one job."""
        intake = read_intake(_QUICK_ROWS) if options.quick else read_intake()
        if intake.note:
            samples.note(intake.note)
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
            with World(Path(folder) / "timed") as world:
                _rates(samples, _do(world, intake), Path(folder))
                _starts(samples, world, Path(folder), 1 if options.quick else _STARTS)
            if not self._sized:
                with World(Path(folder) / "counted", counting=True) as world:
                    _sizes(samples, world, intake)
        self._sized = True


def _do(world: World, intake: Intake) -> _Phases:
    """Do the job under stopwatches, and check that it was done."""
    phases = _Phases()
    poster, reader = world.poster.group, world.reader.group
    with ExitStack() as stack:
        stack.enter_context(watched(steps, "work", phases.packing))
        stack.enter_context(watched(RelayClient, "append", Stopwatch(), lambda given, _: _note_sent(phases, given)))
        with phases.whole:
            with phases.importing:
                poster.post_all(posts_of(intake, created=_CREATED))
            with phases.sending:
                check(poster.sync(None))
    carried = phases.carried
    with ExitStack() as stack:
        stack.enter_context(watched(steps, "apply_page", phases.applying))
        stack.enter_context(watched(Exchange, "send", Stopwatch(), lambda _, got: _note_got(phases, got)))
        watch, note = phases.opening, carried
        stack.enter_context(watched(inbox, "open_blob", watch, lambda given, _: note.blobs.append(len(given[1]))))
        stack.enter_context(watched(mls.Group, "receive", watch, lambda _, got: _note_message(note, got)))
        stack.enter_context(watched(inbox, "read_payload", watch))
        stack.enter_context(watched(Event, "read", watch, lambda given, _: _note_event(note, given)))
        with phases.whole, phases.receiving:
            check(reader.sync(None))
    _compare(world, intake)
    return phases


def _note_sent(phases: _Phases, given: tuple[Any, ...]) -> None:
    _, _, blob = given
    phases.appended.append(("POST", len(blob)))


def _note_got(phases: _Phases, answer: Any) -> None:
    if answer.status == 200:
        phases.fetched.append(("GET", len(answer.body)))


def _note_message(carried: Carried, got: object) -> None:
    if isinstance(got, mls.ApplicationMessage):
        carried.payloads.append(got.data)


def _note_event(carried: Carried, given: tuple[Any, ...]) -> None:
    raw, carried.group_id = given
    carried.events.append(raw)


def _compare(world: World, intake: Intake) -> None:
    """Refuse a job whose texts did not all arrive, byte for byte but for what was sealed of them."""
    sent = [post[1] for post in posts_of(intake, created=_CREATED)]
    arrived = [(item.title, item.note, item.original) for item in world.reader.group.board()]
    if sorted(arrived) != sorted((opening.title, opening.note, opening.original) for opening in sent):
        raise RuntimeError("what arrived is not what was imported")


def _rates(samples: Samples, phases: _Phases, folder: Path) -> None:
    """Measure the floors of a job that was done, and note its rates."""
    carried = phases.carried
    signing, verifying = _usual(lambda: floors.sign_seconds(carried)), _usual(lambda: floors.verify_seconds(carried))
    sealing, opening = _usual(lambda: floors.seal_seconds(carried)), _usual(lambda: floors.open_seconds(carried))
    keeping = _usual(lambda: floors.commit_seconds(folder, carried.events, _IMPORT_BATCH))
    blobs = [bytes(length) for length in carried.blobs]
    finishing = _usual(lambda: floors.commit_seconds(folder, blobs, _OUTBOX_BATCH))
    with BareServer.running() as server:
        appending = _usual(lambda: server.seconds(phases.appended))
        fetching = _usual(lambda: server.seconds(phases.fetched))
    encrypting = phases.importing.seconds + phases.packing.seconds
    least = signing + sealing + appending + fetching + verifying + opening
    count = len(carried.events)
    for name, seconds, floor in (
        ("encrypt", encrypting, signing + sealing),
        ("append", phases.sending.seconds - phases.packing.seconds, appending),
        ("fetch", phases.receiving.seconds - phases.applying.seconds, fetching),
        ("decrypt", phases.applying.seconds, verifying + opening),
        ("import", phases.importing.seconds, signing + keeping),
        ("outbox", phases.packing.seconds, sealing + finishing),
        ("open", phases.opening.seconds, verifying + opening),
        ("whole", phases.whole.seconds, least),
    ):
        samples.add(name, _RATE, count / seconds, floor=count / floor)
    samples.note(f"{count} messages in {len(blobs)} blobs and {len(phases.fetched)} pages")


def _usual(seconds: Callable[[], float]) -> float:
    """Return the median of a few times: a floor is so short that one disturbance would raise it."""
    return median(seconds() for _ in range(_FLOORS))


def _sizes(samples: Samples, world: World, intake: Intake) -> None:
    """Do the job through a proxy that counts, and note what it took in bytes."""
    assert world.proxy is not None
    count, payload = len(intake.texts), intake.payload / len(intake.texts)
    people = (world.reader, world.poster)
    before = [world.relay_size_on_disk(), *(person.size_on_disk() for person in people)]
    world.poster.group.post_all(posts_of(intake, created=_CREATED))
    world.proxy.taken()
    check(world.poster.group.sync(None))
    posted = world.proxy.taken()
    check(world.reader.group.sync(None))
    read = world.proxy.taken()
    _compare(world, intake)
    after = [world.relay_size_on_disk(), *(person.size_on_disk() for person in people)]
    relay, vault, vault_posted = (now - then for now, then in zip(after, before, strict=True))
    samples.add("wire_bytes", _BYTES, (posted + read) / count, floor=2 * payload)
    samples.add("wire_bytes_read", _BYTES, read / count, floor=payload)
    samples.add("vault_bytes", _BYTES, vault / count, floor=payload)
    samples.add("vault_bytes_posted", _BYTES, vault_posted / count, floor=payload)
    samples.add("relay_bytes", _BYTES, relay / count, floor=payload)


def _starts(samples: Samples, world: World, folder: Path, times: int) -> None:
    """Note how long the command line takes to show a board."""
    street = world.poster.taboon.create_group("Street", relay=world.url, me=world.poster.name)
    street.post_all(posts_of(read_intake(_BOARD_ROWS), created=_CREATED))
    world.poster.sync()
    world.poster.taboon.close()
    passphrase = folder / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_text(PASSPHRASE, encoding="utf-8")
    commands = {
        "cli_board": ("board", "Street", "--offline"),
        "cli_board_all": ("board", "Harbour", "--offline"),
        "cli_board_sync": ("board", "Street"),
    }
    cold_start.command_ms(commands["cli_board_sync"], world.poster.folder, passphrase)  # compiles, if anything must
    least = [cold_start.start_ms() for _ in range(times)]
    for name, command in commands.items():
        taken = [cold_start.command_ms(command, world.poster.folder, passphrase) for _ in range(times)]
        samples.add(name, "ms", median(taken), floor=median(least))


if __name__ == "__main__":
    sys.exit(main("main_job", "Import and delivery of a sheet of messages, from vault to vault.", MainJob()))
