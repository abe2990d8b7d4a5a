"""What this device was shown, for others to compare, and what proves that the relay showed two histories."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand

if TYPE_CHECKING:
    from taboon_client.values import Compared, Proof

__all__ = ["register"]

_Compare = Annotated[
    str | None,
    typer.Option("--compare", metavar="TEXT", help="What another member's device shows; - takes it from the input."),
]


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    command(
        app,
        "evidence",
        examples=[
            "taboon evidence Harbour                 a text for another member, over any way but the relay",
            "taboon evidence Harbour --compare -     what their device shows",
        ],
    )(_evidence)


def _evidence(errand: Errand, group: GroupRef, *, compare: _Compare = None) -> Answer:
    """See whether the relay shows others another history.

    Such a relay looks to each side as if the others had fallen silent. Give the text to another member on paper, on a
    memory card or through another messenger, and take theirs. What the relay has signed for both and cannot both be
    true is kept: it proves what the relay did, and nobody but the relay can have made it.
    """
    place = errand.group(group)
    if compare is None:
        text, found = place.seen(), place.proofs()

        def show() -> None:
            _say_proofs(found)
            terminal.say(text)
            terminal.hint("Give this to another member by another way. “--compare -” takes theirs.")

        return Answer({"group": shapes.group_ref(place), "text": text, "proofs": [_data(one) for one in found]}, show)
    done = place.compare(errand.text(compare, "Their text"))

    def tell() -> None:
        terminal.say(_outcome(done))
        _say_proofs(done.proofs)
        if done.answer is not None:
            terminal.say(done.answer)

    data = {
        "epoch": done.epoch,
        "other_epoch": done.other_epoch,
        "comparable": done.comparable,
        "parted": done.parted,
        "stands": done.stands,
        "answer": done.answer,
        "proofs": [_data(one) for one in done.proofs],
    }
    return Answer({"group": shapes.group_ref(place), **data}, tell)


def _outcome(done: "Compared") -> str:
    if done.parted is not None:
        return f"TWO HISTORIES: from epoch {done.parted} on the two devices are in different ones. {_what_now(done)}"
    if not done.comparable:
        return "One of the two devices is too far behind to tell. Sync both, and compare again."
    if done.epoch == done.other_epoch:
        return f"One history: both devices are in the same epoch {done.epoch}."
    ahead = "the other device" if done.other_epoch > done.epoch else "this device"
    return (
        f"One history up to epoch {min(done.epoch, done.other_epoch)}; {ahead} is ahead. If it stays so after both "
        "have synced, the relay is holding something back."
    )


def _what_now(done: "Compared") -> str:
    """Say which of two histories stands, and what this device does about it."""
    if done.stands == "there":
        return (
            "Theirs stands by the group's rules, which decide alike on every device. With the next syncs this device "
            "tells the others of its part, and then goes over by itself, with new keys; what was posted since is "
            "posted again. You need not do anything."
        )
    if done.stands == "here":
        return (
            "This one stands by the group's rules, which decide alike on every device. Give them the text below: then "
            "their devices come over by themselves."
        )
    if done.answer is not None:
        return (
            "Which one stands is decided by the group's rules, once their device knows more. Give them the text below, "
            "and take theirs again if their device shows you one."
        )
    return (
        "This device keeps too little of the epoch where they parted to decide. Post nothing that must not be read; "
        "somebody of the larger part makes the others a new invite."
    )


def _say_proofs(found: "tuple[Proof, ...]") -> None:
    for one in found:
        terminal.say(
            f"Proven: the relay with the id {one.relay_id.hex()[:16]} has signed two different contents of the "
            f"mailbox of epoch {one.epoch}. No member can have made that. It lied to one of you, or it lost its disk "
            "or went back to an old copy. What it showed to whom, and why, is not proven."
        )


def _data(one: "Proof") -> dict[str, object]:
    return {
        "relay_id": one.relay_id.hex(),
        "epoch": one.epoch,
        "numbers": list(one.numbers),
        "signed": [raw.hex() for raw in one.signed],
        "at": terminal.instant(one.at),
    }
