"""Asking to join: the link or a picture of its code, what the group asks before, and taking the request back."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from hashlib import sha256
from typing import TYPE_CHECKING

from taboon_client.errors import FieldError, RelayError
from taboon_client.intake.picture import read_picture
from taboon_client.page.language import N_
from taboon_client.page.screens.visit import Told

if TYPE_CHECKING:
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer, Asked
    from taboon_client.values import Knock

__all__ = ["ACTS", "SCREENS", "picture_of"]


async def _join_screen(visit: Visit) -> Answer:
    return visit.render("join.html")


def picture_of(asked: Asked, name: str) -> str:
    """Return the text of Taboon in a picture that came with a form, empty if none came.

    Raises:
        FieldError: What came is no picture.
        BadPictureError: It holds no code of Taboon, or several.
    """
    _, _, coded = asked.text(name).partition(";base64,")
    if not coded:
        return ""
    try:
        return read_picture(b64decode(coded, validate=True))
    except (NotBase64, ValueError):
        raise FieldError(name, "is a picture") from None


async def _ask(visit: Visit) -> Told:
    """Ask to join; where the group asks something first, show that, and join with the second form."""
    asked = visit.asked
    link = picture_of(asked, "picture") or "".join(asked.text("link").split())
    if not link:
        raise FieldError("link", "is empty: paste the link, or choose a picture of its code")
    knock = await _knock(visit, link)
    answers: dict[bytes, str] = {}
    agreement = ""
    if knock is not None and (knock.questions or knock.agreement):
        answers = {name: asked.text(f"answer-{name.hex()}") for name, _, _ in knock.questions}
        # Another text than the one that was agreed to is shown again.
        name = sha256(knock.agreement.encode("utf-8", "replace")).hexdigest()
        if asked.text("seen") != name or (knock.agreement and not asked.text("agree")):
            return Told(show=visit.fragment("knock.html", knock=knock, link=link, me=asked.text("me"), seen=name))
        agreement = knock.agreement
    await visit.house.taboon.join(link, me=asked.text("me"), answers=answers, agreement=agreement)
    return Told(go="/home", say=visit.say(N_("You have asked. Compare the safety code with whoever invited you.")))


async def _knock(visit: Visit, link: str) -> Knock | None:
    """Return what the group asks, as far as the relay answers; a request can be saved without."""
    try:
        return await visit.house.taboon.knock(link)
    except RelayError:
        return None


async def _take_back(visit: Visit) -> Told:
    told = await visit.house.taboon.take_back(visit.asked.text("code"))
    if told:
        return Told(go="/home", say=visit.say(N_("Taken back, and the group is told.")))
    return Told(go="/home", say=visit.say(N_("Taken back here; the group could not be told.")))


SCREENS = {"/join": _join_screen}
ACTS = {"/ask-to-join": _ask, "/take-back": _take_back}
