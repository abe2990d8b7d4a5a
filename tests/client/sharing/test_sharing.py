"""What leaves the group on purpose: lists, tables and paper, without anybody in them."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest

from taboon_client.board import Line, Need, Offer, Pledge
from taboon_client.board.deeds import Pause
from taboon_client.board.fields import AUDIENCES, Consent
from taboon_client.board.vocabulary import BUILT_IN, Term, Vocabulary
from taboon_client.errors import FieldError
from taboon_client.intake.columns import drafts_of_table, guess
from taboon_client.intake.table import read_table
from taboon_client.sharing.consent import may_be_read_by
from taboon_client.sharing.lists import list_of
from taboon_client.sharing.paper import Codes, read_row, sheet_of
from taboon_client.sharing.tables import COLUMNS, csv_of, json_of, rows_of
from tests.client.board.worlds import Actor, Device, first_epoch

CATEGORIES = Vocabulary(BUILT_IN)


def area(code: str, english: str, arabic: str) -> Term:
    labels = {"en": english, "ar": arabic}
    return Term(code=code, sense=b"", labels=labels, under="", aliases=(), retired=False, into="")


AREAS = Vocabulary((area("hill", "The hill", "التلة"), area("port", "The port", "الميناء")))


def items(*openings: Any) -> list[Any]:
    actor = Actor("amal")
    device = Device(actor, [first_epoch(actor)])
    posted = [device.post(opening) for opening in openings]
    return [device.board.items[event.name] for event in posted]


WATER = Need(
    title="Water for the clinic, call 0599 123 456",
    created=1,
    category="water",
    area="hill",
    urgency="now",
    lines=(Line(quantity=60, unit="litre"),),
)
VAN = Offer(title="=HYPERLINK(1)", created=1, category="move")


def test_nobody_is_told_of_further_than_they_agreed() -> None:
    board = items(
        WATER,
        *(
            Need(
                title=f"{audience or 'unsaid'} {for_whom}",
                created=1,
                for_whom=for_whom,
                consent=Consent(audience=audience),
            )
            for audience in ("", *AUDIENCES)
            for for_whom in ("", "self", "group", "neighbour", "household")
        ),
    )
    later = msgspec.structs.replace(board[0], title="a later version's", consent=Consent(audience="everyone"))
    board.append(later)
    told = {audience: {item.title for item in may_be_read_by(audience, board)} for audience in AUDIENCES}
    assert told["text"] == {WATER.title, "unsaid ", "unsaid self", "unsaid group"} | {
        f"text {for_whom}" for for_whom in ("", "self", "group", "neighbour", "household")
    }
    assert {title.split()[0] for title in told["allies"] - told["text"]} == {"allies"}
    assert {title.split()[0] for title in told["neighbours"] - told["allies"]} == {"neighbours"}
    assert told["group"] == {item.title for item in board}
    assert later.title not in told["neighbours"]


def test_a_list_has_what_is_still_open_and_no_numbers() -> None:
    text = list_of(items(WATER, VAN), categories=CATEGORIES, areas=AREAS)
    assert "0599" not in text
    assert "60 × litre" in text
    assert "The hill" in text
    assert text.startswith("Needed\n#")


def test_a_list_leaves_out_what_is_covered_or_paused() -> None:
    actor = Actor("amal")
    device = Device(actor, [first_epoch(actor)])
    water, van = (device.post(opening) for opening in (WATER, VAN))
    device.post(Pledge(created=2), water.name)
    device.post(Pause(created=2), van.name)
    assert list_of(device.board.items.values(), categories=CATEGORIES, areas=AREAS) == ""


def test_a_list_speaks_arabic() -> None:
    text = list_of(items(WATER), categories=CATEGORIES, areas=AREAS, language="ar")
    assert text.startswith("مطلوب")
    assert "التلة" in text
    assert "litre × ٦٠" in text
    assert not set("0123456789·") & set(text.partition(" ")[2].partition(" ")[2])


def test_a_table_has_tags_and_no_formulas_and_reads_back() -> None:
    text = csv_of(items(WATER, VAN))
    names, tags, first, second = csv.reader(io.StringIO(text, newline=""))
    assert (names, tags) == (list(COLUMNS), list(COLUMNS.values()))
    assert "0599" not in text
    assert second[names.index("title")] == "'=HYPERLINK(1)"
    assert first[names.index("quantity")] == "60"
    table = read_table(text.encode())
    back = drafts_of_table(table, guess(table.header), vocabulary=CATEGORIES, secret=bytes(32), created=1).drafts
    assert [draft.opening.kind for draft in back] == ["need", "offer"]
    assert back[1].opening.title == "=HYPERLINK(1)"
    assert [(line.quantity, line.unit) for line in back[0].opening.lines] == [(60, "litre")]
    assert (back[0].opening.category, back[0].opening.area, back[0].opening.urgency) == ("water", "hill", "now")


def test_a_table_that_comes_back_to_its_own_board_makes_no_doubles() -> None:
    board = items(WATER, VAN)
    table = read_table(csv_of(board).encode())
    read = drafts_of_table(
        table, guess(table.header), vocabulary=CATEGORIES, secret=bytes(32), created=1, ours=rows_of(board)
    )
    assert (read.known, read.drafts) == (2, ())
    grown = read_table((csv_of(board) + "K7F2,need,,,Blankets,,,,,,,,,,,\r\n").encode())
    read = drafts_of_table(
        grown, guess(table.header), vocabulary=CATEGORIES, secret=bytes(32), created=1, ours=rows_of(board)
    )
    assert [draft.opening.title for draft in read.drafts] == ["Blankets"]


def test_json_says_nothing_of_who_posted() -> None:
    (one,) = json_of(items(WATER))
    assert "0599" not in str(one)
    assert not {"author", "pledges", "comments", "details"} & set(one)
    assert one["lines"][0]["open"] == 60


CODES = Codes.of(CATEGORIES, AREAS)


def test_a_row_of_paper_is_typed_in_one_line() -> None:
    number = next(at for at, term in enumerate(CODES.categories, 1) if term.code == "water")
    made = read_row(f"n {number} b 1 20litre Water for the school", CODES, created=5)
    assert isinstance(made, Need)
    assert (made.category, made.area, made.urgency, made.title) == ("water", "port", "now", "Water for the school")
    assert [(line.quantity, line.unit) for line in made.lines] == [(20, "litre")]
    plain = read_row("o - - - - A van", CODES, created=5)
    assert isinstance(plain, Offer)
    assert (plain.category, plain.lines) == ("", ())


@pytest.mark.parametrize(
    "row", ["", "n", "x 1 a 1 1 t", "n 999 a 1 1 t", "n 1 z 1 1 t", "n 1 a 9 1 t", "n 1 a 1 some t", "n 0 a 1 1 t"]
)
def test_a_row_that_does_not_fit_says_how_it_is_written(row: str) -> None:
    with pytest.raises(FieldError):
        read_row(row, CODES, created=5)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_sheet_names_every_category_and_area_and_fetches_nothing(language: str) -> None:
    page = sheet_of(Codes.of(CATEGORIES, Vocabulary((area("x", "<script>", "<script>"),))), language)
    assert ("n need" in page) == (language == "en")
    assert ("ح حاجة" in page) == (language == "ar")
    for term in CODES.categories:
        assert term.label(language).replace("&", "&amp;").replace("'", "&#x27;") in page
    assert "<script>" not in page
    assert "http" not in page
    assert 'dir="rtl"' in page or language == "en"


def test_a_row_of_an_arabic_sheet_is_typed_in_arabic() -> None:
    number = next(at for at, term in enumerate(CODES.categories, 1) if term.code == "water")
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    for row in (f"ط {arabic} - ١ ٢٠لتر ماء للمدرسة", f"ح {arabic} – ١ ٢٠لتر ماء للمدرسة"):
        made = read_row(row, CODES, created=5)
        assert isinstance(made, Need)
        assert (made.category, made.area, made.urgency, made.title) == ("water", "", "now", "ماء للمدرسة")
        assert [(line.quantity, line.unit) for line in made.lines] == [(20, "لتر")]
    assert read_row("ع - ب - - شاحنة", CODES, created=5).area == read_row("o - b - - A van", CODES, created=5).area


@pytest.mark.parametrize("language", ["en", "ar"])
def test_each_row_of_paper_has_boxes_to_tick_whose_signs_stay_beside_them(language: str) -> None:
    rows = sheet_of(CODES, language).partition("<tbody>")[2].split("<tr>")[1:]
    assert len(rows) == 12
    for row in rows:
        assert [f"<bdi>☐&nbsp;{sign}</bdi>" in row for sign in ("no1234" if language == "en" else "حع١٢٣٤")] == [
            True
        ] * 6
