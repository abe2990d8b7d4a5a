"""Who goes, and why: on the way, released details, leases that lapse, days of what comes again, loans."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import (
    Confirm,
    Deliver,
    Item,
    ItemPledge,
    Line,
    LoanOffer,
    Pledge,
    PledgeStanding,
    Release,
    StandingOffer,
    Status,
)
from taboon_client.board.deeds import Contest, Going, Grant, Lapse, Returned
from taboon_client.board.item_life import MAX_PLEDGES
from tests.client.board.worlds import Device, group_of, meet, need

if TYPE_CHECKING:
    from taboon_client.board import Body, Event

PRIMARY, STANDBY, GOING = PledgeStanding.PRIMARY, PledgeStanding.STANDBY, PledgeStanding.ON_THE_WAY
LAPSED, RELEASED, HANDED = PledgeStanding.LAPSED, PledgeStanding.RELEASED, PledgeStanding.HANDED_OVER
KEY = (b"r" * 8, b"k" * 80)


class Street:
    """Amal is the dispatch circle, Noor needs something, Rami and Sami can bring it."""

    def __init__(self) -> None:
        self.amal, self.noor, self.rami, self.sami = self.devices = group_of("amal", "noor", "rami", "sami")
        meet(*self.devices)

    def say(self, device: Device, body: Body, item: Event | None = None, *speaks_of: Event) -> Event:
        event = device.post(body, None if item is None else item.name, [one.name for one in speaks_of])
        meet(*self.devices)
        return event

    def two_pledges(self, item: Event) -> tuple[tuple[Device, Event], tuple[Device, Event]]:
        """Rami and Sami pledge the same while neither knows of the other: (who goes), (who stands by)."""
        made = [(device, device.post(Pledge(), item.name)) for device in (self.rami, self.sami)]
        meet(*self.devices)
        ranked = sorted(made, key=lambda one: sha256(b"taboon pledge v1" + item.name + one[1].author).digest())
        return ranked[0], ranked[1]

    def item(self, item: Event) -> Item:
        shown = {device.board.items[item.name].encode() for device in self.devices}
        assert len(shown) == 1
        return Item.decode(shown.pop())

    def pledge(self, item: Event, pledge: Event) -> ItemPledge:
        found = self.item(item).pledge(pledge.name)
        assert found is not None
        return found

    def standing(self, item: Event, pledge: Event) -> PledgeStanding:
        return self.pledge(item, pledge).standing


@pytest.fixture
def street() -> Street:
    return Street()


def test_who_is_on_the_way_is_shown_so_and_counts_apart(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=3),)))
    pledge = street.say(street.rami, Pledge(lease=50), item)
    street.say(street.rami, Going(pledge=pledge.name, expected=70, lease=80), item, pledge)
    assert street.standing(item, pledge) is GOING
    assert (street.pledge(item, pledge).expected, street.pledge(item, pledge).lease) == (70, 80)
    line = street.item(item).lines[0]
    assert (line.pledged, line.going, line.delivered, line.open) == (3, 3, 0, 0)


def test_a_pledge_that_comes_in_late_does_not_turn_back_who_has_left(street: Street) -> None:
    for early, late in ((street.rami, street.sami), (street.sami, street.rami)):
        item = street.say(street.noor, need())
        first = early.post(Pledge(), item.name)
        early.post(Going(pledge=first.name), item.name, [first.name])
        second = late.post(Pledge(), item.name)
        meet(*street.devices)
        # Whatever the lot says: only one of the two has left.
        assert [street.standing(item, one) for one in (first, second)] == [GOING, STANDBY]


def test_a_standby_who_says_to_be_on_the_way_does_not_overtake(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    street.say(stands[0], Going(pledge=stands[1].name), item, stands[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [PRIMARY, STANDBY]


def test_details_released_to_a_standby_put_it_first_among_those_that_have_none(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    street.say(street.noor, Grant(pledge=stands[1].name, key=KEY), item, stands[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [STANDBY, PRIMARY]
    street.say(street.noor, Grant(pledge=goes[1].name, key=KEY), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [PRIMARY, STANDBY]


def test_who_asked_or_the_dispatch_circle_puts_a_pledge_first_and_nobody_else(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    street.say(stands[0], Grant(pledge=stands[1].name, key=KEY, first=True), item, stands[1])
    assert street.standing(item, goes[1]) is PRIMARY
    street.say(street.amal, Grant(pledge=stands[1].name, key=KEY, first=True), item, stands[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [STANDBY, PRIMARY]
    street.say(street.noor, Grant(pledge=goes[1].name, key=KEY, first=True), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [PRIMARY, STANDBY]


def test_a_lease_lapses_by_the_word_of_the_standby_and_can_be_contested(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    street.say(stands[0], Lapse(pledge=goes[1].name, reason="not seen since noon"), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [LAPSED, PRIMARY]
    assert street.pledge(item, goes[1]).lapsed_by == stands[0].actor.identity
    street.say(goes[0], Contest(pledge=goes[1].name), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [PRIMARY, STANDBY]
    # Who has no more than a pledge there has said it once; the dispatch circle may say it again.
    street.say(stands[0], Lapse(pledge=goes[1].name), item, goes[1])
    assert street.standing(item, goes[1]) is PRIMARY
    street.say(street.amal, Lapse(pledge=goes[1].name), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [LAPSED, PRIMARY]


def test_a_lapse_by_whoever_has_no_pledge_there_or_of_who_is_on_the_way_moves_nothing(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.sami, Lapse(pledge=pledge.name), item, pledge)
    assert street.standing(item, pledge) is PRIMARY
    street.say(street.sami, Pledge(), item)
    street.say(street.rami, Going(pledge=pledge.name), item, pledge)
    street.say(street.sami, Lapse(pledge=pledge.name), item, pledge)
    assert street.standing(item, pledge) is GOING
    street.say(street.noor, Lapse(pledge=pledge.name), item, pledge)
    assert street.standing(item, pledge) is LAPSED


@pytest.mark.parametrize("body", [Going, Deliver])
def test_whose_pledge_lapsed_contests_it_by_going_all_the_same(street: Street, body: type[Going | Deliver]) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.noor, Lapse(pledge=pledge.name), item, pledge)
    street.say(street.rami, body(pledge=pledge.name), item, pledge)
    assert street.standing(item, pledge) in {PRIMARY, GOING, HANDED}


def test_details_released_to_the_next_stay_with_it_when_the_first_contests(street: Street) -> None:
    item = street.say(street.noor, need())
    goes, stands = street.two_pledges(item)
    street.say(street.noor, Lapse(pledge=goes[1].name), item, goes[1])
    street.say(street.noor, Grant(pledge=stands[1].name, key=KEY), item, stands[1])
    street.say(goes[0], Contest(pledge=goes[1].name), item, goes[1])
    assert [street.standing(item, one[1]) for one in (goes, stands)] == [STANDBY, PRIMARY]


def test_both_sides_can_say_that_it_was_handed_over(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.amal, Confirm(pledge=pledge.name), item, pledge)
    found = street.pledge(item, pledge)
    assert (found.standing, found.handed, found.arrived) == (PledgeStanding.CONFIRMED, False, True)
    other = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), other)
    street.say(street.rami, Deliver(pledge=pledge.name), other, pledge)
    street.say(street.noor, Confirm(pledge=pledge.name), other, pledge)
    found = street.pledge(other, pledge)
    assert (found.handed, found.arrived, street.item(other).status) == (True, True, Status.DONE)


def test_what_was_handed_over_less_than_pledged_leaves_the_rest_open(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=10),)))
    pledge = street.say(street.rami, Pledge(), item)
    street.say(street.rami, Deliver(pledge=pledge.name, quantities=((0, 4),)), item, pledge)
    line = street.item(item).lines[0]
    assert (line.delivered, line.open, street.item(item).status) == (4, 6, Status.PARTLY)


def test_a_standing_offer_is_never_used_up(street: Street) -> None:
    item = street.say(street.noor, StandingOffer(title="Tea", created=5, lines=(Line(quantity=2),)))
    pledges = [street.say(device, Pledge(), item) for device in (street.rami, street.sami, street.amal)]
    assert [street.standing(item, pledge) for pledge in pledges] == [PRIMARY] * 3
    assert (street.item(item).status, street.item(item).lines[0].pledged) == (Status.OPEN, 6)


def test_what_is_lent_comes_back_and_is_free_again(street: Street) -> None:
    item = street.say(street.noor, LoanOffer(title="Drill", created=5))
    first = street.say(street.rami, Pledge(), item)
    second = street.say(street.sami, Pledge(), item)
    street.say(street.rami, Deliver(pledge=first.name), item, first)
    street.say(street.noor, Confirm(pledge=first.name), item, first)
    assert street.item(item).status is Status.DELIVERED
    street.say(street.sami, Returned(pledge=first.name), item, first)
    assert street.standing(item, first) is PledgeStanding.CONFIRMED
    street.say(street.noor, Returned(pledge=first.name, note="clean"), item, first)
    assert [street.standing(item, one) for one in (first, second)] == [PledgeStanding.RETURNED, PRIMARY]


def test_what_comes_again_is_covered_day_by_day_and_not_closed_by_one(street: Street) -> None:
    item = street.say(street.noor, need("A visit", repeat="FREQ=WEEKLY;BYDAY=MO", first="2026-11-23"))
    always = street.say(street.rami, Pledge(), item)
    street.say(street.rami, Deliver(pledge=always.name, day="2026-11-23"), item, always)
    street.say(street.noor, Confirm(pledge=always.name, day="2026-11-23"), item, always)
    street.say(street.rami, Release(pledge=always.name, day="2026-11-30"), item, always)
    stands_in = street.say(street.sami, Pledge(day="2026-11-30"), item)
    shown = street.item(item)
    assert shown.status is Status.COVERED
    assert street.standing(item, always) is PRIMARY
    assert [(one.day, [(n, s) for n, s, _ in one.pledges]) for one in shown.rounds] == [
        ("2026-11-23", [(always.name, PledgeStanding.CONFIRMED)]),
        ("2026-11-30", [(stands_in.name, PRIMARY)]),
    ]
    assert [line.delivered for line in shown.coverage("2026-11-23")] == [1]
    assert [line.delivered for line in shown.coverage("2026-12-07")] == [0]


def test_who_comes_every_time_and_who_comes_on_one_day_rank_like_all(street: Street) -> None:
    item = street.say(street.noor, need("A visit", repeat="FREQ=DAILY", first="2026-11-23"))
    always = street.say(street.rami, Pledge(), item)
    once = street.say(street.sami, Pledge(day="2026-11-24"), item)
    assert street.standing(item, once) is STANDBY
    assert street.standing(item, always) is PRIMARY
    assert [name for name, _, _ in street.item(item).rounds[0].pledges] == [always.name, once.name]


def test_a_day_on_an_item_that_does_not_come_again_means_the_item(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(day="2026-11-24"), item)
    street.say(street.rami, Deliver(pledge=pledge.name, day="2026-11-25"), item, pledge)
    assert street.standing(item, pledge) is HANDED
    assert street.item(item).rounds == ()


def test_the_pledges_of_one_member_are_bounded_and_the_others_keep_theirs(street: Street) -> None:
    item = street.say(street.noor, need(lines=(Line(quantity=1000),)))
    for number in range(MAX_PLEDGES + 5):
        street.rami.post(Pledge(quantities=((0, 1),), created=number), item.name)
    street.sami.post(Pledge(), item.name)
    meet(*street.devices)
    shown = street.item(item)
    assert (len(shown.pledges), shown.ignored) == (MAX_PLEDGES + 1, 5)
    assert {pledge.author for pledge in shown.pledges} == {street.rami.actor.identity, street.sami.actor.identity}


def test_who_released_does_not_stay_first_by_having_been_on_the_way(street: Street) -> None:
    item = street.say(street.noor, need())
    pledge = street.say(street.rami, Pledge(), item)
    other = street.say(street.sami, Pledge(), item)
    street.say(street.rami, Going(pledge=pledge.name), item, pledge)
    street.say(street.rami, Release(pledge=pledge.name), item, pledge)
    assert [street.standing(item, one) for one in (pledge, other)] == [RELEASED, PRIMARY]
