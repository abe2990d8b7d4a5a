"""Which of a group's questions are asked of a post, what is missing, and which answers are sealed."""

from __future__ import annotations

from typing import Any

import pytest

from taboon_client.board import Answer, Details, SealedAnswer
from taboon_client.board.asking import asked_of, check_condition, left_out, opened, parted
from taboon_client.board.register_kinds import Question
from taboon_client.board.vocabulary import Asked
from taboon_client.errors import FieldError, FormatError


def asked(code: str, version: int = 1, **fields: Any) -> Asked:
    plain: dict[str, Any] = {
        "labels": {"en": f"{code}?"},
        "type": "text",
        "options": (),
        "required": False,
        "about": (),
        "category": "",
        "only_if": b"",
        "is_value": "",
        "order": 0,
        "retired": False,
    }
    name = f"{version}-{code}".encode().ljust(32, b".")
    return Asked(version=name, code=code, **(plain | fields))


def said(question: Asked, value: Any) -> Answer:
    return Answer(question=question.version, value=value)


STAIRS = asked("stairs", type="yes-no")
FLOOR = asked("floor", type="number", only_if=STAIRS.version, is_value="yes", required=True)
LIFT = asked("lift", type="one-of", options=("works", "broken"), only_if=FLOOR.version, is_value="4")


def codes(questions: list[Asked], *answers: Answer, kind: str = "need", category: str = "") -> list[str]:
    return [one.code for one in asked_of(questions, kind, (category, ""), answers)]


def test_a_question_is_asked_only_after_the_answer_that_it_hangs_on() -> None:
    every = [LIFT, FLOOR, STAIRS]
    assert codes(every) == ["stairs"]
    assert codes(every, said(STAIRS, False)) == ["stairs"]
    assert codes(every, said(STAIRS, True)) == ["floor", "stairs"]
    assert codes(every, said(STAIRS, True), said(FLOOR, 4)) == ["floor", "lift", "stairs"]


def test_what_hangs_on_a_question_that_is_not_asked_is_not_asked_either() -> None:
    assert codes([STAIRS, FLOOR, LIFT], said(FLOOR, 4), said(STAIRS, False)) == ["stairs"]
    stopped = asked("stairs", 2, retired=True)
    assert codes([STAIRS, FLOOR, stopped], said(STAIRS, True)) == []


def test_a_question_in_other_words_is_still_the_one_that_others_hang_on() -> None:
    again = asked("stairs", 2, type="yes-no")
    assert codes([STAIRS, FLOOR, again], said(again, True)) == ["floor", "stairs"]


def test_one_of_several_answers_is_enough() -> None:
    has = asked("has", type="many-of", options=("gas", "fire"))
    bottle = asked("bottle", only_if=has.version, is_value="gas")
    assert codes([has, bottle], said(has, ("fire", "gas"))) == ["bottle", "has"]
    assert codes([has, bottle], said(has, ("fire",))) == ["has"]


def test_a_question_for_a_kind_or_a_category_is_asked_there_alone() -> None:
    every = [asked("dose", category="med"), asked("joins", about=("joining",)), asked("seats", about=("offer",))]
    assert codes(every) == []
    assert codes(every, category="med") == ["dose"]
    assert codes(every, kind="offer") == ["seats"]


def test_questions_that_hang_on_each_other_in_a_ring_are_asked_never_and_stall_nothing() -> None:
    one = asked("one", only_if=asked("two").version, is_value="x")
    two = asked("two", only_if=one.version, is_value="x")
    assert codes([one, two], said(one, "x"), said(two, "x")) == []


def test_only_what_should_not_be_left_out_is_missing_and_a_blank_is_no_answer() -> None:
    note = asked("note", required=True)
    assert left_out([STAIRS, FLOOR, note], [said(FLOOR, 0), said(note, " ")]) == (note,)


@pytest.mark.parametrize(
    ("code", "only_if", "is_value", "field"),
    [
        ("new", b"n" * 32, "yes", "only_if"),
        ("new", STAIRS.version, "often", "is_value"),
        ("new", FLOOR.version, " ", "is_value"),
        ("stairs", STAIRS.version, "yes", "only_if"),
        ("stairs", LIFT.version, "works", "only_if"),
    ],
)
def test_a_condition_that_nobody_could_meet_is_refused(code: str, only_if: bytes, is_value: str, field: str) -> None:
    every = {one.version: one for one in (STAIRS, FLOOR, LIFT)}
    with pytest.raises(FieldError) as raised:
        check_condition(Question(code=code, labels={"en": "?"}, only_if=only_if, is_value=is_value), every)
    assert raised.value.field == field
    check_condition(Question(code="new", labels={"en": "?"}, only_if=STAIRS.version, is_value="no"), every)


def test_sealed_answers_go_into_the_details_and_are_read_with_their_question() -> None:
    ill = asked("ill", sealed=True)
    every = {one.version: one for one in (STAIRS, ill)}
    in_the_open, sealed = parted(every, [said(STAIRS, True), said(ill, "asthma")])
    assert in_the_open == (said(STAIRS, True),)
    details = Details.decode(Details(names="Um Ali", answers=sealed).encode())
    assert opened(every.values(), details) == ((ill, "asthma"),)
    assert opened([], details) == ((None, "asthma"),)


def test_sealed_answers_have_a_limit_and_print_nothing() -> None:
    one = SealedAnswer(question=b"q" * 8, value="asthma")
    assert "asthma" not in f"{one!r} {Details(answers=(one,))!r}"
    name, text = SealedAnswer(question=b"q" * 9, value=""), SealedAnswer(question=b"q" * 8, value="x" * 401)
    for answers in ((one,) * 11, (name,), (text,)):
        with pytest.raises(FieldError):
            Details(answers=answers).encode()
    with pytest.raises(FormatError):
        Details.decode(b"\xa1\x67answers\x81\x81\x48qqqqqqqq")
