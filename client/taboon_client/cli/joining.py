"""Bringing someone in: invites and how they end, requests and how they are answered, what the group asks before."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Nick, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.people import People
from taboon_client.cli.qr import draw, read_picture, write_picture
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.values import Joining, Knock
    from taboon_crypto.safety_code import SafetyCode

__all__ = ["Qr", "Save", "nickname", "register", "say_safety_code"]

_NICK: Final = "neighbour"

_Link = Annotated[
    str, typer.Argument(metavar="LINK|-", help="The link; - reads it from standard input, where no history keeps it.")
]
_Hours = Annotated[int, typer.Option("--hours", min=1, max=168, help="How long the invite is good for.")]
_RequestRef = Annotated[
    str, typer.Argument(metavar="REQUEST", help="The request: its code, as “taboon requests” lists it.")
]


Qr = Annotated[bool, typer.Option("--qr", help="Draw it as a QR code on the terminal too.")]
Save = Annotated[
    Path | None, typer.Option("--save", metavar="FILE", help="Write it as a QR code to a new .png or .svg file.")
]
_Picture = Annotated[
    Path | None,
    typer.Option("--picture", metavar="FILE", help="Read the link from the QR code in a picture (PNG, JPEG, WebP)."),
]
_Answers = Annotated[
    list[str] | None,
    typer.Option("--answer", metavar="TEXT", help="To what the group asks: again for each question, in its order."),
]
_Accept = Annotated[bool, typer.Option("--accept", help="Accept the group's agreement.")]
_Compared = Annotated[
    bool,
    typer.Option("--compared", help="You compared the safety code: their key counts as checked."),
]
_InviteRef = Annotated[str, typer.Argument(metavar="INVITE", help="Its code, as “taboon invites” lists it.")]
_JoiningRef = Annotated[str, typer.Argument(metavar="REQUEST", help="Its code, as “taboon groups” lists it.")]
_Set = Annotated[str | None, typer.Option("--set", metavar="TEXT|-", help="As an admin: what everyone agrees to.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "invite",
        examples=[
            "taboon invite Harbour",
            "taboon invite Harbour --hours 12 --qr              to be photographed from the screen",
            "taboon invite Harbour --save invite.png            to be printed",
        ],
    )(_invite)
    command(
        app,
        "join",
        commit=True,
        examples=[
            "taboon join - --as Basil                   then paste the link",
            "taboon join - --as Basil < link.txt",
            "taboon join - --picture code.jpg           the link from a photographed code",
        ],
    )(_join)
    command(app, "invites", examples=["taboon invites Harbour"])(_invites)
    command(app, "revoke", examples=["taboon revoke Harbour b205886f"])(_revoke)
    command(app, "take-back", examples=["taboon take-back b205886f"])(_take_back)
    command(
        app,
        "agreement",
        examples=[
            "taboon agreement Harbour",
            "taboon agreement Harbour --set - < agreement.txt      by an admin",
            "taboon agreement Harbour --accept",
        ],
    )(_agreement)
    command(app, "requests", examples=["taboon requests Harbour"])(_requests)
    command(
        app,
        "approve",
        commit=True,
        examples=[
            "taboon approve Harbour 5e29d7cd",
            "taboon approve Harbour Sami --yes --compared     after comparing the safety code",
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


def _invite(errand: Errand, group: GroupRef, *, hours: _Hours = 72, qr: Qr = False, save: Save = None) -> Answer:
    """Make an invite for one person; prints its link.

    Whoever holds the link can ask to join, so it goes to one person only, in a way that others do not read. They join
    with “taboon join -”; then you compare the safety code and approve them. Every admin's device can do that, and knows
    the invite. It ends when two people use it, and when an admin loses the role.
    """
    place = errand.group(group)
    made = place.invite(hours)
    errand.send(place)
    if save is not None:
        write_picture(made.link, save)

    def show() -> None:
        terminal.say(made.link)
        if qr:
            draw(made.link)
        terminal.hint(
            f"For one person, until {terminal.when(made.expires)}. Once they have asked: “taboon requests GROUP”."
        )

    return Answer({"group": shapes.group_ref(place), "invite": shapes.invite(made)}, show)


def _join(
    errand: Errand,
    link: _Link,
    *,
    nick: Nick = None,
    picture: _Picture = None,
    answer: _Answers = None,
    accept: _Accept = False,
) -> Answer:
    """Ask to join a group with an invite's link.

    An admin of the group sees the same safety code and approves you. Nobody has to be online at the same time. What the
    group asks whoever wants to join is shown first; its name and its size are told to members alone.
    """
    # Whatever carried the link may have broken its line.
    given = read_picture(picture) if picture is not None else "".join(errand.text(link, "Link").split())
    knock = _knock(errand, given)
    said = _answers(errand, knock, answer or [])
    agreed = knock.agreement if knock is not None and _accepted(errand, knock, accept=accept) else ""
    me = nickname(errand, nick)
    joining = errand.taboon.join(given, me=me, answers=said, agreement=agreed, wait=errand.wait)

    def show() -> None:
        show_joining(joining)
        terminal.hint("When you are approved, the next “taboon groups” or “taboon sync” brings the group in.")
        if link != "-" and picture is None and not errand.room.in_shell:
            terminal.hint(
                "The link stood in the command line, where others and the history may see it: “join -” is safer."
            )

    return Answer({"joining": shapes.joining(joining)}, show)


def _knock(errand: Errand, link: str) -> "Knock | None":
    """Return what the group asks, as far as the relay answers."""
    if errand.offline:
        return None
    from taboon_client.errors import RelayError

    try:
        return errand.taboon.knock(link, errand.wait)
    except RelayError:
        return None


def _answers(errand: Errand, knock: "Knock | None", given: list[str]) -> dict[bytes, str]:
    said: dict[bytes, str] = {}
    left = list(given)
    for version, labels, required in knock.questions if knock is not None else ():
        question = labels.get("en") or next(iter(labels.values()))
        if left:
            said[version] = left.pop(0)
        elif errand.human and (terminal.interactive() or errand.room.in_shell):
            terminal.say("The group asks:")
            terminal.say(terminal.paragraph(question))
            said[version] = errand.ask("Your answer: ")
        elif required:
            terminal.hint("The group asks something that you did not answer (--answer):")
            terminal.hint(terminal.paragraph(question))
    return said


def _accepted(errand: Errand, knock: "Knock", *, accept: bool) -> bool:
    if not knock.agreement or accept:
        return accept
    if errand.human:
        terminal.hint("What the members of this group agree on:")
        terminal.hint(terminal.paragraph(knock.agreement))
        asks = terminal.interactive() or errand.room.in_shell
        if asks and errand.ask("Do you agree? [y/N] ").casefold() in {"y", "yes"}:
            return True
    raise UsageError("nothing was sent: this group lets in only who accepts its agreement (--accept)")


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
    waiting, people, back = place.requests(), People(place), place.returns()
    invites = place.invites()

    def show() -> None:
        if not waiting and not back:
            terminal.hint("Nobody asks to join.")
        for member in back:
            state = "approved" if member.approved else "asks to come back, from an old copy"
            terminal.rows([((Cell(member.code, "cyan"), Cell(state)), people.name(member.identity))])
        if any(not member.approved for member in back):
            terminal.hint("It may be a thief: ask them over another channel, then “taboon approve GROUP REQUEST”.")
        for one in waiting:
            state = "approved" if one.approved else "asks to join"
            terminal.rows([((Cell(one.code, "cyan"), Cell(state)), one.name)])
            if one.person:
                whose = people.tag(one.person)
                terminal.rows([((Cell(""), Cell(f"as another device of {whose}")), people.name(one.person))])
            say_safety_code(one.safety)
            for question, answer in one.answers:
                terminal.say(terminal.paragraph(f"{question} {answer}"))
            if one.vouched:
                terminal.say(f"    vouched for by {', '.join(people.tag(who) for who in one.vouched)}")
        if any(not one.approved for one in waiting):
            terminal.hint("Compare the safety code by voice, then “taboon approve GROUP REQUEST”.")
        for invite in invites:
            if invite.state.value == "open":
                terminal.hint(f"Invite {invite.code} is open until {terminal.when(invite.expires)}.")

    data = {
        "group": shapes.group_ref(place),
        "requests": [shapes.join_request(one) for one in waiting],
        "returns": [{"code": one.code, **people.data(one.identity), "approved": one.approved} for one in back],
        "invites": [shapes.invite(one) for one in invites],
    }
    return Answer(data, show)


def _approve(
    errand: Errand, group: GroupRef, request: _RequestRef, *, yes: Yes = False, compared: _Compared = False
) -> Answer:
    """Let someone in who asks to join. Compare the safety code with them by voice first."""
    place = errand.group(group)
    found = [one for one in place.requests() if one.name == request or one.code.startswith(request.lower())]
    # None or several: the library says so.
    ref = found[0].code if len(found) == 1 else request
    if len(found) == 1 and errand.human and not yes and terminal.interactive():
        terminal.rows([((Cell(ref, "cyan"), Cell("asks to join")), found[0].name)])
        say_safety_code(found[0].safety)
        errand.confirm("Did you compare this code with them, and was it the same?", yes=yes)
        compared = True
    done = place.approve(ref, wait=errand.wait, compared=compared)
    # Without one, it was a member who comes back.
    data = {"request": shapes.join_request(found[0]) if found else None}
    return outcome(errand, place, done, data, said=f"approved {ref}", text=found[0].name if found else "")


def _invites(errand: Errand, group: GroupRef) -> Answer:
    """List the invites that are open.

    Those that you made and, for admins, those of the whole group.
    """
    place = errand.group(group)
    found, people = place.invites(), People(place)

    def show() -> None:
        if not found:
            terminal.hint("No invite is open. “taboon invite GROUP” makes one.")
        for one in found:
            until = f"until {terminal.when(one.expires)}"
            terminal.rows([((Cell(one.code, "cyan"), Cell(one.state.value), Cell(until)), people.name(one.maker))])

    data = [{**shapes.invite(one), "maker": people.data(one.maker)} for one in found]
    return Answer({"group": shapes.group_ref(place), "invites": data}, show)


def _revoke(errand: Errand, group: GroupRef, invite: _InviteRef) -> Answer:
    """End an invite. Nobody is let in with it any more.

    Whoever asked with it is told.
    """
    place = errand.group(group)
    place.revoke(invite)
    errand.send(place)

    def show() -> None:
        terminal.say(f"Ended the invite {invite}.")

    return Answer({"group": shapes.group_ref(place), "revoked": invite}, show)


def _take_back(errand: Errand, request: _JoiningRef) -> Answer:
    """Take back your request to join a group.

    Its keys are deleted here, so no answer can be used.
    """
    told = errand.taboon.take_back(request, errand.wait)

    def show() -> None:
        terminal.say("Taken back, and the group is told." if told else "Taken back here; the group could not be told.")

    return Answer({"taken_back": True, "told": told}, show)


def _agreement(errand: Errand, group: GroupRef, *, text: _Set = None, accept: _Accept = False) -> Answer:
    """Read what the group agreed on, set it, or accept it.

    Whoever joins reads it first and has to accept it.
    """
    place = errand.group(group)
    if text is not None:
        place.set_agreement(errand.text(text, "Agreement"))
    if accept:
        place.accept_agreement()
    if text is not None or accept:
        errand.send(place)
    people, agreed, accepted = People(place), place.agreement(), place.accepted()
    members = [one.identity for one in place.members()]

    def show() -> None:
        if not agreed:
            terminal.hint("This group has no agreement. An admin makes one: --set.")
            return
        terminal.say(terminal.paragraph(agreed))
        terminal.say(f"Accepted by {sum(one in accepted for one in members)} of {len(members)} members.")

    data = {"agreement": agreed or None, "accepted": [people.data(one) for one in members if one in accepted]}
    return Answer({"group": shapes.group_ref(place), **data}, show)
