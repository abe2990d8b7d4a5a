"""What a change of an item means for one member: the sentences that this member should read once.

A function of how the item was and how it is. Nothing is told of what does not concern them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from taboon_client.board.explain import Message
from taboon_client.board.item import HANDED, HOLDING, PledgeStanding, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_client.board.item import Item, ItemPledge

__all__ = ["PRIVATE", "News", "concerns", "news_of", "still_so"]

PRIVATE: Final = "news.private"
"""There is one more private note: whether it is for this member shows only when it is opened."""

_GOES: Final = frozenset({PledgeStanding.PRIMARY, PledgeStanding.ON_THE_WAY})


class News(NamedTuple):
    """Something new on the board that concerns a member.

    Attributes:
        name: Of it, to say that it was shown.
        item: As it is now.
        message: What it is, for :func:`.sentences.say`.
        notes: Of private notes: how many about this item are for the member.
    """

    name: str
    item: Item
    message: Message
    notes: int = 0

    def __repr__(self) -> str:
        return "<News>"


def concerns(item: Item, me: bytes) -> bool:
    """Tell whether what happens to an item can be news to a member."""
    return me in item.touched


def news_of(before: Item, now: Item, me: bytes) -> Iterator[Message]:
    """Go through what a member should read of how an item has changed.

    Args:
        before: How it was when they saw it last.
        now: How it is.
        me: Identity key of the member.
    """
    if now.status is not before.status and now.closed and now.status is not Status.DONE:
        yield Message("news.merged" if now.status is Status.MERGED else "news.closed")
    known = {pledge.name: pledge for pledge in before.pledges}
    for pledge in now.pledges:
        was = known.get(pledge.name)
        if pledge.author == me and was is not None:
            yield from _of_mine(now, was, pledge)
        elif pledge.author != me and now.author == me:
            yield from _of_helper(was, pledge)
    told = {outcome.name for outcome in before.outcomes}
    for outcome in now.outcomes:
        if outcome.name not in told and outcome.author != me:
            yield Message("news.outcome", outcome.author)
    if now.private > before.private:
        yield Message(PRIVATE)


def still_so(message: Message, item: Item, me: bytes) -> bool:
    """Tell whether what was new about an item then is so now: what has changed since is not worth reading."""
    mine = [pledge for pledge in item.pledges if pledge.author == me]
    theirs = [pledge for pledge in item.pledges if pledge.author == message.who]
    match message.id.removeprefix("news."):
        case "goes":
            return any(pledge.standing in _GOES and not pledge.granted for pledge in theirs)
        case "pledged" | "handed-over" as what:
            wanted = PledgeStanding.STANDBY if what == "pledged" else PledgeStanding.HANDED_OVER
            return any(pledge.standing is wanted for pledge in theirs)
        case "gave-back":
            return not any(pledge.standing in HOLDING | HANDED for pledge in theirs)
        case "you-go":
            return any(pledge.standing in _GOES for pledge in mine)
        case "stand-by" | "not-needed":
            return any(pledge.standing is PledgeStanding.STANDBY for pledge in mine)
        case "lapsed":
            return any(pledge.standing is PledgeStanding.LAPSED for pledge in mine)
        case "rejected":
            return any(pledge.rejected for pledge in mine)
        case "merged" | "closed":
            return item.closed
    return True


def _of_mine(now: Item, was: ItemPledge, pledge: ItemPledge) -> Iterator[Message]:
    if pledge.granted and not was.granted:
        yield Message("news.granted")
    if pledge.standing is was.standing:
        return
    if pledge.standing is PledgeStanding.CONFIRMED:
        yield Message("news.arrived")
    elif now.closed:
        return
    elif pledge.standing is PledgeStanding.LAPSED:
        yield Message("news.lapsed", pledge.lapsed_by)
    elif pledge.rejected and not was.rejected:
        yield Message("news.rejected")
    elif pledge.standing in _GOES and was.standing is PledgeStanding.STANDBY:
        yield Message("news.you-go")
    elif pledge.standing is PledgeStanding.STANDBY and was.standing in _GOES:
        goes = (one.author for one in now.pledges if one.taken and one.author != pledge.author)
        other = next(goes, b"")
        yield Message("news.stand-by" if other else "news.not-needed", other)


def _of_helper(was: ItemPledge | None, pledge: ItemPledge) -> Iterator[Message]:
    standing = pledge.standing
    if was is None and standing in HOLDING:
        yield Message("news.goes" if standing in _GOES else "news.pledged", pledge.author)
    elif was is None and standing is PledgeStanding.HANDED_OVER:
        yield Message("news.handed-over", pledge.author)
    elif was is not None and standing is not was.standing:
        if standing in _GOES and was.standing is PledgeStanding.STANDBY:
            yield Message("news.goes", pledge.author)
        elif standing is PledgeStanding.HANDED_OVER:
            yield Message("news.handed-over", pledge.author)
        elif standing in {PledgeStanding.RELEASED, PledgeStanding.LAPSED} and was.standing not in HANDED:
            yield Message("news.gave-back", pledge.author)
