"""An intake sheet is read whole, or refused with the line and what to do."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board.kinds import Need, Offer, to_body
from taboon_client.intake.sheet import MAX_ROWS, BadSheetError, Sheet, read_sheet

NOW = 1_790_000_000
ROOT = Path(__file__).resolve().parents[3]
REAL = Path(os.environ.get("TABOON_DATA", ROOT.parent / "shared" / "data")) / "crisis-messages.csv"


def read(text: str | bytes) -> Sheet:
    return read_sheet(text if isinstance(text, bytes) else text.encode(), created=NOW)


def problems(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(BadSheetError) as caught:
        read(text)
    return list(caught.value.problems)


def problem(text: str | bytes) -> tuple[int, str]:
    [only] = problems(text)
    return only


# --- what arrives


@pytest.mark.skipif(not REAL.is_file(), reason="the real messages are not beside the project; TABOON_DATA names them")
def test_the_real_sheet_is_read_byte_for_byte() -> None:
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    posts = read_sheet(REAL, created=NOW).posts
    assert [(post.note or post.title, post.original) for _, post in posts] == [
        (row["message"], row["original"]) for row in rows
    ]
    assert len({key for key, _ in posts}) == len(rows)


def test_the_shipped_sheet_has_needs_and_offers_in_two_languages() -> None:
    posts = [post for _, post in read_sheet(ROOT / "scripts" / "demo-sheet.csv", created=NOW).posts]
    assert len(posts) == 40
    assert {type(post) for post in posts} == {Need, Offer}
    assert any("\u0600" <= letter <= "\u06ff" for post in posts for letter in post.title)
    for post in posts:
        to_body(post)


def test_a_short_message_is_the_title_and_a_long_one_stands_whole_in_the_note() -> None:
    [(_, short), (_, long)] = read("message\n" + "a" * 140 + "\n" + "b" * 141 + "\n").posts
    assert (short.title, short.note) == ("a" * 140, "")
    assert (long.title, long.note) == ("b" * 139 + "…", "b" * 141)


def test_every_column_that_is_known_finds_its_place() -> None:
    [(key, post)] = read(
        "Unit, KIND ,quantity,urgency,area,category,original,message,id,comment\n"
        "litre,offer,40,soon,North,water,dlo,Water,7,whatever\n"
    ).posts
    assert isinstance(post, Offer)
    assert (post.title, post.original, post.category, post.area, post.urgency) == (
        *("Water", "dlo", "water", "North", "soon"),
    )
    assert [(line.quantity, line.unit) for line in post.lines] == [(40, "litre")]
    assert post.created == NOW
    assert post.key == key


def test_title_and_message_may_both_be_there() -> None:
    [(_, post)] = read("title,message\nWater,All of us are thirsty\n").posts
    assert (post.title, post.note) == ("Water", "All of us are thirsty")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_semicolons_and_tabs_separate_as_well_as_commas(separator: str) -> None:
    [(_, post)] = read(separator.join(["id", "message"]) + "\n" + separator.join(["1", "Water"]) + "\n").posts
    assert post.title == "Water"


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    [(_, post)] = read(b"\xef\xbb\xbfmessage\nWater\n").posts
    assert post.title == "Water"


def test_rows_without_anything_in_them_are_passed_over() -> None:
    assert [post.title for _, post in read("message,area\n\nWater,\n,\n  , \nBread,\n\n").posts] == ["Water", "Bread"]


def test_a_text_over_several_lines_keeps_them_as_they_are() -> None:
    [(_, post), (_, after)] = read('message\n"one\r\ntwo\n""three"""\nfour\n').posts
    assert post.title == 'one\r\ntwo\n"three"'
    assert after.title == "four"


def test_arabic_digits_are_a_quantity() -> None:
    [(_, post)] = read("message,quantity\nماء,٤٠\n").posts
    assert post.lines[0].quantity == 40


# --- the same rows are the same posts


def test_the_same_sheet_gives_the_same_keys() -> None:
    sheet = "id,message\n1,Water\n2,Water\n"
    assert read(sheet).posts == read(sheet).posts
    assert len({key for key, _ in read(sheet).posts}) == 2


def test_equal_texts_without_ids_are_told_apart_by_their_order() -> None:
    [(first, _), (second, _)] = read("message\nWater\nWater\n").posts
    assert first != second
    [(again, _)] = read("message\nWater\n").posts
    assert again == first


def test_a_row_keeps_its_key_when_rows_are_added_before_it() -> None:
    [(key, _)] = read("message\nWater\n").posts
    assert read("message\nBread\nWater\n").posts[1][0] == key


def test_a_changed_text_under_an_old_id_is_another_post() -> None:
    [(before, _)], [(after, _)] = read("id,message\n1,Water\n").posts, read("id,message\n1,Waters\n").posts
    assert before != after


# --- what is refused, with its line


def test_a_sheet_without_a_text_column_is_refused() -> None:
    line, what = problem("id,text\n1,Water\n")
    assert line == 1
    assert "“message”" in what


@pytest.mark.parametrize("sheet", ["", "message\n", "message\n\n\n"])
def test_a_sheet_without_rows_is_refused(sheet: str) -> None:
    assert problem(sheet)[0] == 1


def test_a_column_that_is_there_twice_is_refused() -> None:
    assert problem("message,Message\na,b\n") == (1, "the column “message” is there twice: keep one")


def test_a_quote_that_is_never_closed_is_told_by_the_line_where_it_opens() -> None:
    line, what = problem('message\nfine\n"Water\nand\nmore\n')
    assert line == 3
    assert "never closed" in what


