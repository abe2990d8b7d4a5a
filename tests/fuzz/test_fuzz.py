"""Every target bears its seeds, some changes of them, and whatever once broke it; ``make fuzz`` goes on from there."""

import random
from pathlib import Path

import pytest

from tests.fuzz.__main__ import changed
from tests.fuzz.off import no_signatures
from tests.fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_bears_its_seeds_and_what_is_near_them(name: str) -> None:
    target, chance = TARGETS[name], random.Random(name)
    seeds = [*target.seeds(), *(path.read_bytes() for path in sorted(FOUND.glob(f"{name}-*")))]
    assert len(seeds) >= 4
    with no_signatures():
        for data in seeds:
            target.run(data)
        for _ in range(100):
            target.run(changed(chance.choice(seeds), chance)[: target.longest])


def test_the_shares_of_the_targets_make_a_whole() -> None:
    assert sum(target.share for target in TARGETS.values()) == 100
