"""Tree hashes and parent hashes: the official trees, and trees in which a parent node is nobody's."""

from dataclasses import replace

import pytest

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.tree import hashes
from taboon_crypto.mls.tree.indices import NodeIndex
from taboon_crypto.mls.tree.leaf_node import ParentHash
from taboon_crypto.mls.tree.nodes import Node, ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree, check_credentials, check_unique_keys

from .grove import SUITE, Grove, stream
from .vectors import Case, each, unhex


@each("tree-validation")
def test_official_trees_hash_and_validate_as_they_should(case: Case) -> None:
    suite = CipherSuite.of(case["cipher_suite"])
    tree = RatchetTree.decode(suite, unhex(case["tree"]))
    for node, expected in enumerate(case["tree_hashes"]):
        assert hashes.tree_hash(tree, NodeIndex(node)) == unhex(expected)
    hashes.check_parent_hashes(tree)
    check_unique_keys(tree)
    check_credentials(tree)
    for leaf, leaf_node in tree.leaves():
        leaf_node.check_signature(suite, unhex(case["group_id"]), leaf)
        leaf_node.check_keys(suite)
        leaf_node.check_suite(suite)
        leaf_node.check_credential()
        leaf_node.check_extensions()


def with_node(tree: RatchetTree, number: int, node: Node | None) -> RatchetTree:
    """Return a tree with one node exchanged behind its back."""
    nodes = [tree.node(NodeIndex(index)) for index in range(2 * tree.leaf_count - 1)]
    nodes[number] = node
    return RatchetTree(tree.suite, nodes, [None] * len(nodes))


def parent(tree: RatchetTree, number: int) -> ParentNode:
    node = tree.node(NodeIndex(number))
    assert isinstance(node, ParentNode)
    return node


def refused() -> "pytest.RaisesExc[ValidationError]":
    return pytest.raises(ValidationError, match=r"\[tree.parent_hash\]$")


STRANGE = SUITE.derive_key_pair(b"\x01" * 32).public


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_parent_node_that_nobody_made_is_refused(number: int) -> None:
    tree = Grove.grown(4).tree
    strange = replace(parent(tree, number), encryption_key=STRANGE)
    with refused():
        hashes.check_parent_hashes(with_node(tree, number, strange))


@pytest.mark.parametrize("number", [1, 3])
def test_a_parent_node_slipped_into_a_blank_place_is_refused(number: int) -> None:
    tree = Grove.planted(4).tree
    hashes.check_parent_hashes(tree)
    with refused():
        hashes.check_parent_hashes(with_node(tree, number, ParentNode(STRANGE, b"", ())))


def test_a_changed_parent_hash_in_the_middle_breaks_the_chain() -> None:
    tree = Grove.grown(4).tree
    with refused():
        hashes.check_parent_hashes(with_node(tree, 5, replace(parent(tree, 5), parent_hash=bytes(32))))


def test_a_leaf_that_did_not_commit_vouches_for_nobody() -> None:
    grove = Grove.planted(2)
    grove.path(0)
    hashes.check_parent_hashes(grove.tree)
    with refused():
        hashes.check_parent_hashes(with_node(grove.tree, 0, Grove.planted(2).leaf(0)))


def test_a_leaf_no_longer_vouches_once_the_other_side_of_its_path_is_exchanged() -> None:
    grove = Grove.planted(2)
    grove.path(0)
    other = Grove.planted(1, random=stream("other")).leaf(0)
    with refused():
        hashes.check_parent_hashes(with_node(grove.tree, 2, other))


@pytest.mark.parametrize("unmerged", [(2,), (3,), (2, 3)])
def test_unmerged_leaves_that_were_never_added_after_the_path_break_the_chain(unmerged: tuple[int, ...]) -> None:
    tree = Grove.grown(4).tree
    with refused():
        hashes.check_parent_hashes(with_node(tree, 3, replace(parent(tree, 3), unmerged_leaves=unmerged)))


def test_members_added_after_a_path_do_not_break_it() -> None:
    grove = Grove.grown(8)
    for leaf in (1, 4, 6):
        grove.remove(leaf)
    grove.path(2)
    grove.path(7)
    for _ in range(3):
        grove.add()
    grove.check()
    changed = replace(parent(grove.tree, 7), unmerged_leaves=(1, 4))
    with refused():
        hashes.check_parent_hashes(with_node(grove.tree, 7, changed))


def test_the_sender_of_a_path_learns_the_hash_its_leaf_must_carry() -> None:
    grove = Grove.planted(4)
    keys = [SUITE.derive_key_pair(bytes((number,)) * 32).public for number in range(2)]
    nodes, leaf_hash = hashes.path_nodes(grove.tree, 1, keys)
    assert [number for number, _ in nodes] == [1, 3]
    assert nodes[1][1].parent_hash == b""
    merged = grove.tree.with_path(1, replace(grove.leaf(1), source=ParentHash(leaf_hash)), nodes)
    hashes.check_parent_hashes(merged)
    for wrong in ([], keys[:1], [*keys, keys[0]]):
        with pytest.raises(UsageError):
            hashes.path_nodes(grove.tree, 1, wrong)


def test_hashes_computed_step_by_step_are_those_computed_at_once() -> None:
    grove = Grove.planted(3)
    for act in (
        grove.add,
        grove.add,
        lambda: grove.path(2),
        lambda: grove.remove(1),
        grove.add,
        lambda: grove.update(0),
    ):
        act()
        hashes.tree_hash(grove.tree)
        at_once = RatchetTree.decode(SUITE, grove.tree.encode())
        assert hashes.tree_hash(grove.tree) == hashes.tree_hash(at_once)
