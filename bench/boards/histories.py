"""Histories of any length, like those of a group at work: items of ten events by a hundred members.

The signatures are not real: what is measured does not look at them, or makes its own.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from taboon_client.board import ADMIN, DISPATCH, EpochRecord, Event

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["GROUP", "Writer", "busy_item", "epoch_of", "events"]

GROUP = sha256(b"a group of the board's benchmark").digest()
_EPOCH = sha256(b"an epoch of the board's benchmark").digest()
_MEMBERS = 100


class Writer:
    """A member whose events are well formed and signed by nobody."""

    def __init__(self, number: int) -> None:
        self.identity = sha256(b"member %d" % number).digest()
        self._number = 0
        self._last: bytes | None = None

    def make(self, kind: str, body: dict[str, Any], place: bytes | None = None, *parents: bytes) -> Event:
        """Make this member's next event."""
        self._number += 1
        event = Event.make(
            sign=lambda _: bytes(64),
            group_id=GROUP,
            author=self.identity,
            number=self._number,
            previous=self._last,
            place=place,
            parents=parents,
            epoch=_EPOCH,
            kind=kind,
            body=body,
        )
        self._last = event.name
        return event


def epoch_of(writers: list[Writer]) -> EpochRecord:
    """Return the one epoch of a history; its first member is the admin."""
    return EpochRecord(
        epoch_id=_EPOCH,
        number=1,
        members={
            writer.identity: frozenset({ADMIN, DISPATCH} if number == 0 else ())
            for number, writer in enumerate(writers)
        },
    )


def events(count: int) -> tuple[list[Writer], list[Event]]:
    """Return the members of a group, and so many events of theirs."""
    writers = [Writer(number) for number in range(_MEMBERS)]
    return writers, list(islice(_lives(writers), count))


def _lives(writers: list[Writer]) -> Iterator[Event]:
    number = 0
    while True:
        poster, helper, other = (writers[(number * step) % _MEMBERS] for step in (1, 7, 13))
        number += 1
        when = 1_700_000_000 + number
        need = poster.make(
            "need",
            {
                "title": f"Drinking water for the families of house {number}",
                "created": when,
                "category": "water",
                "sub": "drinking",
                "urgency": "soon",
                "area": "upper school side",
                "lines": [{"quantity": 20, "unit": "L", "people": 6}, {"quantity": 2, "name": "canisters"}],
                "details": bytes(704),
                "keys": [[bytes(8), bytes(80)], [bytes(8), bytes(80)]],
            },
        )
        item = need.name
        yield need
        part = helper.make("pledge", {"created": when, "quantities": [[0, 12]]}, item, item)
        yield part
        rest = other.make("pledge", {"created": when, "note": "after the curfew"}, item, item)
        yield rest
        said = helper.make("comment", {"text": "which door is it?", "created": when}, item, part.name, rest.name)
        yield said
        grant = poster.make("grant", {"pledge": part.name, "key": [bytes(8), bytes(80)]}, item, part.name, said.name)
        yield grant
        going = helper.make("going", {"pledge": part.name, "created": when}, item, part.name, grant.name)
        yield going
        seen = helper.make("opened", {"created": when}, item, going.name)
        yield seen
        done = helper.make("deliver", {"pledge": part.name, "created": when}, item, part.name, seen.name)
        yield done
        other_done = other.make("deliver", {"pledge": rest.name, "created": when}, item, rest.name, done.name)
        yield other_done
        yield poster.make("confirm", {"pledge": part.name, "created": when}, item, part.name, other_done.name)


def busy_item(count: int) -> tuple[list[Writer], list[Event]]:
    """Return one item on which so many events were made, nearly all of them comments, one after the other."""
    writers = [Writer(number) for number in range(_MEMBERS)]
    need = writers[0].make("need", {"title": "Everyone has something to say", "created": 1_700_000_000})
    made = [need]
    while len(made) < count:
        writer = writers[len(made) % _MEMBERS]
        made.append(writer.make("comment", {"text": f"and another thing: {len(made)}"}, need.name, made[-1].name))
    return writers, made
