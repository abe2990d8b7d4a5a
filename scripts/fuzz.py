"""Throw bytes at everything that reads what somebody else wrote, until an input breaks something or enough have run.

python scripts/fuzz.py                            a million inputs over all targets, minutes to an hour
python scripts/fuzz.py --runs 10000000            as many as one likes
python scripts/fuzz.py mls-receive mls-join       only these targets
python scripts/fuzz.py --seed 7                   other inputs

Targets are in tests/fuzz. The inputs that reach new code are kept in .fuzz and tried again next time. An input that
breaks a target is kept there too; once it is mended, it belongs into tests/fuzz/found, where every test run tries it.
"""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

_venv.require_python()

KEPT = _venv.ROOT / ".fuzz"


def main() -> int:
    """Run the targets one after another; return 0 if none broke."""
    parser = argparse.ArgumentParser(
        prog="python scripts/fuzz.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="target")
    parser.add_argument("--runs", type=int, default=1_000_000, help="inputs over all targets (default: a million)")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    _venv.prepare("-e", ".[relay]", "--group", "dev", "--group", "fuzz")
    shares = _shares()
    names = wanted.targets or list(shares)
    unknown = [name for name in names if name not in shares]
    if unknown:
        parser.error(f"no target is called {unknown[0]}; there are {', '.join(shares)}")
    whole = sum(shares[name] for name in names)
    broken, total = [], 0
    for name in names:
        runs = max(1, wanted.runs * shares[name] // whole)
        began = time.monotonic()
        done, sound = _fuzz(name, runs, wanted.seed)
        total += done
        if not sound:
            broken.append(name)
        _venv.say(f"{name}: {done} inputs in {time.monotonic() - began:.0f} s, {'sound' if sound else 'BROKEN'}")
    _venv.say(f"{total} inputs. {'Broken: ' + ', '.join(broken) + '; see .fuzz' if broken else 'Nothing broke.'}")
    return 1 if broken else 0


def _shares() -> dict[str, int]:
    """Ask for the targets and their shares in the environment that can import them."""
    code = "from tests.fuzz.targets import TARGETS as t\nfor n in t: print(n, t[n].share)"
    asked = subprocess.run([_venv.python(), "-c", code], cwd=_venv.ROOT, check=True, capture_output=True, text=True)
    return {name: int(share) for name, share in (line.split() for line in asked.stdout.splitlines())}


def _fuzz(name: str, runs: int, seed: int) -> tuple[int, bool]:
    """Run one target in a process of its own; return how many inputs ran, and whether all were borne."""
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [_venv.python(), "-m", "tests.fuzz", name, "--runs", str(runs), "--seed", str(seed)]
    log = folder / "log.txt"
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(
            [*command, "--corpus", str(folder)], cwd=_venv.ROOT, check=False, stdout=output, stderr=output
        )
    said = log.read_text(encoding="utf-8", errors="replace")
    counted = re.search(r"number_of_executed_units: (\d+)", said)
    if ended.returncode != 0:
        _venv.say(said[-4000:])
    return int(counted.group(1)) if counted else 0, ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
