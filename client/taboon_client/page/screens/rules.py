"""The group's rules, who is an admin, what is proposed and lacks somebody's agreement, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.group.changes import PolicyChange
from taboon_client.page.language import N_
from taboon_client.page.screens.people import told_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

KINDS = {
    "add": N_("let somebody in"),
    "remove": N_("remove somebody"),
    "policy": N_("change the rules"),
    "recover": N_("name other admins"),
}


async def _rules(visit: Visit) -> Answer:
    place = await visit.place()
    group = place.group
    return visit.render_in(
        place,
        "rules.html",
        "more",
        policy=await group.policy(),
        acts=await group.acts(),
        deeds=list(reversed(await group.deeds()))[:20],
        members=await group.members(),
        kinds=KINDS,
    )


def _number(visit: Visit, name: str, least: int, most: int) -> int:
    written = visit.asked.text(name)
    if not written.isdecimal() or len(written) > 4 or not least <= int(written) <= most:
        raise FieldError(name, f"is a number from {least} to {most}")
    return int(written)


async def _change(visit: Visit) -> Told:
    place = await visit.place()
    now = await place.group.policy()
    wanted = {
        "add_approvals": _number(visit, "add_approvals", 1, 100),
        "removal_approvals": _number(visit, "removal_approvals", 1, 100),
        "policy_approvals": _number(visit, "policy_approvals", 1, 100),
        "rotation_days": _number(visit, "rotation_days", 1, 365),
        "members_invite": bool(visit.asked.text("members_invite")),
    }
    changed = {name: value for name, value in wanted.items() if getattr(now, name) != value}
    if not changed:
        return Told(say=visit.say(N_("That is as it was.")))
    outcome = await place.group.change_policy(PolicyChange(**changed))  # type: ignore[arg-type] # ints and a bool, by name
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The rules are changed."))


async def _admins(visit: Visit) -> Told:
    place = await visit.place()
    chosen = set(visit.asked.many("admin"))
    members = await place.group.members()
    add = [one for one in members if one.identity.hex() in chosen and not one.admin]
    drop = [one for one in members if one.identity.hex() not in chosen and one.admin]
    if not add and not drop:
        return Told(say=visit.say(N_("That is as it was.")))
    outcome = await place.group.set_admins(add, drop)
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The admins are changed."))


async def _agree(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.agree(visit.asked.text("code"))
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("You have agreed."))


async def _leave(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.leave()
    return told_of(visit, "/home", outcome, N_("You have left."))


SCREENS = {"/rules": _rules}
ACTS = {"/change-rules": _change, "/admins": _admins, "/agree": _agree, "/leave": _leave}
