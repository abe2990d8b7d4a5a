"""The main job, with words that cannot be overlooked: the relay has none of them, wherever one looks."""

from __future__ import annotations

import base64
import re
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from taboon_client.board import Details, Line, Need, PrivateNote
from tests.relay_process import RelayProcess
from tests.scenarios.conftest import Neighbourhood
from tests.scenarios.hostile import desk_of, row_of
from tests.scenarios.reading import every_byte

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_crypto import mls
    from taboon_crypto.slots import Cost
    from tests.scenarios.conftest import Person

WORDS = [
    *("CANARY-LAYLA", "CANARY-SAMI", "CANARY-NOOR", "CANARY-HARBOUR", "CANARY-WATER", "CANARY-AREA", "CANARY-NOTE"),
    *("CANARY-COMMENT", "CANARY-PLACE", "CANARY-PRIVATE", "CANARY-AFTER", "قناري"),
]


def main_job(street: Neighbourhood) -> list[Person]:
    """A need with details is posted, pledged, delivered and confirmed; somebody comes, somebody is removed."""
    layla = street.founder("CANARY-LAYLA", "CANARY-HARBOUR")
    sami, noor = street.let_in(layla, "CANARY-SAMI"), street.let_in(layla, "CANARY-NOOR")
    lines = (Line(quantity=3, unit="L"),)
    water = Need(title="CANARY-WATER قناري", area="CANARY-AREA", note="CANARY-NOTE", lines=lines, created=0)
    need = layla.group.post(water, details=Details(names="CANARY-LAYLA", place="CANARY-PLACE"))
    people = [layla, sami, noor]
    for person in people:
        person.sync()
    sami.group.pledge(need)
    sami.group.comment(need, "CANARY-COMMENT")
    for person in (sami, layla):
        person.sync()
    layla.group.release_details(need.id)
    layla.sync()
    sami.sync()
    assert sami.group.open_details(need.id).place == "CANARY-PLACE"
    sami.group.deliver(need)
    sami.sync()
    layla.sync()
    layla.group.confirm(need)
    (pledge,) = layla.group.item(need.id).pledges
    layla.group.private_note(need.id, PrivateNote(about="thanks", text="CANARY-PRIVATE"), [pledge.author])
    assert layla.group.remove("CANARY-NOOR").done
    layla.group.post(Need(title="CANARY-AFTER", created=0))
    for person in (layla, sami):
        person.sync()
    assert sami.titles() == {"CANARY-AFTER", "CANARY-WATER قناري"}
    return people


def secrets(people: list[Person]) -> dict[str, bytes]:
    """All that the relay must not have, in every way of writing it that programs use."""
    found = {word: word.encode() for word in WORDS} | {f"{word} wide": word.encode("utf-16-le") for word in WORDS}
    for person in people[:2]:
        group = _group(person)
        found["the group id"] = group.group_id
        for member in group.members():
            found[f"identity of {member.leaf}"] = member.signature_key
            found[f"leaf key of {member.leaf}"] = member.encryption_key
    for what, secret in [*found.items()]:
        found[f"{what} in hex"] = secret.hex().encode()
        # As it stands in the middle of something longer, whichever byte it begins at.
        for skip in range(3):
            encoded = base64.b64encode(secret[skip:])[: (len(secret) - skip) // 3 * 4]
            if len(encoded) >= 12:
                found[f"{what} in base64 ({skip})"] = encoded
    return found


def _group(person: Person) -> mls.Group:
    desk, row = desk_of(person), row_of(person)
    return desk.keeper.read(lambda tx: desk.keeper.load(tx, row))


def memory(pid: int) -> Iterator[bytes]:
    """All memory of a process that can be read, region by region."""
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ *(.*)", line)
            if found is None or found[3] in {"[vvar]", "[vsyscall]", "[vvar_vclock]"}:
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            try:
                file.seek(start)
                yield file.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue  # a page of the system's that cannot be read


@pytest.fixture
def watched(tmp_path: Path, fast_kdf: Cost) -> Iterator[tuple[Neighbourhood, int]]:
    """A relay whose memory and metrics can be read, and nobody yet."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    extra = ["--metrics-port", str(port)]
    loud = {"UVICORN_LOG_LEVEL": "trace", "PYTHONASYNCIODEBUG": "1"}
    with RelayProcess(tmp_path / "relay", extra_args=extra, env=loud, module="tests.server.readable") as relay:
        street = Neighbourhood(tmp_path, relay)
        yield street, port
        street.close()


def test_the_whole_main_job_leaves_nothing_with_the_relay(watched: tuple[Neighbourhood, int]) -> None:
    street, port = watched
    people = main_job(street)
    forbidden = secrets(people)
    places = {"the disk": every_byte(street.relay.folder)}
    places["the metrics"] = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).content
    street.relay.stop()
    places["what it wrote"] = street.relay.output.encode()
    places["the disk after it stopped"] = every_byte(street.relay.folder)
    for where, data in places.items():
        assert [what for what, secret in forbidden.items() if secret in data] == [], where
    assert b'call="append",status="200"' in places["the metrics"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the memory of a process as a file")
def test_the_whole_main_job_leaves_nothing_in_the_relays_memory(watched: tuple[Neighbourhood, int]) -> None:
    street, _ = watched
    forbidden = secrets(main_job(street))
    found, seen, ours = set(), 0, False
    for region in memory(street.relay.pid):
        seen += len(region)
        ours = ours or b"urn:taboon:problem:unknown-mailbox" in region
        found |= {what for what, secret in forbidden.items() if secret in region}
    assert found == set()
    # It was this relay's memory, and all of it.
    assert ours
    assert seen > 20 << 20
