"""What an MLS application message carries: events, or the history for a newcomer (docs/protocol.md, section 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import EpochChange
from taboon_client.board.event import MAX_NUMBER, NAME_LENGTH
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.board import History

__all__ = [
    "AskPayload",
    "HistoryPayload",
    "SnapshotEnd",
    "history_in_pieces",
    "read_payload",
    "snapshot_ends",
    "write_events",
]

_MAX_EVENTS = 4096
_AUTHORS = 1000
_MAX_EPOCHS = 100_000
_IDS = 3_000
_PIECE = 131_072
"""Bytes of rosters in one payload: far below what a reader refuses, whatever the size of the group."""


@dataclass(frozen=True, slots=True)
class HistoryPayload:
    """For newcomers: the epochs of the standing chain, oldest first, and each author's last number and name."""

    epochs: tuple[EpochChange, ...]
    authors: tuple[tuple[bytes, int, bytes], ...]

    def encode(self) -> bytes:
        """Return the payload."""
        value = {
            "epochs": [epoch.to_value() for epoch in self.epochs],
            "authors": [list(author) for author in self.authors],
        }
        return cbor.encode(["history", value])


@dataclass(frozen=True, slots=True)
class LinksPayload:
    """For newcomers: names of one author's events from a running number on; a cut of that author leads over them."""

    author: bytes
    first: int
    names: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the payload."""
        return cbor.encode(["links", {"author": self.author, "first": self.first, "names": list(self.names)}])


@dataclass(frozen=True, slots=True)
class SnapshotEnd:
    """For newcomers, after the events: ids of items that are closed or deleted; ``last``: nothing more follows."""

    closed: tuple[bytes, ...]
    deleted: tuple[bytes, ...]
    last: bool

    def encode(self) -> bytes:
        """Return the payload."""
        value = {"closed": list(self.closed), "deleted": list(self.deleted), "last": self.last}
        return cbor.encode(["snapshot", value])


@dataclass(frozen=True, slots=True)
class LostPayload:
    """A member's word that the relay had lost the mailbox of this epoch."""

    def encode(self) -> bytes:
        """Return the payload."""
        return cbor.encode(["lost", {}])


@dataclass(frozen=True, slots=True)
class OtherSidePayload:
    """What another history of the group shows of itself, for those of this one."""

    showing: bytes

    def encode(self) -> bytes:
        """Return the payload."""
        return cbor.encode(["other", self.showing])


