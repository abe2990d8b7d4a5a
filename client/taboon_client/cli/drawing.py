"""Items as people read them: a line on the board, a page of their own. Rules in terminal.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taboon_client.cli import terminal
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.board import Item, ItemPledge
    from taboon_client.cli.people import People

__all__ = ["board", "item", "my_part"]

_URGENT: Final = {"now": "bold red", "soon": "yellow", "week": "", "whenever": "dim"}
_STATUS: Final = {
    "open": "bold",
    "partly": "yellow",
    "covered": "green",
    "delivered": "green",
    "done": "dim",
    "withdrawn": "dim",
}
_STANDINGS: Final = {
    "primary": "goes",
    "on-the-way": "on the way",
    "standby": "stands by",
    "released": "gave it back",
    "lapsed": "lapsed",
    "returned": "brought it back",
    "handed-over": "handed over",
    "confirmed": "arrived",
}
_MY_STANDINGS: Final = {
    "primary": "you go",
    "on-the-way": "you are on the way",
    "standby": "you stand by, someone pledged before you",
    "released": "you gave it back",
    "lapsed": "someone says that your pledge has lapsed",
    "returned": "you brought it back",
    "handed-over": "you handed it over",
    "confirmed": "it arrived",
}


def board(items: Sequence[Item], people: People, now: int) -> None:
    """Write a line for each item."""
    terminal.rows([(_cells(one, people, now), one.title) for one in items])


def _cells(one: Item, people: People, now: int) -> tuple[Cell, ...]:
    return (
        Cell(f"#{people.code(one)}", "cyan"),
        Cell(one.kind),
        Cell(one.urgency or "-", _URGENT.get(one.urgency, "")),
        Cell(one.status.value, _STATUS.get(one.status.value, "")),
        Cell(_share(one)),
        Cell(terminal.ago(one.created, now)),
        Cell(_mine(one, people), "magenta"),
    )


def _share(one: Item) -> str:
    """How much of it is pledged, where there is more than one thing to count."""
    pledged = sum(line.pledged for line in one.lines)
    quantity = sum(line.quantity for line in one.lines)
    return f"{pledged}/{quantity}" if quantity > 1 else ""


def _mine(one: Item, people: People) -> str:
    if people.is_me(one.author):
        return "yours"
    standings = {pledge.standing.value for pledge in one.pledges if people.is_me(pledge.author)}
    return "you go" if standings & {"primary", "on-the-way"} else "you stand by" if "standby" in standings else ""


def my_part(pledge: ItemPledge, one: Item) -> str:
    """Say how one's own pledge stands."""
    taken = sum(quantity for _, quantity in pledge.taken)
    whole = sum(line.quantity for line in one.lines)
    part = f", with {taken} of {whole}" if taken and whole > 1 else ""
    return f"{_MY_STANDINGS[pledge.standing.value]}{part}"


def item(one: Item, people: People, now: int) -> None:
    """Write all there is about one item."""
    urgency = f", {one.urgency}" if one.urgency else ""
    terminal.say(f"#{people.code(one)}  {one.kind}{urgency}, {one.status.value}: {terminal.member(one.title)}")
    for line in one.lines:
        if line.quantity > 1 or line.unit or line.name:
            what = " ".join(filter(None, (terminal.member(line.unit), terminal.member(line.name))))
            done = f"{line.pledged} pledged, {line.delivered} handed over, {line.confirmed} arrived"
            terminal.say(f"  {line.quantity} ({done}){': ' if what else ''}{what}")
    _field("category", one.category)
    _field("area", one.area)
    terminal.say(
        f"  posted {terminal.when(one.created)} ({terminal.ago(one.created, now)} ago) by {_who(one.author, people)}"
    )
    _field("why withdrawn", one.reason)
    if one.opening_set_aside:
        terminal.say("  set aside: whoever posted it was no member then, and others have answered")
    _text("note", one.note)
    _text("original", one.original)
    for pledge in one.pledges:
        _pledge(pledge, people, now)
    if one.comment_count > len(one.comments):
        terminal.say(f"  {one.comment_count - len(one.comments)} older comments are not shown")
    for comment in one.comments:
        said = f"comment, {terminal.ago(comment.created, now)} ago" if comment.created else "comment"
        terminal.say(f"  {said}, by {_who(comment.author, people)}")
        terminal.say(terminal.paragraph(comment.text, "      "))


def _pledge(pledge: ItemPledge, people: People, now: int) -> None:
    taken, promised = (sum(quantity for _, quantity in pairs) for pairs in (pledge.taken, pledge.promised))
    of = f" of {taken} (wanted {promised})" if 0 < taken < promised else f" of {promised}" if promised > 1 else ""
    age = f", {terminal.ago(pledge.changed, now)} ago" if pledge.changed else ""
    terminal.say(f"  pledge{of}, {_STANDINGS[pledge.standing.value]}{age}: {_who(pledge.author, people)}")
    for text in (pledge.note, pledge.said):
        if text:
            terminal.say(terminal.paragraph(text, "      "))


def _who(identity: bytes, people: People) -> str:
    you = " (you)" if people.is_me(identity) else ""
    return f"{people.tag(identity)}{you} {terminal.member(people.name(identity))}".rstrip()


def _field(name: str, text: str) -> None:
    if text:
        terminal.say(f"  {name}: {terminal.member(text)}")


def _text(name: str, text: str) -> None:
    if text:
        terminal.say(f"  {name}:")
        terminal.say(terminal.paragraph(text, "      "))
