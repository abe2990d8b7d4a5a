"""The relay with its own arguments, on a machine whose clock somebody sets: ``python -m tests.server.trials.shifted``.

The file that `TABOON_TEST_CLOCK` names holds the seconds by which the clock is wrong.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

if __name__ == "__main__":
    _wrong_by = Path(os.environ["TABOON_TEST_CLOCK"])
    _true = time.time

    def _time() -> float:
        return _true() + float(_wrong_by.read_text(encoding="ascii") or 0)

    time.time = _time  # before anything of the relay is imported, so that all of it has this clock

    from taboon_server.cli import relay

    relay(prog_name="relay")
