"""Fixtures of the MLS tests."""

import pytest

from . import vectors
from .kit import Dice


@pytest.fixture
def dice() -> Dice:
    return Dice(1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of the official vectors were run; one that failed stands above."""
    if vectors.ran:
        files = ", ".join(f"{name} {count}" for name, count in sorted(vectors.ran.items()))
        terminalreporter.write_line(f"official MLS vectors: {sum(vectors.ran.values())} cases ({files})")
