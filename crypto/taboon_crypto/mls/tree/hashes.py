"""Tree hashes and parent hashes: RFC 9420, sections 7.8 and 7.9.

    tree_hash(tree)                            of the whole tree, or of the subtree of a node
    path_nodes(tree, leaf, public_keys)        the parent nodes an UpdatePath sets, and the parent hash of its leaf
    check_parent_hashes(tree)                  every parent node chains back to a leaf; tree.parent_hash

Tree hashes are kept in ``tree.hash_cache`` and computed again only where the tree changed.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.errors import UsageError, ValidationError
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.mls.tree.indices import NodeIndex
from taboon_crypto.mls.tree.leaf_node import LeafNode, ParentHash
from taboon_crypto.mls.tree.nodes import Node, ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

__all__ = ["check_parent_hashes", "path_nodes", "tree_hash"]

_NO_CHILDREN: Final = (b"", b"")


def tree_hash(tree: RatchetTree, node: NodeIndex | None = None) -> bytes:
    """Return the tree hash of a subtree, or of the whole tree: Nh bytes (section 7.8)."""
    node = tree.root if node is None else node
    if not node & 1:
        return _hash_node(tree, node, tree.node(node), _NO_CHILDREN)
    cached = tree.hash_cache[node >> 1]
    if cached is None:
        children = tree_hash(tree, ix.left(node)), tree_hash(tree, ix.right(node))
        cached = tree.hash_cache[node >> 1] = _hash_node(tree, node, tree.node(node), children)
    return cached


def _hash_node(tree: RatchetTree, node: NodeIndex, content: Node | None, children: tuple[bytes, bytes]) -> bytes:
    """Hash a TreeHashInput."""
    present = b"\x00" if content is None else b"\x01" + content.encode()
    if node & 1:
        return tree.suite.hash(b"\x02" + present + opaque(children[0]) + opaque(children[1]))
    return tree.suite.hash(b"\x01" + ix.leaf_of(node).to_bytes(4) + present)


def _original_tree_hash(tree: RatchetTree, node: NodeIndex, without: list[int]) -> bytes:
    """Return the tree hash of a subtree as it was before some leaves of it were added (section 7.9).

    Args:
        tree: The tree.
        node: Root of the subtree.
        without: Those leaves, all below ``node``, increasing.
    """
    if not without:
        return tree_hash(tree, node)
    if not node & 1:
        return _hash_node(tree, node, None, _NO_CHILDREN)
    content = tree.node(node)
    if isinstance(content, ParentNode):
        excluded = set(without)
        unmerged = tuple(leaf for leaf in content.unmerged_leaves if leaf not in excluded)
        if len(unmerged) != len(content.unmerged_leaves):
            content = ParentNode(content.encryption_key, content.parent_hash, unmerged)
    first, second = _halves(node, without)
    children = _original_tree_hash(tree, ix.left(node), first), _original_tree_hash(tree, ix.right(node), second)
    return _hash_node(tree, node, content, children)


def _halves(node: NodeIndex, leaves: Sequence[int]) -> tuple[list[int], list[int]]:
    """Split leaves below a parent node, increasing, into those of its left and of its right child."""
    middle = bisect_left(leaves, (node + 1) // 2)
    return list(leaves[:middle]), list(leaves[middle:])


def _parent_hash(tree: RatchetTree, encryption_key: bytes, above: bytes, sibling_hash: bytes) -> bytes:
    """Hash a ParentHashInput."""
    return tree.suite.hash(opaque(encryption_key) + opaque(above) + opaque(sibling_hash))


def path_nodes(
    tree: RatchetTree, leaf: int, public_keys: Sequence[bytes]
) -> tuple[list[tuple[NodeIndex, ParentNode]], bytes]:
    """Return the parent nodes that an UpdatePath sets, and the parent hash that its leaf node must carry (section 7.9).

    Args:
        tree: The tree the path is merged into, before merging; only the copath is read.
        leaf: Leaf index of the sender.
        public_keys: One for each node of the filtered direct path, the root last.

    Returns:
        Pairs of index and node, the root last; and the parent hash of the leaf (empty for an empty path).

    Raises:
        UsageError: The number of keys is not the length of the path.
    """
    path = tree.filtered_direct_path(leaf)
    if len(path) != len(public_keys):
        raise UsageError(f"the filtered direct path has {len(path)} nodes, not {len(public_keys)}")
    nodes: list[tuple[NodeIndex, ParentNode]] = []
    above = b""
    for (node, beside), key in zip(reversed(path), reversed(public_keys), strict=True):
        nodes.append((node, ParentNode(key, above, ())))
        above = _parent_hash(tree, key, above, tree_hash(tree, beside))
    nodes.reverse()
    return nodes, above


def check_parent_hashes(tree: RatchetTree) -> None:
    """Verify that each parent node has exactly one descendant whose parent hash vouches for it (section 7.9.2).

    That descendant is a leaf or again a parent node with one of its own, so each chain ends at a signed leaf.

    Raises:
        ValidationError: Rule "tree.parent_hash".
    """
    for number in range(1, ix.node_count(tree.leaf_count), 2):
        node = NodeIndex(number)
        parent = tree.node(node)
        if isinstance(parent, ParentNode) and _vouchers(tree, node, parent) != 1:
            message = f"the parent node {node} of a ratchet tree is not vouched for by exactly one parent hash"
            raise ValidationError("tree.parent_hash", message)


def _vouchers(tree: RatchetTree, node: NodeIndex, parent: ParentNode) -> int:
    """Count the descendants whose parent hash is valid with respect to a parent node."""
    left, right = ix.left(node), ix.right(node)
    unmerged_left, unmerged_right = _halves(node, parent.unmerged_leaves)
    sides = ((left, unmerged_left, right, unmerged_right), (right, unmerged_right, left, unmerged_left))
    count = 0
    for child, unmerged, sibling, unmerged_there in sides:
        resolution = tree.resolution(child)
        # The resolution must be one node and the leaves that are unmerged here: then that node is worth hashing for.
        if len(resolution) != len(unmerged) + 1:
            continue
        not_candidates = {ix.node_of(leaf) for leaf in unmerged}
        candidates = [other for other in resolution if other not in not_candidates]
        if len(candidates) != 1:
            continue
        original = _original_tree_hash(tree, sibling, unmerged_there)
        expected = _parent_hash(tree, parent.encryption_key, parent.parent_hash, original)
        count += _carried_parent_hash(tree.node(candidates[0])) == expected
    return count


def _carried_parent_hash(node: Node | None) -> bytes | None:
    if isinstance(node, LeafNode):
        return node.source.parent_hash if isinstance(node.source, ParentHash) else None
    return node.parent_hash if node is not None else None
