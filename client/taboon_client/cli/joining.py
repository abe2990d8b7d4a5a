"""Bringing someone in: ``invite``, ``join``, ``requests``, ``approve``."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Nick, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.values import Joining
    from taboon_crypto.safety_code import SafetyCode

__all__ = ["nickname", "register", "say_safety_code"]

_NICK: Final = "neighbour"

_Link = Annotated[
    str, typer.Argument(metavar="LINK|-", help="The link; - reads it from standard input, where no history keeps it.")
]
_Hours = Annotated[int, typer.Option("--hours", min=1, max=168, help="How long the invite is good for.")]
_RequestRef = Annotated[
    str, typer.Argument(metavar="REQUEST", help="The request: its code, as “taboon requests” lists it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "invite",
        examples=[
            "taboon invite Harbour",
            "taboon invite Harbour --hours 12 | qrencode -t ansiutf8    as a code to photograph",
        ],
    )(_invite)
    command(
        app,
        "join",
        commit=True,
        examples=[
            "taboon join - --as Basil                   then paste the link",
            "taboon join - --as Basil < link.txt",
        ],
    )(_join)
    command(app, "requests", examples=["taboon requests Harbour"])(_requests)
    command(
        app,
        "approve",
        commit=True,
        examples=[
            "taboon approve Harbour 5e29d7cd",
            "taboon approve Harbour Sami --yes     after comparing the safety code",
        ],
    )(_approve)


def nickname(errand: Errand, given: str | None) -> str:
    """Return how someone wants to be called: as given, asked for, or a name that says nothing."""
    if given is not None:
        return errand.text(given, "Name")
    if errand.human and (terminal.interactive() or errand.room.in_shell):
        return errand.ask(f"How do you want to be called there? Not your real name. [{_NICK}] ") or _NICK
    return _NICK


def say_safety_code(code: "SafetyCode") -> None:
    """Write a safety code in its three forms."""
    terminal.say(f"    {' '.join(code.words_en)}")
    terminal.say(f"    {' '.join(code.words_ar)}")
    terminal.say(f"    {' '.join(code.digits[at : at + 4] for at in range(0, len(code.digits), 4))}")


def _invite(errand: Errand, group: GroupRef, *, hours: _Hours = 72) -> Answer:
    """Make an invite for one person; prints its link.

    Whoever holds the link can ask to join, so it goes to one person only, in a way that others do not read. They join
    with “taboon join -”; then you compare the safety code and approve them.
    """
    place = errand.group(group)
    made = place.invite(hours)
    errand.send(place)

    def show() -> None:
        terminal.say(made.link)
        terminal.hint(
            f"For one person, until {terminal.when(made.expires)}. Once they have asked: “taboon requests GROUP”."
        )

    return Answer({"group": shapes.group_ref(place), "invite": shapes.invite(made)}, show)


def _join(errand: Errand, link: _Link, *, nick: Nick = None) -> Answer:
    """Ask to join a group with an invite's link.

    An admin of the group sees the same safety code and approves you. Nobody has to be online at the same time.
    """
    # Whatever carried the link may have broken its line.
    given = "".join(errand.text(link, "Link").split())
    joining = errand.taboon.join(given, me=nickname(errand, nick), wait=errand.wait)

    def show() -> None:
        show_joining(joining)
        terminal.hint("When you are approved, the next “taboon groups” or “taboon sync” brings the group in.")
        if link != "-" and not errand.room.in_shell:
            terminal.hint(
                "The link stood in the command line, where others and the history may see it: “join -” is safer."
            )

    return Answer({"joining": shapes.joining(joining)}, show)


def show_joining(joining: "Joining") -> None:
    """Write how far our request to join has come, with what to compare."""
    terminal.say(f"{joining.code}  asked to join, as {terminal.member(joining.name)}. The safety code:")
    say_safety_code(joining.safety)
    terminal.hint("Compare it by voice with whoever invited you: one form is enough. If it differs, do not go on.")
    if joining.problem:
        terminal.hint(terminal.sentence(joining.problem))


def _requests(errand: Errand, group: GroupRef) -> Answer:
    """List who asks to join, with safety codes.

    It also tells which invites are open.
    """
    place = errand.group(group)
    waiting = place.requests()
    invites = place.invites()

    def show() -> None:
        if not waiting:
            terminal.hint("Nobody asks to join.")
        for one in waiting:
            state = "approved" if one.approved else "asks to join"
            terminal.rows([((Cell(one.code, "cyan"), Cell(state)), one.name)])
            say_safety_code(one.safety)
        if any(not one.approved for one in waiting):
            terminal.hint("Compare the safety code by voice, then “taboon approve GROUP REQUEST”.")
        for invite in invites:
            if invite.state.value == "open":
                terminal.hint(f"Invite {invite.code} is open until {terminal.when(invite.expires)}.")

    data = {
        "group": shapes.group_ref(place),
        "requests": [shapes.join_request(one) for one in waiting],
        "invites": [shapes.invite(one) for one in invites],
    }
    return Answer(data, show)


def _approve(errand: Errand, group: GroupRef, request: _RequestRef, *, yes: Yes = False) -> Answer:
    """Let someone in who asks to join. Compare the safety code with them by voice first."""
    place = errand.group(group)
    found = [one for one in place.requests() if one.name == request or one.code.startswith(request.lower())]
    # None or several: the library says so.
    ref = found[0].code if len(found) == 1 else request
    if len(found) == 1 and errand.human and not yes and terminal.interactive():
        terminal.rows([((Cell(ref, "cyan"), Cell("asks to join")), found[0].name)])
        say_safety_code(found[0].safety)
        errand.confirm("Did you compare this code with them, and was it the same?", yes=yes)
    done = place.approve(ref, wait=errand.wait)
    data = {"request": shapes.join_request(found[0])}
    return outcome(errand, place, done, data, said=f"approved {ref}", text=found[0].name)
