"""The events of one place and how they stand on each other (docs/protocol.md, section 3.1).

An event is *held* when it was added, and *ready* when all its parents are ready in this same place. Only ready
events have a depth, and a depth never changes. Adding one event looks at that event and at those that waited
for it. Nothing recurses, so a chain may be as long as it likes; a cycle cannot become ready, nor can an event
whose parent never comes or belongs elsewhere.
"""

from __future__ import annotations

from bisect import insort
from operator import itemgetter
from typing import TYPE_CHECKING

from taboon_client.board.event import MAX_PARENTS
from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from taboon_client.board.event import Event
    from taboon_client.board.history import Judge

__all__ = ["Graph"]

_Ranked = tuple[int, bytes, "Event"]
_ORDER = itemgetter(0, 1)
_FEW = 8


class Graph:
    """The events of one item or register.

    Args:
        place: The item's id (32 bytes) or the register's word.
        events: Events of that place to begin with, in any order.
    """

    __slots__ = ("_depths", "_events", "_heads", "_needed", "_order", "_own", "_unsorted", "_waiters", "place")

    def __init__(self, place: bytes | str, events: Iterable[Event] = ()) -> None:
        self.place = place
        self._events: dict[bytes, Event] = {}
        self._depths: dict[bytes, int] = {}
        self._order: list[_Ranked] = []
        # Ready events that are not in the order yet.
        self._unsorted: list[_Ranked] = []
        # Ready events that no ready event stands on.
        self._heads: dict[bytes, None] = {}
        # Of each author the ready event with the highest number.
        self._own: dict[bytes, tuple[int, bytes]] = {}
        # How many parents an event still waits for, and who waits for a name.
        self._needed: dict[bytes, int] = {}
        self._waiters: dict[bytes, list[bytes]] = {}
        for event in events:
            self.add(event)

    def add(self, event: Event) -> tuple[Event, ...]:
        """Take one event in, and return those that are ready now because of it; none if it was held already.

        Raises:
            FieldError: The event belongs to another place.
        """
        if event.home != self.place:
            raise FieldError("place", "the event belongs to another item or register")
        name = event.name
        if name in self._events:
            return ()
        self._events[name] = event
        needed = [parent for parent in event.parents if parent not in self._depths]
        if needed:
            self._needed[name] = len(needed)
            for parent in needed:
                self._waiters.setdefault(parent, []).append(name)
            return ()
        woken = [event]
        for ready in woken:
            self._make_ready(ready)
            for waiter in self._waiters.pop(ready.name, ()):
                self._needed[waiter] -= 1
                if self._needed[waiter] == 0:
                    del self._needed[waiter]
                    woken.append(self._events[waiter])
        return tuple(woken)

    def _make_ready(self, event: Event) -> None:
        depths = self._depths
        depth = 0
        for parent in event.parents:
            if depths[parent] >= depth:
                depth = depths[parent] + 1
            self._heads.pop(parent, None)
        depths[event.name] = depth
        self._heads[event.name] = None
        own = (event.number, event.name)
        if own > self._own.get(event.author, (0, b"")):
            self._own[event.author] = own
        ranked = (depth, event.name, event)
        if self._order and ranked[:2] < self._order[-1][:2]:
            self._unsorted.append(ranked)
        else:
            self._order.append(ranked)

    def __len__(self) -> int:
        return len(self._events)

    def __contains__(self, name: object) -> bool:
        return name in self._events

    def get(self, name: bytes) -> Event | None:
        """Return the held event of that name."""
        return self._events.get(name)

    def depth(self, name: bytes) -> int | None:
        """Return the depth of a ready event; ``None`` for all others."""
        return self._depths.get(name)

    def below(self, event: Event) -> set[bytes]:
        """Return the names of all events of this place that one stands on, by whatever way."""
        found: set[bytes] = set()
        path = list(event.parents)
        for name in path:
            if name not in found and name in self._depths:
                found.add(name)
                path.extend(self._events[name].parents)
        return found

    def ready(self) -> Sequence[tuple[int, bytes, Event]]:
        """Return (depth, name, event) of every ready event in the order in which they are folded. Not to be changed."""
        if len(self._unsorted) > _FEW:
            self._order.extend(self._unsorted)
            self._order.sort(key=_ORDER)
        else:
            # One more in a long order: names differ, so the events themselves are never compared.
            for ranked in self._unsorted:
                insort(self._order, ranked)
        self._unsorted.clear()
        return self._order

    @property
    def waiting(self) -> int:
        """How many held events are not ready."""
        return len(self._needed)

    def missing(self) -> frozenset[bytes]:
        """Return the names that held events stand on and that are not held in this place.

        A name that the vault holds in another place is no event to ask for: whatever stands on it never becomes ready.
        """
        return frozenset(name for name in self._waiters if name not in self._events)

    def aside(self, judge: Judge) -> frozenset[bytes]:
        """Return the names of the ready events that do not count."""
        return frozenset(name for _, name, event in self.ready() if not judge(event))

    def heads(self, aside: Collection[bytes] = frozenset()) -> tuple[bytes, ...]:
        """Return the names of ready events that count and that no other ready event that counts stands on.

        Args:
            aside: Names of events of this place that are set aside.
        """
        if not aside:
            return tuple(self._heads)
        # What an event that counts stands on is covered, also where the path leads through events that do not.
        covered: set[bytes] = set()
        path = [event for _, name, event in self.ready() if name not in aside]
        for event in path:
            for parent in event.parents:
                if parent not in covered:
                    covered.add(parent)
                    if parent in aside:
                        path.append(self._events[parent])
        return tuple(name for _, name, _ in self.ready() if name not in covered and name not in aside)

    def parents_for(
        self, author: bytes, *, speaks_of: Iterable[bytes] = (), aside: Collection[bytes] = frozenset()
    ) -> tuple[bytes, ...]:
        """Return the parents of a new event here: at most 16 names, ascending.

        The author's own last event and every event that the body speaks of are always among them; the rest are
        the deepest of the latest events. Only events that are ready and count are named.

        Args:
            author: Identity key of the one who writes.
            speaks_of: Names of events of this place that the body speaks of.
            aside: Names of events of this place that are set aside.

        Raises:
            FieldError: The body speaks of an event that is not here, not ready or set aside, or of too many.
        """
        chosen = set(speaks_of)
        if any(name not in self._depths or name in aside for name in chosen):
            raise FieldError("body", "speaks of something that is not on this device, or does not count: sync first")
        own = self._own.get(author)
        if own is not None and own[1] in aside:
            mine = ((event.number, name) for _, name, event in self.ready() if event.author == author)
            own = max((one for one in mine if one[1] not in aside), default=None)
        if own is not None:
            chosen.add(own[1])
        if len(chosen) > MAX_PARENTS:
            raise FieldError("body", f"speaks of more than {MAX_PARENTS - 1} events: make several")
        heads = sorted((name for name in self.heads(aside) if name not in chosen), key=self._by_depth)
        chosen.update(heads[: MAX_PARENTS - len(chosen)])
        return tuple(sorted(chosen))

    def _by_depth(self, name: bytes) -> tuple[int, bytes]:
        return -self._depths[name], name
