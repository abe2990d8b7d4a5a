"""A relay for those around, while the group's own cannot be reached: ``popup use``, ``popup end``, ``popup show``."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.values import Popup, SyncReport

__all__ = ["register"]

_Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="As that relay printed it, with all that stands after #.")
]
_ALREADY = "this group uses no pop-up relay. “taboon popup use GROUP ADDRESS” begins with one"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    popup = typer.Typer(
        help="Go on without internet: taboon popup use GROUP ADDRESS.", rich_markup_mode=None, no_args_is_help=True
    )
    app.add_typer(popup, name="popup")
    command(
        popup,
        "use",
        commit=True,
        examples=["taboon popup use Harbour 'https://192.168.1.7:8443/#fRmQ…'    so does everyone in the place"],
    )(_use)
    command(popup, "end", examples=["taboon popup end Harbour"])(_end)
    command(popup, "show", examples=["taboon popup show Harbour"])(_show)


def _use(errand: Errand, group: GroupRef, address: _Address) -> Answer:
    """Go on at a pop-up relay while there is no internet.

    Somebody starts one with “taboon relay --popup” on a laptop, on a network that all in the place are on, and shows
    its address. Every member there uses it with this command; whoever is not there misses nothing, since what is said
    comes home with the first device that reaches the group's own relay.

    Every sync tries the group's own relay first. Admins who can wait keep removals, additions and changes of the rules
    for when home is back: if somebody does such a thing at home meanwhile, that stands, and theirs is made again.
    """
    if errand.offline:
        raise UsageError("a pop-up relay has to be reached once: leave --offline out")
    place = errand.group(group, sync=False)
    with terminal.spinner("Looking for the pop-up relay", shown=errand.human):
        report = place.use_popup(address, errand.wait)
    return _answer(place, report, "This group goes on at the pop-up relay.")


def _end(errand: Errand, group: GroupRef) -> Answer:
    """Stop using the pop-up relay.

    What was said there and has not come home yet is kept, and goes home with the next sync that reaches the group's
    own relay.
    """
    place = errand.group(group, sync=False)
    if place.popup() is None:
        raise UsageError(_ALREADY)
    return _answer(place, place.end_popup(0 if errand.offline else errand.wait), "The pop-up relay is asked no more.")


def _show(errand: Errand, group: GroupRef) -> Answer:
    """Show which pop-up relay a group uses on this device."""
    place = errand.group(group)
    found = place.popup()

    def show() -> None:
        if found is None:
            terminal.say("This group uses no pop-up relay on this device.")
            return
        terminal.say(found.address)
        terminal.hint(_standing(found))

    return Answer({"group": shapes.group_ref(place), "popup": _data(found)}, show)


def _answer(place: "Group", report: "SyncReport", said: str) -> Answer:
    found = place.popup()

    def show() -> None:
        terminal.say(said)
        if found is not None:
            terminal.hint(_standing(found))
        for told in (*report.notices, *([report.problem] if report.problem else [])):
            terminal.hint(terminal.sentence(told))

    return Answer({"group": shapes.group_ref(place), "popup": _data(found), "report": shapes.sync_report(report)}, show)


def _standing(found: "Popup") -> str:
    reached = "not reached yet" if found.reached is None else f"last reached {terminal.when(found.reached)}"
    if found.over:
        return f"Used no more, {reached}. What was said there comes home with the first sync that reaches home."
    return f"In use since {terminal.when(found.since)}, {reached}. “taboon popup end” ends its use."


def _data(found: "Popup | None") -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "address": found.address,
        "since": terminal.instant(found.since),
        "reached": None if found.reached is None else terminal.instant(found.reached),
        "over": found.over,
    }
