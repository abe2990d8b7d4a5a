"""Sealed details in a group: whom they are sealed to, and what we can open (docs/protocol.md, section 3.6).

All of it runs inside the caller's transaction, and loads no MLS: the members' sealing keys stand in the vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from taboon_client import cbor
from taboon_client.board import DISPATCH, Details, PrivateNote, from_body
from taboon_client.board import deeds as kinds
from taboon_client.board.openings import Opening
from taboon_client.errors import FieldError, FormatError, NotAllowedError
from taboon_client.group.marks import marks_of
from taboon_client.vault import board, groups
from taboon_crypto import sealed_details as sealed
from taboon_crypto.errors import DetailsClosedError, DetailsTooLongError
from taboon_crypto.primitives.errors import BadKeyError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from taboon_client.board import EpochRecord, Event
    from taboon_client.vault import Connection
    from taboon_crypto.primitives.secret import Secret

__all__ = ["LOCKS", "Author", "Sealer", "circle_of"]

LOCKS = 8
"""Locks of a private note, whoever it is for."""
_TRIES = 64
"""Wraps that are tried, at most: anybody may address nonsense to us."""


class Author(NamedTuple):
    """Where an event that is being made will stand in its author's chain."""

    identity: bytes
    number: int
    previous: bytes | None
    epoch: bytes


def circle_of(tx: Connection, grp: int, record: EpochRecord | None) -> dict[bytes, bytes]:
    """Return the sealing keys of the dispatch circle, by identity key. Whoever is suspended is left out."""
    if record is None:
        return {}
    keys = board.sealing_keys(tx, grp)
    circle = {who: keys[who] for who, roles in record.members.items() if DISPATCH in roles and who in keys}
    suspended = marks_of(tx, grp).all_suspended
    return {who: key for who, key in circle.items() if who not in suspended}


