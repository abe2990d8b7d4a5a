from __future__ import annotations

import errno
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import (
    DiskFullError,
    FolderNotPrivateError,
    VaultBusyError,
    VaultDamagedError,
    VaultDiskError,
    VaultExistsError,
    VaultMemoryError,
    VaultMissingError,
    VaultNewerError,
    VaultUsageError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from taboon_client.vault import Vault, connection, database, default_folder, folder
from taboon_crypto import slots
from taboon_crypto.primitives.hkdf import expand
from tests.client.vault.places import count, count_up
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from typing import IO

    from taboon_crypto.primitives.secret import Secret
    from tests.client.vault.places import Place

NEW = "violet marble canyon pepper whisker"

posix = pytest.mark.skipif(os.name != "posix", reason="modes and limits are those of POSIX")


def rewrite(path: Path, at: int, change: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= change
    path.write_bytes(data)


# Creating and opening


def test_what_was_written_is_there_after_closing_and_opening(place: Place) -> None:
    with place.create() as vault:
        assert vault.write(count_up) == 1
    with place.open() as vault:
        assert count(vault) == 1


def test_a_vault_has_two_files_when_nobody_uses_it(place: Place) -> None:
    place.create().close()
    assert place.names() == {"vault.db", "vault.slots"}


def test_the_schema_that_taboon_ships_makes_a_vault(tmp_path: Path, fast_kdf: object) -> None:
    Vault.create(tmp_path / "home", PASSPHRASE).close()
    with Vault.open(tmp_path / "home", PASSPHRASE) as vault:
        assert vault.read(lambda tx: tx.execute("PRAGMA user_version").fetchone()[0]) >= 1


def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(place: Place) -> None:
    place.create().close()
    before = (place.folder / "vault.slots").read_bytes()
    for wrong in (NEW, PASSPHRASE + " tail", ""):
        with pytest.raises(WrongPassphraseError) as caught:
            place.open(wrong)
        assert not wrong or wrong not in "".join(traceback.format_exception(caught.value))
    assert (place.folder / "vault.slots").read_bytes() == before


def test_a_weak_passphrase_leaves_nothing_behind(place: Place) -> None:
    with pytest.raises(WeakPassphraseError, match="let Taboon make one"):
        Vault.create(place.folder, "123456", schema=place.schema)
    assert not place.folder.exists()


def test_a_cost_below_the_floor_is_refused_where_no_test_has_lowered_it(tmp_path: Path) -> None:
    with pytest.raises(VaultDamagedError):
        Vault.create(tmp_path / "home", PASSPHRASE, cost=slots.Cost(8, 1))
    assert not (tmp_path / "home").exists()


def test_a_vault_made_at_the_cost_of_the_tests_does_not_open_in_a_program(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.create().close()
    monkeypatch.undo()
    with pytest.raises(VaultDamagedError, match="too cheap"):
        place.open()


def test_there_is_no_second_vault_in_a_folder(place: Place) -> None:
    with place.create() as vault:
        vault.write(count_up)
        with pytest.raises(VaultExistsError):
            place.create()
    with place.open() as vault:
        assert count(vault) == 1


def test_of_two_that_create_at_once_one_wins_and_its_vault_is_whole(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = slots.create

    def overtaken(*arguments: object) -> tuple[bytes, Secret]:
        monkeypatch.undo()
        monkeypatch.setattr(slots, "_limits", slots._Limits(8, 1, 8, 1024 * 1024, 10))
        monkeypatch.setattr(slots, "DEFAULT_COST", slots.Cost(8, 1))
        place.create().close()
        return real(PASSPHRASE, slots.DEFAULT_COST, os.urandom)

    monkeypatch.setattr(slots, "create", overtaken)
    with pytest.raises((VaultExistsError, VaultDamagedError)):
        place.create()
    with place.open() as vault:
        assert count(vault) == 0


def test_a_folder_without_a_vault_says_how_to_make_one(place: Place) -> None:
    with pytest.raises(VaultMissingError, match="taboon init"):
        place.open()
    place.folder.mkdir()
    with pytest.raises(VaultMissingError):
        place.open()


def test_a_file_where_the_folder_should_be_is_said_plainly(place: Place) -> None:
    place.folder.write_text("a file")
    with pytest.raises(VaultMissingError):
        place.open()
    with pytest.raises(VaultDiskError):
        place.create()


def test_a_creation_that_fails_leaves_no_half_of_a_vault(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    real = folder.create_file

    def full(path: Path, data: bytes) -> None:
        if path.name == "vault.slots":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data)

    monkeypatch.setattr(database, "create_file", full)
    with pytest.raises(DiskFullError):
        place.create()
    assert place.names() == set()
    monkeypatch.setattr(database, "create_file", real)
    place.create().close()


# Files that are missing or changed


def test_a_database_without_its_slot_file_is_not_overwritten(place: Place) -> None:
    place.create().close()
    before = (place.folder / "vault.db").read_bytes()
    (place.folder / "vault.slots").unlink()
    with pytest.raises(VaultDamagedError, match=r"vault\.slots"):
        place.create()
    with pytest.raises(VaultMissingError):
        place.open()
    assert (place.folder / "vault.db").read_bytes() == before


def test_a_slot_file_without_its_database_makes_no_new_one(place: Place) -> None:
    place.create().close()
    (place.folder / "vault.db").unlink()
    with pytest.raises(VaultDamagedError):
        place.open()
    assert place.names() == {"vault.slots"}


def test_an_emptied_database_is_not_taken_for_a_new_one(place: Place) -> None:
    place.create().close()
    (place.folder / "vault.db").write_bytes(b"")
    with pytest.raises(VaultDamagedError):
        place.open()


def test_a_flipped_bit_in_the_slot_file_is_named_as_damage(place: Place) -> None:
    place.create().close()
    path = place.folder / "vault.slots"
    for at in range(0, path.stat().st_size, 61):
        rewrite(path, at, 4)
        with pytest.raises((VaultDamagedError, VaultNewerError)):
            place.open()
        rewrite(path, at, 4)
    place.open().close()


def test_a_flipped_bit_in_any_page_is_named_as_damage(place: Place) -> None:
    place.create().close()
    path = place.folder / "vault.db"
    for at in range(100, path.stat().st_size, 4_096):
        rewrite(path, at, 4)
        with pytest.raises(VaultDamagedError), place.open() as vault:
            count(vault)
        rewrite(path, at, 4)
    place.open().close()


def test_a_database_of_another_vault_does_not_open(place: Place, tmp_path: Path) -> None:
    place.create().close()
    Vault.create(tmp_path / "other", PASSPHRASE, schema=place.schema).close()
    (tmp_path / "other" / "vault.db").replace(place.folder / "vault.db")
    with pytest.raises(VaultDamagedError):
        place.open()


def test_slots_of_a_newer_format_are_refused_politely(place: Place) -> None:
    place.create().close()
    rewrite(place.folder / "vault.slots", 16, 1)
    with pytest.raises(VaultNewerError, match="update Taboon"):
        place.open()


def test_a_damaged_vault_prints_nothing_and_writes_nothing_where_the_user_stands(place: Place) -> None:
    place.create().close()
    rewrite(place.folder / "vault.db", 100, 1)
    here = place.root / "here"
    here.mkdir()
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from taboon_client.errors import VaultDamagedError\n"
        "from taboon_client.vault.connection import connect\n"
        "try:\n    connect(Path(sys.argv[1]), bytes(32))\nexcept VaultDamagedError:\n    sys.exit(7)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(place.folder / "vault.db")], cwd=here, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, b"", b"")
    assert list(here.iterdir()) == []


# What lies on the disk


def test_no_file_holds_what_was_written(place: Place) -> None:
    with place.create() as vault:
        vault.write(lambda tx: tx.execute("CREATE TABLE canary (diagnosis TEXT)"))
        vault.write(lambda tx: tx.execute("INSERT INTO canary VALUES (?)", ("insulin for Salma " * 500,)))
        while_open = {path.name: path.read_bytes() for path in place.folder.iterdir()}
    files = [*while_open.values(), *(path.read_bytes() for path in place.folder.iterdir())]
    assert {"vault.db", "vault.db-wal", "vault.slots"} <= set(while_open)
    for data in files:
        for plain in (b"insulin", b"Salma", b"canary", b"diagnosis", b"SQLite format", b"CREATE TABLE", b"copper"):
            assert plain not in data


@posix
def test_nobody_else_can_look_into_any_file_at_any_time(place: Place) -> None:
    place.step(2, "CREATE TABLE later (id INTEGER);")
    seen: dict[str, int] = {}

    def look() -> None:
        for path in (place.folder, *place.folder.glob("*")):
            seen[path.name] = seen.get(path.name, 0) | path.stat().st_mode & 0o777

    former = os.umask(0)
    try:
        with place.create() as vault:
            vault.write(lambda _: look())
            look()
            vault.change_passphrase(PASSPHRASE, NEW)
            look()
        look()
        place.step(3, "CREATE TABLE last (id INTEGER);")
        with place.open(NEW):
            look()
        look()
    finally:
        os.umask(former)
    assert {"vault.db", "vault.db-wal", "vault.db-shm", "vault.slots", "vault.db.before-003"} <= set(seen)
    assert seen.pop("home") == 0o700
    assert set(seen.values()) == {0o600}


@posix
def test_a_file_is_private_before_anything_is_in_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    real = os.fdopen

    def watch(descriptor: int, mode: str) -> IO[bytes]:
        status = os.fstat(descriptor)
        seen.append((status.st_mode & 0o777, status.st_size))
        return real(descriptor, mode)

    monkeypatch.setattr(os, "fdopen", watch)
    former = os.umask(0)
    try:
        place.create().close()
    finally:
        os.umask(former)
    assert seen == [(0o600, 0), (0o600, 0)]


@posix
def test_folders_above_are_made_private_too(place: Place) -> None:
    former = os.umask(0)
    try:
        Vault.create(place.root / "a" / "b", PASSPHRASE, schema=place.schema).close()
    finally:
        os.umask(former)
    assert (place.root / "a").stat().st_mode & 0o777 == 0o700


@posix
def test_an_open_folder_is_made_private_if_it_is_empty_and_refused_if_it_is_not(place: Place) -> None:
    place.folder.mkdir()
    place.folder.chmod(0o755)
    (place.folder / "letter").write_text("the user's own")
    with pytest.raises(FolderNotPrivateError, match="TABOON_HOME"):
        place.create()
    assert place.names() == {"letter"}
    (place.folder / "letter").unlink()
    place.create().close()
    assert place.folder.stat().st_mode & 0o777 == 0o700


@posix
def test_a_copy_that_came_back_open_to_others_is_made_private(place: Place) -> None:
    place.create().close()
    place.folder.chmod(0o755)
    for path in place.folder.iterdir():
        path.chmod(0o644)
    place.open().close()
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.folder.iterdir()} == {0o600}


@posix
def test_a_vault_on_a_disk_that_cannot_be_written_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(database, "prepare_folder", refuse)
    with pytest.raises(VaultDiskError, match="Permission denied"):
        place.create()


# The passphrase


def test_a_changed_passphrase_opens_the_same_vault_and_the_old_one_does_not(place: Place) -> None:
    with place.create() as vault:
        vault.write(count_up)
        vault.change_passphrase(PASSPHRASE, NEW)
        vault.write(count_up)
    with pytest.raises(WrongPassphraseError):
        place.open()
    with place.open(NEW) as vault:
        assert count(vault) == 2
    assert place.names() == {"vault.db", "vault.slots"}


def test_changing_the_passphrase_takes_the_old_one_and_a_good_new_one(place: Place) -> None:
    with place.create() as vault:
        with pytest.raises(WrongPassphraseError):
            vault.change_passphrase(NEW, NEW)
        with pytest.raises(WeakPassphraseError):
            vault.change_passphrase(PASSPHRASE, "123456")
    place.open().close()


def test_a_disk_that_is_full_while_the_passphrase_changes_leaves_the_old_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    vault = place.create()
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DiskFullError):
        vault.change_passphrase(PASSPHRASE, NEW)
    vault.close()
    assert place.names() == {"vault.db", "vault.slots"}
    place.open().close()


def test_of_two_processes_that_change_the_passphrase_one_is_told_to_try_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = slots.rewrap
    with place.create() as vault, place.open() as other:

        def overtaken(*arguments: object) -> bytes:
            monkeypatch.setattr(slots, "rewrap", real)
            other.change_passphrase(PASSPHRASE, NEW)
            return bytes(4_096)

        monkeypatch.setattr(slots, "rewrap", overtaken)
        with pytest.raises(VaultBusyError):
            vault.change_passphrase(PASSPHRASE, NEW + " again")
    place.open(NEW).close()


@posix
def test_the_bytes_of_the_old_slot_file_are_overwritten(place: Place) -> None:
    place.create().close()
    path = place.folder / "vault.slots"
    old = path.read_bytes()
    with path.open("rb") as former:
        with place.open() as vault:
            vault.change_passphrase(PASSPHRASE, NEW)
        overwritten = former.read()
    assert len(overwritten) == len(old)
    assert overwritten != old
    assert path.read_bytes() != overwritten


# The device and the program


@posix
def test_a_device_without_the_memory_is_told_so(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from taboon_client.errors import VaultMemoryError\n"
        "from taboon_client.vault import Vault\n"
        "resource.setrlimit(resource.RLIMIT_AS, (220 << 20, 220 << 20))\n"
        "try:\n    Vault.create(Path(sys.argv[1]), sys.argv[2])\n"
        "except VaultMemoryError:\n    sys.exit(7)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "home"), PASSPHRASE], capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (7, b"")
    assert not (tmp_path / "home").exists()


def test_too_little_memory_at_opening_is_no_wrong_passphrase(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise MemoryError

    place.create().close()
    monkeypatch.setattr(slots, "argon2id", refuse)
    with pytest.raises(VaultMemoryError):
        place.open()


def test_a_sqlite_that_can_lose_a_transaction_is_refused() -> None:
    connection.check_sqlite((3, 51, 3))
    with pytest.raises(VaultUsageError, match=r"3\.51\.3"):
        connection.check_sqlite((3, 51, 2))
    connection.check_sqlite()


def test_opening_loads_neither_http_nor_the_relay() -> None:
    script = (
        "import sys, taboon_client.vault\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv[1:])))\n"
    )
    unwanted = ["httpx", "ssl", "asyncio", "taboon_server", "pydantic", "sqlalchemy", "platformdirs", "typer", "rich"]
    ran = subprocess.run([sys.executable, "-c", script, *unwanted], capture_output=True, check=True, text=True)
    assert ran.stdout.strip() == ""


def test_the_folder_is_the_one_that_the_user_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TABOON_HOME", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    monkeypatch.setenv("TABOON_HOME", "relative")
    assert default_folder().is_absolute()
    monkeypatch.delenv("TABOON_HOME")
    assert default_folder().name == "taboon"


def test_repr_and_errors_show_no_key(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    def noted(hash_name: str, key: bytes, info: bytes, length: int) -> Secret:
        made = expand(hash_name, key, info, length)
        keys.append(made.hex())
        return made

    monkeypatch.setattr(database, "expand", noted)
    with place.create() as vault:
        shown = repr(vault)
    rewrite(place.folder / "vault.db", 100, 1)
    with pytest.raises(VaultDamagedError) as caught:
        place.open()
    shown += "".join(traceback.format_exception(caught.value))
    assert keys
    assert all(key not in shown and key.upper() not in shown for key in keys)
