"""The presentation language: official lengths, every annotation there and back, and bytes nobody should accept."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_crypto.mls import codec
from taboon_crypto.mls.codec import Fixed, Kept, Struct, UInt8, UInt16, UInt32, UInt64, Width
from taboon_crypto.mls.errors import DecodeError, UsageError
from taboon_crypto.primitives.secret import Secret

from .vectors import Case, each, unhex


class Colour(IntEnum):
    RED = 1
    GREEN = 300


@dataclass(frozen=True, slots=True)
class Circle(Struct, tag=1, width=1):
    radius: UInt32


@dataclass(frozen=True, slots=True)
class Nothing(Struct, tag=2, width=1):
    pass


@dataclass(frozen=True, slots=True)
class Impostor(Struct, tag=2, width=1):
    """Has the tag of Nothing, but is none of the shapes."""


@dataclass(frozen=True, slots=True)
class Point(Kept):
    x: UInt8
    name: bytes


@dataclass(frozen=True, slots=True)
class Everything(Struct):
    small: UInt8
    medium: UInt16
    large: UInt64
    colour: Annotated[Colour, Width(2)]
    opaque: bytes
    secret: Secret
    guard: Annotated[bytes, Fixed(4)]
    numbers: tuple[UInt16, ...]
    points: tuple[Point, ...]
    maybe: Point | None
    shape: Circle | Nothing
    maybe_shape: Circle | Nothing | None
    maybe_shapes: tuple[Circle | Nothing | None, ...]


def uints(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2 ** (8 * size) - 1)


points = st.builds(Point, uints(1), st.binary(max_size=80))
shapes = st.one_of(st.builds(Circle, uints(4)), st.just(Nothing()))
everything = st.builds(
    Everything,
    uints(1),
    uints(2),
    uints(8),
    st.sampled_from(Colour),
    st.one_of(st.binary(max_size=70), st.just(bytes(16384))),
    st.binary(max_size=40).map(Secret),
    st.binary(min_size=4, max_size=4),
    st.lists(uints(2), max_size=40).map(tuple),
    st.lists(points, max_size=3).map(tuple),
    st.none() | points,
    shapes,
    st.none() | shapes,
    st.lists(st.none() | shapes, max_size=4).map(tuple),
)
SAMPLE = Everything(
    1,
    2,
    3,
    Colour.GREEN,
    b"opaque",
    Secret(b"secret"),
    b"four",
    (7, 8),
    (Point(1, b"one"), Point(2, b"two")),
    Point(3, b"three"),
    Circle(9),
    Nothing(),
    (None, Circle(1), Nothing()),
)


# lengths


@each("deserialization")
def test_vector_lengths_are_read_and_written_as_the_official_ones(case: Case) -> None:
    header, length = unhex(case["vlbytes_header"]), case["length"]
    assert codec.read_varint(header, 0, len(header)) == (length, len(header))
    assert codec.varint(length) == header


@given(st.integers(0, codec.MAX_VECTOR_LENGTH))
def test_every_length_has_exactly_one_encoding(length: int) -> None:
    encoding = codec.varint(length)
    assert codec.read_varint(encoding, 0, len(encoding)) == (length, len(encoding))
    assert len(encoding) == (1 if length < 64 else 2 if length < 16384 else 4)
    for prefix, size in ((1, 2), (2, 4)):
        if size > len(encoding):
            longer = ((prefix << (8 * size - 2)) | length).to_bytes(size)
            with pytest.raises(DecodeError, match="more bytes than it needs"):
                codec.read_varint(longer, 0, size)


@pytest.mark.parametrize(
    "header", ["", "c0", "ff", "c000000000000000", "c000000100000000", "40", "80", "800000", "4000", "403f", "80003fff"]
)
def test_bad_lengths_are_refused(header: str) -> None:
    data = unhex(header)
    with pytest.raises(DecodeError):
        codec.read_varint(data, 0, len(data))


def test_a_length_that_cannot_be_written_is_our_own_mistake() -> None:
    with pytest.raises(UsageError):
        codec.varint(codec.MAX_VECTOR_LENGTH + 1)


# there and back


@given(everything)
def test_what_is_encoded_decodes_to_the_same(value: Everything) -> None:
    encoding = value.encode()
    again = Everything.decode(encoding)
    assert again == value
    assert again.encode() == encoding
    assert isinstance(again.secret, Secret)
    assert isinstance(again.colour, Colour)


def test_the_format_is_what_the_table_says() -> None:
    parts = [
        "01 0002 0000000000000003 012c",
        "06 6f7061717565 06 736563726574 666f7572",
        "04 0007 0008",
        "0a 01 03 6f6e65 02 03 74776f",
        "01 03 05 7468726565",
        "01 00000009",
        "01 02",
        "09 00 01 01 00000001 01 02",
    ]
    assert SAMPLE.encode() == unhex("".join(parts))


@settings(max_examples=300)
@given(st.data())
def test_mutilated_bytes_are_refused_or_have_one_meaning(data: st.DataObject) -> None:
    encoding = bytearray(data.draw(st.just(SAMPLE) | everything).encode())
    for _ in range(data.draw(st.integers(0, 3))):
        encoding[data.draw(st.integers(0, len(encoding) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(encoding)))
    for wrong in (encoding, encoding[:cut], encoding + encoding[:cut]):
        try:
            value = Everything.decode(bytes(wrong))
        except DecodeError:
            continue
        # What decodes at all encodes to the same bytes: no message has two spellings.
        assert value.encode() == wrong


@given(st.binary(max_size=200))
def test_random_bytes_raise_only_decode_errors(data: bytes) -> None:
    try:
        value = Everything.decode(data)
    except DecodeError:
        return
    assert value.encode() == data


@pytest.mark.parametrize("cut", range(len(SAMPLE.encode())))
def test_every_truncation_is_refused(cut: int) -> None:
    with pytest.raises(DecodeError):
        Everything.decode(SAMPLE.encode()[:cut])


def test_bytes_left_over_are_refused() -> None:
    with pytest.raises(DecodeError, match="1 bytes are left over"):
        Everything.decode(SAMPLE.encode() + b"\x00")


def test_a_nested_struct_cannot_read_past_its_vector() -> None:
    # The one point in the vector claims a name of five bytes where the vector has room for two.
    data = codec.opaque(b"\x01\x05ab") + b"cdef"
    with pytest.raises(DecodeError):
        codec.codec_of(tuple[Point, ...]).read(data, 0, len(data))


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        (Point | None, b"\x02\x01\x00"),
        (Point | None, b"\xff\x01\x00"),
        (Circle | Nothing, b"\x00"),
        (Circle | Nothing, b"\x03"),
        (Annotated[Colour, Width(2)], b"\x00\x02"),
        (tuple[UInt16, ...], b"\x03\x00\x01\x00"),
        (tuple[UInt32, ...], b"\x02\x00\x01"),
        (Annotated[bytes, Fixed(4)], b"abc"),
        (Annotated[bytes, Fixed(4)], b"abcde"),
        (bytes, b"\x02a"),
        (bool, b""),
        (bool, b"\x02"),
        (bool, b"\xff"),
    ],
)
def test_malformed_values_are_refused(annotation: Any, data: bytes) -> None:
    with pytest.raises(DecodeError):
        codec.decode(annotation, data)


@pytest.mark.parametrize(
    "annotation",
    [UInt8, UInt32, Annotated[bytes, Fixed(4)], bytes, bool, tuple[UInt8, ...], Point | None, Circle | Nothing],
)
def test_nothing_reads_past_its_end_even_where_more_bytes_follow(annotation: Any) -> None:
    reader = codec.codec_of(annotation).read
    data = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    _, stop = reader(data, 0, len(data))
    assert reader(data, 0, stop)[1] == stop
    for end in range(stop):
        with pytest.raises(DecodeError):
            reader(data, 0, end)


def test_a_vector_of_nothings_does_not_loop_for_ever() -> None:
    @dataclass(frozen=True, slots=True)
    class Empty(Struct):
        pass

    with pytest.raises(DecodeError):
        codec.decode(tuple[Empty, ...], b"\x01\x00")


def test_a_message_at_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_MESSAGE_LENGTH", 10)
    assert Point.decode(b"\x01\x08" + bytes(8)) == Point(1, bytes(8))
    with pytest.raises(DecodeError, match="11 bytes are more than the limit"):
        Point.decode(b"\x01\x09" + bytes(9))


def test_a_message_above_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(DecodeError, match="more than the limit"):
        Point.decode(bytes(codec.MAX_MESSAGE_LENGTH + 1))


def test_an_error_says_where_and_nothing_of_what_was_there() -> None:
    point = Point(5, b"SECRET NAME").encode()
    with pytest.raises(DecodeError) as caught:
        Point.decode(point[:-1])
    assert str(caught.value) == "Point.name: a vector of 11 bytes runs past the end by 1"
    broken = replace(SAMPLE, points=(Point(1, b"SECRET"),)).encode().replace(b"\x06SECRET", b"\xc6SECRET")
    with pytest.raises(DecodeError, match=r"^Everything\.points\.name: "):
        Everything.decode(broken)


# our own mistakes


@pytest.mark.parametrize(
    "fields",
    [
        {"small": 256},
        {"small": -1},
        {"medium": 1 << 16},
        {"large": 1 << 64},
        {"guard": b"abc"},
        {"numbers": (1 << 16,)},
        {"opaque": None},
        {"shape": None},
        {"shape": Point(1, b"")},
        {"shape": Impostor()},
        {"points": None},
    ],
)
def test_a_value_that_does_not_fit_is_a_usage_error(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        replace(SAMPLE, **fields).encode()
    assert "secret" not in str(caught.value)


def test_annotations_without_a_format_are_refused() -> None:
    for annotation in (int, str, list[bytes], tuple[bytes, bytes], Point | Circle, Circle | Circle | Everything):
        with pytest.raises(UsageError):
            codec.codec_of(annotation)


# kept bytes


def test_a_kept_struct_keeps_what_it_was_decoded_from() -> None:
    data = b"\x07\x03abc"
    point = Point.decode(data)
    assert point.encode() == data
    assert point == Point(7, b"abc")
    assert replace(point, x=8).encode() == b"\x08\x03abc"
    assert point.encode() is point.encode()


def test_a_kept_struct_inside_another_keeps_only_its_own_part() -> None:
    value = Everything.decode(SAMPLE.encode())
    assert value.points[1].encode() == b"\x02\x03two"
    assert value.maybe is not None
    assert value.maybe.encode() == b"\x03\x05three"
