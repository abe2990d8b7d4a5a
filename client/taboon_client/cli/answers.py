"""Answers to the group's own questions: how they are typed, who is asked for them, and what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.board import Details
from taboon_client.board.asking import asked_of, left_out, parted
from taboon_client.board.fields import Answer
from taboon_client.cli import reading, terminal
from taboon_client.cli.exits import UsageError
from taboon_client.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taboon_client.blocking import Group
    from taboon_client.board import Item, Opening, SealedAnswer
    from taboon_client.board.vocabulary import Asked
    from taboon_client.cli.errand import Errand

__all__ = ["Answered"]


class Answered:
    """What was answered with one post: in the open, and sealed.

    Args:
        place: The group.
        typed: ``CODE=TEXT`` for each.

    Raises:
        NotFoundError: The group asks no question of that code.
        UsageError: An answer is none.
    """

    def __init__(self, place: Group, typed: Iterable[str]) -> None:
        self._every = place.all_questions()
        self._now = {one.code: one for one in place.questions()}
        self._given: dict[str, Answer] = {}
        for one in typed:
            code, _, text = one.partition("=")
            asked = self._now.get(code.strip())
            if asked is None:
                raise NotFoundError(
                    "question", "the group asks no question of that code. “taboon questions GROUP” lists them"
                )
            self._give(asked, text)

    def _give(self, asked: Asked, text: str) -> None:
        self._given[asked.code] = Answer(question=asked.version, value=reading.answer_of(asked, text))

    @property
    def open(self) -> tuple[Answer, ...]:
        """What everyone in the group reads."""
        return parted(self._every, self._given.values())[0]

    @property
    def sealed(self) -> tuple[SealedAnswer, ...]:
        """What goes into the sealed details."""
        return parted(self._every, self._given.values())[1]

    def missing(self, made: Opening) -> tuple[Asked, ...]:
        """Return the questions that are asked of a post, should not be left out, and were."""
        given = tuple(self._given.values())
        return left_out(asked_of(self._every.values(), made.kind, (made.category, made.sub), given), given)

    def ask(self, errand: Errand, made: Opening) -> None:
        """Ask at a terminal for what should not be left out; Enter leaves it out all the same."""
        passed: set[str] = set()
        # An answer may be what another question is asked after.
        while more := [one for one in self.missing(made) if one.code not in passed]:
            asked = more[0]
            passed.add(asked.code)
            choice = f" ({terminal.member(', '.join(asked.options))})" if asked.options else ""
            sealed = " (sealed)" if asked.sealed else ""
            while text := errand.ask(f"{terminal.member(asked.labels.get('en') or asked.code)}{choice}{sealed} "):
                try:
                    self._give(asked, text)
                except UsageError as error:
                    terminal.hint(terminal.sentence(str(error)))
                else:
                    break

    def into(self, details: Details | None) -> Details | None:
        """Return sealed details with the sealed answers in them: one to a version that was answered takes its place."""
        if not self.sealed:
            return details
        details = details or Details()
        new = {one.question for one in self.sealed}
        kept = tuple(one for one in details.answers if one.question not in new)
        return msgspec.structs.replace(details, answers=(*kept, *self.sealed))

    def beside(self, item: Item) -> tuple[Answer, ...]:
        """Return the open answers of an item with these in their place: what is not answered again stays."""
        codes = {one.version: one.code for one in self._every.values()}
        kept = (one for one in item.answers if codes.get(one.question) not in self._given)
        return (*kept, *self.open)
