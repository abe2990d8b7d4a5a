"""A relay, a browser, and people with a page each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from tests.page.browsing import NARROW, WIDE, Person, start_browser
from tests.relay_process import RelayProcess
from tests.soaking import first_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Playwright


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers; its event loop must be gone before other tests run theirs."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One real browser for all."""
    started = start_browser(playwright)
    yield started
    started.close()


@pytest.fixture(scope="package")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """One relay for all."""
    with RelayProcess(tmp_path_factory.mktemp("page-relay")) as process:
        yield process


class Neighbours(NamedTuple):
    """Two people in one group, one at a phone and one at a laptop, and their relay."""

    layla: Person
    basil: Person
    relay: RelayProcess


_HARBOUR: dict[str, str] = {}
"""The code of the neighbours' group, by how their stories are told."""
_TURN = first_seed() % 2
_WIDTHS = (NARROW, WIDE)
# In one of the languages Layla is at the phone, in the other Basil: by the seed, and in a soak each of them in both.
_SEATS = {
    story: (story[:2], (_WIDTHS[seat ^ _TURN], _WIDTHS[seat ^ _TURN ^ 1]))
    for story, seat in (("en", 0), ("ar", 1), ("en-mirrored", 1), ("ar-mirrored", 0))
}
"""For each way of telling the stories: the language, and at how wide a screen Layla and Basil are."""


@pytest.fixture(scope="package")
def known_neighbours(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Neighbours]]:
    """Two people for each language, who have met once for all stories."""
    known: dict[str, Neighbours] = {}
    failed: dict[str, Exception] = {}

    def get(story: str) -> Neighbours:
        if story not in known:
            folder = tmp_path_factory.mktemp(f"neighbours-{story}")
            code, sizes = _SEATS[story]
            layla, basil = (
                Person(browser, folder / name, code=code, size=size)
                for name, size in zip(("layla", "basil"), sizes, strict=True)
            )
            known[story] = Neighbours(layla, basil, RelayProcess(folder / "relay").start())
            try:
                for one in (layla, basil):
                    one.make_vault()
                layla.meets(basil, known[story].relay.url)
                _HARBOUR[story] = layla.group_code()
            except (AssertionError, BrowserError) as error:
                failed[story] = error
        if story in failed:
            # Who has not met cannot do anything: each further test would wait in vain.
            raise failed[story]
        return known[story]

    yield get
    for layla, basil, relay in known.values():
        layla.close()
        basil.close()
        relay.stop()


@pytest.fixture(
    params=[
        *(pytest.param(story, marks=pytest.mark.grows) for story in ("en", "ar")),
        *(pytest.param(story, marks=pytest.mark.soak) for story in ("en-mirrored", "ar-mirrored")),
    ]
)
def neighbours(request: pytest.FixtureRequest, known_neighbours: Callable[[str], Neighbours]) -> Iterator[Neighbours]:
    """Two people who have met, at their board; nothing that goes wrong on their pages stays unseen."""
    found = known_neighbours(request.param)
    for one in (found.layla, found.basil):
        one.faults.clear()
        # Wherever the test before has left them.
        one.goes_to(f"/board?g={_HARBOUR[request.param]}")
    yield found
    assert found.layla.faults + found.basil.faults == []


class MakePerson(Protocol):
    def __call__(self, name: str, *, code: str = "en", size: tuple[int, int] = NARROW) -> Person:
        """Somebody new, with a vault."""


@pytest.fixture
def person(browser: Browser, tmp_path: Path) -> Iterator[MakePerson]:
    """Make people; nothing that went wrong on their pages may stay unseen."""
    people: list[Person] = []

    def make(name: str, *, code: str = "en", size: tuple[int, int] = NARROW) -> Person:
        one = Person(browser, tmp_path / name, code=code, size=size)
        people.append(one)
        one.make_vault()
        return one

    yield make
    for one in people:
        one.close()
    assert [fault for one in people for fault in one.faults] == []
