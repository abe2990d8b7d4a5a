"""Who may speak: members, roles and cuts, each judged alike on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taboon_client import cbor
from taboon_client.board import (
    ADMIN,
    Comment,
    Cut,
    EpochRecord,
    Event,
    GroupName,
    History,
    Standing,
    fold_group_name,
)
from taboon_client.errors import FormatError
from tests.client.board.worlds import Actor, Board, Device, digest, first_epoch, group_of, meet, need

if TYPE_CHECKING:
    from collections.abc import Iterable


def standing(device: Device, event: Event, role: str | None = None) -> Standing:
    return device.board.history.judge(event, device.board.authors.link, role)


def test_an_event_of_a_member_counts_and_a_strangers_does_not() -> None:
    amal, rami = group_of("amal", "rami")
    stranger = Actor("stranger").make("need", {"title": "Bread", "created": 5}, epoch=amal.epoch.epoch_id)
    meet(amal, rami)
    assert standing(rami, amal.post(need())) is Standing.COUNTS
    assert standing(rami, stranger) is Standing.NOT_A_MEMBER


def test_who_joined_later_was_no_member_before() -> None:
    amal, _ = group_of("amal", "rami")
    noor, early = Actor("noor"), amal.epoch.epoch_id
    amal.commit(add=[noor])
    late = Device(noor, amal.board.history.epochs())
    assert standing(amal, late.post(need())) is Standing.COUNTS
    assert standing(amal, noor.make("comment", {"text": "x"}, place=digest("i"), epoch=early)) is Standing.NOT_A_MEMBER


def test_after_a_removal_what_the_cut_names_counts_and_nothing_later() -> None:
    amal, rami = group_of("amal", "rami")
    known = [rami.post(need("one")), rami.post(need("two"))]
    amal.hear(rami)
    late = rami.post(need("three"))
    amal.commit(remove=[rami])
    meet(amal, rami)
    assert [standing(amal, event) for event in known] == [Standing.COUNTS] * 2
    assert standing(amal, late) is Standing.CUT
    assert standing(rami, late) is Standing.CUT


def test_a_removed_member_who_states_the_new_epoch_was_no_member_in_it() -> None:
    amal, rami = group_of("amal", "rami")
    amal.commit(remove=[rami])
    rami.board.follow(amal.board.history.epochs())
    assert standing(amal, rami.post(need())) is Standing.NOT_A_MEMBER


def test_a_cut_that_names_nothing_leaves_nothing() -> None:
    amal, rami = group_of("amal", "rami")
    event = rami.post(need())
    amal.commit(remove=[rami])
    amal.board.take([event])
    assert standing(amal, event) is Standing.CUT


def test_a_second_branch_below_the_cut_is_not_reached() -> None:
    amal, rami = group_of("amal", "rami")
    first = rami.post(need("one"))
    twin = rami.actor.make(
        "need", {"title": "two", "created": 5}, epoch=rami.epoch.epoch_id, number=2, previous=first.name
    )
    second = rami.post(need("two, as well"))
    amal.board.take([first, second])
    amal.commit(remove=[rami])
    amal.board.take([twin])
    assert [standing(amal, event) for event in (first, second, twin)] == [
        Standing.COUNTS,
        Standing.COUNTS,
        Standing.CUT,
    ]


def test_who_comes_back_speaks_in_the_new_epochs_and_stays_cut_in_the_old() -> None:
    amal, rami = group_of("amal", "rami")
    amal.commit(remove=[rami])
    late = rami.post(need("late"))
    amal.commit(add=[rami.actor])
    rami.board.follow(amal.board.history.epochs())
    back = rami.post(need("back"))
    amal.hear(rami)
    assert standing(amal, late) is Standing.CUT
    assert standing(amal, back) is Standing.COUNTS


def test_what_lies_below_a_missing_link_counts_once_the_link_is_here() -> None:
    amal, rami = group_of("amal", "rami")
    events = [rami.post(need(str(number))) for number in range(3)]
    amal.hear(rami)
    amal.commit(remove=[rami])
    other = Board(amal.board.history.epochs(), [events[0], events[2]])
    assert not other.counts(events[0])
    assert other.counts(events[2])
    assert events[0].name not in other.items
    other.take([events[1]])
    assert other.counts(events[0])
    assert other.items == amal.board.items


def test_an_act_under_a_role_needs_the_role_and_ordinary_events_do_not() -> None:
    amal, rami = group_of("amal", "rami")
    name = rami.post(GroupName(name="Rami's own"), "settings")
    assert standing(amal, name) is Standing.WITHOUT_ROLE
    assert standing(amal, rami.post(need())) is Standing.COUNTS
    assert standing(amal, amal.post(GroupName(name="Bakers"), "settings")) is Standing.COUNTS
    assert standing(amal, amal.post(need()), ADMIN) is Standing.COUNTS
    assert standing(amal, rami.post(need()), ADMIN) is Standing.WITHOUT_ROLE


def test_who_loses_a_role_loses_later_acts_and_no_ordinary_event() -> None:
    actors = [Actor("amal"), Actor("rami")]
    both = EpochRecord(
        epoch_id=digest("both are admins"), number=1, members={actor.identity: {ADMIN} for actor in actors}
    )
    amal, rami = (Device(actor, [both]) for actor in actors)
    before = rami.post(GroupName(name="Before"), "settings")
    amal.hear(rami)
    amal.commit(demote=[rami])
    late = rami.post(GroupName(name="Late"), "settings")
    ordinary = rami.post(need())
    meet(amal, rami)
    assert [standing(amal, event) for event in (before, late, ordinary)] == [
        Standing.COUNTS,
        Standing.CUT,
        Standing.COUNTS,
    ]
    assert fold_group_name(rami.board.graph("settings"), rami.board.counts) == "Before"


@pytest.mark.parametrize("removed", [False, True])
def test_an_epoch_outside_the_chain_is_judged_by_every_cut(removed: bool) -> None:
    amal, rami = group_of("amal", "rami")
    known = rami.actor.make("need", {"title": "x", "created": 5}, epoch=digest("a fork"))
    amal.board.take([known])
    late = rami.actor.make("need", {"title": "y", "created": 5}, epoch=digest("a fork"))
    if removed:
        amal.commit(remove=[rami])
    amal.board.take([late])
    assert standing(amal, known) is Standing.COUNTS
    assert standing(amal, late) is (Standing.CUT if removed else Standing.COUNTS)
    stranger = Actor("stranger").make("need", {"title": "z", "created": 5}, epoch=digest("a fork"))
    assert standing(amal, stranger) is Standing.NOT_A_MEMBER


def test_an_act_outside_the_chain_needs_to_have_had_the_role_once() -> None:
    amal, rami = group_of("amal", "rami")
    acts = [
        device.actor.make("group", {"name": "x"}, place="settings", epoch=digest("a fork")) for device in (amal, rami)
    ]
    assert [standing(amal, act) for act in acts] == [Standing.COUNTS, Standing.WITHOUT_ROLE]


def test_whoever_had_the_role_once_keeps_the_acts_that_the_cut_reaches() -> None:
    actors = [Actor("amal"), Actor("rami")]
    both = EpochRecord(
        epoch_id=digest("both are admins"), number=1, members={actor.identity: {ADMIN} for actor in actors}
    )
    amal, rami = (Device(actor, [both]) for actor in actors)
    act = rami.actor.make("group", {"name": "x"}, place="settings", epoch=digest("a fork"))
    amal.board.take([act])
    amal.commit(demote=[rami])
    late = rami.actor.make("group", {"name": "y"}, place="settings", epoch=digest("a fork"))
    amal.board.take([late])
    assert [standing(amal, event) for event in (act, late)] == [Standing.COUNTS, Standing.CUT]


def test_a_cut_says_nothing_of_the_epoch_that_its_commit_makes() -> None:
    amal, rami = group_of("amal", "rami")
    epoch = EpochRecord(
        epoch_id=digest("second"),
        number=2,
        members=amal.epoch.members,
        cuts=[Cut(rami.actor.identity, "", None)],
    )
    before = rami.post(need())
    for device in (amal, rami):
        device.board.follow([epoch])
    assert standing(amal, before) is Standing.CUT
    assert standing(amal, rami.post(need())) is Standing.COUNTS


def test_who_is_cut_twice_is_held_to_both_cuts_outside_the_chain() -> None:
    amal, rami = group_of("amal", "rami")
    first = rami.actor.make("need", {"title": "x", "created": 5}, epoch=digest("a fork"))
    amal.board.take([first])
    amal.commit(remove=[rami])
    amal.commit(add=[rami.actor])
    second = rami.actor.make("need", {"title": "y", "created": 5}, epoch=digest("a fork"))
    amal.board.take([second])
    amal.commit(remove=[rami])
    assert standing(amal, first) is Standing.COUNTS
    assert standing(amal, second) is Standing.CUT


def test_a_set_aside_event_keeps_its_depth_and_what_stands_on_it_counts() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need())
    meet(amal, rami, noor)
    late = rami.post(Comment(text="late"), item.name)
    noor.hear(rami)
    answer = noor.post(Comment(text="answer"), item.name)
    before = noor.board.graph(item.name).depth(answer.name)
    amal.commit(remove=[rami])
    meet(amal, noor)
    graph = amal.board.graph(item.name)
    assert [graph.depth(name) for name in (item.name, late.name, answer.name)] == [0, 1, before]
    folded = amal.board.items[item.name]
    assert [comment.text for comment in folded.comments] == ["answer"]
    assert (folded.set_aside, folded.events) == (1, 3)


def test_epochs_come_in_order_and_each_once() -> None:
    epoch = first_epoch(Actor("amal"))
    history = History([epoch])
    for wrong in (
        epoch,
        EpochRecord(epoch_id=digest("other"), number=1, members={}),
        EpochRecord(epoch_id=epoch.epoch_id, number=2, members={}),
    ):
        with pytest.raises(FormatError):
            history.add(wrong)
    assert len(history) == 1


def test_a_history_reads_as_it_was_written() -> None:
    amal, rami = group_of("amal", "rami")
    rami.post(need())
    amal.hear(rami)
    amal.commit(remove=[rami])
    written = cbor.encode(amal.board.history.to_value())
    read = History.from_value(cbor.decode(written))
    assert read.epochs() == amal.board.history.epochs()
    assert cbor.encode(read.to_value()) == written


ID = digest("id")


def _record(*values: Any) -> list[Any]:
    whole: list[Any] = [ID, 1, [[ID, [ADMIN]]], [[ID, "", None]]]
    for place, value in enumerate(values):
        if value is not ...:
            whole[place] = value
    return whole


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [None],
        [_record()[:3]],
        [[*_record(), 1]],
        [[*_record(), 0]],
        [[*_record(), 0, 0]],
        [[*_record(..., 0), -1]],
        [_record(), [*_record(digest("other"), 3), 2]],
        [_record(), [*_record(digest("other"), 2), True]],
        [_record(..., ..., [[ID, None]])],
        [_record(b"x")],
        [_record(..., -1)],
        [_record(..., 2**64 - 1), _record(digest("other"), 2**64)],
        [_record(..., True)],
        [_record(..., ..., None)],
        [_record(..., ..., [[ID]])],
        [_record(..., ..., [[b"x", []]])],
        [_record(..., ..., [[ID, [5]]])],
        [_record(..., ..., [[ID, [""]]])],
        [_record(..., ..., [[ID, []], [ID, []]])],
        [_record(..., ..., ..., None)],
        [_record(..., ..., ..., [[ID, ""]])],
        [_record(..., ..., ..., [[b"x", "", None]])],
        [_record(..., ..., ..., [[ID, None, None]])],
        [_record(..., ..., ..., [[ID, "", b"x"]])],
        [_record(), _record()],
    ],
    ids=str,
)
def test_a_history_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        History.from_value(value)


def test_records_are_equal_whatever_the_order_they_were_made_in() -> None:
    identities = [digest(str(number)) for number in range(5)]
    cuts = [Cut(identity, "", None) for identity in identities]

    def record(order: Iterable[bytes], cut_order: Iterable[Cut]) -> EpochRecord:
        return EpochRecord(epoch_id=ID, number=3, members=dict.fromkeys(order, ()), cuts=cut_order)

    one, other = record(identities, cuts), record(reversed(identities), reversed(cuts))
    assert one == other
    assert hash(one) == hash(other)
    assert one != record(identities, cuts[1:])
