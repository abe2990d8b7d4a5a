"""Typed bodies: what readers take, what has no effect, and what writers are told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.board import (
    Body,
    Comment,
    Confirm,
    Deliver,
    Event,
    GroupName,
    Line,
    Name,
    Need,
    Offer,
    Pledge,
    Release,
    Withdraw,
    from_body,
    to_body,
)
from taboon_client.errors import FieldError
from tests.client.board.worlds import Actor, digest

PLEDGE = digest("a pledge")
ITEM = digest("an item")
FULL: list[tuple[Body, bytes | str | None]] = [
    (
        Need(
            title="ت" * 140, created=32_503_593_600, note="n" * 4000, original="o" * 4000, category="c" * 32,
            lines=(Line(quantity=1_000_000_000, unit="u" * 32, name="n" * 80),) * 50,
            urgency="whenever", area="a" * 64, key=b"k" * 16,
        ),
        None,
    ),
    (Offer(title="x", created=0), None),
    (Pledge(quantities=((0, 1), (49, 1_000_000_000)), note="n", created=5), ITEM),
    (Pledge(), ITEM),
    (Release(pledge=PLEDGE, reason="r" * 500, created=5), ITEM),
    (Deliver(pledge=PLEDGE, note="n", created=5), ITEM),
    (Confirm(pledge=PLEDGE, note="n", created=5), ITEM),
    (Withdraw(reason="r", created=5), ITEM),
    (Comment(text="t" * 2000, created=5), ITEM),
    (Name(name="n" * 40), "people"),
    (GroupName(name="n" * 80), "settings"),
]  # fmt: skip


def event(kind: str, body: dict[str, Any], place: bytes | str | None) -> Event:
    return Actor("amal").make(kind, body, place=place, epoch=digest("first epoch"))


@pytest.mark.parametrize(("body", "place"), FULL, ids=lambda value: value.kind if isinstance(value, Body) else "")
def test_every_kind_reads_as_it_was_written(body: Body, place: bytes | str | None) -> None:
    assert from_body(event(body.kind, to_body(body), place)) == body


def test_the_longest_need_in_arabic_fits_an_event() -> None:
    longest = Need(
        title="ت" * 140, created=5, note="ت" * 4000, original="ت" * 4000, category="ت" * 32, area="ت" * 64,
        lines=(Line(quantity=1_000_000_000, unit="ت" * 32, name="ت" * 80),) * 50, urgency="whenever", key=b"k" * 16,
    )  # fmt: skip
    assert from_body(event("need", to_body(longest), None)) == longest


def test_fields_that_are_empty_are_left_out() -> None:
    assert to_body(Need(title="Bread", created=5)) == {"title": "Bread", "created": 5}


@pytest.mark.parametrize(
    ("body", "field", "advice"),
    [
        (Need(title="", created=5), "title", "short"),
        (Need(title=" \n\u00a0", created=5), "title", "blank"),
        (Need(title="x" * 141, created=5), "title", "at most 140 characters"),
        (Need(title=5, created=5), "title", "a text"),  # type: ignore[arg-type] # what a caller without types does
        (Need(title="x", created=-1), "created", "at least 0"),
        (Need(title="x", created=1.5), "created", "a whole number"),  # type: ignore[arg-type] # as above
        (Need(title="x", created=True), "created", "a whole number"),
        (Need(title="x", created=32_503_593_601), "created", "at most"),
        (Need(title="x", created=2**70), "created", "at most"),
        (Need(title="x", created=5, note="x" * 4001), "note", "at most 4000"),
        (Need(title="x", created=5, original="x" * 4001), "original", "at most 4000"),
        (Need(title="x", created=5, category="x" * 33), "category", "at most 32"),
        (Need(title="x", created=5, area="x" * 65), "area", "at most 64"),
        (Need(title="x", created=5, urgency="very"), "urgency", "now, soon, week, whenever"),
        (Need(title="x", created=5, urgency="now\n"), "urgency", "now, soon, week, whenever"),
        (Need(title="x", created=5, key=b"short"), "key", "at least 16 bytes"),
        (Need(title="x", created=5, key=b"x" * 17), "key", "at most 16 bytes"),
        (Need(title="x", created=5, lines=(Line(quantity=1),) * 51), "lines", "at most 50 entries"),
        (Need(title="x", created=5, lines=(Line(quantity=1), Line(quantity=0))), "lines[1].quantity", "at least 1"),
        (Need(title="x", created=5, lines=(Line(quantity=10**9 + 1),)), "lines[0].quantity", "at most 1000000000"),
        (Need(title="x", created=5, lines=(Line(quantity=1, unit="x" * 33),)), "lines[0].unit", "at most 32"),
        (Need(title="x", created=5, lines=(Line(quantity=1, name="x" * 81),)), "lines[0].name", "at most 80"),
        (Need(title="x", created=5, lines=(object(),)), "need", "text"),  # type: ignore[arg-type] # as above
        (Pledge(quantities=((50, 1),)), "quantities[0][0]", "at most 49"),
        (Pledge(quantities=((0, 0),)), "quantities[0][1]", "at least 1"),
        (Pledge(quantities=((0, 1),) * 51), "quantities", "at most 50"),
        (Release(pledge=b"x"), "pledge", "at least 32 bytes"),
        (Release(pledge=PLEDGE, reason="x" * 501), "reason", "at most 500"),
        (Deliver(pledge="x" * 32), "pledge", "bytes"),  # type: ignore[arg-type] # as above
        (Comment(text=""), "text", "short"),
        (Comment(text="\t"), "text", "blank"),
        (Comment(text="x" * 2001), "text", "at most 2000"),
        (Name(name="x" * 41), "name", "at most 40"),
        (GroupName(name="x" * 81), "name", "at most 80"),
    ],
)
def test_a_writer_is_told_which_field_and_what_to_do(body: Body, field: str, advice: str) -> None:
    with pytest.raises(FieldError) as caught:
        to_body(body)
    assert caught.value.field == field
    assert advice in str(caught.value)


def test_an_error_does_not_repeat_what_was_written() -> None:
    with pytest.raises(FieldError) as caught:
        to_body(Need(title="x", created=5, urgency="insulin for Abu Ali"))
    assert "insulin" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("need", {"title": "Bread"}, None),
        ("need", {"created": 5}, None),
        ("need", {"title": "Bread", "created": 5, "urgency": None}, None),
        ("need", {"title": "Bread", "created": 5, "key": b""}, None),
        ("need", {"title": "Bread", "created": 5, "lines": [{}]}, None),
        ("need", {"title": "Bread", "created": 5, "lines": {"quantity": 1}}, None),
        ("need", {"title": "Bread", "created": 5}, ITEM),
        ("need", {"title": "Bread", "created": 5}, "people"),
        ("pledge", {}, None),
        ("pledge", {"quantities": []}, ITEM),
        ("pledge", {"quantities": [[0]]}, ITEM),
        ("pledge", {"quantities": [[0, 1, 2]]}, ITEM),
        ("pledge", {"quantities": [["0", "1"]]}, ITEM),
        ("pledge", {"quantities": None}, ITEM),
        ("pledge", {}, "people"),
        ("release", {}, ITEM),
        ("release", {"pledge": PLEDGE.hex()}, ITEM),
        ("name", {"name": "Amal"}, "settings"),
        ("name", {"name": "Amal"}, ITEM),
        ("name", {"name": ""}, "people"),
        ("group", {"name": "Bakers"}, "people"),
        ("roll-call", {"title": "Bread", "created": 5}, None),
    ],
)
def test_what_a_kind_does_not_take_has_no_effect(kind: str, body: dict[str, Any], place: bytes | str | None) -> None:
    assert from_body(event(kind, body, place)) is None


def test_keys_of_a_later_version_are_ignored_and_stay_in_the_event() -> None:
    body = {"title": "Bread", "created": 5, "needed-by": 7, "lines": [{"quantity": 2, "colour": 4}]}
    written = event("need", body, None)
    assert from_body(written) == Need(title="Bread", created=5, lines=(Line(quantity=2),))
    assert written.body == body


def test_texts_stay_as_they_came() -> None:
    odd = "e\u0301 \u202eabc\x00\x1b[31m\u200f"
    assert from_body(event("comment", {"text": odd}, ITEM)) == Comment(text=odd)


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.binary(max_size=33)
    | st.text("aش\x00", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["quantity", "unit", "x"]), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(
        ["need", "offer", "pledge", "release", "deliver", "confirm", "withdraw", "comment", "name", "group"]
    ),
    st.dictionaries(
        st.sampled_from(["title", "created", "lines", "quantities", "pledge", "key", "text", "name"]), ANYTHING
    ),
    st.sampled_from([None, ITEM, "people", "settings"]),
)
def test_any_value_in_any_field_is_taken_whole_or_has_no_effect(
    kind: str, body: dict[str, Any], place: bytes | str | None
) -> None:
    typed = from_body(event(kind, body, place))
    if typed is not None:
        again = from_body(event(kind, to_body(typed) if not _blank(typed) else body, place))
        assert again == typed


def _blank(body: Body) -> bool:
    return any(not str(getattr(body, field, "x")).strip() for field in ("title", "text", "name"))


def test_a_body_prints_nothing_that_a_member_wrote() -> None:
    secret = Need(title="insulin for Abu Ali", created=5, lines=(Line(quantity=1, name="insulin"),))
    assert "insulin" not in repr(secret) + str(secret.lines) + str(secret.__rich_repr__())
