"""How Taboon uses MLS: the suite of new groups, and what a device keeps."""

from __future__ import annotations

from typing import Final

from taboon_crypto import mls

__all__ = ["LIMITS", "SUITE"]

SUITE: Final = mls.SUITES[0x0003]
"""The cipher suite of new groups and key packages."""

LIMITS: Final = mls.Limits(past_epochs=0, resumption_psks=0)
"""A mailbox takes nothing after its seal, so nothing of a past epoch can still come; its keys go at once."""
