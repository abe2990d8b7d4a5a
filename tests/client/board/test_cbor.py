"""Deterministic CBOR: one encoding for every value, and nothing but the package's error for the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_client import cbor
from taboon_client.errors import CborError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)

REFUSED = {
    "nothing": "",
    "two values": "0101",
    "an array cut short": "8201",
    "a text cut short": "6361",
    "a longer form of a small number": "1801",
    "a longer form of a length": "5801ff",
    "an eight-byte length of a short text": "7b000000000000000161",
    "a float": "f93c00",
    "a double": "fb3ff0000000000000",
    "undefined": "f7",
    "a simple value": "e5",
    "a simple value of two bytes": "f820",
    "a date": "c074323032302d30312d30315430303a30303a30305a",
    "an epoch time": "c11a5e0be100",
    "a number of 72 bits": "c249010000000000000000",
    "a negative number of 72 bits": "c349010000000000000000",
    "a huge decimal fraction": "c4821b7fffffffffffffff01",
    "a pattern to be compiled": "d8236428612b29",
    "a shared reference": "d81c80",
    "a set": "d9010281f5",
    "a self-description": "d9d9f701",
    "an array of indefinite length": "9f01ff",
    "a text of indefinite length": "7f6161ff",
    "bytes of indefinite length": "5f4161ff",
    "a map of indefinite length": "bf616101ff",
    "a break alone": "ff",
    "a key that is a number": "a10101",
    "a key that is bytes": "a1416101",
    "a key that is null": "a1f601",
    "a key that is an array": "a18001",
    "the same key twice": "a2616101616102",
    "keys in another order": "a2616201616101",
    "a longer key before a shorter": "a262616101616201",
    "text that is not UTF-8": "61ff",
    "text with half of a character": "63eda080",
    "reserved length": "1c",
    "an array of 2^62": "9b4000000000000000",
    "a map of 2^62": "bb4000000000000000",
    "bytes of 2^62": "5b4000000000000000",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_protocol_forbids_is_refused(data: str) -> None:
    with pytest.raises(CborError):
        cbor.decode(bytes.fromhex(data))


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_the_protocol_forbids_is_refused_inside_other_values(data: str) -> None:
    inner = bytes.fromhex(data)
    with pytest.raises(CborError):
        cbor.decode(b"\xa1\x61k\x81" + inner)


@given(VALUES)
def test_what_is_written_is_read_again(value: Any) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(VALUES)
def test_the_order_in_which_a_map_was_filled_does_not_show(value: Any) -> None:
    assert cbor.encode(_turned(value)) == cbor.encode(value)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(inner) for key, inner in reversed(value.items())}
    return [_turned(inner) for inner in value] if isinstance(value, list) else value


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_the_error_of_the_package(data: bytes) -> None:
    _reads_or_refuses(data)


@given(VALUES, st.data())
def test_changed_bytes_are_refused_or_are_the_one_encoding_of_something_else(value: Any, data: st.DataObject) -> None:
    encoded = bytearray(cbor.encode(value))
    place = data.draw(st.integers(0, len(encoded) - 1))
    encoded[place] = data.draw(st.integers(0, 255))
    _reads_or_refuses(bytes(encoded))


def _reads_or_refuses(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except CborError:
        return
    assert cbor.encode(value) == data


@given(st.integers(1, 60))
def test_sixteen_levels_are_read_and_no_more(depth: int) -> None:
    data = b"\x81" * depth + b"\x01"
    if depth <= cbor.MAX_DEPTH:
        assert cbor.encode(cbor.decode(data)) == data
    else:
        with pytest.raises(CborError):
            cbor.decode(data)


def test_a_hundred_thousand_levels_are_refused_in_both_directions() -> None:
    with pytest.raises(CborError):
        cbor.decode(b"\x81" * 100_000 + b"\x01")
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(CborError, match="deep"):
        cbor.encode(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CborError):
        cbor.encode(value)


def test_too_many_bytes_are_refused_before_any_is_read() -> None:
    with pytest.raises(CborError, match="bytes"):
        cbor.decode(b"\xff" * 11, max_size=10)
    with pytest.raises(CborError, match="bytes"):
        cbor.encode(b"x" * cbor.MAX_SIZE)


def test_too_many_values_are_refused_by_their_heads() -> None:
    count = cbor.MAX_ITEMS + 1
    with pytest.raises(CborError, match="values"):
        cbor.decode(b"\x9a" + count.to_bytes(4, "big") + b"\x80" * count)


def test_many_values_within_the_limit_are_read() -> None:
    value = [[b"x" * 300, "text", 70_000, -5, None, {"key": True}] for _ in range(2_000)]
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        2**64,
        -(2**64) - 1,
        {1, 2},
        object(),
        {1: 2},
        {b"k": 1},
        {None: 1},
        bytearray(b"x"),
        "\ud800",
        {"\ud800": 1},
    ],
    ids=[
        "float",
        "large",
        "small",
        "set",
        "object",
        "int-key",
        "bytes-key",
        "none-key",
        "bytearray",
        "half",
        "half-key",
    ],
)
def test_what_cannot_be_said_is_refused_when_writing(value: Any) -> None:
    with pytest.raises(CborError):
        cbor.encode([value])


@settings(max_examples=30)
@given(st.integers(-(2**80), 2**80))
def test_whole_numbers_end_at_64_bits(number: int) -> None:
    if -(2**64) <= number < 2**64:
        assert cbor.decode(cbor.encode(number)) == number
    else:
        with pytest.raises(CborError):
            cbor.encode(number)
