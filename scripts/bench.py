"""Run the benchmarks: `python scripts/bench.py [--quick] [--json]`. One alone: `python -m bench.NAME`."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

# Before anything that an older Python cannot read.
_venv.require_python()


def main() -> int:
    """Run them all, each with the options given; return 0 if all went well."""
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    return subprocess.run([_venv.python(), "-m", "bench", *sys.argv[1:]], cwd=_venv.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
