from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

import pytest
from sqlcipher3 import dbapi2

from taboon_client.errors import DiskFullError, VaultDamagedError, VaultNewerError
from taboon_client.vault import migrate
from tests.client.vault.places import FIRST, SECOND, count, count_up

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.vault import Connection, Vault
    from tests.client.vault.places import Place

COPY = "vault.db.before-002"


def version(vault: Vault) -> int:
    return int(vault.read(lambda tx: tx.execute("PRAGMA user_version").fetchone()[0]))


def tables(vault: Vault) -> set[str]:
    return {row[0] for row in vault.read(lambda tx: tx.execute("SELECT name FROM sqlite_schema").fetchall())}


@pytest.fixture
def older(place: Place) -> Place:
    """A place whose vault is of version 1, counted up once, and whose schema is of version 2."""
    with place.create() as vault:
        vault.write(count_up)
    place.step(2, SECOND)
    return place


def test_a_new_vault_is_of_the_newest_version_and_has_no_copy(place: Place) -> None:
    place.step(2, SECOND)
    with place.create() as vault:
        assert version(vault) == 2
        assert tables(vault) == {"counter", "note"}
    assert COPY not in place.names()


def test_an_older_vault_is_brought_up_with_all_it_holds(older: Place) -> None:
    with older.open() as vault:
        assert version(vault) == 2
        assert tables(vault) == {"counter", "note"}
        assert count(vault) == 1


def test_the_copy_from_before_opens_with_the_older_schema(older: Place) -> None:
    older.open().close()
    shutil.copy(older.folder / COPY, older.folder / "vault.db")
    (older.schema / "002.sql").unlink()
    with older.open() as vault:
        assert version(vault) == 1
        assert count(vault) == 1


def test_the_copy_goes_at_the_next_opening(older: Place) -> None:
    older.open().close()
    assert COPY in older.names()
    older.open().close()
    assert older.names() == {"vault.db", "vault.slots"}


def test_the_copy_holds_nothing_readable(older: Place) -> None:
    older.open().close()
    data = (older.folder / COPY).read_bytes()
    assert len(data) >= 4_096
    assert b"SQLite" not in data
    assert b"counter" not in data


def test_nothing_runs_where_the_version_is_right(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.create().close()
    monkeypatch.setattr(migrate, "statements", lambda _: pytest.fail("a migration ran"))
    place.open().close()


def test_a_vault_from_a_newer_version_is_refused_politely_and_left_alone(older: Place) -> None:
    older.open().close()
    older.open().close()
    (older.schema / "002.sql").unlink()
    before = (older.folder / "vault.db").read_bytes()
    with pytest.raises(VaultNewerError, match="update Taboon"):
        older.open()
    assert (older.folder / "vault.db").read_bytes() == before
    older.step(2, SECOND)
    with older.open() as vault:
        assert count(vault) == 1


def test_a_migration_that_fails_changes_nothing(older: Place) -> None:
    older.step(2, SECOND + "INSERT INTO counter VALUES (1, 0, 'twice');")
    with pytest.raises(dbapi2.IntegrityError):
        older.open()
    older.step(2, SECOND)
    with older.open() as vault:
        assert version(vault) == 2
        assert count(vault) == 1


def test_without_room_for_the_copy_nothing_is_migrated(older: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(migrate, "create_file", full)
    with pytest.raises(DiskFullError):
        older.open()
    (older.schema / "002.sql").unlink()
    with older.open() as vault:
        assert version(vault) == 1


def test_a_process_killed_in_a_migration_leaves_the_older_vault(older: Place) -> None:
    with older.start("migrate") as worker:
        assert worker.hear() == "migrating"
        worker.kill()
    second = (older.schema / "002.sql").read_text("utf-8")
    (older.schema / "002.sql").unlink()
    with older.open() as vault:
        assert version(vault) == 1
        assert tables(vault) == {"counter"}
        assert count(vault) == 1
    older.step(2, second)
    with older.open() as vault:
        assert version(vault) == 2


def test_of_two_processes_that_open_an_older_vault_one_migrates_and_both_go_on(older: Place) -> None:
    with older.start("migrate") as first:
        assert first.hear() == "migrating"
        with older.start("count") as second:
            first.go_on()
            assert first.hear() == "migrated"
            assert second.hear() == "ready"
            second.go_on()
            assert second.hear()
            assert [first.wait(), second.wait()] == [0, 0]
    with older.open() as vault:
        assert version(vault) == 2
        assert count(vault) == 201


def test_a_process_that_was_overtaken_finds_the_migration_done(older: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def overtaken(connection: Connection, newest: int, *, new: bool) -> int:
        found = look(connection, newest, new=new)
        if not asked:
            asked.append(found)
            older.open().close()
        return found

    look = migrate._checked_version
    monkeypatch.setattr(migrate, "_checked_version", overtaken)
    with older.open() as vault:
        assert asked == [1]
        assert version(vault) == 2
        assert count(vault) == 1


def test_a_vault_several_versions_behind_takes_every_step(place: Place) -> None:
    place.create().close()
    place.step(2, SECOND)
    place.step(3, "INSERT INTO note VALUES ('three');")
    place.step(4, "UPDATE note SET text = text || ' four';")
    with place.open() as vault:
        assert version(vault) == 4
        assert vault.read(lambda tx: tx.execute("SELECT text FROM note").fetchone()[0]) == "three four"


# The schema files


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (FIRST, 2),
        ("", 0),
        ("-- only a word; and another\n", 0),
        ("CREATE TABLE a (b TEXT DEFAULT 'x;y'); -- a; comment\nCREATE TABLE c (d);", 2),
        ("/* a; b */ CREATE TABLE a (b);", 1),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END;\nSELECT 1;", 2),
        ('CREATE TABLE "a;b" (c);', 1),
    ],
)
def test_a_script_is_cut_where_its_statements_end(script: str, expected: int) -> None:
    assert len(list(migrate.statements(script))) == expected


@pytest.mark.parametrize("script", ["CREATE TABLE a (b)", "SELECT 1; SELECT 'x;", "CREATE TRIGGER t BEGIN SELECT 1;"])
def test_a_script_that_ends_in_the_middle_is_our_own_fault(script: str) -> None:
    with pytest.raises(RuntimeError, match="middle of a statement"):
        list(migrate.statements(script))


def test_a_schema_with_a_gap_is_our_own_fault(place: Place) -> None:
    place.step(3, SECOND)
    with pytest.raises(RuntimeError, match="install Taboon again"):
        place.create()
    assert place.names() == set()


def test_a_vault_without_any_version_is_damaged(place: Place) -> None:
    with place.create() as vault:
        vault.write(lambda tx: tx.execute("PRAGMA user_version = 0"))
    with pytest.raises(VaultDamagedError):
        place.open()
