"""Your devices in a group: link another one, say that it is yours, take one out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.page.language import N_
from taboon_client.page.screens.keys import member_named
from taboon_client.page.screens.people import hours_in, told_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer
    from taboon_client.values import Member

__all__ = ["ACTS", "SCREENS"]


async def _devices(visit: Visit) -> Answer:
    place = await visit.place()
    other = _other(visit, place)
    devices = await place.group.devices(other)
    return visit.render_in(
        place,
        "devices.html",
        "people",
        other=other,
        devices=devices,
        first=any(one.me and one.first for one in devices),
        may_link=place.status.admin or (await place.group.policy()).members_invite,
    )


def _other(visit: Visit, place: Place) -> Member | None:
    """Return whose devices it is about, where they are not our own."""
    who = visit.asked.query.get("who", "") or visit.asked.text("who")
    found = member_named(place, who) if who else None
    return None if found is None or found.me else found


async def _link(visit: Visit) -> Told:
    place = await visit.place()
    invite = await place.group.link_device(hours_in(visit.asked, 24), _other(visit, place))
    visit.house.send_soon(place.group)
    return Told(go=f"/invite?g={place.code}&code={invite.code}")


async def _confirm(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.confirm_device(visit.asked.text("device"))
    return told_of(visit, f"/devices?g={place.code}", outcome, N_("It is yours now: one name, one vote."))


async def _revoke(visit: Visit) -> Told:
    place = await visit.place()
    other = _other(visit, place)
    outcome = await place.group.revoke_device(visit.asked.text("device"), member=other)
    return told_of(
        visit,
        f"/devices?g={place.code}{f'&who={other.identity.hex()}' if other else ''}",
        outcome,
        N_("That device is out. What is said from now on cannot be read with its keys."),
    )


SCREENS = {"/devices": _devices}
ACTS = {"/link-device": _link, "/confirm-device": _confirm, "/revoke-device": _revoke}
