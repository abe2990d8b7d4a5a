"""A ratchet tree as it is saved: a table in front says where each node ends, so that one is read without the others.

    u32 count, count times u32 end, then the encodings of the nodes; that of a blank node is empty

Reading one message takes the signature key of one leaf. To decode ten thousand leaves for it takes half a second.
"""

from typing import Final

from taboon_crypto.mls.ciphersuite import CipherSuite
from taboon_crypto.mls.errors import DecodeError
from taboon_crypto.mls.tree.leaf_node import LeafNode
from taboon_crypto.mls.tree.nodes import Node, ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

__all__ = ["SavedTree"]

_NUMBER: Final = 4


class SavedTree:
    """The bytes of a saved tree.

    Attributes:
        data: What is saved.
    """

    __slots__ = ("_suite", "data")

    def __init__(self, suite: CipherSuite, data: bytes) -> None:
        """Take back what was saved; nothing is read yet."""
        self._suite = suite
        self.data = data

    @classmethod
    def of(cls, tree: RatchetTree) -> "SavedTree":
        """Save a tree."""
        ends, bodies, end = bytearray(), [], 0
        for node in tree.all_nodes():
            body = b"" if node is None else node.encode()
            bodies.append(body)
            end += len(body)
            ends += end.to_bytes(_NUMBER)
        return cls(tree.suite, b"".join((len(bodies).to_bytes(_NUMBER), ends, *bodies)))

    def leaf(self, leaf: int) -> LeafNode | None:
        """Return one leaf node; None where blank or outside the tree. Raises DecodeError."""
        if not 0 <= 2 * leaf < self._count():
            return None
        body = self._body(2 * leaf)
        return LeafNode.decode(body) if body else None

    def tree(self) -> RatchetTree:
        """Return the whole tree; raises DecodeError."""
        nodes: list[Node | None] = []
        for number in range(self._count()):
            body = self._body(number)
            kind: type[Node] = ParentNode if number & 1 else LeafNode
            nodes.append(kind.decode(body) if body else None)
        return RatchetTree.of_nodes(self._suite, nodes)

    def _count(self) -> int:
        return self._number(0)

    def _body(self, node: int) -> bytes:
        start = (self._count() + 1) * _NUMBER
        first = self._number(node) if node else 0
        return self.data[start + first : start + self._number(node + 1)]

    def _number(self, place: int) -> int:
        data = self.data[place * _NUMBER : (place + 1) * _NUMBER]
        if len(data) != _NUMBER:
            raise DecodeError("a saved ratchet tree is cut off")
        return int.from_bytes(data)
