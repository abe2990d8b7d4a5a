"""What a removed member is left with, and what a newcomer is not given."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from taboon_client.blocking import Taboon
from taboon_client.board import Need
from taboon_client.group.epoch import mailbox_keys
from taboon_client.vault import groups as rows
from taboon_crypto import mls
from taboon_crypto.blob import open_blob
from taboon_crypto.errors import CryptoError
from tests.scenarios.reading import every_blob
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scenarios.conftest import Neighbourhood


@pytest.mark.own_relay
def test_a_removed_members_whole_vault_and_the_relays_disk_open_nothing_after(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Before", created=0))
    layla.sync()
    sami.sync()
    sami.taboon.close()
    shutil.copytree(sami.folder, tmp_path / "all that Sami ever had")
    assert layla.group.remove("Sami").done
    before = set(every_blob(neighbourhood.relay.folder))
    for number in range(10):
        layla.group.post(Need(title=f"After {number}", created=0))
    layla.group.rotate()
    layla.group.post(Need(title="Long after", created=0))
    layla.sync()
    after = [blob for blob in every_blob(neighbourhood.relay.folder) if blob not in before]
    assert len(after) >= 2
    with Taboon.open(PASSPHRASE, tmp_path / "all that Sami ever had") as taboon:
        desk = taboon._taboon._desk
        grp = taboon.groups()[0]._group.row_id
        mailbox = desk.keeper.read(lambda tx: rows.get_mailbox(tx, grp))
        assert mailbox is not None
        group = mls.Group.load(desk.keeper.read(lambda tx: rows.mls_parts(tx, grp)))
        for blob in after:
            with pytest.raises(CryptoError):
                open_blob(mailbox.blob_key, blob)
        layla_mailbox = layla.taboon._taboon._desk.keeper.read(lambda tx: rows.get_mailbox(tx, 1))
        assert layla_mailbox is not None
        # Nor can the next mailbox be found: its keys come from an epoch that Sami's state never reaches.
        assert mailbox_keys(layla_mailbox).mailbox_id != mailbox_keys(mailbox).mailbox_id
        for blob in after:
            inner = open_blob(layla_mailbox.blob_key, blob) if _opens(layla_mailbox.blob_key, blob) else None
            if inner is not None:
                with pytest.raises(mls.MlsError):
                    group.receive(inner[1:])
    sami.reopen()


def _opens(key: bytes, blob: bytes) -> bool:
    try:
        open_blob(key, blob)
    except CryptoError:
        return False
    return True


def test_what_a_removed_member_posted_too_late_does_not_count(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sami.group.post(Need(title="In time", created=0))
    for person in (sami, layla, noor):
        person.sync()
    sami.group.post(Need(title="Too late", created=0))
    assert layla.group.remove("Sami").done
    for person in (sami, noor, layla):
        person.taboon.sync(wait=30)
    assert layla.titles() == noor.titles() == {"In time"}
    assert sami.group.status().state == "removed"


def test_a_removed_member_can_be_let_in_again_with_a_new_invite(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.remove("Sami").done
    sami.sync()
    again = neighbourhood.let_in(layla, "Sami again")
    layla.group.post(Need(title="Welcome back", created=0))
    layla.sync()
    again.sync()
    assert again.titles() == {"Welcome back"}


def test_a_newcomer_is_not_given_what_was_closed_before(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    closed = layla.group.post(Need(title="Closed", created=0))
    layla.group.withdraw(closed)
    layla.group.post(Need(title="Open", created=0))
    layla.sync()
    sami = neighbourhood.let_in(layla, "Sami")
    assert sami.titles() == {"Open"}
    assert sami.group.status().missing == 0


def test_a_member_who_was_away_follows_every_commit_in_order(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="Written in the dark", created=0))
    for _ in range(5):
        assert layla.group.rotate().done
    noor = neighbourhood.let_in(layla, "Noor")
    sami.sync()
    for person in (layla, noor):
        person.sync()
    assert layla.titles() == noor.titles() == {"Written in the dark"}
    assert sami.group.status().epoch == layla.group.status().epoch
