"""What several parts of the suite need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taboon_crypto import slots

if TYPE_CHECKING:
    import pytest

FAST_COST = slots.Cost(memory_kib=8, passes=1)
"""Opens in under a millisecond. Refused by every program of Taboon; see :func:`allow_fast_kdf`."""

PASSPHRASE = "copper lantern willow saddle orbit"


def allow_fast_kdf(patch: pytest.MonkeyPatch) -> None:
    """Let this process, and only this one, make and open key slots that cost next to nothing."""
    patch.setattr(slots, "_limits", slots._Limits(8, 1, 8, 1024 * 1024, 10))
    patch.setattr(slots, "DEFAULT_COST", FAST_COST)
