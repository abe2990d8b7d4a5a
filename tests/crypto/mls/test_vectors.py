"""The loader of the official vectors: all cases are there, and a missing folder is never taken for a pass in CI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import vectors


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TABOON_MLS_VECTORS", str(tmp_path))
    vectors._read.cache_clear()
    yield tmp_path
    vectors._read.cache_clear()


@pytest.mark.parametrize(
    "name",
    [
        "crypto-basics",
        "deserialization",
        "key-schedule",
        "psk_secret",
        "secret-tree",
        "transcript-hashes",
        "tree-math",
        "tree-operations",
        "tree-validation",
        "treekem",
    ],
)
def test_both_suites_have_cases_where_the_file_names_suites(name: str) -> None:
    cases = vectors.cases(name)
    assert {case.get("cipher_suite") for case in cases} in ({1, 3}, {None}, {1})


def test_without_the_folder_a_test_skips_and_says_where_the_files_come_from(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="mlswg/mls-implementations"):
        vectors.cases("treekem")
    assert vectors.each("treekem").args[1][0].marks[0].name == "skip"


def test_without_the_folder_a_test_fails_in_ci(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="mlswg/mls-implementations"):
        vectors.cases("treekem")
    with pytest.raises(FileNotFoundError, match="mlswg/mls-implementations"):
        vectors.each("treekem")


def test_cases_of_other_suites_are_left_out_and_none_is_no_pass(elsewhere: Path) -> None:
    (elsewhere / "some.json").write_text('[{"cipher_suite": 2}, {"cipher_suite": 3}]', "utf-8")
    assert vectors.cases("some") == ({"cipher_suite": 3},)
    (elsewhere / "none.json").write_text('[{"cipher_suite": 2}]', "utf-8")
    with pytest.raises(AssertionError):
        vectors.cases("none")
