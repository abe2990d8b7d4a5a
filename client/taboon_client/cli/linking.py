"""Several devices of one person: ``device link``, ``device list``, ``device confirm``, ``device revoke``."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.joining import Qr, Save
from taboon_client.cli.outcomes import outcome
from taboon_client.cli.qr import draw, write_picture
from taboon_client.cli.terminal import Cell

if TYPE_CHECKING:
    from taboon_client.values import Device

__all__ = ["register"]

_For = Annotated[
    str | None, typer.Option("--for", metavar="MEMBER", help="As an admin: make the link for this member's device.")
]
_Of = Annotated[str | None, typer.Option("--of", metavar="MEMBER", help="As an admin: a device of this member.")]
_Hours = Annotated[int, typer.Option("--hours", min=1, max=168, help="How long the link is good for.")]
_Ref = Annotated[str, typer.Argument(metavar="DEVICE", help="Its tag, as “taboon device list” shows it.")]
_MaybeMember = Annotated[
    str | None, typer.Argument(metavar="[MEMBER]", help="Whose: whole name or tag; yours if left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    device = typer.Typer(
        help="Use several devices as one person: taboon device link.", rich_markup_mode=None, no_args_is_help=True
    )
    app.add_typer(device, name="device")
    command(
        device,
        "link",
        examples=[
            "taboon device link Harbour --qr                    to be photographed by the new device",
            "taboon device link Harbour --for Basil             by an admin, for Basil's second device",
        ],
    )(_link)
    command(device, "list", examples=["taboon device list Harbour", "taboon device list Harbour Basil"])(_list)
    command(device, "confirm", commit=True, examples=["taboon device confirm Harbour W0BS"])(_confirm)
    command(
        device,
        "revoke",
        commit=True,
        examples=[
            "taboon device revoke Harbour W0BS",
            "taboon device revoke Harbour W0BS --of Basil       by an admin",
        ],
    )(_revoke)


def _link(
    errand: Errand,
    group: GroupRef,
    *,
    member: _For = None,
    hours: _Hours = 24,
    qr: Qr = False,
    save: Save = None,
) -> Answer:
    """Make a link that brings in another device of yours.

    The other device joins with “taboon join -” (or --picture), and shows a safety code. Compare it with the one that
    “taboon requests” shows, then approve: an admin's device does that, yours if you are one. An admin who approves its
    own device is done. Everybody else then confirms it on their first device with “taboon device confirm”. Where the
    first device is gone, approve it on one of those that you have left instead, with “taboon approve”: an admin does so
    as well, and it needs no confirming.

    Both devices go by one name. They vote once and agree once, and each has its own keys. Being an admin is given to
    each device by itself. Where admins alone invite, one of them makes the link, with --for.
    """
    place = errand.group(group)
    made = place.link_device(hours, None if member is None else place.member(member, whole=True))
    errand.send(place)
    if save is not None:
        write_picture(made.link, save)

    def show() -> None:
        terminal.say(made.link)
        if qr:
            draw(made.link)
        terminal.hint(
            f"For one device, until {terminal.when(made.expires)}. Once it has asked: “taboon requests GROUP”. "
            "Whoever else gets hold of the link can ask in its place: compare the safety code."
        )

    return Answer({"group": shapes.group_ref(place), "invite": shapes.invite(made)}, show)


def _list(errand: Errand, group: GroupRef, member: _MaybeMember = None) -> Answer:
    """List your devices in a group, or those of a member.

    One that is unconfirmed says that it is theirs, and their first device has not said so: it has no name, no vote and
    no say, but it reads what the group shows every member. If it is not yours, revoke it.
    """
    place = errand.group(group)
    found = place.devices(None if member is None else place.member(member, whole=True))

    def show() -> None:
        terminal.rows([((Cell(one.tag, "cyan"), Cell(_standing(one))), "") for one in found])
        if member is None and any(not one.confirmed for one in found):
            terminal.hint("Is it yours? “taboon device confirm” says so; “taboon device revoke” throws it out.")

    return Answer({"group": shapes.group_ref(place), "devices": [_data(one) for one in found]}, show)


def _standing(one: "Device") -> str:
    marks = ["first" if one.first else "linked" if one.confirmed else "unconfirmed"]
    return ", ".join(marks + ["admin"] * one.admin + ["this device"] * one.me)


def _data(one: "Device") -> dict[str, object]:
    return {
        "tag": one.tag,
        "identity": one.identity.hex(),
        "first": one.first,
        "confirmed": one.confirmed,
        "admin": one.admin,
        "me": one.me,
    }


def _confirm(errand: Errand, group: GroupRef, device: _Ref, *, yes: Yes = False) -> Answer:
    """Say on your first device that another one is yours.

    Needed once an admin has let it in for you. Make sure that it is the one in your hands: there, “taboon device list”
    shows the same tag beside “this device”. This cannot be taken back but by revoking the device.
    """
    place = errand.group(group)
    errand.confirm(f"Is {device} the device in your hands?", yes=yes)
    done = place.confirm_device(device, errand.wait)
    return outcome(errand, place, done, {"device": device.upper()}, said=f"confirmed the device {device.upper()}")


def _revoke(errand: Errand, group: GroupRef, device: _Ref, *, member: _Of = None, yes: Yes = False) -> Answer:
    """Remove one device. Whatever is said after that, it cannot read.

    Your first device removes your others, and needs nobody for it. If you have lost the first one, an admin revokes it
    with --of and your name: your others stay, and count as one person. “taboon remove” takes all devices of a member
    at once.
    """
    place = errand.group(group)
    whose = None if member is None else place.member(member, whole=True)
    errand.confirm(f"Revoke the device {device}?", yes=yes)
    done = place.revoke_device(device, errand.wait, whose)
    return outcome(errand, place, done, {"device": device.upper()}, said=f"revoked the device {device.upper()}")
