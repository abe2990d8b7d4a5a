"""What members do about an item: pledge, go, hand over, release, renew, close, talk (docs/protocol.md, section 3.3).

``created`` is Unix seconds and for display, 0 if not stated. *The item's side* is its author and the dispatch circle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from taboon_client.board.fields import (
    Body,
    Day,
    EventName,
    Hours,
    LongText,
    Quantities,
    Reason,
    Time,
    Word,
    Wrap,
    Wraps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CLOSE_REASONS",
    "DEEDS",
    "Comment",
    "Confirm",
    "Contest",
    "Deliver",
    "Details",
    "FollowUp",
    "FollowedUp",
    "Going",
    "Grant",
    "Lapse",
    "Merge",
    "Opened",
    "Outcome",
    "Pause",
    "Pledge",
    "Private",
    "Reject",
    "Release",
    "Renew",
    "Returned",
    "Share",
    "Undo",
    "Withdraw",
]

CLOSE_REASONS = (
    *("done", "done-by-others", "not-wanted", "no-answer", "out-of-reach", "passed-on", "duplicate", "unsafe"),
    *("wrong", "undone"),
)
"""Why an item was closed; ``undone`` is as good as any: it was not done, and that is all right."""

_LOCKS = 8
"""Sealed keys of every private note, whoever they are for."""


class Pledge(Body, frozen=True, omit_defaults=True, kw_only=True):
    """A promise to cover an item, or part of it.

    Attributes:
        quantities: Pairs (number of the line from 0, quantity); none means the whole item. What one pledge says
            of one line several times adds up; a line that the item does not have is ignored.
        day: Of an item that comes again: the one day it is for; empty means every time.
        expected: When its author means to hand over, Unix seconds, 0 if not stated.
        lease: Until when it shall hold unless its author says more, Unix seconds; 0 means no end.
        hours: When its author can travel.
        company: Its author would rather not go alone.
        note: To 4 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "pledge"

    quantities: Quantities = ()
    day: Day = ""
    expected: Time = 0
    lease: Time = 0
    hours: Annotated[tuple[Hours, ...], Meta(max_length=8)] = ()
    company: bool = False
    note: LongText = ""
    created: Time = 0


