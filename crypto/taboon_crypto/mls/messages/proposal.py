"""Proposals and commits on the wire: RFC 9420, sections 12.1 and 12.4.

``Proposal`` is the select of the seven default types. A proposal of any other type cannot even be skipped, since its
length stands nowhere: a message that holds one does not decode. What makes one valid is in group/validation.py.
"""

from dataclasses import dataclass
from typing import Final

from taboon_crypto.mls.codec import Struct, UInt16, UInt32
from taboon_crypto.mls.extension import Extensions
from taboon_crypto.mls.keys.psk import PreSharedKeyID
from taboon_crypto.mls.messages.key_package import KeyPackage
from taboon_crypto.mls.tree.kem import UpdatePath
from taboon_crypto.mls.tree.leaf_node import LeafNode

__all__ = [
    "EXTERNAL_SENDER_TYPES",
    "PATH_REQUIRED_TYPES",
    "Add",
    "ByReference",
    "ByValue",
    "Commit",
    "ExternalInit",
    "GroupContextExtensions",
    "PreSharedKey",
    "Proposal",
    "ProposalOrRef",
    "ReInit",
    "Remove",
    "Update",
    "needs_path",
]


@dataclass(frozen=True, slots=True)
class Add(Struct, tag=0x0001):
    """Add a member (section 12.1.1)."""

    key_package: KeyPackage


@dataclass(frozen=True, slots=True)
class Update(Struct, tag=0x0002):
    """Replace the sender's own leaf (section 12.1.2)."""

    leaf_node: LeafNode


@dataclass(frozen=True, slots=True)
class Remove(Struct, tag=0x0003):
    """Remove the member at a leaf (section 12.1.3)."""

    removed: UInt32


@dataclass(frozen=True, slots=True)
class PreSharedKey(Struct, tag=0x0004):
    """Mix a pre-shared key into the next epoch (section 12.1.4)."""

    psk: PreSharedKeyID


@dataclass(frozen=True, slots=True)
class ReInit(Struct, tag=0x0005):
    """End the group in favour of a new one with these parameters (section 12.1.5)."""

    group_id: bytes
    version: UInt16
    cipher_suite: UInt16
    extensions: Extensions


@dataclass(frozen=True, slots=True)
class ExternalInit(Struct, tag=0x0006):
    """Give the next epoch an init secret by HPKE, in an external commit only (section 12.1.6)."""

    kem_output: bytes


@dataclass(frozen=True, slots=True)
class GroupContextExtensions(Struct, tag=0x0007):
    """Replace all extensions of the group context (section 12.1.7)."""

    extensions: Extensions


Proposal = Add | Update | Remove | PreSharedKey | ReInit | ExternalInit | GroupContextExtensions

PATH_REQUIRED_TYPES: Final = (Update, Remove, ExternalInit, GroupContextExtensions)
"""Proposals that no commit may cover without a path (section 12.4)."""
EXTERNAL_SENDER_TYPES: Final = (Add, Remove, PreSharedKey, ReInit, GroupContextExtensions)
"""Proposals that an external sender may send (section 12.1.8)."""


@dataclass(frozen=True, slots=True)
class ByValue(Struct, tag=1, width=1):
    """A proposal that the commit itself carries."""

    proposal: Proposal


@dataclass(frozen=True, slots=True)
class ByReference(Struct, tag=2, width=1):
    """A proposal sent before, named by its ProposalRef (section 5.2), Nh bytes."""

    reference: bytes


ProposalOrRef = ByValue | ByReference


@dataclass(frozen=True, slots=True)
class Commit(Struct):
    """What ends an epoch (section 12.4)."""

    proposals: tuple[ProposalOrRef, ...]
    path: UpdatePath | None


def needs_path(proposals: tuple[Proposal, ...]) -> bool:
    """Tell whether a commit of these proposals must have a path (section 12.4)."""
    return not proposals or any(isinstance(proposal, PATH_REQUIRED_TYPES) for proposal in proposals)
