"""Randomness that a test can repeat."""

from collections.abc import Callable
from hashlib import shake_256


def counting(seed: int) -> Callable[[int], bytes]:
    """Give the same bytes for the same seed, and other bytes at each call."""
    calls = iter(range(1 << 32))
    return lambda size: shake_256(b"%d %d" % (seed, next(calls))).digest(size)
