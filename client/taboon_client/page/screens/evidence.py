"""What this device was shown, for another member to compare, and what proves that the relay showed two histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.errors import FieldError
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.language import Language
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer
    from taboon_client.values import Compared

__all__ = ["ACTS", "SCREENS"]

_THERE = N_(
    "Two histories: from epoch %(epoch)s on the two devices are in different ones. Theirs stands by the group's rules, "
    "which decide alike on every device. With the next syncs this device tells the others of its part, and then goes "
    "over by itself, with new keys; what was posted since is posted again. You need not do anything."
)
_HERE = N_(
    "Two histories: from epoch %(epoch)s on the two devices are in different ones. This one stands by the group's "
    "rules, which decide alike on every device. Give them the text below: then their devices come over by themselves."
)
_ANSWER = N_(
    "Two histories: from epoch %(epoch)s on the two devices are in different ones. Which one stands is decided by the "
    "group's rules, once their device knows more. Give them the text below, and take theirs again if their device "
    "shows you one."
)
_PARTED = N_(
    "Two histories: from epoch %(epoch)s on the two devices are in different ones. This device keeps too little of the "
    "epoch where they parted to decide. Post nothing that must not be read; somebody of the larger part makes the "
    "others a new invite."
)
_TOO_FAR = N_("One of the two devices is too far behind to tell. Sync both, and compare again.")
_ONE = N_("One history: both devices are in epoch %(epoch)s.")
_AHEAD = N_(
    "One history up to epoch %(epoch)s; the other device is ahead. If it stays so after both have synced, "
    "the relay is holding something back."
)
_BEHIND = N_(
    "One history up to epoch %(epoch)s; this device is ahead. If it stays so after both have synced, "
    "the relay is holding something back."
)


async def _evidence(visit: Visit) -> Answer:
    place = await visit.place()
    return visit.render_in(
        place, "evidence.html", "more", text=await place.group.seen(), proofs=await place.group.proofs()
    )


async def _compare(visit: Visit) -> Told:
    place = await visit.place()
    text = visit.asked.text("text")
    if not text:
        raise FieldError("text", "is empty: paste what their device shows")
    found = await place.group.compare(text)
    told = _outcome(found, visit.language)
    bad = found.parted is not None or bool(found.proofs)
    return Told(
        show=visit.fragment("compared.html", told=told, bad=bad, proofs=found.proofs, answer=found.answer),
        say=told,
        problem=bad,
    )


def _outcome(found: Compared, language: Language) -> str:
    if found.parted is not None:
        undecided = _PARTED if found.answer is None else _ANSWER
        said = {"there": _THERE, "here": _HERE}.get(found.stands or "", undecided)
        return language.text(said, epoch=language.number(found.parted))
    if not found.comparable:
        return language.text(_TOO_FAR)
    said = _ONE if found.epoch == found.other_epoch else _AHEAD if found.other_epoch > found.epoch else _BEHIND
    return language.text(said, epoch=language.number(min(found.epoch, found.other_epoch)))


SCREENS = {"/evidence": _evidence}
ACTS = {"/compare": _compare}
