"""The Node process that all tests here share; whoever has no Node skips them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .process import PeerMissingError, PeerProcess, check_node, installed

HERE = Path(__file__).parent


def _why_not() -> str | None:
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        return "interoperability with ts-mls is not tried in CI: it would fetch packages"
    try:
        check_node()
    except PeerMissingError as missing:
        return str(missing)
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where they cannot run, leave one test of all to say so, once."""
    here = [item for item in items if HERE in item.path.parents]
    if here and _why_not() is not None:
        config.hook.pytest_deselected(items=here[1:])
        items[:] = [item for item in items if item not in here[1:]]


@pytest.fixture(scope="session")
def peer() -> Iterator[PeerProcess]:
    """A process for members of ts-mls."""
    reason = _why_not()
    if reason is not None:
        pytest.skip(reason)
    try:
        folder = installed()
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    process = PeerProcess(folder)
    yield process
    process.close()
