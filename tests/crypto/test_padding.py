from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.errors import ContentError, ContentTooLongError
from taboon_crypto.padding import BLOB_OVERHEAD, CONTENT_LIMITS, SIZE_CLASSES, pad, unpad
from taboon_crypto.primitives.sodium import XCHACHA_NONCE_LENGTH, XCHACHA_TAG_LENGTH

PADDED_LENGTHS = tuple(size - BLOB_OVERHEAD for size in SIZE_CLASSES)


def test_the_overhead_is_a_nonce_and_a_tag() -> None:
    assert BLOB_OVERHEAD == XCHACHA_NONCE_LENGTH + XCHACHA_TAG_LENGTH


@given(st.binary(max_size=4_096))
def test_content_comes_back_as_it_was(content: bytes) -> None:
    padded = pad(content)
    assert len(padded) in PADDED_LENGTHS
    assert unpad(padded) == content


@pytest.mark.parametrize("index", range(4))
def test_each_class_is_filled_to_its_last_byte(index: int) -> None:
    content = b"\x80" * CONTENT_LIMITS[index]
    assert len(pad(content)) == PADDED_LENGTHS[index]
    assert unpad(pad(content)) == content


@pytest.mark.parametrize("index", range(3))
def test_one_byte_more_takes_the_next_class(index: int) -> None:
    content = bytes(CONTENT_LIMITS[index] + 1)
    assert len(pad(content)) == PADDED_LENGTHS[index + 1]
    assert unpad(pad(content)) == content


def test_what_fits_nowhere_is_refused() -> None:
    with pytest.raises(ContentTooLongError):
        pad(bytes(CONTENT_LIMITS[-1] + 1))


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\x80",
        bytes(PADDED_LENGTHS[0]),
        b"a" * PADDED_LENGTHS[0],
        b"a\x80" + bytes(PADDED_LENGTHS[0] - 3),
        b"a\x80" + bytes(PADDED_LENGTHS[0] - 1),
        b"a\x80" + bytes(PADDED_LENGTHS[0] - 3) + b"\x01",
        b"a\x81" + bytes(PADDED_LENGTHS[0] - 2),
        b"a\x80" + bytes(PADDED_LENGTHS[1] - 2),
        bytes(CONTENT_LIMITS[0]) + b"\x80" + bytes(PADDED_LENGTHS[3] - CONTENT_LIMITS[0] - 1),
    ],
    ids=[
        "nothing",
        "a mark alone",
        "no mark",
        "no padding",
        "a byte too short",
        "a byte too long",
        "something after the mark",
        "another mark",
        "a class too large",
        "two classes too large",
    ],
)
def test_any_other_padding_is_refused(padded: bytes) -> None:
    with pytest.raises(ContentError):
        unpad(padded)


@given(st.binary(max_size=300), st.integers(0, 2_007), st.integers(1, 255))
def test_no_two_paddings_give_one_content(content: bytes, place: int, change: int) -> None:
    padded = bytearray(pad(content))
    padded[place] ^= change
    try:
        found = unpad(bytes(padded))
    except ContentError:
        return
    assert found != content
    assert pad(found) == padded
