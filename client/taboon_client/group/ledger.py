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
    Times,
    event_name,
    fingerprint,
    to_body,
)
from taboon_client.board.codes import code_of
from taboon_client.board.kinds import URGENCIES, Opening
from taboon_client.errors import EventError, FormatError
from taboon_client.group.news import keep_news
from taboon_client.group.payload import AskPayload
from taboon_client.group.places import Places
from taboon_client.group.registers import Registers, keep_register
from taboon_client.vault import board, groups, outbox
from taboon_client.vault import events as rows
from taboon_crypto.primitives import sodium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taboon_client.board import Body, EpochChange, EpochRecord
    from taboon_client.group.payload import HistoryPayload, LinksPayload
    from taboon_client.group.places import Place
    from taboon_client.group.sealing import Author, Sealer
    from taboon_client.vault import Connection

__all__ = ["FOLD_VERSION", "Ledger", "tag"]

FOLD_VERSION = 3
"""Raised whenever the fold makes something else of the same events: a vault of an older one is folded anew."""

_CODE = 24
_HOUR = 3_600
_NONE: Mapping[bytes, Event] = MappingProxyType({})


def tag(identity: bytes) -> str:
    """Return the short code of an identity key, which tells members of one name apart."""
    return code_of(fingerprint(identity))


