from __future__ import annotations

import errno
import os
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import (
    DiskFullError,
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
from tests.client.vault.places import count, count_up, rewrite
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_crypto.primitives.secret import Secret
    from tests.client.vault.places import Place

NEW = "violet marble canyon pepper whisker"

posix = pytest.mark.skipif(os.name != "posix", reason="modes and limits are those of POSIX")


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
