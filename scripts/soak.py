"""Run the large matrices whole: thousands of random histories, against other implementations too.

python scripts/soak.py                       everything, with a fresh seed, which is printed
python scripts/soak.py --seed 7              what was seen with this seed once more
python scripts/soak.py --seed 7 -k interop   what follows goes to pytest as it is

Which tests take part is said by the marks `soak` and `grows` (CONTRIBUTING.md).
"""

import argparse
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

# Before anything that an older Python cannot read.
_venv.require_python()


def main() -> int:
    """Run the tests of a soak; return pytest's exit code."""
    parser = argparse.ArgumentParser(
        prog="python scripts/soak.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    wanted, rest = parser.parse_known_args()
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    command = [_venv.python(), "-m", "pytest", "--soak", "-m", "soak or grows", f"--hypothesis-seed={wanted.seed}"]
    _venv.say(f"The seed is {wanted.seed}.")
    began = time.monotonic()
    environment = os.environ | {"TABOON_SOAK": "1", "TABOON_SEED": str(wanted.seed)}
    code = subprocess.run([*command, *rest], cwd=_venv.ROOT, env=environment, check=False).returncode
    again = f'make soak ARGS="--seed {wanted.seed}"'
    _venv.say(f"{'FAILED' if code else 'Passed'} in {time.monotonic() - began:.0f} s. To run the same again: {again}")
    return code


if __name__ == "__main__":
    sys.exit(main())
