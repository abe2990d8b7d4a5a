"""The public ratchet tree as a value: RFC 9420, sections 4.1, 7.1, 7.3, 7.7 and 12.4.3.3.

Every operation returns a new tree and leaves the old one as it was; nodes are shared. A ``RatchetTree`` that exists is
well formed (shape, unmerged leaves); whether its leaves are valid, its keys unique and its parent hashes right is asked
for with the ``check_…`` functions here, in ``leaf_node`` and in ``hashes``.

    RatchetTree.of_one(suite, leaf_node)          RatchetTree.decode(suite, data)     tree.encode()
    tree.leaf(i), tree.node(n), tree.leaves(), tree.member_count, tree.leaf_count, tree.census
    tree.resolution(n), tree.filtered_direct_path(i), tree.find(leaf_node)
    tree.add(leaf_node) -> (tree, i)    tree.update(i, leaf_node)    tree.remove(i)    tree.reserve_leaf() -> (tree, i)
    tree.with_path(i, leaf_node, nodes)
    after.changes_since(before)         before.with_changes(leaf_count, changes)
    check_unique_keys(tree)             tree.signature_key_unique, tree.encryption_key_unique
    check_credentials(tree)             tree.credentials_supported
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Self

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.codec import MAX_MESSAGE_LENGTH, read_varint, varint
from taboon_crypto.mls.credential import CREDENTIAL_TYPES
from taboon_crypto.mls.errors import DecodeError, UsageError, ValidationError
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.mls.tree.indices import NodeIndex
from taboon_crypto.mls.tree.leaf_node import LeafNode
from taboon_crypto.mls.tree.nodes import Census, Node, ParentNode

__all__ = [
    "MAX_LEAVES",
    "RatchetTree",
    "check_credentials",
    "check_unique_keys",
]

MAX_LEAVES = 1 << 16
"""Default limit of the width of a received tree: a blank node costs its sender one byte, and us much more."""


class RatchetTree:
    """The public tree of a group.

    Attributes:
        suite: Suite of the group.
        leaf_count: Width of the tree: leaves, blank ones included; a power of two.
        hash_cache: Tree hashes of the parent nodes from left to right, None where not computed since the last change
            below; kept by ``hashes``. That of a leaf takes no time.
    """

    __slots__ = ("_census", "_end", "_filled", "_nodes", "hash_cache", "leaf_count", "suite")

    def __init__(
        self,
        suite: CipherSuite,
        nodes: list[Node | None],
        hash_cache: list[bytes | None],
        *,
        census: Census | None = None,
        filled: int = 0,
        end: int | None = None,
    ) -> None:
        """For this module: use ``of_one`` or ``decode``.

        Args:
            suite: Suite of the group.
            nodes: As many as a full tree has.
            hash_cache: One for each parent node, see above.
            census: If it is known.
            filled: Left of this leaf no leaf is blank.
            end: From this node on all are blank; None counts them.
        """
        self.suite = suite
        self.leaf_count = (len(nodes) + 1) // 2
        self._nodes = nodes
        self.hash_cache = hash_cache
        self._census = census
        self._filled = filled
        self._end = len(nodes) if end is None else end
        while self._end and nodes[self._end - 1] is None:
            self._end -= 1

    @classmethod
    def of_one(cls, suite: CipherSuite, leaf_node: LeafNode) -> Self:
        """Return the tree of a group of one member, at leaf 0."""
        return cls(suite, [leaf_node], [])

    @classmethod
    def of_nodes(cls, suite: CipherSuite, nodes: Sequence[Node | None]) -> Self:
        """Return the smallest full tree that begins with these nodes. Their form was checked."""
        width = ix.node_count(ix.leaf_count_for(len(nodes)))
        return cls(suite, [*nodes, *[None] * (width - len(nodes))], [None] * (width // 2))

    # encoding: the ratchet_tree extension, section 12.4.3.3

    @classmethod
    def decode(cls, suite: CipherSuite, data: bytes, *, max_leaves: int = MAX_LEAVES) -> Self:
        """Decode the data of a ratchet_tree extension and check its form, without any cryptography.

        Args:
            suite: Suite of the group.
            data: The vector optional<Node> ratchet_tree<V>.
            max_leaves: Widest tree that is accepted.

        Raises:
            DecodeError: Malformed, too wide, or with a node of the wrong kind.
            ValidationError: Rules "tree.trailing_blank", "tree.unmerged_sorted", "tree.unmerged_descendant",
                "tree.unmerged_blank" and "tree.unmerged_between".
        """
        if len(data) > MAX_MESSAGE_LENGTH:
            raise _malformed(f"{len(data)} bytes are more than the limit of {MAX_MESSAGE_LENGTH}")
        nodes = _decode_nodes(bytes(data), 2 * max_leaves - 1)
        if not nodes or nodes[-1] is None:
            raise ValidationError("tree.trailing_blank", "a ratchet tree is empty or ends with a blank node")
        if not isinstance(nodes[-1], LeafNode):
            # Blank leaves to the right of it would have been truncated (section 7.7).
            raise ValidationError("tree.trailing_blank", "a ratchet tree ends with a parent node that has no leaf")
        width = ix.node_count(ix.leaf_count_for(len(nodes)))
        nodes.extend([None] * (width - len(nodes)))
        tree = cls(suite, nodes, [None] * (width // 2))
        tree._check_unmerged_leaves()
        return tree

    def encode(self) -> bytes:
        """Return the data of a ratchet_tree extension."""
        output = bytearray()
        for number, node in enumerate(self.all_nodes()):
            if node is None:
                output.append(0)
            else:
                output += b"\x01\x02" if number & 1 else b"\x01\x01"
                output += node.encode()
        return varint(len(output)) + bytes(output)

    def _check_unmerged_leaves(self) -> None:
        """Check every unmerged_leaves vector (sections 7.1 and 12.4.3.1)."""
        for number in range(1, len(self._nodes), 2):
            node = self._nodes[number]
            if not isinstance(node, ParentNode) or not node.unmerged_leaves:
                continue
            previous, below = -1, ix.leaves_below(NodeIndex(number))
            for leaf in node.unmerged_leaves:
                if leaf <= previous:
                    raise ValidationError("tree.unmerged_sorted", "unmerged leaves are not in increasing order")
                previous = leaf
                if leaf not in below:
                    raise ValidationError("tree.unmerged_descendant", "an unmerged leaf is not below its parent node")
                if self._nodes[2 * leaf] is None:
                    raise ValidationError("tree.unmerged_blank", "an unmerged leaf is blank")
            self._check_unmerged_between(NodeIndex(number), node.unmerged_leaves)

    def _check_unmerged_between(self, top: NodeIndex, leaves: Sequence[int]) -> None:
        """Check that leaves unmerged at ``top`` are unmerged at the nearest parents below; those look further down."""
        for child in (ix.left(top), ix.right(top)):
            range_below = ix.leaves_below(child)
            part = leaves[bisect_left(leaves, range_below.start) : bisect_left(leaves, range_below.stop)]
            if not part or not child & 1:
                continue
            inner = self._nodes[child]
            if inner is None:
                self._check_unmerged_between(child, part)
            elif isinstance(inner, ParentNode) and not set(part).issubset(inner.unmerged_leaves):
                message = "a leaf is unmerged at a node, but not at a node between them"
                raise ValidationError("tree.unmerged_between", message)

    # looking

    def leaf(self, leaf: int) -> LeafNode | None:
        """Return the leaf node at a leaf index; None where blank or outside the tree."""
        if not 0 <= leaf < self.leaf_count:
            return None
        node = self._nodes[2 * leaf]
        return node if isinstance(node, LeafNode) else None

    def node(self, node: NodeIndex) -> Node | None:
        """Return the node at a node index; None where blank."""
        return self._nodes[node]

    @property
    def census(self) -> Census:
        """What there is in the tree, counted once; a tree made from another one by a change counts the change only."""
        if self._census is None:
            self._census = Census.of(tuple(self.nodes()))
        return self._census

    def all_nodes(self) -> list[Node | None]:
        """Return all nodes up to the last one that is not blank."""
        return self._nodes[: self._end]

    def nodes(self) -> Iterator[Node]:
        """Iterate over all nodes that are not blank."""
        return (node for node in self._nodes if node is not None)

    def leaves(self) -> Iterator[tuple[int, LeafNode]]:
        """Iterate over (leaf index, leaf node) of the members, from left to right."""
        return ((number, node) for number, node in enumerate(self._nodes[::2]) if isinstance(node, LeafNode))

    @property
    def member_count(self) -> int:
        """How many leaves are not blank."""
        return self.census.signature_keys.total

    @property
    def root(self) -> NodeIndex:
        """The root node."""
        return ix.root(self.leaf_count)

    def find(self, leaf_node: LeafNode) -> int | None:
        """Return the index of the leaf with exactly this encoding, or None."""
        encoding = leaf_node.encode()
        return next((leaf for leaf, node in self.leaves() if node.encode() == encoding), None)

    def resolution(self, node: NodeIndex) -> list[NodeIndex]:
        """Return the resolution of a node (section 4.1.1), from left to right."""
        found: list[NodeIndex] = []
        self._resolve(node, found)
        return found

    def _resolve(self, node: NodeIndex, found: list[NodeIndex]) -> None:
        content = self._nodes[node]
        if content is not None:
            found.append(node)
            if isinstance(content, ParentNode):
                found.extend(ix.node_of(leaf) for leaf in content.unmerged_leaves)
        elif node & 1:
            for child in (ix.left(node), ix.right(node)):
                if ix.first_below(child) < self._end:
                    self._resolve(child, found)

    def is_empty_below(self, node: NodeIndex) -> bool:
        """Tell whether a node and all nodes below it are blank: whether its resolution is empty."""
        if self._nodes[node] is not None:
            return False
        first = ix.first_below(node)
        return all(below is None for below in self._nodes[first : min(2 * node - first + 1, self._end)])

    def filtered_direct_path(self, leaf: int) -> list[tuple[NodeIndex, NodeIndex]]:
        """Return the filtered direct path of a leaf (section 4.1.2), the root last.

        Returns:
            Pairs of a node on the path and its child on the copath.
        """
        path = ix.direct_path(leaf, self.leaf_count)
        return [
            (node, beside)
            for node, beside in zip(path, ix.copath(leaf, self.leaf_count), strict=True)
            if not self.is_empty_below(beside)
        ]

    def changes_since(self, before: Self) -> dict[int, Node | None]:
        """Return the nodes that differ from those of a tree from which this one was made, by index."""
        known = before._nodes
        return {
            number: node
            for number, node in enumerate(self._nodes)
            if node is not (known[number] if number < len(known) else None)
        }

    # changing: each returns a new tree

    def reserve_leaf(self) -> tuple[Self, int]:
        """Return a tree with a blank leaf, wider if need be, and the index of its leftmost blank leaf (section 7.7)."""
        leaf, more = self._leftmost_blank()
        if not more:
            return self, leaf
        nodes, hashes = self._nodes + [None] * more, self.hash_cache + [None] * (more // 2)
        return type(self)(self.suite, nodes, hashes, census=self._census, filled=leaf, end=self._end), leaf

    def _leftmost_blank(self) -> tuple[int, int]:
        """Return the leftmost blank leaf, and how many nodes to append so that it exists."""
        while self._filled < self.leaf_count and self._nodes[2 * self._filled] is not None:
            self._filled += 1
        return self._filled, 0 if self._filled < self.leaf_count else len(self._nodes) + 1

    def add(self, leaf_node: LeafNode) -> tuple[Self, int]:
        """Add a member at the leftmost blank leaf, unmerged at every ancestor (section 12.1.1).

        Returns:
            The new tree and the leaf index.
        """
        leaf, more = self._leftmost_blank()
        changes: dict[int, Node | None] = {2 * leaf: leaf_node}
        if not more:
            for number in ix.direct_path(leaf, self.leaf_count):
                node = self._nodes[number]
                if isinstance(node, ParentNode):
                    unmerged = tuple(sorted((*node.unmerged_leaves, leaf)))
                    changes[number] = ParentNode(node.encryption_key, node.parent_hash, unmerged)
        return self._changed(leaf, changes, more), leaf

    def update(self, leaf: int, leaf_node: LeafNode) -> Self:
        """Replace a member's leaf and blank its direct path (section 12.1.2).

        Raises:
            UsageError: The leaf is blank.
        """
        self._check_member(leaf)
        return self._changed(leaf, {2 * leaf: leaf_node, **dict.fromkeys(ix.direct_path(leaf, self.leaf_count))})

    def remove(self, leaf: int) -> Self:
        """Blank a member's leaf and direct path, and truncate the tree (section 12.1.3).

        Raises:
            UsageError: The leaf is blank, or the last one.
        """
        self._check_member(leaf)
        if self.member_count == 1:
            raise UsageError("the last member cannot be removed")
        return self._changed(leaf, dict.fromkeys((2 * leaf, *ix.direct_path(leaf, self.leaf_count))))

    def with_path(self, leaf: int, leaf_node: LeafNode, nodes: Iterable[tuple[NodeIndex, ParentNode]]) -> Self:
        """Set a leaf and nodes of its direct path, and blank the rest of that path (section 7.5).

        Args:
            leaf: Leaf index of the sender, blank only in an external commit.
            leaf_node: The sender's new leaf node.
            nodes: The nodes of the filtered direct path.
        """
        path: dict[int, Node | None] = dict.fromkeys(ix.direct_path(leaf, self.leaf_count))
        path[2 * leaf] = leaf_node
        path.update(nodes)
        return self._changed(leaf, path)

    def with_changes(self, leaf_count: int, changes: Mapping[int, Node | None]) -> Self:
        """Return a tree of a certain width with these nodes: undoes ``changes_since``.

        Raises:
            UsageError: There is no such node in that width.
        """
        width = ix.node_count(leaf_count)
        more = max(0, width - len(self._nodes))
        nodes = self._nodes[:width] + [None] * more
        hashes = self.hash_cache[: width // 2] + [None] * (more // 2)
        for number, node in changes.items():
            if number >= width:
                raise UsageError(f"a tree of {leaf_count} leaves has no node {number}")
            nodes[number] = node
            for above in ix.direct_path(ix.leaf_of(ix.first_below(NodeIndex(number))), leaf_count):
                hashes[above >> 1] = None
        return type(self)(self.suite, nodes, hashes)

    def _check_member(self, leaf: int) -> None:
        if self.leaf(leaf) is None:
            raise UsageError(f"leaf {leaf} is blank")

    def _changed(self, leaf: int, changes: Mapping[int, Node | None], more: int = 0) -> Self:
        """Return a tree, wider by ``more`` nodes, with nodes changed that all lie between one leaf and the root."""
        nodes, hashes = self._nodes + [None] * more, self.hash_cache + [None] * (more // 2)
        gone = [before for number in changes if (before := nodes[number]) is not None]
        census = self.census.changed(gone, [node for node in changes.values() if node is not None])
        for number, node in changes.items():
            nodes[number] = node
        for number in ix.direct_path(leaf, (len(nodes) + 1) // 2):
            hashes[number >> 1] = None
        width = len(nodes)
        if nodes[2 * leaf] is None:
            while width > 1 and all(node is None for node in nodes[width // 2 + 1 : width]):
                width //= 2
        del nodes[width:], hashes[width // 2 :]
        filled, end = min(self._filled, leaf), min(max(self._end, 2 * leaf + 1), width)
        return type(self)(self.suite, nodes, hashes, census=census, filled=filled, end=end)


def _malformed(reason: str) -> DecodeError:
    return DecodeError(reason, ("ratchet_tree",))


def _decode_nodes(data: bytes, limit: int) -> list[Node | None]:
    """Read the vector: a leaf at even positions, a parent at odd ones, at most ``limit`` nodes."""
    length, position = read_varint(data, 0, len(data))
    if position + length != len(data):
        raise _malformed("the length of the vector is not the length of the data")
    nodes: list[Node | None] = []
    end = len(data)
    while position < end:
        if len(nodes) == limit:
            raise _malformed(f"more than {limit} nodes")
        if data[position] == 0:
            nodes.append(None)
            position += 1
            continue
        kind: type[Node] = ParentNode if len(nodes) & 1 else LeafNode
        if data[position : position + 2] != (b"\x01\x02" if kind is ParentNode else b"\x01\x01"):
            raise _malformed(f"node {len(nodes)} is neither blank nor of the kind that belongs there")
        try:
            node, position = kind.read(data, position + 2, end)
        except DecodeError as error:
            raise error.inside(f"ratchet_tree[{len(nodes)}]") from None
        nodes.append(node)
    return nodes


# checks that compare the nodes of a tree


def check_unique_keys(tree: RatchetTree) -> None:
    """Verify that no two members share a signature key and no two nodes an encryption key (7.3, 12.4.3.1, 16.7).

    Raises:
        ValidationError: Rule "tree.signature_key_unique" or "tree.encryption_key_unique".
    """
    if tree.census.signature_keys.repeated:
        raise ValidationError("tree.signature_key_unique", "two members have the same signature key")
    if tree.census.encryption_keys.repeated:
        raise ValidationError("tree.encryption_key_unique", "two nodes have the same encryption key")


def check_credentials(tree: RatchetTree) -> None:
    """Verify that every member supports every credential type in use; rule "tree.credentials_supported" (7.3, 13.3)."""
    if any(
        kind in tree.census.credentials_used and kind in tree.census.credentials_lacking for kind in CREDENTIAL_TYPES
    ):
        message = "a member does not support a credential type that another member uses"
        raise ValidationError("tree.credentials_supported", message)
