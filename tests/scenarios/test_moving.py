"""A group moves to another home relay, and takes along who is there, who was away, and who comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need
from taboon_client.errors import NotAllowedError, RelayAddressError, RelayError
from taboon_client.group.changes import PolicyChange
from taboon_client.group.epoch import epoch_id
from taboon_client.relay.address import RelayAddress
from taboon_client.session.passes import relay_pass
from tests.relay_process import RelayProcess
from tests.scenarios.test_faults import desk_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person

pytestmark = pytest.mark.own_relay


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RelayProcess]:
    """Another relay."""
    with RelayProcess(tmp_path / "other") as process:
        yield process


def post(person: Person, title: str) -> None:
    """Somebody posts a need."""
    person.group.post(Need(title=title, created=0))
    person.sync()


def all_sync(*people: Person, rounds: int = 2) -> None:
    """Everyone syncs, and once more."""
    for _ in range(rounds):
        for person in people:
            person.sync()


def home(person: Person) -> str:
    """Where somebody's device says that the group lives."""
    return person.group.policy().home.url


def epoch(person: Person) -> bytes:
    """Which epoch the group is in on somebody's device."""
    desk, grp = desk_of(person), person.group._group.row_id
    return desk.keeper.read(lambda tx: epoch_id(desk.keeper.load(tx, grp)))


def forget_pauses(*people: Person) -> None:
    """The time has come to ask homes again that had not answered."""

    def act(tx: Connection) -> None:
        tx.execute("UPDATE former_home SET due = 0")

    for person in people:
        desk_of(person).keeper.write(act)


