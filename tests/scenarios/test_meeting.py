"""Comparing keys: two who meet, and a code that all devices in one group share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.errors import BadLinkError, NotAllowedError
from taboon_client.group.commit_data import CommitData
from taboon_client.group.leaf import LEAF_EXTENSION, LeafKeys
from taboon_client.joining import meeting
from taboon_crypto import mls

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person


def checked(by: Person, name: str) -> str | None:
    identity = by.group.member(name).identity
    return next(one.checked for one in by.group.keys().members if one.identity == identity)


def test_two_who_meet_and_scan_each_other_have_both_keys_checked(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.sync()
    assert layla.group.meet(sami.group.meeting_code()).name == "Sami"
    assert sami.group.meet(layla.group.meeting_code()).name == "Layla"
    assert checked(layla, "Sami") == checked(sami, "Layla") == "in-person"


def test_devices_in_one_group_share_a_code_and_others_have_another(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.sync()
    epoch, code = layla.group.epoch_code()
    assert (epoch, code) == sami.group.epoch_code()
    assert len(code.words_en) == len(code.words_ar) == 5
    assert layla.group.rotate().done
    assert layla.group.epoch_code()[1] != code
    assert sami.group.epoch_code()[1] == code
    other = neighbourhood.founder("Noor", "Hill")
    assert other.group.epoch_code()[1] != code


def test_a_code_of_another_group_a_stranger_or_oneself_checks_nobody(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    other = neighbourhood.founder("Noor", "Hill")
    with pytest.raises(BadLinkError, match="another group"):
        layla.group.meet(other.group.meeting_code())
    with pytest.raises(BadLinkError, match="your own"):
        layla.group.meet(layla.group.meeting_code())
    code = sami.group.meeting_code()
    for wrong in ("", "taboon:join:AAAA", code[:-3], code[:30] + "A" + code[31:], "x" * 5_000, "taboon:member:ä"):
        with pytest.raises(BadLinkError):
            layla.group.meet(wrong)
    assert layla.group.remove("Sami").done
    with pytest.raises(NotAllowedError, match="nobody who is in the group"):
        layla.group.meet(code)


def test_two_histories_of_one_number_are_noticed_when_members_meet(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.sync()
    before = layla.group.epoch_code()[0]
    # Sami's device is shown another commit than the others': it is in another epoch of the same number.
    desk = sami.taboon._taboon._desk

    def forked(tx: Connection) -> str:
        group = desk.keeper.load(tx, 1)
        leaf = LeafKeys.generate(desk.random, suite=group.suite).content.encode()
        staged = group.commit(
            leaf_extensions=(mls.Extension(LEAF_EXTENSION, leaf),),
            by_reference=False,
            path=True,
            authenticated_data=CommitData().encode(),
            random=desk.random,
            now=desk.now,
        )
        group.merge(staged)
        return meeting.shown(desk, tx, 1)

    code = desk.keeper.read(forked)
    desk.keeper.forget(1)
    assert layla.group.rotate().done
    assert layla.group.epoch_code()[0] == before + 1
    with pytest.raises(NotAllowedError, match="two histories"):
        layla.group.meet(code)
