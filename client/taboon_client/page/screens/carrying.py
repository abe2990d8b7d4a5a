"""Taking texts in and giving some out: an import that is looked at first, and a list without numbers and addresses."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from taboon_client.board import Need, Offer
from taboon_client.errors import FieldError
from taboon_client.intake.chat import BadChatError, read_chat
from taboon_client.intake.columns import FIELDS, drafts_of_table, guess
from taboon_client.intake.messages import drafts_of_chat, drafts_of_text
from taboon_client.intake.table import BadSheetError, read_table
from taboon_client.page import words
from taboon_client.page.faults import spoken_notice
from taboon_client.page.language import LANGUAGES, N_
from taboon_client.page.screens.board import names_of
from taboon_client.page.screens.visit import Told
from taboon_client.sharing.consent import may_be_read_by
from taboon_client.sharing.lists import list_of
from taboon_client.sharing.paper import Codes, sheet_of
from taboon_client.sharing.tables import csv_of, json_of, rows_of
from taboon_client.text.contacts import GAP
from taboon_client.views.filters import Now, View, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_client.board import Item, Opening
    from taboon_client.intake.drafts import Draft, Drafts
    from taboon_client.library import Group
    from taboon_client.library.items import Post
    from taboon_client.page.screens.visit import Place, Visit
    from taboon_client.page.web import Answer

__all__ = ["ACTS", "SCREENS", "previewed"]

_MOST_ROWS = 300


class Columns(NamedTuple):
    """What the columns of a sheet are taken for.

    Attributes:
        header: A name for these very columns.
        fields: The name of each, and which of :data:`FIELDS` it is; empty for one that is passed over.
    """

    header: str
    fields: list[tuple[str, str]]


_MOST_NOTES = 20


async def _import(visit: Visit) -> Answer:
    return visit.render_in(await visit.place(), "import.html", "more")


async def _look(visit: Visit) -> Told:
    """Read a sheet, an exported chat or a text, and show what would be posted."""
    place = await visit.place()
    text = visit.asked.text("file") or visit.asked.text("pasted")
    if not text:
        raise FieldError("pasted", "is empty: choose a file or paste a text")
    try:
        read, columns = await _read(visit, place.group, text, visit.asked.text("source"))
    except BadSheetError:
        raise FieldError("pasted", "holds nothing that could be posted, or too much: split it") from None
    if not read.drafts:
        raise FieldError("pasted", "holds nothing that could be posted")
    return Told(show=await previewed(visit, place, read.drafts, read.notes, columns))


async def previewed(
    visit: Visit, place: Place, found: Sequence[Draft], notes: Sequence[tuple[int, str]], columns: Columns | None = None
) -> str:
    """Keep drafts until somebody has ticked which of them are posted, and return what is shown of them."""
    drafts = tuple(found[:_MOST_ROWS])
    name = os.urandom(8).hex()
    visit.house.drafts = {name: drafts}
    return visit.fragment(
        "preview.html",
        place=place,
        drafts=drafts,
        draft=name,
        names=await names_of(visit, place),
        words=words,
        left=len(found) - len(drafts),
        notes=[(line, spoken_notice(what, visit.language)) for line, what in notes[:_MOST_NOTES]],
        columns=columns,
    )


async def _read(visit: Visit, group: Group, text: str, source: str) -> tuple[Drafts, Columns | None]:
    """Return what a chat, a sheet or a plain text holds; of a sheet also what its columns are taken for.

    It is what somebody says that it is, else the first of these as which it can be read.
    """
    data, now = text.encode("utf-8", "replace"), visit.now
    vocabulary, secret = await group.categories(), await group.row_secret()
    if source not in ("sheet", "text"):
        try:
            return drafts_of_chat(read_chat(data), vocabulary=vocabulary, secret=secret, now=now), None
        except BadChatError:
            if source == "chat":
                raise FieldError("pasted", "holds nothing that could be posted") from None
    try:
        table = None if source == "text" else read_table(data)
    except BadSheetError:
        if source == "sheet":
            raise
        table = None
    if table is None:
        return drafts_of_text(text, vocabulary=vocabulary, secret=secret, created=now), None
    said = _said_columns(visit, table.header)
    fields = said if said is not None else await group.columns(table.header) or guess(table.header)
    columns = Columns(_named(table.header), [(name, fields.get(name, "")) for name in table.header])
    if not {"title", "message"} & set(fields.values()):
        shown = columns if len(table.header) > 1 else None
        return drafts_of_text(text, vocabulary=vocabulary, secret=secret, created=now), shown
    if said is not None:
        await group.remember_columns(table.header, said)
    ours = rows_of(await group.board()) if {"id", "title"} <= set(fields.values()) else ()
    return drafts_of_table(table, fields, vocabulary=vocabulary, secret=secret, created=now, ours=ours), columns


def _named(header: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(header).encode("utf-8", "replace")).hexdigest()


def _said_columns(visit: Visit, header: Sequence[str]) -> dict[str, str] | None:
    """Return what somebody said that the columns of this very sheet are; None if they said nothing."""
    if visit.asked.text("header") != _named(header):
        return None
    said = ((name, visit.asked.text(f"column-{at}")) for at, name in enumerate(header))
    return {name: field for name, field in said if field in FIELDS}


def _decided(draft: Draft, wanted: str) -> Opening:
    """Return what is posted of a row: where its text tells neither need nor offer, what the user said."""
    if draft.decided:
        return draft.opening
    kind = Offer if wanted == "offer" else Need
    return kind(**{name: getattr(draft.opening, name) for name in msgspec.structs.asdict(draft.opening)})


async def _take(visit: Visit) -> Told:
    """Post the rows that were ticked; what stood in them of numbers and addresses goes into the sealed details."""
    place = await visit.place()
    drafts = visit.house.drafts.get(visit.asked.text("name"), ())
    chosen = {int(row) for row in visit.asked.many("row") if row.isdecimal()}
    undecided = visit.asked.text("undecided")
    posts: list[Post] = []
    for at, draft in enumerate(drafts):
        if at in chosen and (draft.decided or undecided != "leave"):
            opening = _decided(draft, undecided)
            posts.append((draft.key, opening) if draft.details is None else (draft.key, opening, draft.details))
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
    place = await visit.place()
    left_out = len(await _wanted(visit, "group")) - len(await _wanted(visit, "text"))
    return visit.render_in(
        place, "export.html", "more", text=await _list(visit), gap=GAP, left_out=left_out, words=words
    )


async def _wanted(visit: Visit, readers: str, *, closed: bool = False) -> list[Item]:
    """Return what may be told of to these, as the board shows it: what is open, or all of it."""
    place = await visit.place()
    now = Now(visit.now, place.me, {}, {})
    return may_be_read_by(readers, choose(await place.group.board(), View(closed=closed), now))


async def _list(visit: Visit) -> str:
    """Return what is open as a text for other channels: no names, no numbers, no addresses."""
    place = await visit.place()
    names = await names_of(visit, place)
    items = await _wanted(visit, "text")
    return list_of(items, categories=names.categories, areas=names.areas, language=_language(visit))


def _language(visit: Visit) -> str:
    """Return in which language what is ours in a file is written: the page's unless another was chosen."""
    asked = visit.asked.text("language")
    return asked if asked in LANGUAGES else visit.language.code


