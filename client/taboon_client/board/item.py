"""One item as values: what the fold (:mod:`.item_fold`) makes of its events, and how the vault stores it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from taboon_client.board.codes import code_of
from taboon_client.errors import FormatError

__all__ = ["Item", "ItemComment", "ItemLine", "ItemPledge", "PledgeStanding", "Status", "Taking"]

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
        comments: The latest, at most :data:`.item_fold.KEPT_COMMENTS`, in the order of the fold.
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
