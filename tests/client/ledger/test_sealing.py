"""Sealed details in one vault: what is on the disk, and what lies cannot do. Between people: tests/scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client import cbor
from taboon_client.board import Contact, Details, Event, PrivateNote
from taboon_client.board import deeds as kinds
from taboon_client.errors import FieldError, NotAllowedError
from taboon_client.group.sealing import LOCKS
from taboon_client.group.secret_acts import SecretActs
from taboon_client.group.settings import POST_QUANTUM
from taboon_client.vault import events
from taboon_crypto.primitives import sodium
from taboon_crypto.sealed_details import BOX_LENGTH
from tests.client.ledger.home import Home

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from taboon_client.board import Item
    from taboon_crypto.slots import Cost

WHERE = Details(names="Umm Ali", place="Olive street 7", contacts=(Contact(channel="phone", value="+970 59"),))


def opening_of(home: Home, item: Item) -> Event:
    raw = home.read(lambda tx: events.event_bytes(tx, item.id))
    assert raw is not None
    return Event.parse(raw)


def test_every_item_carries_details_of_one_length_also_one_that_has_none(home: Home) -> None:
    with_details, without = home.post("Bread", details=WHERE), home.post("Bread")
    openings = [opening_of(home, item) for item in (with_details, without)]
    assert [len(opening.body["details"]) for opening in openings] == [BOX_LENGTH] * 2
    assert len({len(opening.raw) for opening in openings}) == 1
    assert len({tuple(sorted(opening.body)) for opening in openings}) == 1


def test_an_ordinary_post_with_its_details_fits_the_smallest_blob(home: Home) -> None:
    from taboon_crypto.padding import CONTENT_LIMITS

    item = home.post("Drinking water for six families in the upper lane", note="x" * 200, details=WHERE)
    # Three more of a dispatch circle, and what MLS puts around it.
    assert len(opening_of(home, item).raw) + 3 * 94 + 320 < CONTENT_LIMITS[0]


def test_details_are_sealed_with_the_kem_of_the_groups_suite(tmp_path: Path, fast_kdf: Cost) -> None:
    home = Home(tmp_path / "home", POST_QUANTUM)
    item = home.post("Bread", details=WHERE)
    ((_, wrap),) = opening_of(home, item).body["keys"]
    assert len(wrap) == POST_QUANTUM.hpke.kem.enc_length + 48
    assert home.write(lambda tx: SecretActs(home.acts(tx)).open(item)) == WHERE
    home.vault.close()


def test_details_that_do_not_fit_are_refused_before_anything_is_saved(home: Home) -> None:
    for details in (Details(note="ب" * 380), Details(place="x" * 401)):
        with pytest.raises(FieldError, match="too long"):
            home.post("Bread", details=details)
    assert home.titles() == set()


def test_details_are_read_by_whoever_posted_them_without_an_event(home: Home) -> None:
    item = home.post("Bread", details=WHERE)
    assert home.write(lambda tx: SecretActs(home.acts(tx)).open(item)) == WHERE
    assert home.item(item.id) == item


def test_details_are_changed_under_the_same_key(home: Home) -> None:
    item = home.post("Bread", details=WHERE)
    moved = Details(place="School, second floor")
    changed = home.secretly(item, lambda acts: acts.change(item, moved))
    assert changed is not None
    assert changed.sealed != item.sealed
    assert home.write(lambda tx: SecretActs(home.acts(tx)).open(changed)) == moved


def _forge(home: Home, kind: str, body: dict[str, Any], place: bytes | None, parents: list[bytes]) -> bytes:
    """Make an event of our own that our own device would not make."""

    def act(tx: Any) -> bytes:
        from taboon_client.vault import groups, outbox

        own = groups.get_group(tx, home.grp)
        private = sodium.ed25519_expand_seed(own.identity_seed)[1]
        event = Event.make(
            sign=lambda message: sodium.ed25519_sign(private, message),
            group_id=own.group_id, author=own.identity, number=own.next_number, previous=own.previous, place=place,
            parents=parents, epoch=home.desk.ledger.history(tx, home.grp).epochs()[-1].epoch_id, kind=kind, body=body,
        )  # fmt: skip
        home.desk.ledger._keep(tx, home.grp, event)
        groups.advance_author(tx, home.grp, event.number, event.name)
        outbox.queue_event(tx, home.grp, event.name)
        home.desk.ledger.refold(tx, home.grp, [event.home])
        return event.name

    return home.write(act)


def test_details_copied_under_another_item_do_not_open(home: Home) -> None:
    item = home.post("Bread", details=WHERE)
    body = dict(opening_of(home, item).body)
    copied = _forge(home, "need", {**body, "title": "Give me the address"}, None, [])
    found = home.item(copied)
    assert found is not None
    with pytest.raises(NotAllowedError):
        home.write(lambda tx: SecretActs(home.acts(tx)).open(found))


def test_nonsense_in_place_of_the_details_leaves_those_that_were_sealed_first(home: Home) -> None:
    item = home.post("Bread", details=WHERE)
    for box in (b"", b"x" * BOX_LENGTH, b"y" * 2_048):
        _forge(home, "details", {"box": box}, item.id, [item.id])
    found = home.item(item.id)
    assert found is not None
    assert home.write(lambda tx: SecretActs(home.acts(tx)).open(found)) == WHERE


def test_keys_that_are_nonsense_neither_open_nor_hide_the_right_one(home: Home) -> None:
    item = home.post("Bread", details=WHERE)
    ours = opening_of(home, item).body["keys"][0][0]
    _forge(home, "share", {"keys": [[ours, b"z" * 80], [ours, b""], [b"w" * 8, b"v" * 80]]}, item.id, [item.id])
    found = home.item(item.id)
    assert found is not None
    assert home.write(lambda tx: SecretActs(home.acts(tx)).open(found)) == WHERE


def test_a_private_note_looks_alike_whoever_it_is_for_and_opens_for_them(home: Home) -> None:
    item = home.post("Bread")
    note = PrivateNote(about="no-show", text="did not come twice", pledge=b"p" * 32)
    home.secretly(item, lambda acts: acts.note(item, note, []))
    found = home.secretly(item, lambda acts: acts.note(item, PrivateNote(about="thanks"), [item.author]))
    assert found is not None
    assert found.private == 2
    notes = home.write(lambda tx: [one for _, one in SecretActs(home.acts(tx)).notes(found)])
    assert notes == [note, PrivateNote(about="thanks")]
    raws = home.read(lambda tx: [raw for _, raw in events.events_of_place(tx, home.grp, item.id)])
    private = [event for event in map(Event.parse, raws) if event.kind == kinds.Private.kind]
    assert {(len(event.body["box"]), len(event.body["locks"])) for event in private} == {(BOX_LENGTH, LOCKS)}
    assert {len(lock) for event in private for lock in event.body["locks"]} == {80}
    assert all(b"twice" not in raw for raw in raws)


def test_a_note_that_was_copied_under_another_item_does_not_open(home: Home) -> None:
    item, other = home.post("Bread"), home.post("Soap")
    found = home.secretly(item, lambda acts: acts.note(item, PrivateNote(about="note", text="x"), []))
    assert found is not None
    raws = home.read(lambda tx: [raw for _, raw in events.events_of_place(tx, home.grp, item.id)])
    (private,) = (event for event in map(Event.parse, raws) if event.kind == kinds.Private.kind)
    _forge(home, kinds.Private.kind, dict(private.body), other.id, [other.id])
    assert home.write(lambda tx: SecretActs(home.acts(tx)).notes(other)) == []


def test_a_note_for_nobody_or_for_nine_is_refused(home: Home) -> None:
    item = home.post("Bread")
    with pytest.raises(FieldError, match="recipients"):
        home.secretly(item, lambda acts: acts.note(item, PrivateNote(about="note"), [b"s" * 32]))


def test_what_is_sealed_reads_nothing_from_what_a_later_version_adds() -> None:
    later = cbor.encode({"place": "x", "floor": 3})
    assert Details.decode(later) == Details(place="x")
    assert repr(Details(place="secret")) == "<Details>"
