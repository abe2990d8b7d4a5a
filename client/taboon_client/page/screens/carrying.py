"""Taking texts in and giving some out: an import that is looked at first, and a list without numbers and addresses."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from taboon_client.board import Details, Need
from taboon_client.errors import FieldError
from taboon_client.intake.chat import BadChatError, read_chat
from taboon_client.intake.sheet import BadSheetError, read_sheet
from taboon_client.page.language import N_
from taboon_client.page.render import visible
from taboon_client.page.screens.board import names_of, view_of
from taboon_client.page.screens.visit import Told
from taboon_client.text.contacts import redact
from taboon_client.views.filters import Now, choose

if TYPE_CHECKING:
    from taboon_client.board import Opening
    from taboon_client.page.screens.visit import Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS", "Draft"]

_MOST_ROWS = 300
_MOST_SECRET = 400
_TITLE = 140


class Draft(NamedTuple):
    """One row of an import, before anybody has agreed to it: nothing of it is sent."""

    key: bytes
    opening: Opening
    sealed: str


async def _import(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "import.html", "more")


async def _look(visit: Visit) -> Told:
    """Read a sheet or an exported chat, and show what would be posted."""
    place = await visit.place()
    text = visit.asked.text("file") or visit.asked.text("pasted")
    if not text:
        raise FieldError("pasted", "is empty: choose a file or paste a text")
    drafts, chat = _read(text, visit.now)
    if not drafts:
        raise FieldError("pasted", "holds nothing that could be posted")
    known = len(drafts)
    drafts = drafts[:_MOST_ROWS]
    name = os.urandom(8).hex()
    visit.house.drafts = {name: drafts}
    shown = visit.fragment("preview.html", place=place, drafts=drafts, draft=name, chat=chat, left=known - len(drafts))
    return Told(show=shown)


def _read(text: str, now: int) -> tuple[list[Draft], bool]:
    data = text.encode("utf-8", "replace")
    try:
        chat = read_chat(data)
    except BadChatError:
        chat = None
    if chat is not None and chat.messages:
        return [_from_message(one.text, f"{one.at.isoformat()} {one.author}", now) for one in chat.messages], True
    try:
        return [_from_post(key, opening) for key, opening in read_sheet(data, created=now).posts], False
    except BadSheetError as error:
        line, what = error.problems[0]
        raise FieldError("pasted", f"line {line}: {what}") from None


def _from_message(text: str, source: str, now: int) -> Draft:
    cut = redact(text)
    one = " ".join(cut.text.split())
    title = one if len(one) <= _TITLE else one[: _TITLE - 1] + "…"
    key = hashlib.sha256(b"taboon chat row v1" + f"{source}\n{text}".encode()).digest()[:16]
    note = cut.text if title != one else ""
    opening = Need(title=title or "…", note=note[:4_000], created=now, source="whatsapp")
    return Draft(key, opening, ", ".join(cut.found)[:_MOST_SECRET])


def _from_post(key: bytes, opening: Opening) -> Draft:
    title, note, original = redact(opening.title), redact(opening.note), redact(opening.original)
    found = dict.fromkeys((*title.found, *note.found, *original.found))
    changed = msgspec.structs.replace(opening, title=title.text, note=note.text, original=original.text)
    return Draft(key, changed, ", ".join(found)[:_MOST_SECRET])


async def _take(visit: Visit) -> Told:
    """Post the rows that were ticked; what stood in them of numbers and addresses goes into the sealed details."""
    place = await visit.place()
    drafts = visit.house.drafts.get(visit.asked.text("name"), [])
    chosen = {int(row) for row in visit.asked.many("row") if row.isdecimal()}
    posts = [
        (draft.key, draft.opening, Details(note=draft.sealed)) if draft.sealed else (draft.key, draft.opening)
        for at, draft in enumerate(drafts)
        if at in chosen
    ]
    if not posts:
        return Told(say=visit.say(N_("Nothing is ticked.")), problem=True)
    report = await place.group.post_all(posts)
    visit.house.drafts = {}
    visit.house.send_soon(place.group)
    said = visit.say(
        N_("Posted: %(posted)s. Already there: %(known)s."),
        posted=visit.language.number(report.posted),
        known=visit.language.number(report.known),
    )
    return Told(go=f"/board?g={place.code}", say=said)


async def _export(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "export.html", "more", text=await _list(visit))


async def _list(visit: Visit) -> str:
    """Return the open needs as a text for other channels: no names, no numbers, no addresses."""
    place = await visit.place()
    names = await names_of(visit, place)
    items = choose(await place.group.board(), view_of({"kind": "need"}), Now(visit.now, place.me, {}, {}))
    lines = []
    for item in items[:_MOST_ROWS]:
        open_lines = [f"{line.open} {line.unit}".strip() for line in item.lines if line.open and line.quantity > 1]
        told = [redact(item.title).text, *open_lines, names.area(item)]
        lines.append(f"#{place.item_code(item.id)} " + " · ".join(visible(one) for one in told if one))
    return "\n".join(lines)


async def _download(visit: Visit) -> Told:
    file = {"name": "needs.txt", "type": "text/plain;charset=utf-8", "text": await _list(visit)}
    return Told(download=file, say=visit.say(N_("Saved as %(name)s."), name=file["name"]))


SCREENS = {"/import": _import, "/export": _export}
ACTS = {"/look-at-import": _look, "/take-import": _take, "/download-list": _download}
