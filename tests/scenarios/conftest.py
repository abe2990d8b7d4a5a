"""People with a vault each, and a real relay between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taboon_client.blocking import Group, Taboon
from tests.relay_process import RelayProcess
from tests.support import PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taboon_crypto.slots import Cost


class Person:
    """Somebody with a vault of their own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.taboon = Taboon.create(PASSPHRASE, folder)

    @property
    def group(self) -> Group:
        """The one group on this device, as it is now."""
        (group,) = self.taboon.groups()
        return group

    def sync(self) -> None:
        """Sync everything; the relay must be there."""
        for report in self.taboon.sync(wait=30).values():
            assert report.problem is None, report.problem

    def titles(self) -> set[str]:
        """What stands on the board."""
        return {item.title for item in self.group.board()}

    def reopen(self) -> None:
        """End the process that held the vault, as far as the vault can tell."""
        self.taboon.close()
        self.taboon = Taboon.open(PASSPHRASE, self.folder)


class Neighbourhood:
    """Opens vaults, founds a group, lets people in."""

    def __init__(self, folder: Path, relay: RelayProcess) -> None:
        self.folder = folder
        self.relay = relay
        self._people: list[Person] = []

    def person(self, name: str) -> Person:
        """Somebody new, with an empty vault."""
        person = Person(name, self.folder / name)
        self._people.append(person)
        return person

    def named(self, name: str) -> Person:
        """Somebody who has a vault already."""
        (person,) = (one for one in self._people if one.name == name)
        return person

    def founder(self, name: str = "Layla", group: str = "Harbour") -> Person:
        """Somebody who founds a group."""
        person = self.person(name)
        person.taboon.create_group(group, relay=self.relay.url, me=name)
        return person

    def let_in(self, admin: Person, name: str) -> Person:
        """Somebody new whom an admin lets in, all the way."""
        person = self.person(name)
        invite = admin.group.invite()
        person.taboon.join(invite.link, me=name)
        admin.sync()
        (request,) = admin.group.requests()
        assert request.name == name
        assert admin.group.approve(request.code).done
        person.sync()
        person.sync()
        admin.sync()
        return person

    def close(self) -> None:
        """Close every vault."""
        for person in self._people:
            person.taboon.close()


@pytest.fixture(scope="session")
def shared_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """One relay for all stories that neither stop it nor look at its disk."""
    with RelayProcess(tmp_path_factory.mktemp("shared") / "relay") as process:
        yield process


@pytest.fixture
def relay(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RelayProcess]:
    """A relay on loopback; one of its own for a story that is marked so."""
    if request.node.get_closest_marker("own_relay") is None:
        yield request.getfixturevalue("shared_relay")
        return
    with RelayProcess(tmp_path / "relay") as process:
        yield process


@pytest.fixture
def neighbourhood(tmp_path: Path, relay: RelayProcess, fast_kdf: Cost) -> Iterator[Neighbourhood]:
    """A relay, and nobody yet."""
    place = Neighbourhood(tmp_path, relay)
    yield place
    place.close()