class Ledger(Registers):
    """Keeps, judges and folds events. Holds what it has read in memory, as long as it is the vault's.

    Args:
        clock: Gives Unix seconds.
        random: Gives that many random bytes.
    """

    def __init__(self, clock: Callable[[], float], random: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random = random
        self._histories: dict[int, tuple[tuple[int, bytes], History]] = {}
        self._places = Places()

    @property
    def random(self) -> Callable[[int], bytes]:
        """Gives that many random bytes."""
        return self._random

    @property
    def now(self) -> int:
        """Unix time in whole seconds."""
        return int(self._clock())

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
        known = self.history(tx, grp).changes()
        numbers = {epoch.number for epoch in known}
        given = History(payload.epochs)
        fresh: list[EpochChange] = []
        for epoch in given.changes():
            if epoch.number < joined and epoch.number not in numbers:
                goes_on = bool(fresh) and fresh[-1].number == epoch.number - 1
                fresh.append(epoch if goes_on else given.whole(epoch))
        History(sorted([*known, *fresh], key=lambda epoch: epoch.number))
        for epoch in fresh:
            groups.add_epoch(tx, grp, epoch.number, epoch.epoch_id, cbor.encode(epoch.to_value()), None)
        for author, number, name in payload.authors:
            rows.set_base(tx, grp, author, number, name)
            if author == groups.get_group(tx, grp).identity:
                self._own_past(tx, grp, number, name)
        self.forget(grp)
        self.refold(tx, grp, rows.all_places(tx, grp), anew=True)

    def _own_past(self, tx: Connection, grp: int, number: int, name: bytes) -> None:
        """Count on from what we have said and do not hold: we came back with an older copy of our vault."""
        if not groups.is_whole(tx, grp) and number >= groups.get_group(tx, grp).next_number:
            groups.advance_author(tx, grp, number, name)

    def add_epoch(self, tx: Connection, grp: int, record: EpochRecord, committer: bytes | None) -> None:
        """Note the epoch that we are in now.

        Args:
            tx: A transaction that writes.
            grp: The group.
            record: Of the epoch.
            committer: Identity key of who made it, None where we were not there to see.
        """
        history = self.history(tx, grp).followed_by(record)
        value = history.changes()[-1].to_value()
        groups.add_epoch(tx, grp, record.number, record.epoch_id, cbor.encode(value), committer)
        self._histories[grp] = (groups.epochs_known(tx, grp), history)

    def forget(self, grp: int) -> None:
        """Drop what is held in memory of a group: it is read from the vault again."""
        self._histories.pop(grp, None)
        self._places.forget(grp)

    def last_without_gap(self, tx: Connection, grp: int, author: bytes) -> bytes | None:
        """Return the name of the last event up to which an author's events are held without a gap: what a cut names."""
        last = self._authors(tx, grp, author).last_without_gap(author)
        return None if last is None else last[1]

    def missing(self, tx: Connection, grp: int) -> int:
        """Return how many events others name, by running number, that nobody has sent."""
        return rows.missing(tx, grp)

    def wanted(self, tx: Connection, grp: int) -> dict[bytes, bytes]:
        """Return the names of events that their authors' later ones name and that are not held, with the author."""
        return {
            name: author for author in rows.authors(tx, grp) for name in self._authors(tx, grp, author).wanted(author)
        }

    def last_of_authors(self, tx: Connection, grp: int) -> list[tuple[bytes, int, bytes]]:
        """Return (author, number, name) of the last event of each author up to which there is no gap."""
        known = []
        for author in rows.authors(tx, grp):
            last = self._authors(tx, grp, author).last_without_gap(author)
            if last is not None:
                known.append((author, *last))
        return known

    def chain_below(self, tx: Connection, grp: int, author: bytes, number: int) -> tuple[int, list[bytes]]:
        """Return what a newcomer needs for a cut of an author: a number, and the names from it up to the last."""
        authors = self._authors(tx, grp, author)
        last = authors.last_without_gap(author)
        if last is None:
            return number, []
        names = authors.down_to(last[1], number)
        return last[0] - len(names) + 1, names

    def take_links(self, tx: Connection, grp: int, payload: LinksPayload) -> None:
        """Take, as a newcomer, the names of events of an author that we are not given."""
        rows.add_given_links(tx, grp, payload.author, payload.first, payload.names)
        self.refold_author(tx, grp, payload.author)

    def _authors(self, tx: Connection, grp: int, author: bytes) -> Authors:
        chain = rows.chain_of_author(tx, grp, author)
        authors = Authors(Link(author, number, name, previous) for number, name, previous in chain)
        base = rows.base_of(tx, grp, author)
        if base is not None:
            authors.start_at(author, *base)
            given = rows.given_links(tx, grp, author)
            authors.give(Link(author, number, name, previous) for number, name, previous in given)
        return authors

    # Events

    def make(
        self,
        tx: Connection,
        grp: int,
        body: Body,
        place: bytes | str | None,
        speaks_of: Iterable[bytes],
        *,
        details: bytes = b"",
    ) -> Event:
        """Make, keep and queue an event of ours, and fold its place.

        Args:
            tx: A transaction that writes.
            grp: The group.
            body: What was done. Into one that opens an item the sealed details are put, also if they say nothing.
            place: Item id, register, or None to open an item.
            speaks_of: Names of the events of that place that the body speaks of.
            details: What the sealed details of a new item say.

        Raises:
            FieldError: The body has a field that does not fit.
        """
        own = groups.get_group(tx, grp)
        fields = to_body(body)
        present = self._present(tx, grp)
        parents: tuple[bytes, ...] = ()
        if place is not None:
            held, judge = self._place(tx, grp, place)
            item = isinstance(place, bytes) and held.fold.fold(judge, anew=held.anew) is not None
            held.anew = held.anew and not item
            aside = held.fold.aside if item else held.graph.aside(judge)
            parents = held.graph.parents_for(own.identity, speaks_of=speaks_of, aside=aside)
        if isinstance(body, Opening):
            from taboon_client.group.sealing import circle_of

            circle = circle_of(tx, grp, present)
            self.sealer(tx, grp).attach(fields, body.kind, self.author(tx, grp), details, circle)
        private = sodium.ed25519_expand_seed(own.identity_seed)[1]
        event = Event.make(
            sign=lambda message: sodium.ed25519_sign(private, message),
            group_id=own.group_id,
            author=own.identity,
            number=own.next_number,
            previous=own.previous,
            place=place,
            parents=parents,
            epoch=present.epoch_id,
            kind=body.kind,
            body=fields,
        )
        self._keep(tx, grp, event)
        groups.advance_author(tx, grp, event.number, event.name)
        outbox.queue_event(tx, grp, event.name)
        self.refold(tx, grp, [event.home], {event.name: event}, news=False)
        return event

    def author(self, tx: Connection, grp: int) -> Author:
        """Return where our next event will stand."""
        from taboon_client.group.sealing import Author

        own = groups.get_group(tx, grp)
        return Author(own.identity, own.next_number, own.previous, self._present(tx, grp).epoch_id)

    def _present(self, tx: Connection, grp: int) -> EpochRecord:
        present = self.history(tx, grp).last
        if present is None:
            raise FormatError("the group has no epoch")
        return present

    def sealer(self, tx: Connection, grp: int) -> Sealer:
        """Return what seals and opens details for us."""
        from taboon_client.group.sealing import Sealer

        return Sealer(tx, grp, self._random)

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
        doubtful: dict[bytes | str, None] = {}
        parsed: dict[bytes, Event] = {}
        foreign_own = False
        cut = self.history(tx, grp)
        present = groups.epochs_known(tx, grp)[1]
        for raw in raws:
            name = event_name(raw)
            if rows.has_event(tx, name):
                rows.set_carried(tx, name, epoch)
                continue
            try:
                event = Event.read(raw, own.group_id)
            except (EventError, FormatError):
                continue
            new = self._keep(tx, grp, event)
            if event.author == own.identity and event.number >= own.next_number:
                foreign_own = True
                self._own_past(tx, grp, event.number, event.name)
            if not new:
                # It was deleted, or belongs to an item that was.
                continue
            rows.set_carried(tx, event.name, epoch)
            parsed[event.name] = event
            touched[event.home] = None
            if isinstance(event.place, bytes) and rows.ask_for(tx, event.place):
                # It was closed before we came, and somebody goes on with it: those who surely hold it are asked.
                opening = rows.event_bytes(tx, event.place)
                members = {event.author, own.added_by or event.author}
                members |= set() if opening is None else {Event.parse(opening).author}
                question = AskPayload((event.place,), tuple(sorted(members)))
                outbox.queue_payload(tx, grp, question.encode())
            if event.place is None and event.epoch != present:
                # Its author knew an older dispatch circle.
                groups.set_circle_served(tx, grp, b"")
            if cut.is_cut(event.author):
                # A link that was missing can let a cut reach further back, in any place.
                doubtful.update(dict.fromkeys(rows.places_of_author(tx, grp, event.author)))
        self.refold(tx, grp, [place for place in touched if place not in doubtful], parsed)
        self.refold(tx, grp, doubtful, parsed, anew=True)
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
                # To the hour: it says no more of when somebody was here than it must.
                received=self.now // _HOUR * _HOUR,
                bytes=event.raw,
            ),
        )

    # The board

    def graph(self, tx: Connection, grp: int, place: bytes | str) -> tuple[Graph, Judge]:
        """Return the events of a place, not to be added to, and the judge who says which of them count."""
        held, judge = self._place(tx, grp, place)
        return held.graph, judge

    def _place(
        self, tx: Connection, grp: int, place: bytes | str, parsed: Mapping[bytes, Event] = _NONE
    ) -> tuple[Place, Judge]:
        held = self._places.get(tx, grp, place, parsed)
        history = self.history(tx, grp)
        held.judged_by(history)

        def link(name: bytes) -> Link | None:
            found = rows.link_of(tx, name)
            return None if found is None else Link(author=found[0], number=found[1], name=name, previous=found[2])

        return held, history.judge_by(link)

    def refold(
        self,
        tx: Connection,
        grp: int,
        places: Iterable[bytes | str],
        parsed: Mapping[bytes, Event] = _NONE,
        *,
        anew: bool = False,
        news: bool = True,
    ) -> None:
        """Fold items and registers again.

        Args:
            tx: A transaction that writes.
            grp: The group.
            places: Which.
            parsed: Events that have just been read, by name: they are not read again.
            anew: Not only new events: what counts is other than it was.
            news: What changes may be news to us: it is not our own doing.
        """
        me = groups.get_group(tx, grp).identity
        for place in places:
            held, judge = self._place(tx, grp, place, parsed)
            if isinstance(place, bytes):
                item = held.fold.fold(judge, anew=anew or held.anew)
                held.anew = False
                if news and item is not None:
                    keep_news(tx, grp, me, item, self.now)
                self._keep_item(tx, grp, place, item)
            else:
                keep_register(tx, grp, place, held.graph, judge, self.history(tx, grp))

    def refold_author(self, tx: Connection, grp: int, author: bytes) -> None:
        """Fold every place in which an author has spoken: what counts of it is other than it was."""
        self.refold(tx, grp, rows.places_of_author(tx, grp, author), anew=True)

    def refresh(self, tx: Connection, grp: int) -> None:
        """Fold everything anew if another version of the fold has made the board."""
        if groups.fold_version(tx, grp) != FOLD_VERSION:
            self.refold(tx, grp, rows.all_places(tx, grp), anew=True, news=False)
            groups.set_fold_version(tx, grp, FOLD_VERSION)

    def _keep_item(self, tx: Connection, grp: int, place: bytes, item: Item | None) -> None:
        before = board.merge_of(tx, place)
        if item is None:
            board.drop_item(tx, place)
        else:
            if item.key:
                rows.set_post_key(tx, grp, item.key, item.id)
            self._write_item(tx, grp, item)
        if before or (item is not None and item.merged_into):
            self._settle_merges(tx, grp, [place, before, *(() if item is None else (item.merged_into,))])

    def _settle_merges(self, tx: Connection, grp: int, changed: Iterable[bytes]) -> None:
        """Write again what of these and of those they go on in stands otherwise than it should."""
        from taboon_client.group.merges import otherwise

        for item in otherwise(tx, changed):
            self._write_item(tx, grp, item)

    def _write_item(self, tx: Connection, grp: int, item: Item) -> None:
        closed = (rows.received_of(tx, item.closing) or self.now) if item.closed else None
        received = rows.received_of(tx, item.renewal) or self.now
        times = Times.of(stated=item.renewed, received=received, closed=closed or 0)
        urgency = URGENCIES.index(item.urgency) if item.urgency in URGENCIES else len(URGENCIES)
        board.set_item(
            tx,
            board.ItemRow(
                id=item.id,
                grp=grp,
                code=code_of(item.id, _CODE),
                kind=item.kind,
                status=item.status,
                category=item.category,
                sub=item.sub,
                area=item.area,
                urgency=urgency,
                urgent=item.urgent,
                answered=item.answered,
                created=item.created,
                renewed=times.renewed,
                closed=closed,
                needed=item.needed_by,
                merged=item.merged_into or None,
                folded=item.encode(),
            ),
        )

    # People

    def spoken(self, tx: Connection, grp: int, identity: bytes) -> str:
        """Return how a member is called, with the tag where there is no name."""
        return board.people(tx, grp).get(identity) or f"member {tag(identity)}"
