"""How often each of many things occurs, as a value: one that differs little from another is made in little time.

A ratchet tree of ten thousand members changes in some thirty nodes with each commit; whether a key is in it twice is
not asked of all the others again.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

__all__ = ["Counts"]

T = TypeVar("T", bound=Hashable)
_FEW = 64


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Counts(Generic[T]):
    """Counted things. It never changes; ``changed`` gives another one.

    Attributes:
        total: How many things were counted.
        repeated: How many of them there are more often than once.
    """

    total: int
    repeated: int
    _base: dict[T, int]
    _differences: dict[T, int]

    @classmethod
    def of(cls, things: Iterable[T]) -> Self:
        """Count all things."""
        base = Counter(things)
        return cls(base.total(), sum(count > 1 for count in base.values()), base, {})

    def __getitem__(self, thing: T) -> int:
        """Return how often a thing occurs."""
        return self._base.get(thing, 0) + self._differences.get(thing, 0)

    def __contains__(self, thing: T) -> bool:
        return self[thing] > 0

    def changed(self, gone: Iterable[T], come: Iterable[T]) -> Self:
        """Return the counts without some things, which are there, and with some others."""
        total, repeated, base, differences = self.total, self.repeated, self._base, self._differences.copy()
        for things, step in ((gone, -1), (come, 1)):
            for thing in things:
                difference = differences.get(thing, 0)
                before = base.get(thing, 0) + difference
                differences[thing] = difference + step
                total += step
                repeated += (before + step > 1) - (before > 1)
        if len(differences) > _FEW + len(base) // 8:
            merged = {thing: base.get(thing, 0) + difference for thing, difference in differences.items()}
            base, differences = {thing: count for thing, count in (base | merged).items() if count}, {}
        return type(self)(total, repeated, base, differences)
