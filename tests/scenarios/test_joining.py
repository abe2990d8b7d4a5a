"""Coming in: links, safety codes, approval, and everything that can be wrong with them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import BadLinkError, InviteEndedError, NotFoundError
from taboon_client.joining.link import InvitePayload

if TYPE_CHECKING:
    from tests.scenarios.conftest import Neighbourhood


def test_both_sides_see_the_same_safety_code(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.person("Sami")
    joining = sami.taboon.join(layla.group.invite().link, me="Sami")
    layla.sync()
    (request,) = layla.group.requests()
    assert request.safety == joining.safety
    assert len(joining.safety.words_en) == len(joining.safety.words_ar) == 5
    assert len(joining.safety.digits) == 16


def test_nobody_has_to_be_online_at_the_same_time(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    layla.sync()
    layla.taboon.close()
    sami = neighbourhood.person("Sami")
    sami.taboon.join(link, me="Sami")
    sami.taboon.close()
    layla.reopen()
    layla.sync()
    layla.group.approve("Sami")
    layla.taboon.close()
    sami.reopen()
    sami.sync()
    assert [group.name for group in sami.taboon.groups()] != []
    layla.reopen()
    layla.sync()
    sami.sync()
    assert {member.name for member in sami.group.members()} == {"Layla", "Sami"}


def test_several_who_are_approved_before_one_sync_all_get_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    people = [neighbourhood.person(name) for name in ("Amal", "Basil", "Sami")]
    for person in people:
        person.taboon.join(layla.group.invite().link, me=person.name)
    layla.sync()
    for person in people:
        layla.group.approve(person.name, wait=0)
    layla.sync()
    for person in [*people, layla, *people]:
        person.sync()
    for person in [layla, *people]:
        assert {member.name for member in person.group.members()} == {"Layla", "Amal", "Basil", "Sami"}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "hello",
        "https://example.org/join",
        "taboon:join:",
        "taboon:join:AAAA",
        "taboon:join:" + "A" * 400,
        "taboon:join:" + "A" * 5000,
        "taboon:join:" + "ä" * 100,
        "signal:join:abc",
    ],
)
def test_a_malformed_or_foreign_link_is_refused_with_a_sentence(neighbourhood: Neighbourhood, link: str) -> None:
    sami = neighbourhood.person("Sami")
    with pytest.raises(BadLinkError):
        sami.taboon.join(link, me="Sami")
    assert sami.taboon.joinings() == []


def test_a_link_with_any_character_changed_is_refused(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    start = len("taboon:join:")
    for place in range(start, len(link), 7):
        changed = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        with pytest.raises(BadLinkError):
            InvitePayload.parse(changed)


def test_a_link_that_would_lead_over_open_http_is_refused() -> None:
    payload, _ = InvitePayload.generate(
        relay_url="https://relay.example:443", relay_id=bytes(32), expires=1, retention=2, random=lambda n: bytes(n)
    )
    raw = payload.encode().replace(b"https://relay.example:443", b"http://relay.example:4433")
    with pytest.raises(BadLinkError):
        InvitePayload.decode(raw)
    assert base64.urlsafe_b64encode(raw)


def test_an_expired_invite_is_refused_before_anything_is_sent(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite(hours=1).link
    sami = neighbourhood.person("Sami")
    desk = sami.taboon._taboon._desk
    real = desk.clock
    desk.clock = lambda: real() + 7200
    with pytest.raises(InviteEndedError):
        sami.taboon.join(link, me="Sami")
    assert sami.taboon.joinings() == []


def test_an_invite_is_used_once_on_one_device(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    sami = neighbourhood.person("Sami")
    sami.taboon.join(link, me="Sami")
    with pytest.raises(InviteEndedError):
        sami.taboon.join(link, me="Sami")


def test_an_invite_used_by_two_people_lets_nobody_in_and_says_so_loudly(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    sami, thief = neighbourhood.person("Sami"), neighbourhood.person("Thief")
    thief.taboon.join(link, me="Sami")
    sami.taboon.join(link, me="Sami")
    reports = layla.taboon.sync(wait=30)
    assert any("two people" in notice for report in reports.values() for notice in report.notices)
    assert layla.group.requests() == []
    with pytest.raises(NotFoundError):
        layla.group.approve("Sami")
    layla.sync()
    for person in (sami, thief):
        person.taboon.sync(wait=30)
        (joining,) = person.taboon.joinings()
        assert joining.state == "ended"
        assert joining.problem
        assert person.taboon.groups() == []


def test_an_invite_already_answered_lets_nobody_else_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    sami = neighbourhood.person("Sami")
    sami.taboon.join(link, me="Sami")
    layla.sync()
    assert layla.group.approve("Sami").done
    sami.sync()
    thief = neighbourhood.person("Thief")
    thief.taboon.join(link, me="Thief")
    layla.sync()
    assert layla.group.requests() == []
    thief.taboon.sync(wait=30)
    assert thief.taboon.groups() == []


def test_a_safety_code_that_differs_lets_an_admin_end_the_invite_before_anybody_is_in(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    link = layla.group.invite().link
    sami, thief = neighbourhood.person("Sami"), neighbourhood.person("Thief")
    # The link was photographed: the thief asks at once, while the rightful device is still offline.
    thief.taboon.join(link, me="Sami")
    of_sami = sami.taboon.join(link, me="Sami", wait=0)
    layla.sync()
    (request,) = layla.group.requests()
    assert request.name == "Sami"
    assert request.safety != of_sami.safety
    layla.group.revoke(request.code)
    layla.sync()
    for person in (sami, thief):
        person.taboon.sync(wait=30)
        assert person.taboon.joinings()[0].state == "ended"
    assert len(layla.group.members()) == 1


def test_the_name_of_the_group_is_not_in_the_link(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla", "Harbour kitchen")
    invite = layla.group.invite()
    raw = base64.urlsafe_b64decode(invite.link.removeprefix("taboon:join:") + "==")
    assert b"Harbour" not in raw
    assert invite.link not in repr(invite)


def test_every_commit_that_adds_carries_the_pre_shared_key_of_its_invite(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sami.sync()
    sami.group.post(Need(title="All three read this", created=0))
    for person in (sami, noor, layla):
        person.sync()
    assert noor.titles() == layla.titles() == {"All three read this"}
