"""What members can do, one typed class for each kind (docs/protocol.md, section 3.3).

A body that a class does not take has no effect in any fold: :func:`from_body` answers ``None`` for it, and for
kinds that it does not know. A writer gets a :class:`~taboon_client.errors.FieldError` that says which field and
what to do. Keys that a class does not know are ignored here; they stay in the event's bytes. A field that is
absent has its empty value: ``""``, ``()``, ``b""`` or 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from taboon_client.board.event import Event

__all__ = [
    "MAX_LINES",
    "MAX_QUANTITY",
    "URGENCIES",
    "Body",
    "Comment",
    "Confirm",
    "Deliver",
    "GroupName",
    "Line",
    "Name",
    "Need",
    "Offer",
    "Opening",
    "Pledge",
    "Release",
    "Withdraw",
    "from_body",
    "role_of",
    "to_body",
]

MAX_QUANTITY = 1_000_000_000
MAX_LINES = 50
URGENCIES = ("now", "soon", "week", "whenever")
"""How long it can wait, the most urgent first."""

# The last second of the year 9999: what every calendar can still show.
_LAST_TIME = 253_402_300_799

Time = Annotated[int, Meta(ge=0, le=_LAST_TIME)]
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
EventName = Annotated[bytes, Meta(min_length=32, max_length=32)]
Title = Annotated[str, Meta(min_length=1, max_length=140)]
LongText = Annotated[str, Meta(max_length=4_000)]
Reason = Annotated[str, Meta(max_length=500)]
Word = Annotated[str, Meta(max_length=32)]


class _Quiet(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A value that never prints what a member wrote."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class Body(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """The typed body of an event.

    Attributes:
        kind: The event's kind.
        place: The register its events stand in, ``"item"`` for an item, ``None`` if they open one.
        role: The role that the act needs, or ``None``.
    """

    kind: ClassVar[str]
    place: ClassVar[str | None] = "item"
    role: ClassVar[str | None] = None


class Line(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """One line of an item: how many of what.

    Attributes:
        quantity: 1 to 1 000 000 000.
        unit: To 32 characters.
        name: To 80 characters.
    """

    quantity: Quantity
    unit: Word = ""
    name: Annotated[str, Meta(max_length=80)] = ""


class Opening(Body, frozen=True, omit_defaults=True, kw_only=True):
    """What opens an item.

    Attributes:
        title: 1 to 140 characters.
        created: Unix seconds, for display.
        note: To 4 000 characters.
        original: To 4 000: the text as it came, in its own language.
        category: To 32; a code of :mod:`.taxonomy`, or the group's own.
        lines: At most 50; none means one line of quantity 1.
        urgency: One of :data:`URGENCIES`, or ``""``.
        area: To 64; the group's own name for it, never coordinates.
        key: 16 bytes or none: the same key is the same post, for imports.
    """

    place: ClassVar[str | None] = None

    title: Title
    created: Time
    note: LongText = ""
    original: LongText = ""
    category: Word = ""
    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_LINES)] = ()
    # \Z and not $, which would take a line end after the word.
    urgency: Annotated[str, Meta(pattern=r"^(?:now|soon|week|whenever)\Z")] = ""
    area: Annotated[str, Meta(max_length=64)] = ""
    key: Annotated[bytes, Meta(min_length=16, max_length=16)] = b""


class Need(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something is asked for."""

    kind: ClassVar[str] = "need"


class Offer(Opening, frozen=True, omit_defaults=True, kw_only=True):
    """Something is on offer."""

    kind: ClassVar[str] = "offer"


class Pledge(Body, frozen=True, omit_defaults=True, kw_only=True):
    """A promise to cover an item, or part of it.

    Attributes:
        quantities: Pairs (number of the line from 0, quantity); none means the whole item. What one pledge says
            of one line several times adds up; a line that the item does not have is ignored.
        note: To 4 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "pledge"

    quantities: Annotated[
        tuple[tuple[Annotated[int, Meta(ge=0, lt=MAX_LINES)], Quantity], ...], Meta(min_length=1, max_length=MAX_LINES)
    ] = ()
    note: LongText = ""
    created: Time = 0


class Release(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author gives it back.

    Attributes:
        pledge: Name of the pledge's event.
        reason: To 500 characters; nobody has to give one.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "release"

    pledge: EventName
    reason: Reason = ""
    created: Time = 0


class Deliver(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The pledge's author has handed it over.

    Attributes:
        pledge: Name of the pledge's event.
        note: To 4 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "deliver"

    pledge: EventName
    note: LongText = ""
    created: Time = 0


class Confirm(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's author says that it arrived.

    Attributes:
        pledge: Name of the pledge's event.
        note: To 4 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "confirm"

    pledge: EventName
    note: LongText = ""
    created: Time = 0


class Withdraw(Body, frozen=True, omit_defaults=True, kw_only=True):
    """The item's author closes it.

    Attributes:
        reason: To 500 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "withdraw"

    reason: Reason = ""
    created: Time = 0


