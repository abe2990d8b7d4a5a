"""Items of the vault that were merged into each other: which of them stays (:mod:`taboon_client.board.merges`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.board import Item, Status
from taboon_client.board.merges import circle_of, staying
from taboon_client.errors import FormatError
from taboon_client.vault import board

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taboon_client.vault import Connection

__all__ = ["circle", "otherwise", "partners"]


def circle(tx: Connection, item: bytes) -> tuple[bytes, ...]:
    """Return the ids of the items that go on in each other in a circle with this one, itself among them."""
    return circle_of(item, board.merge_of(tx, item), lambda other: board.merge_of(tx, other))


def partners(tx: Connection, grp: int, *, open_only: bool = False) -> set[bytes]:
    """Return the ids of the items without which nobody could see that another one stays; that one's not.

    Args:
        tx: A transaction.
        grp: The group.
        open_only: Of those that stay and are open.
    """
    staying_ones = board.staying_items(tx, grp, open_only=open_only)
    return {other for item in staying_ones for other in circle(tx, item)}.difference(staying_ones)


def otherwise(tx: Connection, changed: Iterable[bytes]) -> Iterator[Item]:
    """Go through the items whose rows say otherwise than they should of whether they stay.

    Args:
        tx: A transaction.
        changed: Ids of items whose merges may be other than they were, and of those they go on or went on in.
    """
    seen: set[bytes] = set()
    for start in changed:
        for place in circle(tx, start) or (start,):
            if place in seen:
                continue
            seen.add(place)
            item = _folded(tx, place)
            if item is None or not item.merged_into:
                continue
            status = item.unmerged if _stays(tx, place) else Status.MERGED
            if item.status is not status:
                yield msgspec.structs.replace(item, status=status)


def _stays(tx: Connection, item: bytes) -> bool:
    held = [one for place in circle(tx, item) if (one := _folded(tx, place)) is not None]
    return bool(held) and staying(held) == item


def _folded(tx: Connection, item: bytes) -> Item | None:
    folded = board.folded_item(tx, item)
    try:
        return None if folded is None else Item.decode(folded)
    except FormatError:
        # Of another version: it is folded anew, and settled then.
        return None
