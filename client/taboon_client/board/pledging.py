"""Who goes: the pledges of one item, their rank, and what part of it each takes (docs/protocol.md, section 3.4).

A function of the pledges and of what became of them. No clock decides, and no order of arrival.
"""

from __future__ import annotations

from copy import copy
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from taboon_client.board.fields import NO_DAY
from taboon_client.board.item import HANDED, ItemLine, ItemPledge, PledgeStanding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taboon_client.board.deeds import Pledge
    from taboon_client.board.event import Event
    from taboon_client.board.fields import Line
    from taboon_client.board.item import Taking

__all__ = ["Placed", "Pledged", "Terms", "cover", "settle"]

_RANK_LABEL = b"taboon pledge v1"
_HELD = PledgeStanding.STANDBY
_OUT = frozenset({PledgeStanding.RELEASED, PledgeStanding.LAPSED, PledgeStanding.RETURNED})


class Terms(NamedTuple):
    """What the pledges of an item share.

    Attributes:
        identifier: Id of the item.
        lines: As stated now.
        recurring: It comes again, so that pledges may be for one day.
        unlimited: A standing offer: each pledge takes what it promises, up to the line's quantity.
        chosen: Name of the pledge that the item's side put before all others, or empty.
    """

    identifier: bytes
    lines: Sequence[Line]
    recurring: bool
    unlimited: bool
    chosen: bytes


class Pledged:
    """A pledge while its item is folded.

    ``state`` is ``STANDBY`` while it simply holds; :func:`settle` says what that makes of it. ``days`` holds the
    state on single days of a pledge for every time.
    """

    __slots__ = (
        *(
            "arrived",
            "author",
            "body",
            "changed",
            "days",
            "delivered",
            "depth",
            "expected",
            "going",
            "granted",
            "handed",
        ),
        *("lapsed_by", "late", "lease", "name", "rejected", "said", "sayers", "state", "tried"),
    )

    def __init__(self, event: Event, body: Pledge, depth: int, *, late: bool) -> None:
        self.name = event.name
        self.author = event.author
        self.body = body
        self.depth = depth
        self.late = late
        self.state = _HELD
        self.days: dict[str, PledgeStanding] = {}
        self.delivered: tuple[tuple[int, int], ...] = ()
        self.granted = self.going = self.handed = self.arrived = False
        self.tried = 0
        self.lapsed_by = b""
        # Who had a pledge here, was no more than that, and has said once that this one has lapsed.
        self.sayers: set[bytes] = set()
        # The days (NO_DAY: the whole of it) of which the item's side says that nothing was handed over.
        self.rejected: set[str] = set()
        self.said = ""
        self.changed = body.created
        self.expected = body.expected
        self.lease = body.lease

    def copy(self) -> Pledged:
        """Return an equal one that goes on by itself."""
        other = copy(self)
        other.days = dict(self.days)
        other.sayers = set(self.sayers)
        other.rejected = set(self.rejected)
        return other

    def forget(self, day: str) -> None:
        """Forget what became of one day."""
        self.days.pop(day, None)
        self.rejected.discard(day)

    def change(self, standing: PledgeStanding, said: str, when: int, day: str = NO_DAY) -> None:
        """Note what became of it, or of one day of it."""
        if day:
            self.days[day] = standing
        elif self.state is not standing:
            self.state = standing
            self.said = said
            self.changed = when

    def on(self, day: str) -> PledgeStanding:
        """Return its state on a day."""
        return self.days.get(day, self.state) if day else self.state

    def promised(self, lines: Sequence[Line]) -> Taking:
        """Return what it promises of the lines that there are; once it is handed over, what was handed over."""
        quantities = (self.handed and self.delivered) or self.body.quantities
        if not quantities:
            return tuple((number, line.quantity) for number, line in enumerate(lines))
        if len(quantities) == 1:
            return quantities if quantities[0][0] < len(lines) else ()
        sums: dict[int, int] = {}
        for line, quantity in quantities:
            if line < len(lines):
                sums[line] = sums.get(line, 0) + quantity
        return tuple(sorted(sums.items()))


class Placed(NamedTuple):
    """A pledge with its standing on a day, and its part."""

    pledge: Pledged
    standing: PledgeStanding
    promised: Taking
    taken: Taking

    def value(self, chosen: bytes) -> ItemPledge:
        """Return it as the item shows it."""
        pledge, body = self.pledge, self.pledge.body
        return ItemPledge(
            name=pledge.name,
            author=pledge.author,
            standing=self.standing,
            day=body.day,
            promised=self.promised,
            taken=self.taken,
            note=body.note,
            said=pledge.said,
            created=body.created,
            changed=pledge.changed,
            expected=pledge.expected,
            lease=pledge.lease,
            hours=body.hours,
            company=body.company,
            depth=pledge.depth,
            late=pledge.late,
            chosen=pledge.name == chosen,
            granted=pledge.granted,
            going=pledge.going,
            handed=pledge.handed,
            arrived=pledge.arrived,
            rejected=NO_DAY in pledge.rejected,
            lapsed_by=pledge.lapsed_by,
        )


def settle(terms: Terms, pledges: Iterable[Pledged], day: str = NO_DAY) -> list[Placed]:
    """Rank the pledges that hold on a day, give each its part, and say what that makes of it.

    Args:
        terms: Of the item.
        pledges: All of them.
        day: Of an item that comes again; empty for what holds every time.
    """
    tie: dict[bytes, bytes] = {}

    def rank(pledge: Pledged) -> tuple[bool, bool, bool, int, bytes, bytes]:
        author = pledge.author
        if author not in tie:
            tie[author] = sha256(_RANK_LABEL + terms.identifier + author).digest()
        return (
            pledge.on(day) not in HANDED,
            pledge.name != terms.chosen,
            not (pledge.granted or pledge.going),
            pledge.depth,
            tie[author],
            pledge.name,
        )

    ranked = [p for p in pledges if (not terms.recurring or p.body.day in (NO_DAY, day)) and p.on(day) not in _OUT]
    if len(ranked) > 1:
        ranked.sort(key=rank)
    left = [line.quantity for line in terms.lines]
    placed = []
    for pledge in ranked:
        state = pledge.on(day)
        handed = state in HANDED
        promised = pledge.promised(terms.lines)
        taken: Taking = ()
        if handed or not pledge.late:
            taken = tuple((line, min(quantity, left[line])) for line, quantity in promised if left[line])
            if not terms.unlimited:
                for line, quantity in taken:
                    left[line] -= quantity
        if taken and not handed:
            state = PledgeStanding.ON_THE_WAY if pledge.going else PledgeStanding.PRIMARY
        placed.append(Placed(pledge, state, promised, taken))
    return placed


def cover(lines: Sequence[Line], placed: Iterable[Placed]) -> tuple[ItemLine, ...]:
    """Return the lines with what is pledged, on the way, delivered and confirmed of each."""
    pledged, going, delivered, confirmed = ([0] * len(lines) for _ in range(4))
    for one in placed:
        for line, quantity in one.taken:
            pledged[line] += quantity
            if one.standing in HANDED:
                delivered[line] += quantity
            if one.standing is PledgeStanding.ON_THE_WAY:
                going[line] += quantity
            elif one.standing is PledgeStanding.CONFIRMED:
                confirmed[line] += quantity
    return tuple(
        ItemLine(
            quantity=line.quantity,
            unit=line.unit,
            name=line.name,
            form=line.form,
            category=line.category,
            people=line.people,
            pledged=pledged[number],
            going=going[number],
            delivered=delivered[number],
            confirmed=confirmed[number],
        )
        for number, line in enumerate(lines)
    )
