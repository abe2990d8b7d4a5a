"""Items that two people merged into each other: none is lost, and every device shows the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import Offer, Status
from taboon_client.board.deeds import Merge
from taboon_client.board.merges import MAX_CIRCLE, circle_of
from taboon_client.errors import NotAllowedError

if TYPE_CHECKING:
    from taboon_client.board import Item
    from tests.client.ledger.home import Home


def merge(home: Home, item: Item, into: Item) -> None:
    """Merge as somebody does who has not seen what the others did."""
    home.write(lambda tx: home.desk.ledger.make(tx, home.grp, Merge(into=into.id), item.id, ()))


def statuses(home: Home, *items: Item) -> list[Status | None]:
    found = [home.item(item.id) for item in items]
    return [None if one is None else one.status for one in found]


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("turn", [0, 1])
def test_of_items_merged_in_a_circle_the_smallest_stays_and_what_shows_that_is_kept(
    home: Home, count: int, turn: int
) -> None:
    items = sorted((home.post(f"Bread {number}", urgency="now") for number in range(count)), key=lambda item: item.id)
    order = items[turn:] + items[:turn]
    for at, item in enumerate(order):
        merge(home, item, order[(at + 1) % count])
    expected: list[Status | None] = [Status.OPEN, *[Status.MERGED] * (count - 1)]
    assert statuses(home, *items) == expected
    home.later(days=8)
    assert statuses(home, *items) == expected
    # Folded from the beginning it is the same.
    home.write(lambda tx: home.desk.ledger.refold(tx, home.grp, [item.id for item in items], anew=True))
    assert statuses(home, *items) == expected
    kept = home.item(items[0].id)
    assert kept is not None
    home.act(kept, lambda acts: acts.withdraw(kept, "", "done"))
    home.later(days=8)
    home.later(days=0)
    assert statuses(home, *items) == [None] * count


def test_taking_one_merge_back_ends_the_circle(home: Home) -> None:
    one, other = sorted((home.post("Bread"), home.post("Loaves")), key=lambda item: item.id)
    merge(home, one, other)
    merge(home, other, one)
    merged = home.item(other.id)
    assert merged is not None
    home.act(merged, lambda acts: acts.undo(merged, None))
    assert statuses(home, one, other) == [Status.MERGED, Status.OPEN]


def test_what_was_closed_by_itself_does_not_stay_in_the_place_of_what_is_open(home: Home) -> None:
    one, other = sorted((home.post("Bread"), home.post("Loaves")), key=lambda item: item.id)
    home.act(one, lambda acts: acts.withdraw(one, ""))
    merge(home, one, other)
    merge(home, other, one)
    assert statuses(home, one, other) == [Status.MERGED, Status.OPEN]


def test_a_merge_that_would_lose_something_is_refused(home: Home) -> None:
    bread, loaves, closed = home.post("Bread"), home.post("Loaves"), home.post("Soap")
    home.act(closed, lambda acts: acts.withdraw(closed, ""))
    given = home.write(lambda tx: home.acts(tx).post(Offer(title="An oven", created=5), None)[0])
    offer, shut = home.item(given), home.item(closed.id)
    assert offer is not None
    assert shut is not None
    with pytest.raises(NotAllowedError, match="is closed: open it again first"):
        home.act(bread, lambda acts: acts.merge(bread, shut))
    with pytest.raises(NotAllowedError, match="a need goes on in a need"):
        home.act(bread, lambda acts: acts.merge(bread, offer))
    home.act(bread, lambda acts: acts.merge(bread, loaves))
    merged = home.item(bread.id)
    assert merged is not None
    with pytest.raises(NotAllowedError, match="is closed"):
        home.act(loaves, lambda acts: acts.merge(loaves, merged))


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 9)))
def test_a_circle_is_the_same_from_each_of_its_items_and_nothing_else_is_in_one(merged: dict[int, int]) -> None:
    into = {bytes([one]): bytes([other]) for one, other in merged.items() if one != other}
    circles = {item: circle_of(item, into[item], lambda one: into.get(one, b"")) for item in into}
    for item, circle in circles.items():
        here = item
        for _ in range(len(into) + 1):
            here = into.get(here, b"")
            if here in {b"", item}:
                break
        assert bool(circle) == (here == item)
        assert all(set(circles[other]) == set(circle) for other in circle)


def test_a_chain_that_never_ends_is_left() -> None:
    asked = []

    def next_one(item: bytes) -> bytes:
        asked.append(item)
        return (int.from_bytes(item) + 1).to_bytes(32)

    assert circle_of(bytes(32), next_one(bytes(32)), next_one) == ()
    assert len(asked) <= MAX_CIRCLE
