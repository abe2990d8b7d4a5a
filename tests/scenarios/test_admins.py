"""Several admins: the role given and taken, acts that two must agree to, and a group whose admin is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import FieldError, NotAllowedError, NotFoundError
from taboon_client.group.changes import PolicyChange

if TYPE_CHECKING:
    from tests.scenarios.conftest import Neighbourhood, Person


def admins(person: Person) -> set[str]:
    return {member.name for member in person.group.members() if member.admin}


def sync(*people: Person) -> None:
    for person in people:
        person.sync()


def test_an_admin_makes_another_who_can_do_all_that_the_first_can(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    with pytest.raises(NotAllowedError):
        sami.group.set_admins(add=["Sami"])
    assert layla.group.set_admins(add=["Sami"]).done
    sync(sami, noor)
    assert admins(noor) == {"Layla", "Sami"}
    assert sami.group.remove("Noor").done
    assert sami.group.set_admins(drop=["Layla"]).done
    sync(layla)
    assert admins(layla) == {"Sami"}
    with pytest.raises(NotAllowedError):
        layla.group.remove("Sami")


def test_the_last_admin_cannot_give_the_role_up_and_is_told_the_way_out(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    neighbourhood.let_in(layla, "Sami")
    with pytest.raises(FieldError, match="taboon admins GROUP --add"):
        layla.group.set_admins(drop=["Layla"])


def test_more_approvals_than_there_are_admins_are_refused(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    neighbourhood.let_in(layla, "Sami")
    for change in (
        PolicyChange(removal_approvals=2),
        PolicyChange(add_approvals=2),
        PolicyChange(policy_approvals=2),
        PolicyChange(recovery=3),
    ):
        with pytest.raises(FieldError, match="would have to agree"):
            layla.group.change_policy(change, wait=0)
    assert layla.group.status().wishes == ()


def test_a_removal_waits_until_a_second_admin_agrees_who_need_not_be_there_at_the_time(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    assert layla.group.set_admins(add=["Sami"]).done
    assert layla.group.change_policy(PolicyChange(removal_approvals=2)).done
    said = layla.group.remove("Noor")
    assert (said.done, said.lacking) == (False, 1)
    # The approval outlives the epoch it was given in.
    noor.sync()
    assert noor.group.rotate().done
    sync(sami)
    (act,) = sami.group.acts()
    assert (act.kind, act.lacking, act.mine) == ("remove", 1, True)
    with pytest.raises(NotFoundError):
        sami.group.agree("ffff")
    assert sami.group.agree(act.code).done
    sync(layla)
    noor.taboon.sync(wait=30)
    assert noor.group.status().state == "removed"
    assert layla.group.status().wishes == ()
    assert layla.group.acts() == []


def test_a_change_of_the_rules_is_agreed_to_as_it_was_proposed(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.set_admins(add=["Sami"]).done
    assert layla.group.change_policy(PolicyChange(policy_approvals=2)).done
    said = layla.group.change_policy(PolicyChange(rotation_days=30))
    assert (said.done, said.lacking) == (False, 1)
    sync(sami)
    (act,) = sami.group.acts()
    assert act.changes == (("rotation_days", "7", "30"),)
    assert sami.group.agree(act.code).done
    sync(layla)
    assert layla.group.policy().rotation_days == 30


def test_when_the_only_admin_is_gone_more_than_half_of_the_members_name_others(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    yara = neighbourhood.let_in(layla, "Yara")
    sync(sami, noor, yara)
    said = sami.group.recover(["Noor"], remove=["Layla"])
    assert (said.done, said.lacking) == (False, 2)
    sync(noor)
    (act,) = noor.group.acts()
    assert act.kind == "recover"
    assert noor.group.agree(act.code).lacking == 1
    sync(yara)
    assert yara.group.agree(act.code).done
    sync(sami, noor)
    layla.taboon.sync(wait=30)
    assert layla.group.status().state == "removed"
    assert admins(sami) == admins(noor) == {"Noor"}
    assert noor.group.remove("Sami").done


def test_a_recovery_is_for_the_keyholders_whom_the_rules_name(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    noor = neighbourhood.let_in(layla, "Noor")
    holder = layla.group.member("Noor").identity
    assert layla.group.change_policy(PolicyChange(keyholders=(holder,), recovery=1)).done
    sync(sami, noor)
    with pytest.raises(NotAllowedError, match="keyholders"):
        sami.group.recover(["Sami"])
    with pytest.raises(NotAllowedError, match="removes admins alone"):
        noor.group.recover(["Noor"], remove=["Sami"])
    assert noor.group.recover(["Noor", "Layla"]).done
    sync(layla)
    assert admins(layla) == {"Layla", "Noor"}


def test_in_a_group_without_a_visible_chief_everyone_lets_in_and_removes(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.set_admins(drop=["Layla"], everyone=True).done
    sync(sami)
    assert admins(sami) == {"Layla", "Sami"}
    noor = neighbourhood.let_in(sami, "Noor")
    sync(layla)
    assert noor.group.remove("Layla").done
    layla.taboon.sync(wait=30)
    assert layla.group.status().state == "removed"
