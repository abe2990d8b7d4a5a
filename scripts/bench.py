"""Run the benchmarks, all of them or those named: `python scripts/bench.py [NAME ...] [--quick] [--json]`."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

# Before anything that an older Python cannot read.
_venv.require_python()


def main() -> int:
    """Run them one after the other; return 0 if all went well."""
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    options = [one for one in sys.argv[1:] if one.startswith("-")]
    named = [one for one in sys.argv[1:] if not one.startswith("-")]
    found = sorted(
        path.stem for path in (_venv.ROOT / "bench").glob("[!_]*.py") if "__main__" in path.read_text("utf-8")
    )
    failed = 0
    for name in named or found:
        _venv.say(f"\n== bench.{name}")
        command = [_venv.python(), "-m", f"bench.{name}", *options]
        failed |= subprocess.run(command, cwd=_venv.ROOT, check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
