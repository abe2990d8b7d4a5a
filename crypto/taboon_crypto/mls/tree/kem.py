"""TreeKEM: fresh keys along one path, sent to everybody below it. RFC 9420, sections 7.4 to 7.6.

Sending, in two steps, because the encryption needs the GroupContext with the new tree hash:

    fresh = FreshPath.create(tree, leaf, ...)          fresh.tree, fresh.private, fresh.commit_secret, fresh.leaf_node
    path = fresh.encrypt(context, newcomers)           newcomers: leaves added by the same commit, who get none of it
    fresh.path_secret_for(newcomer)                    for the newcomer's GroupSecrets

Receiving:

    check_path(tree, sender, path, newcomers)          path.length, path.ciphertexts, path.key_unique, hpke_key
    merged = merge_path(tree, sender, path)            path.parent_hash
    private, commit_secret = decrypt_path(merged, private, sender, path, context, newcomers)
                                                       path.public_key, path.secret_length
    private = join_path(tree, leaf, key, signer, path_secret)

``tree`` is always the tree with the proposals applied; for an external commit with the leaf reserved for the sender.
``TreePrivate`` is what one member knows of the private tree; it encodes for saving. Path secrets live no longer than
the object or the call that made them. The leaf node of a path is validated by the caller (``leaf_node``, section 7.3).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from taboon_crypto.mls.ciphersuite import CipherSuite, HPKECiphertext, Random, SigningKey
from taboon_crypto.mls.codec import Struct, UInt32
from taboon_crypto.mls.credential import Credential
from taboon_crypto.mls.errors import DecryptionError, UsageError, ValidationError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.mls.tree.hashes import path_nodes
from taboon_crypto.mls.tree.indices import NodeIndex
from taboon_crypto.mls.tree.leaf_node import Capabilities, LeafNode, ParentHash
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree
from taboon_crypto.primitives.secret import Secret

__all__ = [
    "FreshPath",
    "NodeKey",
    "TreePrivate",
    "UpdatePath",
    "UpdatePathNode",
    "check_path",
    "decrypt_path",
    "join_path",
    "merge_path",
]

_LABEL = b"UpdatePathNode"
NOBODY: Final = 0xFFFF_FFFF
"""The leaf of somebody who is at none."""


@dataclass(frozen=True, slots=True)
class UpdatePathNode(Struct):
    """UpdatePathNode: a new public key, and its path secret encrypted to the other side of the tree."""

    encryption_key: bytes
    encrypted_path_secret: tuple[HPKECiphertext, ...]


@dataclass(frozen=True, slots=True)
class UpdatePath(Struct):
    """UpdatePath (section 7.6): the sender's new leaf, and one entry per node of its filtered direct path."""

    leaf_node: LeafNode
    nodes: tuple[UpdatePathNode, ...]


@dataclass(frozen=True, slots=True)
class NodeKey(Struct):
    """The private key of one node."""

    node: UInt32
    private: Secret


