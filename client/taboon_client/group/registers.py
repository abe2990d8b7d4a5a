"""The registers of a group as they stand folded in the vault: people, settings, lists, marks, invites, motions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_client import cbor
from taboon_client.board import (
    AREAS,
    PEOPLE,
    QUESTIONS,
    SETTINGS,
    TAXONOMY,
    Keep,
    fold_group_name,
    fold_keep,
    fold_people,
)
from taboon_client.board.invites import encode_invites, fold_invites
from taboon_client.board.marks import fold_marks
from taboon_client.board.registers import INVITES, MEMBERS, VOTES, fold_accepted, fold_agreement
from taboon_client.board.votes import decode_motions, encode_motions, fold_motions
from taboon_client.group.marks import marks_of
from taboon_client.vault import board, groups

if TYPE_CHECKING:
    from taboon_client.board import Graph, History, Judge
    from taboon_client.board.marks import Marks
    from taboon_client.board.vocabulary import Asked, Vocabulary
    from taboon_client.board.votes import GroupMotion
    from taboon_client.vault import Connection

__all__ = ["Registers", "keep_register"]

_AGREEMENT, _ACCEPTED = "agreement", "accepted"
"""What stands folded beside the registers of these events."""


class Registers:
    """Reads what the registers of a group have come to."""

    def keep(self, tx: Connection, grp: int) -> Keep:
        """Return for how long the group keeps items."""
        folded = board.register(tx, grp, SETTINGS)
        return Keep() if folded is None else Keep(*cbor.decode(folded))

    def agreement(self, tx: Connection, grp: int) -> str:
        """Return what everyone who joins a group agrees to; empty for nothing."""
        folded = board.register(tx, grp, _AGREEMENT)
        return "" if folded is None else str(cbor.decode(folded))

    def accepted(self, tx: Connection, grp: int) -> dict[bytes, bytes]:
        """Return which agreement (hash of its text) each member accepted last, by identity key."""
        folded = board.register(tx, grp, _ACCEPTED)
        return {} if folded is None else dict(map(tuple, cbor.decode(folded)))

    def motions(self, tx: Connection, grp: int) -> tuple[GroupMotion, ...]:
        """Return what the group is asked to decide, oldest first."""
        folded = board.register(tx, grp, VOTES)
        return () if folded is None else decode_motions(cbor.decode(folded))

    def marks(self, tx: Connection, grp: int) -> Marks:
        """Return what members say about each other: who is at risk, whom they vouch for."""
        return marks_of(tx, grp)

    def vocabulary(self, tx: Connection, grp: int, name: str) -> Vocabulary:
        """Return the categories (``taxonomy``) or ``areas`` of a group."""
        from taboon_client.board import vocabulary

        folded = board.register(tx, grp, name)
        if folded is not None:
            return vocabulary.Vocabulary.decode(folded)
        return vocabulary.Vocabulary(vocabulary.BUILT_IN if name == TAXONOMY else ())

    def questions(self, tx: Connection, grp: int) -> tuple[Asked, ...]:
        """Return every version of every question of a group."""
        from taboon_client.board import vocabulary

        folded = board.register(tx, grp, QUESTIONS)
        return () if folded is None else vocabulary.decode_questions(folded)


def keep_register(tx: Connection, grp: int, place: str, graph: Graph, judge: Judge, history: History) -> None:
    """Keep what the events of a register come to.

    Args:
        tx: A transaction that writes.
        grp: The group.
        place: The register's word; of one that is not known here nothing is kept.
        graph: Its events.
        judge: Says which of them count.
        history: Who was in the group when.
    """
    if place == PEOPLE:
        board.set_people(tx, grp, fold_people(graph, judge).items())
        accepted = fold_accepted(graph, judge)
        board.set_register(tx, grp, _ACCEPTED, cbor.encode([list(one) for one in accepted.items()]))
    elif place == SETTINGS:
        name = fold_group_name(graph, judge)
        if name:
            groups.set_name(tx, grp, name)
        board.set_register(tx, grp, SETTINGS, cbor.encode(list(fold_keep(graph, judge))))
        board.set_register(tx, grp, _AGREEMENT, cbor.encode(fold_agreement(graph, judge)))
    elif place == MEMBERS:
        board.set_register(tx, grp, MEMBERS, cbor.encode(fold_marks(graph, judge, history).to_value()))
        # Whoever is suspended is of no circle.
        groups.set_circle_served(tx, grp, b"")
    elif place == INVITES:
        board.set_register(tx, grp, INVITES, cbor.encode(encode_invites(fold_invites(graph, judge))))
    elif place == VOTES:
        motions = fold_motions(graph, judge, history)
        board.set_register(tx, grp, VOTES, cbor.encode(encode_motions(motions)))
    elif place in (TAXONOMY, AREAS, QUESTIONS):
        from taboon_client.board import vocabulary

        if place == QUESTIONS:
            folded = vocabulary.encode_questions(vocabulary.fold_questions(graph, judge))
        elif place == TAXONOMY:
            folded = vocabulary.fold_taxonomy(graph, judge).encode()
        else:
            folded = vocabulary.fold_areas(graph, judge).encode()
        board.set_register(tx, grp, place, folded)