def test_a_quote_inside_a_quoted_text_has_to_be_doubled() -> None:
    line, what = problem('message\nfine\n"say "hello" to them"\n')
    assert line == 3
    assert "quotes" in what


def test_a_cell_too_many_is_told() -> None:
    line, what = problem("id,message\n1,Water, please\n")
    assert line == 2
    assert "3 cells for 2 columns" in what


@pytest.mark.parametrize("quote", [b"", b'"'])
def test_a_cell_of_40_megabytes_is_refused_without_being_held(quote: bytes) -> None:
    class Huge(io.RawIOBase):
        """40 MB of one cell, made while it is read."""

        left = 40_000_000
        begun = False

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # all that BufferedReader hands in
            start = b"" if self.begun else b"message\nfine\n" + quote
            self.begun = True
            size = min(len(buffer), self.left + len(start))
            buffer[:size] = start + b"w" * (size - len(start))
            self.left -= size - len(start)
            return size

    tracemalloc.start()
    try:
        with pytest.raises(BadSheetError) as caught:
            read_sheet(io.BufferedReader(Huge()), created=NOW)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [(line, what)] = caught.value.problems
    assert line == 3
    assert "longer" in what
    assert most < 4_000_000


def test_a_huge_cell_over_many_lines_is_refused_at_the_line_where_it_begins() -> None:
    line, what = problem('message\nfine\n"' + "water please\n" * 40_000 + '"\n')
    assert line == 3
    assert "longer than 4000 characters" in what


def test_a_text_just_too_long_is_told_with_its_length() -> None:
    assert problem("message\n" + "w" * 4_001 + "\n") == (2, "“message” has 4001 characters: at most 4000 fit")


def test_what_is_no_utf8_is_told_by_line_and_byte() -> None:
    line, what = problem("message\nfine\nPrière\n".encode("latin-1"))
    assert line == 3
    assert what.startswith("byte 4 is not UTF-8")


def test_utf16_is_recognized_and_named() -> None:
    line, what = problem("message\nWater\n".encode("utf-16"))
    assert line == 1
    assert "UTF-16" in what


def test_nul_bytes_are_refused() -> None:
    line, what = problem(b"message\nWa\0ter\n")
    assert line == 2
    assert "NUL" in what


def test_an_id_that_is_there_twice_names_both_lines() -> None:
    line, what = problem("id,message\n1,Water\n2,Bread\n1,Milk\n")
    assert line == 4
    assert "line 2" in what


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("message,urgency", "Water,yesterday", "now, soon, week, whenever"),
        ("message,kind", "Water,wish", "need or offer"),
        ("message,quantity", "Water,many", "whole number"),
        ("message,quantity", "Water,0", "whole number"),
        ("message,quantity", "Water,-1", "whole number"),
        ("message,quantity", "Water,1000000001", "whole number"),
        ("message,quantity", "Water," + "9" * 5_000, "whole number"),
        ("message,quantity,unit", "Water,,litre", "no quantity"),
        ("message,category", "Water," + "c" * 33, "33 characters"),
        ("message,area", "Water," + "a" * 65, "65 characters"),
        ("message,original", "Water," + "o" * 4_001, "4001 characters"),
        ("title", "t" * 4_001, "characters"),
        ("title,message", "t" * 141 + ",Water", "141 characters"),
        ("message,area", " ,North", "no text"),
    ],
)
def test_a_cell_that_does_not_fit_is_told(header: str, row: str, told: str) -> None:
    line, what = problem(f"{header}\n{'fine' + ',' * header.count(',')}\n{row}\n")
    assert line == 3
    assert told in what


def test_all_that_is_wrong_is_told_at_once_up_to_twenty_places() -> None:
    assert [line for line, _ in problems("message,kind\nok,\nx,1\nok,\ny,2\n")] == [3, 5]
    assert len(problems("message,kind\n" + "x,wish\n" * 100)) == 20


def test_a_sheet_with_too_many_rows_is_refused() -> None:
    line, what = problem("message\n" + "w\n" * (MAX_ROWS + 1))
    assert line == MAX_ROWS + 2
    assert "split" in what


def test_no_message_quotes_what_stands_in_the_sheet() -> None:
    secret = "Mariam-at-the-mill"
    for sheet in (
        f"{secret}\nx\n",
        f"message,kind\n{secret},{secret}\n",
        f"message,urgency,quantity\n{secret},{secret},{secret}\n",
        f'message\n"{secret}',
        f"id,message\n{secret},a\n{secret},b\n",
        f"message\n{secret},{secret}\n",
    ):
        with pytest.raises(BadSheetError) as caught:
            read(sheet)
        assert secret not in str(caught.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_the_sheets_own_words(data: bytes) -> None:
    try:
        sheet = read(b"message,id,quantity\n" + data)
    except BadSheetError as error:
        assert all(line >= 1 and what for line, what in error.problems)  # noqa: PT017 - either way is right
    else:
        assert all(1 <= len(post.title) <= 140 for _, post in sheet.posts)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=300)))
def test_what_a_csv_writer_wrote_arrives_as_it_was(texts: list[str]) -> None:
    texts = [text for text in texts if text.strip()]
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerows([["message"], *([text] for text in texts)])
    if not texts:
        return
    assert [post.note or post.title for _, post in read(stream.getvalue()).posts] == texts


def test_a_title_column_alone_may_be_long() -> None:
    [(_, post)] = read("title\n" + "t" * 200 + "\n").posts
    assert post.note == "t" * 200
