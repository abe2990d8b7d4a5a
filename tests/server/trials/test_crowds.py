"""A thousand who wait, two hundred who write slowly, and those who ask and never read: whoever else comes is served."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench.load.driving import Connections
from bench.load.requests import Signer

from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import SIZES, Keys, read_page
from tests.server.trials.dice import dice
from tests.server.trials.load import Load
from tests.soaking import sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server.trials.grounds import Ground

pytestmark = pytest.mark.grows

WAITING = 1_000
SLOW = 200
BOXES = 10
SILENT = 40


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process have a socket for everybody, where systems count them."""
    if sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = 4_096 if hard == resource.RLIM_INFINITY else min(4_096, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, enough), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def slow_writer(relay: RelayProcess, request: bytes) -> tuple[socket.socket, Iterator[int]]:
    connection = socket.create_connection(("127.0.0.1", relay.port), timeout=20)
    connection.sendall(request[:-1_000])
    return connection, iter(request[-1_000:])


def test_a_thousand_wait_and_two_hundred_write_slowly_while_appends_go_on(ground: Ground) -> None:
    chance = dice()
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(ground.relay())
        caller = stack.enter_context(Caller(relay))
        signer = Signer(relay.port, caller.relay_id)
        boxes = [caller.new_mailbox() for _ in range(BOXES)]
        slow_box = caller.new_mailbox()
        crowd = stack.enter_context(Connections([relay.port] * WAITING))
        crowd.send_only([signer.read(boxes[place % BOXES], wait=25) for place in range(WAITING)])
        slow = [slow_writer(relay, signer.append(slow_box)) for _ in range(SLOW)]
        for connection, _ in slow:
            stack.callback(connection.close)
        with stack.enter_context(Load([relay], chance.randrange(1 << 30))) as load:
            for _ in range(sample(8, 400)):
                load.until_more(50)
                for connection, rest in slow:
                    with contextlib.suppress(ConnectionError):  # cut, as slow ones should be
                        connection.sendall(bytes([next(rest)]))
        load.assert_kept(caller)
        content = blob()
        for keys in boxes:
            caller.appended(keys, content)
        crowd.collect()
        for place, answer in enumerate(crowd.bodies):
            page = read_page(answer, caller.relay_id)
            # Whose 25 seconds were over on a slow machine finds it now; whoever waited was woken.
            assert page.blobs == [content] or caller.page(boxes[place % BOXES]).blobs == [content]
        assert caller.page(slow_box).last == 0


@pytest.mark.skipif(sys.platform == "win32", reason="only poll tells that a connection was cut without reading from it")
def test_whoever_asks_and_never_reads_is_cut(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(
            RelayProcess(tmp_path / "home", extra_args=["--deadline", "1", "--slowest", "65536"])
        )
        caller = stack.enter_context(Caller(relay))
        keys = caller.new_mailbox()
        for _ in range(4):
            caller.appended(keys, blob(SIZES[2]))
        signer = Signer(relay.port, caller.relay_id)
        silent = []
        poll = select.poll()
        for _ in range(SILENT):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", relay.port))
            connection.sendall(b"".join(signer.read(keys) for _ in range(20)))
            poll.register(connection, 0)  # nothing but its end
            silent.append(connection)
        gone: set[int] = set()
        while len(gone) < SILENT:
            ended = poll.poll(30_000)
            assert ended, f"{SILENT - len(gone)} connections stand open with answers that nobody reads"
            for file, _ in ended:
                gone.add(file)
                poll.unregister(file)
            assert caller.appended(caller.new_mailbox(), blob()).number == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads the relay's memory from /proc")
def test_whoever_asks_for_much_and_never_reads_takes_no_memory(tmp_path: Path) -> None:
    """Each of these asks for 20 pages of 256 KiB at once: 400 MB, if answers were made for nobody."""
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(RelayProcess(tmp_path / "home"))
        caller = stack.enter_context(Caller(relay))
        keys = caller.new_mailbox()
        for _ in range(4):
            caller.appended(keys, blob(SIZES[2]))
        assert caller.page(keys).last == 4
        signer = Signer(relay.port, caller.relay_id)
        before = resident(relay)
        for _ in range(80):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(("127.0.0.1", relay.port))
            connection.sendall(b"".join(signer.read(keys) for _ in range(20)))
        for _ in range(20):
            caller.appended(keys, blob())
        assert resident(relay) - before < 60_000_000


def resident(relay: RelayProcess) -> int:
    """Return the bytes of memory that the relay has in use."""
    status = Path(f"/proc/{relay.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def test_mailboxes_that_nobody_knows_cannot_be_waited_on(ground: Ground) -> None:
    """Whoever invents keys gets no place among those who wait."""
    with ground.relay(["--waiters", "10"]) as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        signer = Signer(relay.port, caller.relay_id)
        with Connections([relay.port]) as one:
            one.send_only([signer.read(keys, wait=25)])
            strangers = sample(30, 1_000)
            statuses = {caller.read(Keys(), wait=25).status_code for _ in range(strangers)}
            assert statuses == {404}
            content = blob()
            caller.appended(keys, content)
            one.collect()
            assert read_page(one.bodies[0], caller.relay_id).blobs == [content]
