"""Loader of the official RFC 9420 vectors.

The folder is ``../shared/vectors/mls`` beside the project, or what ``TABOON_MLS_VECTORS`` names. Without it the tests
that need it skip, except in CI, where a missing folder is a failure.

    cases("treekem")               every case of the file, for the suites of this package; never an empty list
    each("treekem")                the same as a pytest parametrisation of the argument ``case``
    unhex("00ff")                  bytes
"""

import functools
import json
import os
from pathlib import Path
from typing import Any

import pytest

Case = dict[str, Any]
unhex = bytes.fromhex

_PROJECT = Path(__file__).resolve().parents[3]
_SOURCE = (
    "the official vectors come from the repository mlswg/mls-implementations; TABOON_MLS_VECTORS names their folder"
)


ran: dict[str, int] = {}
"""How many cases of each file have been handed to tests."""


def folder() -> Path:
    """Return the folder of the vectors, there or not."""
    named = os.environ.get("TABOON_MLS_VECTORS")
    return Path(named) if named else _PROJECT.parent / "shared" / "vectors" / "mls"


@functools.cache
def _read(name: str) -> tuple[Case, ...] | None:
    path = folder() / f"{name}.json"
    if not path.is_file():
        return None
    cases = tuple(case for case in json.loads(path.read_text("utf-8")) if case.get("cipher_suite", 1) in (1, 3))
    assert cases, f"{path.name} holds no case for our suites"
    return cases


def cases(name: str) -> tuple[Case, ...]:
    """Return every case of a vector file; skips the calling test without the folder, fails it in CI."""
    found = _read(name)
    if found is None:
        message = f"{name}.json is missing in {folder().name}: {_SOURCE}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    ran[name] = len(found)
    return found


def each(name: str) -> pytest.MarkDecorator:
    """Parametrise a test over the cases of a file, one test each; one skipped or failed test without the folder."""
    found = _read(name)
    if found is None:
        if os.environ.get("CI"):
            message = f"{name}.json is missing in {folder().name}: {_SOURCE}"
            raise FileNotFoundError(message)
        skip = pytest.mark.skip(reason=f"{name}.json is missing: {_SOURCE}")
        return pytest.mark.parametrize("case", [pytest.param({}, marks=skip)])
    ran[name] = len(found)
    return pytest.mark.parametrize("case", found, ids=[str(number) for number in range(len(found))])
