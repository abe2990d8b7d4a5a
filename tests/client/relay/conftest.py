"""What the transport's tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def real_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """A real relay on loopback, over plain HTTP."""
    with RelayProcess(tmp_path_factory.mktemp("relay") / "home") as process:
        yield process


@pytest.fixture(scope="session")
def real_tls_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """A real relay on loopback, over TLS."""
    with RelayProcess(tmp_path_factory.mktemp("tls-relay") / "home", tls=True) as process:
        yield process
