"""Which of the waiting proposals a commit of ours covers: RFC 9420, section 12.2, on whom to prefer.

A member may have sent a proposal that is valid by itself and cannot be committed beside the others, or at all: it is
left out, so that nobody keeps the group from committing by proposing nonsense.
"""

from collections.abc import Sequence
from dataclasses import replace

from taboon_crypto.mls.credential import credential_type
from taboon_crypto.mls.errors import MlsError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.group.evolution import new_extensions
from taboon_crypto.mls.group.validation import Scene, SentProposal, check_leaf_in_group, check_proposal
from taboon_crypto.mls.messages.proposal import (
    Add,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from taboon_crypto.mls.tree.leaf_node import LeafNode

__all__ = ["pick"]


def pick(
    scene: Scene, committer: int, waiting: Sequence[SentProposal], carried: Sequence[SentProposal]
) -> tuple[SentProposal, ...]:
    """Pick the proposals that a commit covers by reference.

    Removals are preferred to Updates, the newest Update of a member to older ones, and everything to a ReInit.

    Args:
        scene: The epoch as it stands, with its own extensions.
        committer: Our leaf.
        waiting: In the order they came.
        carried: What the commit carries itself; it stands before everything else.
    """
    if not waiting or any(isinstance(sent.proposal, ReInit) for sent in carried):
        return ()
    removals = [sent for sent in waiting if isinstance(sent.proposal, Remove)]
    updates = [sent for sent in reversed(waiting) if isinstance(sent.proposal, Update)]
    changes = [sent for sent in waiting if isinstance(sent.proposal, GroupContextExtensions)]
    others = [sent for sent in waiting if isinstance(sent.proposal, Add | PreSharedKey)]
    reinits = [sent for sent in waiting if isinstance(sent.proposal, ReInit)]
    picking = _Picking(scene, committer, carried)
    for sent in (*removals, *changes, *updates, *others):
        picking.take_if_it_fits(sent)
    if not picking.picked and not carried:
        for sent in reinits[:1]:
            picking.take_if_it_fits(sent)
    return tuple(picking.picked)


class _Picking:
    """What is taken already, and what a further proposal would collide with."""

    def __init__(self, scene: Scene, committer: int, carried: Sequence[SentProposal]) -> None:
        self.picked: list[SentProposal] = []
        self._scene = replace(scene, extensions=new_extensions(scene.extensions, carried))
        self._extensions_set = any(isinstance(sent.proposal, GroupContextExtensions) for sent in carried)
        self._changed = {committer}
        self._removed: set[int] = set()
        self._psks: set[Proposal] = set()
        self._encryption_keys = {node.encryption_key for node in scene.tree.nodes()}
        self._signature_keys = {leaf_node.signature_key: leaf for leaf, leaf_node in scene.tree.leaves()}
        self._new_keys: set[bytes] = set()
        self._credentials = {credential_type(leaf_node.credential) for _, leaf_node in scene.tree.leaves()}
        self._supported = [set(leaf_node.capabilities.credentials) for _, leaf_node in scene.tree.leaves()]
        for sent in carried:
            self._take(sent)
        self.picked.clear()

    def take_if_it_fits(self, sent: SentProposal) -> None:
        """Take a proposal, unless it breaks a rule by itself or beside those that are taken."""
        if not self._collides(sent):
            try:
                check_proposal(self._scene, sent)
            except MlsError:
                return
            self._take(sent)

    def _collides(self, sent: SentProposal) -> bool:
        match sent.proposal:
            case Remove(removed):
                return removed in self._changed
            case Update(leaf_node):
                leaf = -1 if sent.sender_leaf is None else sent.sender_leaf
                return leaf in self._changed or self._leaf_collides(leaf_node, leaf)
            case Add(key_package):
                return self._leaf_collides(key_package.leaf_node, None)
            case PreSharedKey():
                return sent.proposal in self._psks
            case GroupContextExtensions(extensions):
                return self._extensions_set or not self._fits_members(extensions)
        return False

    def _leaf_collides(self, leaf_node: LeafNode, replaced: int | None) -> bool:
        holder = self._signature_keys.get(leaf_node.signature_key)
        return (
            (holder is not None and holder != replaced and holder not in self._removed)
            or leaf_node.signature_key in self._new_keys
            or leaf_node.encryption_key in self._encryption_keys
            or not self._credentials.issubset(leaf_node.capabilities.credentials)
            or any(credential_type(leaf_node.credential) not in supported for supported in self._supported)
        )

    def _fits_members(self, extensions: tuple[Extension, ...]) -> bool:
        scene = replace(self._scene, extensions=extensions)
        try:
            for leaf, leaf_node in scene.tree.leaves():
                if leaf not in self._removed:
                    check_leaf_in_group(scene, leaf_node)
        except MlsError:
            return False
        return True

    def _take(self, sent: SentProposal) -> None:
        self.picked.append(sent)
        match sent.proposal:
            case Remove(removed):
                self._changed.add(removed)
                self._removed.add(removed)
            case Update(leaf_node):
                self._changed.add(-1 if sent.sender_leaf is None else sent.sender_leaf)
                self._take_leaf(leaf_node)
            case Add(key_package):
                self._take_leaf(key_package.leaf_node)
            case PreSharedKey():
                self._psks.add(sent.proposal)
            case GroupContextExtensions(extensions):
                self._extensions_set = True
                self._scene = replace(self._scene, extensions=extensions)

    def _take_leaf(self, leaf_node: LeafNode) -> None:
        self._new_keys.add(leaf_node.signature_key)
        self._encryption_keys.add(leaf_node.encryption_key)
        self._credentials.add(credential_type(leaf_node.credential))
        self._supported.append(set(leaf_node.capabilities.credentials))
