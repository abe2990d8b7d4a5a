"""Set everything up and run all that must pass: style, types, import arrows, tests.

python scripts/test.py              everything
python scripts/test.py tests/relay  only these tests; what follows goes to pytest as it is
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _venv

# Before anything that an older Python cannot read.
_venv.require_python()


def main() -> int:
    """Run every check, also after one that failed; return 0 if all passed."""
    _venv.prepare("-e", ".[relay]", "--group", "dev")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        _venv.say("No Chromium is here, so the tests of the local page are left out: sudo apt install chromium")
    tests = [_venv.python(), "-m", "pytest"]
    if sys.argv[1:]:
        return subprocess.run([*tests, *sys.argv[1:]], cwd=_venv.ROOT, check=False).returncode
    # Two at once, a file each: half the suite waits for relays and browsers. More would starve two slow cores.
    tests += ["--numprocesses", "2", "--dist", "loadfile"]
    checks = [
        ("style", [_venv.tool("ruff"), "check"]),
        ("format", [_venv.tool("ruff"), "format", "--check"]),
        ("types", [_venv.tool("mypy")]),
        ("import arrows", [_venv.tool("lint-imports")]),
        ("tests", tests),
    ]
    failed = []
    for name, command in checks:
        _venv.say(f"\n== {name}: {' '.join([Path(command[0]).stem, *command[1:]])}")
        began = time.monotonic()
        if subprocess.run(command, cwd=_venv.ROOT, check=False).returncode != 0:
            failed.append(name)
        _venv.say(f"== {name}: {'FAILED' if name in failed else 'passed'} in {time.monotonic() - began:.0f} s")
    _venv.say(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'All passed.'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
