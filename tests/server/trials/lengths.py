"""How long the trials are, and by which seed they are drawn."""

from __future__ import annotations

import os
import random
from typing import TypeVar

_T = TypeVar("_T")

SOAK = os.environ.get("TABOON_SOAK") == "1"


def sample(quick: _T, whole: _T) -> _T:
    """Return what a quick run takes, or what a whole one takes."""
    return whole if SOAK else quick


def chance() -> random.Random:
    """Return a source of chance whose seed is printed; `TABOON_SEED` runs what was seen before once more."""
    seed = int(os.environ.get("TABOON_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"TABOON_SEED={seed}")
    return random.Random(seed)
