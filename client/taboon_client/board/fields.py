"""The values that bodies are built of, and their limits (docs/protocol.md, section 3.3).

A reader takes any word where a list of words may grow: what it does not know, it shows as it is. Whoever writes is held
to the words of this version (:meth:`Body.faults`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AUDIENCES",
    "DAY",
    "FOR_WHOM",
    "HELPER_NEEDS",
    "HOUSEHOLD_SIZES",
    "LAST_TIME",
    "MAX_LINES",
    "MAX_QUANTITY",
    "NO_DAY",
    "RISKS",
    "SOURCES",
    "URGENCIES",
    "URGENT",
    "Answer",
    "Body",
    "Consent",
    "Day",
    "EventName",
    "Hours",
    "Household",
    "Line",
    "LongText",
    "Quantities",
    "Quantity",
    "Reason",
    "Time",
    "Title",
    "Word",
    "Words",
    "Wrap",
    "Wraps",
]

MAX_QUANTITY = 1_000_000_000
MAX_LINES = 50
URGENCIES = ("now", "soon", "week", "whenever")
"""How long it can wait, the most urgent first: hours, a day or two, this week, whenever."""
URGENT = frozenset({"now", "soon"})
FOR_WHOM = ("self", "household", "neighbour", "group")
HOUSEHOLD_SIZES = ("1", "2-3", "4-6", "7+")
AUDIENCES = ("group", "neighbours", "allies", "text")
"""How far somebody agreed to be told of, the nearest first."""
HELPER_NEEDS = ("vehicle", "lifting", "woman", "medic", "two-people", "language", "tools", "night")
RISKS = ("careful", "two-people")
SOURCES = ("app", "paper", "walk", "phone", "whatsapp", "csv", "bot")

# The last day of the year 2999: what every system's calendar can still show, in every time zone.
LAST_TIME = 32_503_593_600

Time = Annotated[int, Meta(ge=0, le=LAST_TIME)]
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
EventName = Annotated[bytes, Meta(min_length=32, max_length=32)]
Title = Annotated[str, Meta(min_length=1, max_length=140)]
LongText = Annotated[str, Meta(max_length=4_000)]
Reason = Annotated[str, Meta(max_length=500)]
Word = Annotated[str, Meta(max_length=32)]
Words = Annotated[tuple[Word, ...], Meta(max_length=10)]
NO_DAY = ""
DAY = r"^(?:[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))?\Z"
Day = Annotated[str, Meta(pattern=DAY)]
"""A calendar day as ``YYYY-MM-DD``, or empty."""
Quantities = Annotated[
    tuple[tuple[Annotated[int, Meta(ge=0, lt=MAX_LINES)], Quantity], ...], Meta(min_length=1, max_length=MAX_LINES)
]
"""Pairs (number of the line from 0, quantity)."""
Wrap = tuple[Annotated[bytes, Meta(min_length=8, max_length=8)], Annotated[bytes, Meta(max_length=2_048)]]
"""Whom a key is sealed to (8 bytes), and the sealed key."""
Wraps = Annotated[tuple[Wrap, ...], Meta(max_length=40)]


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

    def faults(self) -> Iterator[tuple[str, str]]:
        """Go through (field, what is wrong) for what a reader takes and a writer should not send."""
        return iter(())


class Line(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """One line of an item: how many of what, and for how many people.

    Attributes:
        quantity: 1 to 1 000 000 000.
        unit: To 32 characters.
        name: To 80 characters.
        form: To 80 characters: pack size, strength, tablets or syrup.
        category: To 32; where it differs from the item's.
        people: For how many people it is; 0 if not stated.
    """

    quantity: Quantity
    unit: Word = ""
    name: Annotated[str, Meta(max_length=80)] = ""
    form: Annotated[str, Meta(max_length=80)] = ""
    category: Word = ""
    people: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Hours(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """When somebody can safely come.

    Attributes:
        start: Minute of the local day, 0 to 1439.
        end: Minute of the local day, 1 to 1440; at or before ``start`` it means the next day.
        days: Days of the week, 0 for Monday; none means every day.
    """

    start: Annotated[int, Meta(ge=0, le=1439)]
    end: Annotated[int, Meta(ge=1, le=1440)]
    days: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(max_length=7)] = ()


class Household(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """Roughly who lives there: never an exact number on the board.

    Attributes:
        size: One of :data:`HOUSEHOLD_SIZES`, or ``""``.
        children: And ``elder``, ``disability``: there is somebody of whom it is true.
    """

    size: Word = ""
    children: bool = False
    elder: bool = False
    disability: bool = False


class Consent(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """What those agreed to who are spoken for.

    Attributes:
        asked: They were asked.
        by: By whom, to 40 characters: a nickname.
        audience: How far it may be told, one of :data:`AUDIENCES`, or ``""``.
    """

    asked: bool = False
    by: Annotated[str, Meta(max_length=40)] = ""
    audience: Word = ""


class Answer(_Quiet, frozen=True, omit_defaults=True, kw_only=True):
    """An answer to a question of the group's own.

    Attributes:
        question: Name of the event that asked it: a changed question is another one.
        value: As the question's type says.
    """

    question: EventName
    value: (
        Annotated[str, Meta(max_length=1_000)]
        | Annotated[int, Meta(ge=-MAX_QUANTITY, le=LAST_TIME)]
        | bool
        | Annotated[tuple[Annotated[str, Meta(max_length=80)], ...], Meta(max_length=20)]
    )
