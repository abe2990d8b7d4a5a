"""The page on post-quantum groups says sizes as they are."""

from __future__ import annotations

from pathlib import Path

from bench import suites

from taboon_crypto.blob import MAX_WHOLE

PAGE = (Path(__file__).parent.parent / "docs" / "post-quantum.md").read_text(encoding="utf-8")


def _stated() -> dict[tuple[str, str, str], list[int]]:
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in PAGE.splitlines() if line.startswith("|")
    ]
    sizes = [row for row in rows if len(row) == 7 and row[3].replace(" ", "").isdigit()]
    return {(row[0], row[1], row[2]): [int(cell.replace(" ", "")) for cell in row[3:5]] for row in sizes}


def test_the_page_states_every_size_that_is_measured() -> None:
    trees = [(what, str(size), tree) for size in suites.SIZES for tree in ("full", "flat") for what in suites.MESSAGES]
    assert set(_stated()) == {("request to join", "", ""), *trees}


def test_sizes_on_the_page_are_those_of_a_group_of_ten() -> None:
    stated, members = _stated(), suites.SIZES[0]
    found = {("request to join", "", ""): [suites.request_body(suite) for suite in suites.SUITES.values()]}
    for tree, build in (("full", suites.full), ("flat", suites.flat)):
        measured = [build(suite, members) for suite in suites.SUITES.values()]
        for what, field in suites.MESSAGES.items():
            found[what, str(members), tree] = [getattr(one, field) for one in measured]
    for key, sizes in found.items():
        for size, said in zip(sizes, stated[key], strict=True):
            assert abs(size - said) <= 0.01 * said, key


def test_the_page_says_how_large_a_post_quantum_group_can_be() -> None:
    stated = _stated()
    smaller, larger = (stated["Welcome", str(size), "full"] for size in suites.SIZES[1:])
    members = suites.SIZES[2] - suites.SIZES[1]
    classic, hybrid = (MAX_WHOLE / ((after - before) / members) for before, after in zip(smaller, larger, strict=True))
    assert 0.9 < hybrid / 1_000 < 1.1
    assert 0.9 < classic / 10_000 < 1.1
    assert "about 1 000 members (a classic one: about 10 000)" in PAGE
