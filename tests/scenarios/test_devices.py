"""Several devices for one person: linked by an invite, one name, one vote, one say; revoked and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import NotAllowedError, NotFoundError
from taboon_client.group.changes import PolicyChange

if TYPE_CHECKING:
    from tests.scenarios.conftest import Neighbourhood, Person


def sync(*people: Person) -> None:
    for person in people:
        person.sync()


def link(place: Neighbourhood, first: Person, admin: Person, name: str, *others: Person) -> Person:
    """A further device of somebody, linked all the way; whoever makes the link, an admin approves it."""
    device = place.person(name)
    maker = first if first is admin else admin
    invite = maker.group.link_device(member=None if first is admin else first.name)
    device.taboon.join(invite.link, me="laptop")
    admin.sync()
    (request,) = admin.group.requests()
    assert request.safety == device.taboon.joinings()[0].safety
    assert admin.group.approve(request.code).done
    sync(device, device, first, *others)
    if first is not admin:
        (waiting,) = (one for one in first.group.devices() if not one.confirmed)
        assert first.group.confirm_device(waiting.tag).done
    sync(admin, device, first, *others)
    return device


def names(person: Person) -> list[str]:
    return sorted(member.name for member in person.group.members())


def test_two_devices_of_one_person_see_one_board_and_go_by_one_name(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.post(Need(title="Water", created=0))
    sync(layla, sami)
    laptop = link(neighbourhood, layla, layla, "Layla's laptop", sami)
    assert laptop.titles() == {"Water"}
    laptop.group.post(Need(title="Bread", created=0))
    sync(laptop, sami, layla)
    assert sami.titles() == layla.titles() == {"Water", "Bread"}
    for person in (layla, sami, laptop):
        assert names(person) == ["Layla", "Sami"]
        (bread,) = (item for item in person.group.board() if item.title == "Bread")
        author = person.group.people()[bread.author]
        assert author.name == "Layla"
        assert author.me == (person is not sami)
        assert person.group.status().members == 2
    assert [(one.first, one.confirmed, one.me) for one in laptop.group.devices()] == [
        (True, True, False),
        (False, True, True),
    ]
    assert len(sami.group.devices("Layla")) == 2
    assert len(sami.group.devices()) == 1


def test_a_member_who_is_no_admin_links_a_device_that_an_admin_lets_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    with pytest.raises(NotAllowedError, match="--for"):
        sami.group.link_device()
    laptop = link(neighbourhood, sami, layla, "Sami's laptop")
    assert names(layla) == names(laptop) == ["Layla", "Sami"]
    # Whoever may invite makes the link without an admin; an admin lets in all the same.
    layla.group.change_policy(PolicyChange(members_invite=True))
    sync(sami)
    invite = sami.group.link_device()
    tablet = neighbourhood.person("tablet")
    tablet.taboon.join(invite.link, me="tablet")
    sync(sami, layla)
    (request,) = layla.group.requests()
    assert layla.group.people()[request.person].name == "Sami"
    with pytest.raises(NotAllowedError):
        sami.group.approve(request.code)


def test_until_the_first_device_confirms_another_is_nobody(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    invite = layla.group.link_device(member="Sami")
    forged = neighbourhood.person("forged")
    forged.taboon.join(invite.link, me="Sami")
    layla.sync()
    (request,) = layla.group.requests()
    assert layla.group.approve(request.code).done
    sync(forged, forged, sami, layla)
    (unknown,) = (one for one in sami.group.members() if one.name not in ("Layla", "Sami"))
    assert not unknown.me
    assert unknown.name.startswith("member ")
    motion = layla.group.propose("Shall we move?")
    sync(layla, sami, forged)
    with pytest.raises(NotAllowedError):
        forged.group.vote(motion, "no")
    # Whom it claims to be a device of can throw it out, and no one else who is no admin.
    (waiting,) = (one for one in sami.group.devices() if not one.confirmed)
    assert sami.group.revoke_device(waiting.tag).done
    sync(layla)
    assert names(layla) == ["Layla", "Sami"]


def test_a_vote_on_two_devices_counts_once_and_the_later_one_stands(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, layla, layla, "laptop", sami)
    motion = sami.group.propose("Shall we move?")
    sync(sami, layla, laptop)
    layla.group.vote(motion, "yes")
    sync(layla, laptop)
    laptop.group.vote(motion, "no")
    sync(laptop, layla, sami)
    for person in (layla, sami, laptop):
        (found,) = person.group.motions()
        assert len(found.electorate) == 2
        assert [choice for _, choice in found.votes] == ["no"]
    # Either device closes what the person proposed.
    own = layla.group.propose("Shall we stay?")
    sync(layla, laptop)
    laptop.group.close_motion(own)


def test_two_approvals_of_one_person_are_one(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    laptop = link(neighbourhood, layla, layla, "laptop", sami, noor)
    tag = next(one.tag for one in layla.group.devices() if not one.first)
    layla.group.set_admins(add=[tag])
    from taboon_client.errors import FieldError

    with pytest.raises(FieldError, match="would have to agree"):
        layla.group.change_policy(PolicyChange(removal_approvals=2))
    layla.group.set_admins(add=["Sami"])
    layla.group.change_policy(PolicyChange(removal_approvals=2))
    sync(sami, noor, laptop)
    assert not layla.group.remove("Noor").done
    sync(layla, laptop)
    (act,) = laptop.group.acts()
    assert not act.mine
    assert not laptop.group.remove("Noor").done
    sync(laptop, layla, sami)
    assert "Noor" in names(sami)
    assert sami.group.agree(sami.group.acts()[0].code).done
    sync(layla, laptop)
    assert names(layla) == names(laptop) == ["Layla", "Sami"]


def test_a_first_device_revokes_another_of_its_own_and_the_rest_go_on(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, sami, layla, "laptop")
    tag = next(one.tag for one in sami.group.devices() if not one.first)
    first = next(one.tag for one in laptop.group.devices() if one.first)
    with pytest.raises(NotAllowedError):
        laptop.group.revoke_device(first)
    with pytest.raises(NotAllowedError, match="in your hands"):
        laptop.group.revoke_device(tag)
    with pytest.raises(NotFoundError):
        layla.group.revoke_device(tag)
    assert sami.group.revoke_device(tag).done
    sami.group.post(Need(title="After", created=0))
    sync(sami, layla)
    laptop.taboon.sync(wait=30)
    assert laptop.group.status().state.value == "removed"
    assert "After" not in laptop.titles()
    assert layla.titles() == {"After"}
    assert len(layla.group.devices("Sami")) == 1


def test_an_admin_revokes_a_lost_first_device_and_the_person_stays(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, sami, layla, "laptop")
    first = next(one.tag for one in layla.group.devices("Sami") if one.first)
    assert layla.group.revoke_device(first, member="Sami").done
    sync(laptop)
    assert names(layla) == names(laptop) == ["Layla", "Sami"]
    assert len(layla.group.devices("Sami")) == 1


def test_after_the_first_device_was_lost_another_is_linked_by_one_that_is_left_and_an_admin(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, sami, layla, "laptop")
    first = next(one.tag for one in layla.group.devices("Sami") if one.first)
    assert layla.group.revoke_device(first, member="Sami").done
    sync(laptop)
    # Admins alone invite here: for one's own device, the first being gone, one of those that are left does, too.
    invite = laptop.group.link_device()
    phone = neighbourhood.person("phone")
    phone.taboon.join(invite.link, me="phone")
    sync(laptop, layla)
    (request,) = layla.group.requests()
    assert not request.ours
    assert not layla.group.approve(request.code).done
    (request,) = laptop.group.requests()
    assert request.ours
    assert request.safety == phone.taboon.joinings()[0].safety
    laptop.group.approve(request.code)
    sync(layla, phone, phone, laptop)
    assert names(layla) == names(phone) == names(laptop) == ["Layla", "Sami"]
    assert [one.confirmed for one in layla.group.devices("Sami")] == [True, True]
    assert laptop.group.status().wishes == layla.group.status().wishes == ()


def test_removing_a_person_takes_all_their_devices_in_one_commit(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, sami, layla, "laptop")
    epoch = layla.group.status().epoch
    assert layla.group.remove("Sami").done
    assert layla.group.status().epoch == epoch + 1
    for device in (sami, laptop):
        device.taboon.sync(wait=30)
        assert device.group.status().state.value == "removed"
    assert names(layla) == ["Layla"]


def test_a_removal_is_confirmed_by_half_of_the_persons_however_many_devices_they_have(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana, omar, thief = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana", "Omar", "Thief"))
    laptop = link(neighbourhood, layla, layla, "laptop", sami, rana, omar, thief)
    sync(sami, rana, omar, thief)
    assert layla.group.remove("Thief").done
    sync(laptop, layla)
    (removal,) = layla.group.keys().removals
    assert (removal.state.value, removal.seen, removal.of) == ("made", 0, 3)
    sync(sami, layla)
    (removal,) = layla.group.keys().removals
    assert (removal.state.value, removal.seen, removal.of) == ("made", 1, 3)
    sync(rana, layla)
    (removal,) = layla.group.keys().removals
    assert (removal.state.value, removal.seen, removal.of) == ("confirmed", 2, 3)


def test_whoever_leaves_on_the_first_device_leaves_with_all(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, sami, layla, "laptop")
    sami.group.leave()
    sync(layla)
    assert names(layla) == ["Layla"]
    laptop.taboon.sync(wait=30)
    assert laptop.group.status().state.value == "removed"


def test_two_devices_of_one_person_do_not_suspend_anybody(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, layla, layla, "laptop", sami)
    for device in (layla, laptop):
        device.group.say_at_risk("Sami")
        sync(device, layla, laptop, sami)
    for person in (layla, laptop, sami):
        assert not any(one.suspended for one in person.group.keys().members)


def test_who_agrees_that_a_person_goes_agrees_for_all_devices(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    laptop = link(neighbourhood, noor, layla, "laptop", sami)
    layla.group.set_admins(add=["Sami"])
    layla.group.change_policy(PolicyChange(removal_approvals=2))
    assert not layla.group.remove("Noor").done
    sync(layla, sami)
    epoch = sami.group.status().epoch
    assert sami.group.agree(sami.group.acts()[0].code).done
    assert sami.group.status().epoch == epoch + 1
    assert names(sami) == ["Layla", "Sami"]
    for device in (noor, laptop):
        device.taboon.sync(wait=30)
        assert device.group.status().state.value == "removed"


def test_rotation_keeps_two_devices_one_person(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    laptop = link(neighbourhood, layla, layla, "laptop", sami)
    assert layla.group.rotate().done
    sync(sami, laptop)
    # Devices of one person do not make their keys anew in turns: it waits for a commit of somebody else.
    assert not laptop.group.rotate().done
    assert sami.group.rotate().done
    sync(laptop, layla, sami)
    assert laptop.group.status().wishes == ()
    for person in (layla, sami, laptop):
        assert names(person) == ["Layla", "Sami"]


def test_a_link_that_two_devices_use_lets_nobody_in(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    invite = layla.group.link_device()
    for name in ("laptop", "thief"):
        neighbourhood.person(name).taboon.join(invite.link, me=name)
    layla.sync()
    assert layla.group.requests() == []
    assert len(layla.group.devices()) == 1
