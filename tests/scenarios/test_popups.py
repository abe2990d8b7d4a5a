"""A pop-up relay while home is away: the group goes on there, and what was said and done comes home."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import NotAllowedError
from taboon_client.relay.client import RelayClient
from taboon_client.session import steps
from tests.relay_process import RelayProcess
from tests.scenarios.test_faults import desk_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person

pytestmark = pytest.mark.own_relay


@pytest.fixture
def popup(tmp_path: Path) -> Iterator[RelayProcess]:
    """Another relay, that those in one place can reach."""
    with RelayProcess(tmp_path / "popup") as process:
        yield process


def post(person: Person, title: str) -> None:
    """Somebody posts a need; it waits for a sync."""
    person.group.post(Need(title=title, created=0))


def all_sync(*people: Person, rounds: int = 2) -> None:
    """Everyone syncs, and once more."""
    for _ in range(rounds):
        for person in people:
            person.sync()


def held(person: Person, query: str) -> list[bytes]:
    """What a query finds in somebody's vault."""
    return desk_of(person).keeper.read(lambda tx: [row[0] for row in tx.execute(query)])


def written(person: Person, query: str, *values: object) -> None:
    """Change somebody's vault."""

    def act(tx: Connection) -> None:
        tx.execute(query, values)

    desk_of(person).keeper.write(act)


def spoil(person: Person, popup: RelayProcess) -> None:
    """A member ends the mailbox at the pop-up relay with noise."""
    desk, grp = desk_of(person), person.group._group.row_id
    at = steps.position(desk, grp, popup=True)
    assert at is not None

    async def seal() -> None:
        async with RelayClient(at.relay, random=os.urandom, clock=time.time) as client:
            await client.create(at.keys)
            await client.append(at.keys, os.urandom(2048), seal=True)

    asyncio.run(seal())


