"""What is new for the one whose vault this is: kept from the fold's changes until it was shown, and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client import cbor
from taboon_client.board import Item
from taboon_client.board.explain import Message
from taboon_client.board.news import PRIVATE, concerns, news_of
from taboon_client.errors import FormatError
from taboon_client.vault import board, own_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.vault import Connection

__all__ = ["forget_item", "forget_shown", "keep_news", "kept_news", "note_told", "notes_told"]

_NEWS: Final = "news"
_NOTES: Final = "notes-told"
_MOST: Final = 100


def keep_news(tx: Connection, grp: int, me: bytes, item: Item, now: int) -> None:
    """Keep what is new about an item for us; the vault still has it as it was."""
    if not concerns(item, me):
        return
    folded = board.folded_item(tx, item.id)
    try:
        before = None if folded is None else Item.decode(folded)
    except FormatError:
        # Folded by another version: what differs is no news.
        return
    told = () if before is None else tuple(news_of(before, item, me))
    if not told:
        return
    for message in told:
        # One of a kind for each item: what was true before it is not any more.
        value = cbor.encode([now, message.who, message.other])
        own_settings.set_setting(tx, grp, _NEWS, f"{item.id.hex()}:{message.id}", value)
    kept = sorted(own_settings.settings(tx, grp, _NEWS).items(), key=lambda entry: _time(entry[1]))
    for name, _ in kept[:-_MOST]:
        own_settings.drop_setting(tx, grp, _NEWS, name)


def kept_news(tx: Connection, grp: int) -> list[tuple[str, bytes, Message]]:
    """Return (name, id of the item, message) of all that is new and was not shown yet, the oldest first."""
    kept = sorted(own_settings.settings(tx, grp, _NEWS).items(), key=lambda entry: _time(entry[1]))
    told = []
    for name, value in kept:
        item, _, sentence = name.partition(":")
        _, who, other = cbor.decode(value)
        told.append((name, bytes.fromhex(item), Message(sentence, who, other)))
    return told


def _time(value: bytes) -> int:
    return int(cbor.decode(value)[0])


def forget_shown(tx: Connection, grp: int, names: Iterable[str]) -> None:
    """Forget what was shown."""
    for name in names:
        own_settings.drop_setting(tx, grp, _NEWS, name)


def forget_item(tx: Connection, grp: int, item: bytes) -> None:
    """Forget all that is new about an item that is deleted."""
    own_settings.drop_beginning(tx, grp, _NEWS, f"{item.hex()}:")
    own_settings.drop_setting(tx, grp, _NOTES, item.hex())


def notes_told(tx: Connection, grp: int, item: bytes) -> int:
    """Return of how many private notes about an item we were told."""
    known = own_settings.settings(tx, grp, _NOTES).get(item.hex())
    return 0 if known is None else int(cbor.decode(known))


def note_told(tx: Connection, grp: int, item: bytes, count: int) -> None:
    """Note of how many private notes about an item we were told."""
    own_settings.set_setting(tx, grp, _NOTES, item.hex(), cbor.encode(count))


def is_private(message: Message) -> bool:
    """Tell whether it has to be looked at whether a message is for us at all."""
    return message.id == PRIVATE
