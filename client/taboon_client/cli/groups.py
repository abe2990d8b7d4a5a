"""Groups and who is in them: ``group create``, ``groups``, ``members``, ``remove``, ``rotate``."""

from typing import Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Nick, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.joining import nickname
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.relay_pass import PassFile, relay_pass
from taboon_client.cli.terminal import Cell

__all__ = ["register"]

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What the group is called; - reads it from standard input.")]
_Relay = Annotated[
    str, typer.Option("--relay", metavar="URL", help="The relay's address with its id, as “taboon relay” prints it.")
]
_PostQuantum = Annotated[
    bool,
    typer.Option(
        "--post-quantum",
        help="Also hold against whoever records today and has a quantum computer later. Costs larger commits and "
        "Welcomes. For good: a group keeps its suite.",
    ),
]
_MemberRef = Annotated[str, typer.Argument(metavar="MEMBER", help="The member: name, tag, or the beginning of one.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="Make a group: taboon group create.", rich_markup_mode=None, no_args_is_help=True)
    app.add_typer(group, name="group")
    command(
        group,
        "create",
        commit=True,
        examples=[
            'taboon group create Harbour --relay "https://relay.example:8425/#…" --as Amal',
            "taboon group create - --relay http://127.0.0.1:8425 --as Amal    reads the name from standard input",
            'taboon group create Harbour --relay "https://relay.example:8425/#…" --post-quantum',
        ],
    )(_create)
    command(app, "groups", examples=["taboon groups", "taboon groups --json"])(_groups)
    command(app, "members", examples=["taboon members Harbour"])(_members)
    command(
        app,
        "remove",
        commit=True,
        examples=["taboon remove Harbour Basil", "taboon remove Harbour 7QF2 --yes    by the tag, without a question"],
    )(_remove)
    command(app, "rotate", commit=True, examples=["taboon rotate Harbour"])(_rotate)


def _create(
    errand: Errand,
    name: _Name,
    *,
    relay: _Relay,
    nick: Nick = None,
    post_quantum: _PostQuantum = False,
    pass_file: PassFile = None,
) -> Answer:
    """Make a group on a relay, with you as its admin.

    With --post-quantum, recorded traffic stays closed to later quantum computers; messages cost the same. But whoever
    joins loads about 4 KB for each member (otherwise under 1 KB), and each change of members or keys is 10 to 20 times
    larger. By these sizes the relay and the network can guess the suite. Every member needs a version of Taboon that
    knows it.
    """
    if errand.offline:
        raise UsageError("a group is made at its relay: leave --offline out")
    called = errand.text(name, "Name of the group")
    me = nickname(errand, nick)
    made = errand.taboon.create_group(
        called,
        relay=relay,
        me=me,
        post_quantum=post_quantum,
        relay_pass=relay_pass(errand, pass_file),
        wait=errand.wait,
    )

    def show() -> None:
        terminal.say(f"Made the group {made.code}: {terminal.member(made.name)}")
        if post_quantum:
            terminal.hint("It has the post-quantum suite, for good: so have all who join with its invites.")
        terminal.hint(f"Next: “taboon invite {made.code}” brings someone in.")

    return Answer({"group": shapes.group_ref(made)}, show)


def _groups(errand: Errand) -> Answer:
    """List your groups, and where you have asked to join."""
    reports = errand.sync_all()
    states = [group.status() for group in errand.taboon.groups()]
    joinings = [one for one in errand.taboon.joinings() if one.group is None]

    def show() -> None:
        if not states and not joinings:
            terminal.hint("No group yet: “taboon join -” with a link, or “taboon group create”.")
        table = []
        for one in states:
            members = f"{one.members} member" if one.members == 1 else f"{one.members} members"
            state = one.state.value if one.state.value != "active" else "admin" if one.admin else "member"
            table.append(((Cell(one.code, "cyan"), Cell(members), Cell(state)), one.name))
        terminal.rows(table)
        for joining in joinings:
            terminal.say(f"{joining.code}  asked to join, {joining.state.value}; as {terminal.member(joining.name)}")
        errand.tell_reports(reports)

    data = {
        "groups": [shapes.status(one) for one in states],
        "joinings": [shapes.joining(one) for one in joinings],
        "offline": errand.offline,
    }
    return Answer(data, show)


def _members(errand: Errand, group: GroupRef) -> Answer:
    """List who is in a group. The tag tells members of the same name apart, and nobody can choose it."""
    place = errand.group(group)
    members = place.members()

    def show() -> None:
        table = [
            (
                (Cell(one.tag, "cyan"), Cell("admin" if one.admin else ""), Cell("you" if one.me else "")),
                one.name,
            )
            for one in members
        ]
        terminal.rows(table)

    return Answer({"group": shapes.group_ref(place), "members": [shapes.member(one) for one in members]}, show)


def _remove(errand: Errand, group: GroupRef, member: _MemberRef, *, yes: Yes = False) -> Answer:
    """Remove a member. Whatever is said after that, they cannot read.

    It takes all their devices at once; “taboon device revoke --of” takes one.
    What they have read and kept, they have. Takes the whole name or the tag: no beginning of it. Where the rules ask
    for several admins, this proposes the removal, and the others agree with “taboon agree”. It is pending until this
    device has read it back over another connection, and confirmed when half of the others were seen since.
    """
    place = errand.group(group)
    who = place.member(member, whole=True)
    count = len(place.devices(who))
    devices = f" with {count} devices" if count > 1 else ""
    errand.confirm(f"Remove {who.tag} from the group{devices}, {terminal.member(who.name)}?", yes=yes)
    done = place.remove(who, wait=errand.wait)
    removed = next((one for one in reversed(place.removals()) if who.identity in one.members), None)
    state = None if removed is None else removed.state.value
    if errand.human and removed is not None:
        terminal.hint(
            f"The removal is {state}: {removed.seen} of {removed.of} members were seen since. “taboon keys” shows how "
            "it goes on, “taboon exposure” what they could have seen."
        )
    data = {"member": shapes.member(who), "removal": state}
    return outcome(errand, place, done, data, said=f"removed {who.tag}", text=who.name)


def _rotate(errand: Errand, group: GroupRef) -> Answer:
    """Rotate your key in a group.

    Whoever copied the old one reads nothing that comes after.
    """
    place = errand.group(group)
    done = place.rotate(wait=errand.wait)
    epoch = place.status().epoch
    return outcome(
        errand,
        place,
        done,
        {"epoch": epoch},
        said=f"rotated your key (epoch {epoch})" if done.done else "rotate your key",
    )
