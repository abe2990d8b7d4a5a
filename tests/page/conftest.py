"""A relay, a browser, and people with a page each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest
from playwright.sync_api import sync_playwright

from tests.page.browsing import NARROW, Person, start_browser
from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
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
