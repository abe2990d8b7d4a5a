from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server.trials.grounds import Ground

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["sqlite"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    """Each database that a relay can stand on, empty."""
    return Ground(tmp_path / "home")
