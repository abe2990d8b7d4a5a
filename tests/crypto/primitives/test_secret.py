"""A Secret does not print, compares in constant time, and is not copied behind anybody's back."""

import copy
import json
import operator
import pickle

import pytest

from taboon_crypto.primitives.secret import Secret

SECRET = Secret(b"hunter2")


@pytest.mark.parametrize(
    "shown",
    [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET!r}", f"{SECRET:>20}", "{}".format(SECRET), repr([SECRET])],  # noqa: UP032  # every way of printing counts
)
def test_a_secret_does_not_print(shown: str) -> None:
    assert "hunter2" not in shown
    assert "Secret(<7 bytes>)" in shown


def test_a_secret_equals_the_same_bytes_on_either_side() -> None:
    assert SECRET == b"hunter2"
    assert operator.eq(b"hunter2", SECRET)
    assert Secret(b"hunter2") == SECRET
    assert SECRET != b"hunter3"
    assert SECRET != b"hunter"
    assert operator.ne(b"hunter3", SECRET)
    assert SECRET != "hunter2"
    assert hash(SECRET) == hash(Secret(b"hunter2"))


def test_a_secret_is_not_pickled_or_copied_or_written_as_json() -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            attempt(SECRET)


def test_a_secret_holds_nothing_but_its_bytes() -> None:
    with pytest.raises(AttributeError):
        SECRET.note = "x"  # type: ignore[attr-defined]  # the point of the test
