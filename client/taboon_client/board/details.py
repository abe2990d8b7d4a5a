"""What sealed details say once they are open: who to ask for, where, and how to get in (docs/protocol.md, 3.6)."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from taboon_client import cbor
from taboon_client.board.fields import LAST_TIME, MAX_QUANTITY, Household, Word
from taboon_client.errors import CborError, FieldError, FormatError

__all__ = ["MAY_GO", "NOT_WITH", "REFERENCE", "Contact", "Details", "PrivateNote", "SealedAnswer"]

NOT_WITH, MAY_GO = "not-with", "may-go"

REFERENCE: Final = 8
"""Bytes of a question's name by which a sealed answer says what it answers: a box is small."""

_Text = Annotated[str, Meta(max_length=400)]
_BUILTIN = (bytes,)
_T = TypeVar("_T", bound="_Hidden")


class _Hidden(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A value that never prints what it holds."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return []


class Contact(_Hidden, frozen=True, omit_defaults=True, kw_only=True):
    """One way to reach somebody.

    Attributes:
        channel: ``phone``, ``signal``, ``in person`` …, to 32 characters.
        value: The number or name.
        best: When, to 80 characters.
        quiet: Leave no message.
    """

    channel: Word = ""
    value: Annotated[str, Meta(max_length=120)] = ""
    best: Annotated[str, Meta(max_length=80)] = ""
    quiet: bool = False


class SealedAnswer(_Hidden, frozen=True, array_like=True):
    """An answer to a question of the group's whose answers are sealed.

    Attributes:
        question: The first :data:`REFERENCE` bytes of the name of the event that asked it.
        value: As the question's type says.
    """

    question: Annotated[bytes, Meta(min_length=REFERENCE, max_length=REFERENCE)]
    value: (
        Annotated[str, Meta(max_length=400)]
        | Annotated[int, Meta(ge=-MAX_QUANTITY, le=LAST_TIME)]
        | bool
        | Annotated[tuple[Annotated[str, Meta(max_length=80)], ...], Meta(max_length=20)]
    )


class Details(_Hidden, frozen=True, omit_defaults=True, kw_only=True):
    """The sealed details of an item: all of it together must fit :data:`taboon_crypto.sealed_details.MOST`.

    Attributes:
        names: Whom to ask for.
        place: The exact place.
        access: How to get in: gate, floor, dog, whom not to wake.
        contacts: At most 4.
        note: What else those who go must know; a diagnosis, if they must.
        people: How many live there, 0 if not stated; ``household``: where the group keeps that off the board.
        answers: To the group's questions whose answers are sealed, at most 10.
    """

    names: _Text = ""
    place: _Text = ""
    access: _Text = ""
    contacts: Annotated[tuple[Contact, ...], Meta(max_length=4)] = ()
    note: _Text = ""
    people: Annotated[int, Meta(ge=0, le=1_000)] = 0
    household: Household = Household()
    answers: Annotated[tuple[SealedAnswer, ...], Meta(max_length=10)] = ()

    def encode(self) -> bytes:
        """Return the bytes to be sealed.

        Raises:
            FieldError: A text is too long.
        """
        return _encode(self)

    @classmethod
    def decode(cls, data: bytes) -> Details:
        """Read what was sealed; nothing at all says nothing.

        Raises:
            FormatError: It is none of a version that this program knows.
        """
        return cls() if not data else _decode(data, cls)


class PrivateNote(_Hidden, frozen=True, omit_defaults=True, kw_only=True):
    """Something about an item for a few.

    Attributes:
        about: ``no-show``, ``not-with`` (whom not to send), ``may-go`` (that no more), ``thanks``, ``note``; others
            are a later version's.
        text: To 400 characters.
        pledge: Name of the pledge that it is about, or empty.
        people: Identity keys that it is about, at most 4.
    """

    about: Word
    text: _Text = ""
    pledge: Annotated[bytes, Meta(max_length=32)] = b""
    people: Annotated[tuple[Annotated[bytes, Meta(min_length=32, max_length=32)], ...], Meta(max_length=4)] = ()

    def encode(self) -> bytes:
        """Return the bytes to be sealed.

        Raises:
            FieldError: A text is too long.
        """
        return _encode(self)

    @classmethod
    def decode(cls, data: bytes) -> PrivateNote:
        """Read what was sealed.

        Raises:
            FormatError: It is none of a version that this program knows.
        """
        return _decode(data, cls)


def _encode(value: Details | PrivateNote) -> bytes:
    try:
        plain = msgspec.to_builtins(value, builtin_types=_BUILTIN)
        msgspec.convert(plain, type(value), builtin_types=_BUILTIN)
        return cbor.encode(plain)
    except (msgspec.ValidationError, CborError):
        raise FieldError("details", "have a text that is too long, or something that is no text") from None


def _decode(data: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(cbor.decode(data), kind, builtin_types=_BUILTIN)
    except (msgspec.ValidationError, CborError):
        raise FormatError("what was sealed cannot be read by this version of Taboon") from None
