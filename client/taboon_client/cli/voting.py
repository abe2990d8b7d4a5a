"""What the group decides together: ``propose``, ``votes``, ``vote``."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.people import People
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.board.votes import GroupMotion

__all__ = ["register"]

_Text = Annotated[str, typer.Argument(metavar="TEXT|-", help="What is asked; - reads it from standard input.")]
_Days = Annotated[int, typer.Option("--days", min=1, max=90, help="For how long you ask for votes.")]
_MotionRef = Annotated[str, typer.Argument(metavar="MOTION", help="Its code, as “taboon votes” lists it.")]
_Choice = Annotated[str, typer.Argument(metavar="yes|no|abstain|close", help="Your vote, or: count yours now.")]
_Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="For the others.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "propose", examples=['taboon propose Harbour "Shall Noor be an admin too?" --days 3'])(_propose)
    command(app, "votes", examples=["taboon votes Harbour"])(_votes)
    command(app, "vote", examples=["taboon vote Harbour 5e29d7cd yes", "taboon vote Harbour 5e29d7cd close"])(_vote)


def _propose(errand: Errand, group: GroupRef, text: _Text, *, days: _Days = 7) -> Answer:
    """Ask the group to decide something.

    Who is a member now can vote: nobody can bring in voters afterwards. A vote binds no device; what was decided is for
    the admins to do.
    """
    place = errand.group(group)
    until = int((datetime.now(UTC) + timedelta(days=days)).timestamp())
    name = place.propose(errand.text(text, "What is asked"), until)
    errand.send(place)
    people = People(place)
    (made,) = (one for one in place.motions() if one.name == name)

    def show() -> None:
        terminal.say(f"Proposed {name.hex()[:8]}; {len(made.electorate)} can vote.")

    return Answer({"group": shapes.group_ref(place), "motion": _data(made, people)}, show)


def _votes(errand: Errand, group: GroupRef) -> Answer:
    """List what the group is asked to decide, and the votes."""
    place = errand.group(group)
    people, found = People(place), place.motions()

    def show() -> None:
        if not found:
            terminal.hint("Nothing is proposed. “taboon propose GROUP TEXT” asks.")
        for one in found:
            terminal.rows([((Cell(one.name.hex()[:8], "cyan"), Cell(_standing(one))), people.name(one.author))])
            terminal.say(terminal.paragraph(one.text))

    return Answer({"group": shapes.group_ref(place), "motions": [_data(one, people) for one in found]}, show)


def _standing(one: "GroupMotion") -> str:
    counts = f"{one.count('yes')} yes, {one.count('no')} no, {one.count('abstain')} abstain, of {len(one.electorate)}"
    state = f"decided {one.decided}" if one.decided else "closed" if one.closed else "open"
    until = f", asked until {terminal.when(one.until)}" if one.until and not one.closed else ""
    return f"{state}: {counts}{until}"


def _data(one: "GroupMotion", people: People) -> dict[str, object]:
    return {
        "code": one.name.hex()[:8],
        "text": one.text,
        "author": people.data(one.author),
        "created": terminal.instant(one.created or None),
        "until": terminal.instant(one.until or None),
        "electorate": len(one.electorate),
        "votes": [{**people.data(who), "choice": choice} for who, choice in one.votes],
        "closed": one.closed,
        "decided": one.decided or None,
    }


def _vote(errand: Errand, group: GroupRef, motion: _MotionRef, choice: _Choice, *, why: _Why = "") -> Answer:
    """Vote on what was proposed. Everyone in the group sees how you voted.

    Voting again replaces your vote. Only who was a member when it was proposed can vote.
    """
    place = errand.group(group)
    if choice == "close":
        place.close_motion(motion)
    else:
        place.vote(motion, choice, why)
    errand.send(place)
    people = People(place)
    (made,) = (one for one in place.motions() if one.name.hex().startswith(motion.lower()))

    def show() -> None:
        terminal.rows([((Cell(made.name.hex()[:8], "cyan"), Cell(_standing(made))), people.name(made.author))])

    return Answer({"group": shapes.group_ref(place), "motion": _data(made, people)}, show)