class Sealer:
    """Seals and opens for one member of one group.

    Args:
        tx: A transaction.
        grp: The group.
        random: Gives that many random bytes.
    """

    def __init__(self, tx: Connection, grp: int, random: Callable[[int], bytes]) -> None:
        own = groups.get_group(tx, grp)
        self._tx = tx
        self._grp = grp
        self._random = random
        self._group_id = own.group_id
        self._identity = own.identity
        self._secrets = groups.sealing_secrets(tx, grp)

    # Details

    def attach(
        self, fields: dict[str, Any], kind: str, author: Author, details: bytes, circle: Mapping[bytes, bytes]
    ) -> None:
        """Put sealed details into the body of an item that is being opened.

        Args:
            fields: The body; changed.
            kind: Of the event.
            author: Where the event will stand.
            details: To be sealed; also nothing.
            circle: Sealing keys by identity key; our own is added.

        Raises:
            FieldError: They are too long.
        """
        fields.pop("details", None)
        fields.pop("keys", None)
        tag = self._tag_of(author, kind, fields)
        key = sealed.new_key(self._random)
        keys = {**circle, **self._own_key()}
        fields["details"] = self._box(key, tag, details)
        fields["keys"] = [
            list(self._wrap(key, tag, self._identity, who, public)) for who, public in sorted(keys.items())
        ]

    def _own_key(self) -> dict[bytes, bytes]:
        """Return the sealing key of our present leaf, by our identity key."""
        public = board.sealing_keys(self._tx, self._grp).get(self._identity)
        return {} if public is None else {self._identity: public}

    def tag(self, opening: Event) -> bytes:
        """Return the tag of an item."""
        body = {name: value for name, value in opening.body.items() if name not in ("details", "keys")}
        author = Author(opening.author, opening.number, opening.previous, opening.epoch)
        return self._tag_of(author, opening.kind, body)

    def key(self, opening: Event, events: Iterable[Event]) -> Secret | None:
        """Return the key of an item's details if it was sealed to us, in the opening or since.

        Args:
            opening: Of the item.
            events: Of the item, in any order.
        """
        tag = self.tag(opening)
        parties = {
            party.recipient: (party, secret)
            for public, secret in self._secrets
            for party in (sealed.Party(tag, opening.author, self._identity, public),)
        }
        box = self._opening_box(opening)
        tries = 0
        for recipient, wrap in _wraps(events):
            found = parties.get(recipient)
            if found is None or tries >= _TRIES:
                continue
            tries += 1
            try:
                key = sealed.unwrap_key(wrap, *found)
                sealed.open_box(key, tag, box)
            except (DetailsClosedError, BadKeyError):
                continue
            return key
        return None

    def read(self, opening: Event, events: Collection[Event], holder: bytes) -> Details:
        """Return the details of an item.

        Args:
            opening: Of the item.
            events: Of the item.
            holder: Name of the event that holds them now.

        Raises:
            NotAllowedError: They were not sealed to us.
            FormatError: They cannot be read by this version.
        """
        key = self._need_key(opening, events)
        body = next((from_body(event) for event in events if event.name == holder), None)
        tag = self.tag(opening)
        if isinstance(body, kinds.Details):
            try:
                return Details.decode(sealed.open_box(key, tag, body.box))
            except (DetailsClosedError, FormatError):
                # Somebody of the circle has put nonsense in their place: what the author sealed is still there.
                pass
        return Details.decode(sealed.open_box(key, tag, self._opening_box(opening)))

    def box_for(self, opening: Event, events: Collection[Event], details: Details) -> bytes:
        """Return other details for an item, under its key."""
        return self._box(self._need_key(opening, events), self.tag(opening), details.encode())

    def wraps_for(
        self, opening: Event, events: Collection[Event], recipients: Mapping[bytes, bytes]
    ) -> list[tuple[bytes, bytes]]:
        """Return the key of an item's details, sealed to others (sealing keys by identity key).

        Raises:
            NotAllowedError: It was not sealed to us.
        """
        key = self._need_key(opening, events)
        tag = self.tag(opening)
        return [self._wrap(key, tag, opening.author, who, public) for who, public in sorted(recipients.items())]

    def lacking(self, opening: Event, events: Iterable[Event], recipients: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Return those to whom the key of an item's details has not been sealed yet."""
        tag = self.tag(opening)
        have = {recipient for recipient, _ in _wraps(events)}
        return {
            who: public
            for who, public in recipients.items()
            if sealed.Party(tag, opening.author, who, public).recipient not in have
        }

    def _need_key(self, opening: Event, events: Iterable[Event]) -> Secret:
        key = self.key(opening, events)
        if key is None:
            raise NotAllowedError("these details are sealed to others: ask whoever posted it, or the dispatch circle")
        return key

    def _opening_box(self, opening: Event) -> bytes:
        body = from_body(opening)
        return body.details if isinstance(body, Opening) else b""

    def _tag_of(self, author: Author, kind: str, body: Mapping[str, Any]) -> bytes:
        return sealed.item_tag(self._group_id, cbor.encode([*author, kind, dict(body)]))

    def _box(self, key: bytes, tag: bytes, plaintext: bytes) -> bytes:
        try:
            return sealed.seal_box(key, tag, plaintext, self._random)
        except DetailsTooLongError as error:
            raise FieldError("details", f"are too long: {error}") from None

    @staticmethod
    def _wrap(key: bytes, tag: bytes, poster: bytes, who: bytes, public: bytes) -> tuple[bytes, bytes]:
        party = sealed.Party(tag, poster, who, public)
        return party.recipient, sealed.wrap_key(key, party)

    # Private notes

    def note(self, item: bytes, author: Author, note: PrivateNote, recipients: Mapping[bytes, bytes]) -> kinds.Private:
        """Return a private note about an item, for these (sealing keys by identity key) and nobody else.

        Raises:
            FieldError: It is too long, or for more than eight.
        """
        if not 1 <= len(recipients) <= LOCKS:
            raise FieldError("recipients", f"are 1 to {LOCKS} members whose keys are known here")
        tag = self._note_tag(author, item)
        key = sealed.new_key(self._random)
        box = self._box(key, tag, note.encode())
        locks = [self._wrap(key, tag, author.identity, who, public)[1] for who, public in recipients.items()]
        like = next(iter(recipients.values()))
        locks += [sealed.throwaway_wrap(like, self._random) for _ in range(LOCKS - len(locks))]
        # In an order that says nothing of whom each is for.
        return kinds.Private(box=box, locks=tuple(sorted(locks)))

    def read_note(self, event: Event) -> PrivateNote | None:
        """Return what a private note says if it is for us."""
        body = from_body(event)
        if not isinstance(body, kinds.Private) or not isinstance(event.place, bytes):
            return None
        tag = self._note_tag(Author(event.author, event.number, event.previous, event.epoch), event.place)
        for public, secret in self._secrets:
            party = sealed.Party(tag, event.author, self._identity, public)
            for lock in body.locks:
                try:
                    return PrivateNote.decode(sealed.open_box(sealed.unwrap_key(lock, party, secret), tag, body.box))
                except (DetailsClosedError, FormatError, BadKeyError):
                    continue
        return None

    def _note_tag(self, author: Author, item: bytes) -> bytes:
        return sealed.item_tag(self._group_id, cbor.encode([*author, kinds.Private.kind, item]))


def _wraps(events: Iterable[Event]) -> Iterable[tuple[bytes, bytes]]:
    """Go through all wraps of an item's details: (whom for, the sealed key)."""
    for event in events:
        body = from_body(event) if event.place is None or event.kind in _HOLD_WRAPS else None
        if isinstance(body, Opening | kinds.Share):
            yield from body.keys
        elif isinstance(body, kinds.Grant):
            yield body.key


_HOLD_WRAPS = frozenset({kinds.Share.kind, kinds.Grant.kind})
