"""How everybody's keys stand, what a member could have seen, and what members say about each other's devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taboon_client.errors import NotFoundError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told
from taboon_client.values import Following, RemovalState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from taboon_client.library import Group
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer
    from taboon_client.values import GroupKeys, Member, MemberKeys

__all__ = ["ACTS", "SCREENS", "member_named"]

_DAY = 86_400
FOLLOWING = {
    Following.CURRENT: N_("has followed"),
    Following.BEHIND: N_("has not followed yet"),
    Following.AWAY: N_("away for longer than the relay keeps messages"),
    Following.UNSEEN: N_("not seen yet"),
}
REMOVALS = {
    RemovalState.PENDING: N_("not read back from the relay yet"),
    RemovalState.MADE: N_("stands at the relay; less than half of the others were seen since"),
    RemovalState.CONFIRMED: N_("confirmed: half of the others were seen since"),
}
HEALTH = {
    "good": N_("The keys stand well."),
    "look": N_("Something about the keys is worth a look."),
    "act": N_("Something about the keys needs an admin now."),
}

_SUSPENDED = N_("A device is suspended: an admin removes it, or says that it is in good hands.")
_UNDECIDED = N_(
    "A device is suspended, and no other admin is left who could decide about it. If it is in other hands, name other "
    "admins and remove it. If it is not, go on: it gets no details, and stays in the group."
)
_PENDING = N_("A removal could not be read back: sync again, and tell the others by another way.")
_MADE = N_("Few were seen since a removal: ask the others to open Taboon.")
_SILENT = N_(
    "Less than half of the others were heard of for days. It may be quiet, or the relay may show you another group "
    "than them: compare the code of the epoch by another way."
)
_SOON = N_(
    "The relay will soon not have any more what somebody has not read: ask them to open Taboon before that. If they do "
    "later, nothing of theirs is lost, and they ask to come back by themselves."
)
_AT_RISK = N_("Somebody says that a device is at risk: a second one who says so suspends it.")
_AWAY = N_("Somebody was away for long. They ask to come back by themselves; remove them if they are gone for good.")
_OLD = N_("Some keys are old: they are made anew when these devices sync.")


class _Row(NamedTuple):
    keys: MemberKeys
    member: Member
    days: int | None


def member_named(place: Place, ref: str) -> Member:
    """Return the member, or former one, whom a screen names by identity key in hexadecimal.

    Raises:
        NotFoundError: Nobody of that key is or was here.
    """
    try:
        found = place.people.get(bytes.fromhex(ref))
    except ValueError:
        found = None
    if found is None:
        raise NotFoundError("member", "nobody of that name is in the group")
    return found


async def _keys(visit: Visit) -> Answer:
    place = await visit.place()
    keys = await place.group.keys()
    rows = [
        _Row(one, place.people[one.identity], None if one.age is None else one.age // _DAY)
        for one in keys.members
        if one.identity in place.people
    ]
    return visit.render_in(
        place,
        "keys.html",
        "more",
        keys=keys,
        rows=rows,
        advice=_advice(keys),
        following=FOLLOWING,
        removals=REMOVALS,
        health=HEALTH,
    )


def _advice(keys: GroupKeys) -> list[str]:
    """Return what to do, the most pressing first."""
    states = {one.state for one in keys.removals}
    members = keys.members
    told = [
        (any(one.suspended and not one.undecided for one in members), _SUSPENDED),
        (any(one.undecided for one in members), _UNDECIDED),
        (RemovalState.PENDING in states, _PENDING),
        (RemovalState.MADE in states, _MADE),
        (keys.silent, _SILENT),
        (any(one.risks and not one.suspended for one in members), _AT_RISK),
        (any(one.following is Following.AWAY for one in members), _AWAY),
        (any(one.soon_lost for one in members), _SOON),
        (any(one.old for one in members), _OLD),
    ]
    return [said for holds, said in told if holds]


async def _exposure(visit: Visit) -> Answer:
    place = await visit.place()
    member = member_named(place, visit.asked.query.get("who", ""))
    return visit.render_in(place, "exposure.html", "more", member=member, exposure=await place.group.exposure(member))


def _deed(said: str, act: Callable[[Group, Member, Visit], Awaitable[object]]) -> Callable[[Visit], Awaitable[Told]]:
    async def do(visit: Visit) -> Told:
        place = await visit.place()
        await act(place.group, member_named(place, visit.asked.text("who")), visit)
        visit.house.send_soon(place.group)
        return Told(go=f"/keys?g={place.code}", say=visit.say(said))

    return do


async def _vouch(group: Group, member: Member, visit: Visit) -> None:
    await group.vouch(member, visit.asked.text("text"))


async def _checked(group: Group, member: Member, _visit: Visit) -> None:
    await group.set_checked(member, "in-person")


async def _unchecked(group: Group, member: Member, _visit: Visit) -> None:
    await group.set_checked(member, None)


async def _risk(group: Group, member: Member, visit: Visit) -> None:
    await group.say_at_risk(member, visit.asked.text("reason"))


async def _lift(group: Group, member: Member, visit: Visit) -> None:
    await group.lift_risk(member, visit.asked.text("reason"))


SCREENS = {"/keys": _keys, "/exposure": _exposure}
ACTS = {
    "/vouch": _deed(N_("You vouch for them."), _vouch),
    "/checked": _deed(N_("Noted on this device."), _checked),
    "/unchecked": _deed(N_("Noted on this device: their key counts as not compared."), _unchecked),
    "/at-risk": _deed(N_("Noted: their device may be in other hands."), _risk),
    "/lift-risk": _deed(N_("Noted: their device is in good hands."), _lift),
}
