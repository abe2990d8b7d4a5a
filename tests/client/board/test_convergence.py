"""Random histories of a group: whatever way its events take, every device makes the same of them, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_client.board import (
    PEOPLE,
    SETTINGS,
    Body,
    Comment,
    Confirm,
    Deliver,
    EpochRecord,
    Event,
    GroupName,
    Item,
    ItemLine,
    Line,
    LoanOffer,
    Name,
    Pledge,
    PledgeStanding,
    Release,
    StandingOffer,
    Status,
    Withdraw,
    fold_group_name,
    fold_people,
    from_body,
    item_days,
    item_fold,
    item_life,
)
from taboon_client.board.deeds import (
    Contest,
    FollowedUp,
    FollowUp,
    Going,
    Grant,
    Lapse,
    Merge,
    Opened,
    Outcome,
    Pause,
    Reject,
    Renew,
    Returned,
    Undo,
)
from taboon_client.board.item import HANDED, HOLDING
from taboon_client.board.item_fold import fold
from taboon_client.board.openings import Edit
from tests.client.board.worlds import Actor, Board, Device, first_epoch, meet, need

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from taboon_client.board.item import Taking

NAMES = ("amal", "rami", "noor", "sami")


class Step(NamedTuple):
    """Somebody does something; the numbers are taken modulo whatever there is to choose from."""

    who: int
    what: str
    which: int
    amount: int


WHAT = (
    *("need", "pledge", "pledge", "part", "part", "release", "deliver", "deliver", "confirm", "confirm", "withdraw"),
    *("going", "going", "lapse", "contest", "grant", "first", "edit", "undo", "renew", "pause", "merge", "opened"),
    *("returned", "standing", "loan", "again", "day", "follow-up", "followed-up", "outcome", "not-today", "today"),
    *("reject", "reject", "not-so-today"),
    *("comment", "hear", "hear", "hear", "hear", "meet", "name", "group", "remove", "remove", "demote", "add"),
)
STEPS = st.builds(
    Step,
    who=st.integers(0, len(NAMES) - 1),
    what=st.sampled_from(WHAT),
    which=st.integers(0, 20),
    amount=st.integers(1, 9),
)


class Past(NamedTuple):
    """Everything that was said and committed in a group."""

    devices: Sequence[Device]
    epochs: tuple[EpochRecord, ...]
    events: tuple[Event, ...]

    def board(self) -> Board:
        return Board(self.epochs, self.events)


def live(steps: Sequence[Step]) -> Past:
    actors = [Actor(name) for name in NAMES]
    devices = [Device(actor, [first_epoch(*actors)]) for actor in actors]
    first = devices[0].post(need(lines=(Line(quantity=5), Line(quantity=2))))
    meet(*devices)
    for step in steps:
        _take(step, devices)
    events = {first.name: first}
    for device in devices:
        events.update(device.board.events)
    ahead = max(devices, key=lambda device: device.epoch.number)
    return Past(devices, ahead.board.history.epochs(), tuple(events.values()))


def _take(step: Step, devices: list[Device]) -> None:
    device = devices[step.who]
    other = devices[step.which % len(devices)]
    if step.what == "need":
        device.post(need(lines=tuple(Line(quantity=step.amount) for _ in range(step.which % 3))))
    elif step.what in {"standing", "loan"}:
        kind = StandingOffer if step.what == "standing" else LoanOffer
        device.post(kind(title="x", created=5, lines=(Line(quantity=step.amount),)))
    elif step.what == "again":
        device.post(need(repeat="FREQ=DAILY", first="2026-11-23", lines=(Line(quantity=step.amount),)))
    elif step.what == "hear":
        device.hear(other)
    elif step.what == "meet":
        meet(*devices)
    elif step.what == "name":
        device.post(Name(name=f"n{step.amount}"), PEOPLE)
    elif step.what == "group":
        device.post(GroupName(name=f"g{step.amount}"), SETTINGS)
    elif step.what in {"remove", "demote", "add"}:
        _commit(step.what, device, other, devices)
    else:
        _speak(step, device)


def _commit(what: str, device: Device, other: Device, devices: list[Device]) -> None:
    members = device.epoch.members
    # Only from the newest epoch does a commit get its seal; another one catches up.
    device.hear(max(devices, key=lambda one: one.epoch.number))
    if "admin" not in members.get(device.actor.identity, ()) or other is device:
        return
    if what == "remove" and other.actor.identity in members:
        device.commit(remove=[other])
    elif what == "demote" and "admin" in members.get(other.actor.identity, ()):
        device.commit(demote=[other])
    elif what == "add" and other.actor.identity not in members:
        device.commit(add=[other.actor])


def _speak(step: Step, device: Device) -> None:
    items = sorted(device.board.items)
    if not items:
        return
    item = device.board.items[items[step.which % len(items)]]
    if item.opening_set_aside and step.what not in {"pledge", "part", "comment"}:
        return
    own = [pledge.name for pledge in item.pledges if pledge.author == device.actor.identity]
    every = [pledge.name for pledge in item.pledges]
    pick = step.amount
    bodies: dict[str, Body] = {
        "pledge": Pledge(created=pick),
        "part": Pledge(quantities=((step.amount % len(item.lines), step.amount),)),
        "comment": Comment(text=f"c{step.amount}"),
        "withdraw": Withdraw(reason=f"w{step.amount}"),
    }
    day = f"2026-11-{23 + step.amount % 3}"
    bodies |= {
        "day": Pledge(day=day, quantities=((0, step.amount),)),
        "edit": Edit(title=f"t{step.amount}", lines=(*(Line(quantity=step.amount),) * len(item.lines),)),
        "renew": Renew(created=step.amount),
        "pause": Pause(until=step.amount),
        "merge": Merge(into=items[(step.which + step.amount) % len(items)]),
        "opened": Opened(),
        "follow-up": FollowUp(when=step.amount),
        "outcome": Outcome(text=f"o{step.amount}"),
    }
    speaks_of: list[bytes] = []
    if step.what in {"release", "deliver"} and own:
        speaks_of = [own[pick % len(own)]]
        bodies["release"], bodies["deliver"] = Release(pledge=speaks_of[0]), Deliver(pledge=speaks_of[0])
    if step.what in {"going", "contest", "not-today", "today"} and own:
        speaks_of = [own[pick % len(own)]]
        bodies |= {
            "going": Going(pledge=speaks_of[0]),
            "contest": Contest(pledge=speaks_of[0]),
            "not-today": Release(pledge=speaks_of[0], day=day),
            "today": Deliver(pledge=speaks_of[0], day=day),
        }
    if step.what in {"confirm", "reject", "not-so-today", "lapse", "grant", "first", "returned"} and every:
        speaks_of = [every[pick % len(every)]]
        key = (b"r" * 8, b"k" * 80)
        bodies |= {
            "confirm": Confirm(pledge=speaks_of[0]),
            "reject": Reject(pledge=speaks_of[0]),
            "not-so-today": Reject(pledge=speaks_of[0], day=day),
            "lapse": Lapse(pledge=speaks_of[0]),
            "grant": Grant(pledge=speaks_of[0], key=key),
            "first": Grant(pledge=speaks_of[0], key=key, first=True),
            "returned": Returned(pledge=speaks_of[0]),
        }
    if step.what == "followed-up" and item.follow_ups:
        speaks_of = [item.follow_ups[pick % len(item.follow_ups)].name]
        bodies["followed-up"] = FollowedUp(follow_up=speaks_of[0])
    if step.what == "undo":
        others = [name for _, name, event in device.board.graph(item.id).ready() if device.board.counts(event)]
        speaks_of = [others[step.amount % len(others)]]
        bodies["undo"] = Undo(event=speaks_of[0])
    if step.what in bodies:
        device.post(bodies[step.what], item.id, speaks_of)


PASTS = st.lists(STEPS, min_size=15, max_size=40).map(live)


@settings(max_examples=60, deadline=None)
@given(PASTS, st.randoms(use_true_random=False))
def test_any_order_any_batches_and_duplicates_give_the_same_board(past: Past, chance: random.Random) -> None:
    expected = past.board()
    events = list(past.events) + chance.sample(past.events, min(5, len(past.events)))
    chance.shuffle(events)
    device = Board(past.epochs[:1])
    epochs = list(past.epochs[1:])
    while events:
        count = chance.randint(1, 7)
        batch, events = events[:count], events[count:]
        device.take(batch)
        if epochs and chance.random() < 0.4:
            device.follow([epochs.pop(0)])
    device.follow(epochs)
    assert device.items == expected.items
    assert {i: item.encode() for i, item in device.items.items()} == {
        i: item.encode() for i, item in expected.items.items()
    }
    for place in (PEOPLE, SETTINGS):
        assert fold_people(device.graph(place), device.counts) == fold_people(expected.graph(place), expected.counts)
        assert fold_group_name(device.graph(place), device.counts) == fold_group_name(
            expected.graph(place), expected.counts
        )


@settings(max_examples=30, deadline=None)
@given(PASTS)
def test_devices_that_have_met_show_the_same(past: Past) -> None:
    meet(*past.devices)
    expected = past.board().items
    for device in past.devices:
        assert device.board.items == expected


@settings(max_examples=30, deadline=None)
@given(PASTS, st.data())
def test_a_device_that_has_part_of_the_events_says_what_is_missing(past: Past, data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(past.events))
    board = Board(past.epochs, [event for event in past.events if event != lost])
    missing = frozenset[bytes]().union(*(graph.missing() for graph in board.graphs.values()))
    wanted = frozenset[bytes]().union(*(board.authors.wanted(author) for author in board.authors))
    later = [event for event in past.events if event.author == lost.author and event.number > lost.number]
    stands_on_it = [event for event in past.events if lost.name in event.parents]
    assert (lost.name in wanted) == bool(later)
    assert bool(board.authors.gaps(lost.author)) == bool(later)
    assert (lost.name in missing) == bool(stands_on_it)
    board.take([lost])
    assert board.items == past.board().items


@settings(max_examples=60, deadline=None)
@given(PASTS)
def test_nothing_is_lost(past: Past) -> None:
    board = past.board()
    for place, graph in board.graphs.items():
        item = board.items.get(place) if isinstance(place, bytes) else None
        if item is None:
            continue
        counting = [event for _, _, event in graph.ready() if board.counts(event)]
        assert item.events == len(graph.ready()) == len(counting) + item.set_aside
        assert {pledge.name for pledge in item.pledges} == {e.name for e in counting if e.kind == "pledge"}
        said = sum(event.kind == "comment" for event in counting)
        assert item.comment_count == len(item.comments) <= said
        assert item.comment_count == said or any(event.kind == "undo" for event in counting)
        assert all(isinstance(pledge.standing, PledgeStanding) for pledge in item.pledges)
    for event in past.events:
        assert board.events[event.name].raw == event.raw
        assert board.graph(event.home).depth(event.name) is not None


@settings(max_examples=60, deadline=None)
@given(PASTS)
def test_coverage_never_exceeds_what_is_asked_and_adds_up(past: Past) -> None:
    for item in past.board().items.values():
        every = {pledge.name: pledge for pledge in item.pledges}
        assert len(every) == len(item.pledges)
        _adds_up(item, item.lines, [(p.standing, p.taken) for p in item.pledges if not (p.day and item.repeat)])
        for one in item.rounds:
            _adds_up(item, one.lines, [(standing, taken) for _, standing, taken in one.pledges])
            assert every.keys() >= {name for name, _, _ in one.pledges}
        for pledge in item.pledges:
            promised = dict(pledge.promised)
            assert all(0 < quantity <= promised[line] for line, quantity in pledge.taken)
            goes = pledge.standing in {PledgeStanding.PRIMARY, PledgeStanding.ON_THE_WAY}
            assert goes <= bool(pledge.taken)
            assert bool(pledge.taken) <= (goes or pledge.standing in HANDED)
        _status_fits(item)


def _adds_up(item: Item, lines: Sequence[ItemLine], taken: list[tuple[PledgeStanding, Taking]]) -> None:
    for number, line in enumerate(lines):
        assert 0 <= line.confirmed <= line.delivered
        assert line.delivered + line.going <= line.pledged
        assert line.pledged == sum(q for _, part in taken for n, q in part if n == number)
        handed = sum(q for standing, part in taken if standing in HANDED for n, q in part if n == number)
        assert line.delivered == handed
        if item.kind != "standing":
            assert line.pledged <= line.quantity


def _status_fits(item: Item) -> None:
    lines = item.lines
    if item.status in {Status.WITHDRAWN, Status.MERGED, Status.PAUSED}:
        assert bool(item.merged_into) == (item.status is Status.MERGED)
        return
    expected = Status.OPEN
    if any(line.pledged for line in lines):
        expected = Status.PARTLY
    for status, full in (
        (Status.COVERED, all(line.pledged == line.quantity for line in lines)),
        (Status.DELIVERED, not item.repeat and all(line.delivered == line.quantity for line in lines)),
        (
            Status.DONE,
            not item.repeat and item.kind != "loan" and all(line.confirmed == line.quantity for line in lines),
        ),
    ):
        expected = status if full else expected
    assert item.status is (Status.OPEN if item.kind == "standing" else expected)


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_no_standby_waits_for_what_is_open(past: Past) -> None:
    for item in past.board().items.values():
        for pledge in item.pledges:
            if pledge.standing is PledgeStanding.STANDBY and not pledge.late and not item.repeat:
                assert not any(item.lines[line].open for line, _ in pledge.promised)


@settings(max_examples=60, deadline=None)
@given(PASTS, st.randoms(use_true_random=False))
def test_a_fold_that_goes_on_where_it_stopped_is_the_fold_from_the_beginning(past: Past, chance: random.Random) -> None:
    events = list(past.events)
    chance.shuffle(events)
    device = Board(past.epochs)
    # Stages are kept so often that these short histories go on from them.
    with (
        patch.object(item_fold, "_STRIDE", 2),
        patch.object(item_fold, "_HEADS", 3),
        patch.object(item_days, "KEPT_DAYS", 1),
        patch.object(item_life, "_LOOKED_AT", 3),
    ):
        for event in events:
            device.take([event])
            place = event.home
            if isinstance(place, bytes):
                assert device.items.get(place) == fold(device.graph(place), device.counts)


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_nobody_loses_a_pledge_but_by_their_own_word_or_a_lapse_that_they_can_contest(past: Past) -> None:
    board = past.board()
    for item in board.items.values():
        graph = board.graph(item.id)
        for pledge in item.pledges:
            spoken = {
                event.kind
                for _, _, event in graph.ready()
                if event.body.get("pledge") == pledge.name and event.author == pledge.author and board.counts(event)
            }
            if pledge.standing is PledgeStanding.RELEASED:
                assert "release" in spoken
            elif pledge.standing is PledgeStanding.LAPSED:
                assert pledge.lapsed_by not in {b"", None}
            elif pledge.standing not in HOLDING:
                assert pledge.standing in HANDED or item.kind == "loan"


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_which_events_are_set_aside_changes_no_depth(past: Past) -> None:
    judged, unjudged = past.board(), Board((), past.events)
    assert not unjudged.items
    for place, graph in judged.graphs.items():
        assert list(graph.ready()) == list(unjudged.graph(place).ready())


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_members_write_what_every_reader_takes(past: Past) -> None:
    for event in past.events:
        assert from_body(event) is not None


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_the_events_of_those_who_were_never_cut_all_count(past: Past) -> None:
    board = past.board()
    cut = {cut.identity for epoch in past.epochs for cut in epoch.cuts}
    for event in past.events:
        if event.author not in cut and event.kind != "group":
            # Whoever was added late, or removed and not heard of it, may have stated an epoch without being in it.
            stated = next(epoch for epoch in past.epochs if epoch.epoch_id == event.epoch)
            assert board.counts(event) == (event.author in stated.members)


@settings(max_examples=40, deadline=None)
@given(PASTS)
def test_what_a_committer_had_seen_without_a_gap_is_never_cut_off(past: Past) -> None:
    board = past.board()
    for epoch in past.epochs:
        for cut in epoch.cuts:
            link = None if cut.last is None or cut.role else board.authors.link(cut.last)
            while link is not None:
                event = board.events[link.name]
                stated = next(e for e in past.epochs if e.epoch_id == event.epoch)
                later = [
                    c.last
                    for e in past.epochs
                    for c in e.cuts
                    if c.identity == cut.identity and not c.role and e.number > stated.number
                ]
                if event.kind != "group" and later == [cut.last] and cut.identity in stated.members:
                    assert board.counts(event)
                link = None if link.previous is None else board.authors.link(link.previous)
