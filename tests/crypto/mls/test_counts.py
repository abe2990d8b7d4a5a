"""tree/counts: the same answers as counting everything again, whatever came and went."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.mls.tree.counts import Counts

_things = st.lists(st.integers(0, 30), max_size=40)
_steps = st.lists(st.tuples(st.integers(0, 100), _things), max_size=30)


@given(start=_things, steps=_steps)
def test_counts_that_change_step_by_step_are_those_of_all_things(
    start: list[int], steps: list[tuple[int, list[int]]]
) -> None:
    present, counts = list(start), Counts.of(start)
    for leave, come in steps:
        gone, present = present[:leave], present[leave:] + come
        counts = counts.changed(gone, come)
        everything = Counter(present)
        assert counts.total == len(present)
        assert counts.repeated == sum(count > 1 for count in everything.values())
        assert all(counts[thing] == everything[thing] for thing in range(31))
        assert all((thing in counts) == (thing in everything) for thing in range(31))


def test_counts_that_others_were_made_from_stay_as_they_were() -> None:
    first = Counts.of(range(100))
    second = first.changed(range(90), [95] * 300)
    assert (first.total, first.repeated, first[5], first[95]) == (100, 0, 1, 1)
    assert (second.total, second.repeated, second[5], second[95]) == (310, 1, 0, 301)


class _Counted:
    """A thing that notes how often it was looked at."""

    looked = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        _Counted.looked += 1
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Counted) and other.number == self.number


def test_a_change_looks_at_what_changed_and_not_at_the_rest() -> None:
    counts = Counts.of([_Counted(number) for number in range(5_000)])
    new = [_Counted(number) for number in range(5_000, 5_020)]
    _Counted.looked = 0
    counts.changed([], new)
    assert _Counted.looked < 10 * len(new)
