"""Fixtures of the MLS tests."""

import pytest

from .kit import Dice


@pytest.fixture
def dice() -> Dice:
    return Dice(1)
