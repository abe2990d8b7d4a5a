"""A relay that shows two members two histories of their group, each signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Need
from taboon_client.errors import BadLinkError
from taboon_client.relay.client import RelayClient
from taboon_client.relay.signed import Signed
from tests.scenarios.hostile import swap_disk

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.relay.answers import Page
    from tests.scenarios.conftest import Neighbourhood


@pytest.mark.own_relay
def test_two_who_compare_have_the_relays_signature_on_both_histories(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.sync()
    sami.sync()
    before = layla.group.keys().epoch
    told = layla.group.compare(sami.group.seen())
    assert (told.parted, told.proofs, told.epoch, told.other_epoch) == (None, (), before, before)
    # From here on the relay shows each of them its own disk.
    swap_disk(neighbourhood.relay, tmp_path / "other-disk")
    assert layla.group.rotate().done
    swap_disk(neighbourhood.relay, tmp_path / "other-disk")
    assert sami.group.rotate().done
    assert layla.group.proofs() == ()
    text = sami.group.seen()
    for _ in range(2):
        told = layla.group.compare(text)
        assert told.parted == before + 1
        (proof,) = told.proofs
        assert proof.epoch == before
        ours, theirs = map(Signed.parse, proof.signed)
        assert ours.contradicts(theirs)
        assert ours.relay_id.hex() in {one.relay_id.hex() for one in (ours, theirs)} == {proof.relay_id.hex()}
    assert layla.group.proofs() == (proof,)
    layla.reopen()
    assert layla.group.proofs() == (proof,)
    assert len(sami.group.compare(layla.group.seen()).proofs) == 1


@pytest.mark.own_relay
def test_a_relay_that_goes_back_on_a_receipt_for_a_seal_has_proven_it(
    neighbourhood: Neighbourhood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.sync()
    sami.sync()
    swap_disk(neighbourhood.relay, tmp_path / "other-disk")
    assert sami.group.rotate().done
    swap_disk(neighbourhood.relay, tmp_path / "other-disk")
    real, swapped = RelayClient.append, list[Any]()

    async def append(self: RelayClient, keys: Any, blob: bytes, **how: Any) -> Any:
        receipt = await real(self, keys, blob, **how)
        if how.get("seal") and not swapped:
            # The receipt is given; what everyone is shown is the other disk.
            swapped.append(receipt)
            swap_disk(neighbourhood.relay, tmp_path / "other-disk")
        return receipt

    monkeypatch.setattr(RelayClient, "append", append)
    layla.group.rotate()
    layla.sync()
    sami.sync()
    assert layla.group.epoch_code() == sami.group.epoch_code()
    (proof,) = layla.group.proofs()
    assert Signed.parse(proof.signed[0]).sealed
    assert Signed.parse(proof.signed[1]).sealed


def test_who_is_behind_is_in_one_history(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.sync()
    assert layla.group.rotate().done
    layla.group.post(Need(title="Insulin", created=0))
    layla.sync()
    told = layla.group.compare(sami.group.seen())
    assert (told.comparable, told.parted, told.proofs) == (True, None, ())
    assert told.epoch == told.other_epoch + 1
    told = sami.group.compare(layla.group.seen())
    assert told.epoch + 1 == told.other_epoch


def test_what_is_no_such_text_or_of_another_group_is_refused(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    other = neighbourhood.founder("Noor", "Hill")
    text = layla.group.seen()
    for wrong in (
        "",
        "x",
        "taboon:seen:",
        "taboon:seen:ä",
        "taboon:seen:AAAA",
        text[:-4],
        other.group.seen(),
        "y" * 99_999,
    ):
        with pytest.raises(BadLinkError):
            layla.group.compare(wrong)


def test_the_text_for_others_tells_a_stranger_nothing(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    real, mailboxes = RelayClient.read, set[bytes]()

    async def read(self: RelayClient, keys: Any, cursor: Any, **how: Any) -> Page:
        mailboxes.add(keys.mailbox_id)
        return await real(self, keys, cursor, **how)

    monkeypatch.setattr(RelayClient, "read", read)
    layla.sync()
    first, second = layla.group.seen(), layla.group.seen()
    assert mailboxes
    assert len(first) == len(second) < 2_900
    # Not one run of it comes twice: the mailboxes in it cannot be found by comparing with what a relay has.
    body = first.removeprefix("taboon:seen:")
    assert not any(body[at : at + 12] in second for at in range(0, len(body) - 12, 12))
