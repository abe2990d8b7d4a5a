"""Short codes: said, written on paper, typed in again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import CATEGORIES, category, code_of, read_code, shortest_codes

IDS = st.binary(min_size=32, max_size=32)


def test_a_code_is_the_first_bits_of_the_id() -> None:
    assert code_of(bytes(32)) == "0000"
    assert code_of(b"\xff" * 32) == "ZZZZ"
    assert code_of(bytes([0b00001_000, 0b10_00011_0, 0b0100_0000]) + bytes(29)) == "1234"


@given(IDS, st.integers(4, 24))
def test_a_longer_code_begins_with_the_shorter(identifier: bytes, length: int) -> None:
    assert code_of(identifier, length).startswith(code_of(identifier))
    assert len(code_of(identifier, length)) == length


@given(IDS)
def test_a_code_reads_as_it_was_shown(identifier: bytes) -> None:
    code = code_of(identifier)
    for typed in (code, code.lower(), f"#{code}", f" {code[:2]}-{code[2:]} "):
        assert read_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "code"),
    [("k7f2", "K7F2"), ("#K7-F2", "K7F2"), ("k٧f٢", "K7F2"), ("oil0", "0110"), ("u", "V"), ("۴", "4")],
)
def test_what_people_write_instead_is_understood(typed: str, code: str) -> None:
    assert read_code(typed) == code


@pytest.mark.parametrize("typed", ["", "#", "--", "خبز", "K7F2!", "a" * 25, "½", "\u202e"])
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert read_code(typed) is None


@given(st.text(max_size=8))
def test_any_text_is_a_code_or_none(typed: str) -> None:
    code = read_code(typed)
    assert code is None or read_code(code) == code


# A code says the first 120 bits of an id, which no two hashes share.
ALIKE = st.integers(0, 40).map(lambda n: bytes(3) + bytes([n * 6]) + bytes(28))


@given(st.lists(IDS | ALIKE, max_size=12, unique_by=lambda identifier: identifier[:15]).map(set))
def test_the_shortest_codes_are_beginnings_of_one_id_each(identifiers: set[bytes]) -> None:
    codes = shortest_codes(identifiers)
    assert codes.keys() == identifiers
    for identifier, code in codes.items():
        assert len(code) >= 4
        assert [other for other in identifiers if code_of(other, 24).startswith(code)] == [identifier]


def test_a_category_has_a_code_and_two_labels() -> None:
    assert category("food") is CATEGORIES[0]
    assert category("the group's own") is None
    assert len({entry.code for entry in CATEGORIES}) == len(CATEGORIES)
    for entry in CATEGORIES:
        assert entry.code.isascii()
        assert entry.english.isascii()
        assert any("\u0600" <= letter <= "\u06ff" for letter in entry.arabic)
