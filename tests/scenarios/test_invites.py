"""Invites of the whole group: any admin's device answers them, and every way in which they end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board.register_kinds import Question
from taboon_client.errors import InviteEndedError, NotAllowedError, NotFoundError
from taboon_client.group.changes import PolicyChange
from taboon_client.joining import host
from taboon_client.relay.cursor import Cursor
from taboon_client.vault import groups as rows
from taboon_client.vault import rendezvous
from tests.scenarios.hostile import desk_of

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person


def sync(*people: Person) -> None:
    for person in people:
        person.taboon.sync(wait=30)


def two_admins(neighbourhood: Neighbourhood) -> tuple[Person, Person]:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.set_admins(add=["Sami"]).done
    sync(sami)
    return layla, sami


def notices(person: Person) -> list[str]:
    return [notice for report in person.taboon.sync(wait=30).values() for notice in report.notices]


def test_any_admins_device_answers_an_invite_and_its_maker_need_not_be_there(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    link = layla.group.invite().link
    sync(layla)
    layla.taboon.close()
    noor = neighbourhood.person("Noor")
    joining = noor.taboon.join(link, me="Noor")
    sync(sami)
    (request,) = sami.group.requests()
    assert request.safety == joining.safety
    assert sami.group.approve(request.code, compared=True).done
    sync(sami, noor, sami)
    assert {member.name for member in noor.group.members()} == {"Layla", "Sami", "Noor"}
    checked = {one.identity: one.checked for one in sami.group.keys().members}
    assert checked[sami.group.member("Noor").identity] == "code"
    layla.reopen()
    sync(layla)
    assert layla.group.invites() == []
    assert layla.group.requests() == []


def test_two_admins_who_approve_one_request_at_once_let_in_one_person_once(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    link = layla.group.invite().link
    sync(layla)
    noor = neighbourhood.person("Noor")
    noor.taboon.join(link, me="Noor")
    sync(layla, sami)
    layla.group.approve("Noor", wait=0)
    sami.group.approve("Noor", wait=0)
    sync(layla, sami, noor, layla, sami)
    for person in (layla, sami, noor):
        assert len(person.group.members()) == 3
        assert person.group.status().wishes == ()
    assert sami.group.requests() == layla.group.requests() == []


def test_a_member_who_is_no_admin_holds_no_invite(neighbourhood: Neighbourhood) -> None:
    layla, _ = two_admins(neighbourhood)
    noor = neighbourhood.let_in(layla, "Noor")
    with pytest.raises(NotAllowedError):
        noor.group.invite()
    layla.group.invite()
    sync(layla, noor)
    assert noor.group.invites() == []
    desk = noor.taboon._taboon._desk
    assert desk.keeper.read(lambda tx: rendezvous.invites(tx, 1)) == []


def test_whoever_becomes_an_admin_later_is_given_the_open_invites(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    noor = neighbourhood.let_in(layla, "Noor")
    link = layla.group.invite().link
    sync(layla, noor)
    assert noor.group.invites() == []
    assert layla.group.set_admins(add=["Noor"]).done
    sync(layla, noor)
    assert [invite.link for invite in noor.group.invites()] == [link]


def test_where_the_rules_let_members_invite_an_admin_still_lets_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.change_policy(PolicyChange(members_invite=True)).done
    sync(sami)
    invite = sami.group.invite()
    sync(sami)
    noor = neighbourhood.person("Noor")
    noor.taboon.join(invite.link, me="Noor")
    sync(sami)
    # The maker sees who asks, knows them and says so; letting in is for admins.
    sami.group.vouch_for_request("Noor", "my cousin")
    with pytest.raises(NotAllowedError):
        sami.group.approve("Noor")
    sync(sami, layla)
    (request,) = layla.group.requests()
    assert request.maker == request.vouched[0] == layla.group.member("Sami").identity
    assert layla.group.approve("Noor").done
    sync(layla, noor)
    assert len(noor.group.members()) == 3


def test_a_revoked_invite_lets_nobody_in_and_says_so_to_whoever_asks(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    invite = layla.group.invite()
    sync(layla, sami)
    noor = neighbourhood.person("Noor")
    noor.taboon.join(invite.link, me="Noor")
    sync(sami)
    sami.group.revoke(invite.code)
    with pytest.raises(NotFoundError):
        sami.group.approve("Noor")
    sync(sami, layla, noor)
    assert layla.group.invites() == sami.group.invites() == []
    (joining,) = noor.taboon.joinings()
    assert joining.state == "ended"
    assert "ended by whoever made it" in (joining.problem or "")
    with pytest.raises(NotFoundError):
        layla.group.revoke(invite.code)


def test_a_page_of_an_invite_that_another_sync_has_answered_meanwhile_is_passed_over(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    layla.group.invite()
    desk = desk_of(layla)

    def late(tx: Connection) -> list[str]:
        (row,) = rendezvous.invites(tx)
        at = Cursor(row.number, row.head)
        rendezvous.close_invites(tx, [row.id], "answered")
        return host.take_page(tx, desk.ledger, row.id, at, at, [], desk.random)

    assert desk.keeper.write(late) == []


def test_taking_the_role_from_an_admin_ends_all_open_invites(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    of_sami = sami.group.invite()
    of_layla = layla.group.invite()
    sync(sami, layla, sami)
    noor = neighbourhood.person("Noor")
    noor.taboon.join(of_layla.link, me="Noor")
    assert layla.group.set_admins(drop=["Sami"]).done
    sync(layla, noor)
    assert noor.taboon.joinings()[0].state == "ended"
    # What Sami, who still knows the secrets, answers now is not taken: the "ended" stood there first.
    yara = neighbourhood.person("Yara")
    yara.taboon.join(of_sami.link, me="Yara")
    sync(yara)
    assert yara.taboon.joinings()[0].state == "ended"
    assert layla.group.invites() == []


def test_a_suspended_members_invites_let_nobody_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    assert layla.group.change_policy(PolicyChange(members_invite=True)).done
    sync(sami, noor)
    invite = sami.group.invite()
    sync(sami)
    yara = neighbourhood.person("Yara")
    yara.taboon.join(invite.link, me="Yara")
    sync(layla)
    layla.group.say_at_risk("Sami")
    noor.group.say_at_risk("Sami")
    sync(noor, layla, layla)
    assert layla.group.requests() == []
    sync(sami)
    with pytest.raises(NotAllowedError, match="at risk"):
        sami.group.invite()


def test_a_request_that_was_taken_back_cannot_be_approved(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    invite = layla.group.invite()
    sync(layla)
    noor = neighbourhood.person("Noor")
    joining = noor.taboon.join(invite.link, me="Noor")
    sync(layla)
    layla.group.approve("Noor", wait=0)
    assert noor.taboon.take_back(joining.code)
    assert any("taken the request back" in notice for notice in notices(layla))
    with pytest.raises(NotFoundError):
        layla.group.approve("Noor")
    sync(layla)
    assert layla.group.status().wishes == ()
    assert len(layla.group.members()) == 1
    assert noor.taboon.joinings()[0].state == "ended"
    with pytest.raises(NotFoundError):
        noor.taboon.take_back(joining.code)


def test_two_people_with_one_link_end_it_on_every_admins_device(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    link = layla.group.invite().link
    sync(layla, sami)
    for name in ("Noor", "Thief"):
        neighbourhood.person(name).taboon.join(link, me=name)
    assert any("two people" in notice for notice in notices(sami))
    sync(layla, sami)
    assert layla.group.requests() == sami.group.requests() == []
    assert layla.group.invites() == sami.group.invites() == []


def test_who_wants_to_join_is_asked_what_the_group_asks_and_accepts_what_it_agreed_on(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla", "Harbour kitchen")
    layla.group.ask(Question(code="known", labels={"en": "Who knows you?"}, about=("joining",), required=True))
    layla.group.ask(Question(code="allergies", labels={"en": "Any allergies?"}))
    layla.group.set_agreement("We do not photograph the board.")
    invite = layla.group.invite()
    sync(layla)
    noor = neighbourhood.person("Noor")
    knock = noor.taboon.knock(invite.link)
    assert [labels["en"] for _, labels, _ in knock.questions] == ["Who knows you?"]
    assert knock.agreement == "We do not photograph the board."
    assert "Harbour" not in repr(knock)
    said = {version: "Sami, from the bakery" for version, _, _ in knock.questions}
    noor.taboon.join(invite.link, me="Noor", answers=said, agreement=knock.agreement)
    sync(layla)
    (request,) = layla.group.requests()
    assert ("Who knows you?", "Sami, from the bakery") in request.answers
    assert ("agreement accepted", "") in request.answers
    assert layla.group.approve("Noor").done
    sync(noor, noor, layla)
    assert layla.group.accepted() == {layla.group.member("Noor").identity}
    layla.group.accept_agreement()
    assert len(layla.group.accepted()) == 2
    layla.group.set_agreement("Another one.")
    assert layla.group.accepted() == frozenset()


def test_an_invite_that_has_expired_is_listed_no_more_and_answers_nobody(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    invite = layla.group.invite(hours=1)
    sync(layla, sami)
    for person in (layla, sami):
        desk = person.taboon._taboon._desk
        desk.clock = desk.ledger._clock = lambda: time.time() + 9 * 86_400
    sync(layla, sami)
    assert layla.group.invites() == sami.group.invites() == []
    noor = neighbourhood.person("Noor")
    noor.taboon._taboon._desk.clock = layla.taboon._taboon._desk.clock
    with pytest.raises(InviteEndedError):
        noor.taboon.join(invite.link, me="Noor")


def test_the_secrets_of_an_invite_go_from_the_vault_when_it_is_over(neighbourhood: Neighbourhood) -> None:
    layla, sami = two_admins(neighbourhood)
    invite = layla.group.invite()
    sync(layla, sami)
    layla.group.revoke(invite.code)
    sync(layla, sami, layla, sami)
    for person in (layla, sami):
        desk = person.taboon._taboon._desk
        assert desk.keeper.read(_last_invite) == (b"", b"", "ended")
        assert desk.keeper.read(lambda tx: rows.wishes(tx, 1)) == []


def _last_invite(tx: Connection) -> Any:
    return tx.execute("SELECT payload, invite_seed, state FROM invite ORDER BY id DESC LIMIT 1").fetchone()
