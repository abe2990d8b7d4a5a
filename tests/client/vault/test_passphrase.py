from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import (
    DiskFullError,
    VaultBusyError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from taboon_crypto import slots
from tests.client.vault.places import count, count_up
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from tests.client.vault.places import Place

NEW = "violet marble canyon pepper whisker"


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
