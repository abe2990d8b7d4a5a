"""The mailboxes of one epoch at two relays have nothing in common but, for members, the key of their blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import GroupStoppedError, NotAllowedError
from taboon_client.relay.address import RelayAddress
from taboon_client.session import popup as steps_there
from taboon_client.session import steps
from taboon_client.vault import groups, popups
from tests.client.ledger.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from taboon_client.session.steps import Position
    from taboon_crypto.slots import Cost

PLACE = RelayAddress("http://127.0.0.1:2", bytes([7]) * 32)


@pytest.fixture
def home(tmp_path: Path, fast_kdf: Cost) -> Home:
    return Home(tmp_path / "vault")


def use(home: Home, place: RelayAddress = PLACE) -> Position:
    relay_id = place.relay_id or b""
    home.write(lambda tx: steps_there.use(home.desk, tx, home.grp, place, relay_id))
    at = steps.position(home.desk, home.grp, popup=True)
    assert at is not None
    return at


def test_the_mailbox_of_an_epoch_at_a_popup_relay_shares_no_key_with_the_one_at_home(home: Home) -> None:
    there, here = use(home), steps.position(home.desk, home.grp)
    assert here is not None
    assert there.keys.mailbox_id != here.keys.mailbox_id
    assert there.keys.append_public != here.keys.append_public
    assert there.keys.read_public != here.keys.read_public
    assert there.relay == PLACE


def test_at_two_popup_relays_the_mailboxes_are_others(home: Home) -> None:
    first = use(home)
    second = use(home, RelayAddress("http://127.0.0.1:3", bytes([8]) * 32))
    assert first.keys.mailbox_id != second.keys.mailbox_id


def test_a_popup_relay_that_has_moved_keeps_its_mailbox(home: Home) -> None:
    first = use(home)
    home.write(lambda tx: popups.move(tx, home.grp, 5, bytes([1]) * 32))
    moved = use(home, RelayAddress("http://127.0.0.1:9", PLACE.relay_id))
    assert moved.keys.mailbox_id == first.keys.mailbox_id
    assert moved.cursor.number == 5
    assert moved.relay.port == 9


def test_a_group_that_does_not_go_on_here_uses_no_popup_relay(home: Home) -> None:
    home.write(lambda tx: groups.set_state(tx, home.grp, "frozen", "two copies"))
    with pytest.raises(GroupStoppedError, match="two copies"):
        use(home)


def test_home_is_no_popup_relay(home: Home) -> None:
    with pytest.raises(NotAllowedError):
        use(home, RelayAddress("http://127.0.0.1:4", bytes(32)))
    assert home.read(lambda tx: steps_there.in_use(tx, home.grp)) is None


def test_a_blob_that_both_relays_hold_is_kept_no_more(home: Home) -> None:
    use(home)

    def act(hold: bool, *, popup: bool) -> list[bytes]:
        def inner(tx: object) -> list[bytes]:
            if hold:
                popups.hold_blob(tx, home.grp, b"digest", b"blob", popup=popup)  # type: ignore[arg-type] # a transaction
            return popups.to_carry(tx, home.grp, 9, popup=not popup)  # type: ignore[arg-type] # a transaction

        return home.write(inner)

    assert act(True, popup=True) == [b"blob"]
    assert act(False, popup=False) == []
    assert act(True, popup=False) == []
    assert home.read(lambda tx: tx.execute("SELECT count(*) FROM carried WHERE bytes IS NOT NULL").fetchone()) == (0,)