@dataclass(frozen=True, slots=True)
class TreePrivate(Struct):
    """The private keys one member knows: of its leaf, and of nodes on its direct path.

    Attributes:
        leaf: The member's leaf index.
        keys: By node; a node that is missing is blank, or the member is unmerged there.
    """

    leaf: UInt32
    keys: tuple[NodeKey, ...]

    @classmethod
    def of_nobody(cls) -> Self:
        """Return what somebody knows who is at no leaf."""
        return cls(NOBODY, ())

    @classmethod
    def of_leaf(cls, leaf: int, private: bytes) -> Self:
        """Return what a member knows who has just been added."""
        return cls(leaf, (NodeKey(ix.node_of(leaf), Secret(private)),))

    def key_of(self, node: int) -> Secret | None:
        """Return the private key of a node, or None."""
        return next((entry.private for entry in self.keys if entry.node == node), None)

    def with_leaf_key(self, private: bytes) -> Self:
        """Return the same with another key of the own leaf: after an Update proposal of ours was committed."""
        return self.with_keys({ix.node_of(self.leaf): Secret(private)})

    def fitting(self, tree: RatchetTree) -> Self:
        """Return the same without the keys of nodes that the tree no longer has, or has blank."""
        width = ix.node_count(tree.leaf_count)
        kept = (entry for entry in self.keys if entry.node < width and tree.node(NodeIndex(entry.node)) is not None)
        return type(self)(self.leaf, tuple(kept))

    def check(self, tree: RatchetTree) -> None:
        """Verify that each private key belongs to the public key of its node.

        Raises:
            ValidationError: Rule "path.public_key".
        """
        for entry in self.keys:
            node = tree.node(NodeIndex(entry.node)) if entry.node < ix.node_count(tree.leaf_count) else None
            if node is None or node.encryption_key != tree.suite.public_of(entry.private):
                raise ValidationError(
                    "path.public_key", f"our private key of node {entry.node} is not that of the tree"
                )

    def with_keys(self, keys: dict[int, Secret]) -> Self:
        """Return the same with the keys of some nodes added or replaced."""
        merged = {entry.node: entry.private for entry in self.keys} | keys
        return type(self)(self.leaf, tuple(NodeKey(node, merged[node]) for node in sorted(merged)))


@dataclass(frozen=True, slots=True, repr=False)
class FreshPath:
    """A path its sender has generated and not yet encrypted.

    Attributes:
        tree: The tree with the path merged in.
        private: What the sender knows of it.
        leaf_node: The sender's new leaf node.
        commit_secret: For the key schedule.
    """

    tree: RatchetTree
    private: TreePrivate
    leaf_node: LeafNode
    commit_secret: Secret
    _steps: tuple[tuple[NodeIndex, NodeIndex, Secret], ...]

    @classmethod
    def create(
        cls,
        tree: RatchetTree,
        leaf: int,
        signing_key: SigningKey,
        *,
        credential: Credential,
        capabilities: Capabilities,
        extensions: tuple[Extension, ...],
        group_id: bytes,
        random: Random,
    ) -> Self:
        """Generate fresh keys for a leaf and its filtered direct path, and merge them (sections 7.4 and 7.5).

        Args:
            tree: The tree with the proposals of the commit applied.
            leaf: Leaf index of the sender.
            signing_key: The sender's key in the new epoch.
            credential: Of the new leaf node.
            capabilities: Of the new leaf node.
            extensions: Of the new leaf node.
            group_id: The group, covered by the leaf's signature.
            random: Source of the new secrets.
        """
        suite = tree.suite
        leaf_key = suite.generate_key_pair(random)
        steps: list[tuple[NodeIndex, NodeIndex, Secret]] = []
        keys: dict[int, Secret] = {ix.node_of(leaf): leaf_key.private}
        public_keys: list[bytes] = []
        path_secret = Secret(random(suite.hash_length))
        for node, beside in tree.filtered_direct_path(leaf):
            pair = suite.derive_key_pair(suite.derive_secret(path_secret, b"node"))
            steps.append((node, beside, path_secret))
            keys[node] = pair.private
            public_keys.append(pair.public)
            path_secret = suite.derive_secret(path_secret, b"path")
        nodes, parent_hash = path_nodes(tree, leaf, public_keys)
        leaf_node = LeafNode.create(
            suite,
            signing_key,
            encryption_key=leaf_key.public,
            credential=credential,
            capabilities=capabilities,
            source=ParentHash(parent_hash),
            extensions=extensions,
            group_id=group_id,
            leaf=leaf,
        )
        private = TreePrivate(leaf, tuple(NodeKey(node, keys[node]) for node in sorted(keys)))
        return cls(tree.with_path(leaf, leaf_node, nodes), private, leaf_node, path_secret, tuple(steps))

    def encrypt(self, context: bytes, newcomers: Collection[int] = ()) -> UpdatePath:
        """Encrypt each path secret to the resolution of the other side (section 7.5).

        Args:
            context: The encoded provisional GroupContext, with the tree hash of ``tree``.
            newcomers: Leaf indices added by the same commit.
        """
        suite = self.tree.suite
        nodes = []
        for node, beside, path_secret in self._steps:
            sealed = tuple(
                suite.encrypt_with_label(_public_key(self.tree, target), _LABEL, context, path_secret)
                for target in _targets(self.tree, beside, newcomers)
            )
            nodes.append(UpdatePathNode(_public_key(self.tree, node), sealed))
        return UpdatePath(self.leaf_node, tuple(nodes))

    def path_secret_for(self, newcomer: int) -> Secret:
        """Return the path secret of the lowest node above both the sender and a member it adds (section 12.4.3).

        Raises:
            UsageError: The newcomer is not beside the path.
        """
        for _, beside, path_secret in self._steps:
            if ix.is_below(ix.node_of(newcomer), beside):
                return path_secret
        raise UsageError(f"leaf {newcomer} is not beside the path")


