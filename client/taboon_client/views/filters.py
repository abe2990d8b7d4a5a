"""Which items are shown, and in which order. A saved view is one `View` and the name somebody gave it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec
from msgspec import Meta

from taboon_client.board import Freshness
from taboon_client.board.fields import URGENCIES
from taboon_client.board.item import HOLDING, PledgeStanding
from taboon_client.errors import FormatError
from taboon_client.text.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.board import Item
    from taboon_client.views.search import Search

__all__ = ["Now", "Order", "View", "choose"]

_Time = Annotated[int, Meta(ge=0, le=1 << 40)]
_Text = Annotated[str, Meta(max_length=200)]
_Few = Annotated[tuple[Annotated[str, Meta(max_length=64)], ...], Meta(max_length=30)]


class Order(StrEnum):
    """What comes first: the oldest of the most urgent, the oldest, the newest, the latest spoken of, the first due."""

    URGENCY = "urgency"
    OLDEST = "oldest"
    NEWEST = "newest"
    LATEST = "latest"
    NEEDED = "needed"


class View(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What to show. Every field that says something must hold; of several values in one field, any.

    Attributes:
        text: As typed into a search.
        kinds: ``need``, ``offer``, ``standing``, ``loan``.
        statuses: Of :class:`~taboon_client.board.Status`; none means all that are not closed.
        closed: Without ``statuses``: those that are closed, too.
        categories: Codes of either level.
        areas: Names or codes of areas, compared as people type them.
        urgencies: Of :data:`~taboon_client.board.fields.URGENCIES`.
        languages: That whoever asks or offers speaks, or that it is written in.
        mine: Only what I have posted, or pledged for.
        pledged: Only what I have pledged for.
        unpledged: Only where something is open that nobody has pledged.
        stale: Only what is stale or fading.
        due: Only what has a follow-up that is due.
        nobody: Only what nobody but its author has answered.
        needed_by: Only what is needed by then, Unix seconds; 0 for any.
        needed_within: Only what is needed within so many seconds of whenever somebody looks; 0 for any.
        order: What comes first.
    """

    text: _Text = ""
    kinds: _Few = ()
    statuses: _Few = ()
    closed: bool = False
    categories: _Few = ()
    areas: _Few = ()
    urgencies: _Few = ()
    languages: _Few = ()
    mine: bool = False
    pledged: bool = False
    unpledged: bool = False
    stale: bool = False
    due: bool = False
    nobody: bool = False
    needed_by: _Time = 0
    needed_within: _Time = 0
    order: Order = Order.URGENCY

    def encode(self) -> bytes:
        """Return the bytes to store in the vault."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> View:
        """Read what :meth:`encode` wrote.

        Raises:
            FormatError: It is no view of this version.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise FormatError("the stored view cannot be read by this version: save it again") from None


class Now(NamedTuple):
    """What choosing depends on besides the items.

    Attributes:
        seconds: The time, Unix seconds.
        me: Identity key of whoever looks.
        freshness: By item id; what is not there is fresh.
        called: What members are called, by identity key.
    """

    seconds: int
    me: bytes
    freshness: dict[bytes, Freshness]
    called: dict[bytes, str]


def choose(items: Iterable[Item], view: View, now: Now, search: Search | None = None) -> list[Item]:
    """Return the items of a view, in its order; equal ones by id, so that every device shows the same.

    Args:
        items: All items of the board.
        view: What to show.
        now: What it depends on.
        search: Of the view's text, if it has one.
    """
    wanted_areas = frozenset(map(fold, view.areas))
    shown = [
        item
        for item in items
        if _fits(item, view, now, wanted_areas) and (search is None or search.finds(item, now.called))
    ]
    shown.sort(key=lambda item: (*_place(item, view.order), item.id))
    return shown


def _fits(item: Item, view: View, now: Now, areas: frozenset[str]) -> bool:
    fresh = now.freshness.get(item.id, Freshness.FRESH)
    return (
        (item.status in view.statuses if view.statuses else view.closed or not item.closed)
        and (not view.kinds or item.kind in view.kinds)
        and (not view.categories or bool({item.category, item.sub} & set(view.categories)))
        and (not areas or fold(item.area) in areas)
        and (not view.urgencies or item.urgency in view.urgencies)
        and (not view.languages or not {item.language, *item.languages}.isdisjoint(view.languages))
        and (not view.mine or item.author == now.me or _holds(item, now.me))
        and (not view.pledged or _holds(item, now.me))
        and (not view.unpledged or any(line.open for line in item.lines))
        and (not view.stale or fresh is not Freshness.FRESH)
        and (not view.due or any(not one.done_by and one.when <= now.seconds for one in item.follow_ups))
        and (not view.nobody or not item.answered)
        and (not view.needed_by or 0 < item.needed_by <= view.needed_by)
        and (not view.needed_within or 0 < item.needed_by <= now.seconds + view.needed_within)
    )


def _holds(item: Item, me: bytes) -> bool:
    # Also one that is said to have lapsed: its author may contest that.
    return any(one.author == me and one.standing in HOLDING | {PledgeStanding.LAPSED} for one in item.pledges)


def _place(item: Item, order: Order) -> tuple[int, ...]:
    if order is Order.OLDEST:
        return (item.created,)
    if order is Order.NEWEST:
        return (-item.created,)
    if order is Order.LATEST:
        return (-item.latest,)
    if order is Order.NEEDED:
        return (not item.needed_by, item.needed_by, item.created)
    urgency = URGENCIES.index(item.urgency) if item.urgency in URGENCIES else len(URGENCIES)
    return (urgency, item.created)
