from __future__ import annotations

import errno
import os
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import (
    FolderNotPrivateError,
    VaultDamagedError,
    VaultDiskError,
)
from taboon_client.vault import Vault, database
from taboon_crypto.primitives.hkdf import expand
from tests.client.vault.places import rewrite
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from typing import IO

    from taboon_crypto.primitives.secret import Secret
    from tests.client.vault.places import Place

NEW = "violet marble canyon pepper whisker"

posix = pytest.mark.skipif(os.name != "posix", reason="modes and limits are those of POSIX")


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
