"""The group's rules, who is an admin, what is proposed and lacks somebody's agreement, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from taboon_client.errors import FieldError
from taboon_client.group.changes import PolicyChange
from taboon_client.page.language import N_
from taboon_client.page.render import isolated
from taboon_client.page.screens.people import told_of
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer, Asked

__all__ = ["ACTS", "SCREENS", "pass_in"]

_LONGEST_PASS: Final = 64
_DEEDS: Final = 20
KEPT_DAYS = (1, 7, 30, 120)
"""For how many days the relay may be asked to keep messages, by the class in the policy."""
KINDS = {
    "add": N_("let somebody in"),
    "remove": N_("remove somebody"),
    "policy": N_("change the rules"),
    "recover": N_("name other admins"),
}
RULES = {
    "admins": N_("Admins"),
    "everyone": N_("All members are admins"),
    "dispatch": N_("Dispatch circle"),
    "keyholders": N_("Keyholders"),
    "recovery": N_("Keyholders who must agree"),
    "add_approvals": N_("Admins who must agree to let somebody in"),
    "removal_approvals": N_("Admins who must agree to a removal"),
    "policy_approvals": N_("Admins who must agree to other rules"),
    "members_invite": N_("Members who are no admins may invite"),
    "rotation_days": N_("Days after which keys are made anew"),
    "retention": N_("Days for which the relay keeps messages"),
    "relays": N_("Address of the relay"),
}
"""What each rule is called, by its name in the protocol."""
_OF_MEMBERS: Final = frozenset({"admins", "dispatch", "keyholders"})
_NONE: Final = N_("nobody")
_EVERY_MEMBER: Final = N_("every member")


async def _rules(visit: Visit) -> Answer:
    place = await visit.place()
    group = place.group
    deeds = list(reversed(await group.deeds()))
    every = visit.asked.query.get("all") == "1"
    return visit.render_in(
        place,
        "rules.html",
        "more",
        policy=await group.policy(),
        acts=await group.acts(),
        deeds=deeds if every else deeds[:_DEEDS],
        older=not every and len(deeds) > _DEEDS,
        members=await group.members(),
        kinds=KINDS,
        rules=RULES,
        ruled=lambda rule, value: _ruled(visit, place, rule, value),
        kept_days=KEPT_DAYS,
        leaving=await group.leaving(),
    )


def _ruled(visit: Visit, place: Place, rule: str, value: str) -> str:
    """Return what a rule is or would be, as a person reads it; the library tells it as a text."""
    if rule in _OF_MEMBERS:
        if not value:
            return visit.say(_EVERY_MEMBER if rule == "keyholders" else _NONE)
        return visit.language.listed(place.called(bytes.fromhex(one)) for one in value.split(", "))
    if value in ("true", "false"):
        return visit.say(N_("yes") if value == "true" else N_("no"))
    if rule == "relays":
        return isolated(value)
    if rule == "retention":
        return visit.language.number(KEPT_DAYS[int(value)] if int(value) < len(KEPT_DAYS) else int(value))
    return visit.say(N_("more than half")) if (rule, value) == ("recovery", "0") else visit.language.digits(value)


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
        "retention": _one_of(visit, "retention", KEPT_DAYS),
        "recovery": _number(visit, "recovery", 0, 100),
    }
    changed = {name: value for name, value in wanted.items() if getattr(now, name) != value}
    if not changed:
        return Told(say=visit.say(N_("That is as it was.")))
    outcome = await place.group.change_policy(PolicyChange(**changed))  # type: ignore[arg-type] # ints and a bool, by name
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The rules are changed."))


def _one_of(visit: Visit, name: str, days: tuple[int, ...]) -> int:
    """Return which of several numbers of days was chosen."""
    chosen = visit.asked.text(name)
    if chosen not in map(str, days):
        raise FieldError(name, "is one of the numbers of days that are shown")
    return days.index(int(chosen))


async def _keyholders(visit: Visit) -> Told:
    place = await visit.place()
    chosen = set(visit.asked.many("keyholder"))
    holders = tuple(one.identity for one in await place.group.members() if one.identity.hex() in chosen)
    if set(holders) == set((await place.group.policy()).keyholders):
        return Told(say=visit.say(N_("That is as it was.")))
    outcome = await place.group.change_policy(PolicyChange(keyholders=holders))
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The keyholders are changed."))


async def _recover(visit: Visit) -> Told:
    place = await visit.place()
    members = await place.group.members()
    admins, remove = (
        [one for one in members if one.identity.hex() in set(visit.asked.many(name))] for name in ("admin", "remove")
    )
    outcome = await place.group.recover(admins, remove)
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The group has other admins."))


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


async def _everyone(visit: Visit) -> Told:
    """Make all members admins, or only those who are ticked."""
    place = await visit.place()
    everyone, chosen = bool(visit.asked.text("everyone")), set(visit.asked.many("admin"))
    named = [] if everyone else [one for one in await place.group.members() if one.identity.hex() in chosen]
    if not everyone and not named:
        raise FieldError("admin", "nobody would be left who decides: tick somebody")
    policy = await place.group.policy()
    # The role is taken from those alone who were named before and are not now.
    drop = [one for one in await place.group.members() if one.identity in policy.admins and one not in named]
    outcome = await place.group.set_admins(named, () if everyone else drop, everyone=everyone)
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The admins are changed."))


def pass_in(asked: Asked) -> bytes:
    """Return the relay's pass that was typed, empty for none.

    Raises:
        FieldError: It is longer than one can be.
    """
    found = asked.text("pass").encode()
    if len(found) > _LONGEST_PASS:
        raise FieldError("pass", f"has at most {_LONGEST_PASS} bytes: copy it again")
    return found


async def _relay_pass(visit: Visit) -> Told:
    place = await visit.place()
    home, *others = (await place.group.policy()).relays
    relays = (msgspec.structs.replace(home, pass_=pass_in(visit.asked)), *others)
    outcome = await place.group.change_policy(PolicyChange(relays=relays))
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The relay's pass is changed."))


async def _move(visit: Visit) -> Told:
    """Move the group to another home relay, which is asked first."""
    place = await visit.place()
    outcome = await place.group.move(visit.asked.text("relay").strip(), pass_in(visit.asked))
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("The group has moved to another relay."))


async def _agree(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.agree(visit.asked.text("code"))
    return told_of(visit, f"/rules?g={place.code}", outcome, N_("You have agreed."))


async def _decline(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.decline(visit.asked.text("code"))
    return Told(go=f"/rules?g={place.code}", say=visit.say(N_("Told to the others: you do not agree.")))


async def _stay(visit: Visit) -> Told:
    place = await visit.place()
    await place.group.stay()
    said = visit.say(N_("You stay, unless an admin's device had read it before."))
    return Told(go=f"/rules?g={place.code}", say=said)


async def _leave(visit: Visit) -> Told:
    place = await visit.place()
    outcome = await place.group.leave()
    return told_of(visit, "/home", outcome, N_("You have left."))


SCREENS = {"/rules": _rules}
ACTS = {
    "/change-rules": _change,
    "/admins": _admins,
    "/keyholders": _keyholders,
    "/recover": _recover,
    "/everyone-admin": _everyone,
    "/relay-pass": _relay_pass,
    "/move-home": _move,
    "/agree": _agree,
    "/decline": _decline,
    "/leave": _leave,
    "/stay": _stay,
}
