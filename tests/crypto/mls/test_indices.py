"""Tree arithmetic: the official vectors, and the same facts told by the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_crypto.mls.errors import UsageError
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.mls.tree.indices import NodeIndex

from .vectors import Case, each

LEAVES = st.integers(0, 12).map(lambda depth: 1 << depth)


@each("tree-math")
def test_tree_arithmetic_gives_the_official_results(case: Case) -> None:
    leaves, nodes = case["n_leaves"], case["n_nodes"]
    assert ix.node_count(leaves) == nodes
    assert ix.root(leaves) == case["root"]
    for number in range(nodes):
        node = NodeIndex(number)
        if case["left"][number] is None:
            assert ix.level(node) == 0
        else:
            assert ix.left(node) == case["left"][number]
            assert ix.right(node) == case["right"][number]
        if case["parent"][number] is None:
            assert node == ix.root(leaves)
        else:
            assert ix.parent(node) == case["parent"][number]
            assert ix.sibling(node) == case["sibling"][number]


def test_leaves_have_no_children_and_parents_are_no_leaves() -> None:
    for child in (ix.left, ix.right):
        with pytest.raises(UsageError):
            child(NodeIndex(4))
    with pytest.raises(UsageError):
        ix.leaf_of(NodeIndex(3))
    with pytest.raises(UsageError):
        ix.direct_path(8, 8)


@given(LEAVES, st.data())
def test_the_direct_path_climbs_to_the_root_and_the_copath_stands_beside_it(leaves: int, data: st.DataObject) -> None:
    leaf = data.draw(st.integers(0, leaves - 1))
    path = ix.direct_path(leaf, leaves)
    beside = ix.copath(leaf, leaves)
    assert len(path) == len(beside) == leaves.bit_length() - 1
    below = ix.node_of(leaf)
    covered = {leaf}
    for node, other in zip(path, beside, strict=True):
        assert {ix.left(node), ix.right(node)} == {below, other}
        covered |= set(ix.leaves_below(other))
        below = node
    assert below == ix.root(leaves)
    assert covered == set(range(leaves))


@given(LEAVES, st.data())
def test_the_common_ancestor_is_the_lowest_node_on_both_paths(leaves: int, data: st.DataObject) -> None:
    first, second = data.draw(st.integers(0, leaves - 1)), data.draw(st.integers(0, leaves - 1))
    shared = {ix.node_of(first), *ix.direct_path(first, leaves)} & {ix.node_of(second), *ix.direct_path(second, leaves)}
    assert ix.common_ancestor(first, second) == min(shared, key=ix.level)


@given(LEAVES, st.data())
def test_below_means_within_the_leaves_of_the_subtree(leaves: int, data: st.DataObject) -> None:
    top = NodeIndex(data.draw(st.integers(0, ix.node_count(leaves) - 1)))
    leaf = data.draw(st.integers(0, leaves - 1))
    assert ix.is_below(ix.node_of(leaf), top) == (leaf in ix.leaves_below(top))
    assert ix.is_below(top, top)


@given(st.integers(0, 5000))
def test_the_smallest_full_tree_holds_the_nodes_and_half_of_it_does_not(nodes: int) -> None:
    leaves = ix.leaf_count_for(nodes)
    assert leaves & (leaves - 1) == 0
    assert ix.node_count(leaves) >= nodes
    assert leaves == 1 or ix.node_count(leaves // 2) < nodes
