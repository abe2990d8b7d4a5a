"""One target until so many inputs have run, or until one of them breaks it.

python -m tests.fuzz mls-receive --runs 100000 --corpus .fuzz/mls-receive

Guided by coverage where atheris is installed; else by changing seeds at random, which finds much less.
"""

import argparse
import hashlib
import importlib
import importlib.util
import random
import sys
from pathlib import Path


def main() -> None:
    """Read the arguments and fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, required=True, help="a folder for what is worth keeping")
    wanted = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        _at_random(wanted.target, wanted.runs, wanted.seed, wanted.corpus)
        return
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["taboon_crypto", "taboon_client"]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.off import no_signatures

    target = TARGETS[wanted.target]
    seeds = wanted.corpus / "seeds"
    kept = wanted.corpus / "kept"
    for folder in (seeds, kept):
        folder.mkdir(parents=True, exist_ok=True)
    for data in target.seeds():
        (seeds / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    arguments = [
        sys.argv[0],
        f"-runs={wanted.runs}",
        f"-seed={wanted.seed}",
        f"-max_len={target.longest}",
        "-timeout=20",
        "-rss_limit_mb=1500",
        "-print_final_stats=1",
        "-verbosity=0",
        f"-artifact_prefix={wanted.corpus}/found-",
        str(kept),
        str(seeds),
    ]
    with no_signatures():
        atheris.Setup(arguments, target.run)
        atheris.Fuzz()


def _at_random(name: str, runs: int, seed: int, corpus: Path) -> None:
    from tests.fuzz.off import no_signatures
    from tests.fuzz.targets import TARGETS

    target, chance = TARGETS[name], random.Random(seed)
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = list(target.seeds())
    with no_signatures():
        for _ in range(runs):
            data = changed(chance.choice(seeds), chance)[: target.longest]
            try:
                target.run(data)
            except BaseException:
                (corpus / f"found-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
                raise
    print(f"stat::number_of_executed_units: {runs}")


def changed(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with some of them exchanged, left out, put in or said again."""
    result = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(result) + 1)
        match chance.randrange(4):
            case 0 if at < len(result):
                result[at] ^= chance.randrange(1, 256)
            case 1:
                result[at:at] = chance.randbytes(chance.randint(1, 4))
            case 2:
                del result[at : at + chance.randint(1, 8)]
            case _:
                start = chance.randrange(len(result) + 1)
                result[at:at] = result[start : start + chance.randint(1, 32)]
    return bytes(result)


if __name__ == "__main__":
    main()
