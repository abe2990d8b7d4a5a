"""Who goes and why, as messages that an interface says in its own language (:mod:`.sentences`).

A message is an id and what it speaks of; a name is an identity key, which the interface turns into what the member is
called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client.board.item import HANDED, HOLDING, PledgeStanding

if TYPE_CHECKING:
    from taboon_client.board.item import Item, ItemPledge

__all__ = ["Message", "about_item", "about_pledge"]

_GOES = frozenset({PledgeStanding.PRIMARY, PledgeStanding.ON_THE_WAY})


class Message(NamedTuple):
    """One sentence: its id in :data:`.sentences.SENTENCES`, and whom it speaks of.

    Attributes:
        id: As in ``goes.first``.
        who: Identity key of whom it is about.
        other: Identity key of whom it compares with, or empty.
        number: In the sentence, or 0.
    """

    id: str
    who: bytes = b""
    other: bytes = b""
    number: int = 0


def about_pledge(item: Item, pledge: ItemPledge) -> Message:
    """Return how a pledge stands, and why."""
    standing = pledge.standing
    if standing is PledgeStanding.LAPSED:
        return Message("pledge.lapsed", pledge.author, pledge.lapsed_by)
    if standing not in HOLDING:
        return Message(f"pledge.{standing.value}", pledge.author)
    ranked = [one for one in item.pledges if one.standing in HOLDING | HANDED and one.day == pledge.day]
    if standing in _GOES:
        return _why_first(pledge, [one for one in ranked if one.author != pledge.author])
    return _why_behind(pledge, [one for one in ranked if one.taken and one.author != pledge.author])


def _why_first(pledge: ItemPledge, others: list[ItemPledge]) -> Message:
    rival = next((one for one in others if one.standing is PledgeStanding.STANDBY), None)
    other = b"" if rival is None else rival.author
    if pledge.rejected:
        return Message("goes.rejected", pledge.author)
    if pledge.chosen:
        return Message("goes.chosen", pledge.author, other)
    if pledge.standing is PledgeStanding.ON_THE_WAY:
        return Message("goes.on-the-way", pledge.author, other)
    if pledge.granted:
        return Message("goes.granted", pledge.author, other)
    if rival is None:
        beside = next((one for one in others if one.taken and one.standing in _GOES), None)
        beside = beside or next((one for one in others if one.taken), None)
        if beside is None:
            return Message("goes.alone", pledge.author)
        return Message("goes.beside" if beside.standing in _GOES else "goes.rest", pledge.author, beside.author)
    return Message("goes.drawn" if rival.depth == pledge.depth else "goes.first", pledge.author, other)


def _why_behind(pledge: ItemPledge, before: list[ItemPledge]) -> Message:
    if pledge.late:
        return Message("standby.late", pledge.author)
    if pledge.rejected:
        return Message("standby.rejected", pledge.author)
    if not before:
        return Message("standby.nothing-left", pledge.author)
    first = before[0]
    why = "first"
    if first.standing in HANDED:
        why = "handed-over"
    elif first.chosen:
        why = "set-out" if pledge.going else "chosen"
    elif first.standing is PledgeStanding.ON_THE_WAY:
        why = "on-the-way"
    elif first.granted:
        why = "granted"
    elif first.depth == pledge.depth:
        why = "drawn"
    return Message(f"standby.{why}", pledge.author, first.author)


def about_item(item: Item) -> tuple[Message, ...]:
    """Return what an item says of itself in a line or two: who goes, who stands by, how much is open."""
    going = [one for one in item.pledges if one.standing in _GOES]
    told = [about_pledge(item, one) for one in going]
    told += [about_pledge(item, one) for one in item.pledges if one.standing is PledgeStanding.STANDBY]
    told += [about_pledge(item, one) for one in item.pledges if one.standing is PledgeStanding.LAPSED]
    if item.closed:
        return (Message(f"item.{item.status.value}"),)
    if not going:
        told.insert(0, Message(f"item.{item.status.value}"))
    elif any(line.open for line in item.lines) and item.kind != "standing":
        told.append(Message("item.still-open", number=sum(line.open for line in item.lines)))
    return tuple(told)
