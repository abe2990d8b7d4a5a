"""A list of proposals applied: RFC 9420, section 12.3, in its order. The list was checked before (validation.py).

``apply_proposals(tree, extensions, proposals)`` gives a ``Provisional``: everything of the next epoch but the path.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from taboon_crypto.mls.errors import ValidationError
from taboon_crypto.mls.extension import Extension
from taboon_crypto.mls.group.validation import SentProposal
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.messages.proposal import (
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    ReInit,
    Remove,
    Update,
)
from taboon_crypto.mls.tree.ratchet_tree import RatchetTree

__all__ = ["Provisional", "apply_proposals", "new_extensions"]


@dataclass(frozen=True, slots=True)
class Provisional:
    """What the proposals of a commit make of an epoch.

    Attributes:
        tree: With the proposals applied, without the path.
        extensions: Of the group context.
        added: Leaf index and key package of each new member, in the order of the list.
        removed: Leaf indices in the old tree.
        updated: Leaf indices of members whose Update was applied.
        psks: In the order of the list.
        kem_output: Of the ExternalInit, if any.
        reinit: If any.
    """

    tree: RatchetTree
    extensions: tuple[Extension, ...]
    added: tuple[tuple[int, KeyPackage], ...]
    removed: tuple[int, ...]
    updated: tuple[int, ...]
    psks: tuple[PreSharedKeyID, ...]
    kem_output: bytes | None
    reinit: ReInit | None

    @property
    def newcomers(self) -> frozenset[int]:
        """Leaf indices of the new members."""
        return frozenset(leaf for leaf, _ in self.added)


def new_extensions(extensions: tuple[Extension, ...], proposals: Sequence[SentProposal]) -> tuple[Extension, ...]:
    """Return the extensions of the group context that a list of proposals leads to."""
    for sent in proposals:
        if isinstance(sent.proposal, GroupContextExtensions):
            extensions = sent.proposal.extensions
    return extensions


def apply_proposals(
    tree: RatchetTree, extensions: tuple[Extension, ...], proposals: Sequence[SentProposal]
) -> Provisional:
    """Apply a checked list of proposals (section 12.3).

    Raises:
        ValidationError: Rule "commit.last_member": nobody would be left.
    """
    updated, removed = [], []
    added: list[tuple[int, KeyPackage]] = []
    psks: list[PreSharedKeyID] = []
    kem_output, reinit = None, None
    for sent in proposals:
        if isinstance(sent.proposal, Update) and sent.sender_leaf is not None:
            tree = tree.update(sent.sender_leaf, sent.proposal.leaf_node)
            updated.append(sent.sender_leaf)
    for sent in proposals:
        if isinstance(sent.proposal, Remove):
            if tree.member_count == 1:
                raise ValidationError("commit.last_member", "a commit removes the last member")
            tree = tree.remove(sent.proposal.removed)
            removed.append(sent.proposal.removed)
    for sent in proposals:
        match sent.proposal:
            case Add(key_package):
                tree, leaf = tree.add(key_package.leaf_node)
                added.append((leaf, key_package))
            case PreSharedKey(psk):
                psks.append(psk)
            case ExternalInit(output):
                kem_output = output
            case ReInit() as wanted:
                reinit = wanted
    return Provisional(
        tree,
        new_extensions(extensions, proposals),
        tuple(added),
        tuple(removed),
        tuple(updated),
        tuple(psks),
        kem_output,
        reinit,
    )
