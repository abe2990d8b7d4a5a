"""The rules of a group: ``policy``, ``admins``, ``acts``, ``agree``, ``decline``, ``recover``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.people import People
from taboon_client.cli.relay_pass import PassFile, relay_pass
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.group.policy import Policy
    from taboon_client.values import PendingAct

__all__ = ["register"]

_DAYS = (1, 7, 30, 120)
_ASKED = 10.0
"""Seconds that a new home may take to answer where nothing else waits for a relay."""
_Removals = Annotated[int | None, typer.Option("--removals", min=1, max=100, help="Admins that a removal needs.")]
_Additions = Annotated[int | None, typer.Option("--additions", min=1, max=100, help="Admins that letting in needs.")]
_Changes = Annotated[
    int | None, typer.Option("--changes", min=1, max=100, help="Admins that a change of these rules needs.")
]
_Invites = Annotated[
    bool | None,
    typer.Option("--members-invite/--admins-invite", help="Who makes invites. Letting in is always for admins."),
]
_Rotate = Annotated[
    int | None, typer.Option("--rotate-days", min=1, max=365, help="Every member's key is made anew about this often.")
]
_Keep = Annotated[
    int | None, typer.Option("--keep-days", help="How long the relay keeps messages: 1, 7, 30 or 120 days.")
]
_Relay = Annotated[
    str | None,
    typer.Option("--relay", metavar="ADDRESS", help="Another relay to live at, as it prints its address. It is asked."),
]
_Recovery = Annotated[
    int | None,
    typer.Option("--recovery", min=0, max=100, help="Keyholders who can name other admins; 0: more than half."),
]
_Keyholders = Annotated[
    list[str] | None,
    typer.Option("--keyholder", metavar="MEMBER", help="One of those (again for each). Without any: all members."),
]
_AllHold = Annotated[bool, typer.Option("--no-keyholders", help="All members are keyholders.")]
_Add = Annotated[list[str] | None, typer.Option("--add", metavar="MEMBER", help="Make a member an admin.")]
_Drop = Annotated[list[str] | None, typer.Option("--drop", metavar="MEMBER", help="An admin is one no longer.")]
_Everyone = Annotated[
    bool | None, typer.Option("--everyone/--named", help="All members are admins, or only those who are named.")
]
_ActRef = Annotated[str, typer.Argument(metavar="ACT", help="Its code, as “taboon acts” lists it.")]
_Reason = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why; everyone in the group can read it.")]
_Admins = Annotated[list[str], typer.Option("--admin", metavar="MEMBER", help="An admin from then on.")]
_Removed = Annotated[
    list[str] | None, typer.Option("--remove", metavar="MEMBER", help="An admin who is removed with it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "policy",
        commit=True,
        examples=[
            "taboon policy Harbour                                  shows the rules",
            "taboon policy Harbour --removals 2                     two admins must agree to a removal",
            "taboon policy Harbour --relay 'https://relay.example:8443/#…'   moves the group to another relay",
            "taboon policy Harbour --recovery 3 --keyholder Noor --keyholder Sami --keyholder Yara",
        ],
    )(_policy)
    command(
        app,
        "admins",
        commit=True,
        examples=["taboon admins Harbour", "taboon admins Harbour --add Noor", "taboon admins Harbour --everyone"],
    )(_admins)
    command(app, "acts", examples=["taboon acts Harbour"])(_acts)
    command(app, "agree", commit=True, examples=["taboon agree Harbour 5e29d7cd"])(_agree)
    command(app, "decline", commit=True, examples=["taboon decline Harbour 5e29d7cd"])(_decline)
    command(
        app,
        "recover",
        commit=True,
        examples=["taboon recover Harbour --admin Noor --admin Sami --remove Layla"],
    )(_recover)


def _policy(
    errand: Errand,
    group: GroupRef,
    *,
    removals: _Removals = None,
    additions: _Additions = None,
    changes: _Changes = None,
    members_invite: _Invites = None,
    rotate_days: _Rotate = None,
    keep_days: _Keep = None,
    recovery: _Recovery = None,
    keyholder: _Keyholders = None,
    no_keyholders: _AllHold = False,
    relay: _Relay = None,
    pass_file: PassFile = None,
) -> Answer:
    """Show the rules of a group, or change them.

    Every member's device checks what anybody does against these rules: a change that breaks them is no change,
    whoever made it. Where several admins must agree, this proposes the change; the others agree with “taboon agree”.

    If an admin is lost, recovery is the way out: that many keyholders together can name other admins.
    """
    place = errand.group(group)
    from taboon_client.group.changes import PolicyChange

    if keep_days is not None and keep_days not in _DAYS:
        raise UsageError("--keep-days is 1, 7, 30 or 120")
    holders: tuple[bytes, ...] | None = None
    if keyholder or no_keyholders:
        holders = tuple(place.member(one, whole=True).identity for one in keyholder or ())
    relays = None
    home, *others = place.policy().relays
    if relay is not None:
        home = place.relay_at(relay, relay_pass(errand, pass_file), errand.wait or _ASKED)
        relays = (home, *(one for one in others if one.id != home.id))
    elif pass_file is not None:
        from msgspec.structs import replace

        relays = (replace(home, pass_=relay_pass(errand, pass_file)), *others)
    change = PolicyChange(
        relays=relays,
        keyholders=holders,
        add_approvals=additions,
        removal_approvals=removals,
        policy_approvals=changes,
        members_invite=members_invite,
        rotation_days=rotate_days,
        retention=None if keep_days is None else _DAYS.index(keep_days),
        recovery=recovery,
    )
    if change != PolicyChange():
        done = place.change_policy(change, errand.wait)
        return outcome(errand, place, done, {"policy": _data(place.policy(), People(place))}, said="changed the rules")
    policy, people = place.policy(), People(place)
    count = len(place.members())

    def show() -> None:
        for line in _lines(policy, count):
            terminal.say(line)
        for told in _gaps(policy, policy.recovery_count(count)):
            terminal.hint(told)
        if policy.keyholders:
            terminal.say("Keyholders:")
            terminal.rows([((Cell(people.tag(one), "cyan"),), people.name(one)) for one in policy.keyholders])

    return Answer({"group": shapes.group_ref(place), "policy": _data(policy, people)}, show)


def _gaps(policy: "Policy", recovery: int) -> list[str]:
    """Say where fewer than the rules ask for could get around them."""
    removals, changes, additions = policy.removal_approvals, policy.policy_approvals, policy.add_approvals
    found = []
    if changes < max(removals, additions):
        most = max(removals, additions)
        found.append(f"{_admins_alone(changes)} can still change these rules: “--changes {most}” holds that too.")
    elif removals < changes:
        found.append(
            f"{_admins_alone(removals)} can still remove other admins, and with them gone fewer must agree: "
            f"“--removals {changes}” holds that too."
        )
    if recovery < min(removals, changes):
        found.append(f"{recovery} who may name other admins can get around all this: “--recovery” takes more of them.")
    return found


def _admins_alone(count: int) -> str:
    return "One admin alone" if count == 1 else f"{count} admins"


def _lines(policy: "Policy", members: int) -> list[str]:
    who = "every member" if policy.everyone else f"{len(policy.admins)} of {members} members"
    holders = len(policy.keyholders) or members
    return [
        f"Admins: {who}.",
        (
            f"Admins who must agree: to let in {policy.add_approvals}, to remove {policy.removal_approvals}, "
            f"to change the rules {policy.policy_approvals}."
        ),
        f"Invites are made by {'all members' if policy.members_invite else 'admins'}.",
        f"Keys are made anew every {policy.rotation_days} days or so.",
        f"The relay keeps messages for {_DAYS[policy.retention]} days.",
        (
            f"If the admins are lost, {policy.recovery_count(members)} of {holders} "
            f"{'keyholders' if policy.keyholders else 'members'} can name others."
        ),
    ]


def _data(policy: "Policy", people: People) -> dict[str, object]:
    return {
        "admins": [people.data(one) for one in policy.admins],
        "everyone": policy.everyone,
        "dispatch": [people.data(one) for one in policy.dispatch],
        "keyholders": [people.data(one) for one in policy.keyholders],
        "recovery": policy.recovery,
        "additions": policy.add_approvals,
        "removals": policy.removal_approvals,
        "changes": policy.policy_approvals,
        "members_invite": policy.members_invite,
        "rotate_days": policy.rotation_days,
        "keep_days": _DAYS[policy.retention],
        "relays": [relay.url for relay in policy.relays],
    }


def _admins(
    errand: Errand, group: GroupRef, *, add: _Add = None, drop: _Drop = None, everyone: _Everyone = None
) -> Answer:
    """List the admins, make members admins, or take the role away.

    Have more than one: a group whose only admin is arrested can let nobody in until the keyholders have named another.
    With --everyone there is no chief to look for: all members are admins.
    """
    place = errand.group(group)
    if add or drop or everyone is not None:
        done = place.set_admins(add or (), drop or (), everyone=everyone, wait=errand.wait)
        data = {"admins": [shapes.member(one) for one in place.members() if one.admin]}
        return outcome(errand, place, done, data, said="changed who is an admin")
    admins = [one for one in place.members() if one.admin]

    def show() -> None:
        terminal.rows([((Cell(one.tag, "cyan"), Cell("you" if one.me else "")), one.name) for one in admins])
        if len(admins) == 1:
            terminal.hint("There is only one. “taboon admins GROUP --add MEMBER” makes another.")

    return Answer({"group": shapes.group_ref(place), "admins": [shapes.member(one) for one in admins]}, show)


_SAID: Mapping[str, str] = {
    "add": "let somebody in",
    "remove": "remove a member",
    "policy": "change the rules",
    "recover": "name other admins",
}


def _acts(errand: Errand, group: GroupRef) -> Answer:
    """List what has been proposed and waits until enough have agreed."""
    place = errand.group(group)
    people, found = People(place), place.acts()

    def show() -> None:
        if not found:
            terminal.hint("Nothing is proposed.")
        for one in found:
            named = one.name or ", ".join(people.name(who) for who in one.members)
            state = f"{_SAID.get(one.kind, one.kind)}: {len(one.agreed)} of {one.needed} agree"
            state += f", {len(one.declined)} do not" if one.declined else ""
            state += "" if one.agreed else "; waits for the relay"
            terminal.rows([((Cell(one.code, "cyan"), Cell(state), Cell("" if one.mine else "not yours")), named)])
            for rule, before, after in one.changes:
                terminal.say(f"    {rule.replace('_', ' ')}: {_told(people, before)} → {_told(people, after)}")
        if any(one.mine for one in found):
            terminal.hint("If you agree: “taboon agree GROUP ACT”; if not: “taboon decline GROUP ACT”.")

    return Answer({"group": shapes.group_ref(place), "acts": [_act(one, people) for one in found]}, show)


def _told(people: People, value: str) -> str:
    """Write identity keys as tags."""
    parts = value.split(", ") if value else []
    return ", ".join(people.tag(bytes.fromhex(one)) if len(one) == 64 else one for one in parts) or "none"


def _act(one: "PendingAct", people: People) -> dict[str, Any]:
    return {
        "code": one.code,
        "kind": one.kind,
        "members": [people.data(who) for who in one.members],
        "name": one.name or None,
        "agreed": [people.data(who) for who in one.agreed],
        "needed": one.needed,
        "declined": [people.data(who) for who in one.declined],
        "mine": one.mine,
        "wished": one.wished,
        "changes": [{"rule": rule, "before": before, "after": after} for rule, before, after in one.changes],
    }


def _agree(errand: Errand, group: GroupRef, act: _ActRef, *, yes: Yes = False) -> Answer:
    """Agree to what another admin proposed. The last agreement that it needs brings it about."""
    place = errand.group(group)
    found = [one for one in place.acts() if one.code.startswith(act.lower())]
    if len(found) == 1:
        errand.confirm(f"Agree to {_SAID.get(found[0].kind, found[0].kind)} ({found[0].code})?", yes=yes)
    done = place.agree(act, errand.wait)
    return outcome(errand, place, done, {"act": _act(found[0], People(place))}, said=f"agreed to {found[0].code}")


def _decline(errand: Errand, group: GroupRef, act: _ActRef, *, reason: _Reason = "") -> Answer:
    """Say no to what is proposed, or take back that you agreed.

    What you proposed yourself, or what waits for the relay, is wished for no longer. From then on no honest device uses
    your agreement. It was signed, so a changed program can still use it until it expires, about a month after you
    gave it.
    """
    place = errand.group(group)
    errand.note_report(place.decline(act, reason, errand.wait))
    return Answer({"group": shapes.group_ref(place)}, lambda: terminal.say(f"Declined: {act}."))


def _recover(errand: Errand, group: GroupRef, *, admin: _Admins, remove: _Removed = None, yes: Yes = False) -> Answer:
    """Name other admins when those that the group has are gone.

    Arrested, lost, or against you: it takes as many keyholders as the rules say, all members unless they name
    some; each of them gives this command, or
    “taboon agree”. Nobody has to be online at the same time. The old admins can be removed with it.
    """
    place = errand.group(group)
    errand.confirm("Name other admins for this group?", yes=yes)
    done = place.recover(admin, remove or (), errand.wait)
    data = {"admins": [shapes.member(one) for one in place.members() if one.admin]}
    return outcome(errand, place, done, data, said="named other admins")
