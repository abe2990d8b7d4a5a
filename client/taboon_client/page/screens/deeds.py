"""What is done about an item, one small act each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from taboon_client.board import Pledge, PrivateNote
from taboon_client.board.asking import opened
from taboon_client.board.details import MAY_GO, NOT_WITH
from taboon_client.errors import FieldError, NotFoundError
from taboon_client.page.language import N_
from taboon_client.page.screens.filled import hours_of, moment_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from taboon_client.board import ItemPledge
    from taboon_client.library import Group
    from taboon_client.page.screens.visit import Visit

__all__ = ["ACTS"]

_DAY = 86_400
_LONGEST_NOTE = 400


def _deed(said: str, act: Callable[[Group, Visit], Awaitable[object]]) -> Callable[[Visit], Awaitable[Told]]:
    """Return an act about the item that the form names, after which its screen is shown again."""

    async def do(visit: Visit) -> Told:
        place = await visit.place()
        await act(place.group, visit)
        visit.house.send_soon(place.group)
        return Told(go=f"/item?g={place.code}&i={_item(visit)}", say=visit.say(said))

    return do


def _item(visit: Visit) -> str:
    found = visit.asked.text("i")
    if not found.isalnum():
        raise FieldError("i", "is the id of an item")
    return found


def _number(visit: Visit, name: str) -> int | None:
    written = visit.asked.text(name)
    if not written:
        return None
    if not written.isdecimal() or len(written) > 10 or not int(written):
        raise FieldError(name, "is a whole number")
    return int(written)


async def _pledge(group: Group, visit: Visit) -> None:
    item = await group.item(_item(visit))
    quantities = tuple(
        (at, wanted) for at in range(len(item.lines)) if (wanted := _number(visit, f"quantity-{at}")) is not None
    )
    said = Pledge(
        quantities=quantities,
        day=_day(visit),
        note=visit.asked.text("note"),
        expected=moment_of(visit.asked.text("expected"), "expected"),
        lease=moment_of(visit.asked.text("lease"), "lease"),
        hours=hours_of(visit.asked),
        company=bool(visit.asked.text("company")),
    )
    await group.pledge(item, said=said)


def _day(visit: Visit) -> str:
    """Return which day of what comes again is meant, empty for every time."""
    day = visit.asked.text("day")
    try:
        return str(date.fromisoformat(day)) if day else ""
    except ValueError:
        raise FieldError("day", "is one of the days that are shown") from None


async def _go(group: Group, visit: Visit) -> None:
    await group.go(_item(visit))


async def _deliver(group: Group, visit: Visit) -> None:
    await group.deliver(_item(visit), visit.asked.text("note"), day=_day(visit))


async def _confirm(group: Group, visit: Visit) -> None:
    await group.confirm(_item(visit), visit.asked.text("note"), day=_day(visit))


async def _reject(group: Group, visit: Visit) -> None:
    pledge = _event(visit, "pledge") or None
    await group.reject(_item(visit), pledge, visit.asked.text("reason"), day=_day(visit))


async def _release(group: Group, visit: Visit) -> None:
    await group.release(_item(visit), visit.asked.text("reason"), day=_day(visit))


async def _returned(group: Group, visit: Visit) -> None:
    await group.returned(_item(visit), _event(visit, "pledge") or None, visit.asked.text("note"))


async def _lapse(group: Group, visit: Visit) -> None:
    await group.lapse(_item(visit), _event(visit, "pledge"), visit.asked.text("reason"))


async def _contest(group: Group, visit: Visit) -> None:
    await group.contest(_item(visit), visit.asked.text("reason"))


async def _comment(group: Group, visit: Visit) -> None:
    text = visit.asked.text("text")
    if not text:
        raise FieldError("text", "is empty")
    await group.comment(_item(visit), text)


async def _renew(group: Group, visit: Visit) -> None:
    await group.renew(_item(visit))


async def _pause(group: Group, visit: Visit) -> None:
    until = moment_of(visit.asked.text("until"), "until")
    if until and until <= visit.now:
        raise FieldError("until", "is still to come, or left empty")
    await group.pause(_item(visit), until, visit.asked.text("reason"))


async def _withdraw(group: Group, visit: Visit) -> None:
    await group.withdraw(_item(visit), visit.asked.text("reason"), why=visit.asked.text("why"))


async def _merge(group: Group, visit: Visit) -> None:
    into = visit.asked.text("into").lstrip("#")
    if not into:
        raise FieldError("into", "is empty: type the code of the other one")
    await group.merge(_item(visit), into)


async def _share_details(group: Group, visit: Visit) -> None:
    await group.share_details(_item(visit))


async def _thanks(group: Group, visit: Visit) -> None:
    text, pledge = visit.asked.text("text"), await _pledge_of(group, visit)
    if not text:
        raise FieldError("text", "is empty")
    await group.private_note(_item(visit), _note("thanks", text, pledge.name), [pledge.author])


async def _no_show(group: Group, visit: Visit) -> None:
    pledge = await _pledge_of(group, visit)
    await group.private_note(_item(visit), _note("no-show", visit.asked.text("text"), pledge.name, (pledge.author,)))


async def _not_with(group: Group, visit: Visit) -> None:
    who, about = _event(visit, "who"), MAY_GO if visit.asked.text("lift") else NOT_WITH
    if who not in {one.identity for one in await group.members()}:
        raise NotFoundError("member", "they are no member any more, or their keys are not known here: sync first")
    await group.private_note(_item(visit), _note(about, visit.asked.text("text"), b"", (who,)))


def _note(about: str, text: str, pledge: bytes, people: tuple[bytes, ...] = ()) -> PrivateNote:
    if len(text) > _LONGEST_NOTE:
        raise FieldError("text", "is too long")
    return PrivateNote(about=about, text=text, pledge=pledge, people=people)


async def _pledge_of(group: Group, visit: Visit) -> ItemPledge:
    name = _event(visit, "pledge")
    found = next((one for one in (await group.item(_item(visit))).pledges if one.name == name), None)
    if found is None:
        raise NotFoundError("pledge", "this pledge is not here any more")
    return found


async def _undo(group: Group, visit: Visit) -> None:
    await group.undo(_item(visit))


async def _release_details(group: Group, visit: Visit) -> None:
    chosen = visit.asked.text("pledge")
    pledge = _event(visit, "pledge") if chosen else None
    first, reason = bool(visit.asked.text("first")), visit.asked.text("reason")
    await group.release_details(_item(visit), pledge, first=first, reason=reason)


async def _follow_up(group: Group, visit: Visit) -> None:
    days = _number(visit, "days") or 1
    await group.follow_up(_item(visit), visit.now + days * _DAY, visit.asked.text("note"))


async def _followed_up(group: Group, visit: Visit) -> None:
    await group.followed_up(_item(visit), visit.asked.text("note"), follow_up=_event(visit, "follow_up"))


async def _outcome(group: Group, visit: Visit) -> None:
    await group.outcome(_item(visit), visit.asked.text("text"))


def _event(visit: Visit, name: str) -> bytes:
    try:
        return bytes.fromhex(visit.asked.text(name))
    except ValueError:
        raise FieldError(name, "is the name of an event") from None


async def _open_details(visit: Visit) -> Told:
    """Open the sealed details and show them, once; that they were opened is an event."""
    place = await visit.place()
    details = await place.group.open_details(_item(visit))
    visit.house.send_soon(place.group)
    questions = (await place.group.all_questions()).values() if details.answers else ()
    return Told(show=visit.fragment("details.html", details=details, answers=opened(questions, details)))


ACTS = {
    "/pledge": _deed(N_("You have pledged. Thank you."), _pledge),
    "/go": _deed(N_("Everybody sees that you are on the way."), _go),
    "/deliver": _deed(N_("Noted: you have handed it over."), _deliver),
    "/confirm": _deed(N_("Noted: it has arrived."), _confirm),
    "/reject": _deed(N_("Noted: it has not arrived. Their pledge holds again."), _reject),
    "/release": _deed(N_("You have given it back. Nobody needs a reason."), _release),
    "/returned": _deed(N_("Noted: it is back."), _returned),
    "/lapse": _deed(N_("Noted: this pledge has lapsed."), _lapse),
    "/contest": _deed(N_("Noted: you still stand by it."), _contest),
    "/comment": _deed(N_("Said."), _comment),
    "/renew": _deed(N_("Noted: it is still so."), _renew),
    "/pause": _deed(N_("It is paused."), _pause),
    "/withdraw": _deed(N_("It is closed."), _withdraw),
    "/merge": _deed(N_("It goes on in the other one."), _merge),
    "/share-details": _deed(N_("The details are sealed to the whole dispatch circle."), _share_details),
    "/thanks": _deed(N_("They will read it, and nobody else."), _thanks),
    "/not-with": _deed(N_("Noted, for those who send people out."), _not_with),
    "/no-show": _deed(N_("Noted, for those who send people out."), _no_show),
    "/undo": _deed(N_("It is open again."), _undo),
    "/release-details": _deed(N_("The details are released to whoever goes."), _release_details),
    "/follow-up": _deed(N_("Somebody will be reminded to ask again."), _follow_up),
    "/followed-up": _deed(N_("Noted."), _followed_up),
    "/outcome": _deed(N_("Those who helped will read it."), _outcome),
    "/open-details": _open_details,
}
