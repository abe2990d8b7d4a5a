"""An answer to a question whose answers are sealed never stands in the open, whoever posts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import QUESTIONS, Answer
from taboon_client.board.openings import Edit
from taboon_client.board.register_kinds import Question
from taboon_client.errors import FieldError

if TYPE_CHECKING:
    from tests.client.ledger.home import Home


def ask(home: Home, *, sealed: bool) -> bytes:
    """Ask under one code, and return the name of this version."""
    question = Question(code="ill", labels={"en": "What do they have?"}, sealed=sealed)
    home.write(lambda tx: home.desk.ledger.make(tx, home.grp, question, QUESTIONS, ()))
    return home.read(lambda tx: home.desk.ledger.questions(tx, home.grp))[-1].version


def test_a_post_or_an_edit_with_one_is_refused_and_nothing_is_saved(home: Home) -> None:
    item = home.post("A bed")
    answer = Answer(question=ask(home, sealed=True), value="asthma")
    before = home.count("outbox")
    with pytest.raises(FieldError, match="sealed"):
        home.post("Insulin", answers=(answer,))
    with pytest.raises(FieldError, match="sealed"):
        home.act(item, lambda acts: acts.edit(item, Edit(answers=(answer,))))
    assert home.count("outbox") == before


def test_what_was_answered_in_the_open_before_stays_so(home: Home) -> None:
    answer = Answer(question=ask(home, sealed=False), value="well")
    item = home.post("A bed", answers=(answer,))
    ask(home, sealed=True)
    edited = home.act(item, lambda acts: acts.edit(item, Edit(title="Two beds", answers=item.answers)))
    assert edited is not None
    assert edited.answers == (answer,)
