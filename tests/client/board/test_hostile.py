"""A member who sends anything at all: no crash, no stall, and nothing of anybody else's changed beyond the rules."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_client.board import (
    PEOPLE,
    SETTINGS,
    Comment,
    Confirm,
    Deliver,
    Event,
    Graph,
    Item,
    Line,
    Pledge,
    PledgeStanding,
    Release,
    fold_group_name,
    fold_people,
    to_body,
)
from taboon_client.board.deeds import Reject, Undo
from taboon_client.board.item_days import KEPT_DAYS
from taboon_client.board.item_fold import MAX_PLEDGES
from taboon_client.board.item_life import Life
from tests.client.board.worlds import GROUP, Actor, Board, Device, digest, group_of, meet, need

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

HOSTILE_TEXT = st.sampled_from(
    ["", " ", "x" * 2_500, "\x00", "\x1b[2J", "\u202eevil", "\u200f" * 9, "\ufffe", "a\u0301" * 70, "\U0001f9e8"]
)
NUMBERS = st.sampled_from([-(2**64), -1, 0, 1, 2, 10**9, 10**9 + 1, 2**31, 2**53, 2**63, 2**64 - 1])


def anything(names: list[bytes]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | HOSTILE_TEXT | st.sampled_from(names) | st.binary(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(st.tuples(NUMBERS, NUMBERS).map(list), max_size=3)
            | st.dictionaries(st.sampled_from(["quantity", "unit", "name", "x"]), inner, max_size=3)
        ),
        max_leaves=5,
    )


KEYS = st.sampled_from(
    [
        *("title", "created", "note", "lines", "urgency", "key", "quantities", "pledge", "reason", "text", "name", "x"),
        *("event", "into", "day", "first", "until", "when", "follow_up", "keys", "box", "locks", "details", "repeat"),
        *("safe_hours", "household", "consent", "answers", "languages", "code", "labels", "sense", "lease", "hours"),
    ]
)
KINDS = st.sampled_from(
    [
        *("need", "offer", "standing", "loan", "edit", "pledge", "release", "going", "deliver", "confirm", "returned"),
        "reject",
        *("lapse", "contest", "grant", "share", "details", "opened", "private", "renew", "pause", "withdraw", "merge"),
        *("undo", "comment", "follow-up", "followed-up", "outcome", "name", "group", "keeping", "category", "area"),
        *("question", "new-kind"),
    ]
)


def honest_world() -> tuple[Device, Device, Device, Event, Event, Event]:
    """A need of Amal's with a part that Rami handed over and a pledge of Noor's; Sami is the one who lies."""
    amal, rami, noor, sami = group_of("amal", "rami", "noor", "sami")
    item = amal.post(need(lines=(Line(quantity=5), Line(quantity=2))))
    meet(amal, rami, noor, sami)
    part = rami.post(Pledge(quantities=((0, 2),)), item.name)
    rami.post(Deliver(pledge=part.name), item.name, [part.name])
    meet(amal, rami, noor, sami)
    rest = noor.post(Pledge(), item.name)
    amal.post(Comment(text="thank you"), item.name)
    meet(amal, rami, noor, sami)
    return amal, rami, sami, item, part, rest


@st.composite
def attacks(draw: st.DrawFn) -> tuple[Device, Device, Item, list[Event]]:
    """Events of one member with any field at any value, that are well formed and rightly signed all the same."""
    amal, _, sami, item, part, rest = honest_world()
    names = [*amal.board.events, digest("never comes")]
    forged: list[Event] = []
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.sampled_from([None, item.name, item.name, PEOPLE, SETTINGS, "areas", part.name, digest("x")]))
        parents = set() if place is None else draw(st.sets(st.sampled_from(names), max_size=4))
        number = draw(st.sampled_from([1, 2, 3, 2**53 - 1]))
        body = draw(st.dictionaries(KEYS, anything(names), max_size=4))
        if draw(st.booleans()):
            body["pledge"] = draw(st.sampled_from([part.name, rest.name, item.name]))
        if draw(st.booleans()):
            body["event"] = draw(st.sampled_from(names))
        forged.append(
            sami.actor.make(
                draw(KINDS),
                body,
                place=place,
                parents=parents,
                epoch=draw(st.sampled_from([sami.epoch.epoch_id, digest("another epoch")])),
                number=number,
                previous=None if number == 1 else draw(st.sampled_from(names)),
            )
        )
        names.append(forged[-1].name)
    return amal, sami, amal.board.items[item.name], forged


@settings(max_examples=60, deadline=None)
@given(attacks(), st.randoms(use_true_random=False))
def test_nothing_that_a_member_sends_breaks_or_splits_the_board(
    attack: tuple[Device, Device, Item, list[Event]], chance: random.Random
) -> None:
    amal, _, _, forged = attack
    forged = [Event.read(event.raw, GROUP) for event in forged]
    honest = list(amal.board.events.values())
    one = Board(amal.board.history.epochs(), honest + forged)
    mixed = honest + forged
    chance.shuffle(mixed)
    other = Board(amal.board.history.epochs())
    for event in mixed:
        other.take([event])
    assert one.items == other.items
    for item in one.items.values():
        assert Item.decode(item.encode()) == item
    assert one.events == other.events
    for board in (one, other):
        assert fold_people(board.graph(PEOPLE), board.counts).keys() <= {attack[1].actor.identity}
        assert fold_group_name(board.graph(SETTINGS), board.counts) is None


@settings(max_examples=60, deadline=None)
@given(attacks())
def test_somebody_elses_item_changes_no_more_than_by_ones_own_pledges_and_comments(
    attack: tuple[Device, Device, Item, list[Event]],
) -> None:
    amal, sami, before, forged = attack
    board = Board(amal.board.history.epochs(), [*amal.board.events.values(), *forged])
    after = board.items[before.id]
    assert (after.author, after.title, after.note, after.kind) == (
        before.author,
        before.title,
        before.note,
        before.kind,
    )
    assert [(line.quantity, line.unit, line.name) for line in after.lines] == [
        (line.quantity, line.unit, line.name) for line in before.lines
    ]
    assert after.status != "withdrawn"
    assert not any(line.confirmed for line in after.lines)
    others = [pledge for pledge in after.pledges if pledge.author != sami.actor.identity]
    assert sorted(pledge.name for pledge in others) == sorted(pledge.name for pledge in before.pledges)
    for pledge in others:
        was = before.pledge(pledge.name)
        assert was is not None
        assert (pledge.promised, pledge.note, pledge.depth) == (was.promised, was.note, was.depth)
        if pledge.standing is PledgeStanding.LAPSED:
            assert pledge.lapsed_by == sami.actor.identity
            assert any(own.author == sami.actor.identity for own in after.pledges)
        else:
            assert pledge.said == was.said
        # Somebody may come before a pledge that is only promised, or say that it lapsed if they have one too; nobody
        # undoes what was handed over.
        assert pledge.standing is was.standing or {pledge.standing, was.standing} <= {
            PledgeStanding.PRIMARY,
            PledgeStanding.STANDBY,
            PledgeStanding.LAPSED,
        }
    assert [c for c in after.comments if c.author != sami.actor.identity] == list(before.comments)
    for number, line in enumerate(after.lines):
        assert 0 <= line.delivered <= line.pledged <= line.quantity
        assert line.pledged == sum(q for pledge in after.pledges for n, q in pledge.taken if n == number)


@settings(max_examples=60, deadline=None)
@given(attacks())
def test_only_who_pretends_to_have_left_or_handed_over_comes_before_who_is_on_the_way(
    attack: tuple[Device, Device, Item, list[Event]],
) -> None:
    amal, sami, before, forged = attack
    noor = next(pledge for pledge in before.pledges if pledge.standing is PledgeStanding.PRIMARY)
    by_noor = Actor("noor")
    by_noor.number, by_noor.last = 99, noor.name
    going = by_noor.make(
        "going", {"pledge": noor.name}, place=before.id, parents=[noor.name], epoch=amal.epoch.epoch_id
    )
    board = Board(amal.board.history.epochs(), [*amal.board.events.values(), going, *forged])
    after = board.items[before.id].pledge(noor.name)
    assert after is not None
    assert after.standing in {PledgeStanding.ON_THE_WAY, PledgeStanding.STANDBY}
    if after.standing is not PledgeStanding.ON_THE_WAY:
        own = [pledge for pledge in board.items[before.id].pledges if pledge.author == sami.actor.identity]
        assert any(pledge.going or pledge.standing is PledgeStanding.HANDED_OVER for pledge in own)


def test_forged_parents_make_an_event_wait_and_hold_up_nobody() -> None:
    amal, _, sami, item, _, rest = honest_world()
    elsewhere = sami.post(need("elsewhere"))
    waiting = [
        sami.actor.make("comment", {"text": "x"}, place=item.name, parents=[parent], epoch=sami.epoch.epoch_id)
        for parent in (digest("never comes"), elsewhere.name)
    ]
    before = amal.board.items[item.name]
    amal.board.take([elsewhere, *waiting])
    assert amal.board.items[item.name] == before
    answer = amal.post(Confirm(pledge=rest.name), item.name, [rest.name])
    assert not {event.name for event in waiting} & set(answer.parents)
    assert amal.board.items[item.name].pledges[0].standing is not None


def test_a_confirmation_by_whoever_is_no_author_of_the_item_moves_nothing() -> None:
    amal, rami, sami, item, part, rest = honest_world()
    before = amal.board.items[item.name]
    for device in (rami, sami):
        device.hear(amal)
        for pledge in (part, rest):
            device.post(Confirm(pledge=pledge.name), item.name, [pledge.name])
    sami.post(Release(pledge=rest.name), item.name, [rest.name])
    meet(amal, rami, sami)
    assert amal.board.items[item.name].pledges == before.pledges


def test_a_thousand_pledges_of_one_member_on_fifty_lines_have_the_effect_of_fifty_and_none_is_forgotten() -> None:
    amal, _, sami, _, _, _ = honest_world()
    item = amal.post(need(lines=tuple(Line(quantity=10**9) for _ in range(50))))
    sami.hear(amal)
    flood = [
        Event(
            name=digest(f"flood {number}"), author=sami.actor.identity, number=number + 9, previous=item.name,
            place=item.name, parents=(item.name,), epoch=sami.epoch.epoch_id, kind="pledge",
            body={"quantities": [[line, 1] for line in range(50)]}, understood=True, raw=b"",
        )
        for number in range(1_000)
    ]  # fmt: skip
    amal.board.take(flood)
    folded = amal.board.items[item.name]
    assert (len(folded.pledges), folded.ignored, folded.events) == (MAX_PLEDGES, 1_000 - MAX_PLEDGES, 1_001)
    assert all(line.pledged == MAX_PLEDGES for line in folded.lines)


def chained(by: Device, kind: str, bodies: Iterable[dict[str, Any]], place: bytes, parent: bytes) -> list[Event]:
    """Events that stand on each other, one on one, and that nobody has taken in yet."""
    events = []
    for body in bodies:
        made = by.actor.make(kind, body, place=place, parents={parent, *body.get("also", ())}, epoch=by.epoch.epoch_id)
        parent = made.name
        events.append(made)
    return events


def test_taking_back_does_not_walk_what_it_stands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    amal, _, sami, item, _, _ = honest_world()
    count = 400
    comments = chained(sami, "comment", [{"text": "x"}] * count, item.name, item.name)
    undos = chained(
        sami,
        "undo",
        [{"event": one.name, "also": [one.name]} for one in comments],
        item.name,
        comments[-1].name,
    )
    looked = Counter[str]()

    def get(graph: Graph, name: bytes) -> Event | None:
        looked["get"] += 1
        return graph._events.get(name)

    monkeypatch.setattr(Graph, "get", get)
    monkeypatch.setattr(Graph, "below", lambda *_: pytest.fail("an undo walked the graph"))
    amal.board.take([*comments, *undos])
    assert looked["get"] < 3 * count
    assert amal.board.items[item.name].comment_count == 1


def test_what_is_not_taken_back_by_name_among_the_parents_stays() -> None:
    amal, _, sami, item, _, _ = honest_world()
    comments = chained(sami, "comment", [{"text": "x"}] * 2, item.name, item.name)
    undo = chained(sami, "undo", [to_body(Undo(event=comments[0].name))], item.name, comments[1].name)
    amal.board.take([*comments, *undo])
    assert amal.board.items[item.name].comment_count == 3


def test_who_says_a_thousand_times_to_go_makes_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    amal, _, sami, item, _, _ = honest_world()
    pledges = [
        sami.actor.make("pledge", {}, place=item.name, parents=[item.name], epoch=sami.epoch.epoch_id)
        for _ in range(MAX_PLEDGES)
    ]
    releases = chained(
        sami, "release", [{"pledge": pledges[0].name}] * 1_500, item.name, max(one.name for one in pledges)
    )
    goings = [
        sami.actor.make(
            "going", {"pledge": one.name}, place=item.name, parents=[releases[-1].name], epoch=sami.epoch.epoch_id
        )
        for _ in range(3)
        for one in pledges
    ]
    looks = Counter[str]()
    take = Life.take

    def counted(life: Life, *args: Any, **named: Any) -> None:
        looks["nested" if life.nested else "whole"] += 1
        take(life, *args, **named)

    monkeypatch.setattr(Life, "take", counted)
    amal.board.take([*pledges, *releases, *goings])
    # Every look folds no more than a thousand of one member's events, and there are no more than 50 looks.
    assert looks["nested"] <= 50 * 1_020
    assert looks["whole"] <= len(amal.board.events)


def test_nobody_uses_up_the_days_of_others_or_turns_a_day_into_the_whole() -> None:
    amal, rami, noor, sami = group_of("amal", "rami", "noor", "sami")
    item = noor.post(need(repeat="FREQ=DAILY", first="2026-01-01"))
    meet(amal, rami, noor, sami)
    honest = rami.post(Pledge(), item.name)
    lying = sami.post(Pledge(), item.name)
    days = [str(date(2030, 1, 1) + timedelta(days=number)) for number in range(500)]
    noor.board.take(
        chained(sami, "release", [{"pledge": lying.name, "day": day} for day in days], item.name, lying.name)
    )
    meet(amal, rami, noor, sami)
    rami.post(Deliver(pledge=honest.name, day="2026-12-02"), item.name, [honest.name])
    meet(amal, rami, noor, sami)
    noor.post(Confirm(pledge=honest.name, day="2026-12-02"), item.name, [honest.name])
    meet(amal, rami, noor, sami)
    folded = amal.board.items[item.name]
    by_name = {pledge.name: pledge.standing for pledge in folded.pledges}
    assert by_name[honest.name] in {PledgeStanding.PRIMARY, PledgeStanding.STANDBY}
    assert by_name[lying.name] is not PledgeStanding.RELEASED
    assert len(folded.rounds) == KEPT_DAYS + 1
    (done,) = (one for one in folded.rounds if one.day == "2026-12-02")
    assert (honest.name, PledgeStanding.CONFIRMED) in {(name, standing) for name, standing, _ in done.pledges}


def test_who_hands_over_every_day_never_runs_out_of_days() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need(repeat="FREQ=DAILY", first="2026-01-01"))
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    days = [str(date(2026, 1, 1) + timedelta(days=number)) for number in range(500)]
    amal.board.take(
        chained(rami, "deliver", [{"pledge": pledge.name, "day": day} for day in days], item.name, pledge.name)
    )
    meet(amal, rami)
    folded = rami.board.items[item.name]
    assert [one.day for one in folded.rounds] == days[-KEPT_DAYS:]
    assert all(one.pledges[0][1] is PledgeStanding.HANDED_OVER for one in folded.rounds)
    assert folded.pledges[0].standing is PledgeStanding.PRIMARY


def test_who_only_says_to_have_handed_over_takes_a_need_from_nobody_for_good() -> None:
    amal, rami, noor, sami = group_of("amal", "rami", "noor", "sami")
    item = noor.post(need(lines=(Line(quantity=10),)))
    meet(amal, rami, noor, sami)
    honest = rami.post(Pledge(), item.name)
    meet(amal, rami, noor, sami)
    lying = sami.post(Pledge(), item.name)
    sami.post(Deliver(pledge=lying.name), item.name, [lying.name])
    meet(amal, rami, noor, sami)
    assert amal.board.items[item.name].status == "delivered"
    # Nobody but the item's side can say that it was not so.
    rami.post(Reject(pledge=lying.name), item.name, [lying.name])
    meet(amal, rami, noor, sami)
    assert amal.board.items[item.name].status == "delivered"
    noor.post(Reject(pledge=lying.name, reason="nobody came"), item.name, [lying.name])
    meet(amal, rami, noor, sami)
    # Saying it again changes nothing, until the item's side confirms.
    sami.post(Deliver(pledge=lying.name), item.name, [lying.name])
    meet(amal, rami, noor, sami)
    folded = amal.board.items[item.name]
    assert folded.status == "covered"
    standings = {pledge.name: (pledge.standing, pledge.rejected, pledge.said) for pledge in folded.pledges}
    assert standings[honest.name] == (PledgeStanding.PRIMARY, False, "")
    assert standings[lying.name] == (PledgeStanding.STANDBY, True, "nobody came")
    noor.post(Confirm(pledge=lying.name), item.name, [lying.name])
    noor.post(Reject(pledge=lying.name), item.name, [lying.name])
    meet(amal, rami, noor, sami)
    assert rami.board.items[item.name].status == "done"
