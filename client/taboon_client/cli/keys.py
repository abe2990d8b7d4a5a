"""Keys and who holds them: ``keys``, ``exposure``, ``risk``, ``vouch``, ``check``, ``leave``, ``deeds``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.joining import say_safety_code
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.people import People
from taboon_client.cli.qr import draw, read_picture
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.values import Exposure, Member, MemberKeys, Removal

__all__ = ["register"]

_DAY = 86_400
_MemberRef = Annotated[str, typer.Argument(metavar="MEMBER", help="The member: whole name or tag.")]
_Lift = Annotated[bool, typer.Option("--lift", help="As an admin: the device is in good hands after all.")]
_Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="What happened; everyone in the group can read it.")]
_Met = Annotated[bool, typer.Option("--met", help="You met, and compared the key there.")]
_Undo = Annotated[bool, typer.Option("--undo", help="Take it back.")]
_Show = Annotated[bool, typer.Option("--show", help="Show your own code, for them to scan.")]
_Picture = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE", help="Take the code from a picture of their screen.")
]
_MaybeMember = Annotated[
    str | None, typer.Argument(metavar="[MEMBER]", help="The member: whole name or tag.", show_default=False)
]
_Stay = Annotated[bool, typer.Option("--stay", help="Take back that you leave.")]
_Text = Annotated[str, typer.Option("--text", metavar="TEXT", help="From where you know them.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(app, "keys", examples=["taboon keys Harbour", "taboon keys Harbour --json"])(_keys)
    command(app, "exposure", examples=["taboon exposure Harbour Yara"])(_exposure)
    command(
        app,
        "risk",
        examples=[
            'taboon risk Harbour Yara --why "taken at the checkpoint"',
            "taboon risk Harbour Yara --lift      an admin says that it is over",
        ],
    )(_risk)
    command(app, "vouch", examples=['taboon vouch Harbour Noor --text "from school"'])(_vouch)
    command(
        app,
        "check",
        examples=[
            "taboon check Harbour Noor --met         you compared by yourselves",
            "taboon check Harbour --show             your code, for them to scan",
            "taboon check Harbour --picture noor.jpg",
        ],
    )(_check)
    command(app, "code", examples=["taboon code Harbour"])(_code)
    command(app, "leave", commit=True, examples=["taboon leave Harbour", "taboon leave Harbour --stay"])(_leave)
    command(app, "go-on", commit=True, examples=["taboon go-on Harbour"])(_go_on)
    command(app, "deeds", examples=["taboon deeds Harbour"])(_deeds)


def _keys(errand: Errand, group: GroupRef) -> Answer:
    """Show how everyone's keys stand, and who has followed.

    A key that was copied is worth less with every rotation: each member's device makes its own anew by itself, about as
    often as the rules say. Whoever is behind follows with the next sync and misses nothing, as long as the relay has
    what it has not read: if that ends soon, it is said. Whoever is away for longer than the relay keeps messages asks
    to come back by itself, and any device lets it in again.

    A removal is pending until this device has read it back over another connection, and confirmed when half of the
    others were seen since. Says in one word how it all stands: good, look or act.
    """
    place = errand.group(group)
    keys, people = place.keys(), People(place)

    def show() -> None:
        terminal.say(
            f"{keys.health.value.capitalize()}. Epoch {keys.epoch}; keys are made anew every "
            f"{keys.rotation_days} days or so."
        )
        terminal.rows([(_cells(one, people), people.name(one.identity)) for one in keys.members])
        for removal in keys.removals[-5:]:
            names = [people.name(who) for who in removal.members]
            terminal.rows([((Cell(_removal(removal)),), ", ".join(names))])
        for told in keys.advice:
            terminal.hint(terminal.sentence(told))

    data = {
        "epoch": keys.epoch,
        "health": keys.health.value,
        "advice": list(keys.advice),
        "rotate_days": keys.rotation_days,
        "silent": keys.silent,
        "members": [_member(one, people) for one in keys.members],
        "removals": [
            {
                "epoch": one.epoch,
                "members": [people.data(who) for who in one.members],
                "at": terminal.instant(one.at),
                "state": one.state.value,
                "seen": one.seen,
                "of": one.of,
            }
            for one in keys.removals
        ],
    }
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _cells(one: "MemberKeys", people: People) -> tuple[Cell, ...]:
    age = "?" if one.age is None else "today" if one.age < _DAY else f"{one.age // _DAY} d"
    marks = [
        "suspended" if one.suspended else "at risk" if one.risks else "",
        "" if one.checked is None else "checked",
        f"vouched {len(one.vouched)}" if one.vouched else "",
        "you" if people.is_me(one.identity) else "",
    ]
    following = [
        one.following.value,
        f"epoch {one.seen}" if one.seen else "",
        f"at the relay until {terminal.when(one.lost_at)}" if one.soon_lost and one.lost_at else "",
    ]
    return (
        Cell(people.tag(one.identity), "cyan"),
        Cell(f"key {age}{' (old)' if one.old else ''}"),
        Cell(", ".join(filter(None, following))),
        Cell(", ".join(filter(None, marks))),
    )


def _removal(one: "Removal") -> str:
    return f"removal {one.state.value}, {one.seen} of {one.of} seen since"


def _member(one: "MemberKeys", people: People) -> dict[str, object]:
    return {
        **people.data(one.identity),
        "age_days": None if one.age is None else one.age // _DAY,
        "old": one.old,
        "seen": one.seen,
        "seen_at": terminal.instant(one.seen_at or None),
        "following": one.following.value,
        "checked": one.checked,
        "vouched": [people.data(who) for who in one.vouched],
        "risks": [{"by": people.data(who), "why": why} for who, why in one.risks],
        "suspended": one.suspended,
        "undecided": one.undecided,
        "lost_at": terminal.instant(one.lost_at),
        "soon_lost": one.soon_lost,
    }


def _exposure(errand: Errand, group: GroupRef, member: _MemberRef) -> Answer:
    """Report what a member could have seen, to warn whom it concerns.

    First the items whose sealed details they opened, then those that they could have opened, then the rest. Openings
    are told by the program that opens: a changed program can open without saying so.
    """
    place = errand.group(group)
    who = _anyone(place, member)
    found = place.exposure(who)

    def show() -> None:
        until = "and still does" if found.last is None else f"until {_moment(found.until)}"
        since = _moment(found.since) if found.since else "before this device was here"
        terminal.rows([((Cell(who.tag, "cyan"), Cell(f"read along since {since}, {until}")), who.name)])
        for one in found.items:
            what = (
                f"opened {_moment(one.opened)}"
                if one.opened is not None
                else "could open"
                if one.could_open
                else "could read"
            )
            terminal.rows([((Cell(one.code, "cyan"), Cell(what)), one.title)])
        terminal.hint(
            f"Also: {found.names} names, {found.deleted} items that are deleted here"
            f"{', invites and requests to join, as an admin' if found.admin else ''}."
        )

    return Answer({"group": shapes.group_ref(place), "exposure": _exposed(found, who)}, show)


def _moment(at: int) -> str:
    return terminal.when(at) if at else "a time that is not known"


def _exposed(found: "Exposure", who: "Member") -> dict[str, object]:
    return {
        "member": shapes.member(who),
        "first_epoch": found.first,
        "last_epoch": found.last,
        "since": terminal.instant(found.since or None),
        "until": terminal.instant(found.until or None),
        "items": [
            {
                "id": one.id.hex(),
                "code": one.code,
                "title": one.title,
                "opened": terminal.instant(one.opened),
                "could_open": one.could_open,
            }
            for one in found.items
        ],
        "deleted": found.deleted,
        "names": found.names,
        "admin": found.admin,
    }


def _anyone(place: "Group", ref: str) -> "Member":
    """Find a member, also one who was one."""
    from taboon_client.library.finding import one_member

    return one_member(list(place.people().values()), ref, whole=True)


def _risk(errand: Errand, group: GroupRef, member: _MemberRef, *, why: _Why = "", lift: _Lift = False) -> Answer:
    """Say that a member's device may be in other hands.

    Of two members who say so it is suspended at once: no details are sealed to it and its invites let nobody in, until
    an admin removes it or lifts the suspension. It still reads what the group shows every member: for that it must
    be removed. Of the only admin nobody else can decide that: if their device is in other hands, “taboon recover” names
    another and removes it.
    """
    place = errand.group(group)
    who = place.member(member, whole=True)
    if lift:
        place.lift_risk(who, why)
    else:
        place.say_at_risk(who, why)
    errand.send(place)
    suspended = any(one.suspended for one in place.keys().members if one.identity == who.identity)

    def show() -> None:
        state = "no longer at risk" if lift else "suspended" if suspended else "at risk; a second one suspends"
        terminal.rows([((Cell(who.tag, "cyan"), Cell(state)), who.name)])

    data = {"member": shapes.member(who), "suspended": suspended}
    return Answer({"group": shapes.group_ref(place), **data}, show)


def _vouch(errand: Errand, group: GroupRef, member: _MemberRef, *, text: _Text = "") -> Answer:
    """Tell the group that you know a member, or whoever asks to join."""
    place = errand.group(group)
    asking = [one for one in place.requests() if member in (one.name, one.code)]
    if len(asking) == 1:
        place.vouch_for_request(asking[0].code, text)
        errand.send(place)
        return Answer(
            {"group": shapes.group_ref(place), "request": shapes.join_request(asking[0])},
            lambda: terminal.say(f"You vouch for the request {asking[0].code}."),
        )
    who = place.member(member, whole=True)
    place.vouch(who, text)
    errand.send(place)

    def show() -> None:
        terminal.rows([((Cell(who.tag, "cyan"), Cell("you vouch for them")), who.name)])

    return Answer({"group": shapes.group_ref(place), "member": shapes.member(who)}, show)


def _check(
    errand: Errand,
    group: GroupRef,
    member: _MaybeMember = None,
    *,
    met: _Met = False,
    show_own: _Show = False,
    picture: _Picture = None,
    undo: _Undo = False,
) -> Answer:
    """Note on this device that a member's key is that person's.

    When you meet: each shows the other's device a code (--show), and each takes the other's (--picture, or paste it
    when asked); both keys then count as checked. Nobody else is told.
    """
    place = errand.group(group)
    if show_own:
        code = place.meeting_code()

        def draw_own() -> None:
            draw(code)
            terminal.say(code)

        return Answer({"group": shapes.group_ref(place), "code": code}, draw_own)
    if picture is not None or member is None:
        who = place.meet(read_picture(picture) if picture is not None else errand.text("-", "Their code"))
        how: str | None = "in-person"
    else:
        who = place.member(member, whole=True)
        how = None if undo else "in-person" if met else "code"
        place.set_checked(who, how)

    def show() -> None:
        terminal.rows([((Cell(who.tag, "cyan"), Cell("checked" if how else "not checked")), who.name)])

    return Answer({"group": shapes.group_ref(place), "member": shapes.member(who), "checked": how}, show)


def _code(errand: Errand, group: GroupRef) -> Answer:
    """Show a code that all devices in one group share.

    Compare it with another member by voice, at the same epoch. If it differs, the relay or somebody in between shows
    the two of you different groups.
    """
    place = errand.group(group)
    epoch, code = place.epoch_code()

    def show() -> None:
        terminal.say(f"Epoch {epoch}:")
        say_safety_code(code)

    return Answer({"group": shapes.group_ref(place), "epoch": epoch, "code": shapes.safety_code(code)}, show)


def _leave(errand: Errand, group: GroupRef, *, stay: _Stay = False, yes: Yes = False) -> Answer:
    """Leave a group, or stay after all.

    The next device of an admin that syncs removes yours; nobody has to agree. What you have read stays on this device.
    The last admin cannot leave: it makes somebody else an admin first.
    """
    place = errand.group(group)
    if stay:
        report = place.stay(errand.wait)
        errand.note_report(report)
        return Answer(
            {"group": shapes.group_ref(place), "leaving": place.leaving()},
            lambda: terminal.say("You stay, unless an admin's device has let you go already: “taboon sync” tells."),
        )
    errand.confirm("Leave this group?", yes=yes)
    done = place.leave(errand.wait)
    return outcome(errand, place, done, {}, said="left the group" if done.done else "leave the group")


def _go_on(errand: Errand, group: GroupRef, *, yes: Yes = False) -> Answer:
    """Go on after everyone was away for long, as an admin.

    A device that was away for longer than the relay keeps messages asks the others' devices to bring it back. If all
    were away, nobody is left to answer. Then, and only then, one admin decides to go on from what is on their device:
    the others come back by themselves with their next syncs. Wait some days before, and ask by another channel whether
    anybody was there meanwhile: if somebody was, theirs is the group, and this device goes back to it when they answer.
    """
    place = errand.group(group)
    errand.confirm("Was really nobody there meanwhile?", yes=yes)
    report = place.go_on(errand.wait)

    def show() -> None:
        terminal.say("This group goes on from here. The others' devices come back with their next syncs.")
        for told in (*report.notices, *([report.problem] if report.problem else [])):
            terminal.hint(terminal.sentence(told))

    return Answer({"group": shapes.group_ref(place), "report": shapes.sync_report(report)}, show)


def _deeds(errand: Errand, group: GroupRef) -> Answer:
    """Read what the admins of a group have done, and who agreed.

    As this device saw it: what was before it came is not there.
    """
    place = errand.group(group)
    people, found = People(place), place.deeds()

    def show() -> None:
        if not found:
            terminal.hint("Nothing yet, since this device came.")
        for one in found:
            names = ", ".join(people.name(who) for who in one.members)
            by = f"by {people.tag(one.author)}" + (
                f" with {', '.join(people.tag(who) for who in one.agreed)}" if one.agreed else ""
            )
            if one.kind == "follows":
                by = "from who is gone"
            terminal.rows([((Cell(terminal.when(one.at)), Cell(one.kind), Cell(by)), names)])
            for rule, before, after in one.changes:
                if rule not in {"admins", "dispatch", "keyholders"}:
                    terminal.say(f"    {rule.replace('_', ' ')}: {before or 'none'} → {after or 'none'}")

    data = [
        {
            "epoch": one.epoch,
            "at": terminal.instant(one.at),
            "by": people.data(one.author),
            "kind": one.kind,
            "members": [people.data(who) for who in one.members],
            "agreed": [people.data(who) for who in one.agreed],
            "changes": [{"rule": rule, "before": before, "after": after} for rule, before, after in one.changes],
        }
        for one in found
    ]
    return Answer({"group": shapes.group_ref(place), "deeds": data}, show)
