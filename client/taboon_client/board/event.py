"""One event: a signed thing that a member did (docs/protocol.md, section 3).

An event stands by itself. Its name is the hash of its bytes, its author is whoever's key the signature verifies
under, and both stay the same whichever way it came. Reading checks the form and the signature; whether an event
counts, and what it changes, is decided elsewhere (:mod:`.history`, :mod:`.item`, :mod:`.registers`).
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from taboon_client import cbor
from taboon_client.errors import CborError, EventError, FieldError
from taboon_crypto.primitives.sodium import ED25519_SIGNATURE_LENGTH, ed25519_verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["MAX_EVENT_SIZE", "MAX_NUMBER", "MAX_PARENTS", "NAME_LENGTH", "Event", "event_name"]

MAX_EVENT_SIZE = 61_440
"""Bytes of an event: so that one fits a blob of the third class together with what MLS puts around it."""
MAX_PARENTS = 16
MAX_NUMBER = 2**53 - 1
"""The largest running number: exact in every language and in SQLite."""
NAME_LENGTH = 32

_VERSION = 1
_FIELDS = 9
_NAME_LABEL = b"taboon event name v1"
_SIGNATURE_LABEL = b"taboon event v1"
# New kinds and registers of a later version are kept and passed on.
_KIND = re.compile(r"[a-z-]{1,32}")
# One shorter than an item id, so that no word can be taken for one where both are stored as bytes.
_REGISTER = re.compile(r"[a-z-]{1,31}")


def event_name(raw: bytes) -> bytes:
    """Return the name (32 bytes) of the event with these bytes."""
    return sha256(_NAME_LABEL + raw).digest()


class Event(msgspec.Struct, frozen=True, eq=False, order=False, kw_only=True):
    """An event whose form is right. Equal to another exactly when the bytes are.

    Attributes:
        name: 32 bytes; the hash that others speak of this event by.
        author: 32 bytes; the identity key that the signature verifies under.
        number: The author's running number in this group, from 1.
        previous: Name of the author's event with the number before; ``None`` for number 1.
        place: What it belongs to: an item's id (32 bytes), a register's word, or ``None`` if it opens an item.
        parents: Names, ascending, at most 16.
        epoch: 32 bytes; id of the epoch it was made in.
        kind: What was done.
        body: How, by kind; as decoded, so unchecked. Not to be changed by anyone.
        understood: False if the content has fields of a later version: then it is kept and passed on, and
            changes nothing.
        raw: The bytes that came, at most 61 440.
    """

    name: bytes
    author: bytes
    number: int
    previous: bytes | None
    place: bytes | str | None
    parents: tuple[bytes, ...]
    epoch: bytes
    kind: str
    body: dict[str, Any]
    understood: bool
    raw: bytes

    @property
    def home(self) -> bytes | str:
        """The place whose fold takes it: the item it opens, or the item or register it states."""
        return self.name if self.place is None else self.place

    @classmethod
    def make(
        cls,
        *,
        sign: Callable[[bytes], bytes],
        group_id: bytes,
        author: bytes,
        number: int,
        previous: bytes | None,
        place: bytes | str | None,
        parents: Iterable[bytes],
        epoch: bytes,
        kind: str,
        body: Mapping[str, Any],
    ) -> Event:
        """Make and sign a new event.

        Args:
            sign: Gives the 64-byte Ed25519 signature of ``author`` over the bytes it is handed.
            group_id: 32 bytes.
            author: Identity key, 32 bytes.
            number: One more than the author's last number.
            previous: Name of the author's last event, ``None`` for the first.
            place: Item id, register, or ``None`` to open an item.
            parents: From :meth:`taboon_client.board.graph.Graph.parents_for`; in any order; empty to open an item.
            epoch: Epoch id, 32 bytes.
            kind: 1 to 32 of ``a-z`` and ``-``.
            body: From :func:`taboon_client.board.kinds.to_body`.

        Raises:
            FieldError: A field does not fit; says which.
            CborError: The body holds what CBOR of Taboon cannot say.
        """
        names = sorted(set(parents))
        fields = [_VERSION, author, number, previous, place, names, epoch, kind, dict(body)]
        fault = _fault(fields)
        if fault is not None:
            raise FieldError(*fault)
        content = cbor.encode(fields)
        signature = sign(_SIGNATURE_LABEL + group_id + content)
        if len(signature) != ED25519_SIGNATURE_LENGTH:
            raise FieldError("sign", f"must give {ED25519_SIGNATURE_LENGTH} bytes")
        raw = cbor.encode([content, signature])
        if len(raw) > MAX_EVENT_SIZE:
            raise FieldError("body", f"the event has {len(raw)} bytes, {MAX_EVENT_SIZE} are allowed: shorten its texts")
        return cls.parse(raw)

    @classmethod
    def read(cls, raw: bytes, group_id: bytes) -> Event:
        """Read an event that came from elsewhere: form, limits and signature.

        Raises:
            EventError: It is not an event of this group.
        """
        event, content, signature = _parse(raw)
        if not ed25519_verify(event.author, _SIGNATURE_LABEL + group_id + content, signature):
            raise EventError("the event's signature is not its author's, or it was made for another group")
        return event

    @classmethod
    def parse(cls, raw: bytes) -> Event:
        """Read an event from one's own vault, whose signature was checked when it came.

        Raises:
            EventError: The form is wrong.
        """
        return _parse(raw)[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        # Neither the body nor who wrote it: this ends up in logs and tracebacks.
        return f"<Event {self.name.hex()[:8]}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("name", self.name.hex()[:8])]


def _parse(raw: bytes) -> tuple[Event, bytes, bytes]:
    if len(raw) > MAX_EVENT_SIZE:
        raise EventError(f"the event has {len(raw)} bytes, {MAX_EVENT_SIZE} are allowed")
    try:
        outer = cbor.decode(raw)
    except CborError as error:
        raise EventError(f"not an event: {error}") from None
    if type(outer) is not list or len(outer) != 2 or type(outer[0]) is not bytes or type(outer[1]) is not bytes:
        raise EventError("not an event: its outer form is [content, signature]")
    content, signature = outer
    if len(signature) != ED25519_SIGNATURE_LENGTH:
        raise EventError("not an event: the signature has another length")
    try:
        fields = cbor.decode(content)
    except CborError as error:
        raise EventError(f"not an event: {error}") from None
    if type(fields) is not list or len(fields) < _FIELDS:
        raise EventError("not an event: its content has at least nine fields")
    fault = _fault(fields)
    if fault is not None:
        raise EventError(f"not an event: {fault[0]} {fault[1]}")
    _, author, number, previous, place, parents, epoch, kind, body = fields[:_FIELDS]
    event = Event(
        name=event_name(raw),
        author=author,
        number=number,
        previous=previous,
        place=place,
        parents=tuple(parents),
        epoch=epoch,
        kind=kind,
        body=body,
        understood=len(fields) == _FIELDS,
        raw=raw,
    )
    return event, content, signature


def _fault(fields: list[Any]) -> tuple[str, str] | None:
    """Return (field, what is wrong) for the first field that does not fit, the same for a writer and a reader."""
    version, author, number, previous, place, parents, epoch, kind, body = fields[:_FIELDS]
    if type(version) is not int or version != _VERSION:
        return "version", "made by a version of Taboon that this one cannot read: update"
    if type(author) is not bytes or len(author) != NAME_LENGTH:
        return "author", "is an identity key of 32 bytes"
    if type(number) is not int or not 1 <= number <= MAX_NUMBER:
        return "number", f"runs from 1 to {MAX_NUMBER}"
    if (previous is None) != (number == 1) or not (previous is None or _is_name(previous)):
        return "previous", "is the name of the author's event before, and null for number 1 alone"
    if not (
        place is None
        or (type(place) is bytes and len(place) == NAME_LENGTH)
        or (type(place) is str and _REGISTER.fullmatch(place) is not None)
    ):
        return "place", "is an item id of 32 bytes, a register's word, or null"
    if type(parents) is not list or len(parents) > MAX_PARENTS or not all(map(_is_name, parents)):
        return "parents", f"are at most {MAX_PARENTS} names"
    if any(one >= other for one, other in pairwise(parents)):
        return "parents", "stand in ascending order, each once"
    if parents and place is None:
        return "parents", "are empty when an item is opened"
    if type(epoch) is not bytes or len(epoch) != NAME_LENGTH:
        return "epoch", "is an epoch id of 32 bytes"
    if type(kind) is not str or _KIND.fullmatch(kind) is None:
        return "kind", "is 1 to 32 of a-z and -"
    if type(body) is not dict:
        return "body", "is a map"
    return None


def _is_name(value: object) -> bool:
    return type(value) is bytes and len(value) == NAME_LENGTH
