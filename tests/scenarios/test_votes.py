"""Deciding together: who may vote is fixed when something is proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import FieldError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    from taboon_client.board.votes import GroupMotion
    from tests.scenarios.conftest import Neighbourhood, Person


def sync(*people: Person) -> None:
    for person in people:
        person.taboon.sync(wait=30)


def only(person: Person) -> GroupMotion:
    (motion,) = person.group.motions()
    return motion


def test_more_than_half_of_those_who_were_there_decide(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami)
    name = sami.group.propose("Shall we cook on Fridays?")
    sync(sami, layla, noor)
    layla.group.vote(name, "yes")
    sami.group.vote(name.hex()[:8], "no")
    sync(layla, sami, noor)
    assert only(noor).decided == ""
    sami.group.vote(name, "yes", "I changed my mind")
    sync(sami, noor, layla)
    for person in (layla, noor, sami):
        assert (only(person).count("yes"), only(person).count("no"), only(person).decided) == (2, 0, "yes")
    with pytest.raises(FieldError):
        noor.group.vote(name, "maybe")
    with pytest.raises(NotFoundError):
        noor.group.vote("ffff", "yes")


def test_nobody_brings_in_voters_after_a_question_was_asked(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    name = layla.group.propose("Shall Sami be an admin?")
    sync(layla, sami)
    noor = neighbourhood.let_in(layla, "Noor")
    sync(noor, layla, sami)
    with pytest.raises(NotAllowedError, match="came later"):
        noor.group.vote(name, "no")
    # A changed program that votes all the same is not counted, on any device.
    from taboon_client.board.register_kinds import Vote
    from taboon_client.board.registers import VOTES

    desk = noor.taboon._taboon._desk
    desk.keeper.write(lambda tx: desk.ledger.make(tx, 1, Vote(motion=name, choice="no"), VOTES, (name,)))
    sync(noor, layla, sami)
    assert only(layla).votes == only(sami).votes == only(noor).votes == ()
    assert len(only(layla).electorate) == 2


def test_a_closed_vote_counts_what_its_author_had_and_nothing_later(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    name = layla.group.propose("Shall we move?")
    sync(layla, sami, noor)
    sami.group.vote(name, "yes")
    noor.group.vote(name, "no")
    sync(sami, layla)
    with pytest.raises(NotAllowedError):
        sami.group.close_motion(name)
    layla.group.close_motion(name)
    sync(noor, layla, sami, noor)
    for person in (layla, sami, noor):
        assert only(person).closed
        assert [choice for _, choice in only(person).votes] == ["yes"]
    with pytest.raises(NotAllowedError, match="closed"):
        noor.group.vote(name, "yes")


def test_a_newcomer_reads_what_was_decided_before(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    name = layla.group.propose("Shall we begin?")
    layla.group.vote(name, "yes")
    sync(layla)
    sami = neighbourhood.let_in(layla, "Sami")
    sync(sami)
    assert only(sami).decided == "yes"