async def _table(visit: Visit) -> str:
    return csv_of(await _chosen(visit))


async def _objects(visit: Visit) -> str:
    return json.dumps(json_of(await _chosen(visit)), ensure_ascii=False, indent=1) + "\n"


async def _chosen(visit: Visit) -> list[Item]:
    asked = visit.asked.text("readers")
    readers = asked if asked in words.AUDIENCES else "text"
    return await _wanted(visit, readers, closed=bool(visit.asked.text("all")))


async def _intake(visit: Visit) -> str:
    """Return an intake sheet of paper, to fill in by hand."""
    group = (await visit.place()).group
    return sheet_of(Codes.of(await group.categories(), await group.areas()), _language(visit))


_FILES: Final = {
    "list": ("board.txt", "text/plain;charset=utf-8", _list),
    "csv": ("board.csv", "text/csv;charset=utf-8", _table),
    "json": ("board.json", "application/json", _objects),
    "paper": ("intake.html", "text/html;charset=utf-8", _intake),
}


async def _download(visit: Visit) -> Told:
    name, kind, text = _FILES.get(visit.asked.text("form"), _FILES["list"])
    file = {"name": name, "type": kind, "text": await text(visit)}
    return Told(download=file, say=visit.say(N_("Saved as %(name)s."), name=file["name"]))


SCREENS = {"/import": _import, "/export": _export}
ACTS = {"/look-at-import": _look, "/take-import": _take, "/download-list": _download}