class Comment(Body, frozen=True, omit_defaults=True, kw_only=True):
    """Someone says something about an item.

    Attributes:
        text: 1 to 2 000 characters.
        created: Unix seconds, for display.
    """

    kind: ClassVar[str] = "comment"

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    created: Time = 0


class Name(Body, frozen=True, omit_defaults=True, kw_only=True):
    """How the author wants to be called.

    Attributes:
        name: 1 to 40 characters.
    """

    kind: ClassVar[str] = "name"
    place: ClassVar[str | None] = "people"

    name: Annotated[str, Meta(min_length=1, max_length=40)]


class GroupName(Body, frozen=True, omit_defaults=True, kw_only=True):
    """How the group is called; by an admin.

    Attributes:
        name: 1 to 80 characters.
    """

    kind: ClassVar[str] = "group"
    place: ClassVar[str | None] = "settings"
    role: ClassVar[str | None] = "admin"

    name: Annotated[str, Meta(min_length=1, max_length=80)]


_KINDS: dict[str, type[Body]] = {
    cls.kind: cls for cls in (Need, Offer, Pledge, Release, Deliver, Confirm, Withdraw, Comment, Name, GroupName)
}
_ROLES = {cls.kind: cls.role for cls in _KINDS.values() if cls.role is not None}
# Bytes stand in CBOR as bytes; msgspec would otherwise look for base64 text.
_BUILTIN = (bytes,)


def role_of(kind: str) -> str | None:
    """Return the role that an act of this kind needs, or ``None``."""
    return _ROLES.get(kind)


def from_body(event: Event) -> Body | None:
    """Return the typed body of an event, or ``None`` if it has no effect.

    No effect have: kinds of a later version, contents of a later version, bodies that the kind does not take,
    and kinds that stand in a place where they do not belong.
    """
    cls = _KINDS.get(event.kind)
    if cls is None or not event.understood:
        return None
    place = event.place
    if cls.place != ("item" if type(place) is bytes else place):
        return None
    try:
        return msgspec.convert(event.body, cls, builtin_types=_BUILTIN)
    except msgspec.ValidationError:
        return None


def to_body(value: Body) -> dict[str, Any]:
    """Return the body map for :meth:`Event.make`, after checking every field as a reader would, and for blank texts.

    Raises:
        FieldError: A field does not fit; says which, and what to do.
    """
    try:
        body: dict[str, Any] = msgspec.to_builtins(value, builtin_types=_BUILTIN)
        msgspec.convert(body, type(value), builtin_types=_BUILTIN)
    except msgspec.ValidationError as error:
        raise _field_error(str(error)) from None
    except (TypeError, UnicodeError, OverflowError):
        raise FieldError(value.kind, "holds a value that is no text, whole number, bytes or list of these") from None
    for field, given in body.items():
        # A reader takes blanks, since what counts as one changes with Unicode; a person who sends one has made
        # a mistake.
        if isinstance(given, str) and field in _NEVER_BLANK and not given.strip():
            raise FieldError(field, "is blank: write something")
    return body


_NEVER_BLANK = frozenset({"title", "text", "name"})
_AT = re.compile(r" - at `\$\.?([^`]*)`\Z")
_LENGTH = re.compile(r"Expected `(\w+)` of length (<=|>=) (\d+)")
_RANGE = re.compile(r"Expected `int` (<=|>=|<|>) (-?\d+)")
_TYPE = re.compile(r"Expected `(\w+)`")
_COUNTED = {"str": "characters", "bytes": "bytes", "array": "entries"}
_SPOKEN = {"str": "a text", "int": "a whole number", "bytes": "bytes", "array": "a list", "object": "a map"}


def _field_error(complaint: str) -> FieldError:
    """Say what msgspec found in words for the one who wrote it, and without what was written."""
    at = _AT.search(complaint)
    field = at[1] if at else "body"
    if length := _LENGTH.match(complaint):
        counted, side, limit = _COUNTED.get(length[1], "entries"), length[2], length[3]
        if side == "<=":
            return FieldError(field, f"is too long: at most {limit} {counted}")
        return FieldError(field, f"is too short: at least {limit} {counted}")
    if bound := _RANGE.match(complaint):
        sides = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}
        return FieldError(field, f"is out of range: {sides[bound[1]]} {bound[2]}")
    if "regex" in complaint:
        return FieldError(field, f"is one of {', '.join(URGENCIES)}")
    if kind := _TYPE.match(complaint):
        return FieldError(field, f"is {_SPOKEN.get(kind[1], 'something else')}")
    return FieldError(field, "does not fit")