def check_path(tree: RatchetTree, sender: int, path: UpdatePath, newcomers: Collection[int] = ()) -> None:
    """Verify the form and the public keys of a received UpdatePath (sections 7.6 and 12.4.2).

    Args:
        tree: The tree with the proposals of the commit applied.
        sender: Leaf index of the sender.
        path: The received path.
        newcomers: Leaf indices added by the same commit.

    Raises:
        ValidationError: Rule "path.length", "path.ciphertexts", "path.key_unique" or "hpke_key".
    """
    filtered = tree.filtered_direct_path(sender)
    if len(filtered) != len(path.nodes):
        message = f"an update path has {len(path.nodes)} nodes where the tree wants {len(filtered)}"
        raise ValidationError("path.length", message)
    for (_, beside), node in zip(filtered, path.nodes, strict=True):
        if len(node.encrypted_path_secret) != len(_targets(tree, beside, newcomers)):
            raise ValidationError("path.ciphertexts", "an update path does not encrypt once to each node it should")
    new_keys = {path.leaf_node.encryption_key, *(node.encryption_key for node in path.nodes)}
    for key in new_keys:
        tree.suite.check_hpke_key(key)
    if len(new_keys) != len(path.nodes) + 1 or any(key in tree.census.encryption_keys for key in new_keys):
        raise ValidationError(
            "path.key_unique", "an update path has a public key twice, or one that the tree has already"
        )


def merge_path(tree: RatchetTree, sender: int, path: UpdatePath) -> RatchetTree:
    """Return the tree with a checked path merged in, and verify the parent hash of its leaf (7.5, 7.9.2).

    Raises:
        ValidationError: Rule "path.parent_hash".
    """
    nodes, parent_hash = path_nodes(tree, sender, [node.encryption_key for node in path.nodes])
    source = path.leaf_node.source
    if not isinstance(source, ParentHash) or source.parent_hash != parent_hash:
        raise ValidationError(
            "path.parent_hash", "the leaf of an update path does not carry the parent hash of its path"
        )
    return tree.with_path(sender, path.leaf_node, nodes)


