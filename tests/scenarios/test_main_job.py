"""The main job: neighbours post, pledge, deliver and confirm through a relay that learns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Line, Need, PledgeStanding, Status
from taboon_client.errors import NotAllowedError

if TYPE_CHECKING:
    from tests.scenarios.conftest import Neighbourhood


def test_a_need_is_posted_pledged_delivered_and_confirmed(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    need = layla.group.post(Need(title="Drinking water", lines=(Line(quantity=20, unit="L"),), created=0))
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Drinking water"}
    sami.group.pledge(need, 20)
    sami.sync()
    layla.sync()
    (pledge,) = layla.group.item(need.id).pledges
    assert pledge.standing is PledgeStanding.PRIMARY
    sami.group.deliver(need)
    sami.sync()
    layla.sync()
    layla.group.confirm(need)
    layla.sync()
    sami.sync()
    assert layla.group.item(need.id) == sami.group.item(need.id)
    assert sami.group.item(need.id).status is Status.DONE


def test_two_who_pledge_the_same_need_while_apart_agree_who_goes(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    need = layla.group.post(Need(title="A ride to the clinic", created=0))
    for person in (layla, sami, noor):
        person.sync()
    sami.group.pledge(need)
    noor.group.pledge(need)
    for person in (sami, noor, sami, layla):
        person.sync()
    seen = [person.group.item(need.id) for person in (layla, sami, noor)]
    assert seen[0] == seen[1] == seen[2]
    assert {pledge.standing for pledge in seen[0].pledges} == {PledgeStanding.PRIMARY, PledgeStanding.STANDBY}


def test_everyone_is_called_as_they_chose_on_every_device(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    for person in (layla, sami, noor, layla, sami, noor):
        person.sync()
    for person in (layla, sami, noor):
        assert {member.name for member in person.group.members()} == {"Layla", "Sami", "Noor"}
        assert person.group.name == "Harbour"
    assert [member.name for member in sami.group.members() if member.admin] == ["Layla"]


def test_a_newcomer_sees_the_open_items_and_a_removed_member_nothing_after(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    layla.group.post(Need(title="Before", created=0))
    layla.sync()
    sami = neighbourhood.let_in(layla, "Sami")
    assert sami.titles() == {"Before"}
    sami.group.post(Need(title="From Sami", created=0))
    sami.sync()
    layla.sync()
    assert layla.group.remove("Sami").done
    layla.group.post(Need(title="After", created=0))
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Before", "From Sami"}
    assert sami.group.status().state == "removed"
    assert layla.titles() == {"Before", "From Sami", "After"}
    assert [member.name for member in layla.group.members()] == ["Layla"]


@pytest.mark.own_relay
def test_events_posted_while_the_relay_is_away_arrive_when_it_is_back(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    neighbourhood.relay.stop()
    layla.group.post(Need(title="Candles", created=0))
    report = layla.group.sync(wait=5)
    assert not report.reached
    assert report.problem
    assert report.unsent == 1
    layla.reopen()
    neighbourhood.relay.start()
    layla.sync()
    sami.sync()
    assert sami.titles() == {"Candles"}
    assert layla.group.unsent() == 0


def test_rotation_moves_everyone_to_a_new_epoch_and_nothing_is_lost(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    epoch = layla.group.status().epoch
    sami.group.post(Need(title="Written before the rotation", created=0))
    assert layla.group.rotate().done
    assert layla.group.status().epoch == epoch + 1
    sami.sync()
    layla.sync()
    assert sami.group.status().epoch == epoch + 1
    assert layla.titles() == {"Written before the rotation"}
    assert sami.group.rotate().done
    layla.sync()
    assert layla.group.status().epoch == epoch + 2


def test_a_member_who_is_no_admin_cannot_invite_or_remove(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    with pytest.raises(NotAllowedError):
        sami.group.invite()
    with pytest.raises(NotAllowedError):
        sami.group.remove("Layla")
