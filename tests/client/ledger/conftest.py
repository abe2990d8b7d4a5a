from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.ledger.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taboon_crypto.slots import Cost


@pytest.fixture
def home(tmp_path: Path, fast_kdf: Cost) -> Iterator[Home]:
    """A vault with a group of one member."""
    place = Home(tmp_path / "home")
    yield place
    place.vault.close()
