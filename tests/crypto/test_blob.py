from __future__ import annotations

import os
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taboon_crypto.blob import (
    MAX_PARTS,
    MAX_PENDING,
    MAX_TRANSFERS,
    MAX_WHOLE,
    Assembler,
    Kind,
    Part,
    Whole,
    open_blob,
    parse_content,
    seal_blob,
    split,
)
from taboon_crypto.errors import BlobError, ContentError, ContentTooLongError, PartError
from taboon_crypto.padding import CONTENT_LIMITS, SIZE_CLASSES, pad
from taboon_crypto.primitives.errors import BadKeyError
from taboon_crypto.primitives.sodium import xchacha20poly1305_open, xchacha20poly1305_seal

KEY = bytes(range(32))
LARGEST = CONTENT_LIMITS[-1]


def parts_of(contents: tuple[bytes, ...]) -> list[Part]:
    parts = [parse_content(content) for content in contents]
    assert all(isinstance(part, Part) for part in parts)
    return [part for part in parts if isinstance(part, Part)]


def travel(kind: Kind, body: bytes) -> Whole | None:
    """Carry a body through blobs to another reader."""
    assembler = Assembler()
    result = None
    for content in split(kind, body, os.urandom):
        assert result is None
        received = parse_content(open_blob(KEY, seal_blob(KEY, content, os.urandom)))
        result = received if isinstance(received, Whole) else assembler.add(received)
    assert assembler.pending == ()
    return result


# One blob


@given(st.binary(min_size=1, max_size=3_000))
def test_a_blob_opens_to_what_was_sealed_and_has_the_length_of_a_class(content: bytes) -> None:
    blob = seal_blob(KEY, content, os.urandom)
    assert len(blob) in SIZE_CLASSES
    assert open_blob(KEY, blob) == content


def test_a_blob_is_a_nonce_and_the_padded_content_under_the_version_label() -> None:
    asked: list[int] = []

    def random(count: int) -> bytes:
        asked.append(count)
        return b"n" * count

    blob = seal_blob(KEY, b"\x01hello", random)
    assert asked == [24]
    assert blob[:24] == b"n" * 24
    assert xchacha20poly1305_open(KEY, blob[:24], blob[24:], b"taboon blob v1") == pad(b"\x01hello")


def wrongly_padded() -> bytes:
    return b"n" * 24 + xchacha20poly1305_seal(KEY, b"n" * 24, b"a" * (2_048 - 40), b"taboon blob v1")


def under_another_label() -> bytes:
    return b"n" * 24 + xchacha20poly1305_seal(KEY, b"n" * 24, pad(b"a"), b"taboon blob v2")


def test_whatever_does_not_open_gives_one_and_the_same_error() -> None:
    good = seal_blob(KEY, b"\x01hello", os.urandom)
    bad = [
        b"",
        good[:-1],
        good + b"\x00",
        good + bytes(SIZE_CLASSES[1] - len(good)),
        bytes((good[0] ^ 1,)) + good[1:],
        good[:-1] + bytes((good[-1] ^ 1,)),
        seal_blob(bytes(32), b"\x01hello", os.urandom),
        wrongly_padded(),
        under_another_label(),
    ]
    seen = set()
    for blob in bad:
        with pytest.raises(BlobError) as caught:
            open_blob(KEY, blob)
        seen.add(repr(caught.value))
    assert len(seen) == 1


@given(st.integers(0, 2_047), st.integers(1, 255))
@settings(max_examples=50)
def test_a_blob_with_one_changed_byte_does_not_open(place: int, change: int) -> None:
    blob = bytearray(seal_blob(KEY, b"\x01hello", lambda count: b"n" * count))
    blob[place] ^= change
    with pytest.raises(BlobError):
        open_blob(KEY, bytes(blob))


def test_a_key_of_the_wrong_size_is_our_own_fault_and_said_so() -> None:
    with pytest.raises(BadKeyError):
        seal_blob(b"short", b"\x01", os.urandom)
    with pytest.raises(BadKeyError):
        open_blob(b"short", bytes(2_048))


# Contents


@pytest.mark.parametrize("kind", Kind)
def test_a_content_that_fits_is_its_kind_and_its_body(kind: Kind) -> None:
    assert split(kind, b"body", os.urandom) == (bytes((kind,)) + b"body",)
    assert parse_content(bytes((kind,)) + b"body") == Whole(kind, b"body")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"\x04x",
        b"\x19x",
        b"\xffx",
        b"\x02",
        b"\x02" + bytes(17),
        b"\x03" + bytes(49),
        b"\x02" + b"t" * 16 + b"\x00\x40",
    ],
)
def test_a_content_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(ContentError):
        parse_content(content)


@given(st.binary(max_size=80))
def test_contents_parse_or_are_refused(content: bytes) -> None:
    try:
        parse_content(content)
    except ContentError:
        return
    assert content[0] in (*Kind, 0x02, 0x03)


def test_a_part_is_laid_out_as_the_protocol_says() -> None:
    body = os.urandom(600_000)
    contents = split(Kind.MESSAGE, body, lambda count: b"t" * count)
    whole = b"\x01" + body
    assert [len(content) for content in contents[:-1]] == [LARGEST] * (len(contents) - 1)
    assert contents[0][:19] == b"\x02" + b"t" * 16 + b"\x00\x00"
    assert contents[1][:19] == b"\x02" + b"t" * 16 + b"\x00\x01"
    assert contents[2][:51] == b"\x03" + b"t" * 16 + b"\x00\x02" + sha256(whole).digest()
    assert contents[0][19:] + contents[1][19:] + contents[2][51:] == whole


