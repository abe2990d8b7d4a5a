"""Who is in the group, who asks to come in, and everybody's keys."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from taboon_client.errors import FieldError, NotFoundError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told
from taboon_client.values import GroupState, InviteState

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer, Asked
    from taboon_client.values import Invite, Member, Outcome

__all__ = ["ACTS", "SCREENS", "drawn", "hours_in", "told_of"]

_MOST_HOURS = 168


class _Shown(NamedTuple):
    member: Member
    ref: str
    circle: bool


async def _people(visit: Visit) -> Answer:
    place = await visit.place()
    group = place.group
    dispatch = await group.dispatch()
    members = sorted(await group.members(), key=lambda one: (not one.me, not one.admin, one.name))
    return visit.render_in(
        place,
        "people.html",
        "people",
        may_invite=place.status.admin
        or (place.status.state is GroupState.ACTIVE and (await group.policy()).members_invite),
        members=[_Shown(one, one.identity.hex(), one.identity in dispatch) for one in members],
        requests=await group.requests(),
        returns=[one for one in await group.returns() if not one.approved],
        invites=[one for one in await group.invites() if one.state is not InviteState.ENDED],
    )


async def _members_invite(place: Place) -> bool:
    return place.status.state is GroupState.ACTIVE and (await place.group.policy()).members_invite


async def _invite_screen(visit: Visit) -> Answer:
    place = await visit.place()
    invite = await _invite_named(place, visit.asked.query.get("code", ""))
    return visit.render_in(place, "invite.html", "people", invite=invite, picture=drawn(invite.link))


async def _invite_named(place: Place, code: str) -> Invite:
    invite = next((one for one in await place.group.invites() if one.code == code), None)
    if invite is None:
        raise NotFoundError("invite", "this invite is not here any more")
    return invite


async def _save_invite(visit: Visit) -> Told:
    """Return the code as a picture, to be printed."""
    import segno

    invite = await _invite_named(await visit.place(), visit.asked.text("code"))
    picture = io.BytesIO()
    segno.make(invite.link, error="m").save(picture, kind="png", scale=8, border=4)
    text = b64encode(picture.getvalue()).decode()
    file = {"name": "invite.png", "type": "image/png", "text": text, "coded": "base64"}
    return Told(download=file, say=visit.say(N_("Saved as %(name)s."), name=file["name"]))


def drawn(text: str) -> Markup:
    """Return a QR code as SVG that takes its colours from the page."""
    import segno

    picture = io.BytesIO()
    segno.make(text, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, svgclass="qr", lineclass=None
    )
    return Markup(picture.getvalue().decode("ascii"))  # noqa: S704 - drawn by us from a link of ours: no text in it


async def _invite(visit: Visit) -> Told:
    place = await visit.place()
    invite = await place.group.invite(hours_in(visit.asked, 72))
    visit.house.send_soon(place.group)
    return Told(go=f"/invite?g={place.code}&code={invite.code}")


def hours_in(asked: Asked, usual: int) -> int:
    """Return for how many hours an invite is good.

    Raises:
        FieldError: It is no such number.
    """
    written = asked.text("hours") or str(usual)
    if not written.isdecimal() or len(written) > 4 or not 1 <= int(written) <= _MOST_HOURS:
        raise FieldError("hours", f"is a number from 1 to {_MOST_HOURS}")
    return int(written)


async def _approve(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.approve(visit.asked.text("code"), compared=bool(visit.asked.text("same")))
    return told_of(visit, f"/people?g={place.code}", outcome, N_("Let in."))


async def _revoke(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.revoke(visit.asked.text("code"))
    visit.house.send_soon(place.group)
    return Told(go=f"/people?g={place.code}", say=visit.say(N_("The invite is ended: nobody is let in with it.")))


async def _vouch_request(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.vouch_for_request(visit.asked.text("code"), visit.asked.text("text"))
    visit.house.send_soon(place.group)
    return Told(go=f"/people?g={place.code}", say=visit.say(N_("You vouch for them.")))


async def _remove(visit: Visit) -> Told:
    place = await visit.place()
    who = place.people.get(bytes.fromhex(visit.asked.text("who"))) if _is_hex(visit.asked.text("who")) else None
    if who is None:
        raise NotFoundError("member", "nobody of that name is in the group")
    outcome = await place.group.remove(who)
    return told_of(
        visit,
        f"/people?g={place.code}",
        outcome,
        N_("Removed. What is said from now on cannot be read with their keys."),
    )


async def _rotate(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.rotate()
    return told_of(visit, f"/people?g={place.code}", outcome, N_("Your keys are fresh, and the group has a new epoch."))


async def _dispatch(visit: Visit) -> Told:
    place = await visit.place()
    chosen = set(visit.asked.many("circle"))
    members = [one for one in await place.group.members() if one.identity.hex() in chosen]
    return told_of(
        visit, f"/people?g={place.code}", await place.group.set_dispatch(members), N_("The dispatch circle is changed.")
    )


def told_of(visit: Visit, go: str, outcome: Outcome, done: str) -> Told:
    """Return what to say of a change of the group: done, or what it still waits for."""
    visit.house.note(visit.asked.text("g"), outcome.report)
    if outcome.done:
        return Told(go=go, say=visit.say(done))
    if outcome.lacking:
        lacking = visit.language.number(outcome.lacking)
        return Told(go=go, say=visit.say(N_("Proposed. Admins who must still agree: %(lacking)s."), lacking=lacking))
    return Told(
        go=go, say=visit.say(N_("Saved. It is done when the relay has it, and until then it is not.")), problem=True
    )


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)


SCREENS = {"/people": _people, "/invite": _invite_screen}
ACTS = {
    "/do-invite": _invite,
    "/save-invite": _save_invite,
    "/approve": _approve,
    "/revoke": _revoke,
    "/vouch-request": _vouch_request,
    "/remove": _remove,
    "/rotate": _rotate,
    "/dispatch": _dispatch,
}
