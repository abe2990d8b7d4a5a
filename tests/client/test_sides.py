"""Which side of a fork stands: the same for everyone who knows the same sides."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from taboon_client.group.sides import Side, standing

_PEOPLE = [bytes((number,)) * 32 for number in range(5)]
_SIDES = st.lists(
    st.builds(
        Side,
        tag=st.binary(min_size=32, max_size=32),
        author=st.sampled_from(_PEOPLE),
        leaf=st.integers(0, 4),
        removes=st.frozensets(st.sampled_from(_PEOPLE), max_size=2),
        approvals=st.integers(1, 3),
        home=st.booleans(),
        persons=st.frozensets(st.sampled_from(_PEOPLE)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda side: side.tag,
)
_ONE, _OTHER, _THIRD = (
    Side(tag=bytes((number,)) * 32, author=_PEOPLE[number], leaf=number, removes=frozenset()) for number in range(3)
)


@given(_SIDES, st.data())
def test_the_decision_is_the_same_in_any_order(sides: list[Side], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(sides))
    assert standing(sides, 5) == standing(shuffled, 5)


@given(_SIDES)
def test_the_side_that_stands_is_one_of_them_and_stands_alone_too(sides: list[Side]) -> None:
    stands = standing(sides, 5)
    assert stands in sides
    assert standing([stands], 5) == stands


@given(_SIDES)
def test_of_three_in_a_circle_of_removals_all_choose_one(sides: list[Side]) -> None:
    first, second, third = _ONE, _OTHER, _THIRD
    circle = [
        replace(first, removes=frozenset({second.author})),
        replace(second, removes=frozenset({third.author})),
        replace(third, removes=frozenset({first.author})),
    ]
    assert standing(circle, 5).author == first.author
    assert standing([*circle, *sides], 5) == standing([*sides, *circle[::-1]], 5)


def test_a_side_that_alone_shows_more_than_half_stands_whatever_else_there_is() -> None:
    most = replace(_THIRD, home=False, persons=frozenset(_PEOPLE[:3]))
    removing = replace(_ONE, removes=frozenset({_THIRD.author}), approvals=9, persons=frozenset(_PEOPLE[3:]))
    assert standing([removing, most], 5) == most
    # Half is not more than half.
    assert standing([removing, most], 6) == removing
    # Where both can show so many, it does not decide.
    both = replace(removing, persons=frozenset(_PEOPLE))
    assert standing([both, most], 5) == both


def test_home_stands_before_a_popup_relay() -> None:
    assert standing([replace(_ONE, home=False), _OTHER], 5) == _OTHER
    assert standing([replace(_ONE, home=False), replace(_OTHER, home=False)], 5).leaf == 0


def test_whose_author_another_removes_does_not_stand_unless_all_are_removed() -> None:
    removing = replace(_OTHER, removes=frozenset({_ONE.author}))
    assert standing([_ONE, removing], 5) == removing
    assert standing([replace(_ONE, removes=frozenset({_OTHER.author})), removing], 5).leaf == 0


def test_more_approvals_stand_before_a_lower_leaf_and_of_one_author_the_lower_name() -> None:
    assert standing([_ONE, replace(_OTHER, approvals=2)], 5) == replace(_OTHER, approvals=2)
    assert standing([_ONE, _OTHER], 5) == _ONE
    again = replace(_ONE, tag=bytes((9,)) * 32)
    assert standing([again, _ONE], 5) == _ONE
