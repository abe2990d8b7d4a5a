"""The items and registers of a vault in memory: read once, added to, and folded on from where they stopped.

What is here is used only as far as the vault says the same: the last event read of a place must still stand in the same
row. Events are only ever added, or go with their whole place, so then all those before it stand there too.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from taboon_client.board import Event, Graph, ItemFold
from taboon_client.vault import events as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taboon_client.board import History
    from taboon_client.vault import Connection

__all__ = ["Place", "Places"]

# Some thirty megabytes: an old phone has no more to give.
_MOST_EVENTS = 10_000


class Place:
    """One item or register in memory.

    Attributes:
        graph: Its events.
        fold: The fold of an item; one of a register is not used.
        anew: What counts may be other than at the last fold.
    """

    __slots__ = ("_history", "anew", "fold", "graph", "last", "row")

    def __init__(self, place: bytes | str) -> None:
        self.graph = Graph(place)
        self.fold = ItemFold(self.graph)
        self.anew = True
        self.row = 0
        self.last = b""
        self._history: History | None = None

    def judged_by(self, history: History) -> None:
        """Note which epochs are known: others than at the last fold mean to fold anew."""
        if self._history is not history:
            self._history = history
            self.anew = True


class Places:
    """The places that were used last, of all groups of a vault."""

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[int, bytes | str], Place] = OrderedDict()
        self._events = 0

    def get(self, tx: Connection, grp: int, place: bytes | str, parsed: Mapping[bytes, Event]) -> Place:
        """Return a place with all its events.

        Args:
            tx: A transaction.
            grp: The group.
            place: The item or register.
            parsed: Events that have just been read, by name: they are not read again.
        """
        key = (grp, place)
        known = self._places.pop(key, None)
        if known is not None:
            self._events -= len(known.graph)
        held = rows.events_since(tx, grp, place, 0 if known is None else known.row)
        if known is not None and (not held or held[0][:2] != (known.row, known.last)):
            known = None
            held = rows.events_since(tx, grp, place, 0)
        if known is None:
            known = Place(place)
        for row, name, raw in held:
            known.graph.add(parsed.get(name) or Event.parse(raw))
            known.row, known.last = row, name
        self._places[key] = known
        self._events += len(known.graph)
        while self._events > _MOST_EVENTS and len(self._places) > 1:
            self._events -= len(self._places.popitem(last=False)[1].graph)
        return known

    def forget(self, grp: int) -> None:
        """Drop the places of a group: they are read from the vault again."""
        for key in [key for key in self._places if key[0] == grp]:
            self._events -= len(self._places.pop(key).graph)
