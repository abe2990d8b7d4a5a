"""How Taboon uses MLS: the suites that a group may have, and what a device keeps."""

from __future__ import annotations

from typing import Final

from taboon_crypto import mls

__all__ = ["GROUP_SUITES", "LIMITS", "POST_QUANTUM", "SUITE"]

SUITE: Final = mls.CipherSuite.DEFAULT
"""The cipher suite of a group for which nothing else was asked."""

POST_QUANTUM: Final = mls.CipherSuite.POST_QUANTUM
"""The hybrid suite, of groups made with ``--post-quantum`` (docs/post-quantum.md)."""

GROUP_SUITES: Final = {suite.suite_id: suite for suite in (SUITE, POST_QUANTUM)}
"""Every suite that a group of Taboon may have. MLS here knows more of them, for talking to others."""

LIMITS: Final = mls.Limits(past_epochs=0, resumption_psks=0)
"""A mailbox takes nothing after its seal, so nothing of a past epoch can still come; its keys go at once."""
