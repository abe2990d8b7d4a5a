"""Groups of any size, made directly: nobody waits for ten thousand members to commit one after the other.

The tree is full: every parent node with members on both sides is set, as it is when all members have committed a path,
from right to left. All checks of a newcomer hold in it, so it is joined and committed to like any other group.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from taboon_crypto import mls
from taboon_crypto.mls.codec import opaque
from taboon_crypto.mls.group.epoch import Epoch
from taboon_crypto.mls.group.state import State
from taboon_crypto.mls.keys.schedule import GroupContext, epoch_secrets
from taboon_crypto.mls.keys.transcript import confirmation_tag, interim_transcript_hash
from taboon_crypto.mls.tree import indices as ix
from taboon_crypto.mls.tree.hashes import tree_hash
from taboon_crypto.mls.tree.kem import NodeKey, TreePrivate
from taboon_crypto.mls.tree.leaf_node import MLS10, ParentHash
from taboon_crypto.mls.tree.nodes import ParentNode
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taboon_crypto.mls.tree.indices import NodeIndex
    from taboon_crypto.mls.tree.nodes import Node

__all__ = ["SUITE", "World", "newcomer"]

SUITE = mls.SUITES[0x0003]
LIMITS = mls.Limits(past_epochs=0, resumption_psks=0)
_GROUP_ID_LENGTH = 32
_DAY = 86_400


def newcomer(profile: mls.MemberProfile | None = None) -> tuple[mls.KeyPackage, mls.KeyPackageSecrets]:
    """Return a key package that is good now."""
    return mls.KeyPackage.generate(SUITE, profile or _profile(), now=int(time.time()), lifetime=_DAY, random=os.urandom)


def _profile() -> mls.MemberProfile:
    signer = mls.SigningKey.generate(os.urandom)
    return mls.MemberProfile(signer, mls.BasicCredential(signer.public))


class World:
    """One epoch of a group with a full tree, as each of its members knows it."""

    def __init__(
        self,
        size: int,
        *,
        room_at_the_end: bool = False,
        profiles: Sequence[mls.MemberProfile] | None = None,
        extensions: tuple[mls.Extension, ...] = (),
        signed_generations: bool = False,
    ) -> None:
        """Make a group.

        Args:
            size: How many members it has.
            room_at_the_end: Leave blank what stands above the leaf after the last member, all but the root: whoever
                is added there is unmerged nowhere.
            profiles: What the members say of themselves, by leaf; nothing unless told.
            extensions: Of the group context.
            signed_generations: As ``mls.Group.create`` has it.
        """
        width = ix.leaf_count_for(2 * (size + room_at_the_end) - 1)
        self.size = size
        self._profiles = list(profiles) if profiles is not None else [_profile() for _ in range(size)]
        self._signed_generations = signed_generations
        self._group_id = os.urandom(_GROUP_ID_LENGTH)
        self._private: dict[int, mls.Secret] = {}
        self._nodes: list[Node | None] = [None] * ix.node_count(width)
        self._tree = RatchetTree(SUITE, self._nodes, [None] * (len(self._nodes) // 2))
        self._blank = frozenset(ix.direct_path(size, width)[:-1]) if room_at_the_end else frozenset()
        self._fill(ix.root(width), b"")
        self._tree = RatchetTree(SUITE, self._nodes, self._tree.hash_cache)
        self._context = GroupContext(
            MLS10, SUITE.suite_id, self._group_id, 1, tree_hash(self._tree), os.urandom(SUITE.hash_length), extensions
        )
        self._secrets, self._encryption_secret = epoch_secrets(
            SUITE, os.urandom(SUITE.hash_length), SUITE.zero, self._context.encode()
        )

    def group(self, leaf: int) -> mls.Group:
        """Return the group as a member has it at the beginning of the epoch; each call gives a fresh one."""
        confirmed = self._context.confirmed_transcript_hash
        tag = confirmation_tag(SUITE, self._secrets.confirmation_key, confirmed)
        known = sorted((ix.node_of(leaf), *ix.direct_path(leaf, self._tree.leaf_count)))
        private = TreePrivate(
            leaf, tuple(NodeKey(node, self._private[node]) for node in known if node in self._private)
        )
        epoch = Epoch(
            self._context,
            self._tree,
            confirmation_tag=tag,
            interim_transcript_hash=interim_transcript_hash(SUITE, confirmed, tag),
            secrets=self._secrets,
            private=private,
            signing_key=self._profiles[leaf].signing_key,
        )
        return mls.Group(
            State.begin(epoch, self._encryption_secret, signed_generations=self._signed_generations, limits=LIMITS)
        )

    def _fill(self, top: NodeIndex, parent_hash: bytes) -> None:
        """Set a subtree whose top carries a parent hash; that of each parent node is carried on its left."""
        if ix.leaves_below(top).start >= self.size:
            return
        key = SUITE.generate_key_pair(os.urandom)
        self._private[top] = key.private
        if top & 1 == 0:
            leaf = ix.leaf_of(top)
            self._nodes[top] = self._profiles[leaf].leaf_node(
                SUITE, key.public, ParentHash(parent_hash), group_id=self._group_id, leaf=leaf
            )
            return
        left, right = ix.left(top), ix.right(top)
        self._fill(right, os.urandom(SUITE.hash_length))
        if ix.leaves_below(right).start >= self.size or top in self._blank:
            del self._private[top]
        else:
            self._nodes[top] = ParentNode(key.public, parent_hash)
            sibling_hash = tree_hash(self._tree, right)
            parent_hash = SUITE.hash(opaque(key.public) + opaque(parent_hash) + opaque(sibling_hash))
        self._fill(left, parent_hash)
