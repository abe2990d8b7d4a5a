"""The acts of a member that seal or open something: details of an item, and private notes about it.

Every opening is an event: nobody gets to see details without everyone seeing that they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import DISPATCH, PrivateNote, from_body
from taboon_client.board import deeds as kinds
from taboon_client.board.details import MAY_GO, NOT_WITH
from taboon_client.board.item import HOLDING, PledgeStanding
from taboon_client.errors import NotAllowedError
from taboon_client.group.marks import marks_of
from taboon_client.group.sealing import circle_of
from taboon_client.vault import board

if TYPE_CHECKING:
    from taboon_client.board import Body, Details, Event, Item
    from taboon_client.group.acts import Acts

__all__ = ["SecretActs"]


class SecretActs:
    """Sealing and opening for one member of one group, inside one transaction that writes.

    Args:
        acts: The member's acts, in the same transaction.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts
        self._sealer = acts.ledger.sealer(acts.tx, acts.grp)

    def open(self, item: Item) -> Details:
        """Return the sealed details of an item; that they were opened is an event, unless they are our own.

        Raises:
            NotAllowedError: They are sealed to others.
            FormatError: This version cannot read them.
        """
        opening, events = self._events(item)
        if self._sealer.key(opening, events) is None:
            raise NotAllowedError(self.closed_to_us(item))
        details = self._sealer.read(opening, events, item.sealed)
        if item.author != self._acts.identity:
            self._make(item, kinds.Opened(created=self._acts.now))
        return details

    def can_open(self, item: Item) -> bool:
        """Tell whether the sealed details of an item are sealed to us, without opening them."""
        opening, events = self._events(item)
        return self._sealer.key(opening, events) is not None

    def closed_to_us(self, item: Item) -> str:
        """Return why we cannot open the details of an item, and what we can do about it."""
        goes = any(one.author == self._acts.identity and one.standing in HOLDING and one.taken for one in item.pledges)
        if goes:
            return (
                f"you go for #{item.code}, and the details are not released to you yet: ask whoever posted it, or one "
                "of the dispatch circle, to release them"
            )
        return "they are sealed to others: to whoever posted it, those who dispatch, and who goes"

    def change(self, item: Item, details: Details) -> None:
        """Put other details in the place of the sealed ones."""
        if not self._acts.is_side(item):
            raise NotAllowedError(f"only whoever posted #{item.code}, or the dispatch circle, can change its details")
        opening, events = self._events(item)
        self._make(item, kinds.Details(box=self._sealer.box_for(opening, events, details), created=self._acts.now))

    def grant(self, item: Item, pledge: bytes | None, *, first: bool, reason: str) -> None:
        """Release the details to whoever goes: the primary, or the pledge that is named.

        Args:
            item: Of which.
            pledge: Name of the pledge; the primary's if there is one and nothing is said.
            first: Put this pledge before every other; without it a standby is refused.
            reason: Told to everyone.

        Raises:
            NotAllowedError: We cannot open them, are not of the item's side, or it is a standby's pledge.
        """
        acts = self._acts
        if not acts.is_side(item):
            raise NotAllowedError(f"only whoever posted #{item.code}, or the dispatch circle, can release its details")
        if pledge is None:
            goes = [one.name for one in item.pledges if one.standing in HOLDING and one.taken and not one.granted]
            if not goes:
                raise NotAllowedError(f"nobody goes for #{item.code} who has not been given the details")
            pledge = goes[0]
        found = acts.pledge_of(item, pledge)
        if marks_of(acts.tx, acts.grp).suspended(found.author):
            raise NotAllowedError("two members say that this device is at risk. An admin decides first (“taboon keys”)")
        if found.standing not in HOLDING or (found.standing is PledgeStanding.STANDBY and not first):
            raise NotAllowedError("somebody goes before them: say that this pledge comes first, or wait until it is")
        keys = self._keys_of([found.author])
        opening, events = self._events(item)
        wrap = self._sealer.wraps_for(opening, events, keys)[0]
        said = kinds.Grant(pledge=pledge, key=wrap, first=first, reason=reason, created=acts.now)
        self._make(item, said, pledge)

    def share(self, item: Item) -> int:
        """Seal the details to those of the dispatch circle who do not have them yet. Returns how many those were."""
        acts = self._acts
        opening, events = self._events(item)
        circle = circle_of(acts.tx, acts.grp, acts.ledger.history(acts.tx, acts.grp).last)
        lacking = self._sealer.lacking(opening, events, circle)
        if lacking:
            wraps = self._sealer.wraps_for(opening, events, lacking)
            self._make(item, kinds.Share(keys=tuple(wraps), created=acts.now))
        return len(lacking)

    def note(self, item: Item, note: PrivateNote, recipients: list[bytes]) -> None:
        """Say something about an item to a few, and to nobody else.

        Args:
            item: About which.
            note: What.
            recipients: Identity keys, at most 8; the item's author and the dispatch circle if empty.
        """
        acts = self._acts
        if not recipients:
            # Whom not to send is told to no one of whom it is said.
            apart = note.people if note.about in (NOT_WITH, MAY_GO) else ()
            all_of_them = dict.fromkeys((item.author, *self._circle()))
            recipients = [who for who in all_of_them if who not in apart][:8]
        known = board.sealing_keys(acts.tx, acts.grp)
        keys = {who: known[who] for who in recipients if who in known}
        author = acts.ledger.author(acts.tx, acts.grp)
        self._make(item, self._sealer.note(item.id, author, note, keys))

    def notes(self, item: Item) -> list[tuple[Event, PrivateNote]]:
        """Return the private notes about an item that are for us, in the order of the fold."""
        acts = self._acts
        graph, judge = acts.ledger.graph(acts.tx, acts.grp, item.id)
        found = []
        for _, _, event in graph.ready():
            if event.kind == kinds.Private.kind and judge(event):
                note = self._sealer.read_note(event)
                if note is not None:
                    found.append((event, note))
        return found

    def _circle(self) -> list[bytes]:
        record = self._acts.ledger.history(self._acts.tx, self._acts.grp).last
        members = record.members if record is not None else {}
        return [who for who, roles in members.items() if DISPATCH in roles]

    def not_with(self, item: Item) -> frozenset[bytes]:
        """Return whom not to send, as the notes for us say: the last word of those who speak for the item."""
        told: dict[bytes, bool] = {}
        for event, note in self.notes(item):
            # Anybody can post a note: one who may not speak for the item keeps nobody away from it.
            if note.about in (NOT_WITH, MAY_GO) and event.author in (item.author, *self._circle()):
                told |= dict.fromkeys(note.people, note.about == NOT_WITH)
        return frozenset(who for who, kept_away in told.items() if kept_away)

    def _keys_of(self, identities: list[bytes]) -> dict[bytes, bytes]:
        known = board.sealing_keys(self._acts.tx, self._acts.grp)
        if not all(who in known for who in identities):
            raise NotAllowedError("they are no member any more, or their keys are not known here: sync first")
        return {who: known[who] for who in identities}

    def _events(self, item: Item) -> tuple[Event, list[Event]]:
        graph, judge = self._acts.ledger.graph(self._acts.tx, self._acts.grp, item.id)
        opening = graph.get(item.id)
        if opening is None or from_body(opening) is None:
            raise NotAllowedError(f"#{item.code} is not whole on this device: sync first")
        # Wraps of those whose events do not count any more have been made all the same; they harm nobody.
        events = [event for _, _, event in graph.ready() if event.name == item.id or judge(event)]
        return opening, events

    def _make(self, item: Item, body: Body, *speaks_of: bytes) -> None:
        self._acts.ledger.make(self._acts.tx, self._acts.grp, body, item.id, speaks_of)