def decrypt_path(
    tree: RatchetTree,
    private: TreePrivate,
    sender: int,
    path: UpdatePath,
    context: bytes,
    newcomers: Collection[int] = (),
) -> tuple[TreePrivate, Secret]:
    """Decrypt the one path secret meant for us, and derive all above it (section 7.5).

    Args:
        tree: The tree with the path merged in.
        private: What we knew before; keys of nodes that are blank now or replaced by the path are dropped.
        sender: Leaf index of the sender, not our own.
        path: The path, checked by ``check_path``.
        context: The encoded provisional GroupContext.
        newcomers: Leaf indices added by the same commit.

    Returns:
        What we know now, and the commit_secret.

    Raises:
        UsageError: The sender is ourselves.
        DecryptionError: We hold no key it is encrypted to, or it does not open.
        ValidationError: Rule "path.public_key": a derived key is not the public key sent.
    """
    if sender == private.leaf:
        raise UsageError("an update path of our own is not decrypted: keep the FreshPath")
    outdated = ix.direct_path(sender, tree.leaf_count)
    own = private.fitting(tree)
    own = TreePrivate(own.leaf, tuple(entry for entry in own.keys if entry.node not in outdated))
    filtered = tree.filtered_direct_path(sender)
    below = ix.node_of(private.leaf)
    position = next((number for number, (_, beside) in enumerate(filtered) if ix.is_below(below, beside)), None)
    if position is None:
        raise DecryptionError("an update path is not for us: our leaf is blank")
    for target, sealed in zip(
        _targets(tree, filtered[position][1], newcomers), path.nodes[position].encrypted_path_secret, strict=True
    ):
        key = own.key_of(target)
        if key is not None:
            path_secret = tree.suite.decrypt_with_label(key, _LABEL, context, sealed)
            break
    else:
        raise DecryptionError("an update path is encrypted to no key of ours")
    return _climb(tree, own, [node for node, _ in filtered[position:]], path_secret)


def join_path(tree: RatchetTree, leaf: int, private: bytes, signer: int, path_secret: bytes | None) -> TreePrivate:
    """Return what a newcomer knows of the tree (section 12.4.3.1).

    Args:
        tree: The tree of the Welcome, checked.
        leaf: The newcomer's leaf index.
        private: The private key of its KeyPackage's leaf.
        signer: Leaf index of the committer who sent the Welcome.
        path_secret: From GroupSecrets; None if the commit had no path.

    Raises:
        ValidationError: Rule "path.public_key": a derived key, or that of the leaf, is not the public key in the tree.
    """
    own = TreePrivate.of_leaf(leaf, private)
    own.check(tree)
    if path_secret is None:
        return own
    shared = ix.common_ancestor(leaf, signer)
    if leaf == signer or tree.node(shared) is None:
        raise ValidationError("path.public_key", "a welcome gives a path secret for a node that is blank")
    above = [
        node
        for node in ix.direct_path(signer, tree.leaf_count)
        if ix.level(node) >= ix.level(shared) and tree.node(node) is not None
    ]
    return _climb(tree, own, above, path_secret)[0]


def _climb(
    tree: RatchetTree, own: TreePrivate, nodes: list[NodeIndex], path_secret: bytes
) -> tuple[TreePrivate, Secret]:
    """Derive the keys of nodes from the path secret of the first of them; return them added, and the commit_secret."""
    suite: CipherSuite = tree.suite
    if len(path_secret) != suite.hash_length:
        raise ValidationError(
            "path.secret_length", f"a path secret has {len(path_secret)} bytes, not {suite.hash_length}"
        )
    keys: dict[int, Secret] = {}
    secret = Secret(path_secret)
    for node in nodes:
        pair = suite.derive_key_pair(suite.derive_secret(secret, b"node"))
        if pair.public != _public_key(tree, node):
            raise ValidationError(
                "path.public_key", f"the path secret of node {node} gives another public key than was sent"
            )
        keys[node] = pair.private
        secret = suite.derive_secret(secret, b"path")
    return own.with_keys(keys), secret


def _targets(tree: RatchetTree, beside: NodeIndex, newcomers: Collection[int]) -> list[NodeIndex]:
    """Return the nodes to which the path secret of a node is encrypted, in order (section 7.6)."""
    resolution = tree.resolution(beside)
    if not newcomers:
        return resolution
    excluded = {ix.node_of(leaf) for leaf in newcomers}
    return [node for node in resolution if node not in excluded]


def _public_key(tree: RatchetTree, node: NodeIndex) -> bytes:
    content = tree.node(node)
    if content is None:
        raise UsageError(f"node {node} is blank")
    return content.encryption_key
