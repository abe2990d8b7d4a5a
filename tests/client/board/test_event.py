"""One event: made, named, read; and everything else refused with one error."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client import cbor
from taboon_client.board import Event, event_name, from_body
from taboon_client.board.event import MAX_EVENT_SIZE
from taboon_client.errors import EventError, FieldError, TaboonError
from tests.client.board.worlds import GROUP, Actor, digest

EPOCH = digest("first epoch")


def signed(actor: Actor, content: Any, group_id: bytes = GROUP) -> bytes:
    """An event of any content, rightly signed."""
    inner = cbor.encode(content)
    return cbor.encode([inner, actor.sign(b"taboon event v1" + group_id + inner)])


def fields(actor: Actor, **changes: Any) -> list[Any]:
    content: dict[str, Any] = {
        "version": 1,
        "author": actor.identity,
        "number": 2,
        "previous": digest("previous"),
        "place": digest("item"),
        "parents": [digest("parent")],
        "epoch": EPOCH,
        "kind": "comment",
        "body": {"text": "on my way"},
    }
    return list((content | changes).values())


def test_an_event_reads_as_it_was_made() -> None:
    amal = Actor("amal")
    made = amal.make("need", {"title": "خبز", "created": 5}, epoch=EPOCH)
    read = Event.read(made.raw, GROUP)
    assert read == made
    assert read.raw == made.raw
    assert (read.author, read.number, read.previous, read.place) == (amal.identity, 1, None, None)
    assert (read.parents, read.epoch, read.kind) == ((), EPOCH, "need")
    assert read.body == {"title": "خبز", "created": 5}
    assert read.home == read.name


def test_a_name_is_the_labelled_hash_of_the_bytes() -> None:
    made = Actor("amal").make("need", {"title": "Bread", "created": 5}, epoch=EPOCH)
    assert made.name == event_name(made.raw) == sha256(b"taboon event name v1" + made.raw).digest()


def test_a_signature_is_over_label_group_and_content() -> None:
    amal = Actor("amal")
    raw = signed(amal, fields(amal))
    assert Event.read(raw, GROUP).author == amal.identity


def test_an_event_of_another_group_is_refused() -> None:
    amal = Actor("amal")
    made = amal.make("need", {"title": "Bread", "created": 5}, epoch=EPOCH)
    with pytest.raises(EventError, match="signature"):
        Event.read(made.raw, digest("another group"))


def test_nobody_speaks_as_someone_else() -> None:
    amal, rami = Actor("amal"), Actor("rami")
    with pytest.raises(EventError, match="signature"):
        Event.read(signed(rami, fields(amal)), GROUP)


def test_one_changed_bit_anywhere_is_noticed() -> None:
    raw = Actor("amal").make("need", {"title": "Bread", "created": 5}, epoch=EPOCH).raw
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(EventError):
            Event.read(bytes(changed), GROUP)


MALFORMED: dict[str, dict[str, Any]] = {
    "another version": {"version": 2},
    "a version that is true": {"version": True},
    "a short author": {"author": b"x" * 31},
    "an author that is text": {"author": "x" * 32},
    "number zero": {"number": 0},
    "a negative number": {"number": -1},
    "a number beyond 2^53": {"number": 2**53},
    "a number that is true": {"number": True},
    "number one with a previous": {"number": 1},
    "number two without a previous": {"previous": None},
    "a short previous": {"previous": b"x"},
    "a place that is a number": {"place": 5},
    "a place that is short": {"place": b"x" * 31},
    "a register that is no word": {"place": "People!"},
    "a register without a letter": {"place": ""},
    "a register as long as an item id": {"place": "x" * 32},
    "parents that are no array": {"parents": digest("parent")},
    "a parent that is no name": {"parents": [b"x"]},
    "seventeen parents": {"parents": sorted(digest(str(n)) for n in range(17))},
    "parents out of order": {"parents": sorted((digest("a"), digest("b")), reverse=True)},
    "a parent twice": {"parents": [digest("a"), digest("a")]},
    "parents of an opening": {"place": None},
    "a short epoch": {"epoch": b""},
    "a kind with capitals": {"kind": "Comment"},
    "a kind with a line end": {"kind": "comment\n"},
    "a kind of 33 letters": {"kind": "x" * 33},
    "no kind": {"kind": ""},
    "a body that is an array": {"body": []},
    "a body that is null": {"body": None},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED.keys())
def test_an_event_of_another_form_is_refused_though_it_is_signed(changes: dict[str, Any]) -> None:
    amal = Actor("amal")
    with pytest.raises(EventError):
        Event.read(signed(amal, fields(amal, **changes)), GROUP)


@pytest.mark.parametrize(
    "content",
    [[], [1] * 8, {}, b"", "text", 5, None, [[]]],
    ids=["empty", "eight", "map", "b", "t", "n", "null", "deep"],
)
def test_a_content_that_is_none_is_refused_though_it_is_signed(content: Any) -> None:
    with pytest.raises(EventError):
        Event.read(signed(Actor("amal"), content), GROUP)


@pytest.mark.parametrize(
    "outer", [[], [b"x"], [b"x", b"y" * 63], [b"x", b"y" * 64, 1], {"a": 1}, 5, ["x", b"y" * 64]], ids=str
)
def test_an_outer_form_that_is_none_is_refused(outer: Any) -> None:
    with pytest.raises(EventError):
        Event.read(cbor.encode(outer), GROUP)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"author": b"x"}, "author"),
        ({"number": 0}, "number"),
        ({"number": 7}, "previous"),
        ({"place": "no such place!"}, "place"),
        ({"place": None}, "parents"),
        ({"parents": [digest(str(n)) for n in range(17)]}, "parents"),
        ({"epoch": b""}, "epoch"),
        ({"kind": "X"}, "kind"),
        ({"sign": lambda _: b"short"}, "sign"),
        ({"body": {"text": "x" * MAX_EVENT_SIZE}}, "body"),
    ],
)
def test_a_writer_is_told_which_field_does_not_fit(changes: dict[str, Any], field: str) -> None:
    amal = Actor("amal")
    good: dict[str, Any] = {
        "sign": amal.sign, "group_id": GROUP, "author": amal.identity, "number": 1, "previous": None,
        "place": digest("item"), "parents": [digest("parent")], "epoch": EPOCH,
        "kind": "comment", "body": {"text": "x"},
    }  # fmt: skip
    with pytest.raises(FieldError) as caught:
        Event.make(**(good | changes))
    assert caught.value.field == field


def test_an_event_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    amal = Actor("amal")
    room = MAX_EVENT_SIZE - len(signed(amal, fields(amal, body={"text": "x" * 50_000}))) + 50_000
    largest = signed(amal, fields(amal, body={"text": "x" * room}))
    assert len(largest) == MAX_EVENT_SIZE
    assert Event.read(largest, GROUP).raw == largest
    with pytest.raises(EventError, match="bytes"):
        Event.read(signed(amal, fields(amal, body={"text": "x" * (room + 1)})), GROUP)


def test_unknown_kinds_registers_and_body_keys_are_kept_as_they_came() -> None:
    amal = Actor("amal")
    raw = signed(amal, fields(amal, kind="roll-call", place="shifts", body={"new": {"deep": [1, b"x"]}}))
    event = Event.read(raw, GROUP)
    assert event.raw == raw
    assert (event.kind, event.place, event.understood) == ("roll-call", "shifts", True)
    assert from_body(event) is None


def test_a_content_of_a_later_version_with_more_fields_is_kept_and_changes_nothing() -> None:
    amal = Actor("amal")
    raw = signed(amal, [*fields(amal), "a tenth field"])
    event = Event.read(raw, GROUP)
    assert event.raw == raw
    assert not event.understood
    assert from_body(event) is None


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_the_error_of_the_package(raw: bytes) -> None:
    with pytest.raises(EventError):
        Event.read(raw, GROUP)


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=33) | st.sampled_from(["", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "a"]), inner, max_size=2),
    max_leaves=5,
)


@given(st.integers(0, 8), ANYTHING)
def test_any_value_in_any_field_is_read_or_refused(place: int, value: Any) -> None:
    amal = Actor("amal")
    content = fields(amal)
    content[place] = value
    raw = signed(amal, content)
    try:
        event = Event.read(raw, GROUP)
    except EventError:
        return
    assert event.raw == raw
    from_body(event)


def test_an_event_prints_neither_its_author_nor_its_words() -> None:
    amal = Actor("amal")
    event = amal.make("need", {"title": "insulin for Abu Ali", "created": 5}, epoch=EPOCH)
    for text in (repr(event), str(event), str(event.__rich_repr__())):
        assert "insulin" not in text
        assert amal.identity.hex()[:8] not in text


def test_errors_do_not_repeat_what_was_written() -> None:
    amal = Actor("amal")
    with pytest.raises(TaboonError) as caught:
        Event.read(signed(amal, fields(amal, kind="Insulin for Abu Ali")), GROUP)
    assert "Insulin" not in str(caught.value)
