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
from taboon_client.errors import FieldError
from taboon_client.text.contacts import redact
from taboon_crypto.sealed_details import MOST

if TYPE_CHECKING:
    from taboon_client.board import Contact, Opening

__all__ = ["Draft", "Drafts", "Drawer"]

_MOST_TITLE: Final = 140
_MOST_NOTE: Final = 4_000
_MOST_SEALED: Final = 400
_MOST_UNIT: Final = 32


class Draft(NamedTuple):
    """One entry that could be posted.

    Attributes:
        line: Where it begins in what was read, from 1.
        opening: What everyone would read.
        details: What only those read who must know, None if there is nothing of the kind.
        key: 16 bytes: the same entry is the same post, however often it is imported.
        decided: Whether it is certain that it is a need or an offer.
        cut: Whether something was too long, and its end is left out.
        says_nothing: Whether it is a number to call and not a word: nobody could tell what is needed.
    """

    line: int
    opening: Opening
    details: Details | None
    key: bytes
    decided: bool = True
    cut: bool = False
    says_nothing: bool = False


class Drafts(NamedTuple):
    """What was read.

    Attributes:
        drafts: In the order of the file.
        passed: How many entries hold no text of a person, or nothing but numbers to call, and are passed over.
        notes: Pairs (line, what was not understood there and left out).
        known: How many rows an export of this very board has written.
    """

    drafts: tuple[Draft, ...]
    passed: int = 0
    notes: tuple[tuple[int, str], ...] = ()
    known: int = 0


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
        said = (opening.title, opening.note, opening.original, opening.category, opening.area)
        units = tuple(text for each in opening.lines for text in (each.unit, each.name))
        cleaned = [redact(text) for text in (*said, *units)]
        title, note, original, category, area = (one.text for one in cleaned[: len(said)])
        found = "; ".join(dict.fromkeys(piece for one in cleaned for piece in one.found))
        title, note = _fitting(title, note)
        changed = msgspec.structs.replace(
            opening,
            title=title,
            note=note[:_MOST_NOTE],
            original=original[:_MOST_NOTE],
            category=category,
            area=area,
            lines=tuple(
                msgspec.structs.replace(each, unit=redact(each.unit).text[:_MOST_UNIT], name=redact(each.name).text)
                for each in opening.lines
            ),
        )
        cut = max(len(note), len(original)) > _MOST_NOTE
        details = None
        if found or names or place or people or contacts:
            details = Details(names=names, place=place, people=people, contacts=contacts, note=found)
            key = self._key(opening, details, identity)
            details, shortened = _fitting_details(details)
            cut = cut or shortened
        else:
            key = self._key(opening, None, identity)
        words = (opening.title, opening.note, opening.original, opening.category)
        says_nothing = bool(found) and not any(letter.isalpha() for text in words for letter in text)
        return Draft(line, changed, details, key, decided, cut, says_nothing)

    def _key(self, opening: Opening, details: Details | None, identity: str) -> bytes:
        # What tells entries apart in a source is often a name or a number: nobody shall try out those either.
        private = details is not None or bool(identity)
        parts = [opening.kind, identity, opening.title, opening.note, opening.original]
        if details is not None:
            parts += [details.names, details.place, *(each.value for each in details.contacts)]
        said = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode() for part in parts))
        count = self._counts[said] = self._counts.get(said, 0) + 1
        said = b"taboon import v2" + count.to_bytes(4, "big") + said
        if not private:
            return hashlib.sha256(said).digest()[:16]
        return hmac.digest(self._secret, said, "sha256")[:16]


def _fitting(title: str, note: str) -> tuple[str, str]:
    """Return a title of one short line, and a note that holds the whole text as it was where that is another."""
    line = " ".join(title.split())
    if line == title and len(line) <= _MOST_TITLE:
        return line or "…", note
    whole = title if not note else f"{title}\n{note}"
    first = " ".join(title.strip().split("\n", 1)[0].split()) or line
    short = first if len(first) <= _MOST_TITLE else first[: _MOST_TITLE - 1] + "…"
    return short, whole


def _fitting_details(details: Details) -> tuple[Details, bool]:
    """Return details that can be sealed, the longest texts shortened, and whether anything was."""
    shortened = False
    while True:
        texts = {"names": details.names, "place": details.place, "note": details.note}
        longest = max(texts, key=lambda name: len(texts[name].encode()))
        if len(texts[longest]) <= _MOST_SEALED:
            try:
                if len(details.encode()) <= MOST:
                    return details, shortened
            except FieldError:  # a way to reach somebody is too long
                pass
        shortened = True
        if not texts[longest]:
            details = msgspec.structs.replace(details, contacts=details.contacts[:-1])
            continue
        # By a tenth and one more: letters have one to four bytes.
        left = min(_MOST_SEALED, len(texts[longest]) * 9 // 10)
        details = msgspec.structs.replace(details, **{longest: texts[longest][:left]})
