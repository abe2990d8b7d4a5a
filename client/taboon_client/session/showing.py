"""What one side of a fork shows of itself, for those of another (docs/protocol.md, section 2.13).

The commit that began it, home's signed word that it stood, and one event of each person who has said something in the
epoch that it made. Nothing in it is believed: the commit and the events are signed
by members, the word by home, and whoever reads it checks all of that with what it holds of the epoch where they part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from taboon_client import cbor
from taboon_client.board.event import MAX_NUMBER
from taboon_client.errors import FormatError
from taboon_crypto.blob import MAX_PARTS, Part, open_blob, parse_content, seal_blob
from taboon_crypto.errors import CryptoError
from taboon_crypto.primitives.sodium import XCHACHA_NONCE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Showing"]

_VERSION: Final = 1
_LARGEST: Final = 1_048_576
_EVENTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Showing:
    """What one side shows.

    Attributes:
        epoch: Number of the epoch where the sides part.
        word: What home has signed of its mailbox with the seal, as ``standing`` has it; empty where there is nothing.
        parts: Nonce and content of each blob that carries the commit; so the very blob can be made again.
        events: Signed events that state the epoch which the commit made.
    """

    epoch: int
    word: bytes = field(repr=False)
    parts: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    events: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, epoch: int, word: bytes, blobs: Sequence[bytes], blob_key: bytes, events: Sequence[bytes]) -> Self:
        """Put together what a side shows.

        Args:
            epoch: Where the sides part.
            word: Home's.
            blobs: What carries the commit, the last one is the seal; others that lie between are left out.
            blob_key: Of that epoch.
            events: See the attribute.

        Raises:
            FormatError: The seal does not open.
        """
        opened = []
        for blob in blobs:
            try:
                opened.append((blob[:XCHACHA_NONCE_LENGTH], open_blob(blob_key, blob)))
            except CryptoError:
                continue
        if not opened or opened[-1][0] != blobs[-1][:XCHACHA_NONCE_LENGTH]:
            raise FormatError("a seal that does not open")
        transfer = _transfer(opened[-1][1])
        parts = [one for one in opened[:-1] if transfer is not None and _transfer(one[1]) == transfer]
        return cls(epoch, word, (*parts, opened[-1]), tuple(events))

    def blobs(self, blob_key: bytes) -> list[bytes]:
        """Return the blobs that carry the commit, as the relay had them.

        Raises:
            FormatError: They can be none.
        """
        try:
            return [seal_blob(blob_key, content, lambda _, nonce=nonce: nonce) for nonce, content in self.parts]  # type: ignore[misc]  # the nonce is bound at once
        except CryptoError as error:
            raise FormatError("another side shows a commit that fits into no blob") from error

    def encode(self) -> bytes:
        """Return it as it travels."""
        return cbor.encode([_VERSION, self.epoch, self.word, [list(part) for part in self.parts], list(self.events)])

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read what came from elsewhere.

        Raises:
            FormatError: It is nothing that a side shows.
        """
        fields = cbor.decode(raw) if len(raw) <= _LARGEST else None
        if not isinstance(fields, list) or len(fields) != 5 or fields[0] != _VERSION:
            raise FormatError("another side shows nothing that this version can read")
        _, epoch, word, parts, events = fields
        shapely = type(epoch) is int and 0 <= epoch <= MAX_NUMBER and isinstance(word, bytes)
        shapely = shapely and isinstance(parts, list) and 0 < len(parts) <= MAX_PARTS and all(map(_is_part, parts))
        shapely = shapely and isinstance(events, list) and len(events) <= _EVENTS
        if not shapely or not all(isinstance(event, bytes) for event in events):
            raise FormatError("another side shows nothing that this version can read")
        return cls(epoch, word, tuple((nonce, content) for nonce, content in parts), tuple(events))


def _is_part(part: object) -> bool:
    return (
        isinstance(part, list)
        and len(part) == 2
        and all(isinstance(one, bytes) for one in part)
        and len(part[0]) == XCHACHA_NONCE_LENGTH
    )


def _transfer(content: bytes) -> bytes | None:
    try:
        parsed = parse_content(content)
    except CryptoError:
        return None
    return parsed.transfer if isinstance(parsed, Part) else None
