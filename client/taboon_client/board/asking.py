"""Which of a group's questions are asked of a post, what is still missing, and which answers are sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board.details import REFERENCE, SealedAnswer
from taboon_client.board.vocabulary import asked_now
from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from taboon_client.board.details import Details
    from taboon_client.board.fields import Answer
    from taboon_client.board.register_kinds import Question
    from taboon_client.board.vocabulary import Asked

    Value = str | int | bool | tuple[str, ...]

__all__ = ["answer_text", "asked_of", "check_condition", "left_out", "opened", "parted"]


def asked_of(
    questions: Iterable[Asked], kind: str, codes: Collection[str], answers: Iterable[Answer]
) -> tuple[Asked, ...]:
    """Return the questions that are asked of a post, in their order.

    Args:
        questions: Every version of every question, in the order of the fold.
        kind: Of the item.
        codes: Of its category and the one below.
        answers: What was answered so far, sealed or not.
    """
    every = {one.version: one for one in questions}
    said = {every[one.question].code: one.value for one in answers if one.question in every}
    now = [
        one
        for one in asked_now(tuple(every.values()))
        if (not one.about or kind in one.about) and (not one.category or one.category in codes)
    ]
    asked: set[str] = set()
    # A question may hang on one that hangs on another: it is asked once all of these are, and in a ring none ever is.
    while more := {one.code for one in now if one.code not in asked and _holds(one, every, asked, said)}:
        asked |= more
    return tuple(one for one in now if one.code in asked)


def _holds(one: Asked, every: Mapping[bytes, Asked], asked: set[str], said: Mapping[str, Value]) -> bool:
    """Tell whether a question's condition is met; of one that this device does not know, it is."""
    before = every.get(one.only_if)
    if before is None:
        return True
    # By its code: asked in other words, it is still the question that this one hangs on.
    return before.code in asked and before.code in said and one.is_value in _words(said[before.code])


def _words(value: Value) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return tuple(value) if isinstance(value, tuple) else (str(value).strip(),)


def answer_text(value: Value) -> str:
    """Return an answer as a text; ``yes`` and ``no`` for what is true or not."""
    return ", ".join(_words(value))


def check_condition(question: Question, every: Mapping[bytes, Asked]) -> None:
    """Refuse a question that would be asked after an answer that nobody can give.

    Args:
        question: With ``only_if``.
        every: Every version of every question, by its name, in the order of the fold.

    Raises:
        FieldError: It says what to do.
    """
    before = every.get(question.only_if or b"")
    if before is None:
        raise FieldError("only_if", "names no question of the group's")
    given = ("yes", "no") if before.type == "yes-no" else before.options
    if given and question.is_value not in given:
        raise FieldError("is_value", f"is one of {', '.join(given)}")
    if not question.is_value.strip():
        raise FieldError("is_value", "is blank: write something")
    now = {one.code: one for one in asked_now(tuple(every.values()))}
    while before is not None:
        if before.code == question.code:
            raise FieldError("only_if", "would hang on itself: choose a question that is asked without it")
        asked = now.get(before.code)
        before = every.get(asked.only_if) if asked is not None else None


def left_out(asked: Iterable[Asked], answers: Iterable[Answer]) -> tuple[Asked, ...]:
    """Return those of the questions asked that should not be left out, and were."""
    given = {one.question for one in answers if answer_text(one.value)}
    return tuple(one for one in asked if one.required and one.version not in given)


def parted(
    questions: Mapping[bytes, Asked], answers: Iterable[Answer]
) -> tuple[tuple[Answer, ...], tuple[SealedAnswer, ...]]:
    """Return the answers that everyone reads, and those that go into the sealed details.

    Args:
        questions: Every version, by its name.
        answers: To any of them.
    """
    answers = tuple(answers)
    hidden = {one.question for one in answers if (asked := questions.get(one.question)) is not None and asked.sealed}
    return (
        tuple(one for one in answers if one.question not in hidden),
        tuple(
            SealedAnswer(question=one.question[:REFERENCE], value=one.value)
            for one in answers
            if one.question in hidden
        ),
    )


def opened(questions: Iterable[Asked], details: Details) -> tuple[tuple[Asked | None, Value], ...]:
    """Return the answers that opened details hold, each with its question, if that is known here."""
    every = {one.version[:REFERENCE]: one for one in questions}
    return tuple((every.get(one.question), one.value) for one in details.answers)
