"""How a command answers that made a commit, or will make one when the relay is back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from taboon_client.cli import shapes, terminal
from taboon_client.cli.errand import Answer, Errand

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.values import Outcome

__all__ = ["outcome"]


def outcome(
    errand: Errand, place: "Group", done: "Outcome", data: Mapping[str, object], *, said: str, text: str = ""
) -> Answer:
    """Answer for a wish for a commit.

    Args:
        errand: The command at work.
        place: The group.
        done: What became of it.
        data: What the command adds for machines.
        said: What was done, in words of ours.
        text: A name that a member chose, if the sentence ends with one.
    """
    errand.note_report(done.report)
    waits = {"lacking": done.lacking} if done.lacking else {}

    def show() -> None:
        named = f": {terminal.member(text)}" if text else "."
        if done.done:
            terminal.say(f"{said[:1].upper()}{said[1:]}{named}")
        elif done.lacking:
            more = "one more has" if done.lacking == 1 else f"{done.lacking} more have"
            terminal.say(f"Proposed; {more} to agree (“taboon agree”): {said}{named}")
        else:
            terminal.say(f"Saved, to be done with the next sync that reaches the relay: {said}{named}")

    return Answer({"group": shapes.group_ref(place), "done": done.done, **waits, **data}, show)
