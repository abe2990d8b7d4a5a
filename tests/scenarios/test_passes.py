"""A group whose relay makes mailboxes only for those who have its pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from taboon_client.board import Need
from taboon_client.errors import RelayPassError
from taboon_client.group.changes import PolicyChange
from tests.relay_process import RelayProcess
from tests.scenarios.conftest import Neighbourhood

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scenarios.conftest import Person

OLD, NEW = b"the pass of last spring", b"the pass of this summer"


@pytest.fixture
def passes(tmp_path: Path) -> Path:
    path = tmp_path / "passes"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def guarded(tmp_path: Path, passes: Path) -> Iterator[Neighbourhood]:
    with RelayProcess(tmp_path / "relay", extra_args=["--pass-file", str(passes)]) as relay:
        street = Neighbourhood(tmp_path / "people", relay)
        yield street
        street.close()


def founder(street: Neighbourhood) -> Person:
    layla = street.person("Layla")
    layla.taboon.create_group("Harbour", relay=street.relay.url, me="Layla", relay_pass=OLD)
    return layla


def let_in(street: Neighbourhood, admin: Person, name: str) -> Person:
    """Somebody new; without a pass of their own, the mailbox to meet in is made by the admin."""
    person = street.person(name)
    link = admin.group.invite().link
    person.taboon.join(link, me=name)
    (joining,) = person.taboon.joinings()
    assert joining.group is None
    admin.sync()
    person.sync()
    admin.sync()
    (request,) = admin.group.requests()
    assert admin.group.approve(request.code).done
    person.sync()
    person.sync()
    admin.sync()
    return person


@pytest.mark.parametrize("wrong", [b"", b"a guess"])
def test_without_the_pass_no_group_is_made(guarded: Neighbourhood, wrong: bytes) -> None:
    layla = guarded.person("Layla")
    with pytest.raises(RelayPassError, match="Ask whoever runs the relay"):
        layla.taboon.create_group("Harbour", relay=guarded.relay.url, me="Layla", relay_pass=wrong)
    assert layla.taboon.groups() == []


def test_who_is_let_in_needs_no_pass_and_gets_it_with_the_rules(guarded: Neighbourhood) -> None:
    layla = founder(guarded)
    sami = let_in(guarded, layla, "Sami")
    # Every rotation is a new mailbox, and whoever comes first makes it.
    assert sami.group.rotate().done
    sami.group.post(Need(title="Water", created=0))
    sami.sync()
    layla.sync()
    assert layla.titles() == {"Water"}
    assert sami.group.policy().home.pass_ == OLD


def test_a_group_goes_over_to_a_new_pass_while_both_are_good(guarded: Neighbourhood, passes: Path) -> None:
    layla = founder(guarded)
    sami = let_in(guarded, layla, "Sami")
    passes.write_bytes(OLD + b"\n" + NEW)
    home = layla.group.policy().home
    assert layla.group.change_policy(PolicyChange(relays=(replace(home, pass_=NEW),))).done
    sami.sync()
    passes.write_bytes(NEW)
    assert sami.group.rotate().done
    layla.sync()
    assert layla.group.policy().home.pass_ == NEW


def test_a_group_whose_pass_is_no_longer_good_is_told_and_loses_nothing(guarded: Neighbourhood, passes: Path) -> None:
    layla = founder(guarded)
    passes.write_bytes(NEW)
    layla.group.post(Need(title="Water", created=0))
    layla.sync()  # the mailbox that is there is used as before
    layla.group.rotate()
    layla.group.post(Need(title="Bread", created=0))
    (report,) = layla.taboon.sync(wait=30).values()
    assert report.problem is not None
    assert "taboon policy GROUP --pass-file FILE" in report.problem
    passes.write_bytes(OLD)
    layla.sync()
    assert layla.group.status().unsent == 0
