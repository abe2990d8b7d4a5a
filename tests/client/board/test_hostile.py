"""A member who sends anything at all: no crash, no stall, and nothing of anybody else's changed beyond the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_client.board import (
    PEOPLE,
    SETTINGS,
    Comment,
    Confirm,
    Deliver,
    Event,
    Item,
    Line,
    Pledge,
    PledgeStanding,
    Release,
    fold_group_name,
    fold_people,
)
from taboon_client.board.item_fold import MAX_PLEDGES
from tests.client.board.worlds import GROUP, Actor, Board, Device, digest, group_of, meet, need

if TYPE_CHECKING:
    import random

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
