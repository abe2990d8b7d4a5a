"""One item as values: what the fold (:mod:`.item_fold`) makes of its events, and how the vault stores it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from taboon_client.board.codes import code_of
from taboon_client.board.fields import URGENT, Answer, Consent, Hours, Household
from taboon_client.errors import FormatError

__all__ = [
    "CLOSED",
    "HANDED",
    "HOLDING",
    "Item",
    "ItemComment",
    "ItemFollowUp",
    "ItemLine",
    "ItemOpened",
    "ItemOutcome",
    "ItemPledge",
    "ItemRound",
    "PledgeStanding",
    "Status",
    "Taking",
]

# Raised whenever a stored item would be read otherwise than it was written: the vault then folds anew.
_FORMAT = b"\x03"

Taking = tuple[tuple[int, int], ...]
"""Pairs (number of the line from 0, quantity), ascending."""


class Status(StrEnum):
    """How far an item has come."""

    OPEN = "open"
    PARTLY = "partly"
    COVERED = "covered"
    DELIVERED = "delivered"
    DONE = "done"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


CLOSED = (Status.DONE, Status.WITHDRAWN, Status.MERGED)
"""What needs nothing more: newcomers are not given it, and it goes after a while."""


class PledgeStanding(StrEnum):
    """What has become of a pledge. Every pledge is always one of these."""

    PRIMARY = "primary"
    ON_THE_WAY = "on-the-way"
    STANDBY = "standby"
    RELEASED = "released"
    LAPSED = "lapsed"
    HANDED_OVER = "handed-over"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


HANDED = frozenset({PledgeStanding.HANDED_OVER, PledgeStanding.CONFIRMED})
HOLDING = frozenset({PledgeStanding.PRIMARY, PledgeStanding.ON_THE_WAY, PledgeStanding.STANDBY})
"""The standings of a pledge that still binds its author."""


class _Part(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A value that never prints what a member wrote."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class ItemLine(_Part, frozen=True, array_like=True, kw_only=True):
    """One line of an item and its coverage. ``confirmed <= delivered`` and ``delivered + going <= pledged``.

    Of all but standing offers ``pledged <= quantity`` holds too.

    Attributes:
        quantity: How many are asked for or offered.
        unit: Of what measure; may be empty.
        name: Of what; may be empty. ``form`` and ``category``: as in the opening.
        people: For how many people, 0 if not stated.
        pledged: What pledges take that have a part in it.
        going: What of that is on the way.
        delivered: What of it is handed over.
        confirmed: What of that has been confirmed.
    """

    quantity: int
    unit: str
    name: str
    form: str
    category: str
    people: int
    pledged: int
    going: int
    delivered: int
    confirmed: int

    @property
    def open(self) -> int:
        """What nobody has pledged yet."""
        return max(0, self.quantity - self.pledged)


class ItemPledge(_Part, frozen=True, array_like=True, kw_only=True):
    """One pledge and what has become of it.

    Attributes:
        name: Of its event, 32 bytes: what everything about it speaks of.
        author: Identity key.
        standing: What has become of it; for a pledge of one day, on that day.
        day: The one day it is for, ``YYYY-MM-DD``; empty for the whole item or every time.
        promised: What it promises of each line.
        taken: What of that is its part, after those that rank before it.
        note: What its author wrote.
        said: Note or reason of the event that changed its standing last, or empty.
        created: Stated Unix time of the pledge; 0 if not stated. For display.
        changed: Stated Unix time of the event that changed its standing last, or ``created``. For display.
        expected: When its author means to hand over, 0 if not stated; ``lease``: until when it shall hold.
        hours: When its author can travel; ``company``: and would rather not go alone.
        depth: Of its event.
        late: It was folded after the item's withdrawal.
        chosen: The item's side put it before all others.
        granted: The sealed details were released to it.
        going: Its author said to be on the way while it was primary.
        handed: Its author said that it was handed over; ``arrived``: the item's side said so.
        rejected: The item's side says that nothing was handed over, though its author said so.
        lapsed_by: Who said last that it has lapsed, or empty.
    """

    name: bytes
    author: bytes
    standing: PledgeStanding
    day: str
    promised: Taking
    taken: Taking
    note: str
    said: str
    created: int
    changed: int
    expected: int
    lease: int
    hours: tuple[Hours, ...]
    company: bool
    depth: int
    late: bool
    chosen: bool
    granted: bool
    going: bool
    handed: bool
    arrived: bool
    rejected: bool
    lapsed_by: bytes


class ItemRound(_Part, frozen=True, array_like=True, kw_only=True):
    """One day of an item that comes again, if anybody has said anything about that day.

    Attributes:
        day: ``YYYY-MM-DD``.
        lines: Coverage on that day.
        pledges: (name, standing, taken) of the pledges for that day and for every time, by rank.
    """

    day: str
    lines: tuple[ItemLine, ...]
    pledges: tuple[tuple[bytes, PledgeStanding, Taking], ...]


class ItemComment(_Part, frozen=True, array_like=True, kw_only=True):
    """One comment. ``created`` is its stated Unix time, 0 if not stated."""

    name: bytes
    author: bytes
    text: str
    created: int


class ItemOutcome(_Part, frozen=True, array_like=True, kw_only=True):
    """What somebody said became of the item."""

    name: bytes
    author: bytes
    text: str
    created: int


class ItemFollowUp(_Part, frozen=True, array_like=True, kw_only=True):
    """Somebody shall ask again. ``done_by`` is empty until somebody has, and ``answer`` what they wrote."""

    name: bytes
    author: bytes
    when: int
    note: str
    done_by: bytes
    answer: str


class ItemOpened(_Part, frozen=True, array_like=True, kw_only=True):
    """Somebody has opened the sealed details, so many times, the last time at a stated Unix time."""

    author: bytes
    times: int
    created: int


class Item(_Part, frozen=True, array_like=True, kw_only=True):
    """An item as its events have made it. What is not told here is as in :class:`.openings.Opening`, edits applied.

    Attributes:
        id: 32 bytes; the name of the opening event.
        kind: ``need``, ``offer``, ``standing`` or ``loan``.
        author: Identity key of who opened it.
        lines: At least one: an item that states none has one of quantity 1. For one that comes again: what is pledged
            for every time.
        rounds: Of an item that comes again, the days that somebody spoke of, in order.
        pledges: Every pledge: first those that hold, by rank; then the others, in the order of the fold.
        comments: The latest, at most :data:`.item_fold.KEPT_COMMENTS`, in the order of the fold.
        comment_count: How many there are.
        follow_ups: And ``outcomes``: the latest, in the order of the fold.
        opened: Who has opened the sealed details.
        sealed: Name of the event that holds the sealed details now; empty if there are none.
        private: How many private notes there are.
        status: How far it has come.
        paused_until: Stated Unix time, 0 if not stated or not paused.
        reason: Why it was paused or withdrawn, if that was said; ``why``: of :data:`.deeds.CLOSE_REASONS`.
        unmerged: How far it has come, apart from being merged.
        merged_into: Id of the item that goes on in its place, or empty. One of those that were merged into each other
            stays all the same (:mod:`.merges`): its status is then ``unmerged``.
        merged_closed: It was closed already when it was merged.
        closing: Name of the event that closed it, or empty.
        renewal: Name of the last event by which the item's side said that it is so; ``renewed``: its stated time.
        answered: Somebody other than its author has done something about it.
        touched: Who has done anything about it, the author first, at most 200.
        created: Stated Unix time of the opening. For display.
        latest: The latest time that any event which counts states. For display; whoever shows it bounds it by
            the clock.
        depth: Of the deepest ready event, set aside or not.
        events: How many events are ready.
        set_aside: How many of them do not count.
        ignored: How many pledges are beyond what one member may have on one item.
        opening_set_aside: The opening itself does not count, and others' events keep the item here.
    """

    id: bytes
    kind: str
    author: bytes
    title: str
    note: str
    original: str
    language: str
    category: str
    sub: str
    sense: bytes
    tags: tuple[str, ...]
    urgency: str
    urgency_reason: str
    needed_by: int
    not_before: int
    safe_hours: tuple[Hours, ...]
    area: str
    household: Household
    for_whom: str
    consent: Consent
    languages: tuple[str, ...]
    interpreter: bool
    helper_needs: tuple[str, ...]
    risk: str
    heavy: bool
    repeat: str
    first: str
    answers: tuple[Answer, ...]
    source: str
    key: bytes
    lines: tuple[ItemLine, ...]
    rounds: tuple[ItemRound, ...]
    pledges: tuple[ItemPledge, ...]
    comments: tuple[ItemComment, ...]
    comment_count: int
    follow_ups: tuple[ItemFollowUp, ...]
    outcomes: tuple[ItemOutcome, ...]
    opened: tuple[ItemOpened, ...]
    sealed: bytes
    private: int
    status: Status
    paused_until: int
    reason: str
    why: str
    unmerged: Status
    merged_into: bytes
    merged_closed: bool
    closing: bytes
    renewal: bytes
    renewed: int
    answered: bool
    touched: tuple[bytes, ...]
    created: int
    latest: int
    depth: int
    events: int
    set_aside: int
    ignored: int
    opening_set_aside: bool

    @property
    def code(self) -> str:
        """The short code that people say."""
        return code_of(self.id)

    @property
    def closed(self) -> bool:
        """Nothing more is needed here."""
        return self.status in CLOSED

    @property
    def urgent(self) -> bool:
        """It cannot wait for a week."""
        return self.urgency in URGENT

    def pledge(self, name: bytes) -> ItemPledge | None:
        """Return the pledge whose event has that name."""
        return next((pledge for pledge in self.pledges if pledge.name == name), None)

    def coverage(self, day: str = "") -> tuple[ItemLine, ...]:
        """Return the lines as they are covered on a day; of every time, where nobody has spoken of that day."""
        return next((one.lines for one in self.rounds if one.day == day), self.lines)

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
