"""What an admin sees of keys: their age, who has followed, who is at risk, and what a member could have seen."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Contact, Details, Need
from taboon_client.board.registers import HERE
from taboon_client.errors import NotAllowedError
from taboon_client.group.changes import PolicyChange
from taboon_client.group.schedule import rotation_seconds
from taboon_client.relay.client import RelayClient
from taboon_client.values import Following, Health, RemovalState
from taboon_client.vault.events import events_of_place

if TYPE_CHECKING:
    from taboon_client.relay.answers import Page
    from taboon_client.values import MemberKeys
    from tests.scenarios.conftest import Neighbourhood, Person

DAY = 86_400


def sync(*people: Person) -> None:
    for person in people:
        person.sync()


def later(person: Person, seconds: float) -> None:
    """Put a device's clock forward."""
    desk = person.taboon._taboon._desk
    desk.clock = desk.ledger._clock = lambda: time.time() + seconds


def keys_of(seen_by: Person, name: str) -> MemberKeys:
    identity = seen_by.group.member(name).identity
    return next(one for one in seen_by.group.keys().members if one.identity == identity)


def test_it_is_seen_who_has_followed_a_removal_and_when_half_have(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    yara = neighbourhood.let_in(layla, "Yara")
    dana = neighbourhood.let_in(layla, "Dana")
    sync(layla)
    assert layla.group.remove("Dana").done
    (removal,) = layla.group.removals()
    assert removal.state is not RemovalState.CONFIRMED
    assert (removal.seen, removal.of) == (0, 3)
    assert keys_of(layla, "Sami").following is Following.BEHIND
    # Whoever goes over says so by itself, with nothing to post.
    sync(sami, layla)
    assert keys_of(layla, "Sami").following is Following.CURRENT
    assert layla.group.removals()[0].state is RemovalState.MADE
    sync(noor, layla)
    assert layla.group.removals()[0].state is RemovalState.CONFIRMED
    assert keys_of(layla, "Yara").following is Following.BEHIND
    sync(yara, sami)
    assert sami.group.removals()[0].state is RemovalState.CONFIRMED
    dana.taboon.sync(wait=30)
    assert dana.group.status().state == "removed"


def test_a_removal_is_pending_until_it_was_read_back_over_another_connection(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami, noor, layla)
    connections: list[int] = []
    real = RelayClient.read

    async def hiding(client: RelayClient, *arguments: Any, **named: Any) -> Page:
        page = await real(client, *arguments, **named)
        connections.append(id(client))
        # On the connection that reads back, the relay shows the mailbox as if it went on.
        return replace(page, sealed=False) if page.sealed and len(set(connections)) > 1 else page

    with monkeypatch.context() as patch:
        patch.setattr(RelayClient, "read", hiding)
        done = layla.group.remove("Noor")
    assert done.done
    assert any("does not show a removal" in notice for notice in done.report.notices)
    assert layla.group.removals()[0].state is RemovalState.PENDING
    later(layla, 2 * 3600)
    assert layla.group.keys().health is Health.ACT
    # Honest again, the relay shows it. That is no word of anybody but the remover yet.
    layla.sync()
    assert layla.group.removals()[0].state is RemovalState.MADE
    sync(sami, layla)
    assert layla.group.removals()[0].state is RemovalState.CONFIRMED


def test_a_newcomer_is_not_given_who_was_there_after_every_removal(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami, noor, layla)
    assert layla.group.remove("Noor").done
    sync(sami, layla)
    yara = neighbourhood.let_in(layla, "Yara")
    sync(yara, sami)
    held = yara.taboon._taboon._desk.keeper.read(lambda tx: events_of_place(tx, 1, HERE))
    assert held == []
    assert yara.group.status().missing == 0
    assert not any("leaves out" in notice for report in sami.taboon.sync(wait=30).values() for notice in report.notices)


def test_a_key_is_made_anew_by_itself_about_as_often_as_the_rules_say(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.change_policy(PolicyChange(rotation_days=3)).done
    sami.sync()
    before = sami.group.status().epoch
    own = sami.group.member("Sami").identity
    due = rotation_seconds(own, 1, 3)
    assert 3 * DAY * 3 // 4 <= due <= 3 * DAY * 5 // 4
    later(sami, 2 * DAY)
    sami.sync()
    assert sami.group.status().epoch == before
    later(sami, due + 2 * 3600)
    sami.sync()
    assert sami.group.status().epoch == before + 1
    assert (keys_of(sami, "Sami").age or 0) < 2 * 3600
    layla.sync()
    assert layla.group.status().epoch == before + 1


def test_leaves_do_not_all_come_due_on_one_day() -> None:
    dues = {rotation_seconds(bytes([number]) * 32, 5, 8) // DAY for number in range(64)}
    assert len(dues) >= 3


def test_two_admins_who_rotate_at_once_come_to_one_epoch(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.set_admins(add=["Sami"]).done
    sami.sync()
    # Both wish for it before either knows of the other.
    layla.group.rotate(wait=0)
    sami.group.rotate(wait=0)
    layla.group.post(Need(title="From Layla", created=0))
    sami.group.post(Need(title="From Sami", created=0))
    sync(layla, sami, layla, sami)
    assert layla.group.status().epoch == sami.group.status().epoch
    assert layla.titles() == sami.titles() == {"From Layla", "From Sami"}
    assert layla.group.status().wishes == sami.group.status().wishes == ()


def test_rotations_by_the_dozen_strand_nobody_who_was_dark(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami, noor)
    noor.group.post(Need(title="Written in the dark", created=0))
    for _ in range(12):
        assert layla.group.rotate().done
        sami.sync()
        assert sami.group.rotate().done
        layla.sync()
    assert keys_of(layla, "Noor").following is Following.BEHIND
    noor.sync()
    assert noor.group.status().epoch == layla.group.status().epoch
    # What was written in the dark states the epoch of then: only what is made here shows that it has followed.
    noor.group.post(Need(title="Back", created=0))
    sync(noor, layla, sami)
    assert layla.titles() == sami.titles() == {"Written in the dark", "Back"}
    assert keys_of(layla, "Noor").following is Following.CURRENT


def test_who_was_away_for_longer_than_the_relay_keeps_messages_is_told_apart(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="Here", created=0))
    sync(sami, layla)
    assert layla.group.rotate().done
    assert keys_of(layla, "Sami").following is Following.BEHIND
    later(layla, 40 * DAY)
    assert keys_of(layla, "Sami").following is Following.AWAY
    keys = layla.group.keys()
    assert keys.health is Health.LOOK
    assert any("come back by themselves" in told for told in keys.advice)


def test_two_members_suspend_a_device_that_is_at_risk_until_an_admin_decides(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    yara = neighbourhood.let_in(layla, "Yara")
    sync(layla, sami, noor, yara)
    item = layla.group.post(Need(title="Insulin", created=0), details=Details(place="12 Mill Lane"))
    sync(layla, yara)
    yara.group.pledge(item.id)
    sami.group.say_at_risk("Yara", "taken at the checkpoint")
    with pytest.raises(NotAllowedError):
        yara.group.say_at_risk("Yara")
    sync(sami, yara, layla)
    assert keys_of(layla, "Yara").risks
    assert not keys_of(layla, "Yara").suspended
    noor.group.say_at_risk("Yara")
    sync(noor, layla)
    assert keys_of(layla, "Yara").suspended
    assert layla.group.keys().health is Health.ACT
    with pytest.raises(NotAllowedError, match="at risk"):
        layla.group.release_details(item.id)
    with pytest.raises(NotAllowedError):
        sami.group.lift_risk("Yara")
    layla.group.lift_risk("Yara", "met her")
    assert not keys_of(layla, "Yara").suspended
    layla.group.release_details(item.id)


def test_nobody_decides_about_their_own_device_and_one_member_suspends_nobody(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.set_admins(add=["Sami"])
    sync(sami)
    for _ in range(3):
        layla.group.say_at_risk("Sami")
    sync(layla, sami)
    assert not keys_of(sami, "Sami").suspended
    with pytest.raises(NotAllowedError, match="another admin"):
        sami.group.lift_risk("Sami")


def test_details_are_sealed_to_nobody_who_is_suspended(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    assert layla.group.set_dispatch(["Layla", "Sami"]).done
    sync(sami, noor)
    for person in (layla, noor):
        person.group.say_at_risk("Sami")
    sync(layla, noor, layla)
    item = noor.group.post(
        Need(title="Water", created=0), details=Details(contacts=(Contact(channel="phone", value="1"),))
    )
    sync(noor, layla, sami)
    assert layla.group.open_details(item.id).contacts
    with pytest.raises(NotAllowedError):
        sami.group.open_details(item.id)


def test_leaving_needs_no_admin_at_the_same_time_and_no_approvals(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    assert layla.group.set_admins(add=["Noor"]).done
    assert layla.group.change_policy(PolicyChange(removal_approvals=2)).done
    sync(sami)
    assert not sami.group.leave().done
    sync(layla)
    sami.taboon.sync(wait=30)
    assert sami.group.status().state == "removed"
    assert [deed.kind for deed in layla.group.deeds()][-1] == "left"
    sync(noor)
    assert len(noor.group.members()) == 2


def test_the_last_admin_cannot_leave_or_be_removed_and_is_told_the_way_out(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    with pytest.raises(NotAllowedError, match="nobody else"):
        layla.group.leave()
    sami = neighbourhood.let_in(layla, "Sami")
    with pytest.raises(NotAllowedError, match="taboon admins GROUP --add"):
        layla.group.leave()
    with pytest.raises(NotAllowedError, match="taboon leave"):
        layla.group.remove("Layla")
    assert layla.group.set_admins(add=["Sami"]).done
    sync(sami)
    layla.group.leave()
    sync(sami)
    layla.taboon.sync(wait=30)
    assert layla.group.status().state == "removed"
    assert [one.name for one in sami.group.members() if one.admin] == ["Sami"]


def test_the_report_says_what_a_removed_member_could_see_and_which_details_it_opened(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    before = layla.group.post(Need(title="Done before", created=0))
    layla.group.withdraw(before)
    sync(layla)
    yara = neighbourhood.let_in(layla, "Yara")
    opened = layla.group.post(Need(title="Insulin", created=0), details=Details(place="12 Mill Lane"))
    seen = layla.group.post(Need(title="Bread", created=0), details=Details(place="3 Sea Road"))
    sync(layla, yara)
    yara.group.pledge(opened.id)
    sync(yara, layla)
    layla.group.release_details(opened.id)
    sync(layla, yara)
    assert yara.group.open_details(opened.id).place == "12 Mill Lane"
    sync(yara, layla)
    assert layla.group.remove("Yara").done
    after = layla.group.post(Need(title="After", created=0))
    report = layla.group.exposure("Yara")
    by_id = {one.id: one for one in report.items}
    assert set(by_id) == {opened.id, seen.id}
    assert after.id not in by_id
    assert report.items[0].id == opened.id
    assert by_id[opened.id].opened
    assert (by_id[seen.id].opened, by_id[seen.id].could_open) == (None, False)
    assert report.last is not None
    assert report.since
    assert not report.admin
    assert layla.group.exposure("Layla").admin


def test_members_read_what_admins_did_and_who_agreed(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    layla.group.set_admins(add=["Sami"])
    layla.group.change_policy(PolicyChange(removal_approvals=2))
    sync(sami, noor)
    yara = neighbourhood.let_in(layla, "Yara")
    layla.group.remove("Yara")
    sync(sami)
    assert sami.group.agree(sami.group.acts()[0].code).done
    sync(noor, layla)
    deeds = noor.group.deeds()
    assert [deed.kind for deed in deeds][-4:] == ["rules", "rules", "added", "removed"]
    assert deeds[-1].members == (yara.group.people() and deeds[-2].members)
    assert deeds[-1].agreed == (layla.group.member("Layla").identity,)
    assert deeds[-1].author == sami.group.member("Sami").identity
    assert ("removal_approvals", "1", "2") in deeds[-3].changes


def test_a_member_vouches_for_another_and_notes_whose_key_was_compared(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    sync(sami, noor)
    sami.group.vouch("Noor", "we went to school together")
    with pytest.raises(NotAllowedError):
        sami.group.vouch("Sami")
    layla.group.set_checked("Sami", "in-person")
    sync(sami, layla, noor)
    assert keys_of(layla, "Noor").vouched == (sami.group.member("Sami").identity,)
    assert keys_of(layla, "Sami").checked == "in-person"
    # That is this device's own knowledge: nobody else is told.
    assert keys_of(noor, "Sami").checked is None