# The lengths at which the number of parts changes, and those around them.
ROOM = LARGEST - 19
EDGES = [LARGEST - 1, LARGEST, LARGEST + 1, *(k * ROOM + d for k in (2, 3) for d in (-34, -33, -32, -1, 0, 1))]


@pytest.mark.parametrize("length", [0, 1, *EDGES, MAX_WHOLE - 1])
def test_any_length_arrives(length: int) -> None:
    body = (sha256(b"%d" % length).digest() * (length // 32 + 1))[:length]
    assert travel(Kind.WELCOME, body) == Whole(Kind.WELCOME, body)


def test_a_whole_longer_than_the_limit_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ContentTooLongError):
        split(Kind.MESSAGE, bytes(MAX_WHOLE), os.urandom)


# Parts


def last(transfer: bytes, index: int, data: bytes, whole: bytes) -> Part:
    return Part(transfer, index, data, sha256(whole).digest())


A, B = b"A" * 16, b"B" * 16


def test_transfers_may_interleave() -> None:
    assembler = Assembler()
    assert assembler.add(Part(A, 0, b"\x01one")) is None
    assert assembler.add(Part(B, 0, b"\x12two")) is None
    assert assembler.add(last(A, 1, b"+", b"\x01one+")) == Whole(Kind.MESSAGE, b"one+")
    assert set(assembler.pending) == {B}
    assert assembler.add(last(B, 1, b"-", b"\x12two-")) == Whole(Kind.WELCOME, b"two-")
    assert not assembler.pending


@pytest.mark.parametrize(
    "part",
    [
        Part(A, 0, b"again"),
        Part(A, 2, b"one is missing"),
        last(A, 2, b"", b"\x01one"),
        last(A, 1, b"+", b"\x01other"),
        Part(B, 1, b"no first"),
        last(B, 1, b"no first", b"no first"),
        last(B, 0, b"\x02nested", b"\x02nested"),
        last(B, 0, b"", b""),
        Part(A, 1, bytes(MAX_WHOLE)),
        last(A, 1, bytes(MAX_WHOLE), b"\x01one" + bytes(MAX_WHOLE)),
    ],
)
def test_a_part_that_does_not_follow_is_refused_and_changes_nothing(part: Part) -> None:
    assembler = Assembler([Part(A, 0, b"\x01one")])
    with pytest.raises(ContentError):
        assembler.add(part)
    assert assembler.pending == (A,)
    assert assembler.add(last(A, 1, b"+", b"\x01one+")) == Whole(Kind.MESSAGE, b"one+")


def test_there_are_no_more_parts_than_the_limit() -> None:
    assembler = Assembler(Part(A, index, b"\x01") for index in range(MAX_PARTS))
    with pytest.raises(PartError):
        assembler.add(last(A, MAX_PARTS, b"", b"\x01" * MAX_PARTS))


def test_the_transfer_that_grew_least_recently_is_forgotten_when_there_are_too_many() -> None:
    ids = [index.to_bytes(16, "big") for index in range(MAX_TRANSFERS)]
    assembler = Assembler(Part(one, 0, b"\x01") for one in ids)
    assembler.add(Part(ids[0], 1, b"grows"))
    assembler.add(Part(A, 0, b"\x01"))
    assert assembler.pending == (*ids[2:], ids[0], A)


def test_what_is_held_is_bounded_in_bytes() -> None:
    ids = [index.to_bytes(16, "big") for index in range(9)]
    assembler = Assembler(Part(one, 0, bytes(MAX_WHOLE)) for one in ids)
    assert assembler.pending == tuple(ids[-MAX_PENDING // MAX_WHOLE :])


def test_a_forgotten_transfer_starts_anew() -> None:
    assembler = Assembler([Part(A, 0, b"\x01one")])
    assembler.forget(A)
    assembler.forget(B)
    assert assembler.pending == ()
    with pytest.raises(PartError):
        assembler.add(Part(A, 1, b""))
    assert assembler.add(Part(A, 0, b"\x01two")) is None


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 3), st.binary(max_size=3)), max_size=12))
def test_one_rebuilt_from_the_accepted_parts_goes_on_as_the_first_would_have(
    drawn: list[tuple[bytes, int, bytes]],
) -> None:
    first = Assembler()
    accepted = []
    for transfer, index, data in drawn:
        part = Part(transfer, index, data)
        try:
            first.add(part)
        except PartError:
            continue
        accepted.append(part)
    second = Assembler(accepted)
    assert second.pending == first.pending
    for transfer in first.pending:
        pieces = [part.data for part in accepted if part.transfer == transfer]
        whole = b"".join(pieces)
        end = last(transfer, len(pieces), b"", whole)
        results: list[Whole | str | None] = []
        for assembler in (first, second):
            try:
                results.append(assembler.add(end))
            except ContentError as error:
                results.append(str(error))
        assert results[0] == results[1]


@given(st.permutations(range(3)))
def test_parts_in_any_other_order_do_not_make_a_message(order: list[int]) -> None:
    parts = parts_of(split(Kind.MESSAGE, bytes(600_000), lambda count: b"t" * count))
    assembler = Assembler()
    results = []
    for index in order:
        try:
            results.append(assembler.add(parts[index]))
        except PartError:
            results.append(None)
    assert any(results) == (order == [0, 1, 2])


def test_contents_do_not_show_in_repr() -> None:
    assert "diagnosis" not in repr(Whole(Kind.MESSAGE, b"diagnosis"))
    assert "diagnosis" not in repr(Part(A, 0, b"diagnosis"))
