"""Taking in: ``import`` of sheets, chats and texts, and ``enter`` for what was written on paper."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import msgspec
import typer

from taboon_client.cli import shapes, terminal
from taboon_client.cli.arguments import GroupRef, Yes
from taboon_client.cli.command import command
from taboon_client.cli.errand import Answer, Errand
from taboon_client.cli.exits import UsageError
from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from taboon_client.board import Details
    from taboon_client.intake.drafts import Draft, Drafts

__all__ = ["register"]

_MOST_BYTES: Final = 32 << 20
_SHOWN: Final = 8
_MOST_TOLD: Final = 20


class Source(StrEnum):
    """What a file is."""

    AUTO = "auto"
    SHEET = "sheet"
    CHAT = "chat"
    TEXT = "text"


class Undecided(StrEnum):
    """What becomes of texts that tell neither that somebody asks nor that somebody offers."""

    LEAVE = "leave"
    NEED = "need"
    OFFER = "offer"


_File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A sheet (.csv), an exported chat or a text (.txt); - reads standard input."),
]
_As = Annotated[Source, typer.Option("--as", help="What the file is, where its form does not tell.")]
_Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="What a column is (again for each); it is remembered."),
]
_Dry = Annotated[bool, typer.Option("--dry-run", help="Only show what would be posted.")]
_UndecidedOption = Annotated[
    Undecided, typer.Option("--undecided", help="What to do with texts that tell neither need nor offer.")
]


class _Read(NamedTuple):
    """What was read: drafts, how the columns were understood, and whether a person should look before it is posted."""

    drafts: "Drafts"
    source: Source
    columns: dict[str, str]
    passed_over: list[str]
    look_first: bool


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    command(
        app,
        "import",
        commit=True,
        examples=[
            "taboon import Harbour intake.csv",
            'taboon import Harbour list.csv --map "What they need=title" --map "Tel=phone"',
            "taboon import Harbour chat.txt --dry-run",
            "taboon import Harbour intake.csv --offline     saved; goes out with the next sync",
        ],
    )(_import)
    command(
        app,
        "enter",
        examples=["taboon enter Harbour                 then type n 3 b 1 20litre Water for the school"],
    )(_enter)


def _import(
    errand: Errand,
    group: GroupRef,
    file: _File,
    *,
    source: _As = Source.AUTO,
    columns: _Map = None,
    undecided: _UndecidedOption = Undecided.LEAVE,
    dry_run: _Dry = False,
    yes: Yes = False,
) -> Answer:
    """Post what a sheet, an exported chat or a text holds.

    The first line of a sheet names its columns. What they are is guessed, shown, and remembered for the next sheet with
    the same ones; a field is title, message, original, id, kind, category, area, urgency, quantity, unit, by, language,
    names, phone, place or people. Names, numbers and addresses become sealed details, wherever they stand. It is read
    whole before anything is posted; importing it again posts only what is new.
    """
    data = _bytes(file)
    place = errand.group(group)
    read = _read(place, data, source, columns or [], errand.now)
    drafts = [_decided(draft, undecided) for draft in read.drafts.drafts]
    posts = [draft for draft in drafts if draft is not None]
    left = len(drafts) - len(posts)
    looking = read.look_first and not yes
    if errand.human and (looking or dry_run):
        _preview(read, posts, left)
    if dry_run or (looking and not terminal.interactive()):
        return _answer(place, read, posts, left, posted=0, known=read.drafts.known, done=False)
    if looking:
        errand.confirm(f"Post these {len(posts)}?", yes=yes)
    with terminal.Bar("Importing", shown=errand.human) as bar:
        report = place.post_all(
            [
                (draft.key, draft.opening) if draft.details is None else (draft.key, draft.opening, draft.details)
                for draft in posts
            ],
            progress=bar,
        )
    errand.send(place)
    return _answer(place, read, posts, left, posted=report.posted, known=report.known + read.drafts.known, done=True)


def _bytes(file: Path) -> bytes:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with file.open("rb") as stream:
                data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"the sheet cannot be read: {error.strerror}") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"the file is larger than {_MOST_BYTES >> 20} MiB: split it")
    return data


def _read(place: "Group", data: bytes, source: Source, mapped: list[str], now: int) -> _Read:
    from taboon_client.intake.chat import BadChatError, read_chat
    from taboon_client.intake.messages import drafts_of_chat, drafts_of_text
    from taboon_client.intake.table import BadSheetError

    vocabulary, secret = place.categories(), place.row_secret()
    if source in (Source.AUTO, Source.CHAT):
        try:
            chat = read_chat(data)
        except BadChatError:
            if source is Source.CHAT:
                raise
        else:
            drafts = drafts_of_chat(chat, vocabulary=vocabulary, secret=secret, now=now)
            return _Read(drafts, Source.CHAT, {}, [], look_first=True)
    if source is Source.TEXT:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadSheetError([(1, "this is no text in UTF-8")]) from None
        drafts = drafts_of_text(text, vocabulary=vocabulary, secret=secret, created=now)
        return _Read(drafts, Source.TEXT, {}, [], look_first=True)
    return _sheet(place, data, mapped, now)


def _sheet(place: "Group", data: bytes, mapped: list[str], now: int) -> _Read:
    from taboon_client.intake.columns import FIELDS, OUR_NAMES, drafts_of_table, guess
    from taboon_client.intake.table import BadSheetError, read_table
    from taboon_client.sharing.tables import rows_of

    table = read_table(data)
    remembered = place.columns(table.header)
    fields = remembered or guess(table.header)
    given = {}
    for one in mapped:
        name, equals, field = one.rpartition("=")
        if not equals or name not in table.header or field not in (*FIELDS, ""):
            columns = ", ".join(table.header)
            raise UsageError(f"--map takes COLUMN=FIELD; the columns here are {columns}; fields: {', '.join(FIELDS)}")
        given[name] = field
    fields = {name: field for name, field in (fields | given).items() if field}
    # Only a sheet that an export wrote has both columns; none other has to wait for the whole board.
    ours = rows_of(place.board()) if {"id", "title"} <= set(fields.values()) else ()
    drafts = drafts_of_table(
        table, fields, vocabulary=place.categories(), secret=place.row_secret(), created=now, ours=ours
    )
    if given:
        place.remember_columns(table.header, fields)
    plain = all(name.strip().casefold() in OUR_NAMES for name in fields)
    if plain and drafts.notes:
        # Whoever wrote the sheet for Taboon mends it; in one that was not, what is left out is shown with the preview.
        raise BadSheetError(list(drafts.notes[:_MOST_TOLD]))
    passed_over = [name for name in table.header if name not in fields]
    return _Read(drafts, Source.SHEET, fields, passed_over, look_first=bool(given) or not (plain or remembered))


def _decided(draft: "Draft", undecided: Undecided) -> "Draft | None":
    from taboon_client.board import Need, Offer

    if draft.decided or undecided is Undecided.LEAVE:
        return draft if draft.decided else None
    made = Need if undecided is Undecided.NEED else Offer
    opening = made(**{name: getattr(draft.opening, name) for name in msgspec.structs.asdict(draft.opening)})
    return draft._replace(opening=opening, decided=True)


def _preview(read: _Read, posts: "list[Draft]", left: int) -> None:
    for name, field in read.columns.items():
        terminal.hint(f"column {field}: {terminal.member(name)}")
    for name in read.passed_over:
        terminal.hint(f"column passed over: {terminal.member(name)}")
    for line, what in read.drafts.notes[:_SHOWN]:
        terminal.hint(f"line {line}, left out: {what}")
    for draft in posts[:_SHOWN]:
        opening = draft.opening
        told = [
            opening.kind,
            opening.urgency,
            opening.category,
            opening.area,
            "sealed details" if draft.details else "",
        ]
        terminal.say(f"line {draft.line}, {', '.join(filter(None, told))}: {terminal.member(opening.title)}")
        if draft.details:
            terminal.say(f"    sealed: {terminal.member(_sealed(draft.details))}")
    if len(posts) > _SHOWN:
        terminal.say(f"… and {len(posts) - _SHOWN} more")
    if left:
        for draft in [draft for draft in read.drafts.drafts if not draft.decided][:_SHOWN]:
            terminal.say(f"line {draft.line}, undecided: {terminal.member(draft.opening.title)}")
        terminal.hint(
            f"{left} texts tell neither need nor offer and are left out: --undecided need posts them as needs."
        )


def _sealed(details: "Details") -> str:
    """Return what only those would read who must know, for the one who brings it."""
    contacts = (one.value for one in details.contacts)
    people = f"{details.people} people" if details.people else ""
    return "; ".join(filter(None, (details.names, details.place, *contacts, people, details.note)))


def _answer(
    place: "Group", read: _Read, posts: "list[Draft]", left: int, *, posted: int, known: int, done: bool
) -> Answer:
    entries = len(read.drafts.drafts) + read.drafts.passed + read.drafts.known
    sealed = sum(draft.details is not None for draft in posts)
    data = {
        "rows": entries,
        "posted": posted,
        "known": known,
        "undecided": left,
        "passed": read.drafts.passed,
        "sealed": sealed,
        "done": done,
        "columns": read.columns,
        "notes": [[line, what] for line, what in read.drafts.notes],
    }

    def show() -> None:
        counted = f"{entries} rows read, {posted} posted, {known} on the board already"
        if sealed:
            counted += f", {sealed} with sealed details"
        if read.drafts.passed:
            counted += f", {read.drafts.passed} without a text"
        terminal.say(f"{counted}.")
        if left:
            terminal.hint(f"{left} tell neither need nor offer, and were not posted (--undecided).")
        if not done:
            terminal.hint("Nothing was posted. Look at it, then run it again with --yes and without --dry-run.")

    return Answer({"group": shapes.group_ref(place), **data}, show)


def _enter(errand: Errand, group: GroupRef) -> Answer:
    """Type in rows of the printed intake sheet, one line each.

    A row is typed as “n 3 b 1 20litre Water for the school”: need or offer, number of the category, letter of the area,
    urgency, how many of what, the text; - stands for what is empty. “undo” takes the last one back; an empty line ends.
    """
    from taboon_client.intake.drafts import Drawer
    from taboon_client.sharing.paper import Codes, read_row

    place = errand.group(group)
    codes, drawer = Codes.of(place.categories(), place.areas()), Drawer(place.row_secret())
    entered: list[bytes] = []
    at_terminal = errand.human and terminal.interactive()
    while True:
        try:
            line = errand.ask("row: ") if at_terminal else sys.stdin.readline().strip()
        except EOFError:
            break
        if not line:
            break
        try:
            if line.casefold() == "undo":
                if entered:
                    taken = place.withdraw(entered.pop(), why="wrong")
                    terminal.hint(f"Taken back: {terminal.member(taken.title)}")
                continue
            draft = drawer.draft(len(entered) + 1, read_row(line, codes, created=errand.now))
            item = place.post(draft.opening, details=draft.details)
        except FieldError as error:
            # At a terminal the next line mends it; from a file it would be lost unseen.
            if not at_terminal:
                raise
            terminal.hint(terminal.sentence(str(error)))
            continue
        entered.append(item.id)
        if errand.human:
            told = (item.kind, item.urgency, item.category, item.area)
            terminal.say(f"#{item.code}  {', '.join(filter(None, told))}: {terminal.member(item.title)}")
    errand.send(place)

    def show() -> None:
        terminal.say(f"{len(entered)} entered.")

    return Answer({"group": shapes.group_ref(place), "posted": len(entered)}, show)
