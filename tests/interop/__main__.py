"""Live histories and say what was done: python -m tests.interop --suite 0x0003 --seed 7 --steps 50 [--count 20]."""

from __future__ import annotations

import argparse
import time
from collections import Counter

from .history import History
from .process import PeerProcess, installed


def main() -> None:
    """Live so many histories, from consecutive seeds; the first that fails ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop")
    parser.add_argument("--suite", type=lambda text: int(text, 0), default=0x0003)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--largest", type=int, default=7)
    parser.add_argument("--trace", action="store_true", help="print what happened also when nothing failed")
    wanted = parser.parse_args()
    peer = PeerProcess(installed())
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for seed in range(wanted.seed, wanted.seed + wanted.count):
        history = History(peer, wanted.suite, seed, now=int(time.time()), largest=wanted.largest)
        try:
            history.run(wanted.steps)
        except Exception:
            print(f"seed {seed}, suite 0x{wanted.suite:04x}, after {history.steps} steps:")
            raise
        counts += history.counts
        counts["steps"] += history.steps
        if wanted.trace:
            print("\n".join(history.trace))
    print(f"seeds {wanted.seed} to {wanted.seed + wanted.count - 1}, {time.monotonic() - began:.0f} s")
    for name, count in sorted(counts.items()):
        print(f"{count:8} {name}")
    peer.close()


if __name__ == "__main__":
    main()
