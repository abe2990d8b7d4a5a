"""The lists that a group keeps: categories, areas, questions, for how long items stay; and its dispatch circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client.board import ADMIN, AREAS, DISPATCH, QUESTIONS, SETTINGS, TAXONOMY, Keep
from taboon_client.board.asking import check_condition
from taboon_client.board.register_kinds import Keeping
from taboon_client.board.vocabulary import asked_now
from taboon_client.errors import FieldError, NotAllowedError
from taboon_client.library.held import Held

if TYPE_CHECKING:
    from taboon_client.board import Body
    from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Question
    from taboon_client.board.vocabulary import Asked, Vocabulary
    from taboon_client.vault import Connection

__all__ = ["Lists"]


class Lists(Held):
    """The lists of one group."""

    async def categories(self) -> Vocabulary:
        """Return the categories of two levels: the built-in ones, and what the group made of them."""
        return await self._read(lambda tx: self._desk.ledger.vocabulary(tx, self.row_id, TAXONOMY))

    async def areas(self) -> Vocabulary:
        """Return the areas that the group has named; without any, an item's area is free text."""
        return await self._read(lambda tx: self._desk.ledger.vocabulary(tx, self.row_id, AREAS))

    async def questions(self) -> tuple[Asked, ...]:
        """Return the questions that the group asks now, in their order."""
        return asked_now(await self._read(lambda tx: self._desk.ledger.questions(tx, self.row_id)))

    async def all_questions(self) -> dict[bytes, Asked]:
        """Return every version of every question, by the name that answers give."""
        return {a.version: a for a in await self._read(lambda tx: self._desk.ledger.questions(tx, self.row_id))}

    async def keep(self) -> Keep:
        """Return for how long the group keeps items."""
        return await self._read(lambda tx: self._desk.ledger.keep(tx, self.row_id))

    async def set_category(self, term: CategoryTerm) -> None:
        """Add a category or give a code another meaning; by an admin. What was posted before keeps its meaning."""
        if term.under and term.under == term.code:
            raise FieldError("under", "names another category than itself")
        await self._say(term, TAXONOMY)

    async def set_area(self, term: AreaTerm) -> None:
        """Add an area, or retire one; by an admin."""
        await self._say(term, AREAS)

    async def ask(self, question: Question) -> None:
        """Ask a question with every post, or a new version of one; by an admin. Old answers keep the old version.

        Raises:
            FieldError: It would be asked after an answer that nobody can give.
        """
        if question.only_if is not None:
            check_condition(question, await self.all_questions())
        await self._say(question, QUESTIONS)

    async def set_keep(self, keep: Keep) -> None:
        """Say for how long the group keeps items; by an admin."""
        await self._say(Keeping(open_days=keep.open_days, closed_days=keep.closed_days), SETTINGS)

    async def dispatch(self) -> frozenset[bytes]:
        """Return the identity keys of the dispatch circle."""

        def act(tx: Connection) -> frozenset[bytes]:
            record = self._desk.ledger.history(tx, self.row_id).last
            members = record.members if record is not None else {}
            return frozenset(who for who, roles in members.items() if DISPATCH in roles)

        return await self._read(act)

    async def _say(self, body: Body, register: str) -> None:
        def act(tx: Connection) -> None:
            acts = self._acts(tx)
            record = self._desk.ledger.history(tx, self.row_id).last
            if record is None or ADMIN not in record.members.get(acts.identity, ()):
                raise NotAllowedError("only an admin of the group can change its lists")
            self._desk.ledger.make(tx, self.row_id, body, register, ())

        await self._write(act)
