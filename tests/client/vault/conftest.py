"""Every vault of these tests is opened at the tests' own cost, on a small schema of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.client.vault.places import Place

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path, fast_kdf: object) -> Place:
    """An empty place for a vault, with a schema of one version."""
    return Place(tmp_path)
