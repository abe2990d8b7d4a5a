"""One item while it is folded: what each event changes, and what it all comes to.

Events come in the order of the fold, and only those that count. Which those are, and when to begin anew, is
:mod:`.item_fold`.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from taboon_client.board import deeds
from taboon_client.board.deeds import Comment, Pledge
from taboon_client.board.fields import NO_DAY, Line
from taboon_client.board.item import (
    CLOSED,
    HANDED,
    ItemPledge,
    ItemRound,
    PledgeStanding,
    Status,
)
from taboon_client.board.item_days import SpokenDays
from taboon_client.board.item_talk import Talk
from taboon_client.board.openings import EDITABLE, Edit, LoanOffer, StandingOffer
from taboon_client.board.pledging import Placed, Pledged, Terms, cover, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taboon_client.board.event import Event
    from taboon_client.board.graph import Graph
    from taboon_client.board.item import ItemLine
    from taboon_client.board.kinds import Body
    from taboon_client.board.openings import Opening

__all__ = ["MAX_PLEDGES", "Life", "Step"]

MAX_PLEDGES = 50
"""Pledges of one member on one item that have an effect: the first in the order of the fold."""

_TOUCHED = 200
# How often it is looked at whether a pledge whose author says to be on the way was primary: of one pledge, and of all
# pledges of one member.
_TRIES = 2
_LOOKS = 50
# How many events of one member are folded for such a look: the first ones.
_LOOKED_AT = 1_000
_CARRIED = (*EDITABLE, "original", "source", "key")
_FINAL = frozenset({PledgeStanding.CONFIRMED, PledgeStanding.RETURNED})
# What has no part in who goes.
_NO_PART = (
    *(Comment, deeds.Opened, deeds.Private, deeds.FollowUp, deeds.FollowedUp, deeds.Outcome, deeds.Share),
    *(deeds.Details, deeds.Renew, deeds.Pause, deeds.Merge),
)


class Step(NamedTuple):
    """An event that was folded and has a part in who goes."""

    depth: int
    event: Event
    body: Body
    side: bool
    whole: bool


class Life:
    """An item while it is folded.

    Args:
        opening: Its event.
        body: And what it says.
        graph: Of the item.
        nested: Where only what one event stands on is folded: of the events before it that said to be on the way,
            whether it held.
    """

    def __init__(self, opening: Event, body: Opening, graph: Graph, nested: dict[bytes, bool] | None = None) -> None:
        self.opening = opening
        self.body = body
        self.graph = graph
        self.nested = nested is not None
        self.on_the_way = {} if nested is None else nested
        self.said: dict[str, Any] = {name: getattr(body, name) for name in _CARRIED}
        if not self.said["lines"]:
            self.said["lines"] = (Line(quantity=1),)
        self.latest = body.created
        self.pledges: dict[bytes, Pledged] = {}
        self.count_of: dict[bytes, int] = {}
        self.days = SpokenDays()
        self.steps: list[Step] = []
        self.steps_of: dict[bytes, int] = {}
        # Somebody has more steps than are looked at.
        self.crowded = False
        self.looks: dict[bytes, int] = {}
        self.chosen = b""
        self.ignored = 0
        self.talk = Talk()
        self.sealed = opening.name if body.details else b""
        self.paused: deeds.Pause | None = None
        self.withdrawn: deeds.Withdraw | None = None
        self.merged_into = b""
        self.merged_closed = False
        self.closing = self.last_confirm = b""
        self.renewal, self.renewed = opening.name, body.created
        self.touched: dict[bytes, None] = {opening.author: None}
        self.answered = False

    def copy(self) -> Life:
        """Return an equal one that goes on by itself."""
        other = copy(self)
        other.on_the_way = dict(self.on_the_way)
        other.said = dict(self.said)
        other.pledges = {name: pledge.copy() for name, pledge in self.pledges.items()}
        other.count_of = dict(self.count_of)
        other.days = self.days.copy()
        other.steps = list(self.steps)
        other.steps_of = dict(self.steps_of)
        other.looks = dict(self.looks)
        other.touched = dict(self.touched)
        other.talk = self.talk.copy()
        return other

    def take(self, depth: int, event: Event, body: Body, *, side: bool, whole: bool = False) -> None:
        """Fold one event.

        Args:
            depth: Of the event.
            event: The event.
            body: And what it says.
            side: It is of the item's side.
            whole: It is known to stand on every event that was folded before it.
        """
        when = getattr(body, "created", 0)
        self.latest = max(self.latest, when)
        step = Step(depth, event, body, side, whole)
        handler = self._HANDLERS.get(type(body))
        if handler is not None:
            handler(self, step)
        else:
            self.talk.take(event, body)
        if not isinstance(body, _NO_PART):
            self._keep(step)

    def _keep(self, step: Step) -> None:
        author = step.event.author
        count = self.steps_of.get(author, 0)
        if count >= _LOOKED_AT:
            self.crowded = True
            return
        self.steps_of[author] = count + 1
        self.steps.append(step)

    def touch(self, author: bytes) -> None:
        """Note that somebody has done something that counts."""
        if author != self.opening.author:
            self.answered = True
        if len(self.touched) < _TOUCHED:
            self.touched[author] = None

    def terms(self) -> Terms:
        """Return what its pledges share."""
        return Terms(
            identifier=self.opening.name,
            lines=self.said["lines"],
            recurring=bool(self.said["repeat"]),
            unlimited=isinstance(self.body, StandingOffer),
            chosen=self.chosen,
        )

    # Pledges

    def _take_pledge(self, step: Step) -> None:
        event, body = step.event, step.body
        assert isinstance(body, Pledge)  # noqa: S101 - by the table of handlers
        count = self.count_of.get(event.author, 0)
        if count >= MAX_PLEDGES:
            self.ignored += 1
            return
        self.count_of[event.author] = count + 1
        self.pledges[event.name] = Pledged(event, body, step.depth, late=self.withdrawn is not None)
        if body.day:
            self.days.pledge(body.day)

    def _day_of(self, pledge: Pledged, step: Step) -> str:
        """Return the day that something is said of: one day of a pledge for every time, else the pledge as it is."""
        day: str = getattr(step.body, "day", NO_DAY)
        if not day or pledge.body.day or not self.said["repeat"]:
            return NO_DAY
        forgotten = self.days.speak(step.event.author, day)
        if forgotten:
            for one in self.pledges.values():
                one.forget(forgotten)
        return day

    def _take_release(self, step: Step) -> None:
        pledge = self._own_pledge(step)
        if pledge is not None:
            self._change(pledge, PledgeStanding.RELEASED, step, self._day_of(pledge, step))

    def _take_deliver(self, step: Step) -> None:
        pledge = self._own_pledge(step)
        if pledge is None or not isinstance(step.body, deeds.Deliver):
            return
        day = self._day_of(pledge, step)
        if day in pledge.rejected:
            return
        if self._change(pledge, PledgeStanding.HANDED_OVER, step, day) and not day:
            pledge.handed = True
            pledge.delivered = step.body.quantities

    def _take_confirm(self, step: Step) -> None:
        pledge = self._pledge_of(step)
        if pledge is None or not step.side:
            return
        day = self._day_of(pledge, step)
        pledge.rejected.discard(day)
        if self._change(pledge, PledgeStanding.CONFIRMED, step, day) and not day:
            pledge.arrived = True
            self.last_confirm = step.event.name

    def _take_reject(self, step: Step) -> None:
        pledge = self._pledge_of(step)
        if pledge is None or not step.side or not isinstance(step.body, deeds.Reject):
            return
        day = self._day_of(pledge, step)
        if pledge.on(day) is PledgeStanding.HANDED_OVER:
            pledge.rejected.add(day)
            pledge.change(PledgeStanding.STANDBY, step.body.reason, step.body.created, day)
            if not day:
                pledge.handed = pledge.going = False
                pledge.delivered = ()

    def _take_returned(self, step: Step) -> None:
        pledge = self._pledge_of(step)
        if pledge is None or not isinstance(self.body, LoanOffer) or pledge.state not in HANDED:
            return
        if step.side or step.event.author == pledge.author:
            pledge.change(PledgeStanding.RETURNED, getattr(step.body, "note", ""), getattr(step.body, "created", 0))

    def _take_going(self, step: Step) -> None:
        pledge = self._own_pledge(step)
        if pledge is None or not isinstance(step.body, deeds.Going) or pledge.state in HANDED | _FINAL:
            return
        pledge.expected = step.body.expected or pledge.expected
        pledge.lease = step.body.lease or pledge.lease
        if pledge.state is PledgeStanding.LAPSED:
            pledge.change(PledgeStanding.STANDBY, "", step.body.created)
        looks = self.looks.get(pledge.author, 0)
        if not pledge.going and pledge.tried < _TRIES and looks < _LOOKS:
            pledge.tried += 1
            self.looks[pledge.author] = looks + 1
            name = step.event.name
            if not self.nested:
                self.on_the_way[name] = self._was_primary(step, pledge)
            pledge.going = self.on_the_way.get(name, False)

    def _was_primary(self, step: Step, pledge: Pledged) -> bool:
        """Tell whether a pledge was primary in what an event stands on: whatever else was said does not count there."""
        life = self
        if self.crowded or not step.whole:
            below = self.graph.below(step.event)
            known = [before for before in self.steps if before.event.name in below]
            if self.crowded or len(known) < len(self.steps):
                life = Life(self.opening, self.body, self.graph, self.on_the_way)
                for before in known:
                    life.take(before.depth, before.event, before.body, side=before.side)
        placed = settle(life.terms(), life.pledges.values(), pledge.body.day)
        return any(one.pledge.name == pledge.name and one.taken for one in placed)

    def _take_lapse(self, step: Step) -> None:
        pledge = self._pledge_of(step)
        author = step.event.author
        if pledge is None or pledge.state is not PledgeStanding.STANDBY or not isinstance(step.body, deeds.Lapse):
            return
        if not step.side:
            if author == pledge.author or pledge.going or author in pledge.sayers or not self._holds(author):
                return
            pledge.sayers.add(author)
        pledge.lapsed_by = author
        pledge.going = False
        pledge.change(PledgeStanding.LAPSED, step.body.reason, step.body.created)

    def _holds(self, author: bytes) -> bool:
        return any(one.author == author and one.state is PledgeStanding.STANDBY for one in self.pledges.values())

    def _take_contest(self, step: Step) -> None:
        pledge = self._own_pledge(step)
        if pledge is not None and pledge.state is PledgeStanding.LAPSED and isinstance(step.body, deeds.Contest):
            pledge.change(PledgeStanding.STANDBY, step.body.reason, step.body.created)

    def _take_grant(self, step: Step) -> None:
        pledge = self._pledge_of(step)
        if pledge is None or not step.side or not isinstance(step.body, deeds.Grant):
            return
        pledge.granted = True
        if step.body.first:
            self.chosen = pledge.name

    def _pledge_of(self, step: Step) -> Pledged | None:
        return self.pledges.get(getattr(step.body, "pledge", b""))

    def _own_pledge(self, step: Step) -> Pledged | None:
        pledge = self._pledge_of(step)
        return pledge if pledge is not None and pledge.author == step.event.author else None

    def _change(self, pledge: Pledged, standing: PledgeStanding, step: Step, day: str) -> bool:
        if pledge.on(day) in _FINAL:
            return False
        body = step.body
        said = getattr(body, "note", "") or getattr(body, "reason", "")
        pledge.change(standing, said, getattr(body, "created", 0), day)
        if not day:
            pledge.handed = standing is not PledgeStanding.RELEASED and pledge.handed
            pledge.going = standing is not PledgeStanding.RELEASED and pledge.going
        return True

    # The item itself

    def _take_edit(self, step: Step) -> None:
        if not step.side or not isinstance(step.body, Edit):
            return
        changes = step.body.changes()
        lines = changes.get("lines")
        if isinstance(lines, tuple) and len(lines) < len(self.said["lines"]):
            del changes["lines"]
        self.said.update(changes)
        self._renew(step)

    def _take_renew(self, step: Step) -> None:
        if step.side:
            self.paused = None
            self._renew(step)

    def _renew(self, step: Step) -> None:
        self.renewal, self.renewed = step.event.name, getattr(step.body, "created", 0)

    def _take_pause(self, step: Step) -> None:
        if step.side and isinstance(step.body, deeds.Pause):
            self.paused = step.body

    def _take_withdraw(self, step: Step) -> None:
        if step.side and isinstance(step.body, deeds.Withdraw) and self.withdrawn is None:
            self.withdrawn = step.body
            self.closing = self.closing or step.event.name

    def _take_merge(self, step: Step) -> None:
        into = getattr(step.body, "into", b"")
        if step.side and into != self.opening.name:
            if not self.merged_into:
                self.merged_closed = self.status(self.pledged()[1]) in CLOSED
            self.merged_into = into
            self.closing = self.closing or step.event.name

    def _take_details(self, step: Step) -> None:
        if step.side:
            self.sealed = step.event.name

    _HANDLERS: ClassVar[dict[type[Body], Callable[[Life, Step], None]]] = {
        Pledge: _take_pledge,
        deeds.Release: _take_release,
        deeds.Going: _take_going,
        deeds.Deliver: _take_deliver,
        deeds.Confirm: _take_confirm,
        deeds.Reject: _take_reject,
        deeds.Returned: _take_returned,
        deeds.Lapse: _take_lapse,
        deeds.Contest: _take_contest,
        deeds.Grant: _take_grant,
        Edit: _take_edit,
        deeds.Renew: _take_renew,
        deeds.Pause: _take_pause,
        deeds.Withdraw: _take_withdraw,
        deeds.Merge: _take_merge,
        deeds.Details: _take_details,
    }

    # What it comes to

    def pledged(self) -> tuple[tuple[ItemPledge, ...], tuple[ItemLine, ...], tuple[ItemRound, ...]]:
        """Return the pledges, the lines, and the days that somebody spoke of."""
        terms = self.terms()
        every = settle(terms, self.pledges.values())
        lines = cover(terms.lines, every)
        rounds = []
        by_day: dict[str, list[Placed]] = {}
        if terms.recurring:
            for day in self.days:
                placed = by_day[day] = settle(terms, self.pledges.values(), day)
                rounds.append(
                    ItemRound(
                        day=day,
                        lines=cover(terms.lines, placed),
                        pledges=tuple((one.pledge.name, one.standing, one.taken) for one in placed),
                    )
                )
        shown = {one.pledge.name: one for one in every}
        for day, placed in by_day.items():
            shown.update((one.pledge.name, one) for one in placed if one.pledge.body.day == day)
        for pledge in self.pledges.values():
            if pledge.name not in shown:
                # Given back, lapsed or returned; or for a day of what does not come again.
                shown[pledge.name] = Placed(pledge, pledge.state, pledge.promised(terms.lines), ())
        return tuple(one.value(self.chosen) for one in shown.values()), lines, tuple(rounds)

    def status(self, lines: Sequence[ItemLine]) -> Status:
        """Return how far it has come, merged or not, with its lines covered so."""
        if self.withdrawn is not None:
            return Status.WITHDRAWN
        again = bool(self.said["repeat"])
        status = Status.OPEN
        if not isinstance(self.body, StandingOffer):
            if any(line.pledged for line in lines):
                status = Status.PARTLY
            if all(line.pledged == line.quantity for line in lines):
                status = Status.COVERED
            if not again and all(line.delivered == line.quantity for line in lines):
                status = Status.DELIVERED
                if all(line.confirmed == line.quantity for line in lines) and not isinstance(self.body, LoanOffer):
                    status = Status.DONE
        return Status.PAUSED if self.paused is not None and status is not Status.DONE else status
