"""The lists of words that a group keeps: categories, areas, questions (docs/protocol.md, section 3.3).

A list is the fold of its register. Saying a code again gives it another meaning from then on; what was posted before
keeps the meaning it had, because an item names the event that gave it (its *sense*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from taboon_client.board.kinds import from_body
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm, Question
from taboon_client.board.taxonomy import CATEGORIES, SUBCATEGORIES
from taboon_client.errors import FormatError
from taboon_client.text.folding import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taboon_client.board.graph import Graph
    from taboon_client.board.history import Judge

__all__ = [
    "BUILT_IN",
    "Asked",
    "Term",
    "Vocabulary",
    "asked_now",
    "decode_questions",
    "encode_questions",
    "fold_areas",
    "fold_questions",
    "fold_taxonomy",
]

_FORMAT = b"\x01"


class Term(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One meaning of a code.

    Attributes:
        code: What events hold.
        sense: Name of the event that gave it this meaning; empty for a built-in one.
        labels: What it is called, by language.
        under: Code of the entry above it, or ``""``.
        aliases: Other words for it.
        retired: It is offered no longer.
        into: Code of the entry that took its place, or ``""``.
    """

    code: str
    sense: bytes
    labels: dict[str, str]
    under: str
    aliases: tuple[str, ...]
    retired: bool
    into: str

    def label(self, language: str) -> str:
        """Return what it is called in a language, else in English, else in any."""
        return self.labels.get(language) or self.labels.get("en") or next(iter(self.labels.values()), self.code)


class Asked(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One version of a question: what :class:`.register_kinds.Question` says, and the event's name."""

    version: bytes
    code: str
    labels: dict[str, str]
    type: str
    options: tuple[str, ...]
    required: bool
    about: tuple[str, ...]
    category: str
    only_if: bytes
    is_value: str
    order: int
    retired: bool
    sealed: bool = False


class Vocabulary:
    """A list of a group: what is offered now, and what every code ever meant.

    Args:
        terms: Every meaning, the built-in ones first, then in the order of the fold.
    """

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self.terms = terms
        self._now = {term.code: term for term in terms}
        self._by_sense = {(term.code, term.sense): term for term in terms}

    def offered(self, under: str | None = None) -> tuple[Term, ...]:
        """Return what can be chosen now, all or only what stands below a code (``""`` for the upper level)."""
        return tuple(t for t in self._now.values() if not t.retired and (under is None or t.under == under))

    def now(self, code: str) -> Term | None:
        """Return what a code means now."""
        return self._now.get(code)

    def meant(self, code: str, sense: bytes) -> Term | None:
        """Return what a code meant to whoever posted an item with this sense."""
        return self._by_sense.get((code, sense)) or self._now.get(code)

    def find(self, text: str) -> tuple[Term, ...]:
        """Return what somebody may mean by a word or phrase: by code, label or another word for it, as a whole."""
        wanted = _plain(text)
        return tuple(term for term in self.offered() if wanted and wanted in _words(term))

    def in_text(self, text: str) -> tuple[Term, ...]:
        """Return what a text speaks of, the longest words first and the lower level before the upper."""
        padded = f" {_plain(text)} "
        found = []
        for term in self.offered():
            length = max((len(word) for word in _words(term) if f" {word} " in padded), default=0)
            if length:
                found.append((-length, not term.under, term.code, term))
        return tuple(entry[-1] for entry in sorted(found, key=lambda entry: entry[:3]))

    def encode(self) -> bytes:
        """Return the bytes to store in the vault."""
        return _FORMAT + _ENCODER.encode(self.terms)

    @classmethod
    def decode(cls, data: bytes) -> Vocabulary:
        """Read what :meth:`encode` wrote.

        Raises:
            FormatError: Another version wrote it: fold it again.
        """
        if data[:1] != _FORMAT:
            raise FormatError("the stored list is of another version: fold it again")
        try:
            return cls(_DECODER.decode(data[1:]))
        except msgspec.MsgspecError:
            raise FormatError("the stored list is damaged: fold it again") from None


def _words(term: Term) -> set[str]:
    return {_plain(word) for word in (term.code, *term.labels.values(), *term.aliases)}


def _plain(text: str) -> str:
    return " ".join(words(text))


BUILT_IN = tuple(
    Term(
        code=entry.code,
        sense=b"",
        labels={"en": entry.english, "ar": entry.arabic},
        under=entry.under,
        aliases=entry.aliases,
        retired=False,
        into="",
    )
    for entry in (*CATEGORIES, *SUBCATEGORIES)
)


def fold_taxonomy(graph: Graph, judge: Judge) -> Vocabulary:
    """Return the categories of a group: the built-in ones, and what its admins made of them."""
    return Vocabulary((*BUILT_IN, *_terms(graph, judge, CategoryTerm)))


def fold_areas(graph: Graph, judge: Judge) -> Vocabulary:
    """Return the areas of a group; without any, whoever posts may write what they like."""
    return Vocabulary(tuple(_terms(graph, judge, AreaTerm)))


def _terms(graph: Graph, judge: Judge, kind: type[CategoryTerm | AreaTerm]) -> Iterator[Term]:
    for _, name, event in graph.ready():
        body = from_body(event)
        if isinstance(body, kind) and judge(event):
            yield Term(
                code=body.code,
                sense=name,
                labels=body.labels,
                under=body.under,
                aliases=body.aliases,
                retired=body.retired,
                into=body.into,
            )


def fold_questions(graph: Graph, judge: Judge) -> tuple[Asked, ...]:
    """Return every version of every question that counts, in the order of the fold."""
    found = []
    for _, name, event in graph.ready():
        body = from_body(event)
        if isinstance(body, Question) and judge(event):
            found.append(
                Asked(
                    version=name,
                    code=body.code,
                    labels=body.labels,
                    type=body.type,
                    options=body.options,
                    required=body.required,
                    about=body.about,
                    category=body.category,
                    only_if=body.only_if or b"",
                    is_value=body.is_value,
                    order=body.order,
                    retired=body.retired,
                    sealed=body.sealed,
                )
            )
    return tuple(found)


def asked_now(questions: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """Return the versions that are asked now, in their order."""
    last = {asked.code: asked for asked in questions}
    return tuple(sorted((a for a in last.values() if not a.retired), key=lambda asked: (asked.order, asked.code)))


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[Term, ...])
_QUESTIONS = msgspec.msgpack.Decoder(tuple[Asked, ...])


def encode_questions(questions: tuple[Asked, ...]) -> bytes:
    """Return the bytes to store in the vault."""
    return _FORMAT + _ENCODER.encode(questions)


def decode_questions(data: bytes) -> tuple[Asked, ...]:
    """Read what :func:`encode_questions` wrote.

    Raises:
        FormatError: Another version wrote it: fold it again.
    """
    if data[:1] != _FORMAT:
        raise FormatError("the stored list is of another version: fold it again")
    try:
        return _QUESTIONS.decode(data[1:])
    except msgspec.MsgspecError:
        raise FormatError("the stored list is damaged: fold it again") from None
