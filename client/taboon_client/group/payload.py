"""What an MLS application message carries: events, or the history for a newcomer (docs/protocol.md, section 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import EpochRecord
from taboon_client.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HistoryPayload", "read_payload", "write_events"]

_MAX_EVENTS = 4096
_MAX_EPOCHS = 100_000


@dataclass(frozen=True, slots=True)
class HistoryPayload:
    """For newcomers: the epochs of the standing chain, oldest first, and each author's last number and name."""

    epochs: tuple[EpochRecord, ...]
    authors: tuple[tuple[bytes, int, bytes], ...]

    def encode(self) -> bytes:
        """Return the payload."""
        value = {
            "epochs": [epoch.to_value() for epoch in self.epochs],
            "authors": [list(author) for author in self.authors],
        }
        return cbor.encode(["history", value])


def write_events(events: Sequence[bytes]) -> bytes:
    """Return the payload that carries events, oldest first."""
    return cbor.encode(["events", list(events)])


def read_payload(data: bytes) -> list[bytes] | HistoryPayload | None:
    """Read a payload: events as bytes, a history, or None for what a later version says.

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
    return None


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
            or not isinstance(entry[0], bytes)
            or not isinstance(entry[1], int)
            or not isinstance(entry[2], bytes)
        ):
            raise FormatError("a history names an author in another form than it should")
        known.append((entry[0], entry[1], entry[2]))
    return HistoryPayload(tuple(EpochRecord.from_value(epoch) for epoch in epochs), tuple(known))
