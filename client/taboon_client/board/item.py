"""One item: what the events of a need or offer come to (docs/protocol.md, sections 3.1 and 3.3).

The fold is a function of the set of ready events and of which of them count, and of nothing else: no clock, no
order of arrival. Where the protocol leaves a choice, this is what holds:

- The opening is found by its name, wherever it sorts. If it is set aside, the item stays while an event of
another member counts
  in it; its author's words are still shown.
- An event that speaks of a pledge which is not folded before it has no effect.
- Of release and deliver, both by the pledge's author, the later one in the fold holds: who handed over after
all, did. A
  confirmation by the item's author is final.
- A pledge folded after a withdrawal is kept as standby: it takes nothing unless it is handed over. It is marked
``late``.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client.board.codes import code_of
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
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taboon_client.board.event import Event
    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = [
    "KEPT_COMMENTS",
    "Item",
    "ItemComment",
    "ItemLine",
    "ItemPledge",
    "PledgeStanding",
    "Status",
    "Taking",
    "fold",
    "thread",
]

KEPT_COMMENTS = 200
"""The latest comments of an item that its fold keeps; :func:`thread` gives all."""

_RANK_LABEL = b"taboon pledge v1"
# Raised whenever a stored item would be read otherwise than it was written: the vault then folds anew.
_FORMAT = b"\x01"

Taking = tuple[tuple[int, int], ...]
"""Pairs (number of the line from 0, quantity), ascending."""


class Status(StrEnum):
    """How far an item has come."""

    OPEN = "open"
    PARTLY = "partly"
    COVERED = "covered"
    DELIVERED = "delivered"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class PledgeStanding(StrEnum):
    """What has become of a pledge. Every pledge is always one of these."""

    PRIMARY = "primary"
    STANDBY = "standby"
    RELEASED = "released"
    HANDED_OVER = "handed-over"
    CONFIRMED = "confirmed"


_HANDED = frozenset({PledgeStanding.HANDED_OVER, PledgeStanding.CONFIRMED})


class _Part(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A value that never prints what a member wrote."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class ItemLine(_Part, frozen=True, array_like=True, kw_only=True):
    """One line of an item. ``confirmed <= delivered <= pledged <= quantity``, each including the next.

    Attributes:
        quantity: How many are asked for or offered.
        unit: Of what measure; may be empty.
        name: Of what; may be empty.
        pledged: What primary, handed over and confirmed pledges take.
        delivered: What of that is handed over.
        confirmed: What of that has been confirmed.
    """

    quantity: int
    unit: str
    name: str
    pledged: int
    delivered: int
    confirmed: int

    @property
    def open(self) -> int:
        """What nobody has pledged yet."""
        return self.quantity - self.pledged


class ItemPledge(_Part, frozen=True, array_like=True, kw_only=True):
    """One pledge and what has become of it.

    Attributes:
        name: Of its event, 32 bytes: what release, deliver and confirm speak of.
        author: Identity key.
        standing: What has become of it.
        promised: What it promises of each line.
        taken: What of that is its part, after those that rank before it.
        note: What its author wrote.
        said: Note or reason of the event that changed its standing last, or empty.
        created: Stated Unix time of the pledge; 0 if not stated. For display.
        changed: Stated Unix time of the event that changed its standing last, or ``created``. For display.
        depth: Of its event.
        late: It was folded after the item's withdrawal.
    """

    name: bytes
    author: bytes
    standing: PledgeStanding
    promised: Taking
    taken: Taking
    note: str
    said: str
    created: int
    changed: int
    depth: int
    late: bool


class ItemComment(_Part, frozen=True, array_like=True, kw_only=True):
    """One comment. ``created`` is its stated Unix time, 0 if not stated."""

    name: bytes
    author: bytes
    text: str
    created: int


class Item(_Part, frozen=True, array_like=True, kw_only=True):
    """A need or offer as its events have made it.

    Attributes:
        id: 32 bytes; the name of the opening event.
        kind: ``need`` or ``offer``.
        author: Identity key of who opened it.
        title: And ``note``, ``original``, ``category``, ``urgency``, ``area``, ``key``: as in the opening.
        lines: At least one: an item that states none has one of quantity 1.
        pledges: Every pledge: first those that hold, by rank; then those released, in the order of the fold.
        comments: The latest, at most :data:`KEPT_COMMENTS`, in the order of the fold.
        comment_count: How many there are.
        status: How far it has come.
        reason: Why it was withdrawn, if that was said.
        created: Stated Unix time of the opening. For display.
        latest: The latest time that any event which counts states. For display; whoever shows it bounds it by
            the clock.
        depth: Of the deepest ready event, set aside or not.
        events: How many events are ready.
        set_aside: How many of them do not count.
        opening_set_aside: The opening itself does not count, and others' events keep the item here.
    """

    id: bytes
    kind: str
    author: bytes
    title: str
    note: str
    original: str
    category: str
    urgency: str
    area: str
    key: bytes
    lines: tuple[ItemLine, ...]
    pledges: tuple[ItemPledge, ...]
    comments: tuple[ItemComment, ...]
    comment_count: int
    status: Status
    reason: str
    created: int
    latest: int
    depth: int
    events: int
    set_aside: int
    opening_set_aside: bool

    @property
    def code(self) -> str:
        """The short code that people say."""
        return code_of(self.id)

    def pledge(self, name: bytes) -> ItemPledge | None:
        """Return the pledge whose event has that name."""
        return next((pledge for pledge in self.pledges if pledge.name == name), None)

    def encode(self) -> bytes:
        """Return the bytes to store in the vault: the same for equal items."""
        return _FORMAT + _ENCODER.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Item:
        """Read what :meth:`encode` wrote.

        Raises:
            FormatError: Another version wrote it: fold the item's events again.
        """
        if data[:1] != _FORMAT:
            raise FormatError("the stored item is of another version: fold it again")
        try:
            return _DECODER.decode(memoryview(data)[1:])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise FormatError("the stored item is damaged: fold it again") from None


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Item)


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
