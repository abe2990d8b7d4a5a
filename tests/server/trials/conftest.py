from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.postgres_server import PostgresServer
from tests.server.trials.grounds import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for every trial that does it no harm."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """Each database that a relay can stand on, empty: SQLite for one process, PostgreSQL for two."""
    if request.param == "sqlite":
        return Ground(tmp_path / "home")
    server: PostgresServer = request.getfixturevalue("postgres")
    return Ground(tmp_path / "home", server.new_database(), processes=2)
