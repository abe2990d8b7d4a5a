"""The fold of one item: what the events of a need or offer come to (docs/protocol.md, sections 3.1 and 3.3).

The fold is a function of the set of ready events and of which of them count, and of nothing else: no clock, no
order of arrival. Where the protocol leaves a choice, this is what holds:

- The opening is found by its name, wherever it sorts. If it is set aside, the item stays while an event of another
  member counts in it; its author's words are still shown.
- An event that speaks of a pledge which is not folded before it has no effect.
- Of release and deliver, both by the pledge's author, the later one in the fold holds: who handed over after all, did.
  A confirmation by the item's author is final.
- A pledge folded after a withdrawal is kept as standby: it takes nothing unless it is handed over. It is marked
  ``late``.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client.board.item import Item, ItemComment, ItemLine, ItemPledge, PledgeStanding, Status
from taboon_client.board.kinds import (
    Comment,
    Confirm,
    Deliver,
    Line,
    Opening,
    Pledge,
    Release,
    Withdraw,
    from_body,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taboon_client.board.event import Event
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge
    from taboon_client.board.item import Taking

__all__ = ["KEPT_COMMENTS", "fold", "thread"]

KEPT_COMMENTS = 200
"""The latest comments of an item that its fold keeps; :func:`thread` gives all."""

_RANK_LABEL = b"taboon pledge v1"
_HANDED = frozenset({PledgeStanding.HANDED_OVER, PledgeStanding.CONFIRMED})


class _Pledged:
    """A pledge while its item is folded."""

    __slots__ = ("author", "body", "changed", "depth", "late", "name", "said", "standing", "taken")

    def __init__(self, event: Event, body: Pledge, depth: int, *, late: bool) -> None:
        self.name = event.name
        self.author = event.author
        self.body = body
        self.depth = depth
        self.late = late
        self.standing = PledgeStanding.STANDBY
        self.taken: Taking = ()
        self.said = ""
        self.changed = body.created

    def change(self, standing: PledgeStanding, said: str, when: int) -> None:
        if self.standing is not standing:
            self.standing = standing
            self.said = said
            self.changed = when


class _Folding:
    """An item while it is folded."""

    __slots__ = ("author", "comment_count", "comments", "latest", "pledges", "reason", "withdrawn")

    def __init__(self, author: bytes, latest: int) -> None:
        self.author = author
        self.latest = latest
        self.pledges: dict[bytes, _Pledged] = {}
        self.comments: list[ItemComment] = []
        self.comment_count = 0
        self.withdrawn = False
        self.reason = ""

    def take(self, event: Event, depth: int) -> None:
        body = from_body(event)
        if isinstance(body, Pledge):
            self.pledges[event.name] = _Pledged(event, body, depth, late=self.withdrawn)
            self.seen(body.created)
        elif isinstance(body, Comment):
            self.comments.append(
                ItemComment(name=event.name, author=event.author, text=body.text, created=body.created)
            )
            self.comment_count += 1
            if len(self.comments) >= 2 * KEPT_COMMENTS:
                del self.comments[:-KEPT_COMMENTS]
            self.seen(body.created)
        elif isinstance(body, Release | Deliver | Confirm):
            self.take_change(event, body)
        elif isinstance(body, Withdraw) and event.author == self.author and not self.withdrawn:
            self.withdrawn = True
            self.reason = body.reason
            self.seen(body.created)

    def take_change(self, event: Event, body: Release | Deliver | Confirm) -> None:
        pledge = self.pledges.get(body.pledge)
        if pledge is None or pledge.standing is PledgeStanding.CONFIRMED:
            return
        if event.author != (self.author if isinstance(body, Confirm) else pledge.author):
            return
        if isinstance(body, Release):
            pledge.change(PledgeStanding.RELEASED, body.reason, body.created)
        elif isinstance(body, Deliver):
            pledge.change(PledgeStanding.HANDED_OVER, body.note, body.created)
        else:
            pledge.change(PledgeStanding.CONFIRMED, body.note, body.created)
        self.seen(body.created)

    def seen(self, when: int) -> None:
        self.latest = max(self.latest, when)


def fold(graph: Graph, judge: Judge) -> Item | None:
    """Fold the ready events of one item.

    Args:
        graph: Of the item.
        judge: Says which events count (:meth:`History.judge_by`).

    Returns:
        The item; ``None`` if its opening is not here, is of a kind or version that this one does not know or
        has a body that the kind does not take, or is set aside while no other member's event counts.
    """
    identifier = graph.place
    opening = graph.get(identifier) if isinstance(identifier, bytes) else None
    body = None if opening is None else from_body(opening)
    if opening is None or not isinstance(body, Opening):
        return None
    folding = _Folding(opening.author, body.created)
    events = graph.ready()
    aside = 0
    others = False
    opening_set_aside = False
    for depth, name, event in events:
        if not judge(event):
            aside += 1
            if name == identifier:
                opening_set_aside = True
            continue
        if event.author != opening.author:
            others = True
        if name != identifier:
            folding.take(event, depth)
    if opening_set_aside and not others:
        return None
    stated = body.lines or (Line(quantity=1),)
    ranked = _fill(opening.name, stated, folding.pledges.values())
    promised = tuple(enumerate(line.quantity for line in stated))
    lines = _lines(stated, ranked)
    return Item(
        id=opening.name,
        kind=body.kind,
        author=opening.author,
        title=body.title,
        note=body.note,
        original=body.original,
        category=body.category,
        urgency=body.urgency,
        area=body.area,
        key=body.key,
        lines=lines,
        pledges=tuple(
            ItemPledge(
                name=pledge.name,
                author=pledge.author,
                standing=pledge.standing,
                promised=_promised(pledge.body, promised),
                taken=pledge.taken,
                note=pledge.body.note,
                said=pledge.said,
                created=pledge.body.created,
                changed=pledge.changed,
                depth=pledge.depth,
                late=pledge.late,
            )
            for pledge in (*ranked, *(p for p in folding.pledges.values() if p.standing is PledgeStanding.RELEASED))
        ),
        comments=tuple(folding.comments[-KEPT_COMMENTS:]),
        comment_count=folding.comment_count,
        status=Status.WITHDRAWN if folding.withdrawn else _status(lines),
        reason=folding.reason,
        created=body.created,
        latest=folding.latest,
        depth=events[-1][0],
        events=len(events),
        set_aside=aside,
        opening_set_aside=opening_set_aside,
    )


def thread(graph: Graph, judge: Judge) -> Iterator[ItemComment]:
    """Go through all comments of an item that count, in the order of the fold."""
    for _, _, event in graph.ready():
        body = from_body(event) if event.kind == Comment.kind and judge(event) else None
        if isinstance(body, Comment):
            yield ItemComment(name=event.name, author=event.author, text=body.text, created=body.created)


def _promised(body: Pledge, whole: Taking) -> Taking:
    """Return what a pledge promises of the lines that there are."""
    if not body.quantities:
        return whole
    sums: dict[int, int] = {}
    for line, quantity in body.quantities:
        if line < len(whole):
            sums[line] = sums.get(line, 0) + quantity
    return tuple(sorted(sums.items()))


def _fill(identifier: bytes, lines: Sequence[Line], pledges: Iterable[_Pledged]) -> list[_Pledged]:
    """Rank the pledges that hold, give each its part, and say who is primary."""
    tie: dict[bytes, bytes] = {}

    def rank(pledge: _Pledged) -> tuple[bool, int, bytes, bytes]:
        if pledge.author not in tie:
            tie[pledge.author] = sha256(_RANK_LABEL + identifier + pledge.author).digest()
        return pledge.standing not in _HANDED, pledge.depth, tie[pledge.author], pledge.name

    ranked = sorted((p for p in pledges if p.standing is not PledgeStanding.RELEASED), key=rank)
    whole = tuple(enumerate(line.quantity for line in lines))
    left = dict(whole)
    for pledge in ranked:
        if not left:
            break
        handed = pledge.standing in _HANDED
        if pledge.late and not handed:
            continue
        taken = []
        for line, quantity in _promised(pledge.body, whole):
            part = min(quantity, left.get(line, 0))
            if part:
                taken.append((line, part))
                left[line] -= part
                if not left[line]:
                    del left[line]
        pledge.taken = tuple(taken)
        if taken and not handed:
            pledge.standing = PledgeStanding.PRIMARY
    return ranked


def _lines(stated: Sequence[Line], ranked: Iterable[_Pledged]) -> tuple[ItemLine, ...]:
    pledged = [0] * len(stated)
    delivered = [0] * len(stated)
    confirmed = [0] * len(stated)
    for pledge in ranked:
        for line, quantity in pledge.taken:
            pledged[line] += quantity
            if pledge.standing in _HANDED:
                delivered[line] += quantity
            if pledge.standing is PledgeStanding.CONFIRMED:
                confirmed[line] += quantity
    return tuple(
        ItemLine(quantity=line.quantity, unit=line.unit, name=line.name, pledged=p, delivered=d, confirmed=c)
        for line, p, d, c in zip(stated, pledged, delivered, confirmed, strict=True)
    )


def _status(lines: Sequence[ItemLine]) -> Status:
    if all(line.confirmed == line.quantity for line in lines):
        return Status.DONE
    if all(line.delivered == line.quantity for line in lines):
        return Status.DELIVERED
    if all(line.pledged == line.quantity for line in lines):
        return Status.COVERED
    return Status.PARTLY if any(line.pledged for line in lines) else Status.OPEN
