from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgres_server import PostgresServer
from tests.server.trials.grounds import Ground
from tests.soaking import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for every trial that does it no harm."""
    with PostgresServer() as server:
        yield server


def _on(kind: str, request: pytest.FixtureRequest, home: Path) -> Ground:
    if kind == "sqlite":
        return Ground(home)
    server: PostgresServer = request.getfixturevalue("postgres")
    return Ground(home, server.new_database(), processes=2)


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """Each database that a relay can stand on, empty: SQLite for one process, PostgreSQL for two."""
    return _on(request.param, request, tmp_path / "home")


@pytest.fixture(params=sample(["sqlite"], ["sqlite", "postgresql"]))
def some_ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """As `ground`; the quick sample leaves out PostgreSQL, where the same code of the relay is tried."""
    return _on(request.param, request, tmp_path / "home")
