"""Totals of a board for people who look at it from outside: nobody is named, and no small number tells of a household.

Every count from 1 to 4 is put together with others; where all of them together are still fewer than five, the total
says so instead of how many. A cell is never shown whose value follows from the others and the total.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from taboon_client.board import Status
from taboon_client.board.item import HANDED, HOLDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taboon_client.board import Item

__all__ = ["FEW", "OTHERS", "Cell", "Numbers", "numbers_of"]

FEW: Final = 5
"""The smallest number that is shown."""
OTHERS: Final = "others"
"""Label of what was put together."""

_HOUR, _DAY = 3_600, 86_400
_AGES: Final = (("under-1-day", _DAY), ("1-3-days", 3 * _DAY), ("3-7-days", 7 * _DAY), ("1-4-weeks", 28 * _DAY))
_WAITS: Final = (("under-1-hour", _HOUR), ("1-6-hours", 6 * _HOUR), ("6-24-hours", _DAY), ("1-3-days", 3 * _DAY))
_LONGER: Final = "longer"
_LOADS: Final = ("0", "1", "2", "3-5", "6+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One number: the id or code of what is counted, and how many; ``None`` means fewer than five."""

    label: str
    count: int | None


class Numbers(NamedTuple):
    """The totals of a board.

    Attributes:
        needs: How many needs there are.
        by_category: Needs by category code.
        open_by_age: Needs that are not yet covered, by how long ago they were posted.
        coverage: Needs by how far they have come: ``open``, ``partly``, ``covered``, ``delivered``, ``done``.
        to_pledge: Needs by the time from the post to the first pledge.
        to_delivery: Needs by the time from the post to the first hand-over.
        load: Members by how many pledges they hold.
    """

    needs: Cell
    by_category: tuple[Cell, ...]
    open_by_age: tuple[Cell, ...]
    coverage: tuple[Cell, ...]
    to_pledge: tuple[Cell, ...]
    to_delivery: tuple[Cell, ...]
    load: tuple[Cell, ...]


def numbers_of(items: Iterable[Item], members: Sequence[bytes], now: int, since: int = 0) -> Numbers:
    """Count a board.

    Args:
        items: All items of the board; those posted before ``since`` are left out.
        members: Identity keys of who is in the group.
        now: Unix seconds.
        since: Unix seconds.
    """
    board = [item for item in items if item.created >= since]
    needs = [item for item in board if item.kind == "need" and item.status is not Status.MERGED]
    waiting = [need for need in needs if need.status in (Status.OPEN, Status.PARTLY)]
    held = Counter(
        pledge.author for item in board if not item.closed for pledge in item.pledges if pledge.standing in HOLDING
    )
    return Numbers(
        needs=_told("needs", len(needs)),
        by_category=_unordered(Counter(need.category or OTHERS for need in needs)),
        open_by_age=_spans((now - need.created for need in waiting if need.created), _AGES),
        coverage=_unordered(Counter(need.status.value for need in needs)),
        to_pledge=_spans(_times(needs, _first_pledge), _WAITS),
        to_delivery=_spans(_times(needs, _first_delivery), _WAITS),
        load=_ordered(_LOADS, Counter(_load(held[member]) for member in members)),
    )


def _first_pledge(need: Item) -> int:
    return min((pledge.created for pledge in need.pledges if pledge.created), default=0)


def _first_delivery(need: Item) -> int:
    return min((one.changed for one in need.pledges if one.standing in HANDED and one.changed), default=0)


def _times(needs: Iterable[Item], first: Callable[[Item], int]) -> Iterable[int]:
    return (when - need.created for need in needs if need.created and (when := first(need)))


def _load(count: int) -> str:
    return str(count) if count < 3 else "3-5" if count < 6 else "6+"


def _spans(times: Iterable[int], bounds: Sequence[tuple[str, int]]) -> tuple[Cell, ...]:
    counted = Counter(next((label for label, end in bounds if time < end), _LONGER) for time in times)
    return _ordered([*(label for label, _ in bounds), _LONGER], counted)


def _told(label: str, count: int) -> Cell:
    return Cell(label, count if count == 0 or count >= FEW else None)


def _unordered(counted: Counter[str]) -> tuple[Cell, ...]:
    """Put small cells together; and the next one with them, while together they are still small."""
    kept = sorted(((count, label) for label, count in counted.items() if label != OTHERS), reverse=True)
    put_together = counted.get(OTHERS, 0)
    while kept and (kept[-1][0] < FEW or 0 < put_together < FEW):
        put_together += kept.pop()[0]
    cells = [Cell(label, count) for count, label in sorted(kept, key=lambda cell: (-cell[0], cell[1]))]
    if put_together:
        cells.append(_told(OTHERS, put_together))
    return tuple(cells)


def _ordered(labels: Sequence[str], counted: Counter[str]) -> tuple[Cell, ...]:
    """Put small cells together with their neighbours: what has an order keeps it."""
    groups = [([label], counted.get(label, 0)) for label in labels]
    while len(groups) > 1:
        small = next((place for place, (_, count) in enumerate(groups) if 0 < count < FEW), None)
        if small is None:
            break
        first = min(max(small - 1, 0) if small == len(groups) - 1 else small, len(groups) - 2)
        (one, few), (other, many) = groups[first], groups[first + 1]
        groups[first : first + 2] = [([*one, *other], few + many)]
    return tuple(_told(names[0] if len(names) == 1 else f"{names[0]}…{names[-1]}", count) for names, count in groups)
