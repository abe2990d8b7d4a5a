"""Who goes and why, in words that everyone on the street understands."""

from __future__ import annotations

from string import Formatter

import pytest

from taboon_client.board import Deliver, Line, Pledge, PledgeStanding, Release, StandingOffer, Status, Withdraw
from taboon_client.board.deeds import Going, Grant, Lapse, Reject
from taboon_client.board.explain import Message, about_item, about_pledge
from taboon_client.board.sentences import LANGUAGES, SENTENCES, say
from tests.client.board.test_pledging import KEY, Street
from tests.client.board.worlds import Actor, need

NAMES = {Actor(name).identity: name for name in ("amal", "noor", "rami", "sami")}


@pytest.fixture
def street() -> Street:
    return Street()


def words(message: Message, language: str = "en") -> str:
    return say(message, language, lambda identity: NAMES[identity])


def test_whoever_pledged_alone_goes(street: Street) -> None:
    item = street.say(street.noor, need())
    street.say(street.rami, Pledge(), item)
    assert [words(message) for message in about_item(street.item(item))] == ["rami goes: nobody else has pledged"]


def test_two_who_did_not_know_of_each_other_are_both_told(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    first, second = (NAMES[one[0].actor.identity] for one in (goes, stands))
    told = [words(message) for message in about_item(street.item(item))]
    assert told == [
        f"{first} goes: {second} said yes too while neither knew of the other, and every device drew the same lot",
        f"{second} stands by: {first} also said yes while neither knew of the other, and goes",
    ]


def test_every_reason_is_said(street: Street) -> None:
    item = street.say(street.noor, need())
    early = street.say(street.rami, Pledge(), item)
    late = street.say(street.sami, Pledge(), item)

    def told() -> tuple[str, str]:
        shown = street.item(item)
        first, second = (shown.pledge(one.name) for one in (early, late))
        assert first is not None
        assert second is not None
        return about_pledge(shown, first).id, about_pledge(shown, second).id

    assert told() == ("goes.first", "standby.first")
    street.say(street.noor, Grant(pledge=early.name, key=KEY), item, early)
    assert told() == ("goes.granted", "standby.granted")
    street.say(street.rami, Going(pledge=early.name), item, early)
    assert told() == ("goes.on-the-way", "standby.on-the-way")
    street.say(street.noor, Grant(pledge=late.name, key=KEY, first=True), item, late)
    assert told() == ("standby.set-out", "goes.chosen")
    street.say(street.sami, Deliver(pledge=late.name), item, late)
    assert told() == ("standby.handed-over", "pledge.handed-over")
    street.say(street.sami, Release(pledge=late.name), item, late)
    street.say(street.noor, Lapse(pledge=early.name), item, early)
    assert told() == ("pledge.lapsed", "pledge.released")
    assert words(about_pledge(street.item(item), street.pledge(item, early))) == (
        "the pledge of rami has lapsed, says noor"
    )


def test_what_is_still_open_and_what_is_closed_is_said(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=5),)))
    assert [words(message) for message in about_item(street.item(item))] == ["nobody has pledged yet"]
    street.say(street.rami, Pledge(quantities=((0, 2),)), item)
    assert [message.id for message in about_item(street.item(item))] == ["goes.alone", "item.still-open"]
    assert words(about_item(street.item(item))[-1]) == "3 still open"
    street.say(street.noor, Withdraw(), item)
    late = street.say(street.sami, Pledge(), item)
    assert [message.id for message in about_item(street.item(item))] == ["item.withdrawn"]
    assert about_pledge(street.item(item), street.pledge(item, late)).id == "standby.late"
    tea = street.say(street.noor, StandingOffer(title="Tea", created=5))
    street.say(street.rami, Pledge(), tea)
    assert [message.id for message in about_item(street.item(tea))] == ["goes.alone"]


def test_every_standing_and_status_has_a_sentence_in_every_language() -> None:
    said = {message.partition(".")[2] for message in SENTENCES if message.startswith(("pledge.", "item."))}
    assert {one.value for one in PledgeStanding} - said == {"primary", "standby", "on-the-way"}
    assert {one.value for one in Status} <= said
    for texts in SENTENCES.values():
        assert len(texts) == len(LANGUAGES)
        fields = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in texts]
        assert fields[0] == fields[1]
        assert all(texts)


def test_arabic_is_said_in_arabic_and_an_unknown_language_in_english() -> None:
    message = Message("goes.on-the-way", Actor("rami").identity)
    assert words(message, "ar") == "rami في الطريق"
    assert words(message, "xx") == words(message, "en")


def test_two_who_each_cover_a_part_are_not_said_to_be_alone(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=20),)))
    street.say(street.rami, Pledge(quantities=((0, 12),)), item)
    street.say(street.sami, Pledge(quantities=((0, 8),)), item)
    assert [words(message) for message in about_item(street.item(item))] == [
        "rami goes, and so does sami: each for a part",
        "sami goes, and so does rami: each for a part",
    ]


def test_it_is_said_that_what_was_to_be_handed_over_did_not_arrive(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.rami, Deliver(pledge=pledge.name), item, pledge)
    street.say(street.noor, Reject(pledge=pledge.name), item, pledge)
    other = street.say(street.sami, Pledge(), item)
    street.say(street.noor, Grant(pledge=other.name, key=KEY, first=True), item, other)
    shown = street.item(item)
    first = shown.pledge(pledge.name)
    assert first is not None
    assert about_pledge(shown, first).id == "standby.rejected"
