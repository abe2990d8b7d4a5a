"""A real relay in a process of its own for the whole folder, and people with vaults of their own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.cli.people import People
from tests.relay_process import RelayProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taboon_crypto.slots import Cost


@pytest.fixture(scope="session")
def cli_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayProcess]:
    """One relay for all; groups do not meet there."""
    with RelayProcess(tmp_path_factory.mktemp("relay")) as relay:
        yield relay


@pytest.fixture
def people(tmp_path: Path, fast_kdf: Cost, monkeypatch: pytest.MonkeyPatch) -> People:
    """People who type; their vaults open at once."""
    return People(tmp_path, monkeypatch)
