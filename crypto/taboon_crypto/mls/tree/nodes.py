"""The nodes of a ratchet tree, and what there is in a tree, counted: RFC 9420, sections 7.1 and 7.3."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from taboon_crypto.mls.codec import Kept, UInt32
from taboon_crypto.mls.credential import CREDENTIAL_TYPES, credential_type
from taboon_crypto.mls.tree.counts import Counts
from taboon_crypto.mls.tree.leaf_node import LeafNode

__all__ = ["Census", "Node", "ParentNode"]


@dataclass(frozen=True, slots=True)
class ParentNode(Kept, tag=2, width=1):
    """ParentNode (section 7.1). ``unmerged_leaves`` are leaf indices, increasing."""

    encryption_key: bytes
    parent_hash: bytes
    unmerged_leaves: tuple[UInt32, ...] = ()


Node = LeafNode | ParentNode


@dataclass(frozen=True, slots=True)
class Census:
    """What the checks that compare nodes ask of a whole tree.

    Attributes:
        encryption_keys: Of all nodes.
        signature_keys: Of the members.
        credentials_used: The types of the members' credentials.
        credentials_lacking: For each member the known types that it does not support.
    """

    encryption_keys: Counts[bytes]
    signature_keys: Counts[bytes]
    credentials_used: Counts[int]
    credentials_lacking: Counts[int]

    @classmethod
    def of(cls, nodes: Collection[Node]) -> Self:
        """Count all nodes."""
        keys, signature_keys, used, lacking = _counted(nodes)
        return cls(Counts.of(keys), Counts.of(signature_keys), Counts.of(used), Counts.of(lacking))

    def changed(self, gone: Collection[Node], come: Collection[Node]) -> Self:
        """Return the census without some nodes and with some others."""
        before, after = _counted(gone), _counted(come)
        return type(self)(
            self.encryption_keys.changed(before[0], after[0]),
            self.signature_keys.changed(before[1], after[1]),
            self.credentials_used.changed(before[2], after[2]),
            self.credentials_lacking.changed(before[3], after[3]),
        )


def _counted(nodes: Collection[Node]) -> tuple[list[bytes], list[bytes], list[int], list[int]]:
    """Return what of some nodes is counted, in the order of ``Census``."""
    leaves = [node for node in nodes if isinstance(node, LeafNode)]
    return (
        [node.encryption_key for node in nodes],
        [leaf.signature_key for leaf in leaves],
        [credential_type(leaf.credential) for leaf in leaves],
        [kind for leaf in leaves for kind in CREDENTIAL_TYPES if kind not in leaf.capabilities.credentials],
    )
