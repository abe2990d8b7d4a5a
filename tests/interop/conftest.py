"""The Node process that all tests here share; whoever has no Node skips them."""

import os
from collections.abc import Iterator

import pytest

from .process import PeerMissingError, PeerProcess, installed


@pytest.fixture(scope="session")
def peer() -> Iterator[PeerProcess]:
    """A process for members of ts-mls."""
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.skip("interoperability with ts-mls is not tried in CI: it would fetch packages")
    try:
        folder = installed()
    except PeerMissingError as missing:
        pytest.skip(str(missing))
    process = PeerProcess(folder)
    yield process
    process.close()
