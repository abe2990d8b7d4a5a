"""What the events of one item come to."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import (
    Comment,
    Confirm,
    Deliver,
    Graph,
    Item,
    Line,
    Name,
    Offer,
    Pledge,
    PledgeStanding,
    Release,
    Status,
    Withdraw,
    fold,
    thread,
)
from taboon_client.board.item_fold import KEPT_COMMENTS
from taboon_client.errors import FieldError, FormatError
from tests.client.board.worlds import Board, Device, digest, group_of, meet, need

if TYPE_CHECKING:
    from taboon_client.board import Event

PRIMARY, STANDBY = PledgeStanding.PRIMARY, PledgeStanding.STANDBY
RELEASED, HANDED, CONFIRMED = PledgeStanding.RELEASED, PledgeStanding.HANDED_OVER, PledgeStanding.CONFIRMED
TWO_LINES = (Line(quantity=10, unit="kg", name="flour"), Line(quantity=3, name="blankets"))


def the(device: Device, item: Event) -> Item:
    return device.board.items[item.name]


def standing(device: Device, item: Event, pledge: Event) -> PledgeStanding:
    found = the(device, item).pledge(pledge.name)
    assert found is not None
    return found.standing


def test_an_item_shows_what_its_opening_says() -> None:
    (amal,) = group_of("amal")
    event = amal.post(
        need(
            "Flour",
            note="for the oven",
            original="طحين للفرن",
            category="food",
            urgency="soon",
            area="upper school side",
            key=b"k" * 16,
            lines=TWO_LINES,
        )
    )
    item = the(amal, event)
    assert (item.id, item.kind, item.author) == (event.name, "need", amal.actor.identity)
    assert (item.title, item.note, item.original) == ("Flour", "for the oven", "طحين للفرن")
    assert (item.category, item.urgency, item.area, item.key) == ("food", "soon", "upper school side", b"k" * 16)
    assert [(line.quantity, line.unit, line.name, line.open) for line in item.lines] == [
        (10, "kg", "flour", 10),
        (3, "", "blankets", 3),
    ]
    assert (item.status, item.created, item.latest) == (Status.OPEN, 1_700_000_000, 1_700_000_000)
    assert (item.depth, item.events, item.set_aside, item.opening_set_aside) == (0, 1, 0, False)


def test_an_item_without_lines_is_one_of_quantity_one() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    rami.post(Pledge(), item.name)
    assert [(line.quantity, line.pledged) for line in the(rami, item).lines] == [(1, 1)]
    assert the(rami, item).status is Status.COVERED


def test_an_offer_is_pledged_like_a_need() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(Offer(title="A spare room", created=5))
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    assert the(rami, item).kind == "offer"
    assert standing(rami, item, pledge) is PRIMARY


def test_a_need_goes_from_open_to_done() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need(lines=TWO_LINES))
    seen = [the(amal, item).status]

    def step(device: Device, body: Any, *speaks_of: Event) -> Event:
        event = device.post(body, item.name, [e.name for e in speaks_of])
        meet(amal, rami, noor)
        seen.append(the(amal, item).status)
        return event

    meet(amal, rami, noor)
    part = step(rami, Pledge(quantities=((0, 4),)))
    rest = step(noor, Pledge(quantities=((0, 6), (1, 3))))
    step(rami, Deliver(pledge=part.name), part)
    step(noor, Deliver(pledge=rest.name), rest)
    step(amal, Confirm(pledge=part.name), part)
    step(amal, Confirm(pledge=rest.name), rest)
    assert seen == ["open", "partly", "covered", "covered", "delivered", "delivered", "done"]
    assert [(line.pledged, line.delivered, line.confirmed) for line in the(amal, item).lines] == [(10,) * 3, (3,) * 3]


def test_two_offline_pledges_have_the_same_primary_everywhere() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need("Gas cylinder"))
    meet(amal, rami, noor)
    pledges = [rami.post(Pledge(), item.name), noor.post(Pledge(), item.name)]
    assert [standing(rami, item, pledges[0]), standing(noor, item, pledges[1])] == [PRIMARY, PRIMARY]
    meet(amal, rami, noor)
    by_rank = sorted(pledges, key=lambda p: sha256(b"taboon pledge v1" + item.name + p.author).digest())
    for device in (amal, rami, noor):
        assert standing(device, item, by_rank[0]) is PRIMARY
        assert standing(device, item, by_rank[1]) is STANDBY
        assert [pledge.name for pledge in the(device, item).pledges] == [pledge.name for pledge in by_rank]


def test_who_had_seen_a_pledge_comes_after_it_whatever_the_hash() -> None:
    amal, rami, noor, sami = group_of("amal", "rami", "noor", "sami")
    helpers = [rami, noor, sami]
    for first in helpers:
        item = amal.post(need())
        meet(amal, *helpers)
        early = first.post(Pledge(), item.name)
        meet(amal, *helpers)
        later = [helper.post(Pledge(), item.name) for helper in helpers if helper is not first]
        meet(amal, *helpers)
        assert standing(amal, item, early) is PRIMARY
        assert [standing(amal, item, pledge) for pledge in later] == [STANDBY, STANDBY]


def test_a_standby_becomes_primary_when_the_primary_releases() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need())
    meet(amal, rami)
    first = rami.post(Pledge(), item.name)
    meet(amal, rami, noor)
    second = noor.post(Pledge(), item.name)
    meet(amal, rami, noor)
    rami.post(Release(pledge=first.name, reason="the road is closed", created=9), item.name, [first.name])
    meet(amal, rami, noor)
    assert standing(amal, item, first) is RELEASED
    assert standing(amal, item, second) is PRIMARY
    released = the(amal, item).pledges[-1]
    assert (released.name, released.taken, released.said, released.changed) == (first.name, (), "the road is closed", 9)


def test_who_has_handed_over_is_not_displaced_by_who_ranks_before() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need())
    meet(amal, rami, noor)
    pledges = [(device, device.post(Pledge(), item.name)) for device in (rami, noor)]
    meet(amal, rami, noor)
    behind = next(pledge for pledge in pledges if standing(amal, item, pledge[1]) is STANDBY)
    before = next(pledge for pledge in pledges if standing(amal, item, pledge[1]) is PRIMARY)
    behind[0].post(Deliver(pledge=behind[1].name), item.name, [behind[1].name])
    meet(amal, rami, noor)
    assert standing(amal, item, behind[1]) is HANDED
    assert standing(amal, item, before[1]) is STANDBY
    assert the(amal, item).status is Status.DELIVERED


def test_parts_fill_each_line_and_the_overlap_is_standby() -> None:
    amal, rami, noor, sami = group_of("amal", "rami", "noor", "sami")
    item = amal.post(need(lines=TWO_LINES))
    for device, quantities in ((rami, ((0, 7),)), (noor, ((0, 7), (1, 1))), (sami, ((0, 2),))):
        meet(amal, rami, noor, sami)
        device.post(Pledge(quantities=quantities), item.name)
    meet(amal, rami, noor, sami)
    assert [(p.standing, p.promised, p.taken) for p in the(amal, item).pledges] == [
        (PRIMARY, ((0, 7),), ((0, 7),)),
        (PRIMARY, ((0, 7), (1, 1)), ((0, 3), (1, 1))),
        (STANDBY, ((0, 2),), ()),
    ]
    assert [(line.pledged, line.open) for line in the(amal, item).lines] == [(10, 0), (1, 2)]
    assert the(amal, item).status is Status.PARTLY


def test_a_line_that_is_not_there_is_ignored_and_one_named_twice_adds_up() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need(lines=TWO_LINES))
    meet(amal, rami)
    nowhere = rami.post(Pledge(quantities=((2, 5),)), item.name)
    rami.post(Pledge(quantities=((1, 1), (0, 2), (1, 1), (9, 9))), item.name)
    assert standing(rami, item, nowhere) is STANDBY
    assert [pledge.promised for pledge in the(rami, item).pledges] == [(), ((0, 2), (1, 2))]


def test_one_member_may_pledge_more_than_once() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need(lines=TWO_LINES))
    meet(amal, rami)
    for quantity in (4, 5, 6):
        rami.post(Pledge(quantities=((0, quantity),)), item.name)
    assert [pledge.taken for pledge in the(rami, item).pledges] == [((0, 4),), ((0, 5),), ((0, 1),)]


@pytest.mark.parametrize("body", [Release, Deliver])
def test_only_its_author_releases_or_hands_over_a_pledge(body: type[Release | Deliver]) -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    meet(amal, rami, noor)
    for device in (amal, noor):
        device.post(body(pledge=pledge.name), item.name, [pledge.name])
    meet(amal, rami, noor)
    assert standing(amal, item, pledge) is PRIMARY


def test_only_the_items_author_confirms_and_withdraws() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    rami.post(Confirm(pledge=pledge.name), item.name, [pledge.name])
    rami.post(Withdraw(), item.name)
    assert standing(rami, item, pledge) is PRIMARY
    assert the(rami, item).status is Status.COVERED


def test_a_confirmation_is_final() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    meet(amal, rami)
    amal.post(Confirm(pledge=pledge.name, note="thank you", created=8), item.name, [pledge.name])
    rami.post(Release(pledge=pledge.name), item.name, [pledge.name])
    meet(amal, rami)
    rami.post(Release(pledge=pledge.name), item.name, [pledge.name])
    rami.post(Deliver(pledge=pledge.name), item.name, [pledge.name])
    meet(amal, rami)
    assert standing(amal, item, pledge) is CONFIRMED
    assert the(amal, item).status is Status.DONE
    assert (the(amal, item).pledges[0].said, the(amal, item).pledges[0].changed) == ("thank you", 8)


def test_who_released_and_went_after_all_has_handed_over_and_the_other_way_round() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    for body, expected in (
        (Release(pledge=pledge.name), RELEASED),
        (Deliver(pledge=pledge.name), HANDED),
        (Release(pledge=pledge.name), RELEASED),
    ):
        rami.post(body, item.name, [pledge.name])
        assert standing(rami, item, pledge) is expected


def test_a_withdrawn_item_keeps_its_pledges_and_a_later_one_as_standby() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    item = amal.post(need(lines=(Line(quantity=2),)))
    meet(amal, rami)
    early = rami.post(Pledge(quantities=((0, 1),)), item.name)
    meet(amal, rami)
    amal.post(Withdraw(reason="it came by itself", created=7), item.name)
    amal.post(Withdraw(reason="again", created=8), item.name)
    meet(amal, rami, noor)
    late = noor.post(Pledge(), item.name)
    assert (the(noor, item).status, the(noor, item).reason) == (Status.WITHDRAWN, "it came by itself")
    assert [(p.name, p.standing, p.late) for p in the(noor, item).pledges] == [
        (early.name, PRIMARY, False),
        (late.name, STANDBY, True),
    ]
    assert the(noor, item).lines[0].pledged == 1
    noor.post(Deliver(pledge=late.name), item.name, [late.name])
    assert standing(noor, item, late) is HANDED
    assert the(noor, item).lines[0].delivered == 2


def test_comments_stand_in_the_order_of_the_fold() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    for text in ("on my way", "which door?", "the blue one"):
        meet(amal, rami)
        rami.post(Comment(text=text, created=1_800_000_000), item.name)
    assert [comment.text for comment in the(rami, item).comments] == ["on my way", "which door?", "the blue one"]
    assert the(rami, item).latest == 1_800_000_000


def test_an_event_that_speaks_of_a_pledge_that_is_not_before_it_has_no_effect() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    for parents in ([], [item.name]):
        forged = rami.actor.make(
            "release", {"pledge": pledge.name}, place=item.name, parents=parents, epoch=rami.epoch.epoch_id
        )
        rami.board.take([forged])
    first = min(rami.board.graph(item.name).ready())
    # The one without parents sorts before the pledge; the other may sort on either side of it, by its name.
    assert first[2].kind in {"release", "need"}
    order = [name for _, name, _ in rami.board.graph(item.name).ready()]
    beside = next(e for e in rami.board.events.values() if e.kind == "release" and e.parents)
    expected = RELEASED if order.index(beside.name) > order.index(pledge.name) else PRIMARY
    assert standing(rami, item, pledge) is expected


def test_a_writer_does_not_speak_of_what_it_has_not_seen() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    with pytest.raises(FieldError):
        amal.post(Confirm(pledge=pledge.name), item.name, [pledge.name])


def test_an_item_whose_opening_is_not_here_is_none_until_it_comes() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    comment = amal.post(Comment(text="soon, please"), item.name)
    rami.board.take([comment])
    assert rami.board.items == {}
    rami.board.take([item])
    assert rami.board.items == amal.board.items


@pytest.mark.parametrize(
    ("kind", "body"),
    [("need", {"title": "x" * 141, "created": 5}), ("need", {}), ("roll-call", {"title": "x", "created": 5})],
)
def test_an_opening_that_this_version_does_not_take_is_kept_without_an_item(kind: str, body: dict[str, Any]) -> None:
    amal, rami = group_of("amal", "rami")
    opening = amal.actor.make(kind, body, epoch=amal.epoch.epoch_id)
    rami.board.take([opening])
    comment = rami.post(Comment(text="what is this?"), opening.name)
    assert rami.board.items == {}
    assert comment.parents == (opening.name,)


def test_a_register_is_no_item() -> None:
    (amal,) = group_of("amal")
    amal.post(Name(name="Amal"), "people")
    assert fold(amal.board.graph("people"), amal.board.counts) is None
    assert fold(Graph(digest("nothing")), amal.board.counts) is None


def test_an_item_whose_opening_is_set_aside_stays_while_somebody_else_counts_in_it() -> None:
    amal, rami, noor = group_of("amal", "rami", "noor")
    helped, alone = rami.post(need("helped")), rami.post(need("alone"))
    own = rami.post(Comment(text="please"), alone.name)
    noor.hear(rami)
    pledge = noor.post(Pledge(), helped.name)
    amal.commit(remove=[rami])
    meet(amal, rami, noor)
    for device in (amal, rami, noor):
        assert set(device.board.items) == {helped.name}
        item = the(device, helped)
        assert (item.title, item.opening_set_aside, item.set_aside) == ("helped", True, 1)
        assert standing(device, helped, pledge) is PRIMARY
    assert own.name in amal.board.events


def test_an_item_comes_and_goes_with_its_opening() -> None:
    amal, rami = group_of("amal", "rami")
    item = rami.post(need())
    amal.hear(rami)
    board = Board(amal.board.history.epochs(), [item])
    assert item.name in board.items
    cut_unseen = Board(amal.board.history.epochs())
    amal_alone = Device(amal.actor, amal.board.history.epochs())
    amal_alone.commit(remove=[rami])
    for other in (board, cut_unseen):
        other.follow(amal_alone.board.history.epochs())
        other.take([item])
        assert other.items == {}


def test_a_stored_item_reads_as_it_was_and_always_has_the_same_bytes() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need(lines=TWO_LINES))
    meet(amal, rami)
    rami.post(Pledge(quantities=((0, 4),), note="tomorrow"), item.name)
    rami.post(Comment(text="هل ما زال مطلوبا؟"), item.name)
    meet(amal, rami)
    stored = the(amal, item).encode()
    assert Item.decode(stored) == the(rami, item)
    assert the(rami, item).encode() == stored


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x01", b"\x02rest", b"\x01\x93\x01\x02\x03"])
def test_a_stored_item_of_another_version_is_refused_so_that_it_is_folded_again(damage: bytes) -> None:
    with pytest.raises(FormatError, match="fold it again"):
        Item.decode(damage)


def test_a_cut_short_stored_item_is_refused() -> None:
    (amal,) = group_of("amal")
    stored = the(amal, amal.post(need())).encode()
    for end in range(len(stored)):
        with pytest.raises(FormatError):
            Item.decode(stored[:end])


def test_an_item_prints_nothing_that_a_member_wrote() -> None:
    amal, rami = group_of("amal", "rami")
    event = amal.post(need("insulin for Abu Ali", lines=(Line(quantity=1, name="insulin"),)))
    meet(amal, rami)
    rami.post(Pledge(note="insulin"), event.name)
    rami.post(Comment(text="insulin"), event.name)
    item = the(rami, event)
    assert "insulin" not in repr(item) + repr(item.lines) + repr(item.pledges) + repr(item.comments)
    assert item.__rich_repr__() == []


def test_ten_thousand_comments_are_all_there_and_the_item_stays_small() -> None:
    amal, rami = group_of("amal", "rami")
    item = amal.post(need())
    meet(amal, rami)
    pledge = rami.post(Pledge(), item.name)
    # One signature each would only cost time here.
    flood = [
        pledge.__class__(
            name=digest(f"flood {number}"), author=rami.actor.identity, number=number + 3, previous=pledge.name,
            place=item.name, parents=(pledge.name,), epoch=rami.epoch.epoch_id, kind="comment",
            body={"text": f"{number} " + "x" * 1990}, understood=True, raw=b"",
        )
        for number in range(10_000)
    ]  # fmt: skip
    amal.board.take([pledge, *flood])
    folded = the(amal, item)
    assert folded.comment_count == 10_000
    assert len(folded.comments) == KEPT_COMMENTS
    whole = list(thread(amal.board.graph(item.name), amal.board.counts))
    assert len(whole) == 10_000
    assert tuple(whole[-KEPT_COMMENTS:]) == folded.comments
    assert folded.pledge(pledge.name) is not None
