"""Where things stand and getting them moving: ``sync`` and ``status``."""

from typing import TYPE_CHECKING, Annotated

import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taboon_client.values import GroupStatus, SyncReport

__all__ = ["register"]

_OptionalGroup = Annotated[
    str | None,
    typer.Argument(metavar="[GROUP]", help="One group: name, code, or the beginning of one. All if left out."),
]
_Watch = Annotated[bool, typer.Option("--watch", help="Stay, and tell of each change, until Ctrl-C.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "sync",
        commit=True,
        examples=["taboon sync", "taboon sync Harbour --wait 60", "taboon sync Harbour --watch"],
    )(_sync)
    command(app, "status", examples=["taboon status", "taboon status Harbour --offline"])(_status)


def _sync(errand: Errand, group: _OptionalGroup = None, *, watch: _Watch = False) -> Answer | None:
    """Send what waits here, and fetch what is new.

    A relay that does not answer is no error: what waits here stays, and the answer says so.
    """
    if errand.offline:
        raise UsageError("sync is what --offline leaves out: use one of the two")
    if watch:
        _watch(errand, group)
        return None
    if group is None:
        reports = errand.sync_all()
        places = errand.taboon.groups()
    else:
        place = errand.group(group, sync=False)
        places = [place]
        with terminal.Bar("Syncing", shown=errand.human) as bar:
            reports = {place.name: place.sync(errand.wait, progress=bar)}

    def show() -> None:
        _tell(reports)
        for one in places:
            errand.tell_news(one)

    told = [{"group": shapes.group_ref(one), "news": errand.news_data(one)} for one in places]
    return Answer({"reports": _data(reports), "boards": told}, show)


def _watch(errand: Errand, group: str | None) -> None:
    if errand.human:
        terminal.hint("Watching. Ctrl-C ends it.")
    try:
        for name, report in _news(errand, group):
            if errand.human:
                _tell({name: report})
            else:
                terminal.answer_json({"reports": _data({name: report})})
    except KeyboardInterrupt:
        return


def _news(errand: Errand, ref: str | None) -> "Iterator[tuple[str, SyncReport]]":
    if ref is None:
        yield from errand.taboon.watch()
        return
    group = errand.group(ref, sync=False)
    for report in group.watch():
        yield group.name, report


def _data(reports: "Mapping[str, SyncReport]") -> list[dict[str, object]]:
    return [{"group": name, **shapes.sync_report(report)} for name, report in reports.items()]


def _tell(reports: "Mapping[str, SyncReport]") -> None:
    if not reports:
        terminal.hint("There is no group to sync yet.")
    for name, report in reports.items():
        if report.reached:
            said = f"{report.received} received, {report.sent} sent"
        else:
            said = f"not reached; {report.unsent} waiting to be sent"
        terminal.say(f"{said}: {'requests to join' if name == 'joining' else terminal.member(name)}")
        for told in dict.fromkeys((*report.notices, report.problem, report.stopped)):
            if told is None:
                continue
            terminal.hint(f"    {terminal.sentence(told)}")


def _status(errand: Errand, group: _OptionalGroup = None) -> Answer:
    """Tell how your groups stand.

    Members, epoch, when the relay was last read, what waits to be sent, what is missing.
    """
    places = []
    if group is None:
        errand.sync_all()
        places = errand.taboon.groups()
        states = [one.status() for one in places]
    else:
        states = [errand.group(group).status()]

    def show() -> None:
        if not states:
            terminal.hint("No group yet: “taboon join -” with a link, or “taboon group create”.")
        for at, one in enumerate(states):
            if at:
                terminal.say()
            _show(errand, one)
        for place in places:
            errand.tell_news(place)

    return Answer({"groups": [shapes.status(one) for one in states], "offline": errand.offline}, show)


def _show(errand: Errand, one: "GroupStatus") -> None:
    terminal.say(f"{one.code}  {terminal.member(one.name)}")
    synced = (
        "never" if one.synced is None else f"{terminal.when(one.synced)} ({terminal.ago(one.synced, errand.now)} ago)"
    )
    facts = [
        ("state", one.state.value),
        ("you were" if one.state.value == "removed" else "you are", "an admin" if one.admin else "a member"),
        ("members", str(one.members)),
        ("epoch", str(one.epoch)),
        ("last sync", synced),
        ("waiting to be sent", str(one.unsent)),
        *(("waiting to be done", wish) for wish in one.wishes),
        *([("messages missing", str(one.missing))] if one.missing else []),
        ("relay", one.relay),
        *([("pop-up relay", one.popup)] if one.popup else []),
    ]
    for what, how in facts:
        terminal.say(f"    {what + ':':<20}{terminal.member(how)}")
    if one.problem:
        terminal.say(f"    {terminal.sentence(one.problem)}")
