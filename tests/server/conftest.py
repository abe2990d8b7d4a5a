from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.relay_process import RelayProcess
from tests.server.caller import Caller

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """One relay for every test that does it no harm."""
    with RelayProcess(tmp_path_factory.mktemp("relay") / "home") as process:
        yield process


@pytest.fixture(scope="session")
def caller(relay: RelayProcess) -> Iterator[Caller]:
    with Caller(relay) as client:
        yield client


@pytest.fixture
def new_relay(tmp_path: pathlib.Path) -> Iterator[RelayProcess]:
    """A relay of the test's own."""
    with RelayProcess(tmp_path / "home") as process:
        yield process


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
