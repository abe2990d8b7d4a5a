"""What a newcomer is given: whole, in parts, seen by the others; and nothing of what is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Keep, Line, Need
from taboon_client.board.register_kinds import AreaTerm, CategoryTerm
from taboon_client.vault import board, events, groups
from tests.scenarios.hostile import desk_of, row_of

if TYPE_CHECKING:
    from taboon_client.vault import Connection
    from tests.scenarios.conftest import Neighbourhood, Person


def meet(*people: Person) -> None:
    """Everyone hears what everyone has said."""
    for person in (*people, *people):
        person.sync()


def is_whole(person: Person) -> bool:
    row = row_of(person)
    return desk_of(person).keeper.read(lambda tx: groups.is_whole(tx, row))


def test_a_newcomers_board_is_the_others_board_also_after_later_and_late_events(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    layla.group.set_area(AreaTerm(code="upper", labels={"en": "Upper side"}))
    layla.group.set_category(CategoryTerm(code="oven", labels={"en": "The oven"}))
    layla.group.set_keep(Keep(open_days=20, closed_days=3))
    water = sami.group.post(Need(title="Water", created=0, area="Upper side", lines=(Line(quantity=9),)))
    closed = sami.group.post(Need(title="Bread", created=0))
    again = sami.group.post(Need(title="Soap", created=0))
    meet(sami, layla)
    layla.group.pledge(water.code, 4)
    sami.group.withdraw(closed.code)
    sami.group.withdraw(again.code)
    meet(layla, sami)
    # Sami has said something that nobody has heard yet when Noor comes.
    sami.group.comment(water.code, "by the well")
    noor = neighbourhood.let_in(layla, "Noor")
    assert is_whole(noor)
    assert noor.titles() == {"Water"}
    meet(sami, layla, noor)
    assert noor.group.board() == [item for item in sami.group.board() if not item.closed]
    assert noor.group.categories().now("oven") is not None
    assert [term.code for term in noor.group.areas().offered()] == ["upper"]
    assert noor.group.keep() == Keep(20, 3)
    noor.group.pledge(water.code, 2)
    # What was closed is opened again, and somebody speaks of what stays closed.
    sami.group.undo(again.code)
    sami.group.comment(closed.code, "it was good bread")
    meet(noor, sami, layla, noor)
    meet(layla, sami, noor)
    assert noor.titles() == {"Water", "Soap", "Bread"}
    assert noor.group.board() == sami.group.board() == layla.group.board()
    assert noor.group.status().missing == 0


def test_what_somebody_said_before_a_newcomer_came_stays_when_they_are_removed(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    sami.group.post(Need(title="Water", created=0))
    # Between what is open and Sami's last words lies what no newcomer is given.
    for title in ("Bread", "Soap"):
        closed = sami.group.post(Need(title=title, created=0))
        sami.group.withdraw(closed.code)
    meet(sami, layla)
    noor = neighbourhood.let_in(layla, "Noor")
    meet(layla, noor, sami)
    sami.group.post(Need(title="Blankets", created=0))
    meet(sami, layla, noor)
    assert layla.group.remove(layla.group.member("Sami")).done
    meet(layla, noor)
    still = {item.title for item in layla.group.board() if not item.closed}
    assert noor.titles() == still == {"Water", "Blankets"}
    # And so for somebody whom the newcomer lets in.
    assert layla.group.set_admins(["Noor"]).done
    meet(noor, layla)
    omar = neighbourhood.let_in(noor, "Omar")
    meet(noor, omar, layla)
    assert omar.titles() == {"Water", "Blankets"}


def test_what_is_left_out_of_a_snapshot_is_noticed_and_mended(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    hidden = sami.group.post(Need(title="Not for newcomers", created=0))
    sami.group.post(Need(title="Water", created=0))
    meet(sami, layla)
    real = events.events_of_place

    def without(tx: Connection, grp: int, place: bytes | str) -> list[tuple[bytes, bytes]]:
        return [] if place == hidden.id else real(tx, grp, place)

    with monkeypatch.context() as patch:
        patch.setattr(events, "events_of_place", without)
        noor = neighbourhood.let_in(layla, "Noor")
    assert noor.titles() == {"Water"}
    notices = [notice for report in sami.taboon.sync(wait=30).values() for notice in report.notices]
    assert any("leaves out 1 messages" in notice for notice in notices)
    # An admin's device would send it again by itself; the one that left it out sees it as well.
    layla.sync()
    meet(noor, sami)
    assert not any("messages" in notice for report in noor.taboon.sync(wait=30).values() for notice in report.notices)


@pytest.mark.parametrize("deleted", [True, False])
def test_an_open_item_that_a_newcomer_is_told_is_no_more_comes_back(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch, *, deleted: bool
) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    hidden = sami.group.post(Need(title="Not for newcomers", created=0))
    sami.group.post(Need(title="Water", created=0))
    meet(sami, layla)
    layla.group.comment(hidden.code, "something")
    meet(layla, sami)
    real_open, real_gone = board.open_item_ids, events.gone_items

    def gone(tx: Connection, grp: int, *, deleted: bool) -> list[bytes]:
        return [*real_gone(tx, grp, deleted=deleted), *([hidden.id] if deleted is lied else [])]

    lied = deleted
    with monkeypatch.context() as patch:
        patch.setattr(
            board, "open_item_ids", lambda tx, grp: [item for item in real_open(tx, grp) if item != hidden.id]
        )
        patch.setattr(events, "gone_items", gone)
        noor = neighbourhood.let_in(layla, "Noor")
    layla.group.comment(hidden.code, "more")
    meet(layla, noor)
    assert noor.titles() == {"Water"} if deleted else {"Water", "Not for newcomers"}
    # Sami is no admin, and posted what is said to be no more.
    notices = [notice for report in sami.taboon.sync(wait=30).values() for notice in report.notices]
    assert any("closed or deleted which are open" in notice for notice in notices)
    meet(noor, sami, layla, noor)
    assert noor.titles() == {"Water", "Not for newcomers"}
    assert noor.group.board() == sami.group.board() == layla.group.board()
    assert noor.group.status().missing == 0


def test_an_honest_snapshot_makes_no_noise_whatever_waits_on_the_other_devices(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    for number in range(30):
        sami.group.post(Need(title=f"Need {number}", note="x" * 400, created=0))
    sami.sync()
    layla.sync()
    sami.group.post(Need(title="Waits", created=0))
    neighbourhood.let_in(layla, "Noor")
    for person in (sami, layla, sami):
        for report in person.taboon.sync(wait=30).values():
            assert not any("newcomer" in notice for notice in report.notices), report.notices


def test_a_device_that_stops_in_the_middle_of_a_snapshot_goes_on_where_it_was(
    neighbourhood: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    layla = neighbourhood.founder("Layla")
    for number in range(12):
        layla.group.post(Need(title=f"Need {number}", note="x" * 3_000, created=0))
    layla.sync()
    noor = neighbourhood.person("Noor")
    noor.taboon.join(layla.group.invite().link, me="Noor")
    layla.sync()
    # Only the commit goes out before the device dies.
    from taboon_client.session import steps

    real = steps.work
    with monkeypatch.context() as patch:

        def only_seals(*args: object, **kwargs: object) -> steps.Work | None:
            work = real(*args, **kwargs)  # type: ignore[arg-type] # handed on as they came
            return steps.Work(None, ()) if work is not None and work.seal is None else work

        patch.setattr(steps, "work", only_seals)
        (request,) = layla.group.requests()
        layla.group.approve(request.code)
    layla.reopen()
    noor.sync()
    noor.sync()
    assert not is_whole(noor)
    layla.sync()
    noor.sync()
    assert is_whole(noor)
    assert noor.titles() == layla.titles()
    assert len(noor.titles()) == 12
