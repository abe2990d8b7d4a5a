"""What a change of an item means for one member, and that others are told nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import Comment, Confirm, Deliver, Line, Pledge, Release, Withdraw
from taboon_client.board.deeds import Grant, Lapse, Merge, Outcome, Private, Reject
from taboon_client.board.news import news_of
from taboon_client.board.sentences import SENTENCES
from tests.client.board.test_pledging import KEY, Street
from tests.client.board.worlds import need

if TYPE_CHECKING:
    from taboon_client.board import Body, Event
    from tests.client.board.worlds import Device


class Watched(Street):
    """A street in which what each step tells each member is looked at."""

    def tells(self, who: Device, body: Body, item: Event, *about: Event) -> dict[str, list[str]]:
        """Let somebody do something; returns what each of the others reads because of it."""
        before = self.item(item)
        self.say(who, body, item, *about)
        after = self.item(item)
        told = {}
        for name, device in (("noor", self.noor), ("rami", self.rami), ("sami", self.sami)):
            read = [message.id for message in news_of(before, after, device.actor.identity)]
            assert set(read) <= set(SENTENCES)
            if read and device is not who:
                told[name] = [one.removeprefix("news.") for one in read]
        return told


def test_those_who_are_concerned_are_told_and_nobody_else() -> None:
    street = Watched()
    item = street.say(street.noor, need(lines=(Line(quantity=2),)))
    assert street.tells(street.rami, Pledge(), item) == {"noor": ["goes"]}
    first = next(event for event in street.noor.board.events.values() if event.kind == "pledge")
    assert street.tells(street.sami, Pledge(), item) == {"noor": ["pledged"]}
    second = next(e for e in street.noor.board.events.values() if e.kind == "pledge" and e is not first)
    assert street.tells(street.noor, Grant(pledge=first.name, key=KEY), item, first) == {"rami": ["granted"]}
    assert street.tells(street.noor, Lapse(pledge=first.name), item, first) == {"rami": ["lapsed"], "sami": ["you-go"]}
    assert street.tells(street.sami, Deliver(pledge=second.name), item, second) == {"noor": ["handed-over"]}
    assert street.tells(street.noor, Reject(pledge=second.name), item, second) == {"sami": ["rejected"]}
    assert street.tells(street.noor, Confirm(pledge=second.name), item, second) == {"sami": ["arrived"]}
    assert street.tells(street.noor, Comment(text="thank you"), item) == {}
    told = street.tells(street.noor, Outcome(text="the tank is back"), item)
    assert told["rami"] == told["sami"] == ["outcome"]


def test_who_is_put_behind_another_and_whose_item_is_closed_or_merged_is_told() -> None:
    street = Watched()
    item = street.say(street.noor, need())
    first = street.say(street.rami, Pledge(), item)
    second = street.say(street.sami, Pledge(), item)
    told = street.tells(street.noor, Grant(pledge=second.name, key=KEY, first=True), item, second)
    assert told == {"rami": ["stand-by"], "sami": ["granted", "you-go"]}
    assert street.tells(street.sami, Release(pledge=second.name), item, second) == {
        "noor": ["goes", "gave-back"],
        "rami": ["you-go"],
    }
    goes = street.item(item).pledge(first.name)
    assert goes is not None
    assert goes.taken
    note = Private(box=b"x" * 700, locks=(b"y" * 80,) * 8)
    assert street.tells(street.sami, note, item) == {"noor": ["private"], "rami": ["private"]}
    other = street.say(street.noor, need("the same"))
    told = street.tells(street.noor, Merge(into=other.name), item)
    assert told["rami"] == ["merged"]
    assert street.tells(street.noor, Withdraw(), other)["rami"] == ["closed"]
