"""What concerns somebody on the board is told to them once, and a lie about it can be set right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.board import Need, PledgeStanding, PrivateNote
from taboon_client.errors import NotAllowedError

if TYPE_CHECKING:
    from tests.scenarios.conftest import Neighbourhood, Person


def read(person: Person) -> list[str]:
    """Sync, and read what is new once."""
    person.sync()
    told = person.group.news()
    person.group.news_shown(told)
    assert not person.group.news()
    return [one.message.id.removeprefix("news.") for one in told]


def test_those_whom_it_concerns_are_told_once(neighbourhood: Neighbourhood) -> None:
    layla = neighbourhood.founder("Layla")
    sami = neighbourhood.let_in(layla, "Sami")
    water = layla.group.post(Need(title="Water", created=0, urgency="soon"))
    layla.sync()
    sami.sync()
    sami.group.pledge(water)
    # What somebody did themselves is no news to them.
    assert read(sami) == []
    with pytest.raises(NotAllowedError, match=r"you go for .*, and the details are not released to you yet"):
        sami.group.open_details(water)
    layla.sync()
    assert [(one.item.title, one.message.who) for one in layla.group.news()] == [
        ("Water", sami.group.member("Sami").identity)
    ]
    # It stays until it was shown, also when the vault is opened again.
    layla.reopen()
    assert read(layla) == ["goes"]
    layla.group.release_details(water)
    assert read(layla) == []
    assert read(sami) == ["granted"]
    sami.group.deliver(water)
    sami.sync()
    assert read(layla) == ["handed-over"]
    layla.group.reject(water, reason="nobody came")
    layla.sync()
    assert read(sami) == ["rejected"]
    with pytest.raises(NotAllowedError, match="says that it has not arrived"):
        sami.group.deliver(water)
    layla.group.confirm(water)
    pledge = layla.group.item(water.id).pledges[0]
    assert pledge.standing is PledgeStanding.CONFIRMED
    layla.group.outcome(water, "there is water again")
    thanks = PrivateNote(about="thanks", text="you came at night", pledge=pledge.name)
    layla.group.private_note(water, thanks, [pledge.author])
    assert read(layla) == []
    assert sorted(read(sami)) == ["arrived", "outcome", "private"]
    # A note that is not for Layla is no news to her, and none that was told is told again.
    sami.group.private_note(water, PrivateNote(about="note", text="for me"), [pledge.author])
    sami.sync()
    assert read(layla) == []
    assert read(sami) == []
