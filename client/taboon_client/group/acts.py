"""What a member does on the board: each act is one event, refused with a plain sentence where it would mean nothing.

The rules of the fold hold whatever a device sends; the checks here only keep an honest person from posting in vain.
What has to do with sealed details is :mod:`.secret_acts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from taboon_client.board import (
    AREAS,
    DISPATCH,
    Confirm,
    Deliver,
    Item,
    ItemPledge,
    Pledge,
    PledgeStanding,
    Release,
    Status,
)
from taboon_client.board import deeds as kinds
from taboon_client.board.asking import parted
from taboon_client.board.item import HANDED, HOLDING
from taboon_client.errors import FieldError, GroupStoppedError, NotAllowedError
from taboon_client.vault import board, groups
from taboon_client.vault import events as rows

if TYPE_CHECKING:
    from taboon_client.board import Body, Details, Event, Opening
    from taboon_client.board.openings import Edit
    from taboon_client.group.ledger import Ledger
    from taboon_client.vault import Connection

__all__ = ["Acts"]

_Said = TypeVar("_Said", bound="Opening | Edit")


class Acts:
    """The acts of one member on one group's board, inside one transaction that writes.

    Args:
        tx: The transaction.
        ledger: Of the vault.
        grp: The group.
        now: Unix time, for display on other devices.

    Raises:
        GroupStoppedError: The group does not go on here.
    """

    def __init__(self, tx: Connection, ledger: Ledger, grp: int, now: int) -> None:
        self.tx = tx
        self.ledger = ledger
        self.grp = grp
        self.now = now
        own = groups.get_group(tx, grp)
        if own.state in ("removed", "frozen"):
            raise GroupStoppedError(own.problem or "this group does not go on here")
        self.identity = own.identity

    # The item

    def post(self, opening: Opening, key: bytes | None, details: Details | None = None) -> tuple[bytes, bool]:
        """Open an item; returns its id and whether it is new. With a key (16 bytes) the same post is made only once."""
        if key is not None:
            known = rows.post_of_key(self.tx, self.grp, key)
            if known is not None and self._stands(known):
                return known, False
            opening = msgspec.structs.replace(opening, key=key)
        sealed = b"" if details is None else details.encode()
        event = self.ledger.make(self.tx, self.grp, self._in_own_words(opening), None, (), details=sealed)
        return event.name, True

    def _stands(self, item: bytes) -> bool:
        """Tell whether an item is ours, or is open: nobody can keep a post out by posting its key and closing it."""
        folded = board.folded_item(self.tx, item)
        if folded is None:
            return False
        found = Item.decode(folded)
        return found.author == self.identity or not found.closed

    def _in_own_words(self, said: _Said) -> _Said:
        """Hold what is said to the group's own areas, and give its category the meaning that it has here and now."""
        changes: dict[str, object] = {}
        area = said.area
        areas = self.ledger.vocabulary(self.tx, self.grp, AREAS)
        if isinstance(area, str) and area and areas.offered():
            found = areas.find(area)
            if not found:
                raise FieldError(
                    "area", f"is one of the group's own: {', '.join(t.label('en') for t in areas.offered())}"
                )
            changes["area"] = found[0].code
        code = said.sub if isinstance(said.sub, str) and said.sub else said.category
        if isinstance(code, str) and code:
            term = self.ledger.vocabulary(self.tx, self.grp, "taxonomy").now(code)
            changes["sense"] = b"" if term is None else term.sense
        if isinstance(said.answers, tuple) and said.answers:
            every = {one.version: one for one in self.ledger.questions(self.tx, self.grp)}
            if parted(every, said.answers)[1]:
                raise FieldError("answers", "one is to a question whose answers are sealed: put it into the details")
        return msgspec.structs.replace(said, **changes) if changes else said

    def edit(self, item: Item, edit: Edit) -> None:
        """Change what an item says."""
        self._need_side(item, "change")
        if edit.lines is not msgspec.UNSET and len(edit.lines) < len(item.lines):
            raise FieldError("lines", f"#{item.code} has {len(item.lines)}: change a quantity, and leave none out")
        self._make(item, msgspec.structs.replace(self._in_own_words(edit), created=self.now))

    def renew(self, item: Item) -> None:
        """Say that an item is still so; one that is paused goes on."""
        self._need_side(item, "renew")
        self._need_open(item)
        self._make(item, kinds.Renew(created=self.now))

    def pause(self, item: Item, until: int, reason: str) -> None:
        """Ask everyone to wait."""
        self._need_side(item, "pause")
        self._need_open(item)
        self._make(item, kinds.Pause(until=until, reason=reason, created=self.now))

    def withdraw(self, item: Item, reason: str, why: str = "") -> None:
        """Close an item."""
        self._need_side(item, "withdraw")
        if item.status in (Status.WITHDRAWN, Status.MERGED):
            raise NotAllowedError(f"#{item.code} is withdrawn already")
        self._make(item, kinds.Withdraw(reason=reason, why=why, created=self.now))

    def merge(self, item: Item, into: Item) -> None:
        """Say that an item is the same as another one, which goes on."""
        self._need_side(item, "merge")
        if item.id == into.id:
            raise NotAllowedError("an item is not merged into itself")
        if item.merged_into:
            raise NotAllowedError(f"#{item.code} is merged already. Undo that first")
        self._need_open(item)
        if into.closed:
            raise NotAllowedError(f"#{into.code} is closed: open it again first, or merge into one that is open")
        if (item.kind == "need") is not (into.kind == "need"):
            raise NotAllowedError("a need goes on in a need, and an offer in an offer: pledge for it instead")
        self._make(item, kinds.Merge(into=into.id, created=self.now))

    def undo(self, item: Item, event: bytes | None) -> None:
        """Take back an event; without a name the last that closed, merged or paused the item."""
        name = event or self._last_undoable(item)
        if name is None:
            raise NotAllowedError(f"there is nothing on #{item.code} that you can take back")
        self._make(item, kinds.Undo(event=name, created=self.now), name)
        self._give_again(item)

    def _last_undoable(self, item: Item) -> bytes | None:
        graph, judge = self.ledger.graph(self.tx, self.grp, item.id)
        undone = {event.body.get("event") for _, _, event in graph.ready() if event.kind == kinds.Undo.kind}
        for _, name, event in reversed(graph.ready()):
            ours = event.author == self.identity or self.is_side(item)
            if event.kind in _CLOSING and ours and name not in undone and judge(event):
                return name
        return None

    def _give_again(self, item: Item) -> None:
        """Send an item whole that is open again: those who came while it was closed were not given it."""
        from taboon_client.vault import outbox

        folded = board.folded_item(self.tx, item.id)
        if item.closed and folded is not None and not Item.decode(folded).closed:
            for name in rows.arrivals(self.tx, self.grp, item.id):
                outbox.queue_event(self.tx, self.grp, name)

    # Pledges

    def pledge(self, item: Item, quantity: int | None, said: Pledge | None = None) -> None:
        """Promise to cover an item, or ``quantity`` of its only line, or what ``said`` says."""
        self._need_open(item)
        pledge = said or Pledge()
        if self._own_pledge(item, HOLDING, pledge.day) is not None:
            raise NotAllowedError(f"you have a pledge on #{item.code} already. Release it first to change it")
        if pledge.day and not item.repeat:
            raise FieldError("day", f"#{item.code} does not come again: leave the day out")
        if quantity is not None:
            if len(item.lines) != 1:
                raise FieldError("quantity", f"#{item.code} has several lines: pledge the whole")
            pledge = msgspec.structs.replace(pledge, quantities=((0, quantity),))
        self._make(item, msgspec.structs.replace(pledge, created=self.now))

    def release(self, item: Item, reason: str, day: str = "") -> None:
        """Give our pledge back; of a pledge for every time, one day."""
        standings = HOLDING | {PledgeStanding.HANDED_OVER, PledgeStanding.LAPSED}
        pledge = self._need(item, self._own_pledge(item, standings, day), "no pledge")
        self._make(item, Release(pledge=pledge.name, day=day, reason=reason, created=self.now), pledge.name)

    def go(self, item: Item, expected: int = 0, lease: int = 0) -> None:
        """Say that we are on the way, or renew our lease."""
        pledge = self._need(item, self._own_pledge(item, HOLDING | {PledgeStanding.LAPSED}), "no pledge to go for")
        said = kinds.Going(pledge=pledge.name, expected=expected, lease=lease, created=self.now)
        self._make(item, said, pledge.name)

    def deliver(self, item: Item, note: str = "", day: str = "") -> None:
        """Say that what we pledged is handed over."""
        standings = HOLDING | {PledgeStanding.LAPSED}
        pledge = self._own_pledge(item, standings, day)
        pledge = self._need(item, pledge, "no pledge that is not handed over yet")
        if pledge.rejected and not day:
            raise NotAllowedError(
                f"whoever asked for #{item.code} says that it has not arrived. When it has, ask them to confirm it"
            )
        if item.repeat and not (day or pledge.day):
            raise FieldError("day", f"#{item.code} comes again: say for which day, as in 2026-03-01")
        self._make(item, Deliver(pledge=pledge.name, day=day, note=note, created=self.now), pledge.name)

    def confirm(self, item: Item, note: str = "", day: str = "") -> None:
        """Say that everything which was handed over for an item has arrived."""
        self._need_side(item, "confirm that something arrived for")
        # What was not so at first has arrived after all, where nothing else can be meant.
        handed = self._handed(item, day) or [
            pledge.name for pledge in item.pledges if pledge.rejected and pledge.standing in HOLDING and not day
        ]
        if not handed:
            raise NotAllowedError(f"nothing was handed over for #{item.code} yet")
        for name in handed:
            self._make(item, Confirm(pledge=name, day=day, note=note, created=self.now), name)

    def _handed(self, item: Item, day: str) -> list[bytes]:
        """Return the names of the pledges of which it was said that they were handed over, and no more."""
        if day:
            placed = next((one.pledges for one in item.rounds if one.day == day), ())
            return [name for name, standing, _ in placed if standing is PledgeStanding.HANDED_OVER]
        return [pledge.name for pledge in item.pledges if pledge.standing is PledgeStanding.HANDED_OVER]

    def reject(self, item: Item, pledge: bytes | None, reason: str, day: str = "") -> None:
        """Say that what was said to be handed over did not arrive; without a name what only one has handed over."""
        self._need_side(item, "say that nothing arrived for")
        handed = self._handed(item, day)
        name = handed[0] if pledge is None and len(handed) == 1 else pledge
        if name is None or name not in handed:
            raise NotAllowedError(
                f"say whose pledge on #{item.code} did not arrive: none, or several, were said to be handed over"
            )
        self._make(item, kinds.Reject(pledge=name, day=day, reason=reason, created=self.now), name)

    def returned(self, item: Item, pledge: bytes | None, note: str) -> None:
        """Say that what was borrowed came back."""
        lent = [one for one in item.pledges if one.standing in HANDED]
        if pledge is None:
            lent = [one for one in lent if one.author == self.identity] or lent
            pledge = lent[0].name if len(lent) == 1 else None
        found = item.pledge(pledge) if pledge is not None else None
        if item.kind != "loan" or found is None:
            raise NotAllowedError(f"say which loan of #{item.code} came back: none, or several, are out")
        if found.author != self.identity:
            self._need_side(item, "take back")
        self._make(item, kinds.Returned(pledge=found.name, note=note, created=self.now), found.name)

    def lapse(self, item: Item, pledge: bytes, reason: str) -> None:
        """Say that the lease of somebody's pledge has lapsed."""
        found = self.pledge_of(item, pledge)
        if found.standing not in HOLDING:
            raise NotAllowedError(f"that pledge on #{item.code} does not hold any more")
        if found.author == self.identity:
            raise NotAllowedError("it is your own pledge: release it")
        if not self.is_side(item):
            self._need(item, self._own_pledge(item, HOLDING), "no pledge that could take its place")
            if found.standing is PledgeStanding.ON_THE_WAY:
                raise NotAllowedError("they are on the way: ask whoever posted it, or the dispatch circle")
        self._make(item, kinds.Lapse(pledge=pledge, reason=reason, created=self.now), pledge)

    def contest(self, item: Item, reason: str) -> None:
        """Say that we still stand by a pledge of ours that was said to have lapsed."""
        pledge = self._need(item, self._own_pledge(item, {PledgeStanding.LAPSED}), "no pledge that lapsed")
        self._make(item, kinds.Contest(pledge=pledge.name, reason=reason, created=self.now), pledge.name)

    # Talk

    def comment(self, item: Item, text: str) -> None:
        """Say something about an item."""
        self._make(item, kinds.Comment(text=text, created=self.now))

    def follow_up(self, item: Item, when: int, note: str) -> None:
        """Ask that somebody asks again on a day."""
        self._make(item, kinds.FollowUp(when=when, note=note, created=self.now))

    def followed_up(self, item: Item, follow_up: bytes | None, note: str) -> None:
        """Say that we have asked again."""
        open_ones = [one.name for one in item.follow_ups if not one.done_by]
        name = follow_up or (open_ones[0] if open_ones else None)
        if name is None or name not in open_ones:
            raise NotAllowedError(f"nobody is to ask again about #{item.code}")
        self._make(item, kinds.FollowedUp(follow_up=name, note=note, created=self.now), name)

    def outcome(self, item: Item, text: str) -> None:
        """Tell everyone who touched an item what became of it."""
        if not self.is_side(item) and self._own_pledge(item, frozenset(PledgeStanding)) is None:
            raise NotAllowedError(f"what became of #{item.code} is told by those who asked or helped")
        self._make(item, kinds.Outcome(text=text, created=self.now))

    # What is asked before

    def is_side(self, item: Item) -> bool:
        """Tell whether we are of the item's side: its author, or the dispatch circle."""
        record = self.ledger.history(self.tx, self.grp).last
        roles = record.members.get(self.identity, frozenset()) if record is not None else frozenset()
        return item.author == self.identity or DISPATCH in roles

    def pledge_of(self, item: Item, pledge: bytes) -> ItemPledge:
        """Return a pledge of an item.

        Raises:
            NotAllowedError: There is none of that name.
        """
        found = item.pledge(pledge)
        if found is None:
            raise NotAllowedError(f"#{item.code} has no such pledge")
        return found

    def _need_side(self, item: Item, what: str) -> None:
        if not self.is_side(item):
            raise NotAllowedError(f"only whoever posted #{item.code}, or the dispatch circle, can {what} it")

    def _need_open(self, item: Item) -> None:
        if item.closed:
            raise NotAllowedError(f"#{item.code} is closed: nothing more is needed there")

    def _own_pledge(
        self, item: Item, standings: frozenset[PledgeStanding] | set[PledgeStanding], day: str = ""
    ) -> ItemPledge | None:
        own = [p for p in item.pledges if p.author == self.identity and p.standing in standings]
        # Of that day before one of every time.
        return next((p for p in own if p.day == day), next((p for p in own if not p.day), None) if day else None)

    def _need(self, item: Item, pledge: ItemPledge | None, what: str) -> ItemPledge:
        if pledge is None:
            raise NotAllowedError(f"you have {what} on #{item.code}")
        return pledge

    def _make(self, item: Item, body: Body, *speaks_of: bytes) -> Event:
        # An item is a place of its own; its opening is spoken of by whatever happens to it.
        return self.ledger.make(self.tx, self.grp, body, item.id, speaks_of)


_CLOSING = frozenset({kinds.Withdraw.kind, kinds.Merge.kind, kinds.Pause.kind})
