"""Who is in the group, who asks to come in, and everybody's keys."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from taboon_client.errors import NotFoundError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told
from taboon_client.values import GroupState, InviteState

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer
    from taboon_client.values import Member, Outcome

__all__ = ["ACTS", "SCREENS", "drawn", "told_of"]

_HOURS = ("12", "24", "72")


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
    code = visit.asked.query.get("code", "")
    invite = next((one for one in await place.group.invites() if one.code == code), None)
    if invite is None:
        raise NotFoundError("invite", "this invite is not here any more")
    return visit.render_in(place, "invite.html", "people", invite=invite, picture=drawn(invite.link))


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
    hours = visit.asked.text("hours")
    invite = await place.group.invite(int(hours) if hours in _HOURS else int(_HOURS[-1]))
    visit.house.send_soon(place.group)
    return Told(go=f"/invite?g={place.code}&code={invite.code}")


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
    "/approve": _approve,
    "/revoke": _revoke,
    "/vouch-request": _vouch_request,
    "/remove": _remove,
    "/rotate": _rotate,
    "/dispatch": _dispatch,
}
