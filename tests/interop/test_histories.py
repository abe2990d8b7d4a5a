"""Members of this package and of ts-mls live in one group, and agree after every step."""

import time

import pytest

from tests.soaking import first_seed

from .history import History
from .process import PeerProcess

SUITES = [0x0003, 0x0001, 0xF00E]
NAMES = ["chacha", "aes", "xwing"]


@pytest.mark.parametrize("suite", SUITES, ids=NAMES)
@pytest.mark.parametrize("number", range(2))
def test_both_agree_and_read_each_other_whatever_happens(peer: PeerProcess, suite: int, number: int) -> None:
    History(peer, suite, first_seed() + suite + number, now=int(time.time()), largest=6).run(36)


@pytest.mark.soak
@pytest.mark.parametrize("suite", SUITES, ids=NAMES)
@pytest.mark.parametrize("number", range(15))
def test_both_agree_in_long_histories(peer: PeerProcess, suite: int, number: int) -> None:
    largest = [4, 7, 10, 14, 20][number % 5]
    History(peer, suite, first_seed() + suite + number, now=int(time.time()), largest=largest).run(80)
