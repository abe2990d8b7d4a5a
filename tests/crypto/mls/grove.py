"""A grove: a ratchet tree together with every member's private keys, to grow, prune and commit in, without messages.

grove = Grove.planted(5, random=stream(1))     five members, flat
grove.add(), grove.remove(3), grove.update(2), grove.path(0)
grove.check()                                  everybody knows what the tree says, and the tree is valid
"""

import hashlib
import itertools
from collections.abc import Callable, Collection
from typing import Self

from taboon_crypto.mls.ciphersuite import CipherSuite, SigningKey
from taboon_crypto.mls.credential import BasicCredential
from taboon_crypto.mls.tree import hashes
from taboon_crypto.mls.tree.kem import FreshPath, TreePrivate, UpdatePath, check_path, decrypt_path, merge_path
from taboon_crypto.mls.tree.leaf_node import Capabilities, FromUpdate, LeafNode, Lifetime
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree, check_credentials, check_unique_keys
from taboon_crypto.primitives.secret import Secret

SUITE = CipherSuite.of(0x0003)
GROUP_ID = b"grove"
LIFETIME = Lifetime(1_000, 2_000)


def stream(seed: object) -> Callable[[int], bytes]:
    """Return a Random that gives the same bytes every time."""
    counter = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed}/{next(counter)}".encode()).digest(size)


class Grove:
    """A tree, and what each member knows."""

    def __init__(self, suite: CipherSuite, random: Callable[[int], bytes]) -> None:
        self.suite = suite
        self.random = random
        self.signing: dict[int, SigningKey] = {}
        self.private: dict[int, TreePrivate] = {}
        leaf_node, key, private = self.new_leaf()
        self.tree = RatchetTree.of_one(suite, leaf_node)
        self._settle(0, key, private)

    @classmethod
    def planted(cls, members: int, *, suite: CipherSuite = SUITE, random: Callable[[int], bytes] | None = None) -> Self:
        grove = cls(suite, random or stream(members))
        for _ in range(members - 1):
            grove.add()
        return grove

    @classmethod
    def grown(cls, members: int, *, suite: CipherSuite = SUITE, random: Callable[[int], bytes] | None = None) -> Self:
        """Return a grove in which every member has committed a path once: no parent is blank."""
        grove = cls.planted(members, suite=suite, random=random)
        for leaf in range(members):
            grove.path(leaf)
        return grove

    @property
    def leaves(self) -> list[int]:
        return sorted(self.private)

    def new_leaf(self) -> tuple[LeafNode, SigningKey, Secret]:
        key, pair = SigningKey.generate(self.random), self.suite.generate_key_pair(self.random)
        leaf_node = LeafNode.create(
            self.suite,
            key,
            encryption_key=pair.public,
            credential=BasicCredential(key.public[:4]),
            capabilities=Capabilities.of(),
            source=LIFETIME,
        )
        return leaf_node, key, pair.private

    def add(self) -> int:
        leaf_node, key, private = self.new_leaf()
        self.tree, leaf = self.tree.add(leaf_node)
        self._settle(leaf, key, private)
        return leaf

    def _settle(self, leaf: int, key: SigningKey, private: bytes) -> None:
        self.signing[leaf] = key
        self.private[leaf] = TreePrivate.of_leaf(leaf, private)

    def remove(self, leaf: int) -> None:
        self.tree = self.tree.remove(leaf)
        del self.private[leaf], self.signing[leaf]
        self._refit()

    def update(self, leaf: int) -> None:
        old, pair = self.leaf(leaf), self.suite.generate_key_pair(self.random)
        leaf_node = LeafNode.create(
            self.suite,
            self.signing[leaf],
            encryption_key=pair.public,
            credential=old.credential,
            capabilities=old.capabilities,
            source=FromUpdate(),
            group_id=GROUP_ID,
            leaf=leaf,
        )
        self.tree = self.tree.update(leaf, leaf_node)
        self._refit()
        self.private[leaf] = self.private[leaf].with_leaf_key(pair.private)

    def _refit(self) -> None:
        self.private = {leaf: private.fitting(self.tree) for leaf, private in self.private.items()}

    def leaf(self, leaf: int) -> LeafNode:
        found = self.tree.leaf(leaf)
        assert found is not None
        return found

    def fresh(self, leaf: int) -> FreshPath:
        old = self.leaf(leaf)
        return FreshPath.create(
            self.tree,
            leaf,
            self.signing[leaf],
            credential=old.credential,
            capabilities=old.capabilities,
            extensions=old.extensions,
            group_id=GROUP_ID,
            random=self.random,
        )

    def path(self, sender: int, newcomers: Collection[int] = ()) -> tuple[FreshPath, UpdatePath]:
        """Let a member commit a path and everybody but newcomers follow it."""
        fresh = self.fresh(sender)
        context = b"context" + hashes.tree_hash(fresh.tree)
        path = UpdatePath.decode(fresh.encrypt(context, newcomers).encode())
        path.leaf_node.check_signature(self.suite, GROUP_ID, sender)
        check_path(self.tree, sender, path, newcomers)
        merged = merge_path(self.tree, sender, path)
        assert hashes.tree_hash(merged) == hashes.tree_hash(fresh.tree)
        for leaf, private in self.private.items():
            if leaf == sender:
                self.private[leaf] = fresh.private
            elif leaf not in newcomers:
                self.private[leaf], secret = decrypt_path(merged, private, sender, path, context, newcomers)
                assert secret == fresh.commit_secret
        self.tree = merged
        return fresh, path

    def check(self) -> None:
        """Verify that the tree is valid, survives encoding, and fits everybody's private keys."""
        again = RatchetTree.decode(self.suite, self.tree.encode())
        assert hashes.tree_hash(again) == hashes.tree_hash(self.tree)
        for tree in (self.tree, again):
            hashes.check_parent_hashes(tree)
            check_unique_keys(tree)
            check_credentials(tree)
            for leaf, leaf_node in tree.leaves():
                leaf_node.check_signature(self.suite, GROUP_ID, leaf)
        assert [leaf for leaf, _ in self.tree.leaves()] == self.leaves
        for private in self.private.values():
            private.check(self.tree)
            assert TreePrivate.decode(private.encode()) == private