class Release(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author gives it back. Nobody has to say why.

    Attributes:
        pledge: Name of the pledge's event.
        day: Of a pledge for every time: the one day that it is given back for.
        reason: To 500 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "release"

    pledge: EventName
    day: Day = ""
    reason: Reason = ""
    created: Time = 0


class Going(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author is on the way, or renews the lease. ``lease`` and ``expected`` as in the pledge."""

    kind: ClassVar[str] = "going"

    pledge: EventName
    expected: Time = 0
    lease: Time = 0
    created: Time = 0


class Deliver(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author has handed it over.

    Attributes:
        pledge: Name of the pledge's event.
        day: Of a pledge for every time: the day that it was done for.
        quantities: What was handed over, where that is other than was pledged.
        note: To 4 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "deliver"

    pledge: EventName
    day: Day = ""
    quantities: Quantities = ()
    note: LongText = ""
    created: Time = 0


class Confirm(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side says that it arrived. ``day`` as in :class:`Deliver`."""

    kind: ClassVar[str] = "confirm"

    pledge: EventName
    day: Day = ""
    note: LongText = ""
    created: Time = 0


class Reject(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side says that it was not so: what was said to be handed over did not arrive.

    The pledge holds again as before, and is handed over only once the item's side confirms that. ``day`` as in
    :class:`Deliver`.
    """

    kind: ClassVar[str] = "reject"

    pledge: EventName
    day: Day = ""
    reason: Reason = ""
    created: Time = 0


class Returned(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Either side of a loan says that what was borrowed came back."""

    kind: ClassVar[str] = "returned"

    pledge: EventName
    note: LongText = ""
    created: Time = 0


class Lapse(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side, or somebody else who has a pledge there, says that a pledge's lease has lapsed.

    Whoever else has a pledge says so once for each pledge, and not of one that is on the way.
    """

    kind: ClassVar[str] = "lapse"

    pledge: EventName
    reason: Reason = ""
    created: Time = 0


class Contest(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author still stands by it: what was said to have lapsed has not."""

    kind: ClassVar[str] = "contest"

    pledge: EventName
    reason: Reason = ""
    created: Time = 0


class Grant(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side releases the sealed details to a pledge's author, who now goes.

    Attributes:
        pledge: Name of the pledge's event.
        key: The key of the details, sealed to the pledge's author.
        first: Put this pledge before every other, also before one that was released to earlier.
        reason: To 500 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "grant"

    pledge: EventName
    key: Wrap
    first: bool = False
    reason: Reason = ""
    created: Time = 0


class Share(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Whoever holds the key of the details seals it to those who are new in the dispatch circle."""

    kind: ClassVar[str] = "share"

    keys: Wraps
    created: Time = 0


class Details(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side puts other sealed details in the place of the earlier ones, under the same key."""

    kind: ClassVar[str] = "details"

    box: Annotated[bytes, Meta(max_length=2_048)]
    created: Time = 0


class Opened(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody has opened the sealed details."""

    kind: ClassVar[str] = "opened"

    created: Time = 0


class Private(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Something about the item for a few: a no-show, whom not to send, thanks.

    What it is, and for whom, only those know who can open it: ``box`` and the number of ``locks`` are always alike.
    """

    kind: ClassVar[str] = "private"

    box: Annotated[bytes, Meta(max_length=2_048)]
    locks: Annotated[tuple[Annotated[bytes, Meta(max_length=2_048)], ...], Meta(max_length=_LOCKS)]
    created: Time = 0


class Renew(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side says that it is still so. A paused item goes on."""

    kind: ClassVar[str] = "renew"

    created: Time = 0


class Pause(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side asks to wait. ``until`` in Unix seconds, 0 if it is not known."""

    kind: ClassVar[str] = "pause"

    until: Time = 0
    reason: Reason = ""
    created: Time = 0


class Withdraw(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side closes it.

    Attributes:
        reason: To 500 characters.
        why: One of :data:`CLOSE_REASONS`, or ``""``.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "withdraw"

    reason: Reason = ""
    why: Word = ""
    created: Time = 0

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through what a reader takes and a writer should not send."""
        if self.why and self.why not in CLOSE_REASONS:
            yield "why", f"is one of {', '.join(CLOSE_REASONS)}"


class Merge(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's side says that another item is the same; both keep their texts.

    Attributes:
        into: Id of the item that goes on.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "merge"

    into: EventName
    created: Time = 0


class Undo(Body, frozen=True, omit_defaults=True, kw_only=True):
    """An edit, pause, withdrawal, merge, comment, follow-up or outcome is taken back: one of the undo's own parents.

    By its author; an edit, pause, withdrawal or merge by the item's side too. Nothing else can be undone, and an undo
    neither.
    """

    kind: ClassVar[str] = "undo"

    event: EventName
    created: Time = 0


class Comment(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Someone says something about an item: 1 to 2 000 characters."""

    kind: ClassVar[str] = "comment"

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    created: Time = 0


class FollowUp(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Someone shall ask again on a day.

    Attributes:
        when: Unix seconds.
        note: To 500 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "follow-up"

    when: Time
    note: Reason = ""
    created: Time = 0


class FollowedUp(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Someone has asked again.

    Attributes:
        follow_up: Name of the follow-up's event.
        note: To 500 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "followed-up"

    follow_up: EventName
    note: Reason = ""
    created: Time = 0


class Outcome(Body, frozen=True, omit_defaults=True, kw_only=True):
    """What became of it, told to everyone who touched the item: 1 to 2 000 characters."""

    kind: ClassVar[str] = "outcome"

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    created: Time = 0


DEEDS: tuple[type[Body], ...] = (
    *(Pledge, Release, Going, Deliver, Confirm, Reject, Returned, Lapse, Contest, Grant, Share, Details, Opened),
    *(Private, Renew, Pause, Withdraw, Merge, Undo, Comment, FollowUp, FollowedUp, Outcome),
)
