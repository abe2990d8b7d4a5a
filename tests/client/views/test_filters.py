"""Which items a view shows, and in which order: the same on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Freshness, ItemFollowUp, PledgeStanding, Status
from taboon_client.errors import FormatError
from taboon_client.views.filters import Now, Order, View, choose
from tests.client.views.boards import AMAL, BASIL, NOON, ZAHRA, item, line, pledge

if TYPE_CHECKING:
    import random

    from taboon_client.board import Item

HOUR = 3_600
DUE = ItemFollowUp(name=b"", author=AMAL, when=NOON, note="", done_by=b"", answer="")
VIEWS = st.builds(
    View,
    text=st.text(max_size=200),
    kinds=st.lists(st.text(max_size=64), max_size=5).map(tuple),
    statuses=st.lists(st.sampled_from(sorted(Status)), max_size=3).map(tuple),
    categories=st.lists(st.text(max_size=64), max_size=5).map(tuple),
    areas=st.lists(st.text(max_size=64), max_size=5).map(tuple),
    mine=st.booleans(),
    stale=st.booleans(),
    needed_within=st.integers(0, 1 << 40),
    order=st.sampled_from(Order),
)


def shown(items: list[Item], view: View, me: bytes = ZAHRA, **now: Any) -> list[str]:
    return [one.title for one in choose(items, view, Now(NOON, me, now.get("freshness", {}), {}))]


@pytest.mark.parametrize(
    ("view", "fields"),
    [
        (View(kinds=("offer",)), {"kind": "offer"}),
        (View(statuses=("partly",)), {"status": Status.PARTLY}),
        (View(statuses=("done",)), {"status": Status.DONE}),
        (View(categories=("water",)), {"category": "water"}),
        (View(categories=("tank",)), {"category": "water", "sub": "tank"}),
        (View(areas=("المدرسة",)), {"area": "المدرسـة"}),
        (View(urgencies=("now", "soon")), {"urgency": "soon"}),
        (View(languages=("ar",)), {"languages": ("en", "ar")}),
        (View(languages=("ar",)), {"language": "ar"}),
        (View(mine=True), {"author": ZAHRA}),
        (View(mine=True), {"pledges": (pledge(ZAHRA, PledgeStanding.STANDBY),)}),
        (View(pledged=True), {"pledges": (pledge(ZAHRA, PledgeStanding.ON_THE_WAY),)}),
        (View(needed_by=NOON + HOUR), {"needed_by": NOON + HOUR}),
        (View(needed_within=HOUR), {"needed_by": NOON + HOUR}),
        (View(due=True), {"follow_ups": (DUE,)}),
    ],
)  # fmt: skip
def test_a_view_shows_what_fits_and_nothing_else(view: View, fields: dict[str, Any]) -> None:
    other = item("no", status=Status.COVERED, lines=(line(pledged=1),), answered=True)
    assert shown([item("yes", **fields), other], view) == ["yes"]


def test_open_ends_fresh_and_unanswered_are_told_apart() -> None:
    left, taken = item("left", lines=(line(5, pledged=4),)), item("taken", lines=(line(5, pledged=5),), answered=True)
    assert shown([left, taken], View(unpledged=True)) == ["left"]
    assert shown([left, taken], View(nobody=True)) == ["left"]
    assert shown([left, taken], View(stale=True), freshness={taken.id: Freshness.FADED}) == ["taken"]


def test_what_is_closed_is_shown_only_where_it_is_asked_for() -> None:
    board = [item(status.value, status=status) for status in Status]
    assert set(shown(board, View())) == {"open", "partly", "covered", "delivered", "paused"}
    assert len(shown(board, View(closed=True))) == len(Status)


def test_what_i_gave_back_is_not_mine() -> None:
    gone = item("gone", pledges=(pledge(ZAHRA, PledgeStanding.RELEASED), pledge(BASIL)))
    assert shown([gone], View(mine=True)) == shown([gone], View(pledged=True)) == []
    assert shown([gone], View(mine=True), me=BASIL) == ["gone"]


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        (Order.URGENCY, ["b", "a", "d", "c"]),
        (Order.OLDEST, ["c", "b", "a", "d"]),
        (Order.NEWEST, ["d", "a", "b", "c"]),
        (Order.LATEST, ["c", "d", "a", "b"]),
        (Order.NEEDED, ["d", "c", "b", "a"]),
    ],
)
def test_every_order(order: Order, titles: list[str]) -> None:
    board = [
        item("a", urgency="now", created=NOON + 2, latest=NOON + 3),
        item("b", urgency="now", created=NOON + 1, latest=NOON + 2),
        item("c", urgency="a word of a newer version", created=NOON, latest=NOON + 9, needed_by=NOON + 9),
        item("d", urgency="whenever", created=NOON + 3, latest=NOON + 4, needed_by=NOON + 8),
    ]
    assert shown(board, View(order=order)) == titles


@given(st.randoms(use_true_random=False), st.sampled_from(Order))
def test_equal_items_come_in_one_order_on_every_device(order: random.Random, by: Order) -> None:
    board = [item(str(number)) for number in range(6)]
    expected = shown(board, View(order=by))
    order.shuffle(board)
    assert shown(board, View(order=by)) == expected


@given(VIEWS)
def test_a_saved_view_comes_back_as_it_was(view: View) -> None:
    assert View.decode(view.encode()) == view


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b'{"order": "by colour"}', b'{"text": 5}', b'{"kinds": ["' + b"x" * 65 + b'"]}']
)
def test_a_view_of_another_make_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="save it again"):
        View.decode(data)
