"""Where things are in a full binary tree kept as an array: RFC 9420, section 4.1.2 and appendix C.

A tree with 2^d leaves has 2^(d+1)-1 nodes. Leaf L is node 2L; odd nodes are parents. A leaf index is a plain int, a
node index is a ``NodeIndex``, so that a type checker refuses a leaf for a node. Nothing here knows what nodes hold.

    node_of, leaf_of, node_count, leaf_count_for        between leaves and nodes
    level, root, left, right, parent, sibling           one step
    direct_path, copath, common_ancestor                from a leaf upwards, the root last
    is_below, first_below, leaves_below                 subtrees
"""

from functools import lru_cache
from typing import NewType

from taboon_crypto.mls.errors import UsageError

__all__ = [
    "NodeIndex",
    "common_ancestor",
    "copath",
    "direct_path",
    "first_below",
    "is_below",
    "leaf_count_for",
    "leaf_of",
    "leaves_below",
    "left",
    "level",
    "node_count",
    "node_of",
    "parent",
    "right",
    "root",
    "sibling",
]

NodeIndex = NewType("NodeIndex", int)


def node_of(leaf: int) -> NodeIndex:
    """Return the node of a leaf."""
    return NodeIndex(2 * leaf)


def leaf_of(node: NodeIndex) -> int:
    """Return the leaf index of a leaf node; raises UsageError for a parent node."""
    if node & 1:
        raise UsageError(f"node {node} is no leaf")
    return node >> 1


def node_count(leaf_count: int) -> int:
    """Return how many nodes a tree with so many leaves (a power of two) has."""
    return 2 * leaf_count - 1


def leaf_count_for(nodes: int) -> int:
    """Return the leaves of the smallest full tree with at least so many nodes (at least one)."""
    return 1 << (nodes // 2).bit_length()


def level(node: NodeIndex) -> int:
    """Return the height of a node above the leaves: the number of trailing one bits."""
    return (~node & (node + 1)).bit_length() - 1


def root(leaf_count: int) -> NodeIndex:
    """Return the root of a tree with so many leaves (a power of two)."""
    return NodeIndex(leaf_count - 1)


def left(node: NodeIndex) -> NodeIndex:
    """Return the left child of a parent node; raises UsageError for a leaf."""
    height = level(node)
    if height == 0:
        raise UsageError(f"node {node} is a leaf and has no children")
    return NodeIndex(node ^ (1 << (height - 1)))


def right(node: NodeIndex) -> NodeIndex:
    """Return the right child of a parent node; raises UsageError for a leaf."""
    height = level(node)
    if height == 0:
        raise UsageError(f"node {node} is a leaf and has no children")
    return NodeIndex(node ^ (3 << (height - 1)))


def parent(node: NodeIndex) -> NodeIndex:
    """Return the parent of a node. The caller knows that the node is not the root."""
    height = level(node)
    return NodeIndex((node | (1 << height)) & ~(1 << (height + 1)))


def sibling(node: NodeIndex) -> NodeIndex:
    """Return the other child of the node's parent. The caller knows that the node is not the root."""
    return NodeIndex(node ^ (2 << level(node)))


@lru_cache(maxsize=4096)
def direct_path(leaf: int, leaf_count: int) -> tuple[NodeIndex, ...]:
    """Return the ancestors of a leaf, its parent first, the root last."""
    if not 0 <= leaf < leaf_count:
        raise UsageError(f"leaf {leaf} is not in a tree of {leaf_count} leaves")
    path = []
    node, top = node_of(leaf), root(leaf_count)
    while node != top:
        node = parent(node)
        path.append(node)
    return tuple(path)


def copath(leaf: int, leaf_count: int) -> tuple[NodeIndex, ...]:
    """Return the siblings of the leaf and of its ancestors below the root: one per entry of ``direct_path``."""
    return tuple(sibling(node) for node in (node_of(leaf), *direct_path(leaf, leaf_count)[:-1]) if leaf_count > 1)


def common_ancestor(first: int, second: int) -> NodeIndex:
    """Return the lowest node above or at both leaves."""
    height = (first ^ second).bit_length()
    return NodeIndex((first >> height << (height + 1)) + (1 << height) - 1)


def is_below(node: NodeIndex, top: NodeIndex) -> bool:
    """Tell whether ``node`` is ``top`` or one of its descendants."""
    reach = (1 << level(top)) - 1
    return top - reach <= node <= top + reach


def first_below(node: NodeIndex) -> NodeIndex:
    """Return the leftmost node of the subtree of a node, a leaf."""
    return NodeIndex(node - (1 << level(node)) + 1)


def leaves_below(node: NodeIndex) -> range:
    """Return the leaf indices of the subtree of a node."""
    reach = (1 << level(node)) - 1
    return range((node - reach) >> 1, ((node + reach) >> 1) + 1)
