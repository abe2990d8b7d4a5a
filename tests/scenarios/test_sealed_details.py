"""Who reads an address, and who does not: between people with a vault each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taboon_client.board import Details, Need, PledgeStanding, PrivateNote, Withdraw
from taboon_client.errors import NotAllowedError, NotFoundError
from tests.scenarios.hostile import desk_of, row_of

if TYPE_CHECKING:
    from taboon_client.board import Item
    from tests.scenarios.conftest import Neighbourhood, Person

WHERE = Details(names="Umm Ali", place="Olive street 7", note="ring twice")


def meet(*people: Person) -> None:
    """Everyone hears what everyone has said."""
    for person in (*people, *people):
        person.sync()


def everything(person: Person) -> bytes:
    """Every value in somebody's vault, one after the other."""

    def act(tx: Any) -> bytes:
        tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()]
        values = (value for table in tables for row in tx.execute(f"SELECT * FROM {table}") for value in row)
        return b"|".join(v if isinstance(v, bytes) else str(v).encode() for v in values)

    return desk_of(person).keeper.read(act)


def refused(person: Person, item: Item) -> None:
    with pytest.raises(NotAllowedError):
        person.group.open_details(item.id)


def test_an_address_is_read_by_who_goes_and_by_the_dispatch_circle_and_by_nobody_else(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, noor, rami = (neighbourhood.let_in(layla, name) for name in ("Sami", "Noor", "Rami"))
    item = sami.group.post(Need(title="Insulin", created=0), details=WHERE)
    meet(sami, layla, noor, rami)
    assert layla.group.open_details(item.id) == WHERE
    refused(noor, item)
    # Two say yes; whoever does not go gets nothing until they do.
    noor.group.pledge(item.id)
    meet(noor, rami)
    rami.group.pledge(item.id)
    meet(rami, sami, layla, noor)
    sami.group.release_details(item.id)
    with pytest.raises(NotAllowedError):
        sami.group.release_details(item.id, rami.group.item(item.id).pledges[1].name)
    meet(sami, layla, noor, rami)
    assert noor.group.open_details(item.id) == WHERE
    refused(rami, item)
    assert not rami.group.can_open_details(item.id)
    # Noor cannot go after all: Rami is promoted, and Layla of the dispatch circle releases while Sami is away.
    noor.group.release(item.id, "the road is closed")
    meet(noor, layla, rami)
    assert rami.group.item(item.id).pledges[0].standing is PledgeStanding.PRIMARY
    layla.group.release_details(item.id)
    meet(layla, rami)
    assert rami.group.open_details(item.id) == WHERE
    meet(rami, sami, layla, noor)
    opened = [one.author for one in sami.group.item(item.id).opened]
    names = {member.identity: member.name for member in sami.group.members()}
    assert sorted(names[author] for author in opened) == ["Layla", "Noor", "Rami"]
    for person in (sami, layla, noor, rami):
        assert b"Olive street" not in everything(person)


def test_who_is_new_in_the_circle_gets_the_keys_and_who_is_removed_gets_nothing_new(
    neighbourhood: Neighbourhood,
) -> None:
    layla = neighbourhood.founder("Layla")
    sami, noor = (neighbourhood.let_in(layla, name) for name in ("Sami", "Noor"))
    before = sami.group.post(Need(title="Insulin", created=0), details=WHERE)
    meet(sami, layla, noor)
    refused(noor, before)
    assert layla.group.set_dispatch(["Noor"]).done
    meet(layla, sami, noor)
    meet(layla, noor)
    assert {m.name for m in noor.group.members() if m.identity in noor.group.dispatch()} == {"Noor"}
    # Layla held the key, and her device sealed it to Noor by itself. Layla may still open what was sealed to her.
    assert noor.group.open_details(before.id) == WHERE
    after = sami.group.post(Need(title="Bread", created=0), details=WHERE)
    meet(sami, layla, noor)
    assert noor.group.open_details(after.id) == WHERE
    refused(layla, after)
    with pytest.raises(NotAllowedError):
        layla.group.release_details(after.id)
    # Noor acts for Sami; once removed she gets nothing, and her late words move nothing.
    assert layla.group.remove("Noor").done
    last = sami.group.post(Need(title="Soap", created=0), details=WHERE)
    # Sami did not know yet who is of the circle now; his device makes up for it.
    meet(sami, layla)
    assert layla.group.open_details(last.id) == WHERE
    noor.sync()
    with pytest.raises(NotFoundError):
        noor.group.item(last.id)


def test_the_dispatch_circle_acts_for_the_author_and_a_plain_member_does_not(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami, noor = (neighbourhood.let_in(layla, name) for name in ("Sami", "Noor"))
    item = sami.group.post(Need(title="Insulin", created=0))
    meet(sami, layla, noor)
    for act in (noor.group.withdraw, noor.group.renew, noor.group.pause):
        with pytest.raises(NotAllowedError):
            act(item.id)
    # A device that does not ask is not believed either.
    row, ledger = row_of(noor), desk_of(noor).ledger
    desk_of(noor).keeper.write(lambda tx: ledger.make(tx, row, Withdraw(reason="mine now"), item.id, ()))
    meet(noor, layla, sami)
    assert not sami.group.item(item.id).closed
    layla.group.withdraw(item.id, why="no-answer")
    meet(layla, sami, noor)
    assert {person.group.item(item.id).why for person in (layla, sami, noor)} == {"no-answer"}


def test_a_no_show_is_told_to_the_few_and_thanks_to_one(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami, noor = (neighbourhood.let_in(layla, name) for name in ("Sami", "Noor"))
    item = sami.group.post(Need(title="Insulin", created=0))
    meet(sami, layla, noor)
    noor.group.pledge(item.id)
    meet(noor, sami, layla)
    (pledge,) = sami.group.item(item.id).pledges
    no_show = PrivateNote(about="no-show", text="nobody came", pledge=pledge.name)
    sami.group.private_note(item.id, no_show)
    sami.group.private_note(item.id, PrivateNote(about="thanks", text="thank you"), [pledge.author])
    meet(sami, layla, noor)
    assert [note for _, note in layla.group.private_notes(item.id)] == [no_show]
    assert [note.text for _, note in noor.group.private_notes(item.id)] == ["thank you"]
    assert noor.group.item(item.id).private == 2
    for person in (layla, noor):
        assert b"nobody came" not in everything(person)
