"""No small number is shown, and none follows from the others and the total."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from taboon_client.views.numbers import FEW, OTHERS, Cell, _ordered, _unordered

COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 12))


def known(cells: tuple[Cell, ...]) -> int:
    return sum(cell.count for cell in cells if cell.count is not None)


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
    cells = _ordered("abcdefgh", Counter(counts))
    assert all(cell.count is None or cell.count == 0 or cell.count >= FEW for cell in cells)
    assert "".join(cell.label[0] for cell in cells) == "".join(sorted(cell.label[0] for cell in cells))
    if any(cell.count is None for cell in cells):
        assert len(cells) == 1
    else:
        assert known(cells) == sum(counts.values())
