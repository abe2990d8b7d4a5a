"""What an import would post, before anybody has agreed to it: drafts, with what must not stand on the board sealed.

Numbers to call, addresses, links and map points are cut out of every text and go into the sealed details, next to what
a sheet has in columns of its own for them. A person looks at both before anything is posted: no rule finds everything.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from taboon_client.board import Details
from taboon_client.text.contacts import redact

if TYPE_CHECKING:
    from taboon_client.board import Contact, Opening

__all__ = ["Draft", "Drafts", "Drawer"]

_MOST_TITLE: Final = 140
_MOST_NOTE: Final = 4_000
_MOST_SEALED: Final = 400


class Draft(NamedTuple):
    """One entry that could be posted.

    Attributes:
        line: Where it begins in what was read, from 1.
        opening: What everyone would read.
        details: What only those read who must know, None if there is nothing of the kind.
        key: 16 bytes: the same entry is the same post, however often it is imported.
        decided: Whether it is certain that it is a need or an offer.
    """

    line: int
    opening: Opening
    details: Details | None
    key: bytes
    decided: bool = True


class Drafts(NamedTuple):
    """What was read.

    Attributes:
        drafts: In the order of the file.
        passed: How many entries hold no text of a person, and are passed over.
        notes: Pairs (line, what was not understood there and left out).
    """

    drafts: tuple[Draft, ...]
    passed: int = 0
    notes: tuple[tuple[int, str], ...] = ()


class Drawer:
    """Makes drafts. One for each import, since equal entries are told apart by how often they came before.

    Args:
        secret: 32 bytes that this device alone has for the group: what is sealed goes into a key under it alone, or a
            member who guesses a number could find it by the key.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._counts: dict[bytes, int] = {}

    def draft(
        self,
        line: int,
        opening: Opening,
        *,
        identity: str = "",
        names: str = "",
        place: str = "",
        people: int = 0,
        contacts: tuple[Contact, ...] = (),
        decided: bool = True,
    ) -> Draft:
        """Return a draft.

        Args:
            line: Where it begins.
            opening: As it was written; it is redacted here. A title that is too long stands in the note, whole.
            identity: What tells entries apart in the source, if there is such a thing.
            names: Whom to ask for.
            place: The exact place.
            people: How many live there.
            contacts: How to reach them, at most 4.
            decided: Whether it is certain what it is.
        """
        cut = [redact(text) for text in (opening.title, opening.note, opening.original)]
        title, note, original = (one.text for one in cut)
        found = "; ".join(dict.fromkeys(piece for one in cut for piece in one.found))
        title, note = _fitting(title, note)
        changed = msgspec.structs.replace(opening, title=title, note=note, original=original[:_MOST_NOTE])
        details = None
        if found or names or place or people or contacts:
            details = Details(
                names=names[:_MOST_SEALED],
                place=place[:_MOST_SEALED],
                people=people,
                contacts=contacts,
                note=found[:_MOST_SEALED],
            )
        return Draft(line, changed, details, self._key(opening, details, identity), decided)

    def _key(self, opening: Opening, details: Details | None, identity: str) -> bytes:
        parts = [opening.kind, identity, opening.title, opening.note, opening.original]
        if details is not None:
            parts += [details.names, details.place, *(each.value for each in details.contacts)]
        said = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
        count = self._counts[said] = self._counts.get(said, 0) + 1
        said = b"taboon import v2" + count.to_bytes(4, "big") + said
        if details is None:
            return hashlib.sha256(said).digest()[:16]
        return hmac.digest(self._secret, said, "sha256")[:16]


def _fitting(title: str, note: str) -> tuple[str, str]:
    """Return a title of one short line, and a note that holds the whole text as it was where that is another."""
    line = " ".join(title.split())
    if line == title and len(line) <= _MOST_TITLE:
        return line or "…", note[:_MOST_NOTE]
    whole = title if not note else f"{title}\n{note}"
    first = " ".join(title.strip().split("\n", 1)[0].split()) or line
    short = first if len(first) <= _MOST_TITLE else first[: _MOST_TITLE - 1] + "…"
    return short, whole[:_MOST_NOTE]
