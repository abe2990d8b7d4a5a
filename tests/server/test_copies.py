"""Backing a relay up while it serves, restoring it, and beginning anew beside a damaged database."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from taboon_server.store import Store
from taboon_server.tables import ENDED, MAILBOXES
from taboon_server.wire import first_head
from tests.relay_process import RelayProcess
from tests.server.caller import Caller, blob
from tests.server.signing import Keys

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "taboon_server", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_backup_made_while_the_relay_serves_restores_all_that_was_acknowledged_before(tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir(mode=0o700)
    acknowledged: list[bytes] = []
    stop, enough = threading.Event(), threading.Event()
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()

        def append_on() -> None:
            while not stop.is_set():
                content = blob()
                caller.appended(keys, content)
                acknowledged.append(content)
                if len(acknowledged) > 100:
                    enough.set()

        appending = threading.Thread(target=append_on)
        appending.start()
        assert enough.wait(60)
        before = len(acknowledged)
        answer = run("copy", f"sqlite:///{relay.folder}/relay.db", f"sqlite:///{backup}/relay.db")
        stop.set()
        appending.join()
        assert answer.returncode == 0, answer.stderr
        shutil.copy(relay.folder / "relay-key.pem", backup)
        relay.kill()
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in backup.iterdir()} == {0o600}
    with RelayProcess(backup) as restored, Caller(restored) as caller:
        assert restored.relay_id == relay.relay_id
        kept = caller.all_blobs(keys)
        assert len(kept) >= before
        assert kept == acknowledged[: len(kept)]
        # What came after the backup comes from the members again, in whatever order, and stands once.
        for content in acknowledged[-3:]:
            caller.appended(keys, content)
        assert caller.appended(keys, acknowledged[0]).number == 1


def test_a_second_backup_copies_what_is_new(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/home/relay.db", f"sqlite:///{tmp_path}/backup.db"]
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        for mailboxes in (1, 2):
            caller.appended(keys, blob())
            caller.appended(keys, blob())
            assert run("copy", *urls).stdout == f"Copied 2 blobs; the copy has all {mailboxes} mailboxes.\n"
            keys = caller.new_mailbox()


def test_there_must_be_something_to_copy(tmp_path: Path) -> None:
    answer = run("copy", f"sqlite:///{tmp_path}/away.db", f"sqlite:///{tmp_path}/backup.db")
    assert answer.returncode == 5
    assert "away.db" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_of_this_relay_is_not_copied_over(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    keys = Keys()
    for folder in folders:
        with RelayProcess(folder) as relay, Caller(relay) as caller:
            assert caller.create(keys).status_code == 204
            for _ in range(2):
                caller.appended(keys, blob())
    one, other = (f"sqlite:///{folder}/relay.db" for folder in folders)
    with RelayProcess(folders[0]) as relay, Caller(relay) as caller:
        caller.appended(keys, blob())
    answer = run("copy", one, other)
    assert answer.returncode == 5
    assert "does not fit" in answer.stderr
    with RelayProcess(folders[1]) as relay, Caller(relay) as caller:
        assert len(caller.all_blobs(keys)) == 2


def test_a_relay_begins_anew_beside_a_damaged_database_only_when_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with RelayProcess(home) as relay, Caller(relay) as caller:
        lost = caller.new_mailbox()
    damaged = os.urandom(50_000)
    (home / "relay.db").write_bytes(damaged)
    answer = run("--folder", home, "--port", 0)
    assert answer.returncode == 5
    assert "--fresh" in answer.stderr
    assert (home / "relay.db").read_bytes() == damaged
    with RelayProcess(home, extra_args=["--fresh"]) as anew, Caller(anew) as caller:
        assert anew.relay_id == relay.relay_id
        assert caller.read(lost).status_code == 404
        caller.appended(caller.new_mailbox(), blob())
        assert "The old database is at " in anew.output
    (aside,) = (path for path in home.iterdir() if path.name not in {"relay.db", "relay-key.pem"})
    assert aside.read_bytes() == damaged


@pytest.mark.parametrize(
    "arguments", [("copy",), ("copy", "nonsense", "sqlite:///x"), ("copy", "sqlite://", "sqlite://")]
)
def test_a_copy_that_makes_no_sense_is_told(arguments: tuple[str, ...]) -> None:
    answer = run(*arguments)
    assert answer.returncode in {2, 5}
    assert "Traceback" not in answer.stderr


def test_what_has_expired_in_the_relay_leaves_its_backup_with_the_next_copy(tmp_path: Path) -> None:
    home, backup = Store(tmp_path / "relay.db"), tmp_path / "backup.db"
    names = {}
    with contextlib.closing(home), home.writing.begin() as connection:
        for name, kept_until in ("young", 30), ("old", 20), ("ended", 25):
            names[name] = mailbox = os.urandom(32)
            row = {"id": mailbox, "head_number": 0, "head_hash": first_head(mailbox), "sealed": False, "bytes_used": 0}
            connection.execute(insert(MAILBOXES), row | {"retention": 2, "kept_until": kept_until})
    urls = [f"sqlite:///{path}" for path in (home.path, backup)]
    assert run("copy", *urls).returncode == 0
    assert all(name in backup.read_bytes() for name in names.values())
    with contextlib.closing(Store(home.path)) as home, contextlib.closing(Store(backup)) as copied:
        home.purge(21)
        home.note_run(21)
        with copied.writing.begin() as connection:  # half of it is deleted already: it must not come back
            here = MAILBOXES.c.id == names["ended"]
            connection.execute(update(MAILBOXES).where(here).values(kept_until=ENDED, head_number=7))
    assert run("copy", *urls).stdout == "Copied 0 blobs; the copy has all 2 mailboxes.\n"
    assert names["old"] not in backup.read_bytes()
    with contextlib.closing(Store(backup)) as copied:
        assert copied.totals().mailboxes == 2


def test_a_copy_that_does_not_come_through_is_told_without_what_it_holds(tmp_path: Path) -> None:
    with RelayProcess(tmp_path / "home") as relay, Caller(relay) as caller:
        keys = caller.new_mailbox()
        caller.appended(keys, blob())
    with contextlib.closing(Store(tmp_path / "backup.db")) as copied, copied.writing.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no BEFORE INSERT ON blob BEGIN SELECT RAISE(FAIL, 'canary'); END")
    answer = run("copy", f"sqlite:///{tmp_path}/home/relay.db", f"sqlite:///{tmp_path}/backup.db")
    assert answer.returncode == 5
    assert re.fullmatch(r"The copy is not whole \(SQLITE_CONSTRAINT\)\. .*\n", answer.stderr)
