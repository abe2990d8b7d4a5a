"""Your devices in a group: link another one, say that it is yours, take one out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.page.language import N_
from taboon_client.page.screens.people import told_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]


async def _devices(visit: Visit) -> Answer:
    place = await visit.place()
    devices = await place.group.devices()
    return visit.render_in(
        place,
        "devices.html",
        "people",
        devices=devices,
        first=any(one.me and one.first for one in devices),
        may_link=place.status.admin or (await place.group.policy()).members_invite,
    )


async def _link(visit: Visit) -> Told:
    place = await visit.place()
    invite = await place.group.link_device()
    visit.house.send_soon(place.group)
    return Told(go=f"/invite?g={place.code}&code={invite.code}")


async def _confirm(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.confirm_device(visit.asked.text("device"))
    return told_of(visit, f"/devices?g={place.code}", outcome, N_("It is yours now: one name, one vote."))


async def _revoke(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.revoke_device(visit.asked.text("device"))
    return told_of(
        visit,
        f"/devices?g={place.code}",
        outcome,
        N_("That device is out. What is said from now on cannot be read with its keys."),
    )


SCREENS = {"/devices": _devices}
ACTS = {"/link-device": _link, "/confirm-device": _confirm, "/revoke-device": _revoke}
