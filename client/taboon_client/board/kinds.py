"""Bodies of events: one class for each kind (docs/protocol.md, section 3.3), and the way to them and back.

    fields          what bodies are built of, and the limits
    openings        what opens an item, and what changes one
    deeds           what members do about an item
    register_kinds  what stands in the registers

:func:`from_body` reads what anybody sent: what does not fit has no effect. :func:`to_body` writes: what does not fit is
a :class:`~taboon_client.errors.FieldError` that says which field and what to do. Keys that a class does not know are
ignored here; they stay in the event's bytes. A field that is absent has its empty value: ``""``, ``()``, ``b""`` or 0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client.board.deeds import (
    DEEDS,
    Comment,
    Confirm,
    Deliver,
    Pledge,
    Release,
    Withdraw,
)
from taboon_client.board.fields import MAX_LINES, MAX_QUANTITY, URGENCIES, Body, Line
from taboon_client.board.openings import OPENING_KINDS, Edit, Need, Offer, Opening
from taboon_client.board.register_kinds import REGISTER_KINDS, GroupName, Name
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

_ALL: tuple[type[Body], ...] = (*OPENING_KINDS, Edit, *DEEDS, *REGISTER_KINDS)
_KINDS = {cls.kind: cls for cls in _ALL}
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
    for fault in value.faults():
        raise FieldError(*fault)
    return body


_NEVER_BLANK = frozenset({"title", "text", "name"})
_AT = re.compile(r" - at `\$\.?([^`]*)`\Z")
_LENGTH = re.compile(r"Expected `(\w+)` of length (<=|>=) (\d+)")
_RANGE = re.compile(r"Expected `int` (<=|>=|<|>) (-?\d+)")
_TYPE = re.compile(r"Expected `(\w+)`")
_PATTERNED = {
    "urgency": f"is one of {', '.join(URGENCIES)}",
    "day": "is a day as in 2026-03-01",
    "first": "is a day as in 2026-03-01",
    "code": "is 1 to 32 of a-z, 0-9 and -",
}
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
        return FieldError(field, _PATTERNED.get(field.rpartition(".")[2], "is written in another way"))
    if kind := _TYPE.match(complaint):
        return FieldError(field, f"is {_SPOKEN.get(kind[1], 'something else')}")
    return FieldError(field, "does not fit")