def test_what_is_said_at_a_popup_relay_reaches_those_there_and_comes_home(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    relay.kill()
    for person in (layla, sami):
        assert person.group.use_popup(popup.url).problem is None
    post(layla, "Water")
    all_sync(layla, sami)
    assert sami.titles() == {"Water"}
    post(sami, "Bread")
    all_sync(sami, layla)
    assert layla.titles() == {"Water", "Bread"}
    # Only Sami comes to where home can be reached; the pop-up relay is left behind.
    relay.start()
    popup.kill()
    report = sami.group.sync(30)
    assert report.problem is None
    rana.sync()
    assert rana.titles() == {"Water", "Bread"}


def test_what_was_said_at_home_is_carried_to_those_at_the_popup_relay(
    neighbourhood: Neighbourhood, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    # Sami reaches both relays; Rana only home. (Layla stands for someone who only reaches the pop-up relay below.)
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    post(rana, "Blankets")
    rana.sync()
    neighbourhood.relay.kill()
    layla.sync()
    neighbourhood.relay.start()
    sami.sync()
    neighbourhood.relay.kill()
    layla.sync()
    assert layla.titles() == {"Blankets"}


def test_a_removal_made_at_a_popup_relay_stands_at_home(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana, thief = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana", "Thief"))
    all_sync(layla, sami, rana, thief)
    relay.kill()
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    assert layla.group.remove(layla.group.member("Thief")).done
    all_sync(sami, layla)
    post(sami, "Shelter")
    all_sync(sami, layla)
    assert layla.titles() == {"Shelter"}
    post(rana, "Insulin")
    relay.start()
    rana.sync()
    all_sync(layla, rana, sami, thief)
    assert rana.titles() == layla.titles() == sami.titles() == {"Shelter", "Insulin"}
    assert len(rana.group.members()) == 3
    assert thief.group.status().state == "removed"
    assert "Shelter" not in thief.titles()


def test_of_two_commits_of_one_epoch_the_one_at_home_stands_and_the_others_removal_is_made_again(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana, thief = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana", "Thief"))
    assert layla.group.set_admins(["Layla", "Rana"]).done
    all_sync(layla, sami, rana, thief)
    relay.kill()
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    assert layla.group.remove(layla.group.member("Thief")).done
    all_sync(sami, layla)
    post(sami, "Shelter")
    all_sync(sami, layla)
    popup_epoch = layla.group.status().epoch
    relay.start()
    assert rana.group.rotate().done
    post(rana, "Insulin")
    rana.sync()
    thief.sync()
    assert rana.group.status().epoch == popup_epoch
    told = [notice for person in (sami, layla) for notice in person.group.sync(30).notices]
    assert any("two commits had ended one epoch" in notice for notice in told)
    all_sync(layla, sami, rana, thief, rounds=3)
    assert {person.group.status().epoch for person in (layla, sami, rana)} == {popup_epoch + 1}
    assert rana.titles() == layla.titles() == sami.titles() == {"Shelter", "Insulin"}
    assert thief.group.status().state == "removed"
    # What an admin did on the side that was left is not done, and is not told as done.
    assert [removal.epoch for removal in layla.group.keys().removals] == [popup_epoch + 1]
    assert [deed.epoch for deed in layla.group.deeds() if deed.kind == "removed"] == [popup_epoch + 1]
    # Whoever stepped back has said nothing more that the thief could have read.
    assert "Shelter" not in thief.titles()


def test_members_whom_a_relay_shows_two_histories_come_together_at_a_popup_relay(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana, omar = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana", "Omar"))
    assert layla.group.set_admins(["Rana"]).done
    everyone = (layla, sami, rana, omar)
    all_sync(*everyone)
    for person in everyone:
        person.group.use_popup(popup.url)
    popup.kill()
    # From here on home is two: with one key, and a history for each half of the group.
    relay.kill()
    shutil.copytree(relay.folder, tmp_path / "other")
    relay.start()
    with RelayProcess(tmp_path / "other") as other:
        for person in (rana, omar):
            written(person, "UPDATE grp SET relay_url = ?", other.base_url)
        assert layla.group.rotate().done
        post(sami, "Water")
        all_sync(sami, layla)
        assert rana.group.rotate().done
        post(omar, "Bread")
        all_sync(omar, rana)
        assert {person.group.status().epoch for person in everyone} == {layla.group.status().epoch}
        assert layla.titles() == {"Water"}
        assert rana.titles() == {"Bread"}
        popup.start()
        all_sync(*everyone)
        all_sync(*everyone)
        assert {frozenset(person.titles()) for person in everyone} == {frozenset({"Water", "Bread"})}
        assert len({held(person, "SELECT epoch_id FROM epoch ORDER BY number DESC")[0] for person in everyone}) == 1


def test_the_keys_of_an_epoch_go_once_both_relays_have_its_commit(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    layla.group.use_popup(popup.url)
    relay.kill()
    old = bytes(held(layla, "SELECT blob_key FROM mailbox")[0])
    assert layla.group.rotate().done
    assert any(old in value for value in held(layla, "SELECT kept FROM fork"))
    relay.start()
    layla.sync()
    assert not held(layla, "SELECT kept FROM fork")
    # And nothing of it is kept once home was heard from and the pop-up relay is used no more.
    layla.group.end_popup()
    assert layla.group.popup() is None


def test_what_was_left_at_a_popup_relay_comes_home_though_its_use_has_ended(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    relay.kill()
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    post(layla, "Water")
    layla.sync()
    sami.sync()
    assert sami.group.end_popup().problem is not None
    popup.kill()
    left = sami.group.popup()
    assert left is not None
    assert left.over
    relay.start()
    sami.sync()
    assert sami.group.popup() is None
    rana.sync()
    assert rana.titles() == {"Water"}


def test_a_popup_relay_that_has_forgotten_everything_gets_it_again(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    relay.kill()
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    post(layla, "Water")
    all_sync(layla, sami)
    popup.kill()
    for path in (tmp_path / "popup").glob("*.db*"):
        path.unlink()
    popup.start()
    all_sync(layla, sami)
    assert rana.group.use_popup(popup.url).problem is None
    assert rana.titles() == {"Water"}


def test_noise_that_ends_the_mailbox_at_a_popup_relay_stops_nothing_at_home(
    neighbourhood: Neighbourhood, relay: RelayProcess, popup: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    all_sync(layla, sami)
    for person in (layla, sami):
        person.group.use_popup(popup.url)
    post(layla, "Water")
    spoil(sami, popup)
    relay.kill()
    report = layla.group.sync(30)
    assert any("pop-up relay was ended" in notice for notice in report.notices)
    assert report.unsent
    relay.start()
    all_sync(layla, sami)
    assert sami.titles() == {"Water"}
    # In the next epoch the pop-up relay can be used again.
    assert layla.group.rotate().done
    sami.sync()
    relay.kill()
    post(layla, "Bread")
    all_sync(layla, sami)
    assert sami.titles() == {"Water", "Bread"}


def test_the_groups_own_relay_is_no_popup_relay(neighbourhood: Neighbourhood, relay: RelayProcess) -> None:
    layla = neighbourhood.founder("Layla")
    with pytest.raises(NotAllowedError):
        layla.group.use_popup(relay.url)
    assert layla.group.popup() is None
