"""What the relay learns: nothing that members wrote, are called, or are to each other."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Line, Need
from taboon_client.group.epoch import mailbox_keys
from taboon_client.vault import groups as rows
from tests.scenarios.reading import every_blob, every_byte

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from taboon_client.vault.groups import MailboxRow
    from tests.scenarios.conftest import Neighbourhood, Person

pytestmark = pytest.mark.own_relay

CANARIES = ["CANARY-LAYLA", "CANARY-SAMI", "CANARY-HARBOUR", "CANARY-WATER", "CANARY-AREA", "CANARY-WORDS"]


def _scenario(neighbourhood: Neighbourhood) -> tuple[Person, Person]:
    layla = neighbourhood.founder("CANARY-LAYLA", "CANARY-HARBOUR")
    sami = neighbourhood.let_in(layla, "CANARY-SAMI")
    need = layla.group.post(
        Need(title="CANARY-WATER", area="CANARY-AREA", lines=(Line(quantity=3, unit="L"),), created=0)
    )
    layla.sync()
    sami.sync()
    sami.group.pledge(need)
    sami.group.comment(need, "CANARY-WORDS")
    sami.sync()
    layla.sync()
    layla.group.rotate()
    sami.sync()
    return layla, sami


def _mailbox(person: Person) -> MailboxRow:
    grp = person.group._group.row_id
    row = person.taboon._taboon._desk.keeper.read(lambda tx: rows.get_mailbox(tx, grp))
    assert row is not None
    return row


def test_nothing_that_members_wrote_or_are_called_reaches_the_relays_disk(neighbourhood: Neighbourhood) -> None:
    layla, sami = _scenario(neighbourhood)
    disk = every_byte(neighbourhood.relay.folder)
    desk = layla.taboon._taboon._desk
    grp = layla.group._group.row_id
    group = desk.keeper.read(lambda tx: desk.keeper.load(tx, grp))
    secrets = [canary.encode() for canary in CANARIES] + [group.group_id]
    for member in group.members():
        secrets += [member.signature_key, member.encryption_key]
    for secret in secrets:
        assert secret not in disk
    assert b"127.0.0.1" not in disk
    assert b"python" not in disk.lower()
    assert sami.group.item("CANARY-WATER").comment_count == 1


def test_blobs_are_uniform_bytes_of_a_size_class(neighbourhood: Neighbourhood) -> None:
    _scenario(neighbourhood)
    blobs = list(every_blob(neighbourhood.relay.folder))
    assert len(blobs) > 5
    assert {len(blob) for blob in blobs} <= {2048, 16384, 65536, 262144}
    counts = Counter(b"".join(blobs))
    total = sum(counts.values())
    expected = total / 256
    chi_squared = sum((counts[byte] - expected) ** 2 / expected for byte in range(256))
    # 255 degrees of freedom: mean 255, deviation 22.6. Twenty deviations away is structure, not luck.
    assert chi_squared < 255 + 20 * math.sqrt(2 * 255)


def test_members_of_one_epoch_are_one_to_the_relay(neighbourhood: Neighbourhood) -> None:
    layla, sami = _scenario(neighbourhood)
    assert mailbox_keys(_mailbox(layla)) == mailbox_keys(_mailbox(sami))


def test_every_epoch_lives_in_a_mailbox_of_its_own_and_blobs_in_none_of_them_name_it(
    neighbourhood: Neighbourhood,
) -> None:
    layla, _ = _scenario(neighbourhood)
    first = _mailbox(layla)
    layla.group.rotate()
    second = _mailbox(layla)
    assert mailbox_keys(first).mailbox_id != mailbox_keys(second).mailbox_id
    assert first.blob_key != second.blob_key


def test_the_keys_of_an_epoch_that_ended_are_gone_from_the_vault(neighbourhood: Neighbourhood) -> None:
    layla, _ = _scenario(neighbourhood)
    first = _mailbox(layla)
    desk = layla.taboon._taboon._desk
    grp = layla.group._group.row_id
    old = desk.keeper.read(lambda tx: rows.mls_parts(tx, grp))
    layla.group.rotate()

    def everything(tx: Connection) -> list[bytes]:
        tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = [value for table in tables for row in tx.execute(f"SELECT * FROM {table}") for value in row]
        return [value for value in values if isinstance(value, bytes)]

    held = desk.keeper.read(everything)
    assert not any(first.blob_key in value for value in held)
    assert old["epoch"] not in held
    # What finds that epoch's mailbox again stays with its commit, for a relay that loses its disk, and opens nothing.
    assert held.count(first.mailbox_secret) == 1
