"""Runs every benchmark, each in a process of its own: ``python -m bench [--quick] [--json] [--runs N]``.

A benchmark is a module that stands directly in this folder; what they are built from stands in packages beside them.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
_NO_BENCHMARKS = frozenset({"__main__", "harness"})


def benchmarks() -> list[str]:
    """Return the names of all benchmarks, in order."""
    found = pkgutil.iter_modules([str(_FOLDER)])
    return sorted(module.name for module in found if not module.ispkg and module.name not in _NO_BENCHMARKS)


def main(arguments: list[str]) -> int:
    """Run all benchmarks with these arguments; returns the exit code of the last one that failed, or 0."""
    code = 0
    for name in benchmarks():
        done = subprocess.run([sys.executable, "-m", f"bench.{name}", *arguments], cwd=_FOLDER.parent, check=False)
        code = done.returncode or code
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
