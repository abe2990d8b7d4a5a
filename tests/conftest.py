"""Fixtures that several parts of the suite share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from tests.crypto.mls import vectors
from tests.soaking import soaking
from tests.support import FAST_COST, allow_fast_kdf

if TYPE_CHECKING:
    from taboon_crypto.slots import Cost


# Property tests never judge by the clock: a slow machine is no bug.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the large matrices whole (CONTRIBUTING.md)")


def pytest_configure(config: pytest.Config) -> None:
    # Before any test is imported: lengths of tests are looked up when they are collected.
    if config.getoption("--soak"):
        os.environ["TABOON_SOAK"] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not soaking():
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("soak")])
        items[:] = [item for item in items if not item.get_closest_marker("soak")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A worker of pytest-xdist hands its count to who prints it.
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["mls_vectors"] = vectors.ran


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    vectors.ran.update(getattr(node, "workeroutput", {}).get("mls_vectors", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of the official vectors were run; one that failed stands above."""
    if vectors.ran:
        files = ", ".join(f"{name} {count}" for name, count in sorted(vectors.ran.items()))
        terminalreporter.write_line(f"official MLS vectors: {sum(vectors.ran.values())} cases ({files})")


@pytest.fixture
def fast_kdf(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Key slots of this test cost next to nothing, by default too."""
    allow_fast_kdf(monkeypatch)
    return FAST_COST
