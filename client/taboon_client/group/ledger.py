"""The events of a group in the vault: kept as they came, judged, and folded into the board that is read.

One ledger for each open vault; all of it runs inside the caller's transaction. The folded board is a cache of the
events: whatever changes an event's standing folds its place again.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import (
    Authors,
    Event,
    Graph,
    History,
    Item,
    Judge,
    Link,
    Status,
    fingerprint,
    fold,
    fold_group_name,
    fold_people,
    to_body,
)
from taboon_client.board.codes import code_of
from taboon_client.board.kinds import URGENCIES
from taboon_client.errors import EventError, FormatError
from taboon_client.group.payload import history_in_pieces
from taboon_client.vault import events as rows
from taboon_client.vault import groups, outbox
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taboon_client.board import Body
    from taboon_client.group.payload import HistoryPayload
    from taboon_client.vault import Connection
    from taboon_crypto import mls

__all__ = ["CLOSED", "Ledger", "tag"]

CLOSED = (Status.DONE, Status.WITHDRAWN)
"""Statuses of items that a newcomer is not given."""

_REGISTERS = ("people", "settings", "taxonomy", "areas", "members")
_CODE = 24
_NONE: Mapping[bytes, Event] = MappingProxyType({})


def tag(identity: bytes) -> str:
    """Return the short code of an identity key, which tells members of one name apart."""
    return code_of(fingerprint(identity))


class Ledger:
    """Keeps, judges and folds events. Holds the histories it has read, as long as they are the vault's."""

    def __init__(self) -> None:
        self._histories: dict[int, tuple[tuple[int, bytes], History]] = {}

    # Who may speak

    def history(self, tx: Connection, grp: int) -> History:
        """Return the standing chain of a group as the vault has it."""
        known_now = groups.epochs_known(tx, grp)
        known = self._histories.get(grp)
        if known is None or known[0] != known_now:
            known = (known_now, History.from_value([cbor.decode(record) for record in groups.epoch_records(tx, grp)]))
            self._histories[grp] = known
        return known[1]

    def take_history(self, tx: Connection, grp: int, payload: HistoryPayload) -> None:
        """Take a piece of the history that the member who added us gave; what we saw ourselves stays as it is.

        Raises:
            FormatError: It does not fit what is known; nothing was taken.
        """
        joined = groups.get_group(tx, grp).joined
        known = list(self.history(tx, grp).epochs())
        numbers = {epoch.number for epoch in known}
        fresh = [epoch for epoch in payload.epochs if epoch.number < joined and epoch.number not in numbers]
        History(sorted([*known, *fresh], key=lambda epoch: epoch.number))
        for epoch in fresh:
            groups.add_epoch(tx, grp, epoch.number, epoch.epoch_id, cbor.encode(epoch.to_value()), None)
        for author, number, name in payload.authors:
            rows.set_base(tx, grp, author, number, name)
        self.forget(grp)
        self.refold(tx, grp, rows.all_places(tx, grp))

    def forget(self, grp: int) -> None:
        """Drop what is held in memory of a group: it is read from the vault again."""
        self._histories.pop(grp, None)

    def last_without_gap(self, tx: Connection, grp: int, author: bytes) -> bytes | None:
        """Return the name of the last event up to which an author's events are held without a gap: what a cut names."""
        last = self._authors(tx, grp, author).last_without_gap(author)
        return None if last is None else last[1]

    def missing(self, tx: Connection, grp: int) -> int:
        """Return how many events others name, by running number, that nobody has sent."""
        return sum(self._authors(tx, grp, author).missing(author) for author in rows.authors(tx, grp))

    def _authors(self, tx: Connection, grp: int, author: bytes) -> Authors:
        chain = rows.chain_of_author(tx, grp, author)
        authors = Authors(Link(author, number, name, previous) for number, name, previous in chain)
        base = rows.base_of(tx, grp, author)
        if base is not None:
            authors.start_at(author, *base)
        return authors

    # Events

    def make(
        self, tx: Connection, grp: int, body: Body, place: bytes | str | None, speaks_of: Iterable[bytes]
    ) -> Event:
        """Make, keep and queue an event of ours, and fold its place.

        Args:
            tx: A transaction that writes.
            grp: The group.
            body: What was done.
            place: Item id, register, or None to open an item.
            speaks_of: Names of the events of that place that the body speaks of.

        Raises:
            FieldError: The body has a field that does not fit.
        """
        own = groups.get_group(tx, grp)
        fields = to_body(body)
        epochs = self.history(tx, grp).epochs()
        parents: tuple[bytes, ...] = ()
        if place is not None:
            graph, judge = self.graph(tx, grp, place)
            parents = graph.parents_for(own.identity, speaks_of=speaks_of, aside=graph.aside(judge))
        private = sodium.ed25519_expand_seed(own.identity_seed)[1]
        event = Event.make(
            sign=lambda message: sodium.ed25519_sign(private, message),
            group_id=own.group_id,
            author=own.identity,
            number=own.next_number,
            previous=own.previous,
            place=place,
            parents=parents,
            epoch=epochs[-1].epoch_id,
            kind=body.kind,
            body=fields,
        )
        self._keep(tx, grp, event)
        groups.advance_author(tx, grp, event.number, event.name)
        outbox.queue_event(tx, grp, event.name)
        self.refold(tx, grp, [event.home], {event.name: event})
        return event

    def take(self, tx: Connection, grp: int, raws: Iterable[bytes], epoch: int) -> tuple[int, bool]:
        """Keep events that came, and fold the places that they change.

        Args:
            tx: A transaction that writes.
            grp: The group.
            raws: Events as bytes.
            epoch: Number of the epoch whose mailbox they came by.

        Returns:
            How many were new, and whether one of them is our own and unknown here: a second copy of this vault.
        """
        own = groups.get_group(tx, grp)
        touched: dict[bytes | str, None] = {}
        parsed: dict[bytes, Event] = {}
        foreign_own = False
        cut = self.history(tx, grp)
        for raw in raws:
            try:
                event = Event.read(raw, own.group_id)
            except (EventError, FormatError):
                continue
            new = self._keep(tx, grp, event)
            rows.set_carried(tx, event.name, epoch)
            if not new:
                continue
            parsed[event.name] = event
            foreign_own = foreign_own or (event.author == own.identity and event.number >= own.next_number)
            touched[event.home] = None
            if cut.is_cut(event.author):
                # A link that was missing can let a cut reach further back, in any place.
                touched.update(dict.fromkeys(rows.places_of_author(tx, grp, event.author)))
        self.refold(tx, grp, touched, parsed)
        return len(parsed), foreign_own

    def _keep(self, tx: Connection, grp: int, event: Event) -> bool:
        return rows.add_event(
            tx,
            rows.EventRow(
                name=event.name,
                grp=grp,
                author=event.author,
                number=event.number,
                previous=event.previous,
                place=event.home,
                epoch_id=event.epoch,
                bytes=event.raw,
            ),
        )

    # The board

    def graph(
        self, tx: Connection, grp: int, place: bytes | str, parsed: Mapping[bytes, Event] = _NONE
    ) -> tuple[Graph, Judge]:
        """Return the events of a place, and the judge who says which of them count.

        Args:
            tx: A transaction.
            grp: The group.
            place: The item or register.
            parsed: Events that have just been read, by name: they are not read again.
        """
        held = rows.events_of_place(tx, grp, place)
        events = (parsed.get(name) or Event.parse(raw) for name, raw in held)

        def link(name: bytes) -> Link | None:
            found = rows.link_of(tx, name)
            return None if found is None else Link(author=found[0], number=found[1], name=name, previous=found[2])

        return Graph(place, events), self.history(tx, grp).judge_by(link)

    def refold(
        self, tx: Connection, grp: int, places: Iterable[bytes | str], parsed: Mapping[bytes, Event] = _NONE
    ) -> None:
        """Fold items and registers again; ``parsed`` as in :meth:`graph`."""
        for place in places:
            graph, judge = self.graph(tx, grp, place, parsed)
            if isinstance(place, bytes):
                self._fold_item(tx, grp, place, fold(graph, judge))
            elif place == "people":
                rows.set_people(tx, grp, fold_people(graph, judge).items())
            elif place == "settings":
                name = fold_group_name(graph, judge)
                if name:
                    groups.set_name(tx, grp, name)

    def refold_author(self, tx: Connection, grp: int, author: bytes) -> None:
        """Fold every place in which an author has spoken: a cut was made."""
        self.refold(tx, grp, rows.places_of_author(tx, grp, author))

    def _fold_item(self, tx: Connection, grp: int, place: bytes, item: Item | None) -> None:
        if item is None:
            rows.drop_item(tx, place)
            return
        if item.key:
            rows.set_post_key(tx, grp, item.key, item.id)
        urgency = URGENCIES.index(item.urgency) if item.urgency in URGENCIES else len(URGENCIES)
        rows.set_item(
            tx,
            rows.ItemRow(
                id=item.id,
                grp=grp,
                code=code_of(item.id, _CODE),
                kind=item.kind,
                status=item.status,
                category=item.category,
                urgency=urgency,
                created=item.created,
                folded=item.encode(),
            ),
        )

    # Newcomers

    def queue_snapshot(self, tx: Connection, grp: int, group: mls.Group) -> None:
        """Queue what a newcomer needs: the history, the registers, the open items."""
        known = []
        for author in rows.authors(tx, grp):
            last = self._authors(tx, grp, author).last_without_gap(author)
            if last is not None:
                known.append((author, *last))
        epochs = [epoch for epoch in self.history(tx, grp).epochs() if epoch.number < group.epoch]
        for payload in history_in_pieces(epochs, known):
            outbox.queue_payload(tx, grp, payload)
        groups.set_snapshot(tx, grp, group.epoch)
        places: list[bytes | str] = [*_REGISTERS, *rows.open_item_ids(tx, grp, CLOSED)]
        for place in places:
            for name, _ in rows.events_of_place(tx, grp, place):
                outbox.queue_event(tx, grp, name)

    # People

    def spoken(self, tx: Connection, grp: int, identity: bytes) -> str:
        """Return how a member is called, with the tag where there is no name."""
        return rows.people(tx, grp).get(identity) or f"member {tag(identity)}"
