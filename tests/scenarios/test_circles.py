"""Circles: a group inside a group, whose members prove that they are of the parent, and go when they leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import BadLinkError, NotAllowedError
from taboon_client.values import GroupState

if TYPE_CHECKING:
    from taboon_client.blocking import Group
    from tests.scenarios.conftest import Neighbourhood, Person


def circle_of(person: Person) -> Group:
    return person.taboon.group("Medics")


def let_in(admin: Person, person: Person) -> None:
    invite = circle_of(admin).invite()
    person.taboon.join(invite.link, me=person.name)
    admin.sync()
    (request,) = circle_of(admin).requests()
    assert circle_of(admin).approve(request.code).done
    person.sync()
    person.sync()
    admin.sync()


def names(group: Group) -> list[str]:
    return sorted(member.name for member in group.members())


@pytest.fixture
def layla(neighbourhood: Neighbourhood) -> Person:
    """The admin of a group of three, and of a circle in it."""
    layla = neighbourhood.founder("Layla")
    for name in ("Sami", "Basil"):
        neighbourhood.let_in(layla, name)
    layla.taboon.group("Harbour").create_circle("Medics", me="Layla")
    return layla


@pytest.fixture
def sami(neighbourhood: Neighbourhood, layla: Person) -> Person:
    """Of the parent, and let into the circle."""
    sami = neighbourhood.named("Sami")
    sami.sync()
    let_in(layla, sami)
    return sami


def test_what_is_said_in_a_circle_stays_there(neighbourhood: Neighbourhood, layla: Person, sami: Person) -> None:
    basil = neighbourhood.named("Basil")
    circle_of(layla).post(Need(title="Insulin", created=0))
    for person in (layla, sami, basil):
        person.sync()
    assert [item.title for item in circle_of(sami).board()] == ["Insulin"]
    assert names(circle_of(sami)) == ["Layla", "Sami"]
    assert basil.titles() == set()
    assert layla.taboon.group("Harbour").board() == sami.taboon.group("Harbour").board() == []
    for person in (layla, sami):
        assert [one.name for one in person.taboon.group("Harbour").circles()] == ["Medics"]
    # Nothing ties the two together: neither keys nor codes of the same person.
    of_parent = {member.identity for member in layla.taboon.group("Harbour").members()}
    assert of_parent.isdisjoint(member.identity for member in circle_of(layla).members())


def test_an_invite_into_a_circle_is_of_no_use_outside_the_parent(neighbourhood: Neighbourhood, layla: Person) -> None:
    stranger = neighbourhood.person("stranger")
    invite = circle_of(layla).invite()
    with pytest.raises(BadLinkError, match="not on this device"):
        stranger.taboon.join(invite.link, me="stranger")
    assert stranger.taboon.joinings() == []


def test_whoever_was_removed_from_the_parent_is_not_let_into_the_circle(
    neighbourhood: Neighbourhood, layla: Person
) -> None:
    basil = neighbourhood.named("Basil")
    invite = circle_of(layla).invite()
    layla.taboon.group("Harbour").remove("Basil")
    # His device has not heard of it yet, and asks with a proof that verifies.
    basil.taboon.join(invite.link, me="Basil")
    layla.sync()
    (request,) = circle_of(layla).requests()
    with pytest.raises(NotAllowedError, match="not in the group that the circle is in"):
        circle_of(layla).approve(request.code)
    layla.sync()
    assert names(circle_of(layla)) == ["Layla"]


def test_who_is_removed_from_the_parent_is_removed_from_the_circle(layla: Person, sami: Person) -> None:
    layla.taboon.group("Harbour").remove("Sami")
    layla.sync()
    layla.sync()
    assert names(circle_of(layla)) == ["Layla"]
    circle_of(layla).post(Need(title="Insulin", created=0))
    layla.sync()
    sami.taboon.sync(wait=30)
    assert circle_of(sami).status().state is GroupState.REMOVED
    assert circle_of(sami).board() == []


def test_who_leaves_the_parent_leaves_the_circle(layla: Person, sami: Person) -> None:
    sami.taboon.group("Harbour").leave()
    for person in (layla, sami, sami, layla, layla, sami):
        person.taboon.sync(wait=30)
    assert names(circle_of(layla)) == ["Layla"]
    assert circle_of(sami).status().state is GroupState.REMOVED


def test_a_circle_has_no_circles(layla: Person) -> None:
    with pytest.raises(NotAllowedError, match="no circles of its own"):
        circle_of(layla).create_circle("Inner", me="Layla")


def test_keys_rotate_in_a_circle_and_its_members_still_prove_who_they_are(layla: Person, sami: Person) -> None:
    assert circle_of(sami).rotate().done
    assert circle_of(layla).rotate().done
    sami.sync()
    assert circle_of(sami).status().epoch == circle_of(layla).status().epoch
