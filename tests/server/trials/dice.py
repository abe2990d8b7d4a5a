"""Chance whose seed is printed, so that what was seen once can be seen again."""

from __future__ import annotations

import random

from tests.soaking import first_seed


def dice() -> random.Random:
    """Return a source of chance; `TABOON_SEED` in the environment runs what was seen before once more."""
    seed = first_seed(random.SystemRandom().randrange(1 << 32))
    print(f"TABOON_SEED={seed}")
    return random.Random(seed)
