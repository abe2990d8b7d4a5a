"""The door and the hall: opening or making the vault, the groups, opening a group."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taboon_client.blocking import has_vault
from taboon_client.errors import FieldError
from taboon_client.page.faults import spoken_notice
from taboon_client.page.language import LANGUAGES, N_
from taboon_client.page.screens.rules import pass_in
from taboon_client.page.screens.visit import Told
from taboon_client.values import JoiningState
from taboon_crypto.errors import PassphraseError
from taboon_crypto.passphrase import ENOUGH_BITS, check_passphrase, estimate_bits, generate_passphrase

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS"]

_STRONG = 77.0
_DIFFERENT = N_("The two are not alike.")


async def _home(visit: Visit) -> Answer:
    if not visit.house.is_open:
        return visit.render("door.html" if has_vault(visit.house.folder) else "make.html")
    taboon = visit.house.taboon
    groups = [await group.status() for group in await taboon.groups()]
    joinings = [one for one in await taboon.joinings() if one.state is not JoiningState.JOINED]
    return visit.render(
        "home.html",
        groups=groups,
        joinings=[(one, spoken_notice(one.problem or "", visit.language)) for one in joinings],
    )


async def _new_group(visit: Visit) -> Answer:
    return visit.render("new_group.html")


async def _unlock(visit: Visit) -> Told:
    await visit.house.unlock(visit.asked.text("passphrase"))
    return await _first_place(visit)


async def _first_place(visit: Visit) -> Told:
    """Where somebody goes who has just come in: to the board, where there is only one."""
    groups = await visit.house.taboon.groups()
    waiting = [one for one in await visit.house.taboon.joinings() if one.state is JoiningState.WAITING]
    return Told(go=f"/board?g={groups[0].code}" if len(groups) == 1 and not waiting else "/home")


async def _make(visit: Visit) -> Told:
    passphrase = visit.asked.text("passphrase")
    if passphrase.split() != visit.asked.text("again").split():
        return Told(say=visit.say(_DIFFERENT), problem=True, field="again")
    await visit.house.create(passphrase)
    return Told(go="/home", say=visit.say(N_("The vault is made. Keep the passphrase: nobody can open it without.")))


async def _strength(visit: Visit) -> Told:
    typed = visit.asked.text("passphrase")
    try:
        bits = estimate_bits(typed)
        check_passphrase(typed)
        enough = True
    except PassphraseError:
        enough = False
        bits = 0.0 if not typed else min(estimate_bits(typed), ENOUGH_BITS)
    share = min(100, round(bits * 100 / _STRONG))
    return Told(show=visit.fragment("strength.html", share=share, enough=enough, typed=bool(typed)))


async def _suggest(visit: Visit) -> Told:
    words = generate_passphrase("ar" if visit.language.code == "ar" else "en", os.urandom)
    return Told(show=visit.fragment("suggestion.html", words=words))


async def _found(visit: Visit) -> Told:
    asked = visit.asked
    group = await visit.house.taboon.create_group(
        asked.text("name"),
        relay=asked.text("relay"),
        me=asked.text("me"),
        post_quantum=bool(asked.text("post_quantum")),
        relay_pass=pass_in(asked),
    )
    return Told(go=f"/board?g={group.code}", say=visit.say(N_("The group is open.")))


async def _language(visit: Visit) -> Told:
    wanted = visit.asked.text("to")
    if wanted not in LANGUAGES:
        raise FieldError("to", "is one of the page's languages")
    return Told(language=wanted, go=visit.asked.text("back") or "/home")


async def _settings(visit: Visit) -> Answer:
    return visit.render("settings.html", idle=visit.house.idle_minutes)


async def _change_passphrase(visit: Visit) -> Told:
    asked = visit.asked
    if asked.text("new").split() != asked.text("again").split():
        return Told(say=visit.say(_DIFFERENT), problem=True, field="again")
    await visit.house.taboon.change_passphrase(asked.text("old"), asked.text("new"))
    return Told(go="/settings", say=visit.say(N_("The passphrase is changed.")))


SCREENS = {"/home": _home, "/new-group": _new_group, "/settings": _settings}
ACTS = {
    "/unlock": _unlock,
    "/make": _make,
    "/strength": _strength,
    "/suggest": _suggest,
    "/found": _found,
    "/language": _language,
    "/change-passphrase": _change_passphrase,
}
