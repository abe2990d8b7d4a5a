"""The page's child process, with key slots that cost next to nothing, and looking for requests to join more often.

While a file stands beside the folder of the vault, an hour has passed for it.
"""

import os
import time
from pathlib import Path

import pytest

from taboon_client.page import child, house
from tests.support import allow_fast_kdf

AWAY = Path(f"{os.environ.get('TABOON_HOME', '')}.away")


def _times() -> tuple[float, float]:
    passed = 3_600 if AWAY.exists() else 0
    return time.monotonic() + passed, time.time() + passed


if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        allow_fast_kdf(patch)
        patch.setattr(house, "_ASK", 0.2)
        patch.setattr(child._Child, "_times", staticmethod(_times))
        child.main()
