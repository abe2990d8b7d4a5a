"""Fixtures that several parts of the suite share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import FAST_COST, allow_fast_kdf

if TYPE_CHECKING:
    from taboon_crypto.slots import Cost


# Property tests never judge by the clock: a slow machine is no bug.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


@pytest.fixture
def fast_kdf(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Key slots of this test cost next to nothing, by default too."""
    allow_fast_kdf(monkeypatch)
    return FAST_COST
