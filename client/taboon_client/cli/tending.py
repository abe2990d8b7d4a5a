"""Keeping the board true: ``renew``, ``pause``, ``withdraw``, ``merge``, ``undo``."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import reading, terminal
from taboon_client.cli.acting import act
from taboon_client.cli.arguments import GroupRef, ItemRef, Reason, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board.item import Item

__all__ = ["register"]


class Why(StrEnum):
    """Why an item is closed."""

    DONE = "done"
    DONE_BY_OTHERS = "done-by-others"
    NOT_WANTED = "not-wanted"
    NO_ANSWER = "no-answer"
    OUT_OF_REACH = "out-of-reach"
    PASSED_ON = "passed-on"
    DUPLICATE = "duplicate"
    UNSAFE = "unsafe"
    WRONG = "wrong"
    UNDONE = "undone"


_Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Until when: 2026-03-01, +2d.")]
_Why = Annotated[Why | None, typer.Option("--why", help="Why, in a word for the totals. “undone” is as good as any.")]
_Other = Annotated[str, typer.Argument(metavar="OTHER", help="The item that goes on: its code.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "renew", examples=["taboon renew Harbour K7F2"])(_renew)
    command(app, "pause", examples=["taboon pause Harbour K7F2 --until +2d"])(_pause)
    command(
        app,
        "withdraw",
        examples=["taboon withdraw Harbour K7F2", "taboon withdraw Harbour K7F2 --why done-by-others --yes"],
    )(_withdraw)
    command(app, "merge", examples=["taboon merge Harbour K7F2 M3QX      K7F2 goes on in M3QX"])(_merge)
    command(app, "undo", examples=["taboon undo Harbour K7F2"])(_undo)


def _renew(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Say that it is still so. What is paused goes on; what was stale is fresh."""
    return act(errand, group, item, lambda place, found: place.renew(found), lambda *_: "still so")


def _pause(errand: Errand, group: GroupRef, item: ItemRef, *, until: _Until = None, reason: Reason = None) -> Answer:
    """Ask everyone to wait with an item of yours."""
    when = 0 if until is None else reading.moment(until, errand.now, "--until")
    why = errand.optional(reason, "Reason")
    return act(errand, group, item, lambda place, found: place.pause(found, when, why), lambda *_: "paused")


def _withdraw(
    errand: Errand, group: GroupRef, item: ItemRef, *, why: _Why = None, reason: Reason = None, yes: Yes = False
) -> Answer:
    """Close an item of yours for good. Those who pledged are told."""
    said = errand.optional(reason, "Reason")

    def do(place: "Group", found: "Item") -> "Item":
        errand.confirm(f"Close it for good: {terminal.member(found.title)}?", yes=yes)
        return place.withdraw(found, said, why="" if why is None else why.value)

    return act(errand, group, item, do, lambda *_: "withdrawn")


def _merge(errand: Errand, group: GroupRef, item: ItemRef, other: _Other) -> Answer:
    """Say that an item is the same as another one, which goes on. “taboon undo” takes it back."""
    return act(
        errand,
        group,
        item,
        lambda place, found: place.merge(found, place.item(other)),
        lambda *_: "goes on in the other one",
    )


def _undo(errand: Errand, group: GroupRef, item: ItemRef) -> Answer:
    """Take back what closed, merged or paused an item last."""
    return act(
        errand, group, item, lambda place, found: place.undo(found), lambda done, _: f"taken back, {done.status.value}"
    )
