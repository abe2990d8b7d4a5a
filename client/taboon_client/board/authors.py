"""Running numbers of authors: what is missing, what is there twice, and how far a chain reaches back.

Every event names its author's event before it (``previous``), so an author's events make a chain that no relay
can shorten unseen. Only the links are kept here, not the events: a deleted event leaves its link.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from taboon_client.board.event import Event

__all__ = ["Authors", "Gap", "Link", "Reach"]


class Link(NamedTuple):
    """What an event leaves in its author's chain."""

    author: bytes
    number: int
    name: bytes
    previous: bytes | None

    @classmethod
    def of(cls, event: Event) -> Link:
        """Return the link of an event."""
        return cls(event.author, event.number, event.name, event.previous)


class Gap(NamedTuple):
    """Running numbers of one author that nobody here holds, first and last included."""

    author: bytes
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many messages are missing."""
        return self.last - self.first + 1


class Reach:
    """What the event that a cut names reaches back to through ``previous``.

    A step leads from an event to one of the same author with the number before, and no other way. Where a link
    is not held, what lies below is not reached until it comes. What was walked once is remembered: links never
    change.

    Args:
        author: Identity key whose events are judged.
        last: Name of the event that the cut names.
    """

    __slots__ = ("_author", "_last", "_next", "_number", "_reached")

    def __init__(self, author: bytes, last: bytes) -> None:
        self._author = author
        self._last = last
        # The next name on the way down and the number it must have; only the first one's number is not known yet.
        self._next: bytes | None = last
        self._number: int | None = None
        self._reached: set[bytes] = set()

    def covers(self, event: Link, link: Callable[[bytes], Link | None]) -> bool:
        """Tell whether an event of the author is reached.

        Args:
            event: Link of the event to be judged.
            link: Gives the link of a held event by its name, or ``None``.
        """
        if event.name == self._last:
            return True
        while self._next is not None and (self._number is None or self._number > event.number):
            here = link(self._next)
            if here is None:
                return False
            if here.author != self._author or self._number not in (None, here.number):
                # Whoever signed this chain named something else than the event before: it ends here for everyone.
                self._next = None
                break
            self._reached.add(here.name)
            self._next = here.previous
            self._number = here.number - 1
        if self._next == event.name and self._number == event.number:
            return True
        return event.name in self._reached


class _Chain:
    """What is known of one author."""

    __slots__ = ("base", "best", "grounded", "names", "numbers")

    def __init__(self) -> None:
        self.base: tuple[int, bytes] | None = None
        # Distinct numbers, ascending, and the names that claim each.
        self.numbers: list[int] = []
        self.names: dict[int, list[bytes]] = {}
        # Links from which the chain is whole down to number 1, or to the base.
        self.grounded: set[bytes] = set()
        self.best: tuple[int, bytes] | None = None

    def improve(self, number: int, name: bytes) -> None:
        """Take the longer branch of a forked chain, and of two as long the one with the lower name, on every device."""
        if self.best is None or (-number, name) < (-self.best[0], self.best[1]):
            self.best = (number, name)


class Authors:
    """The chains of all authors of a group.

    Args:
        links: Links to begin with, in any order.
    """

    __slots__ = ("_after", "_chains", "_links")

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self._links: dict[bytes, Link] = {}
        self._chains: dict[bytes, _Chain] = {}
        # Links that name this one as previous.
        self._after: dict[bytes, list[Link]] = {}
        for link in links:
            self.add(link)

    def add(self, link: Link) -> bool:
        """Take a link in. Returns False if it was here already."""
        if link.name in self._links:
            return False
        self._links[link.name] = link
        chain = self._chains.setdefault(link.author, _Chain())
        names = chain.names.setdefault(link.number, [])
        if not names:
            insort(chain.numbers, link.number)
        insort(names, link.name)
        if link.previous is not None:
            self._after.setdefault(link.previous, []).append(link)
        if self._stands(chain, link):
            self._ground(chain, link)
        return True

    def start_at(self, author: bytes, number: int, name: bytes) -> None:
        """Say that what lies at and below this event of an author is no gap (a newcomer's snapshot begins there).

        What the chain is known to hold above an earlier base stays known.
        """
        chain = self._chains.setdefault(author, _Chain())
        if chain.base is None or chain.base[0] < number:
            chain.base = (number, name)
        chain.improve(number, name)
        for link in (*self._after.get(name, ()), self._links.get(name)):
            if link is not None and link.author == author and self._stands(chain, link):
                self._ground(chain, link)

    def _stands(self, chain: _Chain, link: Link) -> bool:
        """Tell whether the chain is whole below a link."""
        if link.number == 1 or chain.base == (link.number, link.name):
            return True
        if link.previous is None:
            return False
        if chain.base == (link.number - 1, link.previous):
            return True
        before = self._links.get(link.previous)
        return before is not None and before.number == link.number - 1 and before.name in chain.grounded

    def _ground(self, chain: _Chain, link: Link) -> None:
        found = [link]
        for here in found:
            if here.name in chain.grounded:
                continue
            chain.grounded.add(here.name)
            chain.improve(here.number, here.name)
            found.extend(
                after
                for after in self._after.get(here.name, ())
                if after.author == here.author and after.number == here.number + 1
            )

    def give(self, links: Iterable[Link]) -> None:
        """Take in links that somebody has told of: a cut leads over them, and they claim no number of their author."""
        for link in links:
            self._links.setdefault(link.name, link)

    def down_to(self, name: bytes, number: int) -> list[bytes]:
        """Return the names of a chain from as near to a number as it is known up to an event, ascending."""
        found, here = [name], self._links.get(name)
        while here is not None and here.number > number and here.previous is not None:
            found.append(here.previous)
            before = self._links.get(here.previous)
            here = before if before is not None and before.number == here.number - 1 else None
        return found[::-1]

    def link(self, name: bytes) -> Link | None:
        """Return the link of a held event."""
        return self._links.get(name)

    def last_without_gap(self, author: bytes) -> tuple[int, bytes] | None:
        """Return (number, name) of the last event up to which this author's chain is whole here: what a cut names."""
        chain = self._chains.get(author)
        return None if chain is None else chain.best

    def gaps(self, author: bytes) -> tuple[Gap, ...]:
        """Return the runs of numbers that are missing below the highest one held, the lowest first.

        A hostile author can claim any number: :attr:`Gap.size` may be up to 2^53, and is never counted out.
        """
        chain = self._chains.get(author)
        if chain is None:
            return ()
        gaps = []
        expected = 1 if chain.base is None else chain.base[0] + 1
        for number in chain.numbers:
            if number > expected:
                gaps.append(Gap(author, expected, number - 1))
            expected = max(expected, number + 1)
        return tuple(gaps)

    def wanted(self, author: bytes) -> frozenset[bytes]:
        """Return the names that this author's held events name as the one before, and that are not held."""
        chain = self._chains.get(author)
        if chain is None:
            return frozenset()
        base = 0 if chain.base is None else chain.base[0]
        links = (self._links[name] for number in chain.numbers if number > base for name in chain.names[number])
        return frozenset(
            link.previous
            for link in links
            if link.previous is not None
            and link.previous not in self._links
            and chain.base != (link.number - 1, link.previous)
        )

    def doubles(self, author: bytes) -> tuple[tuple[int, tuple[bytes, ...]], ...]:
        """Return (number, names) for every number that two or more events claim: two copies of a device, or a liar."""
        chain = self._chains.get(author)
        if chain is None:
            return ()
        return tuple((n, tuple(chain.names[n])) for n in chain.numbers if len(chain.names[n]) > 1)

    def __iter__(self) -> Iterator[bytes]:
        """Go through the identity keys of all authors, ascending."""
        return iter(sorted(self._chains))
