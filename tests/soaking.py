"""Whether this is a soak (`make soak`), how long tests are in it, and by which seed they are drawn.

Two marks pick the tests of a soak: `soak` stands on a test that runs nowhere else, `grows` on one that also runs in
`make test` and takes its length from ``sample``.
"""

from __future__ import annotations

import os
from typing import TypeVar

_T = TypeVar("_T")


def soaking() -> bool:
    """Tell whether the large matrices run whole: `pytest --soak`, or TABOON_SOAK=1 in the environment."""
    return os.environ.get("TABOON_SOAK") == "1"


def sample(quick: _T, whole: _T) -> _T:
    """Return what `make test` takes, or what a soak takes."""
    return whole if soaking() else quick


def first_seed(usual: int = 0) -> int:
    """Return the seed to begin with: TABOON_SEED, which `make soak` draws and prints; else the usual one."""
    return int(os.environ.get("TABOON_SEED") or usual)
