"""Faults of devices: killed between any two steps, restored from a copy, used by several processes, out of disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import DiskFullError, GroupStoppedError
from taboon_client.session import steps

if TYPE_CHECKING:
    from taboon_client.group.desk import Desk
    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person

ROOT = Path(__file__).parent.parent.parent


def in_another_process(person: Person, code: str) -> subprocess.Popen[str]:
    """Run code with `taboon` open on a person's vault, in a process of its own."""
    prelude = f"""
        import pytest
        from pathlib import Path
        from tests.support import PASSPHRASE, allow_fast_kdf
        from taboon_client.blocking import Taboon
        from taboon_client.board import Need
        patch = pytest.MonkeyPatch()
        allow_fast_kdf(patch)
        taboon = Taboon.open(PASSPHRASE, Path({str(person.folder)!r}))
        (group,) = taboon.groups()
    """
    source = textwrap.dedent(prelude) + textwrap.dedent(code) + "\ntaboon.close()\n"
    return subprocess.Popen(
        [sys.executable, "-c", source], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a process that must end well; returns what it printed."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def desk_of(person: Person) -> Desk:
    """The desk of a person's open vault."""
    return person.taboon._taboon._desk


def work_of(person: Person) -> steps.Work:
    """What a person's next sync would send, saved as a sync saves it."""
    desk, grp = desk_of(person), person.group._group.row_id
    at = steps.position(desk, grp)
    assert at is not None
    work = steps.work(desk, grp, at, tries=0)
    assert work is not None
    return work


def test_two_processes_that_post_200_each_use_no_key_twice_and_lose_nothing(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    code = """
        for number in range(200):
            group.post(Need(title=f"{name} {number}", created=0))
            if number % 20 == 19:
                report = group.sync(wait=60)
                assert report.problem is None, report.problem
        assert group.sync(wait=60).problem is None
    """
    layla.taboon.close()
    processes = [in_another_process(layla, f'name = "{name}"\n' + textwrap.dedent(code)) for name in ("a", "b")]
    for process in processes:
        finish(process)
    layla.reopen()
    layla.sync()
    sami.sync()
    expected = {f"{name} {number}" for name in ("a", "b") for number in range(200)}
    assert layla.titles() == expected
    assert sami.titles() == expected
    assert sami.group.status().missing == 0
    assert sami.group.status().state == "active"


def test_a_process_killed_after_saving_and_before_sending_sends_the_same_blob_later(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Blankets", created=0))
    (blob,) = work_of(layla).blobs
    layla.reopen()
    (again,) = work_of(layla).blobs
    assert again == blob
    layla.sync()
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Blankets"}
    assert layla.group.unsent() == 0


def test_a_process_killed_while_it_posts_and_sends_loses_nothing_it_reported(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.taboon.close()
    reported: set[str] = set()
    for round_ in range(4):
        process = in_another_process(
            layla,
            f"""
            for number in range(1000):
                item = group.post(Need(title=f"{round_}/{{number}}", created=0))
                print(item.title, flush=True)
                group.sync(wait=60)
            """,
        )
        assert process.stdout is not None
        for _ in range(3 + round_):
            reported.add(process.stdout.readline().strip())
        process.kill()
        rest, _ = process.communicate()
        reported.update(rest.split())
    layla.reopen()
    layla.sync()
    sami.sync()
    assert reported <= layla.titles()
    assert sami.titles() == layla.titles()
    assert sami.group.status().missing == 0


def test_two_members_that_commit_at_once_converge(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    for person in (layla, sami, noor):
        person.sync()
    before = layla.group.status().epoch
    for person in (layla, sami):
        person.group.rotate(wait=0)
    layla.taboon.close()
    sami.taboon.close()
    code = """
        for _ in range(5):
            report = group.sync(wait=60)
            assert report.problem is None, report.problem
    """
    processes = [in_another_process(person, code) for person in (layla, sami)]
    for process in processes:
        finish(process)
    layla.reopen()
    sami.reopen()
    for person in (layla, sami, noor, layla, sami):
        person.sync()
    epochs = {person.group.status().epoch for person in (layla, sami, noor)}
    assert epochs == {before + 2}
    noor.group.post(Need(title="Everyone reads this", created=0))
    for person in (noor, layla, sami):
        person.sync()
    assert layla.titles() == sami.titles() == {"Everyone reads this"}


def test_two_processes_of_one_vault_that_commit_at_once_both_succeed(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.taboon.close()
    code = "assert group.rotate(wait=60).done"
    for process in [in_another_process(layla, code) for _ in range(2)]:
        finish(process)
    layla.reopen()
    layla.sync()
    sami.sync()
    assert layla.group.status().epoch == sami.group.status().epoch


def test_a_commit_that_was_sealed_before_the_process_died_is_merged_by_the_next(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    epoch = layla.group.status().epoch
    layla.group.rotate(wait=0)
    # The commit is staged and its seal is at the relay; the process dies before it has read the receipt.
    grp = layla.group._group.row_id
    desk = desk_of(layla)
    at = steps.position(desk, grp)
    seal = work_of(layla).seal
    assert at is not None
    assert seal is not None
    import asyncio

    from taboon_client.relay.client import RelayClient

    async def send() -> None:
        async with RelayClient(at.relay, random=desk.random, clock=desk.clock) as client:
            await client.append(at.keys, seal.blobs[-1], seal=True)

    asyncio.run(send())
    layla.reopen()
    assert layla.group.status().epoch == epoch
    layla.sync()
    assert layla.group.status().epoch == epoch + 1
    assert layla.group.status().wishes == ()
    sami.sync()
    assert sami.group.status().epoch == epoch + 1


def test_a_vault_restored_from_yesterdays_copy_notices_before_it_encrypts(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Yesterday", created=0))
    layla.sync()
    layla.taboon.close()
    shutil.copytree(layla.folder, tmp_path / "copy")
    layla.reopen()
    layla.group.post(Need(title="Today", created=0))
    layla.sync()
    layla.taboon.close()
    shutil.rmtree(layla.folder)
    shutil.copytree(tmp_path / "copy", layla.folder)
    layla.reopen()
    layla.group.post(Need(title="From the copy", created=0))
    report = layla.group.sync(wait=30)
    assert layla.group.status().state == "frozen"
    assert "second copy" in (report.stopped or "")
    assert report.sent == 0
    with pytest.raises(GroupStoppedError):
        layla.group.post(Need(title="More", created=0))
    sami.sync()
    assert sami.titles() == {"Yesterday", "Today"}


def test_a_full_disk_refuses_the_post_and_leaves_the_vault_as_it_was(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    vault = desk_of(layla).vault

    def fill(tx: Connection) -> int:
        (pages,) = tx.execute("PRAGMA page_count").fetchone()
        tx.execute(f"PRAGMA max_page_count = {pages}")
        return int(pages)

    vault.read(fill)

    def post_until_it_is_refused() -> None:
        for number in range(500):
            layla.group.post(Need(title=f"{number}", note="x" * 4000, created=0))

    with pytest.raises(DiskFullError):
        post_until_it_is_refused()
    kept = layla.titles()
    vault.read(lambda tx: tx.execute("PRAGMA max_page_count = 1073741823").fetchone())
    layla.group.post(Need(title="after there was room again", created=0))
    assert layla.titles() == kept | {"after there was room again"}
    layla.sync()
    assert layla.group.unsent() == 0


@pytest.mark.own_relay
def test_a_relay_that_lost_its_disk_gets_everything_of_the_epoch_again(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Kept by its author", created=0))
    layla.sync()
    relay = neighbourhood.relay
    relay.stop()
    for file in relay.folder.iterdir():
        if file.name.startswith("relay.db") or file.suffix in (".db", ".sqlite3") or "-wal" in file.name:
            file.unlink()
    relay.start()
    layla.sync()
    sami.sync()
    layla.group.post(Need(title="And what comes after", created=0))
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Kept by its author", "And what comes after"}
