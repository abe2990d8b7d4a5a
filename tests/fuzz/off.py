"""Signatures and MACs switched off, in a process that only fuzzes: else nothing of what lies behind them is reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.primitives import sodium

__all__ = ["no_signatures"]


def _yes(*_: Any, **__: Any) -> bool:
    return True


@contextmanager
def no_signatures() -> Iterator[None]:
    """Within this, every signature and every MAC verifies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CipherSuite, "verify_with_label", _yes)
        patch.setattr(CipherSuite, "verify_mac", _yes)
        patch.setattr(sodium, "ed25519_verify", _yes)
        yield