@dataclass(frozen=True, slots=True)
class AskPayload:
    """A question to members, by identity key.

    A newcomer's, for whole items that were closed before and are spoken of; or for events, by name, that their authors'
    later ones name and that have not come.
    """

    items: tuple[bytes, ...]
    members: tuple[bytes, ...]
    events: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Return the payload."""
        value = {"items": list(self.items), "members": list(self.members)}
        return cbor.encode(["ask", value | {"events": list(self.events)} if self.events else value])


Payload = list[bytes] | HistoryPayload | LinksPayload | SnapshotEnd | AskPayload | LostPayload | OtherSidePayload
"""What a message can carry: events as bytes, or one of the others."""


def write_events(events: Sequence[bytes]) -> bytes:
    """Return the payload that carries events, oldest first."""
    return cbor.encode(["events", list(events)])


def read_payload(data: bytes) -> list[bytes] | Payload | None:
    """Read a payload: events as bytes, one of the others, or None for a later version's.

    Raises:
        FormatError: It is no payload.
    """
    fields = cbor.decode(data)
    if not isinstance(fields, list) or len(fields) != 2 or not isinstance(fields[0], str):
        raise FormatError("a message carries no payload of Taboon")
    kind, value = fields
    if kind == "events":
        if not isinstance(value, list) or len(value) > _MAX_EVENTS or not all(isinstance(e, bytes) for e in value):
            raise FormatError("a message says that it carries events and does not")
        return list(value)
    if kind == "history":
        return _read_history(value)
    if kind == "snapshot":
        return _read_end(value)
    if kind == "ask":
        events = _read_ids(value, "events") if isinstance(value, dict) and "events" in value else ()
        return AskPayload(_read_ids(value, "items"), _read_ids(value, "members"), events)
    if kind == "links":
        return _read_links(value)
    if kind == "lost":
        return LostPayload()
    if kind == "other" and isinstance(value, bytes):
        return OtherSidePayload(value)
    return None


def _read_end(value: object) -> SnapshotEnd:
    closed, deleted = _read_ids(value, "closed"), _read_ids(value, "deleted")
    return SnapshotEnd(closed, deleted, last=isinstance(value, dict) and value.get("last") is True)


def _read_links(value: object) -> LinksPayload:
    names = _read_ids(value, "names")
    author = value.get("author") if isinstance(value, dict) else None
    first = value.get("first") if isinstance(value, dict) else None
    if isinstance(author, bytes) and _is_name(author) and isinstance(first, int) and _is_number(first):
        return LinksPayload(author, first, names)
    raise FormatError("a message gives the names of events in another form than it should")


def _read_ids(value: object, key: str) -> tuple[bytes, ...]:
    ids = value.get(key) if isinstance(value, dict) else None
    if not isinstance(ids, list) or len(ids) > _IDS or not all(map(_is_name, ids)):
        raise FormatError("a message names items or members in another form than it should")
    return tuple(ids)


def _read_history(value: object) -> HistoryPayload:
    epochs = value.get("epochs") if isinstance(value, dict) else None
    authors = value.get("authors") if isinstance(value, dict) else None
    if not isinstance(epochs, list) or len(epochs) > _MAX_EPOCHS or not isinstance(authors, list):
        raise FormatError("a message says that it carries a history and does not")
    known = []
    for entry in authors:
        if (
            not isinstance(entry, list)
            or len(entry) != 3
            or not _is_name(entry[0])
            or not _is_number(entry[1])
            or not _is_name(entry[2])
        ):
            raise FormatError("a history names an author in another form than it should")
        known.append((entry[0], entry[1], entry[2]))
    records = tuple(EpochChange.from_value(epoch) for epoch in epochs)
    if not all(record.number <= MAX_NUMBER for record in records):
        raise FormatError("a history counts its epochs further than anyone can")
    return HistoryPayload(records, tuple(known))


def _is_name(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == NAME_LENGTH


def _is_number(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_NUMBER


def history_in_pieces(history: History, before: int, authors: Sequence[tuple[bytes, int, bytes]]) -> list[bytes]:
    """Return payloads that together give the epochs before one, each small enough and to be read by itself."""
    pieces: list[list[EpochChange]] = [[]]
    room = _PIECE
    for epoch in history.changes():
        if epoch.number >= before:
            break
        size = len(cbor.encode(epoch.to_value()))
        if pieces[-1] and size > room:
            pieces.append([])
            room = _PIECE
        if not pieces[-1]:
            epoch = history.whole(epoch)
            size = len(cbor.encode(epoch.to_value()))
        pieces[-1].append(epoch)
        room -= size
    known = [tuple(authors[start : start + _AUTHORS]) for start in range(0, len(authors), _AUTHORS)] or [()]
    payloads = [HistoryPayload(tuple(piece), ()).encode() for piece in pieces]
    return payloads + [HistoryPayload((), part).encode() for part in known]


def links_in_pieces(author: bytes, first: int, names: Sequence[bytes]) -> list[bytes]:
    """Return payloads that together give names of an author's events; each begins where the one before ended."""
    starts = range(0, max(len(names) - 1, 0), _IDS - 1)
    return [LinksPayload(author, first + start, tuple(names[start : start + _IDS])).encode() for start in starts]


def snapshot_ends(closed: Sequence[bytes], deleted: Sequence[bytes]) -> list[bytes]:
    """Return payloads that together end a snapshot, each small enough for every reader."""
    count = max(1, -(-max(len(closed), len(deleted)) // _IDS))
    pieces = [slice(start * _IDS, (start + 1) * _IDS) for start in range(count)]
    return [
        SnapshotEnd(tuple(closed[piece]), tuple(deleted[piece]), last=number == count).encode()
        for number, piece in enumerate(pieces, 1)
    ]
