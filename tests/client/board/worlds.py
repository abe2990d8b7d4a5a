"""A group in one process: members with keys and devices of their own, each knowing what it has been given."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from taboon_client.board import (
    ADMIN,
    DISPATCH,
    Authors,
    Body,
    Cut,
    EpochRecord,
    Event,
    Graph,
    History,
    Item,
    ItemFold,
    Link,
    Need,
    to_body,
)
from taboon_crypto.primitives.sodium import ed25519_expand_seed, ed25519_sign

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUP = sha256(b"the group of these tests").digest()


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


@cache
def _keys(name: str) -> tuple[bytes, bytes]:
    return ed25519_expand_seed(digest(f"seed of {name}"))


class Actor:
    """Somebody with an identity key, who can sign anything at all."""

    def __init__(self, name: str) -> None:
        self.identity, self._private = _keys(name)
        self.number = 0
        self.last: bytes | None = None

    def sign(self, message: bytes) -> bytes:
        return ed25519_sign(self._private, message)

    def make(
        self,
        kind: str,
        body: dict[str, Any],
        *,
        place: bytes | str | None = None,
        parents: Iterable[bytes] = (),
        epoch: bytes,
        number: int | None = None,
        previous: bytes | None = None,
    ) -> Event:
        """Make any event. Without a number it goes on in the actor's own chain."""
        own = number is None
        event = Event.make(
            sign=self.sign,
            group_id=GROUP,
            author=self.identity,
            number=self.number + 1 if number is None else number,
            previous=self.last if own else previous,
            place=place,
            parents=parents,
            epoch=epoch,
            kind=kind,
            body=body,
        )
        if own:
            self.number, self.last = event.number, event.name
        return event


class Board:
    """What one device makes of the events and epochs it has, folding only what is new."""

    def __init__(self, epochs: Iterable[EpochRecord] = (), events: Iterable[Event] = ()) -> None:
        self.history = History(epochs)
        self.authors = Authors()
        self.graphs: dict[bytes | str, Graph] = {}
        self.events: dict[bytes, Event] = {}
        self.items: dict[bytes, Item] = {}
        # Folds that go on where they stopped; `items` must be what they come to.
        self.folds: dict[bytes, ItemFold] = {}
        self._places: dict[bytes, set[bytes | str]] = {}
        self.take(events)

    def take(self, events: Iterable[Event]) -> None:
        touched: set[bytes | str] = set()
        cut = False
        for event in events:
            if event.name in self.events:
                continue
            self.events[event.name] = event
            self.authors.add(Link.of(event))
            self.graph(event.home).add(event)
            self._places.setdefault(event.author, set()).add(event.home)
            touched.add(event.home)
            if self.history.is_cut(event.author):
                touched |= self._places[event.author]
                cut = True
        self._fold(touched, anew=cut)

    def follow(self, epochs: Iterable[EpochRecord]) -> None:
        for epoch in epochs:
            if epoch.epoch_id not in self.history:
                self.history.add(epoch)
        # A commit of the chain can cut somebody off, or bring an epoch that events have stated before it was known.
        self._fold(set(self.graphs), anew=True)

    def graph(self, place: bytes | str) -> Graph:
        return self.graphs.setdefault(place, Graph(place))

    def counts(self, event: Event, role: str | None = None) -> bool:
        return self.history.judge_by(self.authors.link)(event, role)

    def aside(self, place: bytes | str) -> frozenset[bytes]:
        return self.graph(place).aside(self.counts)

    def _fold(self, places: Iterable[bytes | str], *, anew: bool) -> None:
        for place in places:
            if isinstance(place, bytes):
                item = self.folds.setdefault(place, ItemFold(self.graph(place))).fold(self.counts, anew=anew)
                if item is None:
                    self.items.pop(place, None)
                else:
                    self.items[place] = item


class Device:
    """A member's device: it writes as the protocol asks, from what it has been given."""

    def __init__(self, actor: Actor, epochs: Iterable[EpochRecord]) -> None:
        self.actor = actor
        self.board = Board(epochs)

    @property
    def epoch(self) -> EpochRecord:
        return self.board.history.epochs()[-1]

    def post(self, body: Body, place: bytes | str | None = None, speaks_of: Iterable[bytes] = ()) -> Event:
        parents: tuple[bytes, ...] = ()
        if place is not None:
            graph = self.board.graph(place)
            parents = graph.parents_for(self.actor.identity, speaks_of=speaks_of, aside=graph.aside(self.board.counts))
        event = self.actor.make(body.kind, to_body(body), place=place, parents=parents, epoch=self.epoch.epoch_id)
        self.board.take([event])
        return event

    def hear(self, other: Device) -> None:
        """Take over everything that another device has."""
        self.board.follow(other.board.history.epochs())
        self.board.take(other.board.events.values())

    def commit(
        self, *, remove: Iterable[Device] = (), demote: Iterable[Device] = (), add: Iterable[Actor] = ()
    ) -> None:
        """Make the next epoch, cutting off whoever is removed or loses the role where this device knows them whole."""
        members = dict(self.epoch.members)
        cuts = []
        for device in remove:
            del members[device.actor.identity]
            cuts.append(Cut(device.actor.identity, "", self._last(device)))
        for device in demote:
            members[device.actor.identity] = frozenset()
            last = self._last(device)
            cuts += [Cut(device.actor.identity, role, last) for role in (ADMIN, DISPATCH)]
        for actor in add:
            members[actor.identity] = frozenset()
        number = self.epoch.number + 1
        epoch_id = sha256(b"epoch" + self.epoch.epoch_id + self.actor.identity).digest()
        self.board.follow([EpochRecord(epoch_id=epoch_id, number=number, members=members, cuts=cuts)])

    def _last(self, device: Device) -> bytes | None:
        last = self.board.authors.last_without_gap(device.actor.identity)
        return None if last is None else last[1]


def first_epoch(*admins_then_members: Actor) -> EpochRecord:
    """The epoch that a group begins with; the first one is its admin and its dispatch circle."""
    return EpochRecord(
        epoch_id=digest("first epoch"),
        number=1,
        members={
            actor.identity: frozenset({ADMIN, DISPATCH} if place == 0 else ())
            for place, actor in enumerate(admins_then_members)
        },
    )


def group_of(*names: str) -> list[Device]:
    """Devices of a new group; the first one is an admin's."""
    actors = [Actor(name) for name in names]
    epoch = first_epoch(*actors)
    return [Device(actor, [epoch]) for actor in actors]


def meet(*devices: Device) -> None:
    """Everyone gets everything that any of them has."""
    ahead = max(devices, key=lambda device: device.epoch.number)
    for device in devices:
        ahead.hear(device)
    for device in devices:
        device.hear(ahead)


def need(title: str = "Bread", **fields: Any) -> Need:
    return Need(title=title, created=1_700_000_000, **fields)
