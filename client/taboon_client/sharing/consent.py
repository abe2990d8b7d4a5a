"""Which items may be in a file or text, by who is going to read it: nobody is told of further than they agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board.fields import AUDIENCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item

__all__ = ["may_be_read_by"]


def may_be_read_by(audience: str, items: Iterable[Item]) -> list[Item]:
    """Return those of the items that this audience, one of :data:`AUDIENCES`, may read.

    What was agreed to holds. Where nothing was said, whoever asks or offers for themselves has no name in what leaves
    the group and is told to anybody; whoever is spoken for was not asked, and is told to the group alone.
    """
    wanted = AUDIENCES.index(audience)
    return [item for item in items if AUDIENCES.index(_agreed(item)) >= wanted]


def _agreed(item: Item) -> str:
    if item.consent.audience in AUDIENCES:
        return item.consent.audience
    return "group" if item.consent.audience or item.for_whom in ("neighbour", "household") else "text"
