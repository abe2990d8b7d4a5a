"""No small number is shown, and none follows from the others and the totals, however they are subtracted."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import PledgeStanding, Status
from taboon_client.board.vocabulary import BUILT_IN, Vocabulary
from taboon_client.vault.board import TotalRow
from taboon_client.views.numbers import FEW, OTHERS, SPAN, Cell, Numbers, _named, _ordered, _unordered, numbers_of
from tests.client.views.boards import AMAL, BASIL, NOON, ZAHRA, item, pledge

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12))
STATES = ("open", "partly", "covered", "delivered", "done")
TABLES = {"open_by_age": STATES[:2], "to_pledge": STATES[2:], "to_delivery": STATES[3:]}
WORDS = Vocabulary(BUILT_IN)


def known(cells: tuple[Cell, ...]) -> int:
    return sum(cell.count for cell in cells if cell.count is not None)


def gone(**fields: object) -> TotalRow:
    empty = {"week": 1, "kind": "need", "sub": "", "area": "", "urgency": "", "why": "", "people": 0, "lines": b"\x80"}
    return TotalRow(**(empty | {"category": "food", "status": "done", "pledge_hours": 2, "deliver_hours": 5} | fields))  # type: ignore[arg-type] # a row of mixed types


def numbers(statuses: dict[str, int], category: str = "food") -> Numbers:
    needs = [
        item(
            f"{status} {number}",
            status=Status(status),
            category=category,
            pledges=(pledge(standing=PledgeStanding.CONFIRMED, created=NOON + 60, changed=NOON + 7200),),
        )
        for status, count in statuses.items()
        for number in range(count)
    ]
    return numbers_of(needs, (), [AMAL, BASIL, ZAHRA], WORDS, NOON + 86_400 * 2)


@given(COUNTS)
def test_categories_show_no_small_number(counts: dict[str, int]) -> None:
    cells = _unordered(Counter(counts))
    assert all(cell.count is None or cell.count == 0 or cell.count >= FEW for cell in cells)
    # A hidden cell stands for everything: where another one is shown, the total would tell what is hidden.
    if any(cell.count is None for cell in cells):
        assert cells == (Cell(OTHERS, None),)
    else:
        assert known(cells) == sum(counts.values())


@given(COUNTS)
def test_spans_show_no_small_number_and_keep_their_order(counts: dict[str, int]) -> None:
    groups = _ordered("abcdefgh", Counter(counts))
    assert all(count == 0 or count >= FEW for _, count in groups) or len(groups) == 1
    assert [label for labels, _ in groups for label in labels] == list("abcdefgh")
    assert sum(count for _, count in groups) == sum(counts.values())


def expand(label: str) -> set[str]:
    first, _, last = label.partition(SPAN)
    return set(STATES[STATES.index(first) : STATES.index(last or first) + 1])


@given(st.fixed_dictionaries({state: st.integers(0, 9) for state in STATES}))
def test_no_difference_of_any_totals_is_a_small_number(counts: dict[str, int]) -> None:
    told = numbers(counts)
    # Everything whose size the report tells, as the states it covers; and what follows by cutting and joining these.
    sizes = [expand(cell.label) for cell in told.coverage]
    sizes += [set(states) for name, states in TABLES.items() if getattr(told, name)]
    if told.needs.count is None:
        assert sum(counts.values()) < FEW
        assert all(cell.count is None for cell in told.coverage)
        return
    for first, second in combinations(sizes, 2):
        for part in (first - second, second - first, first & second):
            size = sum(counts[state] for state in part)
            # An overlap of two sets is told only where one is cut out of the other or both are sums of cells.
            assert size == 0 or size >= FEW, (told, part)
    for name, states in TABLES.items():
        if cells := getattr(told, name):
            assert all(cell.count is None or cell.count == 0 or cell.count >= FEW for cell in cells)
            assert known(cells) == sum(counts[state] for state in states)


def test_a_table_is_left_out_where_its_total_would_tell_the_rest() -> None:
    told = numbers({"open": 10, "partly": 1, "covered": 1, "done": 8})
    assert [(cell.label, cell.count) for cell in told.coverage] == [
        (f"open{SPAN}partly", 11),
        (f"covered{SPAN}done", 9),
    ]
    assert told.open_by_age
    assert told.to_pledge
    # 8 of the 9 were handed over: next to the 9, that would tell of the one.
    assert told.to_delivery == ()


def test_what_was_withdrawn_or_merged_is_not_counted_and_what_is_paused_still_waits() -> None:
    told = numbers({"withdrawn": 7, "merged": 6, "paused": 5, "open": 5})
    assert told.needs.count == 10
    assert known(told.coverage) == known(told.open_by_age) == 10


def test_deleted_needs_that_were_met_still_count_and_expired_ones_do_not() -> None:
    rows = [gone() for _ in range(6)] + [gone(status="expired"), gone(kind="offer")] * 5
    told = numbers_of((), rows, [], WORDS, NOON)
    assert told.needs.count == 6
    assert {cell.label: cell.count for cell in told.to_pledge}["1-6-hours"] == 6
    assert told.by_category == (Cell("food", 6),)


def test_a_category_that_somebody_typed_is_not_shown() -> None:
    told = numbers({"open": 8}, category="the Nassar family")
    assert told.by_category == (Cell(OTHERS, 8),)


def test_needs_without_a_stated_time_are_told_as_such() -> None:
    rows = [gone(pledge_hours=None) for _ in range(5)] + [gone() for _ in range(5)]
    told = numbers_of((), rows, [], WORDS, NOON)
    assert {cell.label: cell.count for cell in told.to_pledge}["not-stated"] == 5
    assert "not-stated" not in {cell.label for cell in told.to_delivery}


def test_the_load_of_a_few_members_names_nobody() -> None:
    busy = [item(str(n), pledges=(pledge(BASIL),)) for n in range(7)]
    told = numbers_of(busy, (), [AMAL, BASIL, ZAHRA], WORDS, NOON)
    assert told.load == (Cell(_named(("0", "6+")), None),)
