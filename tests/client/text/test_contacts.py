"""Numbers to call and addresses are cut out of a text; needs and quantities stay."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.text.contacts import GAP, redact


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        ("call +963 11 555-0101 for gas", f"call {GAP} for gas", ["+963 11 555-0101"]),
        ("اتصلوا ٠٥٩٩١٢٣٤٥٦ لو سمحتم", f"اتصلوا {GAP} لو سمحتم", ["٠٥٩٩١٢٣٤٥٦"]),
        ("ring 0599123456", f"ring {GAP}", ["0599123456"]),
        ("write to umm.k@example.org today", f"write to {GAP} today", ["umm.k@example.org"]),
        ("here https://maps.example/x?q=1,2 come", f"here {GAP} come", ["https://maps.example/x?q=1,2"]),
        ("we are at 33.51380, 36.27650", f"we are at {GAP}", ["33.51380, 36.27650"]),
        ("water at 12 Nile street, ask for bread", f"water at {GAP}, ask for bread", ["12 Nile street"]),
        ("Need water, Delmas 33 road house 5", f"Need water, {GAP}", ["Delmas 33 road house 5"]),
        ("نحتاج ماء في شارع النصر بناية ٤، شكرا", f"نحتاج ماء في {GAP}، شكرا", ["شارع النصر بناية ٤"]),
        ("نحتاج ماء بشارع النصر", f"نحتاج ماء {GAP}", ["بشارع النصر"]),
        ("ask @abu_salem", f"ask {GAP}", ["@abu_salem"]),
    ],
)
def test_what_leads_to_a_person_is_cut_out(text: str, rest: str, found: list[str]) -> None:
    redacted = redact(text)
    assert redacted.text == rest
    assert list(redacted.found) == found


@pytest.mark.parametrize(
    "number",
    [
        *("059 - 912 - 3456", "059/912/3456", "059_912_3456", "059,912,3456", "059،912،3456", "[059] 912-3456"),
        *("059\u2212912\u22123456", "059—912—3456", "059\u200b912\u200b3456", "\u206605\u2069991\u200f23456"),
        *("0٥٩٩١٢3456", "⁰⁵⁹⁹¹²³⁴⁵⁶", "".join(f"{digit}\ufe0f\u20e3" for digit in "0599123"), "(00970) 599.123.456"),
        *("٠٠٩٧٠/٥٩٩/١٢٣٤٥٦", "PS92 PALS 0000 0000 0400 1234 5670 2", "0599123456 0599654321", "2821234"),
        *("31°30'12\"N", "٣١٫٥٠١٢، ٣٤٫٤٦٦٧", "31.5012 lon 34.4667"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "جوال{}", "call{}", "Tel.{}", "{}واتس", "{} x12", "20:00 {} or 24.11.2026"])
def test_no_number_to_call_stays_however_it_is_written_and_whatever_touches_it(number: str, around: str) -> None:
    left = "".join(letter for letter in redact(around.format(number)).text if unicodedata.digit(letter, 10) < 10)
    assert left in ("", "12", "200024112026")


@pytest.mark.parametrize(
    "text",
    [
        "24/11/2026 10:30",
        "on 04/11/26 at 08:30, 20 boxes",
        "2026-11-24 10:30",
        "20:00-22:00 12 boxes 30 people",
        "shoes, sizes 38, 39, 40, 41",
        "We need 20000 litres of water",
        "insulin before 2024-12-31",
        "insulin before 31.12.2024",
        "4 أسطوانات غاز",
        "10-12 people, 3 children",
        "half price 1,5",
        "floored by the storm",
    ],
)
def test_quantities_days_and_plain_words_stay(text: str) -> None:
    assert redact(text).text == text


@given(st.text(alphabet="0123456789+- ().٠٥abcش,\n@:/", max_size=120))
def test_nothing_is_lost_and_nothing_that_was_cut_stays(text: str) -> None:
    redacted = redact(text)
    pieces = redacted.text.split(GAP)
    assert len(pieces) == len(redacted.found) + 1
    whole = pieces[0] + "".join(found + piece for found, piece in zip(redacted.found, pieces[1:], strict=True))
    assert whole == text


@given(st.integers(10**8, 10**14), st.text(alphabet="ab ", max_size=10), st.text(alphabet="ab ", max_size=10))
def test_no_long_number_stays(number: int, before: str, after: str) -> None:
    assert str(number) not in redact(f"{before} {number} {after}").text