def test_a_group_moves_and_goes_on_without_the_relay_that_it_has_left(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    post(rana, "Bread")
    outcome = layla.group.move(other.url)
    assert outcome.done
    assert any("moved to another relay" in told for told in outcome.report.notices)
    # Rana is away. The others go over and speak at the new home.
    sami.sync()
    post(sami, "Water")
    layla.sync()
    assert layla.titles() == sami.titles() == {"Bread", "Water"}
    # What she had written before she read of it goes out there, too; she followed from the old home.
    rana.group.post(Need(title="Insulin", created=0))
    rana.sync()
    assert {home(one) for one in (layla, sami, rana)} == {other.url.partition("/#")[0]}
    relay.kill()
    neighbourhood.relay = other
    nour = neighbourhood.let_in(layla, "Nour")
    post(nour, "Shelter")
    all_sync(layla, sami, rana)
    everything = {"Bread", "Water", "Insulin", "Shelter"}
    assert layla.titles() == sami.titles() == rana.titles() == everything
    assert nour.titles() == everything


def test_a_relay_where_the_group_could_not_live_is_refused_before_anything_changes(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess, tmp_path: Path
) -> None:
    layla = neighbourhood.founder("Layla")
    before = layla.group.policy()
    with pytest.raises(RelayError, match="not this relay"):
        layla.group.move(other.url.partition("#")[0] + relay.url[relay.url.index("#") :])
    with pytest.raises(RelayAddressError):
        layla.group.move("https://relay.example")
    passes = tmp_path / "passes"
    passes.write_bytes(b"the right one")
    with RelayProcess(tmp_path / "guarded", extra_args=["--pass-file", str(passes)]) as guarded:
        with pytest.raises(RelayError, match="asks for a pass"):
            layla.group.move(guarded.url, b"a guess")
        entry = layla.group.relay_at(guarded.url, b"the right one")
        assert entry.pass_ == b"the right one"
    # It is gone by the time that the commit would be sealed: what was wished for comes to nothing, and is told.
    other.kill()
    with pytest.raises(NotAllowedError, match="does not answer"):
        layla.group.change_policy(PolicyChange(relays=(entry,)))
    with pytest.raises(RelayError, match="does not answer"):
        layla.group.move(other.url)
    assert layla.group.policy() == before
    post(layla, "Water")
    assert layla.titles() == {"Water"}


def test_an_invite_that_was_open_ends_with_the_move_and_a_new_one_leads_to_the_new_home(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    old = layla.group.invite().link
    outcome = layla.group.move(other.url)
    assert any("open invites were ended" in told for told in outcome.report.notices)
    layla.sync()
    nour = neighbourhood.person("Nour")
    nour.taboon.join(old, me="Nour")
    nour.sync()
    (joining,) = nour.taboon.joinings()
    assert joining.problem is not None
    assert "ended" in joining.problem
    relay.kill()
    neighbourhood.relay = other
    neighbourhood.let_in(layla, "Hind")


def test_whoever_did_not_hear_of_it_before_the_old_home_was_gone_follows_with_the_new_address(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    assert layla.group.move(other.url).done
    relay.kill()
    post(layla, "Water")
    assert sami.group.sync(10).problem is not None
    # Somebody tells him the address.
    sami.group.use_popup(other.url)
    all_sync(sami, layla)
    assert sami.group.popup() is None
    assert home(sami) == home(layla)
    assert sami.titles() == {"Water"}
    post(sami, "Bread")
    layla.sync()
    assert layla.titles() == {"Water", "Bread"}


def test_a_popup_relay_becomes_home_and_the_old_one_takes_over_those_who_come_back_there(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    relay.kill()
    for person in (layla, sami):
        person.group.use_popup(other.url)
    assert layla.group.move(other.url).done
    sami.sync()
    post(sami, "Water")
    layla.sync()
    assert [person.group.popup() for person in (layla, sami)] == [None, None]
    # The old home is back, and Rana, who only knows that one, finds the way.
    relay.start()
    forget_pauses(layla, sami)
    all_sync(layla, rana)
    assert home(rana) == home(layla)
    assert rana.titles() == layla.titles() == {"Water"}
    relay.kill()
    post(rana, "Bread")
    all_sync(layla, sami)
    assert layla.titles() == sami.titles() == {"Water", "Bread"}


def test_a_commit_at_the_old_home_stands_before_a_move_that_was_made_without_it(
    neighbourhood: Neighbourhood, relay: RelayProcess, other: RelayProcess
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, rana = (neighbourhood.let_in(layla, name) for name in ("Sami", "Rana"))
    all_sync(layla, sami, rana)
    relay.kill()
    layla.group.use_popup(other.url)
    assert layla.group.move(other.url).done
    post(layla, "Water")
    relay.start()
    assert rana.group.rotate().done
    sami.sync()
    forget_pauses(layla)
    all_sync(layla, sami, rana)
    old = relay.url.partition("/#")[0]
    assert {home(one) for one in (layla, sami, rana)} == {old}
    assert len({epoch(one) for one in (layla, sami, rana)}) == 1
    assert layla.titles() == sami.titles() == rana.titles() == {"Water"}


def test_neither_relay_is_shown_the_pass_of_the_other(
    neighbourhood: Neighbourhood, other: RelayProcess, tmp_path: Path
) -> None:
    passes = tmp_path / "passes"
    passes.write_bytes(b"of the new one")
    layla = neighbourhood.founder("Layla")
    with RelayProcess(tmp_path / "guarded", extra_args=["--pass-file", str(passes)]) as guarded:
        assert layla.group.move(guarded.url, b"of the new one").done
        desk, grp = desk_of(layla), layla.group._group.row_id
        shown = {
            place.url: relay_pass(desk, grp, RelayAddress.parse(place.url))
            for place in (guarded, neighbourhood.relay, other)
        }
        assert shown == {guarded.url: b"of the new one", neighbourhood.relay.url: b"", other.url: b""}
        assert layla.group.move(other.url).done
        assert relay_pass(desk, grp, RelayAddress.parse(guarded.url)) == b"of the new one"
        assert relay_pass(desk, grp, RelayAddress.parse(other.url)) == b""
