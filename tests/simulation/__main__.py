"""Live through the days of one seed, or of many, and tell what happened.

python -m tests.simulation --seed 7                   the story of seed 7, the last of it
python -m tests.simulation --seed 7 --whole           all of it
python -m tests.simulation --seed 7 steps=12 liars=0  with other days than the seed says: to find what it takes to fail
python -m tests.simulation --seed 7 --count 300       seeds 7 to 306: which fail, and how long it takes
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.simulation.days import Days, drawn
from tests.simulation.life import live
from tests.simulation.world import World


def _changed(days: Days, changes: list[str]) -> Days:
    for change in changes:
        name, _, value = change.partition("=")
        if name == "misdeeds":
            days = replace(days, misdeeds=tuple(filter(None, value.split(","))))
        elif hasattr(days, name):
            days = replace(days, **cast("Any", {name: int(value)}))
        else:
            days = replace(days, faults=replace(days.faults, **{name: int(value)}))
    return days


def _lived(seed: int, changes: list[str]) -> tuple[World, str]:
    """Live one run through; return its world, and what failed."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        world = World(seed, Path(folder), patch)
        try:
            live(world, _changed(drawn(seed), changes))
        except AssertionError as error:
            return world, str(error).partition("\n")[0]
        except Exception:  # noqa: BLE001 - whatever it is, the seed is told and the others go on
            return world, traceback.format_exc()
        finally:
            world.close()
    return world, ""


def main() -> int:
    """Return 1 if any run failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("change", nargs="*", help="a field of Days or Faults, and its value")
    wanted = parser.parse_args()
    began, failed = time.monotonic(), 0
    for seed in range(wanted.seed, wanted.seed + wanted.count):
        world, problem = _lived(seed, wanted.change)
        failed += bool(problem)
        print(end="." if wanted.count > 1 else "", flush=True)
        if wanted.count == 1:
            print(world.story(whole=wanted.whole))
        if problem or wanted.count == 1:
            print(f"seed {seed}: {'FAILED: ' + problem if problem else 'all held'}", flush=True)
    print(f"{wanted.count} seeds, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
