"""A sheet is read whole, or refused with the line and what to do."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board.kinds import Need, Offer, to_body
from taboon_client.board.vocabulary import BUILT_IN, Vocabulary
from taboon_client.intake.columns import drafts_of_table, guess
from taboon_client.intake.table import MAX_ROWS, BadSheetError, Table, read_table

ROOT = Path(__file__).resolve().parents[3]
REAL = Path(os.environ.get("TABOON_DATA", ROOT.parent / "shared" / "data")) / "crisis-messages.csv"


def read(text: str | bytes) -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode())


def cells(text: str | bytes) -> list[str]:
    return [row.cells[0] for row in read(text).rows]


def problem(text: str | bytes) -> tuple[int, str]:
    with pytest.raises(BadSheetError) as caught:
        read(text)
    [only] = caught.value.problems
    return only


@pytest.mark.skipif(not REAL.is_file(), reason="the real messages are not beside the project; TABOON_DATA names them")
def test_the_real_sheet_is_read_byte_for_byte() -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    table = read_table(REAL.read_bytes())
    assert [list(row.cells) for row in table.rows] == rows[1:]


def test_the_shipped_sheet_has_needs_and_offers_in_two_languages() -> None:
    table = read_table((ROOT / "scripts" / "demo-sheet.csv").read_bytes())
    words = Vocabulary(BUILT_IN)
    drafts = drafts_of_table(table, guess(table.header), vocabulary=words, secret=bytes(32), created=1).drafts
    assert len(drafts) == 40
    assert {type(draft.opening) for draft in drafts} == {Need, Offer}
    assert any("\u0600" <= letter <= "\u06ff" for draft in drafts for letter in draft.opening.title)
    for draft in drafts:
        to_body(draft.opening)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_commas_semicolons_and_tabs_separate(separator: str) -> None:
    assert read(separator.join(("id", "message\n1", "Water\n"))).rows[0].cells == ("1", "Water")


def test_a_text_over_several_lines_keeps_them_and_the_next_row_knows_its_line() -> None:
    table = read('message\r\n"two\r\nlines"\r\nBread\r\n')
    assert [(row.line, row.cells[0]) for row in table.rows] == [(2, "two\r\nlines"), (4, "Bread")]


@pytest.mark.parametrize("sheet", ["", "message\n", "message\n\n  \n"])
def test_a_sheet_without_rows_is_refused(sheet: str) -> None:
    assert "no row" in problem(sheet)[1]


def test_a_quote_that_is_never_closed_is_told_by_the_line_where_it_opens() -> None:
    line, what = problem('message\nWater\n"Bread\nand salt\n')
    assert line == 3
    assert "quotes" in what


def test_a_quote_inside_a_quoted_text_has_to_be_doubled() -> None:
    assert problem('message\n"a "b" c"\n')[0] == 2
    assert cells('message\n"a ""b"" c"\n') == ['a "b" c']


def test_a_cell_too_many_is_told_and_empty_ones_are_not() -> None:
    assert problem("id,message\n1,Water,Bread\n") == (
        2,
        "has 3 cells for 2 columns: put texts with separators inside into quotes",
    )
    assert cells("message\nWater,,\n") == ["Water"]


def test_a_cell_that_is_too_long_is_told_with_its_length() -> None:
    assert "16385 characters" in problem("message\n" + "w" * 16_385 + "\n")[1]


def test_a_sheet_with_too_many_rows_is_refused_at_the_first_too_many() -> None:
    assert problem("message\n" + "x\n" * (MAX_ROWS + 1))[0] == MAX_ROWS + 2


def test_nul_bytes_are_refused() -> None:
    assert "no text" in problem(b"message\nWa\0ter\n")[1]


def test_no_message_quotes_what_stands_in_the_sheet() -> None:
    secret = "Umm-Ali-lives-behind-the-mill"
    for sheet in (f'message\n"{secret}', f"message\n{secret},{secret}\n", f'message\n"{secret}"{secret}"\n'):
        with pytest.raises(BadSheetError) as caught:
            read(sheet)
        assert secret not in str(caught.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_the_sheets_own_words(data: bytes) -> None:
    try:
        table = read(b"message,id,quantity\n" + data)
    except BadSheetError as error:
        assert all(line >= 1 and what for line, what in error.problems)  # noqa: PT017 - either way is right
    else:
        assert all(len(row.cells) == 3 for row in table.rows)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300)))
def test_what_a_csv_writer_wrote_arrives_as_it_was(texts: list[str]) -> None:
    # Spreadsheets are told by an apostrophe that a text is no formula, and tags for machines begin with a hash.
    texts = [text for text in texts if text.strip() and not text.startswith("'") and not text.strip().startswith("#")]
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([["message"], *([text] for text in texts)])
    if texts:
        assert cells(stream.getvalue()) == texts
