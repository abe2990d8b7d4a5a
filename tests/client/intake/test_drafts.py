"""Anybody's sheets, chats and texts become drafts: nothing is lost, nobody's number stands on the board."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board.vocabulary import BUILT_IN, Vocabulary
from taboon_client.intake.chat import read_chat
from taboon_client.intake.columns import drafts_of_table, guess
from taboon_client.intake.drafts import Draft, Drafts, Drawer
from taboon_client.intake.messages import drafts_of_chat, drafts_of_text
from taboon_client.intake.table import BadSheetError, read_table
from taboon_crypto.sealed_details import MOST

VOCABULARY = Vocabulary(BUILT_IN)
SECRET, OTHER = bytes(32), bytes(31) + b"\1"
NOW = 1_800_000_000


def drafts(text: str | bytes, fields: dict[str, str] | None = None, secret: bytes = SECRET) -> Drafts:
    table = read_table(text.encode() if isinstance(text, str) else text)
    return drafts_of_table(table, fields or guess(table.header), vocabulary=VOCABULARY, secret=secret, created=NOW)


def keys(found: Drafts) -> set[bytes]:
    return {draft.key for draft in found.drafts}


SHEET = """Name,Mobile,Address,What,Type,District,Priority,Qty,Family size,Needed by
Um Ali,0599 123 456,3 Mill Lane,Drinking water,water,Hill,urgent,٢٠ لتر,6,31/03/2027
,,,Bread for the school,food,Harbour,,40,,
"""


def test_any_columns_are_understood_by_their_names_and_what_is_private_is_sealed() -> None:
    first, second = drafts(SHEET).drafts
    assert first.opening.title == "Drinking water"
    assert (first.opening.category, first.opening.area, first.opening.urgency) == ("water", "Hill", "now")
    assert [(line.quantity, line.unit) for line in first.opening.lines] == [(20, "لتر")]
    assert first.details is not None
    assert (first.details.names, first.details.place, first.details.people) == ("Um Ali", "3 Mill Lane", 6)
    assert [contact.value for contact in first.details.contacts] == ["0599 123 456"]
    assert second.details is None
    assert second.opening.needed_by == 0
    assert first.opening.needed_by > NOW


def test_arabic_columns_are_understood_too() -> None:
    (one,) = drafts("الاسم;الهاتف;الطلب;المنطقة;الأولوية\nأم علي;٠٥٩٩١٢٣٤٥٦;نحتاج إلى ماء;التلة;عاجل\n").drafts
    assert one.opening.title == "نحتاج إلى ماء"
    assert (one.opening.area, one.opening.urgency) == ("التلة", "now")
    assert one.details is not None
    assert one.details.names == "أم علي"


def test_headers_that_ask_are_understood_too() -> None:
    (one,) = drafts("What they need,How many,Where,Urgent?,Notes\nBlankets,6,3 Mill Lane,now,call after 6\n").drafts
    assert (one.opening.title, one.opening.urgency, one.opening.note) == ("Blankets", "now", "call after 6")
    assert [line.quantity for line in one.opening.lines] == [6]
    assert one.details is not None
    assert one.details.place == "3 Mill Lane"


def test_a_text_that_is_nothing_but_a_number_is_no_entry() -> None:
    found = drafts("Notes\n0599 123 456\nBread\n9 rue du Cosquer\n")
    assert [draft.opening.title for draft in found.drafts] == ["Bread", "[…]"], "an address may be a call for help"
    assert (found.passed, [line for line, _ in found.notes]) == (1, [2])
    pasted = drafts_of_text("0599 123 456\nneed bread", vocabulary=VOCABULARY, secret=SECRET, created=NOW)
    assert ([draft.opening.title for draft in pasted.drafts], pasted.passed) == (["need bread"], 1)
    chat = read_chat(b"31/12/2023, 21:15 - A: 0599 123 456\n31/12/2023, 21:16 - A: need bread")
    assert drafts_of_chat(chat, vocabulary=VOCABULARY, secret=SECRET, now=NOW).passed == 1


def test_what_is_not_understood_is_told_by_line_and_left_out() -> None:
    found = drafts("title,urgency,quantity,by\nWater,perhaps,some,someday\n")
    assert [line for line, _ in found.notes] == [2, 2, 2]
    (one,) = found.drafts
    assert (one.opening.urgency, one.opening.lines, one.opening.needed_by) == ("", (), 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_sheet_of_every_program_is_read(encoding: str, separator: str) -> None:
    text = f"title{separator}area\r\nخبز{separator}التلة\r\n"
    (one,) = drafts(text.encode(encoding)).drafts
    assert (one.opening.title, one.opening.area) == ("خبز", "التلة")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"title\n",
        b"a,b\n1,2\n",
        b'title\n"open\n',
        b"title\n" + b"x" * 20_000 + b"\n",
        b"t\0itle\nx\n",
        b"title\na,b\n",
    ],
)
def test_what_is_no_sheet_is_refused_with_a_place_and_advice(data: bytes) -> None:
    with pytest.raises(BadSheetError, match=r"line [12]"):
        drafts(data)


def test_numbers_and_addresses_in_any_text_are_cut_out_and_sealed() -> None:
    (one,) = drafts("message\nWater please call 0599 123 456 or mail a.b@example.org\n").drafts
    assert "0599" not in one.opening.title
    assert "example" not in one.opening.title
    assert one.details is not None
    assert "0599 123 456" in one.details.note
    assert "a.b@example.org" in one.details.note


def test_the_same_sheet_grown_or_sorted_names_its_old_rows_as_before() -> None:
    rows = [f"{number},Bread {number},059912345{number}" for number in range(9)]
    header = "id,title,phone\n"
    before = keys(drafts(header + "\n".join(rows)))
    grown = keys(drafts(header + "\n".join([*reversed(rows), "9,Milk,0599000000"])))
    assert before < grown
    assert len(grown - before) == 1


def test_two_equal_rows_stay_two() -> None:
    assert len(keys(drafts("title\nBread\nBread\n"))) == 2


def test_a_key_lets_nobody_try_out_what_is_sealed() -> None:
    sealed = "title,phone\nBread,0599123456\n"
    assert keys(drafts(sealed)) != keys(drafts(sealed, secret=OTHER))
    assert keys(drafts("title\nBread\n")) == keys(drafts("title\nBread\n", secret=OTHER))


def test_nobody_tries_out_who_wrote_in_a_chat_or_what_tells_rows_apart() -> None:
    chat = read_chat(b"31/12/2026, 21:15 - +970 599 000 000: We need water\n")
    one, other = (
        drafts_of_chat(chat, vocabulary=VOCABULARY, secret=secret, now=NOW).drafts[0] for secret in (SECRET, OTHER)
    )
    assert one.details is None
    assert one.key != other.key
    named = "id,title\n900000001,Bread\n"
    assert keys(drafts(named)) != keys(drafts(named, secret=OTHER))


def test_numbers_are_cut_out_of_every_column() -> None:
    (one,) = drafts("title,category,area,quantity,unit\nBread,0599 123 456,0599 123 457,3,0599 123 458\n").drafts
    told = str((one.opening.category, one.opening.area, [line.unit for line in one.opening.lines]))
    assert "0599" not in told
    assert one.details is not None
    assert one.details.note.count("0599") == 3


@pytest.mark.parametrize("text", ["x", "ع", "𝔘"])
def test_details_that_are_too_long_are_shortened_told_and_can_be_sealed(text: str) -> None:
    found = drafts(f"title,names,address,phone\nBread,{text * 900},{text * 900},{'0599123456;' * 6}\n")
    (one,) = found.drafts
    assert one.details is not None
    assert len(one.details.encode()) <= MOST
    assert one.details.contacts[0].value == "0599123456"
    assert one.cut
    assert len(found.notes) == 2


CHAT = """31/12/2026, 21:14 - Messages are end-to-end encrypted.
31/12/2026, 21:15 - Um Ali: We need water on the hill
call me 0599 123 456
31/12/2026, 21:16 - +970 599 000 000: <Media omitted>
31/12/2026, 21:17 - Sami: عندنا خبز كثير
31/12/2026, 21:18 - Sami: good night
"""


def of_chat() -> Drafts:
    return drafts_of_chat(read_chat(CHAT.encode()), vocabulary=VOCABULARY, secret=SECRET, now=NOW)


def test_a_chat_becomes_needs_and_offers_and_every_message_is_counted() -> None:
    found = of_chat()
    assert [(draft.opening.kind, draft.decided) for draft in found.drafts] == [
        ("need", True),
        ("offer", True),
        ("need", False),
    ]
    assert len(found.drafts) + found.passed == 5
    first = found.drafts[0]
    assert first.opening.title == "We need water on the hill"
    assert "0599" not in first.opening.note
    assert first.details is not None
    assert first.opening.category == "water"


def test_who_wrote_in_a_chat_is_in_no_draft() -> None:
    told = str(
        [
            (draft.opening.title, draft.opening.note, draft.details and draft.details.encode())
            for draft in of_chat().drafts
        ]
    )
    for name in ("Ali", "Sami", "970"):
        assert name not in told


def test_an_old_chat_is_neither_stale_nor_deleted_at_once() -> None:
    text = "31/12/2020, 21:15 - Sami: We need water\n"
    (one,) = drafts_of_chat(read_chat(text.encode()), vocabulary=VOCABULARY, secret=SECRET, now=NOW).drafts
    assert NOW - 8 * 86_400 < one.opening.created <= NOW


def test_a_text_has_an_entry_for_each_line_or_for_each_paragraph() -> None:
    def titles(text: str) -> list[str]:
        return [
            draft.opening.title
            for draft in drafts_of_text(text, vocabulary=VOCABULARY, secret=SECRET, created=NOW).drafts
        ]

    assert titles("- need water\n- need bread\n") == ["need water", "need bread"]
    assert titles("need water\nfor ten\n\nneed bread") == ["need water", "need bread"]


texts = st.text(st.characters(codec="utf-8"), max_size=200)


@given(st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=20))
def test_every_row_that_says_something_is_a_draft_that_can_be_posted(rows: list[tuple[str, str, str]]) -> None:
    output = io.StringIO(newline="")
    csv.writer(output).writerows([("title", "phone", "message"), *rows])
    try:
        found = drafts(output.getvalue().encode())
    except BadSheetError:
        return
    assert len(found.drafts) + found.passed <= len(rows)
    assert len(keys(found)) == len(found.drafts)
    for draft in found.drafts:
        assert 1 <= len(draft.opening.title) <= 140
        assert "\n" not in draft.opening.title
        assert len(draft.opening.note) <= 4_000


def test_drafts_never_print_what_they_hold() -> None:
    one: Draft = drafts(SHEET).drafts[0]
    assert "Um Ali" not in repr(one)
    assert "0599" not in repr(Drawer(SECRET))
