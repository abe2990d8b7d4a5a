"""Totals of a board for people who look at it from outside: nobody is named, and no small number tells of a household.

Every count from 1 to 4 is put together with others; where all of them together are still fewer than five, the total
says so instead of how many. No cell is shown whose value follows from others: the times are counted over needs of
certain states, and shown only where the table of the states, as it is put together, has exactly those needs as a sum of
its cells. So whatever is subtracted from whatever, no number of needs from 1 to 4 comes out. Two reports of different
days can still be subtracted: whoever gives them away does so seldom.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from taboon_client.board import Status
from taboon_client.board.item import HANDED
from taboon_client.views.matching import loads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client.board import Item
    from taboon_client.board.vocabulary import Vocabulary
    from taboon_client.vault.board import TotalRow

__all__ = ["FEW", "OTHERS", "SPAN", "Cell", "Numbers", "numbers_of"]

FEW: Final = 5
"""The smallest number that is shown."""
OTHERS: Final = "others"
"""Label of what was put together."""
SPAN: Final = "…"
"""Stands between the first and the last label of what was put together, where there is an order."""

_HOUR, _DAY = 3_600, 86_400
_AGES: Final = (("under-1-day", _DAY), ("1-3-days", 3 * _DAY), ("3-7-days", 7 * _DAY), ("1-4-weeks", 28 * _DAY))
_WAITS: Final = (("under-1-hour", _HOUR), ("1-6-hours", 6 * _HOUR), ("6-24-hours", _DAY), ("1-3-days", 3 * _DAY))
_LONGER, _NOT_STATED = "longer", "not-stated"
_LOADS: Final = ("0", "1", "2", "3-5", "6+")

# How far needs have come, in order. What was withdrawn is not counted; what is paused still waits.
_STATES: Final = ("open", "partly", "covered", "delivered", "done")
_STATE_OF: Final = {Status.PAUSED: "open"} | {Status(state): state for state in _STATES}
_BLOCKS: Final = (_STATES[:2], _STATES[2:3], _STATES[3:])
_WAITING, _PLEDGED, _HANDED = frozenset(_STATES[:2]), frozenset(_STATES[2:]), frozenset(_STATES[3:])


@dataclass(frozen=True, slots=True)
class Cell:
    """One number: the id or code of what is counted, and how many; ``None`` means fewer than five."""

    label: str
    count: int | None


class Numbers(NamedTuple):
    """The totals of a board. A table is empty where showing it would tell too much.

    Attributes:
        needs: How many needs there are and were, without those that were withdrawn or never met.
        by_category: Needs by category code.
        open_by_age: Needs that are not yet covered, by how long ago they were posted.
        coverage: Needs by how far they have come: ``open``, ``partly``, ``covered``, ``delivered``, ``done``.
        to_pledge: Needs that are covered, or further, by the time from the post to the first pledge.
        to_delivery: Needs that are handed over, or further, by the time from the post to the first hand-over.
        load: Members by how many pledges they hold.
    """

    needs: Cell
    by_category: tuple[Cell, ...]
    open_by_age: tuple[Cell, ...]
    coverage: tuple[Cell, ...]
    to_pledge: tuple[Cell, ...]
    to_delivery: tuple[Cell, ...]
    load: tuple[Cell, ...]


class _Need(NamedTuple):
    """What is counted of one need: seconds, or None where they were not stated."""

    state: str
    category: str
    age: int | None
    to_pledge: int | None
    to_delivery: int | None


def numbers_of(
    items: Sequence[Item], gone: Iterable[TotalRow], members: Iterable[bytes], categories: Vocabulary, now: int
) -> Numbers:
    """Count a board.

    Args:
        items: All items of the board.
        gone: What stayed of those that were deleted.
        members: Identity keys of who is in the group.
        categories: The group's own: a category that is none of them may be anything that somebody typed, and is not
            shown.
        now: Unix seconds.
    """
    needs = list(chain(_on_the_board(items, now), _deleted(gone)))
    held = loads(items)
    counted = Counter(need.state for need in needs)
    # First with those that the same tables of times speak of.
    states = _put_together([group for block in _BLOCKS for group in _ordered(block, counted)])
    return Numbers(
        needs=_told("needs", len(needs)),
        by_category=_unordered(Counter(need.category if categories.now(need.category) else OTHERS for need in needs)),
        open_by_age=_spans(needs, _WAITING, states, [need.age for need in needs], _AGES),
        coverage=_cells(states),
        to_pledge=_spans(needs, _PLEDGED, states, [need.to_pledge for need in needs], _WAITS),
        to_delivery=_spans(needs, _HANDED, states, [need.to_delivery for need in needs], _WAITS),
        load=_cells(_ordered(_LOADS, Counter(_load(held[member]) for member in members))),
    )


def _on_the_board(items: Iterable[Item], now: int) -> Iterable[_Need]:
    for item in items:
        if item.kind == "need" and item.status in _STATE_OF:
            handed = (one.changed for one in item.pledges if one.standing in HANDED and one.changed)
            yield _Need(
                state=_STATE_OF[item.status],
                category=item.category,
                age=now - item.created if item.created else None,
                to_pledge=_after(item.created, (one.created for one in item.pledges if one.created)),
                to_delivery=_after(item.created, handed),
            )


def _deleted(gone: Iterable[TotalRow]) -> Iterable[_Need]:
    for row in gone:
        if row.kind == "need" and row.status == Status.DONE:
            hours = (None if hours is None else hours * _HOUR for hours in (row.pledge_hours, row.deliver_hours))
            yield _Need(row.status, row.category, None, *hours)


def _after(created: int, times: Iterable[int]) -> int | None:
    first = min(times, default=None)
    return first - created if created and first is not None else None


def _load(count: int) -> str:
    return str(count) if count < 3 else "3-5" if count < 6 else "6+"


_Group = tuple[tuple[str, ...], int]
"""Neighbouring labels that were put together, and how many they count."""


def _spans(
    needs: Sequence[_Need],
    states: frozenset[str],
    shown: Sequence[_Group],
    times: Sequence[int | None],
    bounds: Sequence[tuple[str, int]],
) -> tuple[Cell, ...]:
    """Count the times of the needs of some states, if how many those are follows from what is shown of the states."""
    # One group half inside would tell its other half.
    if any(not states.isdisjoint(labels) and not states.issuperset(labels) for labels, _ in shown):
        return ()
    counted = Counter(
        _NOT_STATED if time is None else next((label for label, end in bounds if time < end), _LONGER)
        for need, time in zip(needs, times, strict=True)
        if need.state in states
    )
    labels = [*(label for label, _ in bounds), _LONGER]
    return _cells(_ordered([*labels, _NOT_STATED] if counted[_NOT_STATED] else labels, counted))


def _cells(groups: Iterable[_Group]) -> tuple[Cell, ...]:
    return tuple(_told(_named(labels), count) for labels, count in groups)


def _named(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{labels[0]}{SPAN}{labels[-1]}"


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


def _ordered(labels: Sequence[str], counted: Counter[str]) -> list[_Group]:
    """Put small cells together with their neighbours: what has an order keeps it."""
    return _put_together([((label,), counted.get(label, 0)) for label in labels])


def _put_together(groups: list[_Group]) -> list[_Group]:
    while len(groups) > 1:
        small = next((place for place, (_, count) in enumerate(groups) if 0 < count < FEW), None)
        if small is None:
            break
        first = min(small, len(groups) - 2)
        (one, few), (other, many) = groups[first], groups[first + 1]
        groups[first : first + 2] = [((*one, *other), few + many)]
    return groups
