"""Items as values, made by saying only what a test is about."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from taboon_client.board import Consent, Household, Item, ItemLine, ItemPledge, PledgeStanding, Status

__all__ = ["AMAL", "BASIL", "NOON", "ZAHRA", "item", "line", "pledge"]

AMAL, BASIL, ZAHRA = (sha256(name).digest() for name in (b"amal", b"basil", b"zahra"))
NOON = 1_800_000_000
_TUPLES = (
    *("tags", "safe_hours", "languages", "helper_needs", "answers", "rounds", "pledges", "comments", "follow_ups"),
    *("outcomes", "opened"),
)
_NUMBERS = (
    *("needed_by", "not_before", "comment_count", "private", "paused_until", "renewed", "latest", "depth", "events"),
    *("set_aside", "ignored"),
)


def line(quantity: int = 1, unit: str = "", name: str = "", pledged: int = 0, delivered: int = 0) -> ItemLine:
    return ItemLine(
        quantity=quantity,
        unit=unit,
        name=name,
        form="",
        category="",
        people=0,
        pledged=pledged,
        going=0,
        delivered=delivered,
        confirmed=0,
    )


def pledge(author: bytes = BASIL, standing: PledgeStanding = PledgeStanding.PRIMARY, **fields: Any) -> ItemPledge:
    empty: dict[str, Any] = dict.fromkeys(("day", "note", "said"), "")
    empty |= dict.fromkeys(("created", "changed", "expected", "lease", "depth"), 0)
    empty |= dict.fromkeys(("company", "late", "chosen", "granted", "going", "handed", "arrived", "rejected"), False)
    empty |= {"promised": (), "taken": (), "hours": (), "lapsed_by": b"", "name": sha256(author).digest()}
    return ItemPledge(**(empty | {"author": author, "standing": standing} | fields))


def item(title: str = "Water", **fields: Any) -> Item:
    """Return a need of Amal's, posted at noon, unless told otherwise; its id comes from its title."""
    empty: dict[str, Any] = dict.fromkeys(Item.__struct_fields__, "")
    empty |= dict.fromkeys(("sense", "key", "sealed", "merged_into", "closing", "renewal"), b"")
    empty |= dict.fromkeys(
        (
            *("tags", "safe_hours", "languages", "helper_needs", "answers", "rounds", "pledges", "comments"),
            *("follow_ups", "outcomes", "opened"),
        ),
        (),
    )
    empty |= dict.fromkeys(("interpreter", "heavy", "answered", "merged_closed", "opening_set_aside"), False)
    empty |= dict.fromkeys(
        (
            *("needed_by", "not_before", "comment_count", "private", "paused_until", "renewed", "latest", "depth"),
            *("events", "set_aside", "ignored"),
        ),
        0,
    )
    empty |= {
        "id": sha256(title.encode()).digest(),
        "kind": "need",
        "author": AMAL,
        "title": title,
        "household": Household(),
        "consent": Consent(),
        "lines": (line(),),
        "status": Status.OPEN,
        "unmerged": Status.OPEN,
        "touched": (AMAL,),
        "created": NOON,
    }
    made = Item(**(empty | fields))
    return Item.decode(made.encode())
